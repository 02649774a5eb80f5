"""April to June 2025: the extension, the guidance, the closing rounds, the city's answer, the end.

The district itself ends on 30/6/2025: whatever it began is settled by 27/6.
"""

from demo.organisation import AGENCIES
from tests.year.autumn import MISSING, Files
from tests.year.desks import Case
from tests.year.summer import coverage
from tests.year.winter import report
from tests.year.year import Year, expect, reason, rules_of

DUE_SOON, EXTENDED_TO = "2025-05-13", "2025-05-20"
EXCELLENT = {"standing": {"is_advanced_worker": True, "rating": "excellent"}}
CITY = {"round": "closing_city", "decided_by": "city"}
CLOSING = {"round": "closing_district", "decided_by": "district"}
GUIDANCE = {"number": "45/HD-BTDKT", "signed_on": "2025-05-07"}
DIGEST = "Các đơn vị đã triển khai, báo cáo đầy đủ kết quả phong trào."
EXCUSED, RETURNED, GIVEN_UP, LATE = "CTTDT", "PTNMT", "PQLDT", "HTX1"


def play(year: Year) -> None:
    """The steps in the order of their days."""
    files = Files()
    the_last_rolling_lists(year, files)
    guidance_and_extension(year, files)
    the_city_list(year, files)
    units_report(year)
    the_period_ends(year, files)
    closing_round(year, files)
    council_and_endorsement(year, files)
    reports_complete(year)
    the_city_asks(year, files)
    the_city_answers(year, files)
    the_end(year, files)


def the_last_rolling_lists(year: Year, files: Files) -> None:
    """22/4: two rolling lists are begun, to be sent by the end of the campaign."""
    year.at("2025-04-22 09:00")
    for name, line, who in (("list", "listed", "donvi3"), ("leftover", "left over", "donvi4")):
        files.of[name] = year.submission(who, round="rolling", decided_by="district")
        subject = f"individual/{who}-01/Người đề nghị của {who}"
        files.of[line] = year.line(who, files[name], "GK", subject, to_day="2025-04-15")


def guidance_and_extension(year: Year, files: Files) -> None:
    """6/5 to 9/5: without the city's guidance no round for it; a week more for the campaign and what depends on it."""
    chairman, head = year.desk("chutich"), year.desk("truongphong")
    year.at("2025-05-06 09:00")
    head.refused(year.campaign, "set_rounds", 409, "guard_unmet", open_rounds=["rolling", "closing_city"])
    year.at("2025-05-08 09:00")
    year.desk("chuyenvien").act(year.campaign, "record_guidance", **GUIDANCE)
    head.act(year.campaign, "set_rounds", open_rounds=["rolling", "closing_city"])

    dates = [task_due(year, case) for case in (year.campaign, files["list"], files["listed"], year.plan_of(1))]
    expect(dates, [DUE_SOON, DUE_SOON, DUE_SOON, "2025-05-20"])
    year.at("2025-05-09 10:00")
    due = {"reports_due_on": "2025-05-27", "summary_due_on": "2025-06-10"}
    chairman.refused(
        year.campaign, "extend", 409, "guard_unmet", extension=year.letter("QĐ-UBND"), ends_on="2025-05-08", **due
    )
    chairman.act(
        year.campaign, "extend", extension=year.letter("QĐ-UBND"), ends_on=EXTENDED_TO, **due,
        round_closes={"rolling": EXTENDED_TO},
    )  # fmt: skip
    dates = [task_due(year, case) for case in (year.campaign, files["list"], files["listed"], year.plan_of(1))]
    expect(dates, [EXTENDED_TO, EXTENDED_TO, EXTENDED_TO, "2025-05-27"])


def the_city_list(year: Year, files: Files) -> None:
    """12/5 to 16/5: the lists for the city go in; for an achievement that has its giấy khen they say why."""
    year.at("2025-05-12 09:00")
    known = "Thành tích của Đỗ Thị An"
    schools, ward = year.submission("donvi1", **CITY), year.submission("phuong1", **CITY)
    files.of["star"] = year.line("donvi1", schools, "BK_TINH", "individual/GV-001/Đỗ Thị An", achievement=known)
    files.of["second"] = year.line("donvi1", schools, "BK_TINH", "collective/TH1/Trường Tiểu học Sông Đa")
    files.of["third"] = year.line("donvi1", schools, "BK_TINH", "individual/GV-005/Phạm Thị Oanh")
    files.of["people"] = year.line("phuong1", ward, "BK_TINH", "collective/P1/Nhân dân phường 1")
    problem = year.desk("tt.donvi1").refused(schools, "submit", 409, "lines_refused", **year.letter("TTR-PGDDT"))
    expect(rules_of(problem), ["R-ONE-ACH-ONE-FORM"])
    year.desk("donvi1").edit(files["star"], justification="Thành tích cả đợt thi đua, rộng hơn lần khen trước.")
    year.desk("tt.donvi1").act(schools, "submit", **year.letter("TTR-PGDDT"))
    year.desk("ct.phuong1").act(ward, "submit", **year.letter("TTR-UBND"))

    year.at("2025-05-14 09:00")
    year.receive(*files("star second third people"))
    year.at("2025-05-16 14:00")
    year.appraise(*files("star second third people"))
    year.sign(*files("star second third people"))
    year.desk("tt.donvi3").act(files["list"], "submit", **year.letter("TTR-PKT"))


def units_report(year: Year) -> None:
    """12/5 to 20/5: most units report in time; one is asked to complete, one gives up and is excused."""
    duties = year.below(year.campaign, "unit-obligations")
    year.at("2025-05-19 08:30")
    for unit in (duties.keys() - {EXCUSED, LATE}).intersection(officers()):
        report(year, officers()[unit], duties[unit])
    year.at("2025-05-20 08:30")
    for unit in sorted(duties.keys() - {EXCUSED, LATE, RETURNED, GIVEN_UP}):
        year.desk("chuyenvien").act(duties[unit], "accept")
    for unit in (RETURNED, GIVEN_UP):
        year.desk("chuyenvien").act(duties[unit], "send_back", **reason("Báo cáo chưa có số liệu."))


def the_period_ends(year: Year, files: Files) -> None:
    """21/5 to 23/5: the period is over; what was never sent is withdrawn; the closing rounds are open."""
    head = year.desk("truongphong")
    year.at("2025-05-21 09:00")
    year.expect_state("closing", year.campaign)
    year.desk("chuyenvien").act(year.campaign, "record_guidance", number="52/HD-BTDKT", signed_on="2025-05-20")
    head.act(year.campaign, "set_rounds", open_rounds=["closing_district", "closing_city"])
    year.desk("tt.donvi4").refused(files["leftover"], "submit", 409, "guard_unmet", **year.letter("TTR-PTCKH"))
    year.desk("tt.donvi4").act(files["leftover"], "withdraw", **reason("Đã quá hạn của đợt xét."))
    year.receive(files["listed"])
    year.at("2025-05-22 09:00")
    duties = year.below(year.campaign, "unit-obligations")
    report_again(year, duties[RETURNED])
    head.act(duties[GIVEN_UP], "excuse", **reason("Đơn vị giải thể, không có số liệu."))
    year.desk("chuyenvien").act(duties[RETURNED], "accept")


def closing_round(year: Year, files: Files) -> None:
    """22/5 to 27/5: the closing round of the district; one achievement is not commended twice."""
    year.at("2025-05-22 14:00")
    listed = year.submission("donvi1", **CLOSING)
    files.of["again"] = year.line(
        "donvi1", listed, "GK", "individual/GV-001/Đỗ Thị An", achievement="Thành tích của Đỗ Thị An"
    )
    files.of["titled"] = year.line("donvi1", listed, "LDTT", "individual/GV-006/Bùi Văn Sơn", **EXCELLENT)
    files.of["newcomer"] = year.line("donvi1", listed, "GK", "individual/GV-007/Vũ Thị Yến")
    six = year.submission("phuong6", **CLOSING)  # its ward has never filed a plan: a warning, no more
    files.of["sixth"] = year.line("phuong6", six, "GK", "individual/P6-01/Đặng Văn An")
    year.at("2025-05-23 10:00")
    problem = year.desk("tt.donvi1").refused(listed, "submit", 409, "lines_refused", **year.letter("TTR-PGDDT"))
    expect(rules_of(problem), ["R-ONE-ACH-ONE-FORM"])
    year.desk("tt.donvi1").act(files["again"], "withdraw", **reason("Thành tích đã được khen."))
    year.desk("tt.donvi1").act(listed, "submit", **year.letter("TTR-PGDDT"))
    year.desk("ct.phuong6").act(six, "submit", **year.letter("TTR-UBND"))
    year.at("2025-05-26 08:30")
    year.receive(*files("titled newcomer"))
    year.desk("chuyenvien").act(files["sixth"], "request_supplement", **MISSING)
    year.at("2025-05-27 16:00")
    year.desk("phuong6").attach(files["sixth"], "CHUNG_NHAN_SANG_KIEN")
    year.desk("phuong6").act(files["sixth"], "supplement")
    year.receive(files["sixth"])


def council_and_endorsement(year: Year, files: Files) -> None:
    """23/5 to 3/6: what the city decides, the chairman endorses; he cannot grant it himself."""
    chairman = year.desk("chutich")
    year.at("2025-05-28 09:00")
    for case in files("star second third people"):
        year.desk("thuky").attach(case, "BIEN_BAN_HOI_DONG")
    year.vote(*files("star second third people"))
    chairman.refused(files["star"], "approve", 409, "guard_unmet", number="9/QĐ-UBND", signed_on="2025-05-28")
    for name in ("star", "second", "people"):
        chairman.act(files[name], "endorse", **year.letter("TTR-UBND"))
    chairman.act(files["third"], "decline", **reason("Quận chỉ được giới thiệu ba trường hợp."))
    year.appraise(*files("listed titled newcomer sixth"))
    year.sign(*files("listed titled newcomer sixth"))
    year.at("2025-05-30 09:00")
    for name in ("star", "second", "people"):
        year.desk("vanthu").act(files[name], "forward", **year.letter("CV-UBND"))
    year.at("2025-06-02 14:00")
    year.vote(*files("listed titled newcomer sixth"))
    year.at("2025-06-05 09:00")
    year.approve(*files("listed titled newcomer sixth"), who="phochutich")  # KT. CHỦ TỊCH


def reports_complete(year: Year) -> None:
    """26/5 to 10/6: the wards and the last unit report, ward 6 is let off; the district reports to the city."""
    duties, head = year.below(year.campaign, "unit-obligations"), year.desk("truongphong")
    year.at("2025-06-05 15:00")
    for ward in (1, 2, 3, 4, 5):
        plan = year.plan_of(ward)
        year.desk(f"phuong{ward}").attach(plan, "BAO_CAO_KET_QUA")
        year.desk(f"phuong{ward}").act(plan, "report", result="Phường đã hoàn thành các chỉ tiêu đăng ký thi đua.")
    report(year, "donvi23", duties[LATE])
    year.at("2025-06-06 09:00")
    year.desk("chuyenvien").act(duties[LATE], "accept")
    head.refused(year.campaign, "summarise", 409, "guard_unmet", **year.letter("BC-UBND"), summary=DIGEST)
    head.act(year.plan_of(6), "waive", **reason("Phường thực hiện theo kế hoạch chung của quận."))
    year.at("2025-06-10 09:00")
    head.act(year.campaign, "summarise", **year.letter("BC-UBND"), summary=DIGEST)
    year.expect_state("in_report", *(year.plan_of(ward) for ward in range(1, 6)))
    expect(coverage(year), {"units": 29, "carried_out": 29, "percent": 100})  # as part I.2 of the plan asks


def the_city_asks(year: Year, files: Files) -> None:
    """4/6 to 17/6: received at the city, late for one; a supplement is asked for and sent."""
    city = year.desk("thanhpho")
    year.at("2025-06-10 14:00")
    for name in ("star", "second"):
        city.act(files[name], "city_receive", number=f"{files[name].id}/TN", received_on=year.today)
    year.at("2025-06-11 09:00")
    city.act(files["star"], "city_ask", **MISSING)
    year.desk("chuyenvien").act(files["people"], "city_receive", number="88/TN", received_on="2025-06-09")
    year.at("2025-06-16 16:00")
    year.desk("donvi1").edit(files["star"], justification="Kèm xác nhận của Sở Giáo dục và Đào tạo.")
    year.desk("donvi1").act(files["star"], "city_answer")
    year.hand_over(*files("titled newcomer"))


def the_city_answers(year: Year, files: Files) -> None:
    """25/6 and 26/6: two Bằng khen and one refusal; the results are announced."""
    city = year.desk("thanhpho")
    year.at("2025-06-25 09:00")
    for name in ("star", "people"):
        city.act(files[name], "city_approve", **year.letter("QĐ-UBND"))
    city.act(files["second"], "city_reject", **reason("Chưa đủ điều kiện theo hướng dẫn."))
    year.at("2025-06-25 14:00")
    year.desk("truongphong").act(year.campaign, "close")


def the_end(year: Year, files: Files) -> None:
    """27/6: the last awards are handed over."""
    year.at("2025-06-27 09:00")
    year.hand_over(*files("star people"))
    year.expect_state("closed", year.campaign)


def task_due(year: Year, case: Case) -> str:
    """Until when the case's running task is due."""
    found: str = year.desk("quantri").look(case)["task"]["due_on"]
    return found


def report_again(year: Year, duty: Case) -> None:
    """A unit completes the report that came back, and sends it."""
    year.desk("donvi5").edit(duty, result="Đạt 100% chỉ tiêu, kèm số liệu từng quý.")
    year.desk("donvi5").act(duty, "report")


def officers() -> dict[str, str]:
    """The officer of each unit that owes a report, by the unit's code."""
    return {unit.code: f"donvi{number}" for number, unit in enumerate(AGENCIES, start=1)}
