"""What administrators should look at: roles that nobody holds, mandates about to end, what ends with a unit."""

from datetime import timedelta
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, literal, or_, select, union_all

from engine.administration.desk import Desk
from engine.administration.mandates import mandates
from engine.runtime.database import Statement
from engine.runtime.queue import is_running
from engine.runtime.schema import instance, membership, person, seat, unit, user_task

SOON = timedelta(days=30)

p = bindparam
_WANTED = union_all(  # a role somewhere: given once, or by a seat, or because a task waits there
    select(membership.c.role, membership.c.unit_id, literal(0).label("task")),
    select(seat.c.role, seat.c.unit_id, literal(0)).where(
        seat.c.valid_from <= p("on"), or_(seat.c.valid_to.is_(None), seat.c.valid_to >= p("on"))
    ),
    select(user_task.c.role, user_task.c.unit_id, literal(1)).where(is_running(user_task)),
).subquery("wanted")
_HELD = exists().where(
    membership.c.role == _WANTED.c.role,
    membership.c.unit_id == _WANTED.c.unit_id,
    membership.c.valid_from <= p("on"),
    or_(membership.c.valid_to.is_(None), membership.c.valid_to >= p("on")),
    person.c.id == membership.c.person_id,
    person.c.active,
)
_VACANT = Statement(
    select(_WANTED.c.role, _WANTED.c.unit_id, func.sum(_WANTED.c.task).label("tasks"))
    .where(~_HELD)
    .group_by(_WANTED.c.role, _WANTED.c.unit_id)
    .order_by(func.sum(_WANTED.c.task).desc(), _WANTED.c.unit_id, _WANTED.c.role)
)
_CASES = Statement(
    select(func.count().label("n")).where(
        or_(instance.c.unit_id == p("which"), instance.c.authority_id == p("which")), instance.c.closed_at.is_(None)
    )
)
_PEOPLE = Statement(
    select(membership.c.id, person.c.id.label("person_id"), person.c.name, membership.c.role)
    .join_from(membership, person)
    .where(membership.c.unit_id == p("which"), or_(membership.c.valid_to.is_(None), membership.c.valid_to >= p("on")))
    .order_by(person.c.name, membership.c.role)
)
_SEATS = Statement(
    select(func.count().label("n")).where(
        seat.c.unit_id == p("which"), or_(seat.c.valid_to.is_(None), seat.c.valid_to >= p("on"))
    )
)
_BELOW = Statement(
    select(unit.c.code, unit.c.name)
    .where(
        unit.c.id != p("which"),
        or_(unit.c.parent_id == p("which"), unit.c.authority_id == p("which")),
        or_(unit.c.valid_to.is_(None), unit.c.valid_to >= p("on")),
    )
    .order_by(unit.c.id)
)
_COUNTS = Statement(
    select(membership.c.unit_id, func.count(membership.c.person_id.distinct()).label("n"))
    .join_from(membership, person)
    .where(
        and_(
            membership.c.valid_from <= p("on"), or_(membership.c.valid_to.is_(None), membership.c.valid_to >= p("on"))
        ),
        person.c.active,
    )
    .group_by(membership.c.unit_id)
)


def vacancies(desk: Desk) -> list[dict[str, Any]]:
    """The roles in living units within reach that nobody active holds today, though somebody did, or a seat or a
    waiting task asks for one; those with most waiting tasks first."""
    units, roles, reached = desk.work.office.units, desk.work.registry.roles, desk.reached_units
    return [
        {
            "role": {"code": row["role"], "label": roles[row["role"]].label},
            "unit": {"code": units[row["unit_id"]].code, "name": units[row["unit_id"]].name},
            "tasks": row["tasks"],
        }
        for row in desk.tx.all(_VACANT, on=desk.work.today.isoformat())
        if row["unit_id"] in reached and row["role"] in roles and units[row["unit_id"]].exists(desk.work.today)
    ]


def mandates_ending(desk: Desk) -> list[dict[str, Any]]:
    """The mandates in force that the actor may see and that end within 30 days, the first to end first."""
    last = (desk.work.today + SOON).isoformat()
    found = (one for one in mandates(desk, on=desk.work.today) if one["to"] <= last)
    return sorted(found, key=lambda one: (one["to"], int(one["id"])))


def people_per_unit(desk: Desk) -> dict[str, int]:
    """How many active people hold something today, by the unit's code."""
    units = desk.work.office.units
    return {units[row["unit_id"]].code: row["n"] for row in desk.tx.all(_COUNTS, on=desk.work.today.isoformat())}


def held_in(desk: Desk, code: str) -> dict[str, Any]:
    """What a unit has today, and what would end or have to go elsewhere with it: open cases, who holds what there,
    the seats it has, the units that depend on it."""
    which, on = desk.work.office.by_code[code].id, desk.work.today.isoformat()
    roles = desk.work.registry.roles
    cases, seats = desk.tx.one(_CASES, which=which), desk.tx.one(_SEATS, which=which, on=on)
    assert cases is not None, "a count has a row"
    assert seats is not None, "likewise"
    return {
        "cases": cases["n"],
        "seats": seats["n"],
        "people": [
            {
                "id": str(row["person_id"]),
                "name": row["name"],
                "role": roles[row["role"]].label if row["role"] in roles else row["role"],
            }
            for row in desk.tx.all(_PEOPLE, which=which, on=on)
        ],
        "units": [{"code": row["code"], "name": row["name"]} for row in desk.tx.all(_BELOW, which=which, on=on)],
    }
