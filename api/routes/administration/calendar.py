"""The working calendar."""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.dependencies import EngineDep, Secret, looking
from api.documentation import Bodies
from api.errors import documented
from api.routes.administration.changes import Change, add
from api.routes.collection import answer
from api.schemas import Page
from engine.administration import calendar
from engine.administration.forms import NewDay
from engine.errors import InvalidInput, NotAuthenticated


class Day(BaseModel):
    """A day on which offices do not keep to Monday to Friday, and who said so."""

    day: date
    kind: Literal["working", "off"]
    name: str
    source: str
    entered_at: datetime


class EnteredDay(Day):
    tasks_due_from_then: int = Field(description="Running tasks due on that day or later; their dates stay")


def routes(bodies: Bodies) -> APIRouter:
    """The routes of the calendar."""
    router = APIRouter(prefix="/calendar-days", tags=["administration"])

    @router.get(
        "",
        operation_id="calendar_days_list",
        summary="Ngày nghỉ và ngày làm bù của một năm",
        response_model=Page[Day],
        responses=documented(NotAuthenticated, InvalidInput),
    )
    def days(engine: EngineDep, secret: Secret, year: Annotated[int, Query(ge=2000, le=2100)]) -> Response:
        with looking(engine, secret) as (work, _):
            return answer({"items": calendar.days(work.tx, year), "next": None})

    add(
        router,
        bodies,
        Change(
            operation="calendar_days_add", path="", summary="Ghi ngày nghỉ hoặc ngày làm bù", form=NewDay,
            shown=EnteredDay, status=201, perform=lambda desk, _, form: calendar.add_day(desk, form),
        ),
    )  # fmt: skip
    return router
