"""Mandates: who acts for whom, in which role, until when."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.dependencies import EngineDep, Secret, looking
from api.documentation import Bodies
from api.errors import documented
from api.routes.administration.changes import Change, add
from api.routes.administration.days import Day
from api.routes.collection import answer
from api.schemas import Key, Labelled, Named, Page
from engine.administration import mandates
from engine.administration.desk import Desk
from engine.administration.forms import Closing, NewMandate
from engine.errors import InvalidInput, NotAuthenticated
from engine.runtime.accounts import Scope


class Somebody(BaseModel):
    id: Key
    name: str


class MandateCard(BaseModel):
    """A mandate; `powers` empty: everything that the role may do."""

    id: Key
    principal: Somebody
    deputy: Somebody
    role: Labelled
    unit: Named
    powers: list[str]
    capacity: Literal["KT.", "TUQ.", "TL."]
    paper: str
    from_: date = Field(alias="from")
    to: date


def routes(bodies: Bodies) -> APIRouter:
    """The routes of mandates. To give away the power to sign takes what signing takes."""
    router = APIRouter(prefix="/mandates", tags=["administration"])
    _list(router)
    add(
        router,
        bodies,
        Change(
            operation="mandates_give", path="", summary="Lập giấy ủy quyền", form=NewMandate, shown=MandateCard,
            status=201, needs=Scope.SIGN, perform=lambda desk, _, form: mandates.give(desk, form),
        ),
        Change(
            operation="mandates_close", path="/{id}/closing", summary="Kết thúc ủy quyền sớm", form=Closing,
            shown=MandateCard, needs=Scope.ACT,
            perform=lambda desk, key, form: mandates.end(desk, int(key), form.last_day),
        ),
    )  # fmt: skip
    return router


def _list(router: APIRouter) -> None:
    @router.get(
        "",
        operation_id="mandates_list",
        summary="Giấy ủy quyền đã lập, đã nhận, và của các đơn vị mình quản trị",
        response_model=Page[MandateCard],
        responses=documented(NotAuthenticated, InvalidInput),
    )
    def list_mandates(
        engine: EngineDep,
        secret: Secret,
        on: Annotated[Day, Query(description="Only those in force on that date")] = None,
    ) -> Response:
        with looking(engine, secret) as (work, actor):
            return answer({"items": mandates.mandates(Desk(work, actor), on=on), "next": None})
