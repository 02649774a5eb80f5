"""An office of many wards whose errands all have reminders due on the same mornings, for drills with many workers.

The cases are written by hand, as the engine would have left them; what fires is the engine's.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from engine.definition.deadlines import occurrences
from engine.instants import at_local, end_of_day, to_micros
from engine.office.calendar import WorkingCalendar, seed_days
from engine.runtime.blobs import BlobStore
from engine.runtime.database import Database, Statement, Transaction
from engine.runtime.offices import (
    add_membership,
    add_person,
    add_seat,
    add_unit,
    load_office,
    write_calendar,
    write_law,
)
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
NO_MAIL = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """What was written: the keys of the tasks that wait, and of those that were closed."""

    open_tasks: tuple[int, ...]
    closed_tasks: tuple[int, ...]


def mornings(count: int) -> list[datetime]:
    """The first mornings on which a rung of every errand is due."""
    calendar = WorkingCalendar(seed_days(2024, 2026))
    return [found.at for found in itertools.islice(occurrences(LADDER, DUE_ON, calendar), count)]


def fill(database: Database, wards: int, cases: int, *, closed_of_ten: int = 0) -> Rows:
    """Write the office and the errands: the first rung of each waits, in turn in each ward.

    closed_of_ten: so many of ten errands are closed, with a timer that should not be there any more.
    """
    with database.write() as tx:
        units = _write_office(tx, wards)
    with database.write() as tx:
        return _write_cases(tx, units, cases, closed_of_ten)


def _write_office(tx: Transaction, wards: int) -> list[int]:
    """The keys of the district and of its wards."""
    district = add_unit(tx, "Q", "Quận", "district", mail="q@example.vn", since=SINCE)
    units = [district]
    office = add_unit(
        tx, "PNV", "Phòng Nội vụ", "office", mail="pnv@example.vn", since=SINCE, parent_id=district,
        authority_id=district,
    )  # fmt: skip
    for number in range(1, wards + 1):
        code = f"W{number}"
        ward = add_unit(
            tx, code, f"Phường {number}", "ward", mail=f"{code}@example.vn", since=SINCE, parent_id=district,
            authority_id=district,
        )  # fmt: skip
        units.append(ward)
        _employ(tx, ward, officer=f"officer-{number}", head=f"head-{number}")
    for role, unit in (("desk", office), ("chair", district), ("admin", district)):
        add_seat(tx, district, role, unit, since=SINCE)
        _employ(tx, unit, **{role: role})
    write_calendar(tx, seed_days(2024, 2026), 0)
    write_law(tx, LAW)
    return units


def _employ(tx: Transaction, unit_id: int, **people: str) -> None:
    for role, username in people.items():
        person = add_person(tx, username, username, mail=f"{username}@example.vn")
        add_membership(tx, person, unit_id, role, since=SINCE)


def _write_cases(tx: Transaction, units: list[int], cases: int, closed_of_ten: int) -> Rows:
    district, *wards = units
    first = mornings(1)[0]
    micros = to_micros(at_local(date(2024, 7, 1), first.time()))
    drive = tx.insert(NEW_INSTANCE, **_instance("drive", "running", district, district, None, micros))
    open_tasks: list[int] = []
    closed_tasks: list[int] = []
    for number in range(cases):
        is_closed, ward = number % 10 < closed_of_ten, wards[number % len(wards)]
        state = "done" if is_closed else "drafted"
        case = tx.insert(NEW_INSTANCE, **_instance("errand", state, ward, district, drive, micros))
        task = tx.insert(
            NEW_TASK, instance_id=case, kind="state", state="drafted", todo="Làm", role="officer", unit_id=ward,
            assignee_id=None, opened_at=micros, due_on=DUE_ON.isoformat(), due_at=to_micros(end_of_day(DUE_ON)),
            due_source="", clock="closed" if is_closed else "running", days_left=None, closed_at=None,
        )  # fmt: skip
        tx.run(
            NEW_TIMER, task_id=task, instance_id=case, kind="rung", day_offset=LADDER[0].days, due_at=to_micros(first)
        )
        (closed_tasks if is_closed else open_tasks).append(task)
    return Rows(tuple(open_tasks), tuple(closed_tasks))


def _instance(
    process: str, state: str, unit_id: int, authority_id: int, parent_id: int | None, micros: int
) -> dict[str, object]:
    return {
        "authority_id": authority_id, "process": process, "definition_version": 1, "unit_id": unit_id,
        "parent_id": parent_id, "start_key": None, "state": state, "phase": "drafted", "version": 1,
        "headline": "Quét vôi", "dossier": "{}", "history_hash": "", "created_at": micros, "updated_at": micros,
        "closed_at": micros if state == "done" else None,
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
        vault=Vault.fresh(), salt=lambda: f"{next(salts):032x}",
    )  # fmt: skip
    try:
        yield engine
    finally:
        engine.close()


__all__ = ["DUE_ON", "HEAD", "REGISTRY", "FileClock", "Rows", "Statement", "fill", "load_office", "mornings", "opened"]
