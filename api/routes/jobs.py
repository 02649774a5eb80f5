"""Long work of the person asking: how far it has come, what became of each row, its file; and stopping it."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.bodies import no_body
from api.dependencies import ID_PATTERN, Asked, EngineDep, Secret, answered, looking, reply
from api.documentation import Bodies
from api.errors import BODY, documented
from api.files import disposition
from api.paging import Cursor, Limit, before, part
from api.routes.collection import answer
from api.schemas import Key, Page
from engine.definition.documents import canonical
from engine.definition.performing import Actor
from engine.errors import InvalidInput, NotAuthenticated, NotFound, ScopeMissing, Unavailable
from engine.jobs import reading
from engine.jobs.exports import MEDIA_TYPES
from engine.jobs.reading import JobState, Outcome
from engine.jobs.results import file_of
from engine.runtime.accounts import Scope
from engine.runtime.service import Answer
from engine.runtime.work import Work

JobId = Annotated[str, Path(alias="id", pattern=ID_PATTERN, description="Key of the job")]
READ = documented(NotAuthenticated, ScopeMissing, NotFound, InvalidInput)


class Outcomes(BaseModel):
    """How many rows have come to what."""

    waiting: int
    done: int
    refused: int
    failed: int


class Job(BaseModel):
    """Long work: `done` of `total` rows have been tried; `reason` says why it failed. Deleted at `expires_at`."""

    id: Key
    kind: Literal["start", "act", "export"]
    title: str
    state: JobState
    done: int
    total: int
    outcomes: Outcomes
    reason: str
    created_at: datetime
    ended_at: datetime | None
    expires_at: datetime
    file: str = Field(description="Name of the file that an export has made; empty before")


class JobCase(BaseModel):
    id: Key
    collection: str
    code: str


class JobRow(BaseModel):
    """A row of work; `case`: what it is about, or has begun."""

    position: int
    what: str
    outcome: Outcome
    sentence: str
    case: JobCase | None


def routes(bodies: Bodies) -> APIRouter:
    """The five routes."""
    router = APIRouter(prefix="/jobs", tags=["jobs"])
    _list(router)
    _one(router)
    _file(router)
    _cancel(router, bodies)
    return router


def _list(router: APIRouter) -> None:
    @router.get(
        "",
        operation_id="jobs_list",
        summary="Tác vụ dài của tôi, mới nhất trước",
        response_model=Page[Job],
        responses=documented(NotAuthenticated, ScopeMissing, InvalidInput),
    )
    def jobs(
        engine: EngineDep,
        secret: Secret,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response:
        with looking(engine, secret) as (work, actor):
            found = reading.jobs_of(work, actor, before(cursor), limit + 1)
        return answer(part([_shown(one) for one in found], limit))


def _one(router: APIRouter) -> None:
    @router.get("/{id}", operation_id="jobs_get", summary="Một tác vụ", response_model=Job, responses=READ)
    def job(engine: EngineDep, secret: Secret, job_id: JobId) -> Response:
        with looking(engine, secret) as (work, actor):
            return answer(_shown(reading.job_of(work, actor, int(job_id))))

    @router.get(
        "/{id}/rows",
        operation_id="jobs_rows",
        summary="Kết quả từng dòng",
        response_model=Page[JobRow],
        responses=READ,
    )
    def rows(
        engine: EngineDep,
        secret: Secret,
        job_id: JobId,
        limit: Limit = 50,
        cursor: Annotated[str | None, Query(pattern="^[1-9][0-9]{0,8}$")] = None,
    ) -> Response:
        with looking(engine, secret) as (work, actor):
            reading.job_of(work, actor, int(job_id))
            found = reading.rows_of(work, int(job_id), int(cursor or 0), limit + 1)
        shown = [{name: value for name, value in row.items() if name != "given"} for row in found]
        return answer(part(shown, limit, lambda row: row["position"]))


def _file(router: APIRouter) -> None:
    @router.get(
        "/{id}/file",
        operation_id="jobs_file",
        summary="Tệp kết quả",
        response_class=Response,
        responses={**READ, 200: {"description": "The file", "content": {kind: {} for kind in MEDIA_TYPES.values()}}},
    )
    def file(engine: EngineDep, secret: Secret, job_id: JobId) -> Response:
        """What was exported; of other work, a CSV of its rows as far as they have come."""
        with looking(engine, secret) as (work, actor):
            found = file_of(work, actor, int(job_id))
        return Response(found.content, 200, {"Content-Disposition": disposition(found.name)}, found.media_type)


def _cancel(router: APIRouter, bodies: Bodies) -> None:
    @router.post(
        "/{id}/cancel",
        operation_id="jobs_cancel",
        summary="Dừng tác vụ",
        response_model=Job,
        responses=documented(NotAuthenticated, ScopeMissing, NotFound, InvalidInput, *BODY, Unavailable),
        openapi_extra=bodies.nothing(),
        dependencies=[Depends(no_body)],
    )
    async def cancel(engine: EngineDep, asked: Asked, job_id: JobId) -> Response:
        """The chunk that runs is finished; what is done stays done. Work that has ended stays as it is."""

        def perform(work: Work, actor: Actor) -> Answer:
            return Answer(200, canonical(_shown(reading.cancel(work, actor, int(job_id)))))

        return reply(await answered(engine.change(replace(asked, key=""), perform, Scope.ACT)))


def _shown(job: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in job.items() if name in Job.model_fields}
