"""Whose the open task of a case is: take it, give it to somebody, give it back."""

from fastapi import APIRouter
from starlette.responses import Response

from api.dependencies import answered
from api.errors import status_of
from engine.errors import InvalidInput, NotAuthenticated, NotFound, Refused
from engine.runtime import assignments
from engine.runtime.present import brief
from web.cases.reaching import At, CaseKey, done
from web.doors import page_router
from web.visits import Visit, Visiting, in_thread

PERSON, RELEASE = "person", "-"


def assigning_routes() -> APIRouter:
    """GET and POST /{collection}/{id}/giao-viec."""
    router = page_router()

    @router.get("/{collection}/{case_id:int}/giao-viec")
    def show(visit: Visiting, collection: str, case_id: CaseKey) -> Response:
        return _page(visit, At(collection, case_id))

    @router.post("/{collection}/{case_id:int}/giao-viec")
    async def assign(visit: Visiting, collection: str, case_id: CaseKey) -> Response:
        return await _assign(visit, At(collection, case_id))

    return router


async def _assign(visit: Visit, at: At) -> Response:
    form = await visit.form()
    person = str(form.get(PERSON, ""))
    try:
        if not person:
            raise InvalidInput({PERSON: visit.tr("Hãy chọn một người.")})
        asking = await visit.asking(form)
        to = None if person == RELEASE else person
        answer = await answered(visit.engine.assign(asking, at.model(visit), at.case_id, to))
    except (NotAuthenticated, NotFound):
        raise
    except Refused as refused:
        refusal = refused
        return await in_thread(lambda: _page(visit, at, refusal))
    label = "Giao việc" if to else "Trả việc"
    return visit.go(at.page, await in_thread(lambda: done(visit, at, answer, label)))


def _page(visit: Visit, at: At, refused: Refused | None = None) -> Response:
    with visit.look() as (work, actor):
        row = at.row(visit, work, actor)
        return visit.page(
            "cases/assign.html.j2",
            visit.frame(work, actor),
            status=status_of(refused) if refused else 200,
            title=visit.tr("Giao việc"),
            at=at,
            case=brief(work, row),
            giving=assignments.giving(work, row, actor),
            faults=dict(refused.fields) if isinstance(refused, InvalidInput) else {},
            said=visit.said(refused) if refused else "",
        )
