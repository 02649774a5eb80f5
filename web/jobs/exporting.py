"""Order the list that a filter shows as a file."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import Response

from api.dependencies import answered
from engine.jobs.exports import MEDIA_TYPES
from engine.jobs.orders import Order, export_cases, order
from web.doors import local_path, page_router
from web.jobs.pages import JOBS
from web.visits import OWN_FIELDS, PLACE_FIELD, Visit, Visiting, in_thread
from web.work.filters import filter_of

FORM_FIELD = "kieu"
DEFAULT_FORM = "xlsx"


def export_routes() -> APIRouter:
    """POST /xuat: the fields of the list's own query, and `kieu`: xlsx or csv."""
    router = page_router()

    @router.post("/xuat")
    async def export(visit: Visiting) -> Response:
        form = await visit.form()
        given = {name: value for name, value in form.items() if isinstance(value, str) and name not in OWN_FIELDS}
        back = local_path(str(form.get(PLACE_FIELD, "/ho-so")))
        wanted = await in_thread(lambda: _order(visit, given, back))
        asking = await visit.asking(form)
        answer = await answered(order(visit.engine, asking, wanted))
        return visit.go(f"{JOBS}/{answer.location.rpartition('/')[2]}")

    return router


def _order(visit: Visit, given: Mapping[str, str], back: str) -> Order:
    kind = given.get(FORM_FIELD, DEFAULT_FORM)
    with visit.look() as (work, _):
        return export_cases(
            filter_of(work, given), kind if kind in MEDIA_TYPES else DEFAULT_FORM, visit.tr("Xuất danh sách hồ sơ"),
            back=back,
        )  # fmt: skip
