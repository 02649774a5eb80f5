"""People, for administrators."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.dependencies import ID_PATTERN, EngineDep, Secret, looking
from api.documentation import Bodies
from api.errors import documented
from api.paging import part
from api.routes.administration.changes import Change, add
from api.routes.collection import answer
from api.schemas import Key, Labelled, Named, Page
from engine.administration import people
from engine.administration.desk import Desk
from engine.administration.forms import UNIT_CODE, Leaving, NewPerson, PersonPatch
from engine.errors import InvalidInput, NotAuthenticated, NotFound, NotPerformer


class HeldRole(BaseModel):
    """A role held in a unit from one day to another, both included."""

    id: Key
    role: Labelled
    unit: Named
    from_: date = Field(alias="from")
    to: date | None


class PersonCard(BaseModel):
    """A person as administrators see them; `has_password`: they can log in with one."""

    id: Key
    username: str
    name: str
    mail: str
    staff_code: str | None
    active: bool
    has_password: bool
    memberships: list[HeldRole]


class HandedTask(BaseModel):
    """A task that was assigned to the person; `given_to` null: to all who hold its role."""

    id: Key
    todo: str
    case: Key
    code: str
    collection: str
    given_to: str | None


class Vacancy(BaseModel):
    role: Labelled
    unit: Named


class Left(BaseModel):
    """What ended when somebody left, and what nobody holds any more."""

    person: PersonCard
    memberships_ended: list[HeldRole]
    mandates_ended: int
    tasks: list[HandedTask]
    without_holder: list[Vacancy]


def routes(bodies: Bodies) -> APIRouter:
    """The routes of people."""
    router = APIRouter(prefix="/people", tags=["administration"])
    _list(router)
    _get(router)
    add(
        router,
        bodies,
        Change(
            operation="people_add", path="", summary="Thêm người dùng", form=NewPerson, shown=PersonCard, status=201,
            perform=lambda desk, _, form: people.enter(desk, form),
        ),
        Change(
            operation="people_change", path="/{id}", method="PATCH", summary="Sửa người dùng", form=PersonPatch,
            shown=PersonCard, perform=lambda desk, key, form: people.revise(desk, int(key), form),
        ),
        Change(
            operation="people_leave", path="/{id}/leaving", summary="Cho người dùng thôi việc và bàn giao",
            form=Leaving, shown=Left, perform=lambda desk, key, form: people.leave(desk, int(key), form),
        ),
    )  # fmt: skip
    return router


def _list(router: APIRouter) -> None:
    @router.get(
        "",
        operation_id="people_list",
        summary="Người dùng của các đơn vị mình quản trị",
        response_model=Page[PersonCard],
        responses=documented(NotAuthenticated, NotPerformer, InvalidInput),
    )
    def list_people(
        engine: EngineDep,
        secret: Secret,
        unit: Annotated[str | None, Query(pattern=UNIT_CODE)] = None,
        active: Annotated[Literal["true", "false"] | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=200, description="How many at most")] = 100,
        cursor: Annotated[str | None, Query(pattern=ID_PATTERN, description="`next` of the part before")] = None,
    ) -> Response:
        """Also those who hold nothing yet."""
        with looking(engine, secret) as (work, actor):
            is_active = active == "true" if active else None
            found = people.people(
                Desk(work, actor), unit=unit, active=is_active, after=int(cursor or 0), most=limit + 1
            )  # fmt: skip
        return answer(part(found, limit))


def _get(router: APIRouter) -> None:
    @router.get(
        "/{id}",
        operation_id="people_get",
        summary="Xem người dùng",
        response_model=PersonCard,
        responses=documented(NotAuthenticated, NotPerformer, NotFound, InvalidInput),
    )
    def get_person(
        engine: EngineDep, secret: Secret, key: Annotated[str, Path(alias="id", pattern=ID_PATTERN)]
    ) -> Response:
        with looking(engine, secret) as (work, actor):
            desk = Desk(work, actor)
            people.must_see(desk, int(key))
            return answer(people.person_of(desk, int(key)))
