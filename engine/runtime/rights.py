"""Who sees a case: units with an access row, and roles that see everything of their authority.

A row of the case's own unit, or of a unit that holds a case below, is for everybody in that unit; a row of a
unit that works on it is for those who hold an authority's role there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, tuple_

from engine.definition.audience import hidden
from engine.definition.language import Seat
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.runtime.database import Row
from engine.runtime.schema import access, instance
from engine.runtime.statements import VISIBLE
from engine.runtime.work import Work

OWN, BELOW = "own", "below"
HOLDER, WATCHER, STARTER = "holder", "watcher", "starter"
EVERYONE = "everyone"
FOR_MEMBERS, FOR_DESKS = (OWN, BELOW), (HOLDER, WATCHER, STARTER)


@dataclass(frozen=True, slots=True)
class _Sight:
    """What somebody sees of a process: cases of these authorities, and those that these places give."""

    overseen: frozenset[int]
    units: frozenset[int]
    circle: frozenset[int]
    desks: frozenset[tuple[int, int]]


def visible(work: Work, actor: Actor, row: Row, grants: Iterable[Row] | None = None) -> bool:
    """Whether the actor may know of the case at all; grants: the rows of `VISIBLE`, when they were read."""
    if actor.is_system:
        return True
    sight = work.known.of(("sight", actor, row["process"], work.today), lambda: _sight(work, actor, row["process"]))
    authority_id = row["authority_id"]
    if authority_id in sight.overseen:
        return True
    for grant in work.tx.all(VISIBLE, which=row["id"]) if grants is None else grants:
        relation, unit_id = grant["relation"], grant["unit_id"]
        if relation == EVERYONE and unit_id in sight.circle:
            return True
        if relation in FOR_MEMBERS and unit_id in sight.units:
            return True
        if relation in FOR_DESKS and (authority_id, unit_id) in sight.desks:
            return True
    return False


def _sight(work: Work, actor: Actor, process: str) -> _Sight:
    actor = actor.within(process)
    return _Sight(overseen(work, actor), actor.units, work.office.circle(actor.units), _desks(work, actor))


def _desks(work: Work, actor: Actor) -> frozenset[tuple[int, int]]:
    """(authority, unit) pairs: there the actor has a role's seat, and so sees what that unit works on."""
    roles = work.registry.roles
    return frozenset(
        (authority, unit)
        for code, unit in actor.hats
        if code in roles and roles[code].seat is Seat.AUTHORITY
        for authority in work.office.served(code, unit, work.today)
    )


def overseeing(work: Work, actor: Actor, authority_id: int) -> frozenset[str]:
    """The roles in which the actor sees all cases of that authority."""
    hats = actor.hats
    return frozenset(code for code, _ in hats if authority_id in _overseen(work, {h for h in hats if h[0] == code}))


def overseen(work: Work, actor: Actor) -> frozenset[int]:
    """The authorities all of whose cases the actor sees."""
    return _overseen(work, actor.hats)


def hidden_from(work: Work, actor: Actor, row: Row) -> frozenset[str]:
    """The private fields of a case that the actor does not see."""
    model, places = work.registry.by_code[row["process"]], (row["unit_id"], row["authority_id"])
    if not model.private or actor.is_system:
        return frozenset()
    question = ("hidden", actor, model, places, work.today)
    return work.known.of(question, lambda: _hidden_from(work, actor.within(model.code), model, *places))


def _hidden_from(work: Work, actor: Actor, model: ProcessModel, unit_id: int, authority_id: int) -> frozenset[str]:
    unit, authority = work.office.units[unit_id], work.office.units[authority_id]
    seats = work.office.seats(authority.id, work.today)
    return hidden(model, unit, authority, seats, actor.hats, overseeing(work, actor, authority.id))


def _overseen(work: Work, hats: Iterable[tuple[str, int]]) -> frozenset[int]:
    found: set[int] = set()
    for code, unit_id in hats:
        role = work.registry.roles.get(code)
        if role is not None and role.sees_all:
            found.update(*map(work.office.overseen, work.office.served(code, unit_id, work.today)))
    return frozenset(found)


def visible_rows(work: Work, actor: Actor) -> ColumnElement[bool]:
    """The same as a predicate over `instance`, for lists."""
    seen = [_seen_by(work, actor.unlimited())]
    for mandate in actor.mandates:
        if mandate.powers:
            deputy = replace(actor, memberships=frozenset(), mandates=(mandate,))
            seen.append(and_(instance.c.process.in_(sorted(mandate.processes)), _seen_by(work, deputy)))
    return or_(*seen)


def grants(work: Work, actor: Actor) -> list[list[ColumnElement[bool]]] | None:
    """For what somebody sees by `access` alone, conditions on its rows and their `instance`: a list for each unit and
    relation, so that an index gives the rows of each in order. None: they oversee whole authorities.
    """
    parts: list[tuple[Actor, list[ColumnElement[bool]]]] = [(actor.unlimited(), [])]
    for mandate in actor.mandates:
        if mandate.powers:
            deputy = replace(actor, memberships=frozenset(), mandates=(mandate,))
            parts.append((deputy, [instance.c.process.in_(sorted(mandate.processes))]))
    if any(overseen(work, part) for part, _ in parts):
        return None
    return [[*conditions, *only] for part, only in parts for conditions in _granted(work, part)]


def _granted(work: Work, actor: Actor) -> Iterator[list[ColumnElement[bool]]]:
    at, relation = access.c.unit_id, access.c.relation
    yield from ([at == unit, relation == EVERYONE] for unit in sorted(work.office.circle(actor.units)))
    yield from ([at == unit, relation == one] for unit in sorted(actor.units) for one in FOR_MEMBERS)
    served: dict[int, list[int]] = {}
    for authority, unit in sorted(_desks(work, actor)):
        served.setdefault(unit, []).append(authority)
    for unit, authorities in served.items():
        theirs = instance.c.authority_id.in_(authorities)
        yield from ([at == unit, relation == one, theirs] for one in FOR_DESKS)


def _seen_by(work: Work, actor: Actor) -> ColumnElement[bool]:
    at = access.c.unit_id
    meant = (
        and_(access.c.relation == EVERYONE, at.in_(sorted(work.office.circle(actor.units)))),
        and_(access.c.relation.in_(FOR_MEMBERS), at.in_(sorted(actor.units))),
        and_(access.c.relation.in_(FOR_DESKS), tuple_(instance.c.authority_id, at).in_(sorted(_desks(work, actor)))),
    )
    granted: Any = exists().where(access.c.instance_id == instance.c.id, or_(*meant))
    return or_(instance.c.authority_id.in_(sorted(overseen(work, actor))), granted)
