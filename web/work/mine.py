"""The first page: of everybody who is logged in what waits for them, of anybody else the way in."""

from itertools import groupby
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from engine.errors import NotAuthenticated
from engine.runtime import queries
from engine.runtime.present import brief, task_json
from web.doors import page_router
from web.visits import Anybody, Visit

MOST = 100
OVERDUE, TODAY, WEEK, LATER = "Đã quá hạn", "Hôm nay", "Trong tuần làm việc này", "Sau đó"
WEEK_DAYS = 5  # working days


def my_work_routes() -> APIRouter:
    """GET /."""
    router = page_router()

    @router.get("/")
    def first(guest: Anybody) -> Response:
        if not guest.secret:
            return guest.page("public/front.html.j2")
        try:
            return _mine(Visit(guest.request, guest.engine, guest.settings, guest.secret, guest.language))
        except NotAuthenticated:
            return guest.page("public/front.html.j2")

    return router


def _mine(visit: Visit) -> Response:
    with visit.look() as (work, actor):
        rows = queries.work_queue(work, actor, None, MOST + 1)
        cases = queries.cases_by_id(work.tx, (row["instance_id"] for row in rows[:MOST]))
        tasks = [{**task_json(work, row), "case": brief(work, cases[row["instance_id"]])} for row in rows[:MOST]]
        groups = [(name, list(found)) for name, found in groupby(tasks, _group)]
        return visit.page("work/mine.html.j2", visit.frame(work, actor), groups=groups, is_more=len(rows) > MOST)


def _group(task: dict[str, Any]) -> str:
    left = task["days_left"]
    if left is None or left > WEEK_DAYS:
        return LATER
    if left < 0:
        return OVERDUE
    return TODAY if left == 0 else WEEK
