"""Load the office from its dated rows, and write the first ones."""

import json
from collections.abc import Iterable
from datetime import date

from sqlalchemy import select

from engine.definition.documents import canonical
from engine.office.calendar import CalendarDay, DayKind, WorkingCalendar
from engine.office.law import LawBook, LegalRow, Mark
from engine.office.organisation import Office, SeatRow, Unit
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.schema import calendar_day, membership, person, reference, seat, unit
from engine.runtime.statements import LEGAL_ROWS, insertion

_UNITS = Statement(select(unit).order_by(unit.c.id))
_SEATS = Statement(select(seat).order_by(seat.c.id))
_DAYS = Statement(select(calendar_day).order_by(calendar_day.c.entered_at, calendar_day.c.id))
_NEW_DAY = insertion(calendar_day)
_NEW_ROW = insertion(reference)
_NEW_UNIT, _NEW_PERSON, _NEW_MEMBERSHIP = map(insertion, (unit, person, membership))


def load_office(tx: Transaction) -> Office:
    """The office as its rows say now."""
    return Office(
        units=[_unit(row) for row in tx.all(_UNITS)],
        seats=[_seat(row) for row in tx.all(_SEATS)],
        calendar=WorkingCalendar(_day(row) for row in tx.all(_DAYS)),
        law=LawBook(legal_row(row) for row in tx.all(LEGAL_ROWS)),
    )


def write_calendar(tx: Transaction, days: Iterable[CalendarDay], entered_at: int) -> None:
    """Add calendar rows; a later entry for the same day overrides the earlier one."""
    for day in days:
        tx.insert(
            _NEW_DAY,
            day=day.day.isoformat(),
            kind=day.kind,
            name=day.name,
            source=day.source,
            entered_at=entered_at,
        )


def write_law(tx: Transaction, rows: Iterable[LegalRow]) -> None:
    """Add the legal rows that are not there yet (same kind, key and first date)."""
    there = {(row["kind"], row["key"], row["valid_from"]) for row in tx.all(LEGAL_ROWS)}
    for row in rows:
        if (row.kind, row.key, row.valid_from.isoformat()) not in there:
            tx.insert(
                _NEW_ROW, kind=row.kind, key=row.key, value=canonical(dict(row.value)), citation=row.citation,
                mark=row.mark, valid_from=row.valid_from.isoformat(),
                valid_to=row.valid_to.isoformat() if row.valid_to else None, confirmed_by=None, confirmed_at=None,
            )  # fmt: skip


def write_authority(tx: Transaction, name: str, username: str, password_hash: str, role: str, since: date) -> None:
    """The first unit, an authority of its own, and the person who holds `role` in it."""
    from_day = since.isoformat()
    unit_id = tx.insert(
        _NEW_UNIT, code="TOP", name=name, kind="district", mail="", groups="[]", parent_id=None, authority_id=None,
        valid_from=from_day, valid_to=None,
    )  # fmt: skip
    person_id = tx.insert(
        _NEW_PERSON, username=username, name=username, mail="", password_hash=password_hash, active=True
    )
    tx.insert(_NEW_MEMBERSHIP, person_id=person_id, unit_id=unit_id, role=role, valid_from=from_day, valid_to=None)


def legal_row(row: Row) -> LegalRow:
    return LegalRow(
        kind=row["kind"],
        key=row["key"],
        value=json.loads(row["value"]),
        citation=row["citation"],
        mark=Mark(row["mark"]),
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=_date(row["valid_to"]),
        confirmed=row["confirmed_at"] is not None,
    )


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _unit(row: Row) -> Unit:
    return Unit(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        kind=row["kind"],
        mail=row["mail"],
        authority_id=row["authority_id"] or row["id"],
        groups=tuple(json.loads(row["groups"])),
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=_date(row["valid_to"]),
    )


def _seat(row: Row) -> SeatRow:
    return SeatRow(
        row["authority_id"],
        row["role"],
        row["unit_id"],
        date.fromisoformat(row["valid_from"]),
        _date(row["valid_to"]),
    )


def _day(row: Row) -> CalendarDay:
    return CalendarDay(date.fromisoformat(row["day"]), DayKind(row["kind"]), row["name"], row["source"])
