"""The receipt of a tờ trình: a page to print, for who handed it in and for who received it."""

from fastapi import APIRouter
from starlette.responses import Response

from engine.jobs.receipts import receipt
from notifications.door import mails_of_case
from web.cases.reaching import At, CaseKey
from web.doors import page_router
from web.visits import Visiting

COLLECTION = "submissions"


def receipt_routes() -> APIRouter:
    """GET /submissions/{id}/bien-nhan."""
    router = page_router()

    @router.get(f"/{COLLECTION}/{{case_id:int}}/bien-nhan")
    def show(visit: Visiting, case_id: CaseKey) -> Response:
        at = At(COLLECTION, case_id)
        with visit.look() as (work, actor):
            row = at.row(visit, work, actor)
            return visit.page(
                "entry/receipt.html.j2",
                visit.frame(work, actor),
                title=visit.tr("Giấy biên nhận"),
                at=at,
                made=receipt(work, row, actor),
                mails=mails_of_case(work.tx, row["id"]),
            )

    return router
