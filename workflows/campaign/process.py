"""Phong trào thi đua (campaign): from the draft plan to the report to the city.

States say who holds it, what they must do and by when. Actions say how it moves, what must be filled in
and what must be true first. Source: the plan of quận Dương Kinh, parts II to V.
"""

from typing import Any

from engine.definition import (
    AT_DEADLINE,
    EDIT,
    NO_DEADLINE,
    RESCHEDULE,
    Begin,
    Case,
    Duty,
    End,
    Outline,
    Phase,
    Process,
    Rung,
    Send,
    Start,
    Task,
    Tell,
    To,
    action,
    at_start_of,
    guard,
    process,
    timer,
    until,
    within,
)
from workflows.awards import Paper, papers
from workflows.campaign.dossier import DRAFT_FIELDS, CampaignDossier, Extension, OpenRounds, Report
from workflows.forms import Letter
from workflows.roles import APPRAISAL_HEAD, APPRAISER, DISTRICT_CHAIR
from workflows.rounds import Round

OBLIGED = ("office", "school", "enterprise")
ENDING = (Rung(-20, (APPRAISER,)), Rung(-10, (APPRAISER,)), Rung(-5, (APPRAISER, APPRAISAL_HEAD)))
SUMMARY = (
    Rung(-5, (APPRAISAL_HEAD,)), Rung(-2, (APPRAISAL_HEAD,)), Rung(0, (APPRAISAL_HEAD,)),
    Rung(1, (APPRAISAL_HEAD, DISTRICT_CHAIR), every=2),
)  # fmt: skip


def start_below(case: Case[CampaignDossier]) -> tuple[Start, ...]:
    """One ward plan per ward (with the district's sections as a template), one obligation per other unit,
    and a receipt from every addressee (Nơi nhận)."""
    plan = case.dossier
    template = {
        "purpose": plan.aims,
        "contents": "\n".join(plan.contents),
        "starts_on": plan.starts_on.isoformat() if plan.starts_on else None,
        "ends_on": plan.ends_on.isoformat() if plan.ends_on else None,
    }
    plans = [Start("ward_plan", u.code, u.code, template) for u in case.units if u.kind == "ward"]
    duties = [Start("unit_obligation", u.code, u.code) for u in case.units if u.kind in OBLIGED]
    listed = [u.code for u in (case.authority, *case.units) if set(u.groups) & set(case.dossier.distribution)]
    receipts = [Start("plan_receipt", code, code) for code in (*listed, *case.dossier.outside)]
    return (*plans, *duties, *receipts)


def move_deadlines(case: Case[CampaignDossier]) -> tuple[Send, ...]:
    return (Send(To.CHILDREN, RESCHEDULE),)


def include_ward_plans(case: Case[CampaignDossier]) -> tuple[Send, ...]:
    return (Send(To.CHILDREN, "include", process="ward_plan", optional=True),)


SEPARATE = (Duty("draft", "soạn kế hoạch", (EDIT,)), Duty("launch", "phát động", ("launch",)))


# fmt: off
@process(
    code="campaign", collection="campaigns", title="Phong trào thi đua", prefix="PT",
    dossier=CampaignDossier, headline=lambda d: d.title or "Phong trào thi đua chưa đặt tên",
    begin=Begin(by=(APPRAISER,)), watchers=(APPRAISER,), needs_children=True, needs_units=True, everyone_sees=True,
    papers=papers(Paper.KE_HOACH, Paper.HUONG_DAN, Paper.BAO_CAO_KET_QUA), separate=SEPARATE,
    outline=Outline(takes=lambda d: bool(d.open_rounds)),
)
class Campaign(Process):
    # ── STATES ─── status ─────────────── task ─────────────────────────────── held by ──────── deadline
    draft      = Task("Dự thảo",          "Soạn kế hoạch, trình ký ban hành",   APPRAISER,      NO_DEADLINE,               phase=Phase.DRAFTED, edits=DRAFT_FIELDS, initial=True)
    launched   = Task("Đã phát động",     "Chờ ngày bắt đầu",                   APPRAISER,      NO_DEADLINE,               phase=Phase.SUBMITTED)
    running    = Task("Đang triển khai",  "Theo dõi, đôn đốc thực hiện",        APPRAISER,      until("ends_on"),          phase=Phase.APPRAISED, remind=ENDING)
    closing    = Task("Đang tổng kết",    "Tổng hợp, báo cáo thành phố",        APPRAISAL_HEAD, until("summary_due_on"),   phase=Phase.APPROVED, remind=SUMMARY)
    summarised = Task("Đã báo cáo thành phố", "Kết thúc khi mọi hồ sơ đã xong", APPRAISAL_HEAD, within("campaign_closing"), phase=Phase.FORWARDED_TO_CITY, remind=SUMMARY)
    closed     = End("Đã kết thúc")

    # ── ACTIONS ────────────────────────────────────────────────────────────────────────────────────────
    launch = action("Phát động",                draft.to(launched, cond=["plan_complete", "period_fits"]), by=DISTRICT_CHAIR, form=Letter, into="plan",
                    effects=start_below, tells=(Tell("launched", (APPRAISER, APPRAISAL_HEAD)),), signs=True)
    run    = timer("Bắt đầu triển khai",        launched.to(running), at=at_start_of("starts_on"))

    set_rounds      = action("Mở, đóng đợt xét", running.to(running, cond="guidance_known") | closing.to(closing, cond="guidance_known"),
                             by=APPRAISAL_HEAD, form=OpenRounds)
    record_guidance = action("Ghi nhận hướng dẫn của thành phố", running.to(running) | closing.to(closing),
                             by=(APPRAISER, APPRAISAL_HEAD), form=Letter, into="city_guidance", tells=(Tell("guidance", (APPRAISER, APPRAISAL_HEAD)),))
    extend          = action("Gia hạn phong trào", running.to(running, cond=["end_moves_on", "nothing_shortened"]), by=DISTRICT_CHAIR, form=Extension,
                             effects=move_deadlines, tells=(Tell("extended", (APPRAISER, APPRAISAL_HEAD)),), signs=True)
    end_period      = timer("Hết thời gian thi đua", running.to(closing), at=AT_DEADLINE)

    summarise = action("Báo cáo thành phố",     closing.to(summarised, cond="all_reported"), form=Report, into="report", effects=include_ward_plans,
                       tells=(Tell("summarised", (DISTRICT_CHAIR, APPRAISER)),), signs=True)
    close     = action("Kết thúc",              summarised.to(closed, cond="nothing_open"))
    # fmt: on

    # ── GUARDS ───────────────────────────────────────────────────────────────────────────────────
    @guard("Kế hoạch chưa đủ: tên, khẩu hiệu, nội dung, kế hoạch cấp trên, thời gian và hạn phường gửi kế hoạch", remedy="Điền đủ các mục của kế hoạch, rồi phát động", title="Đủ các mục của kế hoạch")
    def plan_complete(case: Case[Any]) -> bool:
        d = case.dossier
        return all((d.title, d.slogan, d.contents, d.parent_plan, d.starts_on, d.ends_on, d.ward_plans_due_on))

    @guard("Ngày bắt đầu phải trước ngày kết thúc, và hạn phường gửi kế hoạch nằm trong thời gian thi đua", remedy="Sửa ngày trong kế hoạch", title="Thời gian và các hạn hợp nhau")
    def period_fits(case: Case[Any]) -> bool:
        d = case.dossier
        if not (d.starts_on and d.ends_on and d.ward_plans_due_on):
            return False
        return bool(d.starts_on <= d.ward_plans_due_on <= d.ends_on)

    @guard("Chưa ghi nhận hướng dẫn của thành phố: chưa mở được đợt đề nghị bằng khen (kế hoạch IV.2)", remedy="Ghi nhận hướng dẫn của thành phố trước")
    def guidance_known(case: Case[Any]) -> bool:
        return Round.CLOSING_CITY not in case.dossier.open_rounds or case.dossier.city_guidance is not None

    @guard("Ngày kết thúc mới phải từ hôm nay trở đi; hạn báo cáo của đơn vị và báo cáo thành phố không trước ngày đó", remedy="Chọn các ngày theo thứ tự, từ hôm nay trở đi")
    def end_moves_on(case: Case[Any]) -> bool:
        d = case.dossier
        days = [day for day in (case.today, d.ends_on, d.reports_due_on, d.summary_due_on) if day is not None]
        return days == sorted(days)

    @guard("Gia hạn thì không ngày nào sớm hơn trước: ngày kết thúc, hạn báo cáo của đơn vị, hạn báo cáo thành phố", remedy="Chọn ngày bằng hoặc sau ngày đang áp dụng")
    def nothing_shortened(case: Case[Any]) -> bool:
        if case.earlier is None:
            return True
        now, new = case.earlier, case.dossier
        pairs = ((now.ends_on, new.ends_on), (now.reports_due_on, new.reports_due_on), (now.summary_due_on, new.summary_due_on))
        return all(before is None or (after is not None and before <= after) for before, after in pairs)

    @guard("Còn phường hoặc đơn vị chưa báo cáo kết quả và chưa được miễn", remedy="Đôn đốc đơn vị còn thiếu, hoặc cho phép không nộp kèm lý do", title="Mọi đơn vị đã báo cáo hoặc được miễn")
    def all_reported(case: Case[Any]) -> bool:
        reports = [child for child in case.children if child.process in ("ward_plan", "unit_obligation")]
        return all(not child.is_open or child.state == "completed" for child in reports)

    @guard("Còn hồ sơ chưa xử lý xong", remedy="Xem danh sách hồ sơ còn mở của phong trào và xử lý xong từng hồ sơ", title="Mọi hồ sơ đã xử lý xong")
    def nothing_open(case: Case[Any]) -> bool:
        return not any(child.is_open for child in case.children if child.process != "plan_receipt")
