"""What waits for somebody's signature: cases in whose state an action that signs is the next step, and theirs."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from engine.definition.case import Case
from engine.definition.decide import offers
from engine.definition.language import Role, Seat
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.errors import Reason
from engine.runtime.database import Row, Statement
from engine.runtime.gathering import load_cases
from engine.runtime.present import PERSONAL, unheard, veiled
from engine.runtime.queries import is_waiting
from engine.runtime.rights import hidden_from, visible_rows
from engine.runtime.schema import instance, user_task
from engine.runtime.work import Work


@dataclass(frozen=True, slots=True)
class Signable:
    """A case that waits for the signature. hidden: the dossier fields that the person does not see.

    reasons: why it cannot be signed now; empty when it can.
    """

    row: Row
    due_on: str | None
    case: Case[Any]
    hidden: frozenset[str]
    action: str
    label: str
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]


@cache
def steps(model: ProcessModel) -> dict[str, tuple[str, ...]]:
    """State → the signing actions that take a case on from there; to refuse is one only where no other is."""
    found = {}
    for state in model.states:
        names = [name for name in model.actions_from(state) if _moves_on(model, state, name)]
        good = [name for name in names if not _refuses(model, state, name)]
        if good or names:
            found[state] = tuple(good or names)
    return found


def signers(model: ProcessModel, state: str) -> frozenset[Role]:
    """The roles whose signature a case waits for in that state: who holds the task, when the action is theirs too."""
    roles = {role for name in steps(model).get(state, ()) for role in model.performers(state, name)}
    owner = model.states[state].owner
    return frozenset((owner,) if owner in roles and owner is not None else roles)


def waiting(work: Work, actor: Actor, limit: int) -> list[Signable]:
    """The cases that wait for the actor's signature, most urgent first: all that they may sign, and what is theirs
    to sign but for something in the way. At most `limit` cases are looked at.
    """
    theirs = _theirs(work, actor)
    if theirs is None:
        return []
    task = user_task.alias("task")
    query = (
        select(instance, task.c.due_on)
        .join_from(instance, task, is_waiting(task))
        .where(visible_rows(work, actor), theirs)
        .order_by(task.c.due_at.is_(None), task.c.due_at, instance.c.id)
        .limit(limit)
    )
    rows = work.tx.all(Statement(query))
    cases = load_cases(work, rows)
    found = (_signable(work, row, cases[row["id"]], actor) for row in rows)
    return [one for one in found if one is not None]


def _moves_on(model: ProcessModel, state: str, name: str) -> bool:
    action = model.actions[name]
    leaves = any(branch.target != state for branch in model.table[state, name])
    return action.signs and action.at is None and not action.carried and leaves


def _refuses(model: ProcessModel, state: str, name: str) -> bool:
    targets = [model.states[branch.target] for branch in model.table[state, name]]
    return all(target.final and not target.good for target in targets)


def _theirs(work: Work, actor: Actor) -> ColumnElement[bool] | None:
    """That the case stands where a role of the actor signs, for the unit or authority where they hold it."""
    found: list[ColumnElement[bool]] = []
    for model in work.registry.models:
        for state, names in steps(model).items():
            places = [
                place
                for role in signers(model, state)
                for place in _places(work, role, {hat for name in names for hat in actor.hats_for(model.code, name)})
            ]
            if places:
                found.append(and_(instance.c.process == model.code, instance.c.state == state, or_(*places)))
    return or_(*found) if found else None


def _places(work: Work, role: Role, hats: set[tuple[str, int]]) -> Iterator[ColumnElement[bool]]:
    at = sorted(unit for code, unit in hats if code == role.code)
    if at and role.seat is Seat.OWN_UNIT:
        yield instance.c.unit_id.in_(at)
    elif at:
        served = frozenset[int]().union(*(work.office.served(role.code, unit, work.today) for unit in at))
        yield instance.c.authority_id.in_(sorted(served))


def _signable(work: Work, row: Row, case: Case[Any], actor: Actor) -> Signable | None:
    """The next signature; None when the actor is kept from it, or its time has not come."""
    model = work.registry.by_code[case.process]
    seats = work.office.seats(row["authority_id"], work.today)
    names, is_owner = steps(model)[case.state], model.states[case.state].owner in signers(model, case.state)
    able = [
        offer
        for offer in offers(model, case, actor, seats)
        if offer.action in names and not any(reason.code in PERSONAL for reason in offer.reasons)
    ]
    chosen = next((offer for offer in able if not offer.reasons), next(iter(able), None) if is_owner else None)
    if chosen is None:
        return None
    told = veiled(chosen, unheard(work, row, actor))
    hidden = hidden_from(work, actor, row)
    return Signable(row, row["due_on"], case, hidden, told.action, told.label, told.reasons, told.warnings)
