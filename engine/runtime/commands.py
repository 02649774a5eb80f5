"""The four changes that a person can make to a case: start it, edit its dossier, attach a paper, act.

Each works inside the transaction it is given and leaves all or nothing; who may see the case has been
checked before (`rights.visible`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from pydantic import BaseModel

from engine.definition.case import Case, Document
from engine.definition.decide import Act, Actor, apply_patch, check_begin, decide, seat_of
from engine.definition.documents import canonical
from engine.definition.language import Action, Register, Role, Seat
from engine.definition.model import ProcessModel
from engine.errors import (
    ActionNotAvailable,
    GuardUnmet,
    InvalidInput,
    LinesRefused,
    NotFound,
    NotPerformer,
    Reason,
    Refused,
)
from engine.instants import local_date
from engine.office.organisation import Unit
from engine.runtime.database import Row
from engine.runtime.recording import START, advance, announce_task, record
from engine.runtime.rights import visible
from engine.runtime.snapshots import ancestors, code_of, load_case, with_found
from engine.runtime.statements import (
    CHILDREN,
    DRAW,
    EDITIONS,
    GRANT,
    INSTANCE,
    NEW_ATTACHMENT,
    NEW_INSTANCE,
    NEW_REGISTER,
    NUMBER,
    STARTED,
)
from engine.runtime.tasks import open_task
from engine.runtime.work import Work


@dataclass(frozen=True, slots=True)
class NewCase:
    """The wish to begin an instance. `start_key` is set by effects: a parent starts each key once."""

    unit_code: str | None
    parent_id: int | None
    dossier: Mapping[str, Any]
    start_key: str | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that is already stored and synced under its hash."""

    kind: str
    name: str
    media_type: str
    size: int
    sha256: str


def start(work: Work, model: ProcessModel, new: NewCase, actor: Actor) -> Row:
    """Begin an instance; returns its row.

    Raises:
        NotPerformer: none of the actor's roles may begin this process for that unit.
        InvalidInput: unknown unit, wrong parent, or a dossier that does not fit.
        GuardUnmet: a condition of beginning does not hold.
    """
    parent = _parent(work, model, new.parent_id, actor)
    if new.start_key is not None:
        there = work.tx.one(STARTED, parent_id=new.parent_id, process=model.code, start_key=new.start_key)
        if there:
            return there
    begin_roles = model.begin.roles(parent["process"] if parent else None)
    unit = _unit(work, model, begin_roles, new.unit_code, actor)
    dossier = _first_dossier(model, new.dossier, actor)
    case = _newborn(work, model, unit, parent, dossier)
    check_begin(model, case)
    return _insert(work, model, case, parent, new.start_key, actor)


def act(
    work: Work,
    row: Row,
    action: str,
    form: BaseModel | Mapping[str, Any] | None,
    actor: Actor,
    *,
    carried: bool = False,
) -> Row:
    """Take an action on a stored instance, with everything that it carries; returns its row.

    Raises:
        ActionNotAvailable, NotPerformer, InvalidInput, GuardUnmet: as `decide`.
        LinesRefused: the action carries others along and some of them cannot go; none went.
    """
    model = work.registry.by_code[row["process"]]
    case = load_case(work, row)
    seats = work.office.seats(row["authority_id"], work.today)
    register = model.actions[action].number if action in model.actions else None
    if register and getattr(case.dossier, register.into):
        register = None  # drawn before: a case keeps its number
    number, last = _next_number(work, row, register) if register else ("", 0)
    decision = decide(model, case, Act(action, actor, seats, form, number, carried))
    if register:
        _draw(work, row, register, last)
    moved = record(work, model, row, case, decision, actor)
    if decision.carries:
        _carry(work, row["id"], model.actions[action], form, actor)
    return moved


def edit(work: Work, row: Row, patch: Mapping[str, Any], actor: Actor) -> Row:
    """Apply a merge patch (RFC 7396) to the dossier while the actor holds the task; returns the row.

    Raises:
        ActionNotAvailable: nothing may be edited in this state.
        NotPerformer: the actor does not hold the task's role.
        InvalidInput: a field that may not be edited here, or a value that does not fit.
    """
    model = work.registry.by_code[row["process"]]
    state = model.states[row["state"]]
    if not state.edits or state.owner is None:
        available = ", ".join(model.actions[action].label for action in model.actions_from(state.id)) or "không có"
        raise ActionNotAvailable(action="Sửa hồ sơ", state=state.status, available=available)
    case = load_case(work, row)
    _must_hold(work, model, case, actor, "Sửa hồ sơ", (state.owner.code,))
    _only(patch, state.edits)
    after = replace(case, dossier=apply_patch(model.dossier, case.dossier, patch))
    return advance(work, model, row, case, after, "edit", actor)[0]


def attach(work: Work, row: Row, paper: Paper, actor: Actor) -> Row:
    """Add a paper to the case; returns the case's row. The content is stored and synced before this is called.

    Raises:
        InvalidInput: the process takes no paper of that kind.
        NotPerformer: the actor has nothing to do on this case now.
    """
    model = work.registry.by_code[row["process"]]
    if paper.kind not in model.papers:
        raise InvalidInput({"kind": f"loại giấy tờ phải là một trong: {', '.join(model.papers)}"})
    case = load_case(work, row)
    owner = model.states[case.state].owner
    involved = {role.code for a in model.actions_from(case.state) for role in model.performers(case.state, a)}
    involved |= {owner.code} if owner else set()
    _must_hold(work, model, case, actor, "Đính kèm giấy tờ", tuple(sorted(involved)))
    edition = work.tx.one(EDITIONS, which=row["id"], kind=paper.kind)
    assert edition is not None, "a count has a row"
    work.tx.insert(
        NEW_ATTACHMENT, instance_id=row["id"], kind=paper.kind, name=paper.name, media_type=paper.media_type,
        size=paper.size, sha256=paper.sha256, edition=edition["n"] + 1, added_by=actor.person_id, added_at=work.micros,
    )  # fmt: skip
    after = replace(case, documents=(*case.documents, Document(paper.kind, paper.name, paper.sha256)))
    more = {"attachment": {"kind": paper.kind, "name": paper.name, "sha256": paper.sha256}}
    return advance(work, model, row, case, after, "attach", actor, more=more)[0]


def _carry(work: Work, parent_id: int, meta: Action, form: Any, actor: Actor) -> None:
    """Take the carried action on every open child that knows it; a form of the same type goes along."""
    refused: dict[str, tuple[Reason, ...]] = {}
    for child in work.tx.all(CHILDREN, which=parent_id):
        model = work.registry.by_code[child["process"]]
        carried = model.actions.get(meta.carries)
        if carried is None or child["closed_at"] is not None:
            continue
        try:
            act(work, child, carried.id, form if carried.form is meta.form else None, actor, carried=True)
        except Refused as refusal:
            refused[code_of(model, child)] = reasons_of(refusal)
    if refused:
        raise LinesRefused(refused, action=meta.label, count=len(refused))


def reasons_of(refusal: Refused) -> tuple[Reason, ...]:
    """Why, as reasons: a guard's own, or the refusal itself."""
    return refusal.reasons if isinstance(refusal, GuardUnmet) else (Reason(refusal.code, str(refusal)),)


def _parent(work: Work, model: ProcessModel, parent_id: int | None, actor: Actor) -> Row | None:
    if not model.begin.below:
        if parent_id is not None:
            raise InvalidInput({"parent": "loại hồ sơ này không thuộc hồ sơ nào khác"})
        return None
    if parent_id is None and model.begin.by:
        return None
    row = work.tx.one(INSTANCE, which=parent_id) if parent_id is not None else None
    if row is None or not visible(work, actor, row):
        raise InvalidInput({"parent": f"cần id của một hồ sơ {' hoặc '.join(model.begin.below)} mà bạn xem được"})
    if row["process"] not in model.begin.below:
        raise InvalidInput({"parent": f"phải là hồ sơ {' hoặc '.join(model.begin.below)}, không phải {row['process']}"})
    return row


def _unit(work: Work, model: ProcessModel, roles: tuple[Role, ...], code: str | None, actor: Actor) -> Unit:
    """The unit that the case is for: the one named, else the only one where the actor may begin it.

    Whoever holds a seat of an authority begins cases of the authority itself unless another unit is named.
    """
    if actor.is_system:
        return _named_unit(work, code or "")
    own = {role.code for role in roles if role.seat is Seat.OWN_UNIT}
    mine = sorted({unit for role, unit in actor.memberships if role in own} or _own_bodies(work, roles, actor))
    if code is None:
        if len(mine) == 1:
            return work.office.units[mine[0]]
        if len(mine) > 1:
            raise InvalidInput({"unit": "bạn thuộc nhiều đơn vị: hãy chọn một"})
    unit = _named_unit(work, code) if code is not None else None
    if unit is not None and (unit.id in mine or _directs(work, roles, unit, actor)):
        return unit
    who = "; ".join(role.label for role in roles) or "hệ thống"
    raise NotPerformer(action=f"Lập {model.title.lower()}", who=who)


def _named_unit(work: Work, code: str) -> Unit:
    unit = work.office.by_code.get(code)
    if unit is None or not unit.exists(work.today):
        raise InvalidInput({"unit": f"không có đơn vị «{code}»"})
    return unit


def _own_bodies(work: Work, roles: tuple[Role, ...], actor: Actor) -> set[int]:
    """The authorities for which the actor holds a seat among these roles."""
    bodies = {work.office.units[unit].authority_id for unit in actor.units}
    return {body for body in bodies if _directs(work, roles, work.office.units[body], actor)}


def _directs(work: Work, roles: tuple[Role, ...], unit: Unit, actor: Actor) -> bool:
    """Whether the actor holds a role of the unit's authority that may begin the process for it."""
    seats = work.office.seats(unit.authority_id, work.today)
    wanted = {(role.code, seats[role.code].id) for role in roles if role.seat is Seat.AUTHORITY and role.code in seats}
    return bool(wanted & actor.memberships)


def _first_dossier(model: ProcessModel, given: Mapping[str, Any], actor: Actor) -> BaseModel:
    if not actor.is_system:
        _only(given, model.first_fields)
    return apply_patch(model.dossier, model.dossier(), given)


def _only(given: Mapping[str, Any], editable: frozenset[str]) -> None:
    strangers = sorted(set(given) - editable)
    if strangers:
        allowed = ", ".join(sorted(editable))
        raise InvalidInput(dict.fromkeys(strangers, f"không sửa được ở bước này (được sửa: {allowed})"))


def _newborn(work: Work, model: ProcessModel, unit: Unit, parent: Row | None, dossier: Any) -> Case[Any]:
    authority_id = parent["authority_id"] if parent else unit.authority_id
    if model.begin.own_authority and model.begin.own_authority(dossier):
        authority_id = unit.id
    case: Case[Any] = Case(
        id=0,
        code="",
        process=model.code,
        state=model.initial,
        version=0,
        dossier=dossier,
        unit=unit,
        authority=work.office.units[authority_id],
        now=work.now,
        calendar=work.office.calendar,
        law=work.office.law,
        ancestors=ancestors(work, parent["id"] if parent else None),
        units=work.office.below(authority_id, work.today) if model.needs_units else (),
    )
    return with_found(work, model, case)


def _insert(
    work: Work, model: ProcessModel, case: Case[Any], parent: Row | None, start_key: str | None, actor: Actor
) -> Row:
    state = model.states[case.state]
    key = work.tx.insert(
        NEW_INSTANCE, authority_id=case.authority.id, process=model.code, definition_version=model.version,
        unit_id=case.unit.id, parent_id=parent["id"] if parent else None, start_key=start_key, state=case.state,
        phase=state.phase, version=0, headline="", dossier=canonical({}), history_hash="",
        created_at=work.micros, updated_at=work.micros, closed_at=None,
    )  # fmt: skip
    row = work.tx.one(INSTANCE, which=key)
    assert row is not None, "just inserted"
    case = replace(case, id=key, code=code_of(model, row))
    row, history_id = advance(work, model, row, None, case, START, actor)
    _grant(work, model, case, model.begin.roles(parent["process"] if parent else None))
    waiting = open_task(work, model, case)
    announce_task(work, model, case, f"h{history_id}", waiting, actor, set())
    return row


def _grant(work: Work, model: ProcessModel, case: Case[Any], begin_roles: tuple[Role, ...]) -> None:
    """Who sees the case from the start: its unit, the watchers, and those who may begin such a case there."""
    work.tx.run(GRANT, instance_id=case.id, unit_id=case.unit.id, relation="own")
    seats = work.office.seats(case.authority.id, work.today)
    for role in model.watchers:
        work.tx.run(GRANT, instance_id=case.id, unit_id=seat_of(role, case, seats).id, relation="watcher")
    for role in begin_roles:
        work.tx.run(GRANT, instance_id=case.id, unit_id=seat_of(role, case, seats).id, relation="starter")


def _must_hold(
    work: Work, model: ProcessModel, case: Case[Any], actor: Actor, label: str, codes: tuple[str, ...]
) -> None:
    roles = [work.registry.roles[code] for code in codes]
    seats = work.office.seats(case.authority.id, work.today)
    wanted = {(role.code, seat_of(role, case, seats).id) for role in roles}
    if not wanted & actor.memberships:
        who = "; ".join(f"{role.label}, {seat_of(role, case, seats).name}" for role in roles)
        raise NotPerformer(action=label, who=who or "không ai ở bước này")


def _next_number(work: Work, row: Row, register: Register) -> tuple[str, int]:
    year = local_date(work.now).year
    last = work.tx.one(NUMBER, authority_id=row["authority_id"], name=register.name, year=year)
    number = last["last"] + 1 if last else 1
    return register.form.format(number=number, year=year), number


def _draw(work: Work, row: Row, register: Register, number: int) -> None:
    year = local_date(work.now).year
    if number == 1:
        work.tx.insert(NEW_REGISTER, authority_id=row["authority_id"], name=register.name, year=year, last=1)
    else:
        work.tx.run(DRAW, which=row["authority_id"], register=register.name, in_year=year, last=number)


def must_begin(model: ProcessModel, actor: Actor) -> None:
    """Part of standing: the actor holds a role that may begin the process somewhere.

    Raises:
        NotPerformer: none.
    """
    _must_have(f"Lập {model.title.lower()}", (*model.begin.by, *chain(*model.begin.below.values())), actor)


def must_perform(model: ProcessModel, action: str, actor: Actor) -> None:
    """Part of standing: the actor holds a role that may take the action in some state and unit.

    Raises:
        NotPerformer: none. An action that no person takes is left to `decide`, which says why.
    """
    states = [state for state, taken in model.table if taken == action]
    roles = tuple(chain(*(model.performers(state, action) for state in states)))
    meta = model.actions.get(action)
    if meta is not None and meta.at is None and not meta.carried:
        _must_have(meta.label, roles, actor)


def _must_have(label: str, roles: tuple[Role, ...], actor: Actor) -> None:
    if not {role.code for role in roles} & {code for code, _ in actor.memberships}:
        who = "; ".join(dict.fromkeys(role.label for role in roles)) or "hệ thống"
        raise NotPerformer(action=label, who=who)


def load(work: Work, model: ProcessModel, instance_id: int, actor: Actor) -> Row:
    """The stored row of a case that the actor may see.

    Raises:
        NotFound: no such case of this process, or not visible to the actor.
    """
    row = work.tx.one(INSTANCE, which=instance_id)
    if row is None or row["process"] != model.code or not visible(work, actor, row):
        raise NotFound(what=f"{model.title.lower()} số {instance_id}")
    return row


__all__ = ["NewCase", "Paper", "act", "attach", "edit", "load", "reasons_of", "start"]
