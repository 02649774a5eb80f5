"""Trách nhiệm của đơn vị (unit obligation): every office, school and enterprise carries the campaign out
and files a result report (plan I.2 "100 %", V.1), or is excused with a reason."""

from typing import Any

from pydantic import BaseModel, Field

from engine.definition import (
    EDIT,
    Begin,
    Case,
    Duty,
    End,
    Phase,
    Process,
    Rung,
    Task,
    Tell,
    action,
    guard,
    process,
    until,
    within,
)
from workflows.awards import Paper, papers
from workflows.forms import Reason
from workflows.roles import APPRAISAL_HEAD, APPRAISER, AUDITOR, PROPOSER, PROPOSER_HEAD


class ObligationDossier(BaseModel):
    activities: str = Field("", title="Hoạt động đã triển khai", max_length=20_000)
    result: str = Field("", title="Kết quả", max_length=20_000)
    returned: tuple[Reason, ...] = Field((), title="Các lần yêu cầu hoàn thiện")
    excuse: Reason | None = Field(None, title="Lý do được miễn")


CAMPAIGN_ENDING = (
    Rung(-20, (PROPOSER,)),
    Rung(-10, (PROPOSER,)),
    Rung(-5, (PROPOSER,)),
    Rung(0, (PROPOSER, PROPOSER_HEAD)),
    Rung(1, (PROPOSER,)),
    Rung(3, (PROPOSER, PROPOSER_HEAD)),
    Rung(5, (PROPOSER, PROPOSER_HEAD, APPRAISER), every=2),
)
CHECK = (Rung(0, (APPRAISER,)), Rung(1, (APPRAISER, APPRAISAL_HEAD), every=2))

SEPARATE = (Duty("report", "báo cáo", (EDIT, "report")), Duty("check", "kiểm tra", ("accept", "send_back")))
CONCERNED = (PROPOSER, PROPOSER_HEAD, APPRAISER, APPRAISAL_HEAD, AUDITOR)
PRIVATE = {"returned": CONCERNED, "excuse": CONCERNED}


# fmt: off
@process(
    code="unit_obligation", collection="unit-obligations", title="Trách nhiệm thực hiện phong trào", prefix="TN",
    dossier=ObligationDossier, headline=lambda d: "Thực hiện phong trào thi đua và báo cáo kết quả",
    begin=Begin(below={"campaign": ()}), watchers=(APPRAISER,), obligation=True, papers=papers(Paper.BAO_CAO_KET_QUA),
    separate=SEPARATE, private=PRIVATE,
)
class UnitObligation(Process):
    assigned = Task("Đang triển khai",        "Triển khai và gửi báo cáo kết quả", PROPOSER,  until("campaign.reports_due_on"), phase=Phase.DRAFTED, remind=CAMPAIGN_ENDING, edits=("activities", "result"), initial=True)
    reported = Task("Đã gửi báo cáo",         "Kiểm tra báo cáo kết quả",          APPRAISER, within("report_check"),           phase=Phase.SUBMITTED, remind=CHECK)
    returned = Task("Yêu cầu hoàn thiện",     "Hoàn thiện báo cáo kết quả",        PROPOSER,  within("plan_completion"),        phase=Phase.SUBMITTED, remind=CAMPAIGN_ENDING[3:], edits=("activities", "result"))
    accepted = End("Đã hoàn thành")
    excused  = End("Được miễn", good=False)

    report = action("Gửi báo cáo kết quả", assigned.to(reported, cond="report_written") | returned.to(reported, cond="report_written"))
    send_back = action("Yêu cầu hoàn thiện", reported.to(returned), form=Reason, into="returned", tells=(Tell("returned", (PROPOSER_HEAD,)),))
    accept = action("Xác nhận hoàn thành", reported.to(accepted), tells=(Tell("accepted", (PROPOSER,)),))
    excuse = action("Miễn thực hiện",      assigned.to(excused) | returned.to(excused), by=APPRAISAL_HEAD, form=Reason, into="excuse",
                    tells=(Tell("excused", (PROPOSER, PROPOSER_HEAD)),))
    # fmt: on

    @guard("Chưa ghi hoạt động và kết quả, hoặc chưa đính kèm báo cáo kết quả", remedy="Ghi hoạt động, kết quả và đính kèm báo cáo kết quả", title="Có hoạt động, kết quả và báo cáo đính kèm")
    def report_written(case: Case[Any]) -> bool:
        written = bool(case.dossier.activities and case.dossier.result)
        return written and any(document.kind == Paper.BAO_CAO_KET_QUA for document in case.documents)
