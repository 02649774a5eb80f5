"""The model customer as data: units, seats, accounts. Offices are those that the published plan names or
that every district has; ward names are not verified; schools, enterprises and all persons are invented."""

from dataclasses import dataclass

from workflows.roles import (
    ADMINISTRATOR,
    APPRAISAL_HEAD,
    APPRAISER,
    AUDITOR,
    CITY_DESK,
    CLERK,
    COMMUNICATION,
    COUNCIL_MEMBER,
    COUNCIL_SECRETARY,
    DISTRICT_CHAIR,
    PROPOSER,
    PROPOSER_HEAD,
    RECORDS_OFFICER,
    WARD_CHAIR,
    WARD_OFFICER,
)

CITY, CITY_BOARD, DISTRICT, COUNCIL, HOME_AFFAIRS, OFFICE = "TPHP", "BTDKT", "QDK", "HDTDKT", "PNV", "VP"
MAIL_DOMAIN = "duongkinh.example"


@dataclass(frozen=True, slots=True)
class DemoUnit:
    """`parent`: code of the unit above; `authority`: of the body that decides for it ("": itself)."""

    code: str
    name: str
    kind: str
    parent: str = DISTRICT
    authority: str = DISTRICT
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """A login and the (role, unit code) pairs that it holds."""

    username: str
    name: str
    roles: tuple[tuple[str, str], ...]


TOP = (
    DemoUnit(CITY, "UBND thành phố Hải Phòng", "city", "", ""),
    DemoUnit(CITY_BOARD, "Ban Thi đua, khen thưởng - Sở Nội vụ", "city_office", CITY, CITY),
    DemoUnit(DISTRICT, "UBND quận Dương Kinh", "district", CITY, "", ("leaders",)),
    DemoUnit(COUNCIL, "Hội đồng Thi đua - Khen thưởng quận", "council"),
)
WARDS = tuple(
    DemoUnit(f"P{n}", f"UBND phường {name}", "ward", groups=("wards",))
    for n, name in enumerate(("Anh Dũng", "Đa Phúc", "Hải Thành", "Hòa Nghĩa", "Hưng Đạo", "Tân Thành"), start=1)
)
OFFICES = (
    DemoUnit("PGDDT", "Phòng Giáo dục và Đào tạo", "office", groups=("offices",)),
    DemoUnit("PVHTT", "Phòng Văn hóa và Thông tin", "office", groups=("offices",)),
    DemoUnit("PKT", "Phòng Kinh tế", "office", groups=("offices",)),
    DemoUnit("PTCKH", "Phòng Tài chính - Kế hoạch", "office", groups=("offices",)),
    DemoUnit("PTNMT", "Phòng Tài nguyên và Môi trường", "office", groups=("offices",)),
    DemoUnit("PLDTBXH", "Phòng Lao động - Thương binh và Xã hội", "office", groups=("offices",)),
    DemoUnit("PYT", "Phòng Y tế", "office", groups=("offices",)),
    DemoUnit("PTP", "Phòng Tư pháp", "office", groups=("offices",)),
    DemoUnit("PQLDT", "Phòng Quản lý đô thị", "office", groups=("offices",)),
    DemoUnit("TTR", "Thanh tra quận", "office", groups=("offices",)),
    DemoUnit(HOME_AFFAIRS, "Phòng Nội vụ", "office", groups=("offices",)),
    DemoUnit(OFFICE, "Văn phòng HĐND và UBND quận", "office", groups=("secretariats",)),
)
SCHOOLS = (
    DemoUnit("MN1", "Trường Mầm non Hoa Sen (minh họa)", "school", groups=("public_units",)),
    DemoUnit("TH1", "Trường Tiểu học Sông Đa (minh họa)", "school", groups=("public_units",)),
    DemoUnit("TH2", "Trường Tiểu học Cầu Rào Mới (minh họa)", "school", groups=("public_units",)),
    DemoUnit("THCS1", "Trường THCS Biển Xanh (minh họa)", "school", groups=("public_units",)),
    DemoUnit("THCS2", "Trường THCS Đồng Tiến (minh họa)", "school", groups=("public_units",)),
    DemoUnit("TTYT", "Trung tâm Y tế (minh họa)", "school", groups=("public_units",)),
    DemoUnit("TTVH", "Trung tâm Văn hóa, Thể thao (minh họa)", "school", groups=("public_units",)),
    DemoUnit("CTTDT", "Cổng thông tin điện tử quận", "school", groups=("portal",)),
)
ENTERPRISES = (
    DemoUnit("DN1", "Công ty May Ven Biển (minh họa)", "enterprise", groups=("enterprises",)),
    DemoUnit("DN2", "Công ty Cơ khí Lạch Tray Mới (minh họa)", "enterprise", groups=("enterprises",)),
    DemoUnit("HTX1", "Hợp tác xã Rau sạch (minh họa)", "enterprise", groups=("enterprises",)),
)
ADDRESSEES = (
    DemoUnit("TTQU", "Thường trực Quận ủy", "party", groups=("standing",)),
    DemoUnit("TTHDND", "Thường trực HĐND quận", "party", groups=("standing",)),
    DemoUnit("BXDD", "Các Ban xây dựng Đảng", "party", groups=("party_boards",)),
    DemoUnit("MTTQ", "Ủy ban MTTQ Việt Nam quận và các đoàn thể", "party", groups=("fronts",)),
    DemoUnit("VPQU", "Văn phòng Quận ủy", "party", groups=("secretariats",)),
    DemoUnit("PQ", "Các đơn vị phối quân", "force", groups=("forces",)),
)
AGENCIES = (*OFFICES, *SCHOOLS, *ENTERPRISES, *ADDRESSEES)
UNITS = (*TOP, *WARDS, *AGENCIES)

# The plan's "Nơi nhận", in its order; "Lưu: VT, NV" is the office's own copy.
DISTRIBUTION = (
    "standing", "leaders", "party_boards", "fronts", "secretariats", "offices", "public_units", "forces",
    "enterprises", "portal", "wards",
)  # fmt: skip

SEATS = (
    (APPRAISER, HOME_AFFAIRS),
    (APPRAISAL_HEAD, HOME_AFFAIRS),
    (COUNCIL_SECRETARY, COUNCIL),
    (COUNCIL_MEMBER, COUNCIL),
    (DISTRICT_CHAIR, DISTRICT),
    (CLERK, OFFICE),
    (COMMUNICATION, "PVHTT"),
    (CITY_DESK, CITY_BOARD),
    (ADMINISTRATOR, DISTRICT),
    (AUDITOR, "TTR"),
)


@dataclass(frozen=True, slots=True)
class DemoMandate:
    """Who may act for whom, in which role where, by which paper; all of it invented."""

    principal: str
    deputy: str
    role: str
    unit: str
    capacity: str
    paper: str


MANDATES = (
    DemoMandate("chutich", "phochutich", DISTRICT_CHAIR.code, DISTRICT, "KT.", "02/GUQ-UBND ngày 01/7/2024 (minh họa)"),
)

_FAMILY = ("Đỗ", "Vũ", "Bùi", "Phạm", "Đặng", "Hoàng", "Ngô", "Lương", "Đào", "Trịnh", "Mai")
_MIDDLE = ("Thị", "Văn", "Thu", "Quang", "Ngọc", "Hải", "Đức")
_GIVEN = ("An", "Bình", "Cường", "Dung", "Giang", "Hà", "Khánh", "Lan", "Nga", "Oanh", "Sơn", "Thủy", "Yến")


def invented_name(n: int) -> str:
    """The n-th invented name; the same every time."""
    return f"{_FAMILY[n % len(_FAMILY)]} {_MIDDLE[n % len(_MIDDLE)]} {_GIVEN[n % len(_GIVEN)]}"


def _ward_accounts() -> list[Account]:
    """A ward's officer also proposes, receives papers, and keeps the ward's own awards (its authority)."""
    officer = (WARD_OFFICER, PROPOSER, RECORDS_OFFICER, APPRAISER, CLERK)
    chair = (WARD_CHAIR, PROPOSER_HEAD)
    accounts = []
    for n, unit in enumerate(WARDS, start=1):
        accounts.append(Account(f"phuong{n}", invented_name(n), tuple((r.code, unit.code) for r in officer)))
        accounts.append(Account(f"ct.phuong{n}", invented_name(n + 20), tuple((r.code, unit.code) for r in chair)))
    return accounts


def _agency_accounts() -> list[Account]:
    officer, head = (PROPOSER, RECORDS_OFFICER), (PROPOSER_HEAD,)
    accounts = []
    for n, unit in enumerate(AGENCIES, start=1):
        accounts.append(Account(f"donvi{n}", invented_name(n + 40), tuple((r.code, unit.code) for r in officer)))
        accounts.append(Account(f"tt.donvi{n}", invented_name(n + 80), tuple((r.code, unit.code) for r in head)))
    return accounts


def _account(n: int, username: str, *roles: tuple[str, str]) -> Account:
    return Account(username, invented_name(n), roles)


ACCOUNTS = (
    *_ward_accounts(),
    *_agency_accounts(),
    _account(120, "chuyenvien", (APPRAISER.code, HOME_AFFAIRS)),
    _account(121, "chuyenvien2", (APPRAISER.code, HOME_AFFAIRS)),
    _account(122, "truongphong", (APPRAISAL_HEAD.code, HOME_AFFAIRS)),
    _account(123, "thuky", (COUNCIL_SECRETARY.code, COUNCIL)),
    *(_account(130 + n, f"uyvien{n}", (COUNCIL_MEMBER.code, COUNCIL)) for n in range(1, 8)),
    _account(124, "chutich", (DISTRICT_CHAIR.code, DISTRICT)),
    _account(140, "phochutich"),
    _account(125, "vanthu", (CLERK.code, OFFICE), (RECORDS_OFFICER.code, DISTRICT)),
    _account(126, "thanhpho", (CITY_DESK.code, CITY_BOARD), (RECORDS_OFFICER.code, CITY_BOARD)),
    _account(127, "truyenthong", (COMMUNICATION.code, "PVHTT")),
    _account(128, "quantri", (ADMINISTRATOR.code, DISTRICT)),
    _account(129, "thanhtra", (AUDITOR.code, "TTR")),
)
