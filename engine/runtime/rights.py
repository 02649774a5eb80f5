"""Who sees a case: units with an access row, and roles that see everything of their authority."""

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select

from engine.definition.decide import Actor
from engine.definition.language import Role, Seat
from engine.errors import NotPerformer
from engine.runtime.database import Row
from engine.runtime.schema import access, instance
from engine.runtime.statements import VISIBLE
from engine.runtime.work import Work

EVERYONE = "everyone"


def visible(work: Work, actor: Actor, row: Row) -> bool:
    """Whether the actor may know of the case at all."""
    if actor.is_system or row["authority_id"] in overseen(work, actor):
        return True
    circle = work.office.circle(actor.units)
    return any(
        grant["unit_id"] in actor.units or (grant["relation"] == EVERYONE and grant["unit_id"] in circle)
        for grant in work.tx.all(VISIBLE, which=row["id"])
    )


def overseen(work: Work, actor: Actor) -> frozenset[int]:
    """The authorities all of whose cases the actor sees."""
    found: set[int] = set()
    for code, unit_id in actor.memberships:
        role = work.registry.roles.get(code)
        if role is not None and role.sees_all:
            bodies = work.office.circle((unit_id,))
            found.update(*(work.office.overseen(body) for body in bodies if _sits_in(work, role, body, unit_id)))
    return frozenset(found)


def administered(work: Work, actor: Actor) -> frozenset[int]:
    """The authorities whose units, people and law the actor may change."""
    role = work.registry.administrator.code
    held = frozenset(held for held in actor.memberships if held[0] == role)
    return overseen(work, replace(actor, memberships=held))


def must_administer(work: Work, actor: Actor, authority_id: int, label: str) -> None:
    """Refuse who does not administer that authority; `label` is what was to be done.

    Raises:
        NotPerformer: with who could.
    """
    if authority_id not in administered(work, actor):
        role, body = work.registry.administrator, work.office.units[authority_id]
        raise NotPerformer(action=label, who=f"{role.label}, {body.name}")


def _sits_in(work: Work, role: Role, body: int, unit_id: int) -> bool:
    """Whether the unit has the role's seat for that authority: a ward's own administrator is not the district's."""
    seat = work.office.seats(body, work.today).get(role.code, work.office.units[body])
    return role.seat is Seat.OWN_UNIT or seat.id == unit_id


def visible_rows(work: Work, actor: Actor) -> ColumnElement[bool]:
    """The same as a predicate over `instance`, for lists."""
    units = sorted(actor.units)
    circle = sorted(work.office.circle(units))
    granted: Any = exists(
        select(access.c.id).where(
            access.c.instance_id == instance.c.id,
            or_(
                access.c.unit_id.in_(units),
                and_(access.c.relation == EVERYONE, access.c.unit_id.in_(circle)),
            ),
        )
    )
    return or_(instance.c.authority_id.in_(sorted(overseen(work, actor))), granted)
