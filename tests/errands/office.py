"""The engine on a file of its own: a district with an office and two wards, a person for each role, set clocks."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from engine.definition.decide import Actor
from engine.definition.registry import Registry
from engine.instants import LOCAL
from engine.office.calendar import seed_days
from engine.runtime import accounts, offices
from engine.runtime.beginning import NewCase
from engine.runtime.blobs import BlobStore
from engine.runtime.database import Hook, Transaction
from engine.runtime.offices import add_membership, add_seat, add_unit, write_calendar, write_law
from engine.runtime.service import Answer, Asking, Engine
from engine.runtime.vault import Vault
from engine.runtime.work import Work
from tests.databases import new_database, rows
from tests.errands.process import ADMINISTRATOR, LAW, Drive, Errand

SINCE = date(2020, 1, 1)
UNITS = (
    ("Q", "Quận", "district"),
    ("PNV", "Phòng Nội vụ", "office"),
    ("W1", "Phường 1", "ward"),
    ("W2", "Phường 2", "ward"),
)
SEATS = (("desk", "PNV"), ("chair", "Q"), ("admin", "Q"))
PEOPLE = {
    "an": (("officer", "W1"),),
    "ha": (("head", "W1"),),
    "chi": (("officer", "W2"),),
    "lan": (("desk", "PNV"),),
    "chu": (("chair", "Q"),),
    "quan": (("admin", "Q"),),
    "khach": (),
}
REGISTRY = Registry([Drive, Errand], administrator=ADMINISTRATOR, law=LAW)
DRIVE, ERRAND = REGISTRY.by_code["drive"], REGISTRY.by_code["errand"]
WALL = datetime(2024, 7, 10, 2, tzinfo=UTC)  # people are logged in on it for good
MORNING = "2024-07-10 09:00"  # a Wednesday


def local(moment: str) -> datetime:
    """The instant of a Vietnamese date and time like "2024-07-31 09:30"."""
    return datetime.strptime(moment, "%Y-%m-%d %H:%M").replace(tzinfo=LOCAL).astimezone(UTC)


def shown(micros: int) -> str:
    """Microseconds as a Vietnamese date and time."""
    return f"{datetime.fromtimestamp(micros / 1e6, LOCAL):%Y-%m-%d %H:%M}"


@dataclass
class RuntimeOffice:
    """An engine whose clocks stand where a test puts them. People ask with their own name as the secret."""

    engine: Engine
    clock: list[datetime]

    # ── time ─────────────────────────────────────────────────────────────────────────────────
    def at(self, moment: str) -> None:
        """Set the business clock, without letting anything fall due."""
        self.clock[0] = local(moment)

    def tick(self, moment: str) -> int:
        """Set the business clock there and fire what is due."""
        self.at(moment)
        return self.engine.fire_due()

    # ── what people do ───────────────────────────────────────────────────────────────────────
    def start(self, who: str, process: str, parent: int | None = None, unit: str | None = None, **dossier: Any) -> int:
        model = REGISTRY.by_code[process]
        answer = self.engine.start(Asking(who), model, NewCase(unit, parent, dossier)).result()
        return int(json.loads(answer.body)["id"])

    def act(self, who: str, case: int, action: str, **form: Any) -> Answer:
        return self.engine.act(self.asking(who, case), self.model(case), case, action, form or None).result()

    def edit(self, who: str, case: int, **patch: Any) -> Answer:
        return self.engine.edit(self.asking(who, case), self.model(case), case, patch).result()

    def drive(self, *wants: str, ends_on: str = "2025-05-13", due_on: str = "2024-07-31") -> int:
        """A drive that was launched, with an errand for each of those units."""
        case = self.start("lan", "drive", title="Vận động", ends_on=ends_on, due_on=due_on, wants=list(wants))
        self.act("chu", case, "launch")
        return case

    def errands(self, drive: int) -> list[int]:
        return [key for (key,) in self.ask("SELECT id FROM instance WHERE parent_id = ? ORDER BY id", drive)]

    def checked(self, **dossier: Any) -> int:
        """An errand of ward 1 that was handed in now and lies with the desk."""
        case = self.start("an", "errand", text="Quét vôi", **dossier)
        self.act("an", case, "hand_in")
        return case

    def asking(self, who: str, case: int, key: str = "", fingerprint: str = "") -> Asking:
        return Asking(who, key, fingerprint, self.version(case))

    # ── what the tables say ──────────────────────────────────────────────────────────────────
    def ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of any query."""
        return rows(self.engine.database, sql, *values)

    def one(self, sql: str, *values: Any) -> Any:
        """The only value of the only row."""
        ((value,),) = self.ask(sql, *values)
        return value

    def hire(self, username: str, *roles: tuple[str, str]) -> None:
        """Add a person who holds the roles, each in the unit of that code."""
        held = [(role, self.unit_id(code)) for role, code in roles]
        self.engine.writer.call(lambda tx: add_person(tx, username, *held))

    def force(self, sql: str) -> None:
        """Change the tables past the engine."""
        self.engine.writer.call(lambda tx: tx.command(sql))

    def model(self, case: int) -> Any:
        return REGISTRY.by_code[self.one("SELECT process FROM instance WHERE id = ?", case)]

    def version(self, case: int) -> int:
        return int(self.one("SELECT version FROM instance WHERE id = ?", case))

    def state(self, case: int) -> str:
        return str(self.one("SELECT state FROM instance WHERE id = ?", case))

    def dossier(self, case: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.one("SELECT dossier FROM instance WHERE id = ?", case))
        return found

    def tasks(self, case: int) -> list[tuple[str, str, str | None, int | None]]:
        """State, clock, due date and kept working days of every task, an administrator's left out."""
        wanted = "instance_id = ? AND kind = 'state' ORDER BY id"
        return self.ask(f"SELECT state, clock, due_on, days_left FROM user_task WHERE {wanted}", case)

    def timers(self, case: int) -> list[tuple[str, int, str]]:
        """Kind, offset and local time of every timer that waits."""
        rows = self.ask("SELECT kind, day_offset, due_at FROM timer WHERE instance_id = ? ORDER BY due_at, id", case)
        return [(kind, offset, shown(due_at)) for kind, offset, due_at in rows]

    def firings(self, case: int) -> list[tuple[str, str, str]]:
        """The key behind the task, the local time that was meant, the outcome."""
        rows = self.ask("SELECT key, scheduled_at, outcome FROM firing WHERE instance_id = ? ORDER BY id", case)
        return [(key.partition(":")[2], shown(at), outcome) for key, at, outcome in rows]

    def notices(self, kind: str = "%") -> list[tuple[str, str]]:
        """Kind and recipient: an account, or the code of a unit whose role nobody holds."""
        return self.ask(
            "SELECT notice.kind, coalesce(username, code) FROM notice LEFT JOIN person ON person.id = person_id "
            "LEFT JOIN unit ON unit.id = notice.unit_id WHERE notice.kind LIKE ? ORDER BY notice.id",
            kind,
        )

    def incidents(self) -> list[tuple[str, int]]:
        """What is open, and on which case."""
        return self.ask("SELECT what, instance_id FROM incident WHERE resolved_at IS NULL ORDER BY id")

    def incident(self) -> int:
        """The only open incident."""
        return int(self.one("SELECT id FROM incident WHERE resolved_at IS NULL"))

    def effects(self) -> list[tuple[str, str]]:
        return self.ask("SELECT kind, state FROM effect ORDER BY id")

    def unit_id(self, code: str) -> int:
        return int(self.one("SELECT id FROM unit WHERE code = ?", code))

    @contextmanager
    def looking(self, who: str) -> Iterator[tuple[Work, Actor]]:
        with self.engine.look(who) as found:
            yield found


@contextmanager
def open_runtime(folder: Path, hook: Hook | None = None) -> Iterator[RuntimeOffice]:
    """The office on Wednesday, 10 July 2024, 09:00; in a folder that has one, that one."""
    clock, salts = [local(MORNING)], itertools.count()
    engine = Engine(
        new_database(folder, "runtime", _fill, hook), REGISTRY, BlobStore(folder / "blobs"),
        clock=lambda: clock[0], wall=lambda: WALL, vault=Vault.fresh(), salt=lambda: next(salts).to_bytes(16),
    )  # fmt: skip
    try:
        yield RuntimeOffice(engine, clock)
    finally:
        engine.close()


def _fill(tx: Transaction) -> None:
    units: dict[str, int] = {}
    for code, name, kind in UNITS:
        units[code] = add_unit(
            tx, code, name, kind, mail=f"{code.lower()}@example.vn", since=SINCE, parent_id=units.get("Q"),
            authority_id=units.get("Q"),
        )  # fmt: skip
    for role, code in SEATS:
        add_seat(tx, units["Q"], role, units[code], since=SINCE)
    for username, roles in PEOPLE.items():
        add_person(tx, username, *((role, units[code]) for role, code in roles))
    write_calendar(tx, seed_days(2024, 2026), 0)
    write_law(tx, LAW)


def add_person(tx: Transaction, username: str, *roles: tuple[str, int]) -> None:
    """A person who holds the roles and is logged in with the own name as secret."""
    key = offices.add_person(tx, username, username.title(), mail=f"{username}@example.vn")
    for role, unit_id in roles:
        add_membership(tx, key, unit_id, role, since=SINCE)
    accounts.open_login(tx, key, username, WALL, kind="token", lasts=timedelta(days=3650))
