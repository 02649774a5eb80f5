"""An office of many wards whose errands all have reminders due on the same mornings, for drills with many workers.

The cases are written by hand, as the engine would have left them; what fires is the engine's.
"""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from engine.definition import Seat
from engine.definition.deadlines import Occurrence, occurrences
from engine.instants import end_of_day, to_micros
from engine.office.calendar import WorkingCalendar, seed_days
from engine.runtime.blobs import BlobStore
from engine.runtime.database import Database, Transaction
from engine.runtime.offices import add_membership, add_person, add_seat, add_unit, write_calendar, write_law
from engine.runtime.service import Engine
from engine.runtime.statements import NEW_INSTANCE, NEW_TASK, NEW_TIMER
from engine.runtime.vault import Vault
from notifications.door import Letterhead
from notifications.mime import Sender
from tests.errands.office import REGISTRY
from tests.errands.process import LADDER, LAW

SINCE = date(2020, 1, 1)
DUE_ON = date(2024, 7, 31)
HEAD = Letterhead(
    Sender("Phòng Nội vụ", "thidua@example.vn", "noivu@example.vn", "example.vn", "bounce@example.vn"),
    "https://thidua.example.vn", "Phòng Nội vụ",
)  # fmt: skip
ABOVE = 0
"""Stands for the unit of whoever sits in the district."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What was written: `ward_of` each open errand's task, and the `people` who hold each role in each unit."""

    ward_of: Mapping[int, int]
    people: Mapping[tuple[str, int], int]


def rungs(count: int) -> list[Occurrence]:
    """The first rungs of every errand."""
    return list(itertools.islice(occurrences(LADDER, DUE_ON, WorkingCalendar(seed_days(2024, 2026))), count))


def mornings(count: int) -> list[datetime]:
    """The first mornings on which a rung of every errand is due."""
    return [found.at for found in rungs(count)]


def heard_of(rows: Rows, task: int, rung: Occurrence) -> Iterator[str]:
    """Who is to hear of a rung of that task: the people of its roles in the task's ward, or above it."""
    for role in rung.rung.to:
        ward = rows.ward_of[task] if role.seat is Seat.OWN_UNIT else ABOVE
        yield f"person:{rows.people[role.code, ward]}"


def fill(database: Database, wards: int, cases: int) -> Rows:
    """Write the office and the errands: the first rung of each waits."""
    people: dict[tuple[str, int], int] = {}
    with database.write() as tx:
        district, *units = _write_office(tx, wards, people)
    with database.write() as tx:
        return Rows(_write_cases(tx, district, units, cases), people)


def _write_office(tx: Transaction, wards: int, people: dict[tuple[str, int], int]) -> list[int]:
    """The keys of the district and of its wards; the people are added to those given."""
    district = add_unit(tx, "Q", "Quận", "district", mail="q@example.vn", since=SINCE)
    below = partial(add_unit, tx, since=SINCE, parent_id=district, authority_id=district)
    office = below("PNV", "Phòng Nội vụ", "office", mail="pnv@example.vn")
    units = [district]
    for number in range(1, wards + 1):
        units.append(below(f"W{number}", f"Phường {number}", "ward", mail=f"w{number}@example.vn"))
        for role in ("officer", "head"):
            people[role, units[-1]] = _employ(tx, units[-1], role, f"{role}-{number}")
    for role, unit in (("desk", office), ("chair", district), ("admin", district)):
        add_seat(tx, district, role, unit, since=SINCE)
        people[role, ABOVE] = _employ(tx, unit, role, role)
    write_calendar(tx, seed_days(2024, 2026), 0)
    write_law(tx, LAW)
    return units


def _employ(tx: Transaction, unit_id: int, role: str, username: str) -> int:
    person = add_person(tx, username, username, mail=f"{username}@example.vn")
    add_membership(tx, person, unit_id, role, since=SINCE)
    return person


def _write_cases(tx: Transaction, district: int, wards: list[int], cases: int) -> dict[int, int]:
    """The wards of the tasks that were written."""
    first = mornings(1)[0]
    micros = to_micros(first - timedelta(days=20))
    drive = tx.insert(NEW_INSTANCE, **_instance("drive", "running", district, district, None, micros))
    ward_of: dict[int, int] = {}
    for number in range(cases):
        ward = wards[number % len(wards)]
        case = tx.insert(NEW_INSTANCE, **_instance("errand", "drafted", ward, district, drive, micros))
        task = tx.insert(
            NEW_TASK, instance_id=case, kind="state", state="drafted", todo="Làm", role="officer", unit_id=ward,
            assignee_id=None, opened_at=micros, due_on=DUE_ON.isoformat(), due_at=to_micros(end_of_day(DUE_ON)),
            due_source="", clock="running", days_left=None, closed_at=None,
        )  # fmt: skip
        tx.run(
            NEW_TIMER, task_id=task, instance_id=case, kind="rung", day_offset=LADDER[0].days, due_at=to_micros(first)
        )
        ward_of[task] = ward
    return ward_of


def _instance(
    process: str, state: str, unit_id: int, authority_id: int, parent_id: int | None, micros: int
) -> dict[str, object]:
    return {
        "authority_id": authority_id, "process": process, "definition_version": 1, "unit_id": unit_id,
        "parent_id": parent_id, "start_key": None, "state": state, "phase": "drafted", "version": 1,
        "headline": "Quét vôi", "dossier": "{}", "history_hash": b"", "created_at": micros, "updated_at": micros,
        "closed_at": None,
    }  # fmt: skip


class FileClock:
    """A business clock that several processes read; who moves it writes the file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self) -> datetime:
        return datetime.fromisoformat(self._file.read_text())

    def move(self, to: datetime) -> None:
        """Set it there for everybody."""
        new = self._file.with_suffix(".new")
        new.write_text(to.astimezone(UTC).isoformat())
        new.replace(self._file)


@contextmanager
def opened(where: Path | str, folder: Path, clock: FileClock) -> Iterator[Engine]:
    """An engine on a database that was filled."""
    salts = itertools.count()
    engine = Engine(
        Database(where), REGISTRY, BlobStore(folder / "blobs"), clock=clock, wall=lambda: datetime.now(UTC),
        vault=Vault.fresh(), salt=lambda: next(salts).to_bytes(16),
    )  # fmt: skip
    try:
        yield engine
    finally:
        engine.close()
