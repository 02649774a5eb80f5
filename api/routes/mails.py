"""The mails about a case: who was written to, what the mail servers said; and having a failed one tried again."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.bodies import no_body
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
from api.routes.collection import READ, Collection, answer
from api.schemas import Key, Page
from engine.definition.documents import canonical
from engine.definition.performing import Actor
from engine.errors import (
    ActionNotAvailable,
    KeyReused,
    NotAuthenticated,
    NotFound,
    NotPerformer,
    ScopeMissing,
    Unavailable,
)
from engine.runtime import commands
from engine.runtime.service import Answer
from engine.runtime.work import Work
from notifications.door import mails_of_case, retry

MailId = Annotated[str, Path(alias="id", pattern=ID_PATTERN)]
_MEMBERS = (
    "id", "at", "recipient", "address", "subject", "kind", "state", "fault", "request_id", "next_attempt_at",
    "attempts",
)  # fmt: skip


class MailAttempt(BaseModel):
    """One try: `outcome` is null while it is under way."""

    n: int
    at: datetime
    outcome: Literal["sent", "temporary", "permanent", "unknown"] | None
    reply: str | None


class Mail(BaseModel):
    """A message about the case; the address is masked, the text stays with its recipient."""

    id: Key
    at: datetime
    recipient: str
    address: str
    subject: str
    kind: str
    state: Literal["queued", "sent", "failed"]
    fault: str | None
    request_id: str = Field(description="What it follows from, as in the history; of several, the tick that wrote it")
    next_attempt_at: datetime | None
    attempts: list[MailAttempt]


def add(place: Collection) -> None:
    """The route."""

    @place.router.get(
        f"{place.one}/mails",
        operation_id=place.operation("mails"),
        summary="Thư về hồ sơ này, cũ nhất trước",
        response_model=Page[Mail],
        responses=READ,
    )
    def mails(engine: EngineDep, secret: Secret, case_id: CaseId) -> Response:
        with looking(engine, secret) as (work, actor):
            row = commands.load(work, place.model, int(case_id), actor)
            items = mails_of_case(work.tx, row["id"])
        return answer({"items": items, "next": None})


router = APIRouter(prefix="/mails", tags=["mails"])


@router.post(
    "/{id}/retry",
    operation_id="mails_retry",
    summary="Gửi lại một thư lỗi, đúng nội dung đã soạn",
    response_model=Mail,
    responses=documented(
        NotAuthenticated, ScopeMissing, NotFound, NotPerformer, ActionNotAvailable, KeyReused, Unavailable, *BODY
    ),
    openapi_extra={**change_headers(IDEMPOTENCY_KEY), **Bodies.nothing()},
    dependencies=[Depends(no_body)],
)
async def retry_mail(engine: EngineDep, asked: Asked, mail_id: MailId) -> Response:
    """For who looks after all the cases it is about. It leaves with the next tick."""

    def perform(work: Work, actor: Actor) -> Answer:
        item = retry(work, actor, int(mail_id))
        return Answer(200, canonical({name: item[name] for name in _MEMBERS}))

    return reply(await answered(engine.change(asked, perform)))
