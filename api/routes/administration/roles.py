"""Who holds which role: memberships of people, seats of units."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.dependencies import EngineDep, Secret, looking
from api.documentation import Bodies
from api.errors import documented
from api.routes.administration.changes import Change, add
from api.routes.administration.days import Day
from api.routes.administration.people import HeldRole
from api.routes.collection import answer
from api.schemas import Key, Labelled, Named, Page
from engine.administration import roles
from engine.administration.forms import UNIT_CODE, Closing, NewMembership, NewSeat
from engine.definition.language import Seat
from engine.errors import InvalidInput, NotAuthenticated


class RoleCard(Labelled):
    """A role; `seat`: whether it is held in each unit, or once for the authority that decides (see /seats)."""

    seat: Seat


class SeatCard(BaseModel):
    """Which unit holds a role for an authority."""

    id: Key
    role: Labelled
    authority: Named
    unit: Named
    from_: date = Field(alias="from")
    to: date | None


class ChangedSeat(SeatCard):
    """A seat that was taken or ended; the tasks that went with it today."""

    tasks_moved: int


def routes(bodies: Bodies) -> APIRouter:
    """The routes of memberships and seats."""
    router = APIRouter(tags=["administration"])
    _roles(router)
    _seats(router)
    add(
        router,
        bodies,
        Change(
            operation="memberships_add", path="/people/{id}/memberships", summary="Giao vai trò trong đơn vị",
            form=NewMembership, shown=HeldRole, status=201,
            perform=lambda desk, key, form: roles.grant(desk, int(key), form),
        ),
        Change(
            operation="memberships_close", path="/memberships/{id}/closing", summary="Kết thúc vai trò đã giao",
            form=Closing, shown=HeldRole, perform=lambda desk, key, form: roles.end(desk, int(key), form.last_day),
        ),
        Change(
            operation="seats_add", path="/seats", summary="Giao cơ quan giữ vai trò", form=NewSeat, shown=ChangedSeat,
            status=201, perform=lambda desk, _, form: roles.take_seat(desk, form),
        ),
        Change(
            operation="seats_close", path="/seats/{id}/closing", summary="Kết thúc cơ quan giữ vai trò", form=Closing,
            shown=ChangedSeat, perform=lambda desk, key, form: roles.leave_seat(desk, int(key), form.last_day),
        ),
    )  # fmt: skip
    return router


def _roles(router: APIRouter) -> None:
    @router.get(
        "/roles",
        operation_id="roles_list",
        summary="Các vai trò có thể giao",
        response_model=Page[RoleCard],
        responses=documented(NotAuthenticated, InvalidInput),
    )
    def list_roles(engine: EngineDep, secret: Secret) -> Response:
        """The codes by which memberships, seats, mandates and spreadsheets name them."""
        with looking(engine, secret) as (work, _):
            known = work.registry.roles.values()
        items = [{"code": role.code, "label": role.label, "seat": role.seat.value} for role in known]
        return answer({"items": items, "next": None})


def _seats(router: APIRouter) -> None:
    @router.get(
        "/seats",
        operation_id="seats_list",
        summary="Cơ quan nào giữ vai trò nào",
        response_model=Page[SeatCard],
        responses=documented(NotAuthenticated, InvalidInput),
    )
    def seats(
        engine: EngineDep,
        secret: Secret,
        authority: Annotated[str | None, Query(pattern=UNIT_CODE)] = None,
        on: Annotated[Day, Query(description="Only seats held on that date")] = None,
    ) -> Response:
        """A role that no unit has the seat of is held in the authority itself."""
        with looking(engine, secret) as (work, _):
            return answer({"items": roles.seats(work, authority=authority, on=on), "next": None})
