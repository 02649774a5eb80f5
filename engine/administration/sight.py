"""Who sees the cases of units that have ended, and of seats that have moved: whoever takes over, as those did."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby, pairwise

from sqlalchemy import Select, bindparam, literal, or_, select, true

from engine.definition.language import Seat
from engine.instants import end_of_day, to_micros
from engine.runtime.database import Row, Statement
from engine.runtime.rights import BELOW, FOR_DESKS, HOLDER
from engine.runtime.schema import access, instance, seat
from engine.runtime.statements import ignoring
from engine.runtime.work import Work

BEYOND = 2**63 - 1

p = bindparam


def _grant(rows: Select[tuple[int, int, str]]) -> Statement:
    columns = ["instance_id", "unit_id", "relation"]
    return Statement(ignoring(access).from_select(columns, rows))


_PASS_ALL = _grant(select(access.c.instance_id, p("heir"), access.c.relation).where(access.c.unit_id == p("former")))
_PASS_DESK = _grant(
    select(access.c.instance_id, p("heir"), access.c.relation)
    .join_from(access, instance, access.c.instance_id == instance.c.id)
    .where(
        access.c.unit_id == p("former"),
        or_(*(access.c.relation == one for one in FOR_DESKS)),
        instance.c.authority_id == p("authority_id"),
        instance.c.closed_at.is_(None),
        instance.c.created_at < p("before"),
    )
)
_HELD = (
    select(instance.c.parent_id.label("above"))
    .join_from(access, instance, access.c.instance_id == instance.c.id)
    .where(
        access.c.unit_id == p("heir"),
        access.c.relation == HOLDER,
        instance.c.authority_id == p("authority_id"),
        instance.c.closed_at.is_(None),
        instance.c.parent_id.is_not(None),
    )
    .cte("held", recursive=True)
)
_ABOVE = _HELD.union(
    select(instance.c.parent_id)
    .join_from(_HELD, instance, _HELD.c.above == instance.c.id)
    .where(instance.c.parent_id.is_not(None))
)
_SHOW_ABOVE = _grant(select(_ABOVE.c.above, p("heir"), literal(BELOW)).where(true()))  # SQLite would read ON as a join
_SEATS = Statement(select(seat).order_by(seat.c.authority_id, seat.c.role, seat.c.valid_from))


def inherit(work: Work, former: int, heir: int) -> None:
    """The sole successor of a unit that has ended sees every case that the unit saw, the closed ones too."""
    work.tx.run(_PASS_ALL, former=former, heir=heir)


def follow_seats(work: Work, fresh: int | None = None) -> None:
    """Who has a seat today sees the authority's open cases that whoever had it before worked on, with those above.

    A unit that had the seat, and has another one still, goes on getting cases: of those only what was begun
    by the day of the move is passed on. `fresh`: the key of a seat that was given just now, maybe for days past.
    """
    for authority_id, role, rows in _by_role(work):
        for (_, _, former), (key, since, heir) in pairwise(_holders(authority_id, rows, work.today)):
            if former != heir:
                is_fresh = key is not None and key == fresh
                goes_on = not is_fresh and _sits(work, authority_id, role, former)
                before = to_micros(end_of_day(since)) if goes_on else BEYOND
                place = {"authority_id": authority_id, "heir": heir}
                work.tx.run(_PASS_DESK, former=former, before=before, **place)
                work.tx.run(_SHOW_ABOVE, **place)


def _by_role(work: Work) -> Iterator[tuple[int, str, list[Row]]]:
    for (authority_id, code), rows in groupby(work.tx.all(_SEATS), lambda row: (row["authority_id"], row["role"])):
        role = work.registry.roles.get(code)
        if role is not None and role.seat is Seat.AUTHORITY:
            yield authority_id, code, list(rows)


def _holders(authority_id: int, rows: list[Row], today: date) -> Iterator[tuple[int | None, date, int]]:
    """Who has had a seat one after the other until today: the row's key, the first day, the unit.

    Where no row says so, the authority itself (no key).
    """
    free_from: date | None = date.min
    for row in rows:
        since, last = date.fromisoformat(row["valid_from"]), row["valid_to"]
        if since > today:
            break
        if free_from is not None and free_from < since:
            yield None, free_from, authority_id
        yield row["id"], since, row["unit_id"]
        free_from = date.fromisoformat(last) + timedelta(days=1) if last else None
    if free_from is not None and free_from <= today:
        yield None, free_from, authority_id


def _sits(work: Work, authority_id: int, but: str, unit_id: int) -> bool:
    """Whether the unit has another role's seat for the authority today."""
    seated = work.office.seats(authority_id, work.today)
    codes = (code for code, role in work.registry.roles.items() if role.seat is Seat.AUTHORITY and code != but)
    return any((seated[code].id if code in seated else authority_id) == unit_id for code in codes)
