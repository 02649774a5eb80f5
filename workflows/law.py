"""Legal numbers and rules as dated rows, each with its citation and how sure it is.

Marks: V read in its source, S seen once, U not verified, D the product's own setting. A row marked S or
U warns and never blocks until an administrator confirms it. Invent no law here: change a number only
with its citation.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.definition import LegalRow, Mark
from workflows.awards import Award

LAW_2022 = "Luật Thi đua, khen thưởng 06/2022/QH15"
DECREE_98 = "Nghị định 98/2023/NĐ-CP"
DECREE_152 = "Nghị định 152/2025/NĐ-CP"
DECREE_129 = "Nghị định 129/2025/NĐ-CP"
PLAN = "Kế hoạch phát động của UBND quận Dương Kinh 2024"
OWN = "Mặc định của hệ thống, không phải quy định của pháp luật"

LAST_DISTRICT_DAY = date(2025, 6, 30)
TWO_TIER_FROM = date(2025, 7, 1)


def _limit(key: str, days: int, citation: str = OWN, mark: Mark = Mark.DESIGN) -> LegalRow:
    return LegalRow("time_limit", key, {"working_days": days}, citation, mark)


def _rule(key: str, severity: str, citation: str, mark: Mark) -> LegalRow:
    return LegalRow("rule", key, {"severity": severity}, citation, mark)


def _until_two_tiers(key: str, severity: str, citation: str) -> tuple[LegalRow, ...]:
    """A rule of Nghị định 98/2023; what replaces it from 1/7/2025 was not read, so it only warns."""
    value = {"severity": severity}
    return (
        LegalRow("rule", key, value, citation, Mark.VERIFIED, valid_to=LAST_DISTRICT_DAY),
        LegalRow("rule", key, value, DECREE_152, Mark.UNVERIFIED, valid_from=TWO_TIER_FROM),
    )


def _authority(award: Award, ward: bool, district: bool, city: bool, subjects: str) -> tuple[LegalRow, ...]:
    """Who may grant an award: under Điều 80 to the district's last day, then by Nghị định 129/2025."""

    def value(ward: bool, district: bool) -> Mapping[str, Any]:
        return {"ward": ward, "district": district, "city": city, "subjects": subjects.split()}

    before = LegalRow(
        "authority", award, value(ward, district), f"{LAW_2022} Điều 80", Mark.VERIFIED, valid_to=LAST_DISTRICT_DAY
    )
    after = LegalRow(
        "authority", award, value(ward or district, False), DECREE_129, Mark.VERIFIED, valid_from=TWO_TIER_FROM
    )
    return before, after


TIME_LIMITS = (
    # Ordinary: 20 working days from receipt to decision; simplified: 5 in all.
    _limit("intake_check.ordinary", 3),
    _limit("intake_check.simplified", 1),
    _limit("supplement", 5),
    _limit("appraise.ordinary", 8),
    _limit("appraise.simplified", 2),
    _limit("appraisal_signature.ordinary", 2),
    _limit("appraisal_signature.simplified", 1),
    _limit("council", 5),
    _limit("chair_decision.ordinary", 5),
    _limit("chair_decision.simplified", 1),
    _limit("result_notice", 10, "Thông báo kết quả trong 10 ngày làm việc", Mark.UNVERIFIED),
    _limit("handover", 20),
    _limit("archiving", 20),
    _limit("directed_report", 3),
    _limit("forwarding", 3),
    _limit("city_receipt", 5),
    _limit("city_decision", 25),
    _limit("plan_check", 5),
    _limit("plan_receipt", 5),
    _limit("plan_completion", 5),
    _limit("report_check", 5),
    _limit("campaign_closing", 10),
)

AUTHORITIES = (
    #                         ward   district city
    *_authority(Award.LDTT,    True,  True,  False, "individual"),
    *_authority(Award.CSTDCS,  False, True,  False, "individual"),
    *_authority(Award.TTLDTT,  False, True,  False, "collective"),
    *_authority(Award.TDPVH,   False, True,  False, "collective"),
    *_authority(Award.GDVH,    True,  False, False, "household"),
    *_authority(Award.GK,      True,  True,  False, "individual collective household"),
    LegalRow("authority", Award.BK_TINH,
             {"ward": False, "district": False, "city": True, "subjects": ["individual", "collective", "household"]},
             f"{LAW_2022} Điều 72; {PLAN} IV.2", Mark.VERIFIED),
)  # fmt: skip

RULES = (
    _rule("R-SUBJECT-KIND", "block", f"{LAW_2022} Điều 80", Mark.VERIFIED),
    _rule("R-AUTHORITY", "block", f"{LAW_2022} Điều 80; {DECREE_129} từ 01/07/2025", Mark.VERIFIED),
    _rule("R-ONE-ACH-ONE-FORM", "block", f"{LAW_2022}, nguyên tắc khen thưởng", Mark.VERIFIED),
    _rule("R-DUP-ROUND", "block", OWN, Mark.DESIGN),
    _rule("R-DUP-NAME", "warn", OWN, Mark.DESIGN),
    _rule("R-WINDOW", "warn", f"{PLAN} III", Mark.VERIFIED),
    _rule("R-PARTICIPATION", "warn", f"{PLAN} I.2, V", Mark.DESIGN),
    _rule("R-MOVEMENT", "warn", f"{PLAN} II.2.d", Mark.DESIGN),
    _rule("R-DUP-HIGHER", "warn", f"{LAW_2022}, nguyên tắc khen thưởng", Mark.DESIGN),
    _rule("R-FIELDS", "block", OWN, Mark.DESIGN),
    _rule("R-DOSSIER", "block", "Thủ tục tặng giấy khen, danh hiệu: tờ trình, báo cáo thành tích", Mark.VERIFIED),
    _rule("R-MINUTES", "block", "Thủ tục tặng giấy khen, danh hiệu: biên bản xét khen thưởng", Mark.VERIFIED),
    *_until_two_tiers("R-DOSSIER-SIMPLIFIED", "block", f"{DECREE_98} Điều 40; {LAW_2022} Điều 85"),
    *_until_two_tiers("R-SIMPLIFIED-GROUND", "block", f"{DECREE_98} Điều 40; {LAW_2022} Điều 85"),
    _rule(
        "R-DOSSIER-CITY", "block", "Hồ sơ bằng khen theo chuyên đề: báo cáo có xác nhận của cấp trình", Mark.VERIFIED
    ),
    _rule("R-CSTDCS-2022", "block", f"{LAW_2022} Điều 23", Mark.VERIFIED),
    _rule("R-LDTT-RATING", "block", f"{LAW_2022}, tiêu chuẩn Lao động tiên tiến", Mark.VERIFIED),
    _rule("R-DISCIPLINE", "block", "Không khen thưởng khi đang xem xét kỷ luật, khiếu nại", Mark.UNVERIFIED),
    _rule("R-VOTE-RATIO", "warn", "Tỷ lệ phiếu theo quy chế Hội đồng", Mark.UNVERIFIED),
    _rule("R-DECISION-DATE", "block", OWN, Mark.DESIGN),
)

VOTES = (
    LegalRow("vote_policy", "any", {"base": "present", "numerator": 1, "denominator": 2, "strict": True},
             f"Quá nửa số có mặt; đa số như {DECREE_98} Điều 47", Mark.DESIGN),
    LegalRow("vote_policy", Award.BK_TINH, {"base": "members", "numerator": 4, "denominator": 5, "strict": False},
             "80% tổng số thành viên, theo thực tiễn cấp tỉnh", Mark.UNVERIFIED),
)  # fmt: skip


def _retention(key: str, years: int, citation: str) -> LegalRow:
    """How long a closed case stays in daily use; none of these numbers was read in a source."""
    return LegalRow("retention", key, {"years": years, "from": "closed"}, citation, Mark.UNVERIFIED)


_KEPT = "Thời hạn bảo quản hồ sơ khen thưởng, 20 đến 70 năm theo cấp"
_KEPT_SHORT = "Thời hạn bảo quản hồ sơ không được khen thưởng, ngắn hạn"
_KEPT_WORK = "Thời hạn bảo quản hồ sơ phong trào, kế hoạch, báo cáo"
RETENTIONS = (
    _retention("award_proposal.granted", 20, _KEPT),
    _retention("award_proposal.refused", 5, _KEPT_SHORT),
    _retention("submission.granted", 20, _KEPT),
    _retention("submission.refused", 5, _KEPT_SHORT),
    _retention("campaign", 20, _KEPT_WORK),
    _retention("ward_plan", 10, _KEPT_WORK),
    _retention("unit_obligation", 10, _KEPT_WORK),
    _retention("plan_receipt", 10, _KEPT_WORK),
)
"""A key is a process, or "process.granted" and "process.refused" by its good and bad ends."""


def _movement(
    key: str,
    level: str,
    title: str,
    first: int | None = None,
    last: int | None = None,
    citation: str = f"{PLAN} II.2.d",
) -> LegalRow:
    return LegalRow(
        "movement", key, {"level": level, "title": title}, citation, Mark.VERIFIED,
        valid_from=date(first or 2024, 1, 1), valid_to=date(last, 12, 31) if last else None,
    )  # fmt: skip


MOVEMENTS = (
    _movement("NTM", "central", "Cả nước chung sức xây dựng nông thôn mới", 2021, 2025),
    _movement("VNN", "central", "Vì người nghèo, không để ai bị bỏ lại phía sau", 2021, 2025),
    _movement("VHCS", "central", "Cán bộ, công chức, viên chức thi đua thực hiện văn hóa công sở", 2019, 2025),
    _movement("KCHT", "central", "Đẩy mạnh phát triển kết cấu hạ tầng đồng bộ, hiện đại; thực hành tiết kiệm, "
              "chống lãng phí", 2021, 2025),
    _movement("XHHT", "central", "Cả nước thi đua xây dựng xã hội học tập, đẩy mạnh học tập suốt đời", 2023, 2030),
    _movement("NTDN", "central", "Chung tay xóa nhà tạm, nhà dột nát trên phạm vi cả nước"),
    _movement("NQ16", "city", "Thực hiện thắng lợi Nghị quyết Đại hội Đảng bộ thành phố lần thứ XVI"),
    _movement("CCHC", "city", "Đẩy mạnh cải cách hành chính trên địa bàn thành phố Hải Phòng", 2021, 2025),
    _movement("TTNS", "city", "Tăng thu ngân sách địa phương", 2019, 2025),
    _movement("SXSD", "city", "Xây dựng thành phố Hải Phòng Sáng - Xanh - Sạch - Đẹp - An toàn - Văn minh"),
    _movement("CDS", "city", "Thực hiện chương trình chuyển đổi số thành phố Hải Phòng đến năm 2025, "
              "định hướng đến năm 2030", None, 2030),
    _movement("CCPV", "city", "Công chức phục vụ Chính phủ, Chính phủ phục vụ Nhân dân và vì tiện ích của Nhân dân"),
    _movement("GPHP70", "district", "Thi đua đặc biệt lập thành tích chào mừng kỷ niệm 70 năm Ngày Giải phóng "
              "Hải Phòng (13/5/1955 - 13/5/2025)", 2024, 2025, citation=f"{PLAN}, tên và phần III"),
)  # fmt: skip

ALL = (*TIME_LIMITS, *AUTHORITIES, *RULES, *VOTES, *RETENTIONS, *MOVEMENTS)
