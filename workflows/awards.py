"""Kinds of award, subject, procedure and commendation in the law's terms, with their Vietnamese labels."""

from engine.definition import Choice


class Award(Choice):
    """Titles (danh hiệu) and forms (hình thức) that the district's campaign meets."""

    LDTT = "LDTT", "Lao động tiên tiến"
    CSTDCS = "CSTDCS", "Chiến sĩ thi đua cơ sở"
    TTLDTT = "TTLDTT", "Tập thể lao động tiên tiến"
    TDPVH = "TDPVH", "Thôn, tổ dân phố văn hóa"
    GDVH = "GDVH", "Gia đình văn hóa"
    GK = "GK", "Giấy khen"
    BK_TINH = "BK_TINH", "Bằng khen của Chủ tịch UBND thành phố"


class SubjectKind(Choice):
    INDIVIDUAL = "individual", "cá nhân"
    COLLECTIVE = "collective", "tập thể"
    HOUSEHOLD = "household", "hộ gia đình"


class Level(Choice):
    """Whose head decides."""

    WARD = "ward", "phường"
    DISTRICT = "district", "quận"
    CITY = "city", "thành phố"


class Commendation(Choice):
    """Loại hình khen thưởng: a tờ trình is made for one kind only."""

    CAMPAIGN = "campaign", "Khen thưởng phong trào"
    SPONTANEOUS = "spontaneous", "Khen thưởng đột xuất"


class Procedure(Choice):
    ORDINARY = "ordinary", "Thủ tục thông thường"
    SIMPLIFIED = "simplified", "Thủ tục đơn giản"


class SimplifiedGround(Choice):
    """The cases of thủ tục đơn giản (Nghị định 98/2023 Điều 40, Luật Điều 85).

    The law's fifth case, content that is a State secret, must not be entered in the system.
    """

    POLITICAL_TASK = "political_task", "Phục vụ nhiệm vụ chính trị của Đảng, Nhà nước"
    SPONTANEOUS = "spontaneous", "Thành tích xuất sắc đột xuất, dũng cảm cứu người, cứu tài sản, giải quốc tế"
    HEAD_DISCOVERED = "head_discovered", "Thành tích do người đứng đầu phát hiện"
    SERVICE_TENURE_FOREIGN = "service_tenure_foreign", "Khen thưởng cống hiến, niên hạn, đối ngoại"


class Paper(Choice):
    """Kinds of paper in a dossier."""

    TO_TRINH = "TO_TRINH", "Tờ trình kèm danh sách"
    BAO_CAO_THANH_TICH = "BAO_CAO_THANH_TICH", "Báo cáo thành tích"
    BAO_CAO_TOM_TAT = "BAO_CAO_TOM_TAT", "Báo cáo tóm tắt thành tích"
    BIEN_BAN = "BIEN_BAN", "Biên bản xét khen thưởng của đơn vị"
    BIEN_BAN_HOI_DONG = "BIEN_BAN_HOI_DONG", "Biên bản họp Hội đồng Thi đua - Khen thưởng"
    CHUNG_NHAN_SANG_KIEN = "CHUNG_NHAN_SANG_KIEN", "Chứng nhận sáng kiến, đề tài"
    KE_HOACH = "KE_HOACH", "Kế hoạch"
    BAO_CAO_KET_QUA = "BAO_CAO_KET_QUA", "Báo cáo kết quả"
    QUYET_DINH = "QUYET_DINH", "Quyết định"
    HUONG_DAN = "HUONG_DAN", "Văn bản hướng dẫn"


def papers(*kinds: Paper) -> dict[str, str]:
    """The kinds with their labels, as a process declares what may be attached."""
    return {kind: kind.label for kind in kinds}
