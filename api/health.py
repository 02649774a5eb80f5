"""Whether a process is fit to be sent requests, in words for those who run it; nothing in them is secret."""

import logging
import time
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import column, inspect, literal, select, table

from api.probes import Probe
from api.ticker import Ticker
from engine.runtime.database import Statement, Transaction
from engine.runtime.service import Engine

PATIENCE_SECONDS = 1.0
"""How long one look waits for the writer."""
STUCK_SECONDS = 15
"""A command may keep the writer for some seconds (a preview of letters, a spreadsheet), but not so long."""
GOOD_SECONDS = 1
"""For so long a good answer of the writer is believed: nobody keeps it busy by asking."""
SILENT_SECONDS = 60
LONG_TICK_SECONDS = 900
"""One that sends much mail over a slow server may take minutes."""

_REVISION = Statement(select(column("version_num")).select_from(table("alembic_version")))
_NO_REVISION = Statement(select(literal("").label("version_num")))
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why no requests should come. `code` is stable, for programs."""

    code: str
    sentence: str


class Health:
    """Looks at what a request needs. `is_leaving`: the process was asked to end, and answers only what still comes."""

    def __init__(self, engine: Engine, ticker: Ticker | None, tick_seconds: float) -> None:
        self._engine, self._ticker = engine, ticker
        self._silent_seconds = max(SILENT_SECONDS, 5 * tick_seconds)
        is_on_chain = inspect(engine.database.engine).has_table("alembic_version")
        self._question = _REVISION if is_on_chain else _NO_REVISION
        with engine.database.read() as tx:
            self._revision = self._revision_in(tx)
        self._probe: Probe[str] = Probe(self._ask_writer)
        self._good_at = float("-inf")
        self._said: tuple[Fault, ...] = ()
        self.is_leaving = False

    async def faults(self) -> tuple[Fault, ...]:
        """What speaks against sending requests here; each change is logged."""
        found = tuple(filter(None, (self._leaving(), self._thread(), await self._writer(), self._tick())))
        if [one.code for one in found] != [one.code for one in self._said]:
            if found:
                log.warning("not ready: %s", "; ".join(one.sentence for one in found))
            else:
                log.info("ready")
        self._said = found
        return found

    def _revision_in(self, tx: Transaction) -> str:
        """The revision of the tables; empty when they are of none."""
        row = tx.one(self._question)
        return str(row["version_num"]) if row is not None else ""

    def _ask_writer(self) -> "Future[str]":
        return self._engine.writer.submit(self._revision_in)

    def _leaving(self) -> Fault | None:
        return Fault("leaving", "tiến trình đang dừng") if self.is_leaving else None

    def _thread(self) -> Fault | None:
        return None if self._engine.writer.is_alive else Fault("writer_ended", "một luồng ghi đã dừng")

    async def _writer(self) -> Fault | None:
        """The database as the writer finds it: a transaction that changes nothing."""
        if time.monotonic() - self._good_at < GOOD_SECONDS:
            return None
        try:
            revision = await self._probe.answer(PATIENCE_SECONDS)
        except TimeoutError:
            seconds = self._probe.open_for()
            is_stuck = seconds > STUCK_SECONDS
            return Fault("writer_stuck", f"luồng ghi đã {seconds:.0f} giây không trả lời") if is_stuck else None
        except Exception as fault:
            return Fault("database", f"không ghi được vào cơ sở dữ liệu ({type(fault).__name__})")
        if self._revision and not revision:
            return Fault("schema", f"cơ sở dữ liệu không còn là phiên bản {self._revision} nữa: xem «thidua doctor»")
        if revision != self._revision:  # upgraded under way: this release goes on until it is restarted
            log.warning("the database went from revision %s to %s: restart this node", self._revision, revision)
            self._revision = revision
        self._good_at = time.monotonic()
        return None

    def _tick(self) -> Fault | None:
        if self._ticker is None:
            return None
        seconds, is_under_way = self._ticker.ticks.quiet_for()
        if is_under_way and seconds > LONG_TICK_SECONDS:
            return Fault("tick_stuck", f"một lượt hẹn giờ đã chạy {seconds:.0f} giây chưa xong")
        if not is_under_way and seconds > self._silent_seconds:
            return Fault("tick_silent", f"hẹn giờ đã im {seconds:.0f} giây")
        return None


def told(faults: tuple[Fault, ...]) -> dict[str, Any]:
    """The answer to whoever asks whether the process is ready."""
    return {"status": "unready" if faults else "ready", "faults": [asdict(fault) for fault in faults]}
