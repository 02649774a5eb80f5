"""Tick: whatever is due at the business instant happens now; and the schedule that keeps ticking.

Every node ticks, and none is special: each takes what is due and in nobody's hands (docs/decisions/0019).

APScheduler only ticks: its own job store loses and doubles jobs, so timers, effects, mails and long work are rows.
Long work does not wait for a tick: whoever orders some wakes a thread of its own.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from apscheduler.schedulers.background import BackgroundScheduler
from structlog.contextvars import bound_contextvars

from api.clock import DemoClock, store_clock
from api.request_ids import fresh_id
from engine.administration.succession import settle_due
from engine.instants import from_micros, local_date
from engine.jobs.carrying_out import work_off
from engine.runtime.database import Transaction
from engine.runtime.drafts import drop_old
from engine.runtime.repeats import forget_repeats
from engine.runtime.service import Engine
from engine.runtime.statements import NEXT_TIMER
from notifications.door import Post, next_due, run_due

log = logging.getLogger(__name__)
PAUSED_SECONDS = 20
"""A node that stands still for so long in a transaction has lost it."""
OTHERS_SECONDS = 5.0
"""So long a tick waits for what other nodes have in hand, before it writes letters."""


@dataclass(slots=True)
class Ticks:
    """How the ticking goes: how many ticks ended, in how many seconds altogether, how many of them with a fault."""

    count: int = 0
    seconds: float = 0.0
    faults: int = 0
    _began_at: float | None = None
    _ended_at: float = field(default_factory=time.monotonic)

    def lag(self) -> float:
        """Seconds since the last tick ended; before the first one, since the start."""
        return time.monotonic() - self._ended_at

    def quiet_for(self) -> tuple[float, bool]:
        """Seconds since the tick under way began (True), or since the last one ended (False)."""
        began_at = self._began_at
        return (time.monotonic() - began_at, True) if began_at is not None else (self.lag(), False)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count the block as a tick; one that raises is one with a fault."""
        self._began_at = time.monotonic()
        try:
            yield
        except Exception:
            self.faults += 1
            raise
        finally:
            self._ended_at = time.monotonic()
            self.seconds += self._ended_at - self._began_at
            self.count, self._began_at = self.count + 1, None


class Ticker:
    """Carries out what is due: a new day, effects left over, timers, mails; and wakes long work. One tick at a time."""

    def __init__(self, engine: Engine, post: Post) -> None:
        self.engine, self._post = engine, post
        self._one_at_a_time, self._at_work, self._stopped = threading.Lock(), threading.Lock(), False
        self._settled_on: date | None = None
        self.ticks = Ticks()

    def tick(self) -> None:
        """Everything that is due at the business instant, once."""
        tick_id = fresh_id("tick")
        with self._one_at_a_time, self.ticks.counted(), bound_contextvars(request_id=tick_id):
            steps = (
                lambda: self.engine.database.let_go(PAUSED_SECONDS),
                lambda: self._begin_day(tick_id),
                self.engine.run_effects,
                lambda: self._fire(tick_id),
                lambda: run_due(self.engine, self._post, self.engine.clock(), tick_id),
                self.engine.ordered.set,  # long work has a thread of its own: no mail waits for it
            )
            faults = [fault for step in steps if (fault := _fault_of(step)) is not None]
            if faults:  # none of the steps keeps the others from their work
                raise faults[0]

    def work_off(self, *, waits: bool = False) -> None:
        """Carry out the long work that was ordered until nothing is left, or `stop`.

        waits: for another thread that is at it; otherwise it is left to that one.
        """
        if self._at_work.acquire(blocking=waits):
            try:
                work_off(self.engine, lambda: not self._stopped)
            finally:
                self._at_work.release()

    def work_on_call(self) -> None:
        """Carry out long work whenever some is ordered, until `stop`; for a thread of its own."""
        while not self._stopped:
            self.engine.ordered.wait()
            self.engine.ordered.clear()
            _logged(lambda: self.work_off(waits=True))

    def start(self) -> None:
        """Take long work on, also after a `stop`."""
        self._stopped = False

    def stop(self) -> None:
        """Let long work end after the chunk that runs; what is left goes on after a restart."""
        self._stopped = True
        self.engine.ordered.set()

    def _fire(self, tick_id: str) -> None:
        """Fire what is due, also what others have in hand and give back; for a moment wait for them: what they tell
        belongs into the same letters."""
        until = time.monotonic() + OTHERS_SECONDS
        self.engine.fire_due(tick_id)
        while self._is_timer_due() and time.monotonic() < until:
            time.sleep(OTHERS_SECONDS / 100)
            self.engine.fire_due(tick_id)

    def _is_timer_due(self) -> bool:
        with self.engine.database.read() as tx:
            timer = tx.one(NEXT_TIMER)
        return timer is not None and timer["at"] is not None and from_micros(timer["at"]) <= self.engine.clock()

    def _begin_day(self, tick_id: str) -> None:
        today = local_date(self.engine.clock())
        if today == self._settled_on:
            return
        with self.engine.database.read() as tx:
            if not tx.take("the new day"):  # another node is at it: look again with the next tick
                return
            settle_due(self.engine, tick_id)
            self.engine.writer.call(lambda tx: drop_old(tx, self.engine.wall()))  # drafts
            forget_repeats(self.engine.writer, self.engine.clock())
            self._settled_on = today

    def advance(self, clock: DemoClock, to: datetime) -> None:
        """Move the demo's clock to `to`, stopping at every instant at which something is due, in order.

        Raises:
            InvalidInput: `to` lies in the past.
        """
        self.tick()
        while (due := self.next_instant()) is not None and due <= to:
            self._stand(clock, max(due, clock()))
        self._stand(clock, to)

    def _stand(self, clock: DemoClock, at: datetime) -> None:
        """Move there, remember it first (a restart must not go back in time), and do what is due."""
        clock.move(at)
        self.engine.writer.call(lambda tx: store_clock(tx, clock()))
        self.tick()

    def next_instant(self) -> datetime | None:
        """The earliest instant at which a timer, a notice or a message has something to do."""
        with self.engine.database.read() as tx:
            return next_instant(tx)


def next_instant(tx: Transaction) -> datetime | None:
    """The earliest instant at which a timer, a notice or a message has something to do."""
    timer, mail = tx.one(NEXT_TIMER), next_due(tx)
    rung = from_micros(timer["at"]) if timer and timer["at"] is not None else None
    return min((instant for instant in (rung, mail) if instant is not None), default=None)


def _fault_of(step: Callable[[], object]) -> Exception | None:
    try:
        step()
    except Exception as fault:
        return fault
    return None


def _logged(step: Callable[[], object]) -> None:
    """Take the step; a bad one must not end the thread: its rows are still due."""
    try:
        step()
    except Exception:
        log.exception("tick failed")


def keep_ticking(tick: Callable[[], None], every_seconds: float) -> BackgroundScheduler:
    """Start to tick in a thread; `shutdown(wait=True)` on the result ends it after the running tick."""
    scheduler = BackgroundScheduler(timezone=ZoneInfo("Asia/Ho_Chi_Minh"))
    scheduler.add_job(
        _logged, "interval", [tick], seconds=every_seconds, coalesce=True, max_instances=1, misfire_grace_time=None
    )
    scheduler.start()
    return scheduler


@contextmanager
def at_work(ticker: Ticker, every_seconds: float) -> Iterator[None]:
    """Tick, and carry out long work as soon as it is ordered, for as long as the block lasts."""
    ticker.start()
    scheduler = keep_ticking(ticker.tick, every_seconds)
    worker = threading.Thread(target=ticker.work_on_call, name="jobs", daemon=True)
    worker.start()
    try:
        yield
    finally:
        ticker.stop()
        scheduler.shutdown(wait=True)
        worker.join()
