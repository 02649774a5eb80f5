"""Actions of one process: what may be done now, one route for each that a person may take, and whose the task is."""

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.bodies import body_of, no_body
from api.dependencies import Asked, CaseId, EngineDep, Secret, answered, looking, reply
from api.documentation import Bodies
from api.errors import BODY, documented
from api.refusals import UnknownAction
from api.routes.collection import CHANGE, CHANGE_HEADERS, READ, Collection, answer, type_name
from api.schemas import OfferedAction, Page
from engine.definition.language import Action
from engine.runtime import commands
from engine.runtime.present import actions_json

ACT = documented(*CHANGE, *BODY)


def add(place: Collection) -> None:
    """The routes; the explicit ones go before the one that answers for every other name."""
    _offers(place)
    _assignment(place)
    for action in place.model.actions.values():
        if _is_for_people(action):
            (_act_with_form if action.form else _act)(place, action)
    _unknown(place)


def _is_for_people(action: Action) -> bool:
    return action.at is None and not action.carried


def _offers(place: Collection) -> None:
    @place.router.get(
        f"{place.one}/actions",
        operation_id=place.operation("actions"),
        summary="Việc có thể làm, và vì sao chưa",
        response_model=Page[OfferedAction],
        responses=READ,
    )
    def actions(engine: EngineDep, secret: Secret, case_id: CaseId) -> Response:
        with looking(engine, secret) as (work, actor):
            row = commands.load(work, place.model, int(case_id), actor)
            return answer({"items": actions_json(work, row, actor), "next": None})


class Assignment(BaseModel):
    person: str | None = Field(max_length=200, description="User name of who is to do it; null: anybody of the role")


def _assignment(place: Collection) -> None:
    @place.router.post(
        f"{place.one}/assignment",
        operation_id=place.operation("assign"),
        summary="Nhận việc, giao việc, trả việc",
        responses={**ACT, **place.answers()},
        openapi_extra={**place.bodies.body(f"{place.name}Assignment", Assignment), **CHANGE_HEADERS},
    )
    async def assign(
        engine: EngineDep, asked: Asked, case_id: CaseId, wish: Annotated[Assignment, Depends(body_of(Assignment))]
    ) -> Response:
        return reply(await answered(engine.assign(asked, place.model, int(case_id), wish.person)))


def _act_with_form(place: Collection, action: Action) -> None:
    form = action.form
    assert form is not None, "asked before"
    name = f"{place.name}{type_name(action.id)}Form"

    @place.router.post(
        f"{place.one}/actions/{action.id}",
        operation_id=place.operation(f"act_{action.id}"),
        summary=action.label,
        responses={**ACT, **place.answers()},
        openapi_extra={**place.bodies.body(name, form), **CHANGE_HEADERS},
    )
    async def act(
        engine: EngineDep, asked: Asked, case_id: CaseId, filled: Annotated[BaseModel, Depends(body_of(form))]
    ) -> Response:
        return reply(await answered(engine.act(asked, place.model, int(case_id), action.id, filled)))

    place.shortcuts.add(place.model.collection, action.id, act, form)


def _act(place: Collection, action: Action) -> None:
    @place.router.post(
        f"{place.one}/actions/{action.id}",
        operation_id=place.operation(f"act_{action.id}"),
        summary=action.label,
        dependencies=[Depends(no_body)],
        responses={**ACT, **place.answers()},
        openapi_extra={**Bodies.nothing(), **CHANGE_HEADERS},
    )
    async def act(engine: EngineDep, asked: Asked, case_id: CaseId) -> Response:
        return reply(await answered(engine.act(asked, place.model, int(case_id), action.id, None)))

    place.shortcuts.add(place.model.collection, action.id, act, None)


def _unknown(place: Collection) -> None:
    @place.router.post(f"{place.one}/actions/{{action}}", include_in_schema=False)
    def unknown(engine: EngineDep, secret: Secret, case_id: CaseId, action: str) -> Response:
        model = place.model
        with looking(engine, secret) as (work, actor):
            row = commands.load(work, model, int(case_id), actor)
            available = [name for name in model.actions_from(row["state"]) if _is_for_people(model.actions[name])]
            raise UnknownAction(action=action, available=", ".join(available) or "không có")
