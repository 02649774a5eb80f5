"""December 2024 to March 2025: two short campaigns beside the great one.

The first is called off: its plans are cancelled wherever they stand. In the second the wards are let off
one after the other, and one carries it through.
"""

from datetime import date, timedelta

from demo.campaign import PLAN
from tests.year.desks import Case
from tests.year.summer import draft, sign
from tests.year.year import Year, reason

CALLED_OFF = reason("Thành phố phát động phong trào cùng nội dung, quận không tổ chức riêng.")
LET_OFF = reason("Quận cho phép phường ghép vào kế hoạch chung.")
COMPLETE = {"items": ["Phân công cụ thể"], **reason("Kế hoạch chưa phân công đơn vị chủ trì.")}


def play(year: Year) -> None:
    """The steps in the order of their days."""
    an_office_is_excused(year)
    sprint = launch(
        year, "Cao điểm cuối năm 2024", "2024-12-16", "2025-01-10", plans="2024-12-20", reports="2025-01-14"
    )
    the_wards_set_out(year, sprint)
    called_off(year, sprint)
    trees = launch(
        year, "Tết trồng cây Xuân Ất Tỵ", "2025-02-03", "2025-02-28", plans="2025-02-07", reports="2025-03-05"
    )
    let_off(year, trees)
    carried_through(year, trees)


def an_office_is_excused(year: Year) -> None:
    """9/12: the portal has merged with another office and owes no report of its own."""
    year.at("2024-12-09 08:20")
    duty = year.below(year.campaign, "unit-obligations")["CTTDT"]
    year.desk("truongphong").act(duty, "excuse", **reason("Đơn vị đã sáp nhập, báo cáo chung."))


def launch(year: Year, title: str, starts_on: str, ends_on: str, *, plans: str, reports: str) -> Case:
    """A short campaign without addressees outside; launched the week before it starts."""
    year.at(f"{date.fromisoformat(starts_on) - timedelta(days=4)} 10:00")
    campaign = year.desk("chuyenvien2").start(
        "campaigns", title=title, slogan=title, contents=PLAN["contents"], aims=PLAN["aims"],
        parent_plan=PLAN["parent_plan"], starts_on=starts_on, ends_on=ends_on, ward_plans_due_on=plans,
        reports_due_on=reports, summary_due_on=reports,
    )  # fmt: skip
    year.desk("chutich").act(campaign, "launch", **year.letter("KH-UBND"))
    return campaign


def the_wards_set_out(year: Year, campaign: Case) -> None:
    """16/12 to 18/12: each ward gets a step further than the one before; ward 1 does nothing."""
    plans = {ward: year.plan_of(ward, campaign) for ward in range(1, 7)}
    year.expect_state("launched", campaign)
    year.at("2024-12-16 08:30")
    year.expect_state("running", campaign)
    for ward in (2, 3, 4, 5, 6):
        draft(year, ward, plans[ward])
    year.at("2024-12-17 08:30")
    for ward in (3, 4, 5, 6):
        sign(year, ward, plans[ward])
    for ward in (4, 5, 6):
        year.desk(f"phuong{ward}").act(plans[ward], "submit")
    year.at("2024-12-18 09:00")
    for ward in (5, 6):
        year.desk("chuyenvien").act(plans[ward], "check")
    year.desk("truongphong").act(plans[5], "send_back", **COMPLETE)  # the head has seen what the checker had not


def called_off(year: Year, campaign: Case) -> None:
    """19/12 to 13/1: the administrator cancels every plan wherever it stands; every unit is excused."""
    year.at("2024-12-19 09:00")
    for plan in year.below(campaign, "ward-plans").values():
        year.desk("quantri").act(plan, "cancel", **CALLED_OFF)
    for duty in year.below(campaign, "unit-obligations").values():
        year.desk("truongphong").act(duty, "excuse", **CALLED_OFF)
    year.at("2025-01-13 09:00")
    year.expect_state("closing", campaign)
    _report_and_close(year, campaign)


def let_off(year: Year, campaign: Case) -> None:
    """4/2 to 7/2, after Tết: wards are let off at once, with a draft, with a signed plan, with a returned one."""
    head = year.desk("truongphong")
    plans = {ward: year.plan_of(ward, campaign) for ward in range(1, 7)}
    year.at("2025-02-04 08:30")
    for ward in (1, 2, 4, 5, 6):
        draft(year, ward, plans[ward])
    for ward in (1, 2, 4, 5):
        sign(year, ward, plans[ward])
    for ward in (2, 4, 5):
        year.desk(f"phuong{ward}").act(plans[ward], "submit")
    year.desk("chuyenvien").act(plans[2], "send_back", **COMPLETE)
    for ward in (4, 5):
        year.desk("chuyenvien").act(plans[ward], "check")
    year.at("2025-02-06 14:00")
    for ward in (1, 2, 3, 6):
        head.act(plans[ward], "waive", **LET_OFF)
    for ward in (4, 5):
        head.act(plans[ward], "acknowledge")
    for unit, duty in year.below(campaign, "unit-obligations").items():
        if unit != "PTNMT":
            head.act(duty, "excuse", **LET_OFF)


def carried_through(year: Year, campaign: Case) -> None:
    """3/3 to 5/3: ward 4 and the environment office report, ward 5 is let off after all; reported and closed."""
    plan, duty = year.plan_of(4, campaign), year.below(campaign, "unit-obligations")["PTNMT"]
    head = year.desk("truongphong")
    year.at("2025-03-03 09:00")
    head.act(year.plan_of(5, campaign), "waive", **LET_OFF)
    year.desk("phuong4").attach(plan, "BAO_CAO_KET_QUA")
    year.desk("phuong4").act(plan, "report", result="Đã trồng 1.250 cây xanh tại 14 tổ dân phố.")
    head.refused(campaign, "summarise", 409, "guard_unmet", **_summary(year))  # one report is missing
    report(year, "donvi5", duty)
    year.at("2025-03-05 09:00")
    year.desk("chuyenvien").act(duty, "accept")
    _report_and_close(year, campaign)
    year.expect_state("in_report", plan)


def report(year: Year, who: str, duty: Case) -> None:
    """A unit writes and sends its report on results."""
    year.desk(who).refused(duty, "report", 409, "guard_unmet")
    year.desk(who).edit(
        duty, activities="Đăng ký thi đua, tuyên truyền tại đơn vị.", result="Đạt 100% chỉ tiêu đăng ký."
    )
    year.desk(who).attach(duty, "BAO_CAO_KET_QUA")
    year.desk(who).act(duty, "report")


def _summary(year: Year) -> dict[str, str]:
    return {**year.letter("BC-UBND"), "summary": "Các đơn vị đã triển khai, báo cáo đầy đủ kết quả phong trào."}


def _report_and_close(year: Year, campaign: Case) -> None:
    year.desk("truongphong").act(campaign, "summarise", **_summary(year))
    year.desk("truongphong").act(campaign, "close")
