"""The page of a dossier that is being written: its open fields, what is still missing, its papers, what comes next."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import Response

from api.dependencies import answered
from api.errors import status_of
from engine.definition.case import Case
from engine.definition.documents import difference
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.errors import (
    ActionNotAvailable,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    NotPerformer,
    Refused,
    StaleVersion,
    Unavailable,
)
from engine.runtime import changes, commands, queries
from engine.runtime.database import Row
from engine.runtime.present import actions_json, brief, is_personal
from engine.runtime.rights import hidden_from
from engine.runtime.snapshots import load_case
from engine.runtime.work import Work
from web.cases.asked import asked_of
from web.cases.below import openings
from web.cases.checklist import checklist
from web.cases.drafting import draft_of, drop
from web.cases.papers import by_kind, open_kinds
from web.cases.reaching import At, Because, CaseKey, because, done, happened
from web.doors import page_router
from web.forms.fields import Field, fields_of
from web.forms.filling import Filled, filled
from web.forms.merging import Both, Merged, merged, words
from web.forms.typed import Typed, read, shown
from web.forms.view import MORE_FIELD, FormView, over, placed, typed_in
from web.visits import Visit, Visiting, in_thread, version_of

DO_FIELD, SAVE, CLOSE, ACT = "_do", "save", "close", "act:"
EDITING = "Sửa hồ sơ"
MOST_TRIES = 3


@dataclass(frozen=True, slots=True)
class Opened:
    """The dossier as this person may change it now."""

    row: Row
    case: Case[Any]
    fields: tuple[Field, ...]
    now: dict[str, list[str]]
    asked: dict[str, str]


@dataclass(frozen=True, slots=True)
class Back:
    """A form that came back: what it holds now, why it was refused, what others have changed meanwhile."""

    typed: Typed
    refused: Refused | None
    reasons: list[Because]
    theirs: tuple[Both, ...] = ()
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """What is to be written: a merge patch on that version, and what stands in the form then."""

    version: int
    patch: dict[str, Any]
    typed: dict[str, list[str]]


def editing_routes() -> APIRouter:
    """GET and POST /{collection}/{id}/sua."""
    router = page_router()

    @router.get("/{collection}/{case_id:int}/sua")
    def show(visit: Visiting, collection: str, case_id: CaseKey) -> Response:
        return _page(visit, At(collection, case_id))

    @router.post("/{collection}/{case_id:int}/sua")
    async def save(visit: Visiting, collection: str, case_id: CaseKey) -> Response:
        return await _save(visit, At(collection, case_id), await visit.form())

    return router


# ── saving ───────────────────────────────────────────────────────────────────────────────────────
async def _save(visit: Visit, at: At, form: FormData) -> Response:
    written = await _write(visit, at, form)
    if isinstance(written, Back):
        return await in_thread(partial(_page, visit, at, written))
    await drop(visit, f"{at.page}/sua")
    return _onward(visit, at, str(form.get(DO_FIELD, SAVE)), written)


async def _write(visit: Visit, at: At, form: FormData) -> str | Back:
    """Write what the form changes: what has happened, in words; or the form to show again."""
    typed, seen = typed_in(form), version_of(form) or 0
    for _ in range(MOST_TRIES):
        ready = await in_thread(partial(_ready, visit, at, typed, seen))
        if isinstance(ready, Back):
            return ready
        if form.get(MORE_FIELD):
            return Back(ready.typed, None, [])
        if not ready.patch:
            return visit.tr("Không có gì thay đổi.")
        try:
            asking = replace(await visit.asking(form), expected=ready.version)
            answer = await answered(visit.engine.edit(asking, at.model(visit), at.case_id, ready.patch))
        except StaleVersion:  # somebody came between; look again
            continue
        except (NotAuthenticated, NotFound):
            raise
        except Refused as refused:
            return Back(ready.typed, refused, because(visit, refused))
        return await in_thread(partial(done, visit, at, answer, EDITING))
    raise Unavailable(seconds=1)


def _onward(visit: Visit, at: At, wanted: str, note: str) -> Response:
    action = wanted.removeprefix(ACT)
    if wanted.startswith(ACT) and action in at.model(visit).actions:
        return visit.go(f"{at.page}/viec/{action}", note)
    return visit.go(at.page if wanted == CLOSE else f"{at.page}/sua", note)


def _ready(visit: Visit, at: At, typed: Typed, version: int) -> Ready | Back:
    """What the form changes. Where others changed the same case meanwhile, it is shown before anything is written."""
    with visit.look() as (work, actor):
        opened = _opened(visit, work, at, actor)
        given, both = _over(work, opened, actor, typed, version)
    if both.theirs:
        stale = StaleVersion(expected=version, actual=opened.row["version"])
        return Back(given.typed, stale, [], both.theirs, version)
    try:
        given.must_be_readable(at.model(visit).dossier)
    except InvalidInput as refused:
        return Back(given.typed, refused, [])
    before, _ = read(opened.fields, opened.now)
    return Ready(opened.row["version"], difference(before, given.document), given.typed)


def _over(work: Work, opened: Opened, actor: Actor, typed: Typed, version: int) -> tuple[Filled, Merged]:
    """What was typed over that version, put over what the case has become since."""
    seen = shown(opened.fields, changes.dossier_at(work, opened.row, version, actor))
    both = merged(opened.fields, seen, over(opened.fields, typed, seen), opened.now)
    return filled(opened.fields, both.typed, {}), both


def _opened(visit: Visit, work: Work, at: At, actor: Actor) -> Opened:
    """The fields that are open to this person.

    Raises:
        NotFound, ActionNotAvailable, NotPerformer: as `commands.load` and `must_edit`.
    """
    row, model = at.row(visit, work, actor), at.model(visit)
    case = load_case(work, row)
    commands.must_edit(work, model, case, actor)
    names = model.open_fields(row["state"], case.dossier) - hidden_from(work, actor, row)
    fields = fields_of(model.dossier, names)
    said: dict[str, str] = {}
    for one in model.asks(row["state"], case.dossier) or ():
        line = f"{visit.tr(one.fault)}{': ' if one.note else ''}{one.note}"
        said[one.part] = f"{said[one.part]}; {line}" if one.part in said else line
    dossier = changes.dossier_at(work, row, row["version"], actor)
    return Opened(row, case, fields, shown(fields, dossier), said)


# ── the page ─────────────────────────────────────────────────────────────────────────────────────
def _page(visit: Visit, at: At, back: Back | None = None) -> Response:
    with visit.look() as (work, actor):
        try:
            opened = _opened(visit, work, at, actor)
        except (ActionNotAvailable, NotPerformer) as refused:
            return _lost(visit, work, at, actor, back, refused)
        form, theirs, drafted_at = _form(visit, work, opened, actor, at, back)
        since = back.since if back else None
        return visit.page(
            "cases/edit.html.j2",
            visit.frame(work, actor),
            status=status_of(back.refused) if back and back.refused else 200,
            title=visit.tr("Soạn hồ sơ {code}", code=brief(work, opened.row)["code"]),
            at=at,
            place=f"{at.page}/sua",
            case=brief(work, opened.row),
            form=form,
            asked=opened.asked,
            slip=asked_of(at.model(visit), opened.case),
            openings=openings(work, opened.row, opened.case, actor),
            changes=_compared(theirs),
            since=happened(visit, work, opened.row, since, actor) if since is not None else [],
            drafted_at=drafted_at,
            said=_said(visit, back),
            reasons=back.reasons if back else [],
            **_offered(at.model(visit), actions_json(work, opened.row, actor, opened.case)),
            groups=by_kind(dict(at.model(visit).papers), queries.attachments_of(work.tx, at.case_id)),
            kinds=open_kinds(at.model(visit), opened.row),
            checklist=checklist(work, opened.row, actor, opened.case),
            limit=visit.settings.upload_limit_bytes,
        )


def _said(visit: Visit, back: Back | None) -> str:
    """What is said above a form that came back; what others have changed has a place of its own."""
    if back is None or back.refused is None or back.since is not None:
        return ""
    return visit.said(back.refused)


def _form(
    visit: Visit, work: Work, opened: Opened, actor: Actor, at: At, back: Back | None
) -> tuple[FormView, tuple[Both, ...], Any]:
    """The form; what others have changed in it; when what stands in it was kept, if it is a draft."""
    if back is not None:
        faults = back.refused.fields if isinstance(back.refused, InvalidInput) else {}
        return FormView(opened.fields, back.typed, *placed(opened.fields, faults, visit.tr)), back.theirs, None
    draft = draft_of(visit, work, actor.person_id, f"{at.page}/sua")
    if draft is not None:
        given, both = _over(work, opened, actor, draft.typed, draft.version)
        if both.is_mine_different:
            return FormView(opened.fields, given.typed), both.theirs, draft.at
    return FormView(opened.fields, opened.now), (), None


def _offered(model: ProcessModel, offers: list[dict[str, Any]]) -> dict[str, Any]:
    """What comes next: this person's, with what goes along with the case above; apart from it what others do."""
    own: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for offer in offers:
        is_above, is_others = model.actions[offer["action"]].carried, is_personal(offer)
        offer["may_change"] = not offer["allowed"] and not is_others
        (own if is_above or not is_others else others).append(offer)
    return {"own": own, "others": others}


def _compared(theirs: tuple[Both, ...]) -> list[tuple[str, tuple[str, ...], tuple[str, ...], bool]]:
    return [
        (both.field.label, words(both.field, both.theirs, both.name), words(both.field, both.mine, both.name),
         both.is_contested)
        for both in theirs
    ]  # fmt: skip


def _lost(visit: Visit, work: Work, at: At, actor: Actor, back: Back | None, refused: Refused) -> Response:
    """Of somebody who may not change the case, or not any more: why, and what they had typed, to copy."""
    draft = draft_of(visit, work, actor.person_id, f"{at.page}/sua")
    typed = back.typed if back else draft.typed if draft else {}
    return visit.page(
        "cases/edit_lost.html.j2",
        visit.frame(work, actor),
        status=status_of(refused),
        title=visit.tr("Chưa sửa được hồ sơ này"),
        at=at,
        said=visit.said(refused),
        kept=[value for name, values in typed.items() if name[0] != "_" for value in values if value.strip()],
    )
