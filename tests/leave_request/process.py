"""Đơn xin nghỉ (leave request): the smallest useful process, one approval and a reminder."""

from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from engine.definition import (
    Begin,
    Case,
    End,
    Phase,
    Process,
    Role,
    Rung,
    Task,
    Tell,
    action,
    guard,
    process,
    working_days,
)

OFFICER = Role("officer", "Cán bộ")
HEAD = Role("head", "Thủ trưởng")


class Leave(BaseModel):
    reason: str = Field("", title="Lý do")
    first_day: date | None = Field(None, title="Ngày đầu")
    days: int = Field(0, title="Số ngày", ge=0, le=30)
    answer: str = Field("", title="Trả lời")


class Refusal(BaseModel):
    answer: str = Field(title="Lý do không đồng ý", min_length=3)


REMINDERS = (Rung(-1, (HEAD,)), Rung(1, (HEAD,), every=2))


# fmt: off
@process(
    code="leave_request", collection="leave-requests", title="Đơn xin nghỉ", prefix="DN",
    dossier=Leave, headline=lambda leave: leave.reason or "Đơn xin nghỉ", begin=Begin(by=(OFFICER,)),
)
class LeaveRequest(Process):
    drafted  = Task("Đang soạn",  "Viết đơn",   OFFICER, working_days(5), phase=Phase.DRAFTED, edits=("reason", "first_day", "days"), initial=True)
    waiting  = Task("Chờ duyệt",  "Duyệt đơn",  HEAD,    working_days(2), phase=Phase.SUBMITTED, remind=REMINDERS)
    granted  = End("Đồng ý",      phase=Phase.APPROVED)
    refused  = End("Không đồng ý", good=False)

    submit = action("Nộp đơn",   drafted.to(waiting, cond="has_days"))
    grant  = action("Đồng ý",    waiting.to(granted), tells=(Tell("granted", (OFFICER,)),))
    refuse = action("Từ chối",   waiting.to(refused), form=Refusal, tells=(Tell("refused", (OFFICER,)),))

    @guard("Chưa ghi ngày nghỉ và số ngày")
    def has_days(case: Case[Any]) -> bool:
        return case.dossier.first_day is not None and case.dossier.days > 0
