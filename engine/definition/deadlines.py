"""When a task is due and who is reminded of it: deadlines and ladders, as data and as pure arithmetic.

A legal date expires at 24:00 Asia/Ho_Chi_Minh. Offsets of a ladder are working days from the due date;
reminders go out at 08:00 of such a day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING, Any

from engine.instants import at_local, end_of_day, start_of_day

if TYPE_CHECKING:
    from engine.definition.case import Case
    from engine.definition.language import Role
    from engine.office.calendar import WorkingCalendar

REMINDER_TIME = time(8)


class DueKind(StrEnum):
    NONE = "none"
    WORKING_DAYS = "working_days"
    LEGAL_LIMIT = "legal_limit"
    DATE = "date"
    DEADLINE = "deadline"


@dataclass(frozen=True, slots=True)
class Due:
    """A rule that gives a date: see the functions below for its kinds.

    path: a legal key, or a field as "field" of the dossier or "process.field" of an ancestor's.
    by: a field of the dossier that chooses: the suffix of the legal key, or the entry of a mapping.
    starts: the instant meant is the first of that day, not its end.
    """

    kind: DueKind
    days: int = 0
    path: str = ""
    by: str = ""
    starts: bool = False


def working_days(days: int) -> Due:
    """That many working days after the task opened; for numbers that no law gives."""
    return Due(DueKind.WORKING_DAYS, days)


def within(limit: str, *, by: str = "") -> Due:
    """The working days of the legal row ("time_limit", limit) in force when the task opens.

    by: the dossier field whose value ends the key, as in "appraise.simplified".
    """
    return Due(DueKind.LEGAL_LIMIT, path=limit, by=by)


def until(path: str, *, by: str = "") -> Due:
    """The end of the date in that field; no deadline while it is empty.

    by: the field holds dates by name, and that dossier field names the one that is meant.
    """
    return Due(DueKind.DATE, path=path, by=by)


def at_start_of(path: str) -> Due:
    """The first instant of the date in that field; at once when it has passed."""
    return Due(DueKind.DATE, path=path, starts=True)


NO_DEADLINE = Due(DueKind.NONE)
AT_DEADLINE = Due(DueKind.DEADLINE)
"""For timers: when the task itself is due."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder: `days` working days from the due date (negative: before), to the holders of `to`.

    every: the rung repeats after that many working days until the task is closed; only the last may.
    """

    days: int
    to: "tuple[Role, ...]"
    every: int = 0


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One rung on one day: `offset` is its working-day distance from the due date, `at` aware UTC."""

    offset: int
    at: datetime
    rung: Rung


def occurrences(ladder: tuple[Rung, ...], due_on: date, calendar: "WorkingCalendar") -> Iterator[Occurrence]:
    """The instants of a ladder in order; endless when its last rung repeats."""
    for rung in ladder:
        for turn in count() if rung.every else (0,):
            offset = rung.days + rung.every * turn
            yield Occurrence(offset, at_local(calendar.add(due_on, offset), REMINDER_TIME), rung)


def next_occurrence(
    ladder: tuple[Rung, ...], due_on: date, after: datetime, calendar: "WorkingCalendar"
) -> Occurrence | None:
    """The first occurrence later than `after`; None when the ladder is finished."""
    return next((found for found in occurrences(ladder, due_on, calendar) if found.at > after), None)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A resolved deadline: the legal date, its instant (aware UTC), and where it comes from."""

    on: date
    at: datetime
    source: str


def resolve(due: Due, case: "Case[Any]") -> Deadline | None:
    """The deadline that the rule gives for the case now; None when there is none.

    Raises:
        NoLawInForce: the legal limit has no row in force today.
    """
    if due.kind is DueKind.WORKING_DAYS:
        return _after(case, due.days, f"{due.days} ngày làm việc")
    if due.kind is DueKind.LEGAL_LIMIT:
        row = case.law.get("time_limit", legal_key(due, case), case.today)
        days = int(row.value["working_days"])
        return _after(case, days, f"{days} ngày làm việc ({row.citation})")
    if due.kind is DueKind.DATE:
        value = case.field(due.path)
        if due.by and value is not None:
            value = value.get(getattr(case.dossier, due.by))
        if value:
            on = date.fromisoformat(value) if isinstance(value, str) else value
            source = due.path if "." in due.path else f"{case.process}.{due.path}"
            return Deadline(on, start_of_day(on) if due.starts else end_of_day(on), source)
    return None


def legal_key(due: Due, case: "Case[Any]") -> str:
    """The key of a legal limit for this case."""
    return f"{due.path}.{getattr(case.dossier, due.by)}" if due.by else due.path


def _after(case: "Case[Any]", days: int, source: str) -> Deadline:
    on = case.calendar.add(case.today, days)
    return Deadline(on, end_of_day(on), source)
