"""The candidate roles of the office. `Seat.OWN_UNIT`: held in the unit that a case belongs to;
`Seat.AUTHORITY`: held once for the authority that decides it."""

from engine.definition import Role, Seat

PROPOSER = Role("proposer", "Cán bộ thi đua, khen thưởng của đơn vị", led_by="proposer_head")
PROPOSER_HEAD = Role("proposer_head", "Thủ trưởng đơn vị")
WARD_OFFICER = Role("ward_officer", "Công chức phường", led_by="ward_chair")
WARD_CHAIR = Role("ward_chair", "Chủ tịch UBND phường")
RECORDS_OFFICER = Role("records_officer", "Người nhận văn bản của đơn vị")

APPRAISER = Role("appraiser", "Chuyên viên Phòng Nội vụ", Seat.AUTHORITY, led_by="appraisal_head")
APPRAISAL_HEAD = Role("appraisal_head", "Trưởng phòng Nội vụ", Seat.AUTHORITY)
COUNCIL_SECRETARY = Role("council_secretary", "Thư ký Hội đồng Thi đua - Khen thưởng", Seat.AUTHORITY)
COUNCIL_MEMBER = Role("council_member", "Ủy viên Hội đồng Thi đua - Khen thưởng", Seat.AUTHORITY)
DISTRICT_CHAIR = Role("district_chair", "Chủ tịch UBND quận", Seat.AUTHORITY)
CLERK = Role("clerk", "Văn thư", Seat.AUTHORITY)
COMMUNICATION = Role("communication", "Cán bộ truyền thông", Seat.AUTHORITY)
CITY_DESK = Role("city_desk", "Ban Thi đua, khen thưởng - Sở Nội vụ", Seat.AUTHORITY)
ADMINISTRATOR = Role("administrator", "Quản trị hệ thống", Seat.AUTHORITY, sees_all=True)
AUDITOR = Role("auditor", "Thanh tra", Seat.AUTHORITY, sees_all=True)

ALL = (
    PROPOSER, PROPOSER_HEAD, WARD_OFFICER, WARD_CHAIR, RECORDS_OFFICER, APPRAISER, APPRAISAL_HEAD,
    COUNCIL_SECRETARY, COUNCIL_MEMBER, DISTRICT_CHAIR, CLERK, COMMUNICATION, CITY_DESK, ADMINISTRATOR, AUDITOR,
)  # fmt: skip
