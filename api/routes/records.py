"""What a case has gathered: its history and its tasks."""

from starlette.responses import Response

from api.dependencies import CaseId, EngineDep, Secret, looking
from api.paging import Cursor, Limit
from api.routes.collection import READ, Collection, answer
from api.schemas import HistoryEntry, Page, Task
from engine.runtime import commands, queries
from engine.runtime.present import history_json, task_json


def add(place: Collection) -> None:
    """The routes."""
    _history(place)
    _tasks(place)


def _history(place: Collection) -> None:
    @place.router.get(
        f"{place.one}/history",
        operation_id=place.operation("history"),
        summary="Lịch sử, từ đầu",
        response_model=Page[HistoryEntry],
        responses=READ,
    )
    def history(
        engine: EngineDep,
        secret: Secret,
        case_id: CaseId,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Response:
        with looking(engine, secret) as (work, actor):
            row = commands.load(work, place.model, int(case_id), actor)
            entries = queries.history_of(work.tx, row["id"], int(cursor or 0), limit + 1)
            items = [history_json(work, row, entry, actor) for entry in entries[:limit]]
        return answer({"items": items, "next": str(items[-1]["seq"]) if len(entries) > limit else None})


def _tasks(place: Collection) -> None:
    @place.router.get(
        f"{place.one}/tasks",
        operation_id=place.operation("tasks"),
        summary="Các việc của hồ sơ, kể cả đã xong",
        response_model=Page[Task],
        responses=READ,
    )
    def tasks(engine: EngineDep, secret: Secret, case_id: CaseId) -> Response:
        with looking(engine, secret) as (work, actor):
            row = commands.load(work, place.model, int(case_id), actor)
            items = [task_json(work, task) for task in queries.tasks_of(work.tx, row["id"])]
        return answer({"items": items, "next": None})
