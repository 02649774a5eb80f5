"""September to November 2024: the rolling round, with every way that a proposal can go at the district and the ward.

In the middle the installation is moved: for two weeks nothing ticks.
"""

from dataclasses import dataclass, field

from tests.year.desks import Case
from tests.year.year import Year, expect, proposal, reason, rules_of

MISSING = {
    "items": [
        {"part": "CHUNG_NHAN_SANG_KIEN", "fault": "missing", "note": "Bản xác nhận của đơn vị về sáng kiến"},
        {"part": "justification", "fault": "unproven"},
    ]
}
DISTRICT = {"round": "rolling", "decided_by": "district"}


@dataclass
class Files:
    """The proposals of the season by a short name."""

    of: dict[str, Case] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Case:
        return self.of[name]

    def __call__(self, names: str) -> list[Case]:
        """Several, their names parted by spaces."""
        return [self.of[name] for name in names.split()]


def play(year: Year) -> None:
    """The steps in the order of their days."""
    files = Files()
    education_proposes(year, files)
    wards_propose(year, files)
    requests_for_supplements(year, files)
    the_council_sits(year, files)
    withdrawals(year, files)
    decisions(year, files)
    a_ward_decides_itself(year, files)
    spontaneous(year, files)
    directed_by_the_chairman(year, files)
    two_weeks_off(year, files)
    after_the_move(year, files)


def education_proposes(year: Year, files: Files) -> None:
    """9/9 to 13/9: a list is refused as a whole, line by line with reasons; corrected, it goes."""
    year.at("2024-09-09 09:00")
    head = year.desk("tt.donvi1")
    files.of["list"] = listed = year.submission("donvi1", **DISTRICT)
    head.refused(listed, "submit", 409, "guard_unmet", **year.letter("TTR-PGDDT"))  # no lines yet
    teacher = "individual/GV-001/Đỗ Thị An"
    files.of["teacher"] = year.line("donvi1", listed, "GK", teacher, public_consent=True)
    files.of["fighter"] = year.line("donvi1", listed, "CSTDCS", "individual/GV-002/Vũ Văn Bình")
    files.of["worker"] = year.line("donvi1", listed, "LDTT", "individual/GV-003/Bùi Thu Cường")
    files.of["twin"] = year.line("donvi1", listed, "GK", teacher)

    year.at("2024-09-12 10:00")
    problem = head.refused(listed, "submit", 409, "lines_refused", **year.letter("TTR-PGDDT"))
    twice = {"R-DUP-ROUND", "R-ONE-ACH-ONE-FORM"}
    expect((len(problem["lines"]), set(rules_of(problem))), (3, {"R-CSTDCS-2022", "R-LDTT-RATING", *twice}))
    year.expect_state("drafted", files["teacher"])  # nothing went

    year.at("2024-09-13 09:00")
    year.desk("donvi1").edit(files["fighter"], standing={"is_advanced_worker": True, "rating": "excellent"})
    year.desk("donvi1").edit(files["worker"], standing={"rating": "good"})
    head.act(files["twin"], "withdraw", **reason("Trùng với hồ sơ đã lập cho cùng cá nhân."))
    year.at("2024-09-13 17:00")
    head.act(listed, "submit", **year.letter("TTR-PGDDT"))


def wards_propose(year: Year, files: Files) -> None:
    """16/9 to 23/9: wards 1 and 2 propose; the lists are received and appraised, one appraisal done again."""
    year.at("2024-09-16 08:00")
    year.receive(*files("teacher fighter worker"))
    one = year.submission("phuong1", **DISTRICT)
    files.of["quarter"] = year.line("phuong1", one, "TDPVH", "collective/TDP-01/Tổ dân phố số 1")
    files.of["crew"] = year.line("phuong1", one, "TTLDTT", "collective/TT-01/Tổ tự quản môi trường")
    files.of["household"] = year.line("phuong1", one, "GK", "household/HO-101/Hộ ông Phạm Quang Dung")
    year.at("2024-09-18 09:00")
    year.desk("ct.phuong1").act(one, "submit", **year.letter("TTR-UBND"))
    year.at("2024-09-19 14:00")
    year.receive(*files("quarter crew"))
    year.desk("chuyenvien").act(files["household"], "request_supplement", **MISSING)

    year.at("2024-09-20 09:00")
    year.appraise(*files("teacher fighter worker"))
    two = year.submission("phuong2", **DISTRICT)
    for number, name in enumerate(("slow", "silent", "wrong", "own", "tired", "late"), start=1):
        files.of[name] = year.line("phuong2", two, "GK", f"individual/P2-{number:03}/Người đề nghị số {number}")
    year.at("2024-09-23 08:30")
    year.desk("ct.phuong2").act(two, "submit", **year.letter("TTR-UBND"))
    year.sign(*files("teacher fighter worker"))
    year.desk("tt.donvi1").refused(  # three of its lines have gone too far to be withdrawn
        files["list"], "withdraw", 409, "lines_refused", **reason("Đơn vị muốn rút cả danh sách.")
    )


def requests_for_supplements(year: Year, files: Files) -> None:
    """24/9 to 4/10: supplements asked for once, sent, or never sent; the clock of the appraisal stands still."""
    asking, ward = year.desk("chuyenvien"), year.desk("phuong2")
    year.at("2024-09-24 09:00")
    year.desk("phuong1").edit(files["household"], justification="Đã bổ sung xác nhận của tổ dân phố.")
    year.desk("phuong1").act(files["household"], "supplement")
    asking.refused(files["household"], "request_supplement", 409, "guard_unmet", **MISSING)
    year.receive(*files("household slow late"))

    year.at("2024-09-25 15:00")
    asking.act(files["slow"], "request_supplement", **MISSING)  # nine of its ten working days are left
    asking.act(files["silent"], "request_supplement", **MISSING)
    asking.act(files["tired"], "request_supplement", **MISSING)
    asking.act(files["wrong"], "send_back", code="wrong_type", **reason("Không đúng loại hình khen thưởng."))
    year.desk("ct.phuong2").act(files["own"], "withdraw", **reason("Cá nhân xin không đề nghị nữa."))
    year.at("2024-09-26 09:00")
    year.appraise(*files("quarter crew"))
    year.desk("truongphong").act(files["quarter"], "redo_appraisal")
    year.desk("ct.phuong2").act(files["tired"], "withdraw", **reason("Không bổ sung kịp hồ sơ."))

    year.at("2024-10-01 16:00")
    ward.refused(files["slow"], "supplement", 409, "guard_unmet")  # nothing of what was asked for is there yet
    ward.attach(files["slow"], "CHUNG_NHAN_SANG_KIEN")
    ward.act(files["slow"], "supplement")
    year.appraise(files["quarter"])
    year.sign(*files("quarter crew"))
    year.at("2024-10-03 00:00")
    year.expect_state("returned", files["silent"])  # five working days without a word
    year.at("2024-10-03 09:00")
    year.receive(files["slow"])


def the_council_sits(year: Year, files: Files) -> None:
    """30/9 was the day, 4/10 it became; one vote fails, the appraisal is done again and ends in a no."""
    year.at("2024-10-04 14:00")
    year.vote(*files("teacher fighter quarter crew"))
    year.vote(files["worker"], in_favour=4)  # half of those present is not more than half
    year.expect_state("not_passed", files["worker"])
    year.at("2024-10-07 09:00")
    year.desk("truongphong").act(files["worker"], "redo_appraisal")
    year.appraise(files["worker"], result="fail")
    year.at("2024-10-08 11:45")
    year.sign(files["worker"])
    year.desk("truongphong").act(files["worker"], "reject", **reason("Chưa đủ tiêu chuẩn theo quy định."))
    year.at("2024-10-08 18:30")  # after hours
    year.appraise(*files("household slow"))


def withdrawals(year: Year, files: Files) -> None:
    """7/10 to 11/10: one company withdraws its list after sending it, another before."""
    year.at("2024-10-09 08:00")
    sent, kept = year.submission("donvi21", **DISTRICT), year.submission("donvi22", **DISTRICT)
    for number in (1, 2):
        files.of[f"sent{number}"] = year.line(
            "donvi21", sent, "GK", f"individual/DN1-{number:02}/Công nhân số {number}"
        )
        files.of[f"kept{number}"] = year.line("donvi22", kept, "GK", f"individual/DN2-{number:02}/Thợ máy số {number}")
    year.desk("tt.donvi21").act(sent, "submit", **year.letter("TTR-CT"))
    year.at("2024-10-11 09:00")
    year.desk("tt.donvi21").act(sent, "withdraw", **reason("Công ty rà soát lại danh sách."))
    year.desk("tt.donvi22").act(kept, "withdraw", **reason("Công ty chưa họp xét xong."))
    year.expect_state("withdrawn", *files("sent1 sent2 kept1 kept2"))


def decisions(year: Year, files: Files) -> None:
    """11/10 to 18/10: the chairman signs, late for one, and declines one; the results are announced."""
    chairman = year.desk("chutich")
    year.at("2024-10-11 15:00")
    year.sign(*files("household slow"))
    year.at("2024-10-14 09:00")
    tomorrow = {"number": "9/QĐ-UBND", "signed_on": "2024-10-15"}
    chairman.refused(files["teacher"], "approve", 422, "invalid_input", **tomorrow)
    before_the_council = {"number": "9/QĐ-UBND", "signed_on": "2024-10-03"}
    chairman.refused(files["teacher"], "approve", 409, "guard_unmet", **before_the_council)
    year.approve(*files("teacher quarter"))
    chairman.act(files["crew"], "decline", **reason("Tập thể chưa đủ thời gian theo dõi."))
    year.vote(*files("household slow"))
    year.at("2024-10-17 10:00")  # the deadline was 11/10
    year.approve(files["fighter"])
    year.expect_state("settled", files["list"])
    year.at("2024-10-18 09:00")
    year.approve(*files("household slow"))
    year.hand_over(*files("teacher fighter"))
    year.desk("vanthu").act(files["quarter"], "notify")


def a_ward_decides_itself(year: Year, files: Files) -> None:
    """21/10 to 25/10: ward 3 within its own authority; what its chair may not grant is refused."""
    ward, chair = year.desk("phuong3"), year.desk("ct.phuong3")
    year.at("2024-10-21 09:00")
    own = year.submission("phuong3", round="rolling", decided_by="ward")
    files.of["family"] = year.line("phuong3", own, "GDVH", "household/HO-301/Gia đình bà Đặng Thị Hà")
    files.of["guard"] = year.line("phuong3", own, "CSTDCS", "individual/P3-01/Hoàng Văn Khánh",
                                  standing={"is_advanced_worker": True, "rating": "excellent"})  # fmt: skip
    files.of["shy"] = year.line("phuong3", own, "GK", "individual/P3-02/Ngô Thu Lan")
    problem = chair.refused(own, "submit", 409, "lines_refused", **year.letter("TTR-UBND"))
    expect(rules_of(problem), ["R-AUTHORITY"])
    ward.edit(files["guard"], award="LDTT")
    chair.act(own, "submit", **year.letter("TTR-UBND"))

    year.at("2024-10-23 09:00")
    year.approve(files["family"], who="ct.phuong3")
    chair.act(files["guard"], "decline", **reason("Đã khen trong năm vì thành tích khác."))
    chair.act(files["shy"], "withdraw", **reason("Cá nhân xin rút tên khỏi danh sách."))
    year.expect_state("settled", own)
    year.at("2024-10-25 09:00")
    year.hand_over(files["family"], clerk="phuong3", officer="phuong3")


def spontaneous(year: Year, files: Files) -> None:
    """28/10 and 29/10: the simplified procedure, without the council, for what happened yesterday."""
    year.at("2024-10-28 08:30")
    sudden = year.submission("donvi6", **DISTRICT, commendation="spontaneous")
    for name, subject in (("rescuer", "individual/X-01/Lương Ngọc Nga"), ("helper", "individual/X-02/Đào Hải Oanh")):
        files.of[name] = year.line(
            "donvi6", sudden, "GK", subject, procedure="simplified", simplified_ground="spontaneous"
        )
    year.desk("tt.donvi6").act(sudden, "submit", **year.letter("TTR-PLDTBXH"))
    year.receive(*files("rescuer helper"))
    year.appraise(*files("rescuer helper"))
    year.sign(*files("rescuer helper"))
    year.expect_state("cleared", files["rescuer"])
    year.at("2024-10-29 10:00")
    year.approve(files["rescuer"])
    year.desk("chutich").act(files["helper"], "decline", **reason("Việc làm thuộc nhiệm vụ thường xuyên."))
    year.expect_state("settled", sudden)


def directed_by_the_chairman(year: Year, files: Files) -> None:
    """29/10 to 1/11: what the chairman found himself: he begins, and has the unit report within three days."""
    chairman = year.desk("chutich")
    year.at("2024-10-29 14:00")
    for name, unit in (("found", "PYT"), ("unsure", "PTP"), ("dropped", "PQLDT")):
        dossier = proposal("GK", f"individual/{unit}-01/Người được phát hiện tại {unit}", procedure="simplified",
                           simplified_ground="head_discovered")  # fmt: skip
        files.of[name] = chairman.start("award-proposals", year.campaign, unit=unit, **dossier)
    for name in ("found", "unsure"):
        chairman.act(files[name], "direct", instruction="Lập báo cáo tóm tắt thành tích đột xuất.")
    year.at("2024-10-30 09:00")
    year.desk("tt.donvi9").act(files["dropped"], "withdraw", **reason("Đã có hồ sơ khác của cá nhân này."))
    year.desk("tt.donvi8").act(files["unsure"], "withdraw", **reason("Thành tích chưa xác minh được."))
    year.desk("donvi7").edit(files["found"], public_consent=True)
    year.desk("donvi7").attach(files["found"], "TO_TRINH", "BAO_CAO_TOM_TAT")
    year.at("2024-11-04 10:00")  # a working day after the deadline
    year.desk("tt.donvi7").act(files["found"], "present", **year.letter("TTR-PYT"))


def two_weeks_off(year: Year, files: Files) -> None:
    """8/11 to 25/11: reminders, a lapse and held mail fall into two weeks without a tick."""
    year.at("2024-11-08 15:00")
    year.receive(files["found"])
    last = year.submission("donvi2", **DISTRICT)
    files.of["waiting"] = year.line("donvi2", last, "GK", "individual/VH-01/Vũ Thị Giang")
    files.of["forgotten"] = year.line("donvi2", last, "GK", "individual/VH-02/Bùi Văn Hà")
    year.desk("tt.donvi2").act(last, "submit", **year.letter("TTR-PVHTT"))
    year.receive(files["waiting"])
    year.desk("chuyenvien").act(files["forgotten"], "request_supplement", **MISSING)
    year.at("2024-11-10 20:00")  # a Sunday evening: the mail about this waits for Monday 08:00
    year.appraise(files["found"])

    year.stage.be_off_until("2024-11-25 08:30")
    year.expect_state("returned", files["forgotten"])


def after_the_move(year: Year, files: Files) -> None:
    """25/11 to 6/12: what had waited goes on."""
    year.at("2024-11-25 10:00")
    year.sign(files["found"])
    year.appraise(*files("late waiting"))
    year.approve(files["found"])
    year.desk("chuyenvien").act(files["quarter"], "confirm_award", handed_over_on=year.today, place="Nhà văn hóa")
    year.at("2024-11-29 09:00")
    year.sign(*files("late waiting"))
    year.hand_over(*files("household slow rescuer found"))
    year.at("2024-12-02 09:00")
    year.vote(*files("late waiting"))
    year.at("2024-12-06 09:00")
    year.approve(*files("late waiting"))
    year.desk("vanthu").act(files["quarter"], "archive")
