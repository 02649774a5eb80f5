"""A small campaign with a duty for each unit: papers, a rule with a citation, a group move, a way back."""

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from engine.definition import (
    NO_DEADLINE,
    Begin,
    Case,
    End,
    LegalRow,
    Mark,
    Phase,
    Process,
    Role,
    Rule,
    Rung,
    Seat,
    Start,
    Task,
    action,
    guard,
    process,
    timer,
    until,
    within,
)
from engine.definition.deadlines import AT_DEADLINE
from tests.leave_request.process import HEAD, OFFICER

APPRAISER = Role("appraiser", "Chuyên viên", Seat.AUTHORITY)
ADMINISTRATOR = Role("admin", "Quản trị", Seat.AUTHORITY, sees_all=True)

LAW = (
    LegalRow("time_limit", "check", {"working_days": 3}, "Quy định của hệ thống", Mark.DESIGN),
    LegalRow("rule", "result_given", {"severity": "block"}, "Kế hoạch, mục V.1", Mark.DESIGN),
    LegalRow("rule", "result_long", {"severity": "block"}, "Điều chưa kiểm chứng", Mark.UNVERIFIED),
)


class Plan(BaseModel):
    title: str = Field("", title="Tên", max_length=100)
    due_on: date | None = Field(None, title="Hạn báo cáo")


class Returned(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    reason: str = Field(title="Lý do", min_length=3)


class Line(BaseModel):
    subject: str
    count: int = Field(ge=0)


class Result(BaseModel):
    result: str = Field("", title="Kết quả", max_length=200)
    lines: tuple[Line, ...] = Field((), title="Danh sách", max_length=5)
    returned: tuple[Returned, ...] = Field((), title="Các lần trả lại")
    excuse: Returned | None = Field(None, title="Lý do miễn")


def _start_below(case: Case[Plan]) -> tuple[Start, ...]:
    return tuple(Start("duty", unit.code, unit.code) for unit in case.units if unit.kind == "ward")


# fmt: off
@process(
    code="campaign", collection="campaigns", title="Phong trào", prefix="PT", dossier=Plan,
    headline=lambda plan: plan.title or "Phong trào", begin=Begin(by=(APPRAISER,)), needs_units=True,
    everyone_sees=True,
)
class Campaign(Process):
    draft   = Task("Dự thảo",        "Soạn kế hoạch", APPRAISER, NO_DEADLINE,      phase=Phase.DRAFTED, edits=("title", "due_on"), initial=True)
    running = Task("Đang thực hiện", "Theo dõi",      APPRAISER, until("due_on"),  phase=Phase.APPRAISED)
    closed  = End("Đã kết thúc")

    launch = action("Phát động", draft.to(running), effects=_start_below)
    finish = action("Kết thúc",  running.to(closed), carries="settle")
    lapse  = timer("Hết hạn",    running.to(closed), at=AT_DEADLINE)


@process(
    code="duty", collection="duties", title="Trách nhiệm", prefix="TN", dossier=Result,
    headline=lambda result: "Báo cáo kết quả", begin=Begin(below={"campaign": ()}), watchers=(APPRAISER,),
    obligation=True, papers={"REPORT": "Báo cáo kết quả"},
)
class Duty(Process):
    assigned  = Task("Đang làm",     "Gửi báo cáo",   OFFICER,   until("campaign.due_on"), phase=Phase.DRAFTED, edits=("result", "lines"), remind=(Rung(-2, (OFFICER,)),), initial=True)
    reported  = Task("Đã báo cáo",   "Kiểm tra",      APPRAISER, within("check"),          phase=Phase.SUBMITTED)
    sent_back = Task("Bị trả lại",   "Bổ sung",       OFFICER,   within("check"),          phase=Phase.DRAFTED, edits=("result",))
    accepted  = Task("Đã tiếp nhận", "Chờ kết thúc",  APPRAISER, NO_DEADLINE,              phase=Phase.APPROVED)
    completed = End("Hoàn thành")
    excused   = End("Được miễn", good=False)

    report    = action("Gửi báo cáo", assigned.to(reported) | sent_back.to(reported),
                       rules=(Rule("result_given", lambda case: None if case.dossier.result else "Chưa có kết quả"),
                              Rule("result_long", lambda case: None if len(case.dossier.result) > 5 else "Kết quả quá ngắn")))
    send_back = action("Trả lại",     reported.to(sent_back), form=Returned, into="returned")
    accept    = action("Tiếp nhận",   reported.to(accepted))
    excuse    = action("Miễn",        assigned.to(excused), by=APPRAISER, form=Returned, into="excuse")
    settle    = action("Chốt",        assigned.to(completed, cond="was_accepted") | reported.to(completed, cond="was_accepted")
                       | sent_back.to(completed, cond="was_accepted") | accepted.to(completed), carried=True)

    @guard("Chưa được tiếp nhận")
    def was_accepted(case: Case[Any]) -> bool:
        return case.state == "accepted"


__all__ = ["ADMINISTRATOR", "APPRAISER", "HEAD", "LAW", "OFFICER", "Campaign", "Duty"]
