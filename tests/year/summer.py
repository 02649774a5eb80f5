"""July to September 2024: the campaign is launched, the addressees answer, the wards file their plans."""

from demo.campaign import LAUNCH, PLAN
from tests.year.desks import Case
from tests.year.year import Year, expect, holder, reason

ORGANISATION = "Ban chỉ đạo phong trào, các ngành, đoàn thể và tổ dân phố tổ chức thực hiện."
LATE_RECEIPTS = {"2024-07-19 15:00": ("HTX1", "PQ"), "2024-07-25 10:00": ("DN2",)}
VERY_LATE_RECEIPT = "BXDD"
NO_RECEIPT = ("TTHDND", "DN1")


def play(year: Year) -> None:
    """The steps in the order of their days."""
    launch(year)
    acknowledge(year)
    first_plans(year)
    plans_at_the_deadline(year)
    late_and_returned_plans(year)
    the_district_takes_note(year)


def launch(year: Year) -> None:
    """10/7: drafted by Phòng Nội vụ, launched by the chairman, the rolling round opened by the head."""
    drafting, chairman, head = year.desk("chuyenvien"), year.desk("chutich"), year.desk("truongphong")
    year.log_in("quantri")

    year.campaign = drafting.start("campaigns", **{**PLAN, "slogan": ""})
    chairman.refused(year.campaign, "launch", 409, "guard_unmet", **LAUNCH)
    drafting.edit(year.campaign, slogan=PLAN["slogan"])
    drafting.attach(year.campaign, "KE_HOACH")
    drafting.refused(year.campaign, "launch", 403, "not_performer", **LAUNCH)
    chairman.act(year.campaign, "launch", **LAUNCH)

    year.at("2024-07-10 09:00")
    year.expect_state("running", year.campaign)
    year.desk("donvi1").not_started("submissions", year.campaign, 409, "guard_unmet")  # no round is open yet
    head.act(year.campaign, "set_rounds", open_rounds=["rolling"])

    waiting = [(task["todo"], task["due_on"]) for task in year.desk("phuong1").tasks()]
    expect(waiting, [("Báo đã nhận kế hoạch", "2024-07-17"), ("Lập kế hoạch của phường", "2024-07-31")])
    expect(coverage(year), {"units": 29, "carried_out": 0, "percent": 0})


def acknowledge(year: Year) -> None:
    """11/7 and later: the addressees say that the plan has come in; four are late, two never do."""
    receipts = year.below(year.campaign, "plan-receipts")
    late = [unit for units in LATE_RECEIPTS.values() for unit in units]

    year.at("2024-07-11 08:30")
    for unit in sorted(receipts.keys() - {*late, VERY_LATE_RECEIPT, *NO_RECEIPT}):
        _acknowledge(year, receipts[unit], unit)


def _acknowledge(year: Year, receipt: Case, unit: str) -> None:
    year.desk(holder("records_officer", unit)).act(receipt, "acknowledge", received_on=year.today)


def first_plans(year: Year) -> None:
    """15/7 to 19/7: ward 1 is through within a week; the chair of ward 5 sends the draft back the same evening."""
    one, five = year.plan_of(1), year.plan_of(5)

    year.at("2024-07-15 09:00")
    year.desk("phuong1").refused(one, "draft", 409, "guard_unmet")  # a section is missing
    draft(year, 1, one)
    year.at("2024-07-16 09:00")
    year.desk("ct.phuong1").refused(one, "sign", 409, "guard_unmet", **year.letter("KH-UBND"))  # no paper
    sign(year, 1, one)
    year.at("2024-07-17 10:00")
    year.desk("phuong1").act(one, "submit")

    year.at("2024-07-18 20:15")  # a Thursday evening: the mail waits for 08:00, and by then it is stale
    draft(year, 5, five)
    year.at("2024-07-18 20:40")
    year.desk("ct.phuong5").act(five, "redraft", **reason("Nêu rõ đơn vị chủ trì từng nội dung."))

    year.at("2024-07-19 08:00")
    year.desk("chuyenvien").act(one, "check")
    draft(year, 4, year.plan_of(4))
    _late_receipts(year, "2024-07-19 15:00")


def plans_at_the_deadline(year: Year) -> None:
    """22/7 to 31/7: wards 2, 4 and 5 file in time; the plan of ward 4 comes back for completion."""
    two, four, five = year.plan_of(2), year.plan_of(4), year.plan_of(5)

    year.at("2024-07-22 09:00")
    year.desk("truongphong").act(year.plan_of(1), "acknowledge")  # the ward's own first day has passed: it begins
    sign(year, 4, four)
    year.at("2024-07-23 16:30")
    year.desk("phuong4").act(four, "submit")
    year.at("2024-07-24 09:00")
    draft(year, 2, two, starts_on="2024-09-04")
    year.at("2024-07-25 08:30")
    year.desk("chuyenvien").act(
        four, "send_back", items=["Chỉ tiêu thi đua"], **reason("Kế hoạch chưa có chỉ tiêu cụ thể.")
    )
    draft(year, 5, five)
    _late_receipts(year, "2024-07-25 10:00")
    year.at("2024-07-26 19:30")  # a Friday evening: who must act hears of it on Monday
    sign(year, 2, two)
    sign(year, 5, five)
    year.at("2024-07-29 10:00")
    year.desk("phuong5").act(five, "submit")
    year.at("2024-07-30 08:00")
    year.desk("phuong2").act(two, "submit")
    year.at("2024-07-31 14:00")
    year.desk("chuyenvien2").act(five, "check")


def late_and_returned_plans(year: Year) -> None:
    """1/8 to 9/8: ward 3 is seven working days late; ward 4 sends its plan again on the last day for it."""
    three, four = year.plan_of(3), year.plan_of(4)

    year.at("2024-08-01 15:00")
    draft(year, 3, three)
    year.desk("phuong4").refused(year.plan_of(4), "submit", 409, "action_not_available")
    year.desk("phuong4").edit(four, contents="Nội dung thi đua kèm chỉ tiêu từng quý.")
    year.desk("phuong4").attach(four, "KE_HOACH")
    year.desk("phuong4").act(four, "resubmit")
    year.at("2024-08-05 07:59")
    sign(year, 3, three)  # at 08:00 sharp, as the reminder of the third day goes: it is not for the task that opens
    _acknowledge(year, year.below(year.campaign, "plan-receipts")[VERY_LATE_RECEIPT], VERY_LATE_RECEIPT)
    year.at("2024-08-09 17:45")  # ten minutes before the mail closes for the weekend
    year.desk("phuong3").act(three, "submit")


def the_district_takes_note(year: Year) -> None:
    """12/8 to 4/9: checked and acknowledged, one of them late; ward 2 begins on the day that its plan names."""
    two, three, four, five = (year.plan_of(ward) for ward in (2, 3, 4, 5))

    year.at("2024-08-12 08:00")
    for plan in (two, three, four):
        year.desk("chuyenvien").act(plan, "check")
    year.at("2024-08-13 09:00")
    for plan in (three, four, five):
        year.desk("truongphong").act(plan, "acknowledge")
    year.at("2024-08-23 16:00")  # four working days after the deadline for it
    year.desk("truongphong").act(two, "acknowledge")
    year.expect_state("acknowledged", two)

    year.at("2024-09-04 00:00")
    year.expect_state("in_progress", two, three, four, five)


def coverage(year: Year) -> dict[str, int]:
    """How many units have done what the campaign asks of them."""
    found: dict[str, int] = year.desk("truongphong").get(f"{year.campaign.path}/coverage")["totals"]
    return found


def draft(year: Year, ward: int, plan: Case, **more: str) -> None:
    """The ward officer completes the sections and hands the draft to the chair."""
    year.desk(f"phuong{ward}").edit(plan, organisation=ORGANISATION, **more)
    year.desk(f"phuong{ward}").act(plan, "draft")


def sign(year: Year, ward: int, plan: Case) -> None:
    """The ward chair attaches the plan and issues it."""
    year.desk(f"ct.phuong{ward}").attach(plan, "KE_HOACH")
    year.desk(f"ct.phuong{ward}").act(plan, "sign", **year.letter("KH-UBND"))


def _late_receipts(year: Year, moment: str) -> None:
    receipts = year.below(year.campaign, "plan-receipts")
    year.at(moment)
    for unit in LATE_RECEIPTS[moment]:
        _acknowledge(year, receipts[unit], unit)
