"""Load the office from its dated rows, and write the first ones."""

import json
from collections.abc import Iterable
from datetime import date

from sqlalchemy import bindparam, select

from engine.definition.documents import canonical
from engine.office.calendar import CalendarDay, DayKind, WorkingCalendar
from engine.office.law import LawBook, LegalRow, Mark
from engine.office.organisation import Office, SeatRow, Unit
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.schema import calendar_day, mandate, membership, person, reference, seat, unit, unit_kind
from engine.runtime.statements import LEGAL_ROWS, ignoring, insertion

_UNITS = Statement(select(unit).order_by(unit.c.id))
_SEATS = Statement(select(seat).order_by(seat.c.id))
_DAYS = Statement(select(calendar_day).order_by(calendar_day.c.entered_at, calendar_day.c.id))
_NEW_DAY = insertion(calendar_day)
_NEW_ROW = insertion(reference)
_KIND = Statement(select(unit_kind).where(unit_kind.c.code == bindparam("code")))
_NEW_KIND = Statement(
    ignoring(unit_kind).values(code=bindparam("code"), name=bindparam("name"), rank=bindparam("rank"))
)
_NEW_UNIT, _NEW_PERSON, _NEW_MEMBERSHIP, _NEW_SEAT, _NEW_MANDATE = map(
    insertion, (unit, person, membership, seat, mandate)
)

KINDS = (
    ("city", "Tỉnh, thành phố", 1),
    ("city_office", "Sở, ban của tỉnh, thành phố", 2),
    ("district", "Quận, huyện", 2),
    ("council", "Hội đồng", 3),
    ("office", "Phòng, ban", 3),
    ("party", "Cơ quan Đảng, đoàn thể", 3),
    ("force", "Lực lượng vũ trang", 3),
    ("ward", "Phường, xã, đặc khu", 3),
    ("school", "Đơn vị sự nghiệp", 4),
    ("enterprise", "Doanh nghiệp, hợp tác xã", 4),
)
"""The kinds of units that every installation begins with: code, name, level (1 is the highest)."""


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
                confirmation="",
            )  # fmt: skip


def write_kinds(tx: Transaction, kinds: Iterable[tuple[str, str, int]] = KINDS) -> None:
    """Add the kinds of units that are not there yet."""
    for code, name, rank in kinds:
        tx.run(_NEW_KIND, code=code, name=name, rank=rank)


def add_unit(
    tx: Transaction, code: str, name: str, kind: str, *, mail: str, since: date, groups: Iterable[str] = (),
    parent_id: int | None = None, authority_id: int | None = None, identifier: str | None = None,
) -> int:  # fmt: skip
    """A unit from that date on; without `authority_id` it decides for itself. Returns its key."""
    if tx.one(_KIND, code=kind) is None:
        write_kinds(tx, (*KINDS, (kind, kind, KINDS[-1][2])))
    return tx.insert(
        _NEW_UNIT, code=code, identifier=identifier, name=name, kind=kind, mail=mail, groups=canonical(list(groups)),
        parent_id=parent_id, authority_id=authority_id, valid_from=since.isoformat(), valid_to=None,
    )  # fmt: skip


def add_person(
    tx: Transaction, username: str, name: str, *, mail: str, password_hash: str = "", staff_code: str | None = None
) -> int:
    """A person; without a password nobody logs in as them with one. Returns the key."""
    return tx.insert(
        _NEW_PERSON, username=username, name=name, mail=mail, staff_code=staff_code, password_hash=password_hash,
        active=True,
    )  # fmt: skip


def add_membership(
    tx: Transaction, person_id: int, unit_id: int, role: str, *, since: date, until: date | None = None
) -> int:
    """The person holds the role in the unit from one date to another, both included. Returns the key."""
    return tx.insert(
        _NEW_MEMBERSHIP, person_id=person_id, unit_id=unit_id, role=role, valid_from=since.isoformat(),
        valid_to=until.isoformat() if until else None,
    )  # fmt: skip


def add_mandate(
    tx: Transaction, principal_id: int, deputy_id: int, role: str, unit_id: int, *, powers: Iterable[str] = (),
    capacity: str, paper: str, since: date, until: date,
) -> int:  # fmt: skip
    """The deputy may act in that role of the principal, both days included; no `powers`: all. Returns the key."""
    return tx.insert(
        _NEW_MANDATE, principal_id=principal_id, deputy_id=deputy_id, role=role, unit_id=unit_id,
        powers=canonical(list(powers)), capacity=capacity, paper=paper, valid_from=since.isoformat(),
        valid_to=until.isoformat(),
    )  # fmt: skip


def add_seat(
    tx: Transaction, authority_id: int, role: str, unit_id: int, *, since: date, until: date | None = None
) -> int:
    """The unit holds the role for the authority from one date to another, both included. Returns the key."""
    return tx.insert(
        _NEW_SEAT, authority_id=authority_id, role=role, unit_id=unit_id, valid_from=since.isoformat(),
        valid_to=until.isoformat() if until else None,
    )  # fmt: skip


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
        identifier=row["identifier"],
        parent_id=row["parent_id"],
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
