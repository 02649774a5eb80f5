"""One room with an officer, a head and an administrator, whose mail goes wherever a test wants."""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, select, update

from engine.definition import Role, Seat
from engine.definition.registry import Registry
from engine.instants import at_local, to_micros
from engine.office.calendar import seed_days
from engine.runtime import accounts, schema
from engine.runtime.beginning import NewCase
from engine.runtime.blobs import BlobStore
from engine.runtime.database import Statement, Transaction
from engine.runtime.offices import add_membership, add_person, add_unit, write_calendar
from engine.runtime.service import Asking, Engine
from engine.runtime.vault import Vault
from notifications.door import Letterhead, Post, prove, run_due
from notifications.mime import Sender
from notifications.schema import message, message_attempt
from notifications.transport import Attempt, Outcome, Transport
from tests.databases import new_database
from tests.leave_request.process import LeaveRequest

SINCE = date(2020, 1, 1)
SENDER = Sender(
    name="Phòng Nội vụ (qua Hệ thống thi đua)",
    address="thidua@quan.example.vn",
    reply_to="noivu@quan.example.vn",
    domain="quan.example.vn",
    bounce_address="bounce@quan.example.vn",
)
HEAD = Letterhead(SENDER, "https://thidua.example.vn", "Phòng Nội vụ, (0225) 3 000 000")
REGISTRY = Registry([LeaveRequest], administrator=Role("admin", "Quản trị", Seat.AUTHORITY, True))
WORDS = prove(REGISTRY)
MODEL = REGISTRY.by_code["leave_request"]
LEAVE = {"reason": "Về quê", "first_day": "2024-07-20", "days": 2}
TAKEN = Attempt(Outcome.SENT, "250 taken")
WEDNESDAY = date(2024, 7, 10)

_UNIT = Statement(select(schema.unit.c.id))
_NOTICES = Statement(select(schema.notice).order_by(schema.notice.c.id))
_MESSAGES = Statement(select(message).order_by(message.c.id))
_ATTEMPTS = Statement(select(message_attempt).order_by(message_attempt.c.message_id, message_attempt.c.n))
_INCIDENTS = Statement(select(schema.incident).order_by(schema.incident.c.id))
_SET_PERSON = Statement(
    update(schema.person)
    .where(schema.person.c.username == bindparam("which"))
    .values(mail=bindparam("mail"), active=bindparam("active"))
)


@dataclass
class Basket:
    """A transport that keeps what it is given; `answers` come first, then everything is taken."""

    answers: list[Attempt | BaseException] = field(default_factory=list)
    kept: list[tuple[str, str, bytes]] = field(default_factory=list)

    def send(self, envelope_from: str, recipient: str, message: bytes) -> Attempt:
        self.kept.append((envelope_from, recipient, message))
        answer = self.answers.pop(0) if self.answers else TAKEN
        if isinstance(answer, BaseException):
            raise answer
        return answer


@dataclass
class SmallOffice:
    """The engine on a file of its own, at the business instant `now`."""

    engine: Engine
    clock: list[datetime]
    basket: Basket = field(default_factory=Basket)

    @property
    def now(self) -> datetime:
        return self.clock[0]

    def at(self, day: date, hour: int, minute: int = 0) -> None:
        """Set the clock to that Vietnamese time, and fire the timers that are due."""
        self.clock[0] = at_local(day, time(hour, minute))
        self.engine.fire_due()

    def hire(self, name: str, *roles: str, mail: str | None = None) -> None:
        """Add a person who holds the roles."""
        address = f"{name}@p1.example.vn" if mail is None else mail

        def add(tx: Any) -> None:
            unit = tx.one(_UNIT)
            person_id = add_person(tx, name, f"Lê {name.title()}", mail=address)
            for role in roles:
                add_membership(tx, person_id, unit["id"], role, since=SINCE)
            accounts.open_login(tx, person_id, name, datetime(2024, 1, 1, tzinfo=UTC), kind="session")

        self.engine.writer.call(add)

    def change(self, name: str, mail: str, *, active: bool = True) -> None:
        self.engine.writer.call(lambda tx: tx.run(_SET_PERSON, which=name, mail=mail, active=active))

    def start(self, who: str, reason: str = "Về quê") -> int:
        new = NewCase(None, None, {**LEAVE, "reason": reason})
        return int(json.loads(self.engine.start(Asking(who), MODEL, new).result().body)["id"])

    def act(self, who: str, case: int, action: str, form: dict[str, Any] | None = None) -> None:
        with self.engine.database.read() as tx:
            row = tx.one(Statement(select(schema.instance).where(schema.instance.c.id == case)))
        assert row is not None
        self.engine.act(Asking(who, expected=row["version"]), MODEL, case, action, form).result()

    def submitted(self, reason: str = "Về quê") -> int:
        """A request of `an` that waits for `binh`."""
        case = self.start("an", reason)
        self.act("an", case, "submit")
        return case

    def run(self, transport: Transport | None = None) -> int:
        """Compose and deliver what is due now."""
        return run_due(self.engine, Post(WORDS, HEAD, transport or self.basket), self.now)

    # ── what the tables say ──────────────────────────────────────────────────────────────────
    def rows(self, statement: Statement) -> list[dict[str, Any]]:
        with self.engine.database.read() as tx:
            return [dict(row) for row in tx.all(statement)]

    def notices(self) -> list[dict[str, Any]]:
        return self.rows(_NOTICES)

    def messages(self) -> list[dict[str, Any]]:
        return self.rows(_MESSAGES)

    def attempts(self) -> list[tuple[int, int, str | None, str]]:
        rows = self.rows(_ATTEMPTS)
        return [(row["message_id"], row["n"], row["outcome"], row["reply"]) for row in rows]

    def incidents(self) -> list[tuple[str, str]]:
        return [(row["key"], row["what"]) for row in self.rows(_INCIDENTS)]

    def told(self) -> list[tuple[str, str]]:
        """Address and subject of every message, in the order of writing."""
        return [(row["address"], row["subject"]) for row in self.messages()]

    def states(self) -> list[tuple[str, str]]:
        """Kind and state of every notice."""
        return [(row["kind"], row["state"]) for row in self.notices()]


@contextmanager
def small_office(folder: Path, hook: Callable[[str], None] | None = None) -> Iterator[SmallOffice]:
    """An office on Wednesday, 10 July 2024, 09:00, with `an` (officer), `binh` (head) and `dung` (administrator)."""
    database = new_database(folder, "office", _fill, hook)
    clock = [at_local(WEDNESDAY, time(9))]
    salts = itertools.count()
    engine = Engine(
        database, REGISTRY, BlobStore(folder / "blobs"),
        clock=lambda: clock[0], wall=lambda: datetime(2024, 1, 1, tzinfo=UTC),
        vault=Vault.fresh(), salt=lambda: next(salts).to_bytes(16),
    )  # fmt: skip
    office = SmallOffice(engine, clock)
    for name, role in (("an", "officer"), ("binh", "head"), ("dung", "admin")):
        office.hire(name, role)
    try:
        yield office
    finally:
        engine.close()


def _fill(tx: Transaction) -> None:
    add_unit(tx, "P1", "Phòng Một", "office", mail="phong1@p1.example.vn", since=SINCE)
    write_calendar(tx, seed_days(2024, 2026), to_micros(datetime(2024, 1, 1, tzinfo=UTC)))
