"""The pure core: what an action would do, or why it is refused. No database, no clock, no log.

`decide(model, case, act)` is asked by the service inside its transaction; `offers` answers the buttons.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from engine.definition.case import Case, NotAfterToday
from engine.definition.checks import appends
from engine.definition.documents import difference, merge, to_json
from engine.definition.judging import Outcome, judge_rule
from engine.definition.language import Action, Role, Send, Start, Tell
from engine.definition.model import Branch, GuardUse, ProcessModel
from engine.definition.performing import SYSTEM, Actor, Capacity, Wish, capacity_of, kept_from, seat_of
from engine.definition.sentences import field_sentences
from engine.errors import ActionNotAvailable, DefinitionError, GuardUnmet, InvalidInput, NotPerformer, Reason
from engine.instants import vn_date
from engine.office.organisation import Unit


@dataclass(frozen=True, slots=True)
class Act:
    """The wish to take an action. `form` is the filled form or its JSON; `number` is already drawn.

    carried: the capacity in which the case above is acted on, when this act goes along with that.
    """

    action: str
    actor: Actor
    seats: Mapping[str, Unit]
    form: BaseModel | Mapping[str, Any] | None = None
    number: str = ""
    carried: Capacity | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What will be written. `patch` is the dossier's merge patch (RFC 7396); `case` the snapshot after it."""

    action: str
    source: str
    target: str
    patch: Mapping[str, Any]
    case: Case[Any]
    tells: tuple[Tell, ...]
    effects: tuple[Start | Send, ...]
    carries: str
    warnings: tuple[Reason, ...]
    capacity: Capacity


@dataclass(frozen=True, slots=True)
class Offer:
    """One button: an action that leaves the state; empty `reasons` means that this actor may take it now.

    performers: the roles that may take it, each with its unit.
    """

    action: str
    label: str
    form: type[BaseModel] | None
    performers: tuple[tuple[Role, Unit], ...]
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...] = ()


def decide(model: ProcessModel, case: Case[Any], act: Act) -> Decision:
    """Work out what an action would do. Changes nothing.

    Raises:
        ActionNotAvailable: the action does not leave `case.state`.
        NotPerformer: the actor holds none of the roles that may take it, or is kept from this case.
        InvalidInput: the form is not satisfied.
        GuardUnmet: no branch is open, or a rule blocks; with every reason.
        DefinitionError: the definition does not have `case.state`.
    """
    _must_know(model, case)
    branches = model.table.get((case.state, act.action))
    if branches is None:
        raise ActionNotAvailable(
            action=model.actions[act.action].label if act.action in model.actions else act.action,
            state=model.states[case.state].status,
            available=", ".join(_labels(model, case, act)) or "không có",
        )
    meta = model.actions[act.action]
    capacity = _capacity(model, case, act)
    patch = _patch(meta, model.dossier, case, act)
    after = case.but(dossier=apply_patch(model.dossier, case.dossier, patch), earlier=case.dossier)
    branch = open_branch(branches, case, after)
    blocking, warnings = _rules(meta, after)
    if branch is None or blocking:
        raise GuardUnmet((*_unmet(branches, case, after, branch), *blocking), action=meta.label)
    stays = branch.target == case.state
    after = after.but(state=branch.target, assignee=case.assignee if stays else None, earlier=None)
    effects = meta.effects(after) if meta.effects else ()
    return Decision(
        act.action, case.state, branch.target, patch, after, meta.tells, effects, meta.carries, warnings, capacity
    )  # fmt: skip


def offers(model: ProcessModel, case: Case[Any], actor: Actor, seats: Mapping[str, Unit]) -> Iterator[Offer]:
    """The actions that leave the state, each with the reasons why this actor cannot take it yet.

    Raises:
        DefinitionError: the definition does not have `case.state`.
    """
    _must_know(model, case)
    for action in model.actions_from(case.state):
        meta = model.actions[action]
        if meta.at is not None:
            continue
        branches = model.table[case.state, action]
        branch = open_branch(branches, case, case)
        blocking, warnings = _rules(meta, case)
        refusal = _refusal(model, case, Act(action, actor, seats))
        reasons = (Reason(refusal.code, str(refusal)),) if refusal else ()
        yield Offer(
            action,
            meta.label,
            meta.form,
            tuple((role, seat_of(role, case, seats)) for role in _takers(model, case.state, action)),
            (*reasons, *_unmet(branches, case, case, branch), *blocking),
            warnings,
        )


def _takers(model: ProcessModel, state: str, action: str) -> tuple[Role, ...]:
    """The roles that take it by themselves: none when it goes along with the case above."""
    return () if model.actions[action].carried else model.performers(state, action)


def apply_patch(model: type[BaseModel], dossier: BaseModel, patch: Mapping[str, Any]) -> BaseModel:
    """The dossier after a merge patch.

    Raises:
        InvalidInput: the result is not a dossier of that type; each field with its sentence.
    """
    if not patch:
        return dossier
    try:
        return model.model_validate(merge(to_json(dossier), patch))
    except ValidationError as wrong:
        raise InvalidInput(field_sentences(wrong.errors())) from wrong


def _must_know(model: ProcessModel, case: Case[Any]) -> None:
    if case.state not in model.states:
        raise DefinitionError(f"{model.code}: case {case.code} is in state {case.state!r}, which the process lacks")


def _labels(model: ProcessModel, case: Case[Any], act: Act) -> list[str]:
    """What this actor may do in the state instead."""
    others = (replace(act, action=other, form=None) for other in model.actions_from(case.state))
    return [model.actions[other.action].label for other in others if _refusal(model, case, other) is None]


def _refusal(model: ProcessModel, case: Case[Any], act: Act) -> NotPerformer | None:
    try:
        _capacity(model, case, act)
    except NotPerformer as refusal:
        return refusal
    return None


def _capacity(model: ProcessModel, case: Case[Any], act: Act) -> Capacity:
    """In which capacity the actor takes the action.

    Raises:
        NotPerformer: as `capacity_of`; also for what only the clock or the case above does.
    """
    meta = model.actions[act.action]
    wish = Wish(act.action, meta.label, model.performers(case.state, act.action), act.actor, act.seats)
    if act.carried is not None:
        if objection := kept_from(model, case, wish, act.carried):
            raise objection
        return act.carried
    if not act.actor.is_system and meta.at is not None:
        raise NotPerformer(action=meta.label, who="hệ thống")
    if not act.actor.is_system and meta.carried:
        raise NotPerformer(action=meta.label, who="hồ sơ cấp trên (đi cùng tờ trình)")
    return capacity_of(model, case, wish)


def _patch(meta: Action, dossier: type[BaseModel], case: Case[Any], act: Act) -> dict[str, Any]:
    """The merge patch of what the action writes: the filled form, the instant, the number."""
    if meta.form is None and not meta.stamp and meta.number is None:
        return {}
    before = to_json(case.dossier)
    after = dict(before)
    if meta.form is not None:
        form = _filled(meta.form, act.form)
        if early := _days_ahead(form, case.today):
            raise InvalidInput(early)
        if not meta.into:  # of a mapping, too, what the form does not name stays
            after = merge(before, dict.fromkeys(form.model_fields_set) | to_json(form))
        elif appends(dossier, meta.into):
            after[meta.into] = [*before.get(meta.into, ()), to_json(form)]
        else:
            after[meta.into] = to_json(form)
    if meta.stamp and not before.get(meta.stamp):  # a legal instant is the first one
        after[meta.stamp] = _stamp(case.now)
    if meta.number is not None and not before.get(meta.number.into):
        after[meta.number.into] = act.number
    return difference(before, after)


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _days_ahead(form: BaseModel, today: date, path: str = "") -> dict[str, str]:
    """The dates that must not lie ahead, and do: dotted field → sentence."""
    found: dict[str, str] = {}
    for name, field in type(form).model_fields.items():
        value = getattr(form, name)
        if isinstance(value, BaseModel):
            found |= _days_ahead(value, today, f"{path}{name}.")
        elif isinstance(value, date) and value > today and any(isinstance(m, NotAfterToday) for m in field.metadata):
            found[f"{path}{name}"] = f"không được sau hôm nay ({vn_date(today)})"
    return found


def _filled(form: type[BaseModel], given: BaseModel | Mapping[str, Any] | None) -> BaseModel:
    try:
        return form.model_validate({} if given is None else given)
    except ValidationError as wrong:
        raise InvalidInput(field_sentences(wrong.errors())) from wrong


def open_branch(branches: tuple[Branch, ...], before: Case[Any], after: Case[Any]) -> Branch | None:
    """The first branch whose guards all hold, asked before or after the form was written; None when all are shut."""
    return next((b for b in branches if all(_open(use, before, after) for use in b.guards)), None)


def _open(use: GuardUse, before: Case[Any], after: Case[Any]) -> bool:
    return (before if use.guard.before_form else after).answer(use.guard) is use.wanted


def _unmet(
    branches: tuple[Branch, ...], before: Case[Any], after: Case[Any], taken: Branch | None
) -> tuple[Reason, ...]:
    if taken is not None:
        return ()
    closed = (use for b in branches for use in b.guards if not _open(use, before, after))
    return tuple(dict.fromkeys(use.guard.reason(use.wanted) for use in closed))


def _rules(meta: Action, case: Case[Any]) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """The broken rules of an action: those that block, those that warn."""
    blocking: list[Reason] = []
    warnings: list[Reason] = []
    for rule in meta.rules:
        judged = judge_rule(rule, case)
        if judged.outcome is not Outcome.OK:
            (blocking if judged.outcome is Outcome.BLOCKS else warnings).append(judged.reason)
    return tuple(blocking), tuple(warnings)


def check_begin(model: ProcessModel, case: Case[Any]) -> None:
    """Whether a new instance may begin.

    Raises:
        GuardUnmet: a guard of `begin` does not hold.
    """
    closed = [model.guards[name] for name in model.begin.cond if not case.answer(model.guards[name])]
    if closed:
        raise GuardUnmet(tuple(guard.reason(True) for guard in closed), action=f"Lập {model.title.lower()}")


__all__ = [
    "SYSTEM",
    "Act",
    "Actor",
    "Decision",
    "Offer",
    "apply_patch",
    "check_begin",
    "decide",
    "offers",
    "open_branch",
    "seat_of",
]
