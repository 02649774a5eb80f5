"""Kế hoạch của phường (ward plan): each ward issues its own plan and sends it to the district through
Phòng Nội vụ within July 2024 (plan V.2.b). It is a filing: late is computed, never refused."""

from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from engine.definition import (
    EDIT,
    NO_DEADLINE,
    Asked,
    Begin,
    Case,
    Duty,
    End,
    Fact,
    Phase,
    Process,
    Register,
    Rung,
    Task,
    Tell,
    action,
    at_start_of,
    guard,
    process,
    timer,
    until,
    within,
)
from workflows.awards import Paper, papers
from workflows.forms import Form, Letter, Reason
from workflows.roles import ADMINISTRATOR, APPRAISAL_HEAD, APPRAISER, AUDITOR, WARD_CHAIR, WARD_OFFICER


class Completion(Reason):
    items: tuple[str, ...] = Field(title="Các mục cần hoàn thiện", min_length=1, max_length=20)


class ResultReport(Form):
    result: str = Field(title="Kết quả thực hiện", min_length=20, max_length=20_000)


class WardPlanDossier(BaseModel):
    purpose: str = Field("", title="Mục đích, yêu cầu", max_length=20_000)
    contents: str = Field("", title="Nội dung thi đua", max_length=20_000)
    starts_on: date | None = Field(None, title="Từ ngày")
    ends_on: date | None = Field(None, title="Đến ngày")
    organisation: str = Field("", title="Tổ chức thực hiện", max_length=20_000)
    plan: Letter | None = Field(None, title="Kế hoạch đã ký ban hành")
    remarks: Reason | None = Field(None, title="Ý kiến của Chủ tịch về dự thảo")
    submitted_at: str = Field("", title="Thời điểm gửi")
    returned: tuple[Completion, ...] = Field((), title="Các lần yêu cầu hoàn thiện")
    receipt_number: str = Field("", title="Số tiếp nhận")
    report: ResultReport | None = Field(None, title="Báo cáo kết quả")
    waiver: Reason | None = Field(None, title="Lý do không phải nộp")


def facts(case: Case[WardPlanDossier]) -> tuple[Fact, ...]:
    """Under "plan_of" proposals of the ward find its plan."""
    campaign = case.ancestors["campaign"]
    return (Fact("plan_of", f"{campaign.id}/{case.unit.code}"),)


SECTIONS = ("purpose", "contents", "starts_on", "ends_on", "organisation")


def wanted(requests: tuple[Completion, ...]) -> tuple[Asked, ...] | None:
    """Every section and the signed plan, with the items of the last request beside the plan; None before any."""
    if not requests:
        return None
    items = "; ".join(requests[-1].items)
    plan = Asked(Paper.KE_HOACH, "Hoàn thiện theo yêu cầu", items)
    return plan, *(Asked(name, "Sửa nếu thuộc các mục cần hoàn thiện") for name in SECTIONS)


# The ladder of the ward deadline: 10, 5, 2, 0 working days before, then every 2 after; the chair joins on
# the day itself and from +3, Phòng Nội vụ from +5.
CHASE = (
    Rung(-10, (WARD_OFFICER,)),
    Rung(-5, (WARD_OFFICER,)),
    Rung(-2, (WARD_OFFICER,)),
    Rung(0, (WARD_OFFICER, WARD_CHAIR)),
    Rung(1, (WARD_OFFICER,)),
    Rung(3, (WARD_OFFICER, WARD_CHAIR)),
    Rung(5, (WARD_OFFICER, WARD_CHAIR, APPRAISER), every=2),
)
SIGNING = (Rung(-2, (WARD_CHAIR,)), Rung(0, (WARD_OFFICER, WARD_CHAIR)), *CHASE[4:])
CHECK = (Rung(0, (APPRAISER,)), Rung(1, (APPRAISER, APPRAISAL_HEAD), every=2))
SIGN_RECEIPT = (Rung(0, (APPRAISAL_HEAD,)), Rung(2, (APPRAISAL_HEAD,), every=2))

SEPARATE = (
    Duty("draft", "soạn", (EDIT, "draft"), by=(WARD_OFFICER,)),  # the chair may change what they sign
    Duty("sign", "ký ban hành", ("sign",)),
    Duty("check", "kiểm tra", ("check",)),
    Duty("acknowledge", "tiếp nhận", ("acknowledge",)),
)
CONCERNED = (WARD_OFFICER, WARD_CHAIR, APPRAISER, APPRAISAL_HEAD, AUDITOR)
PRIVATE = {"remarks": CONCERNED, "returned": CONCERNED, "waiver": CONCERNED}


# fmt: off
@process(
    code="ward_plan", collection="ward-plans", title="Kế hoạch của phường", prefix="KHP",
    dossier=WardPlanDossier, headline=lambda d: "Kế hoạch phát động phong trào thi đua trên địa bàn phường",
    begin=Begin(below={"campaign": ()}), watchers=(APPRAISER,), obligation=True, facts=facts,
    papers=papers(Paper.KE_HOACH, Paper.BAO_CAO_KET_QUA), separate=SEPARATE, private=PRIVATE,
)
class WardPlan(Process):
    # ── STATES ───── status ──────────────────── task ──────────────────────────────── held by ──────── deadline
    to_start     = Task("Chưa lập",             "Lập kế hoạch của phường",            WARD_OFFICER,   until("campaign.ward_plans_due_on"), phase=Phase.DRAFTED, remind=CHASE, edits=SECTIONS, initial=True)
    drafted      = Task("Dự thảo",              "Xem và ký ban hành kế hoạch",        WARD_CHAIR,     until("campaign.ward_plans_due_on"), phase=Phase.DRAFTED, remind=SIGNING, edits=SECTIONS)
    signed       = Task("Đã ký ban hành",       "Gửi kế hoạch về quận",               WARD_OFFICER,   until("campaign.ward_plans_due_on"), phase=Phase.DRAFTED, remind=CHASE)
    submitted    = Task("Đã gửi quận",          "Kiểm tra kế hoạch của phường",       APPRAISER,      within("plan_check"),                phase=Phase.SUBMITTED, remind=CHECK)
    returned     = Task("Yêu cầu hoàn thiện",   "Hoàn thiện kế hoạch và gửi lại",     WARD_OFFICER,   within("plan_completion"),           phase=Phase.SUBMITTED, remind=CHASE[2:], edits=SECTIONS, asked=lambda d: wanted(d.returned))
    checked      = Task("Đã kiểm tra",          "Ký tiếp nhận kế hoạch",              APPRAISAL_HEAD, within("plan_receipt"),              phase=Phase.APPRAISED, remind=SIGN_RECEIPT)
    acknowledged = Task("Đã tiếp nhận",         "Chờ ngày bắt đầu thực hiện",         WARD_OFFICER,   NO_DEADLINE,                         phase=Phase.APPROVED)
    in_progress  = Task("Đang triển khai",      "Triển khai và gửi báo cáo kết quả",  WARD_OFFICER,   until("campaign.reports_due_on"),    phase=Phase.APPROVED, remind=CHASE)
    completed    = Task("Đã có báo cáo kết quả", "Đưa vào báo cáo gửi thành phố",     APPRAISER,      NO_DEADLINE,                         phase=Phase.APPROVED)
    in_report    = End("Đã đưa vào báo cáo thành phố", phase=Phase.FORWARDED_TO_CITY)
    waived       = End("Không phải nộp",        good=False)
    cancelled    = End("Đã hủy",                good=False)

    # ── ACTIONS ────────────────────────────────────────────────────────────────────────────────────────
    draft       = action("Trình dự thảo để ký",  to_start.to(drafted, cond="sections_written"))
    redraft     = action("Trả dự thảo để sửa",   drafted.to(to_start), form=Reason, into="remarks")
    sign        = action("Ký ban hành",          drafted.to(signed, cond=["sections_written", "within_campaign", "plan_attached"]), form=Letter, into="plan", signs=True)
    submit      = action("Gửi về quận",          signed.to(submitted), stamp="submitted_at")
    check       = action("Đạt yêu cầu",          submitted.to(checked))
    send_back   = action("Yêu cầu hoàn thiện",   submitted.to(returned) | checked.to(returned), by=(APPRAISER, APPRAISAL_HEAD), form=Completion, into="returned", tells=(Tell("returned", (WARD_CHAIR,)),))
    resubmit    = action("Gửi lại",              returned.to(submitted, cond=["sections_written", "within_campaign", "plan_attached", "improved", "signed_again"]), stamp="submitted_at",
                         tells=(Tell("resubmitted", (WARD_CHAIR,)),))
    acknowledge = action("Tiếp nhận",            checked.to(acknowledged), number=Register("ward_plan_receipt", into="receipt_number", form="{number:02d}/TN-{year}"),
                         tells=(Tell("acknowledged", (WARD_OFFICER, WARD_CHAIR)),), signs=True)
    begin       = timer("Bắt đầu triển khai",    acknowledged.to(in_progress), at=at_start_of("starts_on"))
    report      = action("Gửi báo cáo kết quả",  in_progress.to(completed, cond="report_attached"), form=ResultReport, into="report")
    include     = action("Đưa vào báo cáo thành phố", completed.to(in_report), carried=True)
    waive       = action("Cho phép không nộp",   to_start.to(waived) | drafted.to(waived) | signed.to(waived) | returned.to(waived) | in_progress.to(waived), by=APPRAISAL_HEAD, form=Reason, into="waiver",
                         tells=(Tell("waived", (WARD_OFFICER, WARD_CHAIR)),))
    cancel      = action("Hủy",                  to_start.to(cancelled) | drafted.to(cancelled) | signed.to(cancelled) | submitted.to(cancelled) | returned.to(cancelled) | checked.to(cancelled), by=ADMINISTRATOR, form=Reason, into="waiver")
    # fmt: on

    # ── GUARDS ───────────────────────────────────────────────────────────────────────────────────
    @guard("Dự thảo còn thiếu mục: mục đích, nội dung, thời gian, tổ chức thực hiện", remedy="Viết các mục còn trống", title="Đủ các mục của kế hoạch")
    def sections_written(case: Case[Any]) -> bool:
        return all(getattr(case.dossier, name) for name in SECTIONS)

    @guard("Thời gian trong kế hoạch của phường phải nằm trong thời gian của phong trào", remedy="Sửa thời gian trong kế hoạch của phường", title="Thời gian nằm trong phong trào")
    def within_campaign(case: Case[Any]) -> bool:
        ends_on = case.field("campaign.ends_on")
        plan = case.dossier
        return bool(plan.starts_on and plan.ends_on and plan.starts_on <= plan.ends_on <= date.fromisoformat(ends_on))

    @guard("Chưa đính kèm kế hoạch", remedy="Đính kèm bản kế hoạch", title="Có bản kế hoạch đính kèm")
    def plan_attached(case: Case[Any]) -> bool:
        return any(document.kind == Paper.KE_HOACH for document in case.documents)

    @guard("Chưa hoàn thiện gì so với yêu cầu", remedy="Sửa các mục cần hoàn thiện, rồi gửi lại", title="Đã hoàn thiện theo yêu cầu")
    def improved(case: Case[Any]) -> bool:
        return bool(case.changed)

    @guard("Nội dung kế hoạch đã sửa sau khi ký", remedy="Đính kèm bản kế hoạch đã ký lại", title="Bản đính kèm là bản ký lại")
    def signed_again(case: Case[Any]) -> bool:
        return not case.changed.intersection(SECTIONS) or Paper.KE_HOACH in case.changed

    @guard("Chưa đính kèm báo cáo kết quả", remedy="Đính kèm báo cáo kết quả", title="Có báo cáo kết quả đính kèm")
    def report_attached(case: Case[Any]) -> bool:
        return any(document.kind == Paper.BAO_CAO_KET_QUA for document in case.documents)
