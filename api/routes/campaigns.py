"""What campaigns have beside what every process has: the coverage of what units owe, and reminders of it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.bodies import body_of
from api.dependencies import (
    ID_PATTERN,
    IDEMPOTENCY_KEY,
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
from api.routes.collection import READ, answer
from api.schemas import Coverage, Key, Named
from engine.definition.documents import canonical
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.errors import KeyReused, NotAuthenticated, NotFound, NotPerformer, ScopeMissing, Unavailable
from engine.runtime import commands, coverage, reminding
from engine.runtime.service import Answer
from engine.runtime.work import Work

CAMPAIGN = "campaign"
MOST_CASES = 500

CaseKey = Annotated[str, Field(pattern=ID_PATTERN)]


class Reminded(BaseModel):
    """What one unit owes: who is reminded of it (`to`; nobody holds the role when empty: the unit's mail box), or
    why no reminder goes out (`against`). `is_due`: goes out when no cases are named."""

    case: Key
    code: str
    process: str
    unit: Named
    status: Literal["not_due", "due", "late", "submitted", "returned", "received", "excused", "done"]
    days_left: int | None
    is_due: bool
    to: list[str]
    against: str


class ReminderPlan(BaseModel):
    items: list[Reminded]


class RemindersSent(BaseModel):
    reminded: list[Reminded]
    left_out: list[Reminded]


class Reminders(BaseModel):
    cases: list[CaseKey] | None = Field(
        None, title="Hồ sơ cần đôn đốc; bỏ trống: mọi việc đến hạn, quá hạn hoặc bị trả lại", max_length=MOST_CASES
    )


def routes(model: ProcessModel, bodies: Bodies) -> APIRouter:
    """The routes, below the collection of the process that campaigns are."""
    router = APIRouter(prefix=f"/{model.collection}", tags=[model.collection])
    _coverage(router, model)
    _reminders(router, model, bodies)
    return router


def _coverage(router: APIRouter, model: ProcessModel) -> None:
    @router.get(
        "/{id}/coverage",
        operation_id=f"{model.code}_coverage",
        summary="Độ phủ: đơn vị × trách nhiệm",
        response_model=Coverage,
        responses=READ,
    )
    def get_coverage(engine: EngineDep, secret: Secret, case_id: CaseId) -> Response:
        """Units × obligations below the campaign, as far as you may see them."""
        with looking(engine, secret) as (work, actor):
            commands.load(work, model, int(case_id), actor)
            return answer(coverage.coverage(work, actor, int(case_id)))


def _reminders(router: APIRouter, model: ProcessModel, bodies: Bodies) -> None:
    @router.get(
        "/{id}/reminders",
        operation_id=f"{model.code}_reminders_plan",
        summary="Nếu đôn đốc bây giờ: ai nhận thư, việc nào không nhắc và vì sao",
        response_model=ReminderPlan,
        responses=READ | documented(NotPerformer),
    )
    def get_plan(engine: EngineDep, secret: Secret, case_id: CaseId) -> Response:
        with looking(engine, secret) as (work, actor):
            row = commands.load(work, model, int(case_id), actor)
            lines = reminding.plan(work, actor, row)
            return answer({"items": [reminding.line_json(line) for line in lines]})

    @router.post(
        "/{id}/reminders",
        operation_id=f"{model.code}_remind",
        summary="Đôn đốc các đơn vị còn thiếu",
        response_model=RemindersSent,
        responses=documented(
            NotAuthenticated, ScopeMissing, NotFound, NotPerformer, KeyReused, Unavailable, *BODY
        ),
        openapi_extra={**change_headers(IDEMPOTENCY_KEY), **bodies.body("Reminders", Reminders)},
    )  # fmt: skip
    async def remind(
        engine: EngineDep, asked: Asked, case_id: CaseId, given: Annotated[Reminders, Depends(body_of(Reminders))]
    ) -> Response:
        """A task is reminded of once a day; the mail keeps to office hours."""

        def perform(work: Work, actor: Actor) -> Answer:
            row = commands.load(work, model, int(case_id), actor)
            cases = None if given.cases is None else {int(key) for key in given.cases}
            return Answer(200, canonical(reminding.remind(work, actor, row, cases)))

        return reply(await answered(engine.change(asked, perform)))
