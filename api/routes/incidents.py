"""Incidents: what the engine could not do, for the administrator."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel
from starlette.responses import Response

from api.bodies import no_body
from api.dependencies import (
    ID_PATTERN,
    IDEMPOTENCY_KEY,
    Asked,
    EngineDep,
    Secret,
    answered,
    change_headers,
    looking,
    reply,
)
from api.documentation import Bodies
from api.errors import BODY, documented
from api.routes.collection import answer
from api.schemas import Key, Page
from engine.definition.decide import Actor
from engine.definition.documents import canonical
from engine.errors import ActionNotAvailable, InvalidInput, KeyReused, NotAuthenticated, NotFound, Unavailable
from engine.runtime import incidents
from engine.runtime.service import Answer
from engine.runtime.work import Work

REPAIR = documented(NotAuthenticated, NotFound, ActionNotAvailable, KeyReused, Unavailable, *BODY)
IncidentId = Annotated[str, Path(alias="id", pattern=ID_PATTERN)]
Repair = Callable[[Work, int, Actor], dict[str, Any]]


class Incident(BaseModel):
    """Something to repair; `can_retry`: what was refused can be tried again."""

    id: Key
    at: datetime
    what: str
    case: Key
    code: str
    collection: str
    can_retry: bool
    resolved_at: datetime | None


router = APIRouter(prefix="/incidents", tags=["incidents"])


@router.get(
    "",
    operation_id="incidents_list",
    summary="Sự cố chưa xử lý, cũ nhất trước",
    response_model=Page[Incident],
    responses=documented(NotAuthenticated, InvalidInput),
)
def list_incidents(engine: EngineDep, secret: Secret) -> Response:
    """The ones that are yours to repair."""
    with looking(engine, secret) as (work, actor):
        return answer({"items": incidents.open_incidents(work, actor), "next": None})


def _repair(verb: str, summary: str, repair: Repair) -> None:
    @router.post(
        f"/{{id}}/{verb}",
        operation_id=f"incidents_{verb}",
        summary=summary,
        response_model=Incident,
        responses=REPAIR,
        openapi_extra={**change_headers(IDEMPOTENCY_KEY), **Bodies.nothing()},
        dependencies=[Depends(no_body)],
    )
    async def change(engine: EngineDep, asked: Asked, incident_id: IncidentId) -> Response:
        def perform(work: Work, actor: Actor) -> Answer:
            return Answer(200, canonical(repair(work, int(incident_id), actor)))

        return reply(await answered(engine.change(asked, perform)))


_repair("retry", "Thử lại việc đã bị từ chối", incidents.retry)
_repair("resolve", "Kết thúc sự cố", incidents.resolve)
