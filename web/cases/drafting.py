"""What is typed and not yet sent: kept while somebody types, given back when they return, dropped when they ask."""

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

from engine.instants import LOCAL
from engine.runtime import drafts
from engine.runtime.drafts import Draft
from engine.runtime.work import Work
from web.cases.reaching import At, CaseKey
from web.doors import local_path, page_router
from web.forms.view import typed_in
from web.visits import OWN_FIELDS, PLACE_FIELD, VERSION_FIELD, Visit, Visiting, in_thread

DROP_FIELD = "_drop"
LONGEST = 200_000  # characters


def drafting_routes() -> APIRouter:
    """POST …/nhap beside each form that keeps what is typed in it."""
    router = page_router()

    @router.post("/{collection}/{case_id:int}/sua/nhap")
    async def editing(visit: Visiting, collection: str, case_id: CaseKey) -> Response:
        return await _keep_of_case(visit, At(collection, case_id), f"/{collection}/{case_id}/sua")

    @router.post("/{collection}/{case_id:int}/viec/{action}/nhap")
    async def acting(visit: Visiting, collection: str, case_id: CaseKey, action: str) -> Response:
        return await _keep_of_case(visit, At(collection, case_id), f"/{collection}/{case_id}/viec/{action}")

    @router.post("/{collection}/moi/nhap")
    async def beginning(visit: Visiting, collection: str) -> Response:
        visit.engine.registry.collection(collection)
        return await _keep(visit, f"/{collection}/moi")

    return router


def draft_of(visit: Visit, work: Work, person_id: int | None, place: str) -> Draft | None:
    """What this person has typed in the form at that address and not sent."""
    return drafts.find(work.tx, person_id, place) if person_id is not None else None


async def drop(visit: Visit, place: str) -> None:
    """Forget what was typed there."""
    await visit.write(lambda tx, person_id: drafts.drop(tx, person_id, place))


async def _keep_of_case(visit: Visit, at: At, place: str) -> Response:
    def must_see() -> None:
        with visit.look() as (work, actor):
            at.row(visit, work, actor)

    await in_thread(must_see)
    return await _keep(visit, place)


async def _keep(visit: Visit, address: str) -> Response:
    """Keep what is typed, whatever it is; says when. Drops it instead where the form asks for that."""
    form = await visit.form()
    place = local_path(str(form.get(PLACE_FIELD, "")))
    if place.partition("?")[0] != address:
        place = address
    if form.get(DROP_FIELD):
        await drop(visit, place)
        return visit.go(place, visit.tr("Đã bỏ bản nháp. Biểu mẫu trở lại như hồ sơ hiện nay."))
    typed = {name: values for name, values in typed_in(form).items() if name not in OWN_FIELDS}
    if sum(len(value) for values in typed.values() for value in values) > LONGEST:
        return PlainTextResponse(visit.tr("Nội dung quá dài nên chưa giữ được bản nháp: hãy bấm Lưu."), 413)
    version, now = str(form.get(VERSION_FIELD, "")), visit.engine.wall()
    seen = int(version) if version.isascii() and version.isdigit() and len(version) < 15 else 0
    await visit.write(lambda tx, person_id: drafts.keep(tx, person_id, place, typed, seen, now))
    return PlainTextResponse(visit.tr("Đã giữ lúc {time}", time=f"{now.astimezone(LOCAL):%H:%M}"))
