"""The changes that a person can make to a case that is there: act, edit its dossier, attach a paper.

Each works inside the transaction it is given and leaves all or nothing; who may see the case has been
checked before (`rights.visible`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from pydantic import BaseModel

from engine.definition.case import Case, Document
from engine.definition.decide import Act, apply_patch, decide
from engine.definition.language import ATTACH, EDIT, Action, Register, Role
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor, Capacity, drafting
from engine.errors import (
    ActionNotAvailable,
    GuardUnmet,
    InvalidInput,
    LinesRefused,
    NotFound,
    Reason,
    Refused,
)
from engine.instants import local_date
from engine.runtime.beginning import only
from engine.runtime.database import Row
from engine.runtime.performers import deed_of, must_have, must_not_be_nominee
from engine.runtime.recording import Deed, advance, record
from engine.runtime.rights import visible
from engine.runtime.snapshots import Stored, code_of, load_case, stored_of
from engine.runtime.statements import (
    CHILDREN,
    COUNT_OF_KIND,
    INSTANCE,
    NEW_ATTACHMENT,
    NEW_REGISTER,
    NUMBER,
    SET_NUMBER,
    VISIBLE,
)
from engine.runtime.work import Work

EDITING, ATTACHING = "Sửa hồ sơ", "Đính kèm giấy tờ"


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that is already stored and synced under its hash."""

    kind: str
    name: str
    media_type: str
    size: int
    sha256: str


def act(
    work: Work,
    row: Row,
    action: str,
    form: BaseModel | Mapping[str, Any] | None,
    actor: Actor,
    *,
    carried: Capacity | None = None,
    stored: Stored | None = None,
) -> Row:
    """Take an action on a stored instance, with everything that it carries; returns its row.

    stored: what is stored of it, when it was read; its tasks are kept up to date.

    Raises:
        ActionNotAvailable, NotPerformer, InvalidInput, GuardUnmet: as `decide`.
        LinesRefused: the action carries others along and some of them cannot go; none went.
    """
    model, stored = work.registry.by_code[row["process"]], stored or stored_of(work, row)
    case = load_case(work, row, stored)
    seats = work.office.seats(row["authority_id"], work.today)
    register = model.actions[action].number if action in model.actions else None
    if register and getattr(case.dossier, register.into):
        register = None  # drawn before: a case keeps its number
    number, last = _next_number(work, row, register) if register else ("", 0)
    decision = decide(model, case, Act(action, actor, seats, form, number, carried))
    if register:
        _draw(work, row, register, last)
    moved = record(work, model, row, case, decision, actor, stored)
    if decision.carries:
        _carry(work, row["id"], model.actions[action], form, actor, decision.capacity)
    return moved


def edit(work: Work, row: Row, patch: Mapping[str, Any], actor: Actor, stored: Stored | None = None) -> Row:
    """Apply a merge patch (RFC 7396) to the dossier while the actor holds the task; returns the row.

    stored: what is stored of the case, when it was read.

    Raises:
        ActionNotAvailable: nothing may be edited in this state.
        NotPerformer: the actor does not hold the task's role.
        InvalidInput: a field that may not be edited here, or is not asked for, or a value that does not fit.
    """
    model = work.registry.by_code[row["process"]]
    case = load_case(work, row, stored)
    deed = must_edit(work, model, case, actor)
    _only_open(model, case, patch)
    after = case.but(dossier=apply_patch(model.dossier, case.dossier, patch))
    must_not_be_nominee(work, model, after, deed, EDITING)
    return advance(work, model, row, case, after, deed)[0]


def _only_open(model: ProcessModel, case: Case[Any], patch: Mapping[str, Any]) -> None:
    """Refuse the fields that are not edited in this state, and those that its request does not name."""
    only(patch, model.states[case.state].edits)
    shut = sorted(set(patch) - model.open_fields(case.state, case.dossier))
    if shut:
        raise InvalidInput(dict.fromkeys(shut, f"phiếu yêu cầu không nêu mục này; {_asked_for(model, case)}"))


def _asked_for(model: ProcessModel, case: Case[Any]) -> str:
    """What the request names, in words."""
    fields = (model.dossier.model_fields[name].title or name for name in model.open_fields(case.state, case.dossier))
    papers = (model.papers[kind] for kind in model.open_papers(case.state, case.dossier))
    return f"chỉ bổ sung: {', '.join([*sorted(fields), *sorted(papers)])}"


def must_edit(work: Work, model: ProcessModel, case: Case[Any], actor: Actor) -> Deed:
    """What an edit of the case by that actor would be.

    Raises:
        ActionNotAvailable: nothing may be edited in this state.
        NotPerformer: the actor does not hold the task's role, or is kept from this case.
    """
    state = model.states[case.state]
    if not state.edits or state.owner is None:
        available = ", ".join(model.actions[action].label for action in model.actions_from(state.id)) or "không có"
        raise ActionNotAvailable(action=EDITING, state=state.status, available=available)
    return deed_of(work, model, case, EDIT, EDITING, (state.owner,), actor)


def attach(work: Work, row: Row, paper: Paper, actor: Actor, stored: Stored | None = None) -> Row:
    """Add a paper to the case; returns the case's row. The content is stored and synced before this is called.

    stored: what is stored of the case, when it was read.

    Raises:
        InvalidInput: the process takes no paper of that kind, or its request names other ones.
        NotPerformer: the actor has nothing to do on this case now.
    """
    model = work.registry.by_code[row["process"]]
    if paper.kind not in model.papers:
        raise InvalidInput({"kind": f"loại giấy tờ phải là một trong: {', '.join(model.papers)}"})
    case = load_case(work, row, stored)
    verb, roles = drafting(model, case.state), working(model, case.state)
    if not roles:
        raise ActionNotAvailable(action=ATTACHING, state=model.states[case.state].status, available="không có")
    deed = deed_of(work, model, case, verb, ATTACHING, roles, actor)
    if paper.kind not in model.open_papers(case.state, case.dossier):
        raise InvalidInput({"kind": f"phiếu yêu cầu không nêu loại giấy tờ này; {_asked_for(model, case)}"})
    edition = work.tx.one(COUNT_OF_KIND, which=row["id"], kind=paper.kind)
    assert edition is not None, "a count has a row"
    work.tx.insert(
        NEW_ATTACHMENT, instance_id=row["id"], kind=paper.kind, name=paper.name, media_type=paper.media_type,
        size=paper.size, sha256=paper.sha256, edition=edition["n"] + 1, added_by=actor.person_id, added_at=work.micros,
    )  # fmt: skip
    after = case.but(documents=(*case.documents, Document(paper.kind, paper.name, paper.sha256)))
    more = {"attachment": {"kind": paper.kind, "name": paper.name, "sha256": paper.sha256}}
    return advance(work, model, row, case, after, replace(deed, verb=ATTACH, more=more))[0]


def working(model: ProcessModel, state: str) -> tuple[Role, ...]:
    """The roles that add papers in the state: its owner first; while the dossier is edited, nobody else.

    Otherwise also who may move the case on, except those who see everything: they only repair.
    """
    owner = model.states[state].owner
    if owner is None or model.states[state].edits:
        return (owner,) if owner else ()
    performers = chain(*(model.performers(state, action) for action in model.actions_from(state)))
    return tuple(dict.fromkeys((owner, *(role for role in performers if not role.sees_all))))


def _carry(work: Work, parent_id: int, meta: Action, form: Any, actor: Actor, capacity: Capacity) -> None:
    """Take the carried action on every open child that knows it; a form of the same type goes along."""
    refused: dict[str, tuple[Reason, ...]] = {}
    for child in work.tx.all(CHILDREN, which=parent_id):
        model = work.registry.by_code[child["process"]]
        carried = model.actions.get(meta.carries)
        if carried is None or child["closed_at"] is not None:
            continue
        try:
            act(work, child, carried.id, form if carried.form is meta.form else None, actor, carried=capacity)
        except Refused as refusal:
            refused[code_of(model, child)] = reasons_of(refusal)
    if refused:
        raise LinesRefused(refused, action=meta.label, count=len(refused))


def reasons_of(refusal: Refused) -> tuple[Reason, ...]:
    """Why, as reasons: a guard's own, or the refusal itself."""
    return refusal.reasons if isinstance(refusal, GuardUnmet) else (Reason(refusal.code, str(refusal)),)


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
        work.tx.run(SET_NUMBER, which=row["authority_id"], register=register.name, in_year=year, last=number)


def must_perform(model: ProcessModel, action: str, actor: Actor) -> None:
    """Part of standing: the actor holds a role that may take the action in some state and unit.

    Raises:
        NotPerformer: none. An action that no person takes is left to `decide`, which says why.
    """
    meta = model.actions.get(action)
    if meta is not None and meta.at is None and not meta.carried:
        must_have(meta.label, model.takers(action), actor)


def load(work: Work, model: ProcessModel, instance_id: int, actor: Actor) -> Row:
    """The stored row of a case that the actor may see.

    Raises:
        NotFound: no such case of this process, or not visible to the actor.
    """
    line, grants = work.tx.gather((INSTANCE, {"which": instance_id}), (VISIBLE, {"which": instance_id}))
    return seen(work, model, instance_id, actor, Stored(line, grants))


def seen(work: Work, model: ProcessModel, instance_id: int, actor: Actor, stored: Stored) -> Row:
    """As `load`, of what is stored."""
    row = next((row for row in stored.line if row["id"] == instance_id), None)
    if row is None or row["process"] != model.code or not visible(work, actor, row, stored.grants):
        raise NotFound(what=f"{model.title.lower()} số {instance_id}")
    return row


__all__ = ["Paper", "act", "attach", "edit", "load", "must_edit", "must_perform", "reasons_of", "seen", "working"]
