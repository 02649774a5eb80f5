"""The demo's own routes: move its clock, read its mail. Only `thidua demo` has them."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field
from starlette.responses import Response

from api.bodies import body_of
from api.clock import DemoClock
from api.dependencies import EngineDep, Secret, looking
from api.documentation import Bodies
from api.errors import BODY, documented
from api.paging import Cursor, Limit, before
from api.routes.collection import answer
from api.schemas import Key, Page
from api.ticker import Ticker
from engine.definition.decide import Actor
from engine.errors import InvalidInput, NotAuthenticated, NotPerformer
from engine.instants import to_micros
from engine.runtime.present import instant
from engine.runtime.work import Work
from notifications.door import mailbox

LAST_YEAR = 2100


class ClockReading(BaseModel):
    now: datetime


class DemoMail(BaseModel):
    """A mail as it was received; `recipients` are account names."""

    id: Key
    at: datetime
    recipients: list[str]
    name: str
    address: str
    subject: str
    text: str
    headers: dict[str, str]
    instance: Key | None
    instances: list[Key]


class ClockMove(BaseModel):
    now: AwareDatetime = Field(title="Thời điểm mới, có múi giờ")


def routes(bodies: Bodies, ticker: Ticker, clock: DemoClock) -> APIRouter:
    """The routes over one demo."""
    router = APIRouter(prefix="/demo", tags=["demo"])

    @router.post(
        "/clock",
        operation_id="demo_move_clock",
        summary="Đưa đồng hồ của bản chạy thử đi tới; trả lời khi mọi việc đến hạn đã xong",
        response_model=ClockReading,
        responses=documented(NotAuthenticated, NotPerformer, *BODY),
        openapi_extra=bodies.body("ClockMove", ClockMove),
    )
    async def move_clock(
        engine: EngineDep, secret: Secret, move: Annotated[ClockMove, Depends(body_of(ClockMove))]
    ) -> Response:
        def advance() -> Response:
            with looking(engine, secret) as (work, actor):
                _must_administrate(work, actor)
            _check(move.now)
            ticker.advance(clock, move.now)
            return answer({"now": instant(to_micros(clock()))})

        return await asyncio.to_thread(advance)

    @router.get(
        "/mails",
        operation_id="demo_mails",
        summary="Thư đã gửi, mới nhất trước",
        response_model=Page[DemoMail],
        responses=documented(NotAuthenticated, NotPerformer, InvalidInput),
    )
    def mails(
        engine: EngineDep,
        secret: Secret,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response:
        with looking(engine, secret) as (work, _):
            return answer(mailbox(work.tx, before(cursor), limit))

    return router


def _must_administrate(work: Work, actor: Actor) -> None:
    role = work.registry.administrator
    if role.code not in {code for code, _ in actor.memberships}:
        raise NotPerformer(action="Chỉnh đồng hồ", who=role.label)


def _check(now: datetime) -> None:
    if now.year >= LAST_YEAR:
        raise InvalidInput({"now": f"phải trước năm {LAST_YEAR}"})
