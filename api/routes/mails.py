"""The mails about a case: who was written to, and what the mail servers said."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel
from starlette.responses import Response

from api.dependencies import CaseId, EngineDep, Secret, looking
from api.routes.collection import READ, Collection, answer
from api.schemas import Key, Page
from engine.runtime import commands
from notifications.door import mails_of_case


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
