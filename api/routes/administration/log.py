"""The administration's log, for the administrators and auditors of the highest level."""

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from api.dependencies import ID_PATTERN, EngineDep, Secret, looking
from api.errors import documented
from api.routes.collection import answer
from api.schemas import Page
from engine.administration import log
from engine.errors import InvalidInput, NotAuthenticated, NotPerformer
from engine.runtime.administering import Reach
from engine.runtime.database import Row
from engine.runtime.present import instant


class LogEntry(BaseModel):
    """A change of what the office has; `actor` null: the command line. `hash` covers the entry and all before it."""

    seq: int
    at: datetime
    actor: str | None
    what: str
    subject: str
    payload: dict[str, Any]
    hash: str


def routes() -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/administration", tags=["administration"])

    @router.get(
        "/history",
        operation_id="administration_history",
        summary="Nhật ký quản trị, mới nhất trước",
        response_model=Page[LogEntry],
        responses=documented(NotAuthenticated, NotPerformer, InvalidInput),
    )
    def history(
        engine: EngineDep,
        secret: Secret,
        limit: Annotated[int, Query(ge=1, le=100, description="How many at most")] = 50,
        cursor: Annotated[str | None, Query(pattern=ID_PATTERN, description="`next` of the part before")] = None,
    ) -> Response:
        with looking(engine, secret) as (work, actor):
            log.must_read(Reach(work, actor))
            rows = log.entries(work.tx, int(cursor) if cursor else None, limit + 1)
        items = [_shown(row) for row in rows[:limit]]
        return answer({"items": items, "next": str(items[-1]["seq"]) if len(rows) > limit else None})

    return router


def _shown(row: Row) -> dict[str, Any]:
    return {
        "seq": row["seq"],
        "at": instant(row["at"]),
        "actor": row["actor_name"],
        "what": row["what"],
        "subject": row["subject"],
        "payload": json.loads(row["payload"]),
        "hash": row["hash"],
    }
