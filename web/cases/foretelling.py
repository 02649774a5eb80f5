"""The letters that an action would bring, shown before it is taken: with the form as it is filled in, and undone."""

from contextlib import suppress

from fastapi import APIRouter
from starlette.responses import Response

from api.errors import status_of
from api.installation import letterhead
from engine.definition.language import Action
from engine.errors import InvalidInput, NotAuthenticated, NotFound, Reason, Refused
from engine.runtime import changes
from engine.runtime.present import brief
from notifications.door import Foretold, current_head, preview, words_of
from web.cases.drafting import keep
from web.cases.reaching import At, Because, CaseKey, because
from web.doors import page_router
from web.forms.fields import fields_of
from web.forms.filling import filled
from web.forms.typed import Typed, shown
from web.forms.view import typed_in
from web.visits import Visit, Visiting, in_thread

MOST = 5


def foretelling_routes() -> APIRouter:
    """POST /{collection}/{id}/viec/{action}/xem-thu: the form of the action's page, by a button of its own."""
    router = page_router()

    @router.post("/{collection}/{case_id:int}/viec/{action}/xem-thu")
    async def foretell(visit: Visiting, collection: str, case_id: CaseKey, action: str) -> Response:
        at = At(collection, case_id)
        meta = at.model(visit).actions.get(action)
        if meta is None or meta.at is not None:
            raise NotFound(what=f"việc «{action}» của loại hồ sơ này")
        form = await visit.form()
        typed = typed_in(form)
        page = await in_thread(lambda: _page(visit, at, meta, typed), visit.request.app.state.rehearsing)
        if meta.form:
            with suppress(InvalidInput):  # too long to be kept
                await keep(visit, f"{at.page}/viec/{action}", form)
        return page

    return router


def _page(visit: Visit, at: At, meta: Action, typed: Typed) -> Response:
    try:
        letters, refused = _letters(visit, at, meta, typed), None
    except (NotAuthenticated, NotFound):
        raise
    except Refused as wrong:
        letters, refused = [], wrong
    with visit.look() as (work, actor):
        return visit.page(
            "cases/letters.html.j2",
            visit.frame(work, actor),
            status=status_of(refused) if refused else 200,
            title=visit.tr("Thư sẽ gửi"),
            case=brief(work, at.row(visit, work, actor)),
            at=at,
            action=meta,
            letters=letters[:MOST],
            others=[letter.name for letter in letters[MOST:]],
            said=visit.said(refused) if refused else "",
            reasons=_reasons(visit, refused),
        )


def _letters(visit: Visit, at: At, meta: Action, typed: Typed) -> list[Foretold]:
    fields = fields_of(meta.form) if meta.form else ()
    with visit.look() as (work, actor):
        row = at.row(visit, work, actor)
        dossier = changes.dossier_at(work, row, row["version"], actor)
        head = current_head(work.tx, letterhead(visit.settings))
    there = dossier.get(meta.into) if meta.into else dossier
    given = filled(fields, typed, shown(fields, there if isinstance(there, dict) else {}))
    given.must_be_readable(meta.form)
    form = given.document if meta.form else None
    return preview(
        visit.engine, words_of(visit.engine.registry), head, visit.secret, at.model(visit), at.case_id, meta.id, form
    )


def _reasons(visit: Visit, refused: Refused | None) -> list[Because]:
    """Why there are no letters yet; of a form, the sentences about its fields."""
    if isinstance(refused, InvalidInput):
        return [Because("", "", Reason(name, said)) for name, said in refused.fields.items()]
    return because(visit, refused) if refused else []
