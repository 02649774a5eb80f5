"""The administration's log, for the administrators and auditors of the highest level."""

import json
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from api.dependencies import EngineDep, Secret, looking
from api.errors import documented
from api.paging import Cursor, Limit, before, part
from api.routes.collection import answer
from api.schemas import Page
from engine.administration import log
from engine.errors import InvalidInput, NotAuthenticated, NotPerformer
from engine.runtime.administering import Reach
from engine.runtime.database import Row
from engine.runtime.history import digits
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
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response:
        with looking(engine, secret) as (work, actor):
            log.must_read(Reach(work, actor))
            found = log.entries(work.tx, before(cursor), limit + 1)
        return answer(part([_shown(row) for row in found], limit, lambda entry: entry["seq"]))

    return router


def _shown(row: Row) -> dict[str, Any]:
    return {
        "seq": row["seq"],
        "at": instant(row["at"]),
        "actor": row["actor_name"],
        "what": row["what"],
        "subject": row["subject"],
        "payload": json.loads(row["payload"]),
        "hash": digits(row["hash"]),
    }
