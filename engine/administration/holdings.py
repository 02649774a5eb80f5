"""What people and units hold from one day to another: memberships, seats and mandates, and their ending."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Table, and_, bindparam, delete, or_, select, update

from engine.administration.desk import Desk
from engine.runtime import offices
from engine.runtime.database import Row, Statement
from engine.runtime.schema import history, mandate, membership, person, seat, unit

p = bindparam


def _still(table: Table) -> Any:
    """Rows that go on after the day :day."""
    return or_(table.c.valid_to.is_(None), table.c.valid_to > p("day"))


def overlaps(table: Table) -> Any:
    """Rows that have a day in common with the span from :first to :last."""
    return and_(
        table.c.valid_from <= p("last"), or_(table.c.valid_to.is_(None), table.c.valid_to >= p("first"))
    )  # fmt: skip


def _ending(table: Table) -> tuple[Statement, Statement]:
    """The statements that end one row after a day: cut it short, or take it away when it would begin later."""
    return (
        Statement(update(table).where(table.c.id == p("which")).values(valid_to=p("last_day"))),
        Statement(delete(table).where(table.c.id == p("which"))),
    )


_ENDINGS = {table.name: _ending(table) for table in (membership, seat, mandate)}
_MEMBERSHIP = (
    select(membership, person.c.username, unit.c.code, unit.c.name.label("unit_name"))
    .join_from(membership, person, membership.c.person_id == person.c.id)
    .join(unit, membership.c.unit_id == unit.c.id)
    .order_by(membership.c.id)
)
MEMBERSHIP = Statement(_MEMBERSHIP.where(membership.c.id == p("which")))
MEMBERSHIPS_OF = Statement(_MEMBERSHIP.where(membership.c.person_id == p("person_id")))
MEMBERSHIPS_BETWEEN = Statement(_MEMBERSHIP.where(membership.c.person_id.between(p("first"), p("last"))))
_USED = Statement(select(history.c.id).where(history.c.mandate_id == p("which")).limit(1))
_OF_UNIT = Statement(_MEMBERSHIP.where(membership.c.unit_id == p("unit_id"), _still(membership)))
_OF_PERSON = Statement(_MEMBERSHIP.where(membership.c.person_id == p("person_id"), _still(membership)))
_SEATS = Statement(
    select(seat, unit.c.code)
    .join_from(seat, unit, seat.c.authority_id == unit.c.id)
    .where(or_(seat.c.unit_id == p("unit_id"), seat.c.authority_id == p("unit_id")), _still(seat))
    .order_by(seat.c.id)
)
_MANDATES_FOR = Statement(
    select(mandate)
    .where(
        mandate.c.principal_id == p("person_id"),
        mandate.c.role == p("role"),
        mandate.c.unit_id == p("unit_id"),
        _still(mandate),
        overlaps(mandate),
    )
    .order_by(mandate.c.id)
)
_MANDATES_OF = Statement(
    select(mandate)
    .where(or_(mandate.c.principal_id == p("person_id"), mandate.c.deputy_id == p("person_id")), _still(mandate))
    .order_by(mandate.c.id)
)


def end_row(desk: Desk, table: Table, row: Row, last_day: date) -> None:
    """End a row after that day; one that begins later never comes to be, or ends with its first day if it was used."""
    cut, drop = _ENDINGS[table.name]
    if row["valid_from"] <= last_day.isoformat():
        desk.tx.run(cut, which=row["id"], last_day=last_day.isoformat())
    elif table is mandate and desk.tx.one(_USED, which=row["id"]):
        desk.tx.run(cut, which=row["id"], last_day=row["valid_from"])
    else:
        desk.tx.run(drop, which=row["id"])


def end_membership(desk: Desk, row: Row, last_day: date) -> int:
    """End a membership with the mandates that rest on it; returns how many those were."""
    until = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
    resting = desk.tx.all(
        _MANDATES_FOR, person_id=row["person_id"], role=row["role"], unit_id=row["unit_id"], day=last_day.isoformat(),
        **overlapping(date.fromisoformat(row["valid_from"]), until),
    )  # fmt: skip
    for given in resting:
        end_row(desk, mandate, given, last_day)
    end_row(desk, membership, row, last_day)
    return len(resting)


def end_memberships_of(desk: Desk, person_id: int, last_day: date) -> tuple[list[Row], int]:
    """End all that a person holds, gives and was given by mandate; the memberships, and how many mandates."""
    day = last_day.isoformat()
    mandates = desk.tx.all(_MANDATES_OF, person_id=person_id, day=day)
    for row in mandates:
        end_row(desk, mandate, row, last_day)
    held = desk.tx.all(_OF_PERSON, person_id=person_id, day=day)
    for row in held:
        end_row(desk, membership, row, last_day)
    return held, len(mandates)


def end_holdings(desk: Desk, unit_id: int, last_day: date, heir_id: int | None) -> dict[str, Any]:
    """End what is held in a unit, and what the unit holds for an authority; an heir gets those seats next day."""
    held = desk.tx.all(_OF_UNIT, unit_id=unit_id, day=last_day.isoformat())
    mandates = sum(end_membership(desk, row, last_day) for row in held)
    passed_on: list[str] = []
    for row in desk.tx.all(_SEATS, unit_id=unit_id, day=last_day.isoformat()):
        end_row(desk, seat, row, last_day)
        if heir_id is not None and row["authority_id"] not in (unit_id, heir_id):
            since = max(last_day + timedelta(days=1), date.fromisoformat(row["valid_from"]))
            until = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
            offices.add_seat(desk.tx, row["authority_id"], row["role"], heir_id, since=since, until=until)
            passed_on.append(f"{row['code']}/{row['role']}")
    ended = [f"{row['username']}/{row['role']}" for row in held]
    return {"memberships_ended": ended, "mandates_ended": mandates, "seats_passed_on": passed_on}


def overlapping(since: date, until: date | None) -> dict[str, str]:
    """The parameters of `overlaps` for a span; an open end lies beyond every date."""
    return {"first": since.isoformat(), "last": until.isoformat() if until else "9999-12-31"}
