"""The rights as the definitions declare them, cell by cell.

`python -m tests.rights.declared` prints them as the table would say it, to be compared and reviewed by hand.
"""

import csv
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from api.installation import registry
from demo.organisation import SEATS
from engine.definition.language import ATTACH, EDIT, START, Role, Seat
from engine.definition.model import ProcessModel, StateModel
from engine.definition.performing import drafting
from engine.runtime.assignments import ASSIGN
from engine.runtime.commands import working
from tests.rights.table import ANY, COLUMNS, SEE, Right, written

REGISTRY = registry()
DESK = {role.code: unit for role, unit in SEATS}
OWN_UNIT, SEAT, CIRCLE, SUPERIOR = "own_unit", "seat", "circle", "superior"
ALONE = "-"
"""Where a start row has no case above."""


def states_of() -> dict[str, tuple[str, ...]]:
    return {model.code: tuple(model.states) for model in REGISTRY.models}


def declared() -> frozenset[Right]:
    return frozenset(right for model in REGISTRY.models for right in _of(model))


def _of(model: ProcessModel) -> Iterator[Right]:
    yield from _seeing(model)
    for parent, roles in (("", model.begin.by), *model.begin.below.items()):
        yield from (_right(model, START, parent or ALONE, role, START) for role in roles)
    yield from (right for state in model.states.values() for right in _working_on(model, state))
    for state_id, action in model.table:
        meta = model.actions[action]
        if meta.at is None and not meta.carried:
            for role in model.performers(state_id, action):
                yield _right(model, action, state_id, role, action, confirm=meta.signs)


def _working_on(model: ProcessModel, state: StateModel) -> Iterator[Right]:
    """Editing, papers, and whose the task is."""
    if state.owner is None:
        return
    if state.edits:
        yield _right(model, EDIT, state.id, state.owner, EDIT)
    for role in working(model, state.id) if model.papers else ():
        yield _right(model, ATTACH, state.id, role, drafting(model, state.id))
    leader = [REGISTRY.roles[state.owner.led_by]] if state.owner.led_by else []
    for role in {state.owner, *leader, REGISTRY.administrator}:
        yield _right(model, ASSIGN, state.id, role, "")
    above = _right(model, ASSIGN, state.id, REGISTRY.administrator, "")
    yield replace(above, place=SUPERIOR)  # a ward has no administrator of its own


def place_of(role: Role) -> str:
    return OWN_UNIT if role.seat is Seat.OWN_UNIT else SEAT


def _right(model: ProcessModel, verb: str, state: str, role: Role, acts_as: str, *, confirm: bool = False) -> Right:
    duty = model.duty_of(acts_as, role.code)
    by_deputy = not (verb == ASSIGN and role == REGISTRY.administrator)
    return Right(
        model.code, verb, state, role.code, place_of(role), by_deputy, duty.code if duty else "", confirm, ()
    )  # fmt: skip


def _seeing(model: ProcessModel) -> Iterator[Right]:
    """Who sees a case that came to the state along the shortest way."""
    hidden = tuple(sorted(model.private))
    oversee = [role for role in REGISTRY.roles.values() if role.sees_all]
    beginners = set(model.begin.roles(next(iter(model.begin.below), None)))
    for state, way in ways(model).items():
        yield Right(model.code, SEE, state, ANY, OWN_UNIT, True, "", False, hidden)
        held = {owner for step in way if (owner := model.states[step].owner)} | set(model.watchers) | beginners
        offices = {DESK[role.code] for role in held if role.seat is Seat.AUTHORITY}
        for role in REGISTRY.roles.values():
            shown = tuple(f for f in hidden if role not in model.private[f])
            if role.seat is Seat.AUTHORITY and (DESK[role.code] in offices or role in oversee):
                yield Right(model.code, SEE, state, role.code, SEAT, True, "", False, shown)
            elif role.seat is Seat.OWN_UNIT and shown != hidden:
                yield Right(model.code, SEE, state, role.code, OWN_UNIT, True, "", False, shown)
            if role in oversee:
                yield Right(model.code, SEE, state, role.code, SUPERIOR, True, "", False, shown)
        if model.everyone_sees and state != model.initial:
            yield Right(model.code, SEE, state, ANY, CIRCLE, True, "", False, hidden)


def ways(model: ProcessModel) -> dict[str, tuple[str, ...]]:
    """The shortest way to each state, both ends included."""
    found = {model.initial: (model.initial,)}
    queue = deque([model.initial])
    while queue:
        here = queue.popleft()
        for (source, _), branches in model.table.items():
            for branch in branches if source == here else ():
                if branch.target not in found:
                    found[branch.target] = (*found[here], branch.target)
                    queue.append(branch.target)
    return found


if __name__ == "__main__":
    writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for model in REGISTRY.models:
        order = (SEE, START, EDIT, ATTACH, ASSIGN, *model.actions)
        rows = written([right for right in declared() if right.process == model.code], states_of())
        writer.writerows(
            sorted(rows, key=lambda row: (order.index(row["action"]), row["place"], row["role"], row["states"]))
        )
