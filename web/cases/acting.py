"""The page of one action: what it will do and to whom, what must be filled in, why not when it cannot be."""

from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.dependencies import answered
from api.errors import status_of
from api.refusals import WrongConfirmation
from engine.definition.language import Action
from engine.definition.performing import Actor
from engine.errors import (
    ActionNotAvailable,
    InvalidInput,
    KeyReused,
    NotAuthenticated,
    NotFound,
    Refused,
    StaleVersion,
)
from engine.runtime import changes
from engine.runtime.database import Row
from engine.runtime.present import actions_json, brief, is_open
from engine.runtime.work import Work
from web.cases.drafting import draft_of, drop
from web.cases.reaching import NEXT_FIELD, QUEUE, At, Because, CaseKey, because, done, happened, next_task
from web.doors import page_router
from web.forms.fields import Field, fields_of
from web.forms.filling import Filled, filled
from web.forms.typed import Typed, shown
from web.forms.view import MORE_FIELD, FormView, placed, typed_in
from web.visits import Visit, Visiting, in_thread, version_of

RECEIPTED = ("submissions", "submit")
CHANGED = (StaleVersion, KeyReused)
"""Refusals that say: the case is no longer what the page has shown."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that came back: what it held, of which version it was, and why it was refused."""

    typed: Typed
    version: int
    refused: Refused | None = None
    reasons: list[Because] = field(default_factory=list)


def acting_routes() -> APIRouter:
    """GET and POST /{collection}/{id}/viec/{action}."""
    router = page_router()

    @router.get("/{collection}/{case_id:int}/viec/{action}")
    def show(visit: Visiting, collection: str, case_id: CaseKey, action: str) -> Response:
        return _page(visit, At(collection, case_id), action)

    @router.post("/{collection}/{case_id:int}/viec/{action}")
    async def act(visit: Visiting, collection: str, case_id: CaseKey, action: str) -> Response:
        return await _act(visit, At(collection, case_id), action)

    return router


async def _act(visit: Visit, at: At, action: str) -> Response:
    form = await visit.form()
    typed = typed_in(form)
    sent = Sent(typed, version_of(form) or 0)
    model = at.model(visit)
    meta = _meta(visit, at, action)
    if form.get(MORE_FIELD):
        return await in_thread(lambda: _page(visit, at, action, sent))
    try:
        given = await in_thread(lambda: _given(visit, at, meta, typed))
        given.must_be_readable(meta.form)
        asking = await visit.asking(form)
        data = given.document if meta.form else None
        answer = await answered(visit.engine.act(asking, model, at.case_id, action, data))
    except WrongConfirmation as wrong:
        refusal: Refused = wrong
    except (NotAuthenticated, NotFound):
        raise
    except Refused as refused:
        refusal = refused
    else:
        return await _onward(visit, at, meta, str(form.get(NEXT_FIELD, "")), await _said(visit, at, meta, answer))
    back = replace(sent, refused=refusal, reasons=because(visit, refusal))
    return await in_thread(lambda: _page(visit, at, action, back))


async def _said(visit: Visit, at: At, meta: Action, answer: Any) -> str:
    await drop(visit, _place(at, meta.id))
    return await in_thread(lambda: done(visit, at, answer, meta.label))


async def _onward(visit: Visit, at: At, meta: Action, wanted: str, note: str) -> Response:
    """To the case, or the receipt of what was handed in; or to what waits next, when that was asked for."""
    if wanted != QUEUE:
        is_receipted = (at.collection, meta.id) == RECEIPTED
        return visit.go(f"{at.page}/bien-nhan" if is_receipted else at.page, note)
    following = await in_thread(lambda: next_task(visit, at))
    if following:
        return visit.go(following, note)
    return visit.go("/", f"{note} {visit.tr('Không còn việc nào đang chờ bạn.')}")


def _place(at: At, action: str) -> str:
    return f"{at.page}/viec/{action}"


def _meta(visit: Visit, at: At, action: str) -> Action:
    """What the definition says of the action.

    Raises:
        NotFound: the process has none of that name, or no person takes it.
    """
    meta = at.model(visit).actions.get(action)
    if meta is None or meta.at is not None:
        raise NotFound(what=f"việc «{action}» của loại hồ sơ này")
    return meta


def _given(visit: Visit, at: At, meta: Action, typed: Typed) -> Filled:
    with visit.look() as (work, actor):
        row = at.row(visit, work, actor)
        return filled(_fields(meta), typed, _before(work, row, meta, actor))


def _fields(meta: Action) -> tuple[Field, ...]:
    return fields_of(meta.form) if meta.form else ()


def _before(work: Work, row: Row, meta: Action, actor: Actor) -> Typed:
    """What stands in the action's form at first: what the dossier has there already."""
    dossier = changes.dossier_at(work, row, row["version"], actor)
    document = dossier.get(meta.into) if meta.into else dossier
    return shown(_fields(meta), document if isinstance(document, dict) else {})


# ── the page ─────────────────────────────────────────────────────────────────────────────────────
def _page(visit: Visit, at: At, action: str, sent: Sent | None = None) -> Response:
    meta = _meta(visit, at, action)
    with visit.look() as (work, actor):
        row = at.row(visit, work, actor)
        offer = next((one for one in actions_json(work, row, actor) if one["action"] == action), None)
        if sent is None and offer is None:
            sent = Sent({}, row["version"], _gone(work, row, meta))
        form, drafted_at = _form(visit, work, row, meta, actor, sent)
        return visit.page(
            "cases/act.html.j2",
            visit.frame(work, actor),
            status=status_of(sent.refused) if sent and sent.refused else 200,
            title=visit.tr(meta.label),
            at=at,
            place=_place(at, action),
            case=brief(work, row),
            offer=offer,
            is_open=offer is not None and is_open(at.model(visit), offer),
            stays=_targets(work, row, action) == {row["state"]},
            targets=_labels(work, row, _targets(work, row, action)),
            told=_told(work, row, meta),
            carries=bool(meta.carries),
            form=form,
            drafted_at=drafted_at,
            is_confirmed=visit.is_confirmed(work),
            said=_sentence(visit, sent),
            reasons=sent.reasons if sent else [],
            since=happened(visit, work, row, sent.version, actor) if sent and _has_changed(sent) else [],
            queue=QUEUE,
        )


def _form(visit: Visit, work: Work, row: Row, meta: Action, actor: Actor, sent: Sent | None) -> tuple[FormView, Any]:
    """The form, and when what stands in it was kept, if it is a draft."""
    fields, before = _fields(meta), _before(work, row, meta, actor)
    at = At(work.registry.by_code[row["process"]].collection, row["id"])
    if sent is None:
        draft = draft_of(visit, work, actor.person_id, _place(at, meta.id)) if fields else None
        typed = filled(fields, draft.typed, before).typed if draft else before
        return FormView(fields, typed), draft.at if draft and typed != before else None
    faults = sent.refused.fields if isinstance(sent.refused, InvalidInput) else {}
    found, summary = placed(fields, faults, visit.tr)
    return FormView(fields, filled(fields, sent.typed, before).typed, found, summary), None


def _gone(work: Work, row: Row, meta: Action) -> Refused:
    """The refusal of an action that does not leave the state in which the case is now."""
    model = work.registry.by_code[row["process"]]
    left = ", ".join(model.actions[name].label for name in model.actions_from(row["state"])) or "không có"
    return ActionNotAvailable(action=meta.label, state=model.states[row["state"]].status, available=left)


def _targets(work: Work, row: Row, action: str) -> set[str]:
    model = work.registry.by_code[row["process"]]
    return {branch.target for branch in model.table.get((row["state"], action), ())}


def _labels(work: Work, row: Row, states: set[str]) -> list[str]:
    model = work.registry.by_code[row["process"]]
    return [state.status for state in model.states.values() if state.id in states]


def _told(work: Work, row: Row, meta: Action) -> list[str]:
    """The roles that a mail tells: those the action names, and who holds the case next."""
    model = work.registry.by_code[row["process"]]
    roles = [role.label for tell in meta.tells for role in tell.to]
    for target in _targets(work, row, meta.id) - {row["state"]}:
        owner = model.states[target].owner
        if owner is not None and model.waits_for_people(target):
            roles.append(owner.label)
    return list(dict.fromkeys(roles))


def _has_changed(sent: Sent) -> bool:
    return isinstance(sent.refused, CHANGED)


def _sentence(visit: Visit, sent: Sent | None) -> str:
    """What is said above a form that came back."""
    if sent is None or sent.refused is None:
        return ""
    if _has_changed(sent):
        return visit.tr(
            "Hồ sơ đã được thay đổi sau khi bạn mở trang này. Hãy xem thay đổi, rồi thực hiện lại nếu vẫn đúng."
        )
    return visit.said(sent.refused)
