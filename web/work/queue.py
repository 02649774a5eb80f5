"""The lists of cases: the queue of what waits, all cases that one may see, and the views that people keep of them."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from engine.errors import InvalidInput
from engine.runtime import saved_views
from web.doors import page_router
from web.visits import Visit, Visiting, in_thread
from web.work.tables import narrowing, part_of
from web.work.views import View, view_of

QUEUE, CASES = "/hang-doi", "/ho-so"
READY_MADE: tuple[tuple[str, dict[str, str]], ...] = (
    ("Việc của tôi", {}),
    ("Đã giao cho tôi", {"cua": "toi"}),
    ("Chưa ai nhận", {"cua": "trong"}),
    ("Quá hạn", {"qua_han": "1"}),
    ("Chờ hơn 5 ngày làm việc", {"cho": "5"}),
    ("Cả đơn vị", {"cua": "phong"}),
)
"""The views of the queue that everybody has: their names, and what they ask."""


def queue_routes() -> APIRouter:
    """GET /hang-doi, GET /ho-so; POST to keep and to drop a view of them."""
    router = page_router()

    @router.get(QUEUE)
    def queue(visit: Visiting) -> Response:
        return _page(visit, _view(QUEUE, dict(visit.request.query_params)))

    @router.get(CASES)
    def cases(visit: Visiting) -> Response:
        return _page(visit, _view(CASES, dict(visit.request.query_params)))

    @router.post(f"{QUEUE}/bo-loc")
    async def keep(visit: Visiting) -> Response:
        form = await visit.form()
        path = CASES if form.get("danh_sach") == CASES else QUEUE
        view = _view(path, {name: value for name, value in form.items() if isinstance(value, str)})
        name = str(form.get("ten", ""))
        try:
            await visit.write(lambda tx, person: saved_views.keep(tx, person, path, name, view.query))
        except InvalidInput as refused:
            fault = refused.fields["ten"]
            return await in_thread(lambda: _page(visit, view, name=name, fault=fault, status=422))
        return visit.go(view.link(), visit.tr("Đã lưu bộ lọc «{name}».", name=name))

    @router.post(f"{QUEUE}/bo-loc/xoa")
    async def drop(visit: Visiting) -> Response:
        form = await visit.form()
        key = str(form.get("id", ""))
        number = int(key) if key.isascii() and key.isdigit() and len(key) < 18 else 0
        await visit.write(lambda tx, person: saved_views.drop(tx, person, number))
        path = CASES if form.get("danh_sach") == CASES else QUEUE
        return visit.go(path, visit.tr("Đã bỏ bộ lọc."))

    return router


def _view(path: str, params: dict[str, str]) -> View:
    if path == QUEUE:
        return view_of(path, params, cua="vai", sap="han")
    return view_of(path, params, sap="ma")


def _page(visit: Visit, view: View, *, name: str = "", fault: str = "", status: int = 200) -> Response:
    with visit.look() as (work, actor):
        shown: dict[str, Any] = {**part_of(work, actor, view), **narrowing(work, actor, view)}
        template = "work/queue.html.j2" if view.path == QUEUE else "work/cases.html.j2"
        return visit.page(
            template, visit.frame(work, actor), status=status, ready_made=READY_MADE, name=name, fault=fault, **shown
        )
