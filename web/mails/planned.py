"""What goes out by itself next: when, to whom and why."""

from fastapi import APIRouter
from starlette.responses import Response

from notifications.door import After, planned, waiting
from web.doors import page_router
from web.mails.filters import KIND_WORDS, filter_of
from web.mails.log import PLACE
from web.visits import Visiting

NEXT = f"{PLACE}/sap-gui"
A_PAGE = 50
MOST_WAITING = 100


def planned_mail_routes() -> APIRouter:
    """GET /thu/sap-gui."""
    router = page_router()

    @router.get(NEXT)
    def page(visit: Visiting, sau: str = "") -> Response:
        given = filter_of(visit.request.query_params)
        with visit.look() as (work, actor):
            found = planned(work, actor, given.wanted, after_of(sau), A_PAGE)
            onward = found["next"]
            return visit.page(
                "mails/planned.html.j2",
                visit.frame(work, actor),
                reminders=found["items"],
                onward=given.query(sau=f"{onward.due_at}-{onward.timer_id}") if onward else "",
                waiting=waiting(work, actor, given.wanted, MOST_WAITING) if not sau else [],
                filter=given,
                kind_words=KIND_WORDS,
            )

    return router


def after_of(text: str) -> After | None:
    """The place that an address names: "1720573200000000-12"."""
    due_at, _, key = text.partition("-")
    if not all(part.isascii() and part.isdigit() and len(part) < 18 for part in (due_at, key)):
        return None
    return After(int(due_at), int(key))
