"""The work queue: what waits for the person asking."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.dependencies import EngineDep, Secret, looking
from api.errors import documented
from api.paging import Limit
from api.routes.collection import answer
from api.schemas import Page, QueuedTask
from engine.errors import InvalidInput, NotAuthenticated
from engine.runtime import queries
from engine.runtime.database import Row
from engine.runtime.present import brief, task_json
from engine.runtime.queue import BEYOND, QueuePlace, place_of, work_queue

CURSOR_PATTERN = "^[0-9]{1,19}-[1-9][0-9]{0,17}-[1-9][0-9]{0,17}$"

router = APIRouter(prefix="/tasks", tags=["tasks"])


@router.get(
    "",
    operation_id="tasks_list",
    summary="Việc đang chờ tôi, gấp nhất trước",
    response_model=Page[QueuedTask],
    responses=documented(NotAuthenticated, InvalidInput),
)
def list_tasks(
    engine: EngineDep,
    secret: Secret,
    whose: Annotated[Literal["me"], Query(alias="for", description="Whose queue")] = "me",
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(pattern=CURSOR_PATTERN, description="`next` of the part before")] = None,
) -> Response:
    """The running tasks of your roles in your units, by due date; those without one come last."""
    with looking(engine, secret) as (work, actor):
        rows = work_queue(work, actor, _place(cursor), limit + 1)
        cases = queries.cases_by_id(work.tx, (row["instance_id"] for row in rows[:limit]))
        items = [{**task_json(work, row), "case": brief(work, cases[row["instance_id"]])} for row in rows[:limit]]
    return answer({"items": items, "next": _cursor(rows[limit - 1]) if len(rows) > limit else None})


def _place(cursor: str | None) -> QueuePlace | None:
    if cursor is None:
        return None
    due_at, case_id, task_id = map(int, cursor.split("-"))
    return QueuePlace(min(due_at, BEYOND), case_id, task_id)


def _cursor(row: Row) -> str:
    place = place_of(row)
    return f"{place.due_at}-{place.case_id}-{place.task_id}"
