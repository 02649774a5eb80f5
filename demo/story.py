"""Four weeks of the campaign, from 11/7 to the morning of 6/8/2024, as a table: when, who, does what, with what.

So a stranger meets a living office. Every person, school, enterprise and achievement in it is invented.
"""

from typing import Any

from api.clock import DemoClock
from api.installation import Installation
from demo.organisation import ACCOUNTS
from demo.playing import Player, Step, Steps

ENDS_AT = "2024-08-06 09:00"
UNREACHABLE = "tt.donvi23"
"""Whose mail is refused while the story lasts: one mail is there to look into, and to send again."""

LATE = {"2024-07-19 15:00": ("HTX1", "PQ"), "2024-07-25 10:00": ("DN2",)}
ORGANISATION = "Ban chỉ đạo phong trào phân công từng ngành, đoàn thể và tổ dân phố; sơ kết hằng quý."
COUNCIL = {"minutes_number": "03/BB-HĐTĐKT", "met_on": "2024-07-26", "members": 9, "present": 8, "in_favour": 8}
MET_AGAIN = {**COUNCIL, "minutes_number": "04/BB-HĐTĐKT", "met_on": "2024-08-02"}


# ── how steps are written ────────────────────────────────────────────────────────────────────────
def do(who: str, verb: str, case: str, **given: Any) -> Step:
    """`who` takes an action on a case, with its form."""
    return Step(who, verb, case, given)


def many(who: str, verb: str, cases: str, **given: Any) -> Steps:
    """The same action on several cases, their names parted by spaces."""
    return tuple(Step(who, verb, case, given) for case in cases.split())


def letter(number: str, signed_on: str) -> dict[str, str]:
    """The form of a signed paper."""
    return {"number": number, "signed_on": signed_on}


def attach(who: str, case: str, *kinds: str) -> Steps:
    """A paper of each kind."""
    return tuple(Step(who, "attach", case, {"kind": kind}) for kind in kinds)


def listing(who: str, name: str, **dossier: str) -> Steps:
    """A new tờ trình with its papers, still without lines."""
    given = {"round": "rolling", "commendation": "campaign", "decided_by": "district", **dossier}
    return (Step(who, "start", name, given, process="submission"), *attach(who, name, "TO_TRINH", "BIEN_BAN"))


def line(who: str, name: str, below: str, award: str, subject: str, did: str, **more: Any) -> Steps:
    """A complete proposal on a tờ trình. subject: "kind/code/name/position"; did: the achievement's title."""
    kind, code, called, position = subject.split("/")
    dossier = {
        "award": award,
        "subject": {"kind": kind, "identifier": code, "name": called, "position": position, "is_direct_worker": True},
        "achievement": {"title": did, "summary": f"{did}. {SUMMARY}", "from_day": "2024-07-10", "to_day": "2024-07-12"},
        "movement": "GPHP70",
        "public_consent": True,
        **more,
    }
    report = "BAO_CAO_TOM_TAT" if more.get("procedure") == "simplified" else "BAO_CAO_THANH_TICH"
    return (Step(who, "start", name, dossier, process="award_proposal", below=below), *attach(who, name, report))


def receipts(moment: str, *units: str) -> Steps:
    """The records officers of these units say that the plan has come in."""
    return tuple(
        do(_records_officer(unit), "acknowledge", f"plan_receipt {unit}", received_on=moment[:10]) for unit in units
    )


def _records_officer(unit: str) -> str:
    return next(account.username for account in ACCOUNTS if ("records_officer", unit) in account.roles)


SUMMARY = "Việc làm được tập thể ghi nhận, có số liệu và xác nhận của đơn vị kèm theo báo cáo thành tích."
PROMPT = (
    "QDK", "BTDKT", "P1", "P2", "P3", "P4", "P5", "P6", "PGDDT", "PVHTT", "PKT", "PTCKH", "PTNMT", "PLDTBXH", "PYT", "PTP",
    "TTR", "PNV", "VP", "MN1", "TH1", "TH2", "THCS1", "THCS2", "TTYT", "TTVH", "CTTDT", "TTQU", "MTTQ", "VPQU",
)  # fmt: skip
ODD_ONE = {"procedure": "simplified", "simplified_ground": "spontaneous"}
FOUND_BY_THE_CHAIRMAN = {
    "award": "GK",
    "procedure": "simplified",
    "simplified_ground": "head_discovered",
    "subject": {"kind": "individual", "identifier": "YT-05", "name": "Đinh Thế Nghĩa", "position": "Y sĩ (minh họa)"},
    "achievement": {
        "title": "Túc trực nhiều đêm liền chăm sóc người bệnh trong mưa lũ",
        "summary": SUMMARY, "from_day": "2024-08-01", "to_day": "2024-08-04",
    },
    "movement": "GPHP70",
}  # fmt: skip


# ── the table ────────────────────────────────────────────────────────────────────────────────────
# fmt: off
JULY: tuple[tuple[str, Steps], ...] = (
    ("2024-07-11 08:30", receipts("2024-07-11", *PROMPT)),

    ("2024-07-15 08:30", (  # ward 1 is the first to file, the education office the first to propose
        do("phuong1", "edit", "ward_plan P1", organisation=ORGANISATION),
        do("phuong1", "draft", "ward_plan P1"),
        *listing("donvi1", "education"),
        *line("donvi1", "an",    "education", "GK",     "individual/GV-001/Lê Thị Hoài An/Giáo viên Trường THCS Biển Xanh (minh họa)", "Vận động 40 gia đình cho con trở lại lớp"),
        *line("donvi1", "binh",  "education", "GK",     "individual/GV-014/Phan Quốc Bình/Giáo viên Trường Tiểu học Sông Đa (minh họa)", "Mở lớp học hè miễn phí cho trẻ khuyết tật"),
        *line("donvi1", "chi",   "education", "CSTDCS", "individual/GV-022/Tạ Linh Chi/Phó hiệu trưởng Trường THCS Đồng Tiến (minh họa)", "Sáng kiến ngân hàng câu hỏi dùng chung toàn quận", standing={"is_advanced_worker": True, "rating": "excellent"}),
        *line("donvi1", "dat",   "education", "LDTT",   "individual/GV-031/Nguyễn Tiến Đạt/Nhân viên thiết bị Trường THCS Đồng Tiến (minh họa)", "Tự sửa chữa toàn bộ phòng thực hành", standing={"rating": "good"}, public_consent=False),
        *line("donvi1", "giang", "education", "GK",     "individual/GV-047/Đoàn Hương Giang/Giáo viên Trường Mầm non Hoa Sen (minh họa)", "Tổ chức tuần lễ an toàn giao thông cho trẻ"),
        *line("donvi1", "reading", "education", "TTLDTT", "collective/TT-07/Tổ Thư viện Trường Tiểu học Cầu Rào Mới (minh họa)/Trường Tiểu học Cầu Rào Mới (minh họa)", "Đưa tủ sách lưu động về 12 tổ dân phố"),
    )),
    ("2024-07-15 16:00", many("tt.donvi1", "submit", "education", **letter("11/TTr-PGDĐT", "2024-07-15"))),

    ("2024-07-16 09:00", (
        *attach("ct.phuong1", "ward_plan P1", "KE_HOACH"),
        do("ct.phuong1", "sign", "ward_plan P1", **letter("42/KH-UBND", "2024-07-16")),
        *many("chuyenvien", "receive", "an binh chi dat reading"),
        do("chuyenvien", "send_back", "giang", code="wrong_type", reason="Hoạt động thường kỳ của nhà trường, chưa phải thành tích của cá nhân."),
    )),
    ("2024-07-17 10:00", (
        do("phuong1", "submit", "ward_plan P1"),
        *many("chuyenvien", "appraise", "an binh chi reading", result="pass", reasons="Đã đối chiếu báo cáo và xác nhận của nhà trường; đủ tiêu chuẩn."),
        do("chuyenvien", "appraise", "dat", result="fail", reasons="Báo cáo chưa chứng minh được mức hoàn thành tốt nhiệm vụ."),
    )),
    ("2024-07-18 08:30", (
        *many("truongphong", "sign_appraisal", "an binh chi dat reading"),
        do("truongphong", "reject", "dat", reason="Chưa đủ căn cứ về mức hoàn thành nhiệm vụ; đề nghị trình lại cuối năm."),
        do("chuyenvien", "check", "ward_plan P1"),
    )),
    ("2024-07-19 09:00", (  # a rescue: the simplified procedure, without the council
        *listing("donvi6", "rescue", commendation="spontaneous"),
        *line("donvi6", "khoa", "rescue", "GK", "individual/X-01/Vương Đăng Khoa/Tổ dân phố số 4, phường Hải Thành (minh họa)", "Cứu hai em nhỏ bị đuối nước tại hồ điều hòa", **ODD_ONE),
        *line("donvi6", "loan", "rescue", "GK", "individual/X-02/Trần Thị Kim Loan/Nhân viên y tế phường Hải Thành (minh họa)", "Sơ cứu kịp thời cho hai em nhỏ bị đuối nước", **ODD_ONE),
        do("tt.donvi6", "submit", "rescue", **letter("08/TTr-PLĐTBXH", "2024-07-19")),
        *many("chuyenvien2", "receive", "khoa loan"),
        *many("chuyenvien2", "appraise", "khoa loan", result="pass", reasons="Có xác nhận của công an phường và người làm chứng."),
        *many("truongphong", "sign_appraisal", "khoa loan"),
        do("phochutich", "approve", "khoa", **letter("301/QĐ-UBND", "2024-07-19")),  # KT. the chairman, by the mandate
        do("chutich", "approve", "loan", **letter("302/QĐ-UBND", "2024-07-19")),
    )),
    ("2024-07-19 15:00", receipts("2024-07-19", *LATE["2024-07-19 15:00"])),

    ("2024-07-22 09:00", (
        do("truongphong", "acknowledge", "ward_plan P1"),
        *many("vanthu", "notify", "khoa loan"),
        do("phuong4", "edit", "ward_plan P4", organisation=ORGANISATION),
        do("phuong4", "draft", "ward_plan P4"),
        do("phuong2", "edit", "ward_plan P2", organisation=ORGANISATION, starts_on="2024-09-04"),
        do("phuong2", "draft", "ward_plan P2"),
        *listing("phuong1", "ward1", decided_by="ward"),
        *line("phuong1", "oanh", "ward1", "GDVH", "household/HO-112/Hộ bà Mai Thúy Oanh/Tổ dân phố số 6, phường Anh Dũng", "Hiến đất mở rộng ngõ, giữ gìn nếp sống văn hóa"),
        *line("phuong1", "phuc", "ward1", "GK",   "individual/TDP-06/Hoàng Minh Phúc/Tổ trưởng tổ dân phố số 6, phường Anh Dũng", "Vận động nhân dân lắp 30 camera an ninh"),
    )),
    ("2024-07-23 14:00", (
        *attach("ct.phuong4", "ward_plan P4", "KE_HOACH"),
        do("ct.phuong4", "sign", "ward_plan P4", **letter("37/KH-UBND", "2024-07-23")),
        *attach("ct.phuong2", "ward_plan P2", "KE_HOACH"),
        do("ct.phuong2", "sign", "ward_plan P2", **letter("51/KH-UBND", "2024-07-23")),
        do("phuong4", "submit", "ward_plan P4"),
        do("phuong2", "submit", "ward_plan P2"),
    )),
    ("2024-07-25 10:00", (
        *receipts("2024-07-25", *LATE["2024-07-25 10:00"]),
        *many("chuyenvien", "confirm_award", "khoa loan", handed_over_on="2024-07-25", place="Nhà văn hóa phường Hải Thành"),
        do("chuyenvien", "check", "ward_plan P2"),
        *listing("donvi21", "garment"),
        *line("donvi21", "quyen", "garment", "GK", "individual/CN-208/Đỗ Lệ Quyên/Tổ trưởng may, Công ty May Ven Biển (minh họa)", "Cải tiến chuyền may, tăng năng suất 15%"),
        *line("donvi21", "son",   "garment", "GK", "individual/CN-311/Vũ Ngọc Sơn/Thợ cơ điện, Công ty May Ven Biển (minh họa)", "Tự chế thiết bị hút bụi cho phân xưởng cắt"),
        *line("donvi21", "line3", "garment", "GK", "collective/CN-T3/Chuyền may số 3, Công ty May Ven Biển (minh họa)/Công ty May Ven Biển (minh họa)", "Hoàn thành đơn hàng trước hạn 20 ngày"),
        do("tt.donvi21", "submit", "garment", **letter("05/TTr-CT", "2024-07-25")),
    )),
    ("2024-07-26 15:00", (  # the council sits for the first time
        *many("thuky", "record_council", "an binh chi", **COUNCIL),
        *many("chuyenvien2", "receive", "quyen son line3"),
        do("truongphong", "acknowledge", "ward_plan P2"),
        do("vanthu", "archive", "khoa"),
    )),
    ("2024-07-29 09:00", (
        do("chutich", "approve", "an", **letter("315/QĐ-UBND", "2024-07-29")),
        do("phuong5", "edit", "ward_plan P5", organisation=ORGANISATION),
        do("phuong5", "draft", "ward_plan P5"),
        *attach("ct.phuong5", "ward_plan P5", "KE_HOACH"),
        do("ct.phuong5", "sign", "ward_plan P5", **letter("29/KH-UBND", "2024-07-29")),
        do("phuong5", "submit", "ward_plan P5"),
        *many("chuyenvien2", "appraise", "quyen son line3", result="pass", reasons="Số liệu của công ty khớp với báo cáo tài chính quý II."),
    )),
    ("2024-07-30 09:00", (
        *many("truongphong", "sign_appraisal", "quyen son line3"),
        do("chuyenvien", "send_back", "ward_plan P4", items=["Chỉ tiêu thi đua", "Kinh phí thực hiện"], reason="Kế hoạch chưa có chỉ tiêu cụ thể và nguồn kinh phí."),
        do("vanthu", "notify", "an"),
        *listing("phuong2", "ward2"),
        *line("phuong2", "thu",      "ward2", "GK",    "individual/P2-003/Phạm Anh Thư/Bí thư Đoàn phường Đa Phúc", "Xây dựng tuyến đường hoa dài 800 mét"),
        *line("phuong2", "uyen",     "ward2", "GK",    "individual/P2-009/Ngô Tú Uyên/Công chức một cửa phường Đa Phúc", "Rút ngắn một nửa thời gian trả kết quả một cửa", public_consent=False),
        *line("phuong2", "viet",     "ward2", "GK",    "household/HO-207/Hộ ông Bùi Quốc Việt/Tổ dân phố số 2, phường Đa Phúc", "Hỗ trợ xóa ba nhà dột nát trong phường"),
        *line("phuong2", "quarter2", "ward2", "TDPVH", "collective/TDP-22/Tổ dân phố số 2/Phường Đa Phúc", "Không có rác thải tồn đọng, mọi hộ tham gia tổ tự quản"),
        *line("phuong2", "xuan",     "ward2", "GK",    "individual/P2-015/Lưu Thanh Xuân/Chi hội trưởng Phụ nữ, phường Đa Phúc", "Quyên góp 200 suất học bổng cho trẻ mồ côi"),
    )),
    ("2024-07-31 10:00", (
        do("ct.phuong2", "submit", "ward2", **letter("63/TTr-UBND", "2024-07-31")),
        *attach("donvi7", "unit_obligation PYT", "BAO_CAO_KET_QUA"),
        do("donvi7", "edit", "unit_obligation PYT", activities="Khám sức khỏe miễn phí cho 600 người cao tuổi tại sáu phường.", result="Hoàn thành đợt cao điểm, vượt chỉ tiêu 20%."),
        do("donvi7", "report", "unit_obligation PYT"),
    )),
)

AUGUST: tuple[tuple[str, Steps], ...] = (
    ("2024-08-01 09:00", (
        *many("chuyenvien", "receive", "thu uyen viet quarter2"),
        do("chuyenvien", "confirm_award", "an", handed_over_on="2024-08-01", place="Hội trường UBND quận"),
        do("chuyenvien", "accept", "unit_obligation PYT"),
        *attach("donvi14", "unit_obligation TH1", "BAO_CAO_KET_QUA"),
        do("donvi14", "edit", "unit_obligation TH1", activities="Phát động tuần lễ đọc sách trong toàn trường.", result="Mỗi học sinh đọc ba cuốn sách trong hè."),
        do("donvi14", "report", "unit_obligation TH1"),
        do("truongphong", "excuse", "unit_obligation HTX1", reason="Hợp tác xã đang tạm ngừng hoạt động để chuyển đổi mô hình."),
    )),
    ("2024-08-01 15:00", (
        do("phuong3", "edit", "ward_plan P3", organisation=ORGANISATION),
        do("phuong3", "draft", "ward_plan P3"),  # a day late, and its chair has not signed yet
        do("chuyenvien", "assign", "uyen", to="chuyenvien"),
        do("ct.phuong1", "submit", "ward1", **letter("70/TTr-UBND", "2024-08-01")),
    )),
    ("2024-08-02 10:00", (
        *many("thuky", "record_council", "quyen son line3", **MET_AGAIN),
        do("chutich", "approve", "binh", **letter("322/QĐ-UBND", "2024-08-02")),
        do("chuyenvien", "request_supplement", "viet", items=[
            {"part": "BAO_CAO_THANH_TICH", "fault": "unsigned", "note": "Chưa có xác nhận của tổ dân phố và UBND phường."},
            {"part": "achievement", "fault": "wrong_figures", "note": "Số nhà đã hỗ trợ chưa khớp với danh sách kèm theo."},
        ]),
        do("chuyenvien", "appraise", "thu", result="pass", reasons="Đã kiểm tra thực tế tuyến đường; đủ tiêu chuẩn."),
        do("chuyenvien", "check", "ward_plan P5"),
        do("ct.phuong1", "approve", "oanh", **letter("15/QĐ-UBND", "2024-08-02")),
    )),
    ("2024-08-05 09:00", (
        *listing("donvi6", "storm", commendation="spontaneous"),
        *line("donvi6", "yen", "storm", "GK", "individual/X-03/Chu Hải Yến/Cán bộ phường Hưng Đạo (minh họa)", "Đưa 15 hộ dân ra khỏi khu vực nguy hiểm trong mưa lớn", **ODD_ONE),
        *line("donvi6", "squad", "storm", "GK", "collective/X-04/Tổ xung kích phường Hưng Đạo (minh họa)/Phường Hưng Đạo", "Ứng trực 48 giờ, gia cố đoạn đê xung yếu", **ODD_ONE),
        do("tt.donvi6", "submit", "storm", **letter("12/TTr-PLĐTBXH", "2024-08-05")),
        *many("chuyenvien2", "receive", "yen squad"),
        *many("chuyenvien2", "appraise", "yen squad", result="pass", reasons="Có xác nhận của Ban chỉ huy phòng, chống thiên tai phường."),
        *many("truongphong", "sign_appraisal", "yen squad"),
        Step("chutich", "start", "clinic", FOUND_BY_THE_CHAIRMAN, process="award_proposal", unit="PYT"),
        do("vanthu", "notify", "binh"),
        do("chutich", "direct", "clinic", instruction="Phòng Y tế lập báo cáo tóm tắt thành tích trước ngày 08/8/2024."),
    )),
    ("2024-08-05 14:30", (
        *listing("donvi15", "school"),
        *line("donvi15", "lam", "school", "GK", "individual/GV-102/Kiều Bảo Lâm/Tổng phụ trách Đội Trường Tiểu học Cầu Rào Mới (minh họa)", "Xây dựng mô hình đổi rác lấy cây xanh"),
        Step("donvi15", "start", "my", {"award": "GK", "subject": {"kind": "individual", "identifier": "GV-115", "name": "Hà Trà My", "position": "Giáo viên Trường Tiểu học Cầu Rào Mới (minh họa)"}}, process="award_proposal", below="school"),
    )),
)
# fmt: on


def play(place: Installation, clock: DemoClock, campaign_id: int) -> None:
    """Take every step of the table on a demo that was just launched; the clock ends at `ENDS_AT`."""
    with Player(place, clock, campaign_id) as player:
        for moment, steps in (*JULY, *AUGUST):
            player.at(moment, *steps)
        player.at(ENDS_AT)
