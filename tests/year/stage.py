"""The installation on which the year is played: the model customer, HTTP in front, real SMTP behind.

The clock is the demo's; the ticker ticks between any two steps, except while it is switched off.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starlette.testclient import TestClient

import workflows
from api.app import create_app
from api.clock import DemoClock
from api.passwords import hash_password
from api.settings import Settings
from api.ticker import Ticker
from demo.load import PASSWORD, load_organisation
from engine.definition.registry import Registry
from engine.instants import LOCAL
from engine.runtime.blobs import BlobStore
from engine.runtime.database import Database, Hook
from engine.runtime.service import Engine
from notifications.door import Letterhead, Post, prove
from notifications.mime import Sender
from notifications.transport import SmtpTransport, Transport
from tests.notifications.smtp_server import misbehaving_smtp
from workflows import law, roles

REGISTRY = Registry(workflows.ALL, administrator=roles.ADMINISTRATOR, roles=roles.ALL, law=law.ALL)
SENDER = Sender(
    name="Phòng Nội vụ (qua Hệ thống thi đua)",
    address="thidua@duongkinh.example",
    reply_to="noivu@duongkinh.example",
    domain="duongkinh.example",
    bounce_address="bounce@duongkinh.example",
)
HEAD = Letterhead(SENDER, "https://thidua.duongkinh.example", "Phòng Nội vụ, (0225) 3 000 000")
WORDS = prove(REGISTRY)
WALL = datetime(2024, 7, 10, tzinfo=UTC)  # sessions live on it; it stands still, so none ends
FIRST_MORNING = "2024-07-10 08:00"
MINUTE = timedelta(minutes=1)


def local(text: str) -> datetime:
    """The instant of a Vietnamese date and time like "2024-07-31 09:30"."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=LOCAL).astimezone(UTC)


def engine_on(database: Database, folder: Path, clock: DemoClock) -> Engine:
    """An engine whose salts are counted, so that equal years have equal hashes."""
    salts = itertools.count()
    return Engine(
        database, REGISTRY, BlobStore(folder / "blobs"),
        clock=clock, wall=lambda: WALL, salt=lambda: f"{next(salts):032x}",
    )  # fmt: skip


@dataclass
class Stage:
    """The running installation. `absences`: from when to when the ticker was off."""

    engine: Engine
    clock: DemoClock
    ticker: Ticker
    client: TestClient
    absences: list[tuple[datetime, datetime]] = field(default_factory=list)

    def at(self, moment: str) -> None:
        """Let time pass until then; everything that falls due on the way happens at its own instant."""
        self.ticker.advance(self.clock, local(moment))

    def minute(self) -> None:
        """Let a minute pass, as it does between the acts of people."""
        self.ticker.advance(self.clock, self.clock() + MINUTE)

    def switched_off_until(self, moment: str) -> None:
        """Jump there without a tick on the way, then tick once."""
        gone, back = self.clock(), local(moment)
        self.absences.append((gone, back))
        self.clock.move(back)
        self.ticker.tick()


@contextmanager
def open_stage(folder: Path, hook: Hook | None = None) -> Iterator[Stage]:
    """A fresh installation on its first morning; its mail goes to a real server. See `Stage`."""
    with misbehaving_smtp() as server:
        with _stage(folder, SmtpTransport(host=server.host, port=server.port, starttls=False), hook) as stage:
            yield stage
        (folder / "delivered.txt").write_text("".join(f"{to} {_key(mail)}\n" for _, to, mail in server.accepted))


@contextmanager
def _stage(folder: Path, transport: Transport, hook: Hook | None) -> Iterator[Stage]:
    database = Database(folder / "year.db", hook)
    database.create_tables()
    clock = DemoClock(local(FIRST_MORNING))
    with database.write() as tx:
        load_organisation(tx, hash_password(PASSWORD), clock())
    engine = engine_on(database, folder, clock)
    ticker = Ticker(engine, Post(WORDS, HEAD, transport))
    with TestClient(create_app(engine, Settings(data=folder))) as client:
        yield Stage(engine, clock, ticker, client)
    engine.close()


def _key(mail: bytes) -> str:
    """The Message-ID of a letter."""
    head = mail.partition(b"\r\n\r\n")[0].decode("ascii")
    return next(line.partition(": ")[2] for line in head.split("\r\n") if line.startswith("Message-ID: "))
