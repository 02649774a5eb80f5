"""Read again what an action will do to many cases, before it is ordered: which go, which do not and why, who hears."""

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from engine.definition.case import Case
from engine.definition.decide import Act, Offer, decide, offers
from engine.definition.language import Role
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor, seat_of
from engine.errors import InvalidInput, Reason, Refused
from engine.jobs.seeing import Met, only, visible_ids
from engine.office.organisation import Unit
from engine.runtime.database import Row, Statement
from engine.runtime.gathering import load_cases
from engine.runtime.holders import holders, reached
from engine.runtime.present import PERSONAL, unheard, veiled
from engine.runtime.rights import hidden_from, visible_rows
from engine.runtime.schema import instance
from engine.runtime.work import Work


@dataclass(frozen=True, slots=True)
class Choice:
    """An action that some of the cases allow this person: how many."""

    process: str
    action: str
    label: str
    signs: bool
    count: int


@dataclass(frozen=True, slots=True)
class Line:
    """A case of the recap. hidden: the dossier fields that the person does not see. reasons: why it does not go.

    targets: the states it may come to; several when what is filled in decides. met: the others that its definition
    finds, of which the person may know; drafts are none.
    """

    row: Row
    case: Case[Any]
    hidden: frozenset[str]
    targets: tuple[str, ...]
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]
    met: Met = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recap:
    """choices: what could be done, most cases first. chosen: what is looked at; None as long as nothing is.

    going, staying: the cases that would go, and those that would not. moves: (from, to) → how many. told: role → who
    gets a mail. missing: how many of the cases asked for are not there, or not for these eyes.
    """

    choices: tuple[Choice, ...]
    chosen: Choice | None
    going: tuple[Line, ...]
    staying: tuple[Line, ...]
    moves: Mapping[tuple[str, tuple[str, ...]], int]
    told: Mapping[str, tuple[str, ...]]
    missing: int


@dataclass(frozen=True, slots=True)
class _Seen:
    row: Row
    case: Case[Any]
    offers: Mapping[str, Offer]


def recap(work: Work, actor: Actor, ids: Iterable[int], wanted: str = "") -> Recap:
    """What could be done to these cases, or what `wanted` would do: an action, or "process.action"."""
    asked = list(dict.fromkeys(ids))
    seen = _seen(work, actor, asked)
    choices = _choices(work, seen)
    chosen = _chosen(choices, wanted)
    if chosen is None:
        return Recap(choices, None, (), (), {}, {}, len(asked) - len(seen))
    ids = visible_ids(work, actor, (one.case.found for one in seen))
    lines = [replace(_line(work, actor, one, chosen), met=_met(work, one.case, ids)) for one in seen]
    going = tuple(line for line in lines if not line.reasons)
    model = work.registry.by_code[chosen.process]
    return Recap(
        choices,
        chosen,
        going,
        tuple(line for line in lines if line.reasons),
        Counter((line.case.state, line.targets) for line in going),
        _told(work, model, chosen.action, going, actor),
        len(asked) - len(seen),
    )


def try_form(work: Work, actor: Actor, line: Line, action: str, form: Mapping[str, Any] | None) -> None:
    """Whether what was filled in once for all fits a case that would go.

    Raises:
        InvalidInput: with a sentence for each field; other refusals are that case's own.
    """
    model = work.registry.by_code[line.case.process]
    seats = work.office.seats(line.case.authority.id, work.today)
    try:
        decide(model, line.case, Act(action, actor, seats, form))
    except InvalidInput:
        raise
    except Refused:
        return


def _seen(work: Work, actor: Actor, ids: list[int]) -> list[_Seen]:
    """Those of the cases that the actor may see, in the order asked for, with what they offer."""
    query = select(instance).where(instance.c.id.in_(sorted(ids)), visible_rows(work, actor))
    rows = {row["id"]: row for row in work.tx.all(Statement(query))} if ids else {}
    cases = load_cases(work, list(rows.values()))
    found = []
    for key in ids:
        if key in rows:
            row, case = rows[key], cases[key]
            model, silent = work.registry.by_code[row["process"]], unheard(work, row, actor)
            seats = work.office.seats(row["authority_id"], work.today)
            offered = (veiled(offer, silent) for offer in offers(model, case, actor, seats))
            found.append(_Seen(row, case, {offer.action: offer for offer in offered}))
    return found


def _choices(work: Work, seen: list[_Seen]) -> tuple[Choice, ...]:
    """The actions that somebody may take themself on at least one of the cases."""
    counted = Counter(
        (one.row["process"], offer.action)
        for one in seen
        for offer in one.offers.values()
        if not any(reason.code in PERSONAL for reason in offer.reasons)
    )
    allowed = Counter(
        (one.row["process"], offer.action) for one in seen for offer in one.offers.values() if not offer.reasons
    )
    found = []
    for process, action in counted:
        meta = work.registry.by_code[process].actions[action]
        found.append(Choice(process, action, meta.label, meta.signs, allowed[process, action]))
    return tuple(sorted(found, key=lambda choice: -choice.count))


def _chosen(choices: tuple[Choice, ...], wanted: str) -> Choice | None:
    process, _, action = wanted.rpartition(".")
    return next((c for c in choices if c.action == action and process in ("", c.process)), None) if wanted else None


def _line(work: Work, actor: Actor, one: _Seen, chosen: Choice) -> Line:
    model = work.registry.by_code[one.row["process"]]
    hidden = hidden_from(work, actor, one.row)
    offer = one.offers.get(chosen.action) if model.code == chosen.process else None
    if offer is None:
        state = model.states[one.case.state].status
        why = Reason("action_not_available", f"Không thể «{chosen.label}» khi hồ sơ ở trạng thái «{state}»")
        return Line(one.row, one.case, hidden, (), (why,), ())
    branches = model.table[one.case.state, chosen.action]
    targets = tuple(dict.fromkeys(branch.target for branch in branches))
    if len(targets) > 1 and not offer.reasons and model.actions[chosen.action].form is None:
        seats = work.office.seats(one.case.authority.id, work.today)
        with suppress(Refused):
            targets = (decide(model, one.case, Act(chosen.action, actor, seats, None)).target,)
    return Line(one.row, one.case, hidden, targets, offer.reasons, offer.warnings)


def _met(work: Work, case: Case[Any], ids: frozenset[int]) -> Met:
    models = work.registry.by_code
    met = only(case.found, ids).items()
    return {name: tuple(one for one in found if one.state != models[one.process].initial) for name, found in met}


def _told(
    work: Work, model: ProcessModel, action: str, lines: Iterable[Line], actor: Actor
) -> dict[str, tuple[str, ...]]:
    """Role → the people who would get a mail; where a unit has nobody in the role, its mail box."""
    asked: dict[tuple[Role, int], Unit] = {}
    for line in lines:
        seats = work.office.seats(line.case.authority.id, work.today)
        for role in _heard(model, action, line):
            unit = seat_of(role, line.case, seats)
            asked[role, unit.id] = unit
    there = holders(work, ((role.code, unit_id) for role, unit_id in asked))
    found: dict[str, dict[str, str]] = {}
    for (role, unit_id), unit in asked.items():
        people = reached(there[role.code, unit_id], model.code, None)
        told = {f"person:{one.person_id}": one.name for one in people if one.person_id != actor.person_id}
        found.setdefault(role.label, {}).update(told if people else {f"unit:{unit_id}": unit.name})
    return {role: tuple(names.values()) for role, names in found.items() if names}


def _heard(model: ProcessModel, action: str, line: Line) -> list[Role]:
    """The roles that hear of it: whom the action tells, then who holds the case next."""
    roles = [role for told in model.actions[action].tells for role in told.to]
    for target in line.targets:
        owner = model.states[target].owner
        if target != line.case.state and owner is not None and model.waits_for_people(target):
            roles.append(owner)
    return list(dict.fromkeys(roles))
