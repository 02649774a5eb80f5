"""What is typed and not yet sent: kept while somebody types, given back when they return, dropped when they ask."""

import re
from datetime import datetime

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import PlainTextResponse, Response

from engine.errors import InvalidInput
from engine.instants import LOCAL
from engine.runtime import drafts
from engine.runtime.drafts import Draft
from engine.runtime.work import Work
from web.cases.reaching import At, CaseKey
from web.doors import page_router
from web.forms.view import typed_in
from web.visits import (
    OWN_FIELDS,
    PLACE_FIELD,
    Guest,
    Visit,
    Visiting,
    in_thread,
    is_shown,
    local_path,
    version_of,
)

DROP_FIELD = "_drop"
LOCATED = re.compile(r"parent=[0-9]{1,18}|bieu-mau=[a-z0-9_-]{1,100}|o=1")
"""What else than its path may say which form a draft belongs to: a new case's parent, one of several forms."""


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


def place_of(guest: Guest, given: str) -> str:
    """The address of a form, as drafts are kept under it; empty when no form is there."""
    path, _, query = given.partition("?")
    if local_path(given) != given or not is_shown(guest.request, path):
        return ""
    return given if LOCATED.fullmatch(query) else path


def draft_of(visit: Visit, work: Work, person_id: int | None, place: str) -> Draft | None:
    """What this person has typed in the form at that address and not sent."""
    return drafts.find(work.tx, person_id, place, visit.engine.wall()) if person_id is not None else None


async def keep(visit: Visit, place: str, form: FormData) -> datetime:
    """Keep what the form at that address holds; when that was, aware UTC.

    Raises:
        InvalidInput: it is too long.
    """
    typed = {name: values for name, values in typed_in(form).items() if name not in OWN_FIELDS}
    seen, now = version_of(form) or 0, visit.engine.wall()
    await visit.write(lambda tx, person_id: drafts.keep(tx, person_id, place, typed, seen, now))
    return now


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
    place = place_of(visit, str(form.get(PLACE_FIELD, "")))
    if place.partition("?")[0] != address:
        place = address
    if form.get(DROP_FIELD):
        await drop(visit, place)
        return visit.go(place, visit.tr("Đã bỏ bản nháp. Biểu mẫu trở lại như hồ sơ hiện nay."))
    try:
        now = await keep(visit, place, form)
    except InvalidInput:
        return PlainTextResponse(visit.tr("Nội dung quá dài nên chưa giữ được bản nháp: hãy bấm Lưu."), 413)
    return PlainTextResponse(visit.tr("Đã giữ lúc {time}", time=f"{now.astimezone(LOCAL):%H:%M}"))
