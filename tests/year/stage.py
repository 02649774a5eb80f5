"""The installation on which the year is played: the model customer, HTTP in front, a real mail server behind.

Nothing ticks by itself: time passes when the administrator moves the demo's clock over HTTP, and for a
minute after each act of a person.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

from starlette.testclient import TestClient

from api import request_ids
from api.app import create_app
from api.clock import DemoClock
from api.installation import DATABASE, Installation, found, installation, registry
from api.passwords import hash_password
from api.routes import demo as demo_routes
from api.settings import Settings
from demo.load import PASSWORD, load_organisation
from engine.instants import LOCAL
from engine.runtime.database import DRIVER
from notifications.transport import SmtpTransport
from tests.notifications.smtp_server import MisbehavingServer, misbehaving_smtp
from tests.year.recording import Recorder

WALL = datetime(2024, 7, 10, tzinfo=UTC)  # sessions live on it; it stands still, so none ends
REGISTRY = registry()
FIRST_MORNING = "2024-07-10 08:00"
DELIVERED, CAPTURES = "delivered.txt", "captures"
_MINUTE = timedelta(minutes=1)
_REMEMBER = """
CREATE TABLE as_written (notice_id INTEGER PRIMARY KEY, facts TEXT NOT NULL);
CREATE TRIGGER remember AFTER INSERT ON notice BEGIN INSERT INTO as_written VALUES (new.id, new.facts); END;
"""
"""Of a notice whose mail is written the product keeps few facts; the oracle compares all of them."""


def local(moment: str) -> datetime:
    """The instant of a Vietnamese date and time like "2024-07-31 09:30"."""
    return datetime.strptime(moment, "%Y-%m-%d %H:%M").replace(tzinfo=LOCAL).astimezone(UTC)


@dataclass
class Stage:
    """The running installation. `absences`: from when to when nothing ticked."""

    place: Installation
    clock: DemoClock
    client: TestClient
    recorder: Recorder
    absences: list[tuple[datetime, datetime]] = field(default_factory=list)

    def minute(self) -> None:
        """Let a minute pass, as it does between the acts of people."""
        until = self.clock() + _MINUTE
        self.recorder.before_time(until)
        self.place.ticker.advance(self.clock, until)

    def be_off_until(self, moment: str) -> None:
        """Jump there without a tick on the way, then tick once."""
        gone, back = self.clock(), local(moment)
        self.recorder.before_time(back)
        self.absences.append((gone, back))
        self.clock.move(back)
        self.place.ticker.tick()


@contextmanager
def open_stage(folder: Path) -> Iterator[Stage]:
    """A fresh installation on its first morning; at the end the folder has the list of delivered mail.

    Salts and ids of requests are counted, so that equal years have equal hashes.
    """
    salts, ids, clock = itertools.count(), itertools.count(), DemoClock(local(FIRST_MORNING))
    found(Settings(data=folder)).close()
    connection = DRIVER.connect(folder / DATABASE)
    connection.executescript(_REMEMBER)
    connection.close()
    counted = SimpleNamespace(token_hex=lambda size: f"{next(ids):0{2 * size}x}")
    with misbehaving_smtp() as server, patch.object(request_ids, "secrets", counted):
        mail = SmtpTransport(host=server.host, port=server.port, starttls=False)
        with installation(
            Settings(data=folder), clock=clock, wall=lambda: WALL, transport=mail, salt=lambda: next(salts).to_bytes(16)
        ) as place:
            place.engine.writer.call(lambda tx: load_organisation(tx, hash_password(PASSWORD), clock()))
            app = create_app(
                place.engine, place.settings, routers=[lambda bodies: demo_routes.routes(bodies, place.ticker, clock)]
            )
            recorder = Recorder(folder / DATABASE, folder / CAPTURES)
            with TestClient(app) as client:
                yield Stage(place, clock, client, recorder)
            recorder.finish()
        _write_delivered(folder / DELIVERED, server)


def _write_delivered(target: Path, server: MisbehavingServer) -> None:
    """One line a letter that the server took: the recipient's address and the Message-ID."""
    lines = [f"{recipient} {_message_id(content)}\n" for _, recipient, content in server.accepted]
    target.write_text("".join(lines), encoding="ascii")


def _message_id(mail: bytes) -> str:
    head = mail.partition(b"\r\n\r\n")[0].decode("ascii")
    return next(line.partition(": ")[2] for line in head.split("\r\n") if line.startswith("Message-ID: "))
