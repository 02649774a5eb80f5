"""Units and their kinds."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.dependencies import ID_PATTERN, EngineDep, Secret, looking
from api.documentation import Bodies
from api.errors import documented
from api.routes.administration.changes import Change, add
from api.routes.administration.days import Day
from api.routes.collection import answer
from api.schemas import Key, Page
from engine.administration import units
from engine.administration.forms import UNIT_CODE, WORD, NewKind, NewUnit, UnitClosing, UnitPatch
from engine.errors import InvalidInput, NotAuthenticated, NotFound

LIST = documented(NotAuthenticated, InvalidInput)


class Unit(BaseModel):
    """A unit; `authority` is its own code when it decides itself, both dates belong to its life."""

    code: str
    name: str
    kind: str
    mail: str | None
    identifier: str | None
    groups: list[str]
    parent: str | None
    authority: str
    valid_from: date
    valid_to: date | None
    successors: list[str]
    predecessors: list[str]


class WaitingCase(BaseModel):
    """An open case that nobody has taken over: it goes on with `POST /{collection}/{id}/transfer`."""

    id: Key
    collection: str
    code: str


class ClosedUnit(Unit):
    """A unit that ends, and what ended and moved with it; `cases_waiting` are those that stay."""

    memberships_ended: list[str] = Field(description="user name/role")
    mandates_ended: int
    seats_passed_on: list[str] = Field(description="authority/role")
    cases_transferred: int
    tasks_moved: int
    cases_waiting: list[WaitingCase]


class UnitKind(BaseModel):
    """A kind of unit; level 1 is the highest."""

    code: str
    name: str
    rank: int


def routes(bodies: Bodies) -> APIRouter:
    """The routes of units and kinds."""
    router = APIRouter(tags=["administration"])
    _kinds(router)
    _list(router)
    _get(router)
    add(
        router,
        bodies,
        Change(
            operation="unit_kinds_add", path="/unit-kinds", summary="Thêm loại đơn vị", form=NewKind, shown=UnitKind,
            status=201, perform=lambda desk, _, form: units.add_kind(desk, form),
        ),
        Change(
            operation="units_add", path="/units", summary="Thêm đơn vị", form=NewUnit, shown=Unit, status=201,
            perform=lambda desk, _, form: units.enter(desk, form),
        ),
        Change(
            operation="units_change", path="/units/{code}", method="PATCH", summary="Sửa đơn vị", form=UnitPatch,
            shown=Unit, perform=units.revise,
        ),
        Change(
            operation="units_close", path="/units/{code}/closing", form=UnitClosing, shown=ClosedUnit,
            summary="Kết thúc đơn vị: giải thể, chia tách, sáp nhập", perform=units.close,
        ),
    )  # fmt: skip
    return router


def _kinds(router: APIRouter) -> None:
    @router.get(
        "/unit-kinds",
        operation_id="unit_kinds_list",
        summary="Các loại đơn vị, cấp cao nhất trước",
        response_model=Page[UnitKind],
        responses=LIST,
    )
    def kinds(engine: EngineDep, secret: Secret) -> Response:
        with looking(engine, secret) as (work, _):
            return answer({"items": units.kinds(work.tx), "next": None})


def _list(router: APIRouter) -> None:
    @router.get(
        "/units",
        operation_id="units_list",
        summary="Các đơn vị",
        response_model=Page[Unit],
        responses=LIST,
    )
    def list_units(
        engine: EngineDep,
        secret: Secret,
        on: Annotated[Day, Query(description="Only units that exist on that date")] = None,
        kind: Annotated[str | None, Query(pattern=WORD)] = None,
        parent: Annotated[str | None, Query(pattern=UNIT_CODE, description="Only units right below that one")] = None,
        limit: Annotated[int, Query(ge=1, le=1000, description="How many at most")] = 500,
        cursor: Annotated[str | None, Query(pattern=ID_PATTERN, description="`next` of the part before")] = None,
    ) -> Response:
        with looking(engine, secret) as (work, _):
            found = units.units(work, on=on, kind=kind, parent=parent)
        start = int(cursor or 0)
        is_more = len(found) > start + limit
        return answer({"items": found[start : start + limit], "next": str(start + limit) if is_more else None})


def _get(router: APIRouter) -> None:
    @router.get(
        "/units/{code}",
        operation_id="units_get",
        summary="Xem đơn vị",
        response_model=Unit,
        responses=documented(NotAuthenticated, InvalidInput, NotFound),
    )
    def get_unit(engine: EngineDep, secret: Secret, code: Annotated[str, Path(pattern=UNIT_CODE)]) -> Response:
        with looking(engine, secret) as (work, _):
            return answer(units.unit_of(work, code))
