"""How long cases are kept: what is due for archiving, archiving it, and holding a case back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.bodies import body_of
from api.dependencies import (
    IF_MATCH,
    Asked,
    CaseId,
    EngineDep,
    Secret,
    answered,
    change_headers,
    looking,
    reply,
)
from api.documentation import Bodies
from api.errors import BODY, documented
from api.paging import Cursor, Limit, before, part
from api.reasons import ReasonWish
from api.routes.collection import CHANGE, Collection, answer
from api.routes.subjects import change_case
from api.schemas import CaseBrief, Page
from engine.definition.documents import canonical
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.errors import GuardUnmet, InvalidInput, NotAuthenticated, NotPerformer, ReadOnly, ScopeMissing, Unavailable
from engine.privacy import holds, retention
from engine.runtime.accounts import Scope
from engine.runtime.database import Row
from engine.runtime.service import Answer
from engine.runtime.work import Work

HOLD = documented(*CHANGE, ScopeMissing, GuardUnmet, ReadOnly, *BODY)
ARCHIVE = documented(NotAuthenticated, ScopeMissing, NotPerformer, InvalidInput, *BODY, Unavailable)
Hold = Callable[[Work, ProcessModel, Row, str, Actor], Row]


class RetentionRule(BaseModel):
    """The legal row; `mark` as in /legal-rows."""

    key: str
    years: int
    citation: str
    mark: str


class DueCase(BaseModel):
    """A closed case whose time is over. Unless a rule is confirmed, it only proposes: confirm_rule."""

    case: CaseBrief
    closed_on: date
    due_on: date
    rule: RetentionRule
    outcome: Literal["archive", "confirm_rule", "held"]


class ArchivingWish(BaseModel):
    dry_run: bool = Field(description="Say what would be archived, and change nothing")


class Archived(BaseModel):
    """What was archived, or would be; `more`: ask again for the rest."""

    dry_run: bool
    items: list[DueCase]
    more: bool


def routes(bodies: Bodies) -> APIRouter:
    """What is asked across cases."""
    router = APIRouter(prefix="/retention", tags=["retention"])
    _due(router)
    _archive(router, bodies)
    return router


def add(place: Collection) -> None:
    """The holds of a case."""
    _hold(place, "hold", holds.HOLD, holds.hold)
    _hold(place, "hold/release", holds.RELEASE, holds.release)


def _due(router: APIRouter) -> None:
    @router.get(
        "",
        operation_id="retention_due",
        summary="Hồ sơ đến hạn lưu trữ, theo quy tắc nào",
        response_model=Page[DueCase],
        responses=documented(NotAuthenticated, NotPerformer, InvalidInput),
    )
    def due(
        engine: EngineDep,
        secret: Secret,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response:
        """For those who see all cases of an authority; the newest first."""
        with looking(engine, secret) as (work, actor):
            found = retention.due(work, actor, before(cursor), limit + 1)
        return answer(part(found, limit, lambda one: one["case"]["id"]))


def _archive(router: APIRouter, bodies: Bodies) -> None:
    @router.post(
        "/archiving",
        operation_id="retention_archive",
        summary="Đưa hồ sơ đến hạn vào lưu trữ",
        response_model=Archived,
        responses=ARCHIVE,
        openapi_extra=bodies.body("ArchivingWish", ArchivingWish),
    )
    async def archive(
        engine: EngineDep, asked: Asked, wish: Annotated[ArchivingWish, Depends(body_of(ArchivingWish))]
    ) -> Response:
        """A hundred at most, by confirmed rules, none that is held. Nothing is deleted: a case becomes read-only."""

        def perform(work: Work, actor: Actor) -> Answer:
            return Answer(200, canonical(retention.archive(work, actor, dry_run=wish.dry_run)))

        return reply(await answered(engine.change(replace(asked, key=""), perform, Scope.ADMINISTER)))


def _hold(place: Collection, path: str, verb: str, hold: Hold) -> None:
    @place.router.post(
        f"{place.one}/{path}",
        operation_id=place.operation(verb),
        summary=f"{holds.LABELS[verb]}: {place.model.title}",
        responses={**HOLD, **place.answers()},
        openapi_extra={
            **place.bodies.body(f"{place.name}{verb.capitalize()}", ReasonWish),
            **change_headers(IF_MATCH),
        },
    )
    async def change_hold(
        engine: EngineDep, asked: Asked, case_id: CaseId, wish: Annotated[ReasonWish, Depends(body_of(ReasonWish))]
    ) -> Response:
        """For those who see all cases of the authority. A case that is held is never archived."""

        def change(work: Work, row: Row, actor: Actor) -> Row:
            return hold(work, place.model, row, wish.reason, actor)

        return await change_case(place, engine, asked, case_id, change, Scope.ADMINISTER)
