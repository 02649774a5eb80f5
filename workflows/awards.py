"""Kinds of award, subject, procedure and commendation in the law's terms, with their Vietnamese labels."""

from enum import StrEnum


class Award(StrEnum):
    """Titles (danh hiệu) and forms (hình thức) that the district's campaign meets."""

    LDTT = "LDTT"
    CSTDCS = "CSTDCS"
    TTLDTT = "TTLDTT"
    TDPVH = "TDPVH"
    GDVH = "GDVH"
    GK = "GK"
    BK_TINH = "BK_TINH"


AWARD_LABELS = {
    Award.LDTT: "Lao động tiên tiến",
    Award.CSTDCS: "Chiến sĩ thi đua cơ sở",
    Award.TTLDTT: "Tập thể lao động tiên tiến",
    Award.TDPVH: "Thôn, tổ dân phố văn hóa",
    Award.GDVH: "Gia đình văn hóa",
    Award.GK: "Giấy khen",
    Award.BK_TINH: "Bằng khen của Chủ tịch UBND thành phố",
}


class SubjectKind(StrEnum):
    INDIVIDUAL = "individual"
    COLLECTIVE = "collective"
    HOUSEHOLD = "household"


SUBJECT_LABELS = {
    SubjectKind.INDIVIDUAL: "cá nhân",
    SubjectKind.COLLECTIVE: "tập thể",
    SubjectKind.HOUSEHOLD: "hộ gia đình",
}


class Level(StrEnum):
    """Whose head decides."""

    WARD = "ward"
    DISTRICT = "district"
    CITY = "city"


LEVEL_LABELS = {Level.WARD: "phường", Level.DISTRICT: "quận", Level.CITY: "thành phố"}


class Commendation(StrEnum):
    """Loại hình khen thưởng: a tờ trình is made for one kind only."""

    CAMPAIGN = "campaign"
    SPONTANEOUS = "spontaneous"


class Procedure(StrEnum):
    ORDINARY = "ordinary"
    SIMPLIFIED = "simplified"


class SimplifiedGround(StrEnum):
    """The cases of thủ tục đơn giản (Nghị định 98/2023 Điều 40, Luật Điều 85).

    The law's fifth case, content that is a State secret, must not be entered in the system.
    """

    POLITICAL_TASK = "political_task"
    SPONTANEOUS = "spontaneous"
    HEAD_DISCOVERED = "head_discovered"
    SERVICE_TENURE_FOREIGN = "service_tenure_foreign"


class Paper(StrEnum):
    """Kinds of paper in a dossier."""

    TO_TRINH = "TO_TRINH"
    BAO_CAO_THANH_TICH = "BAO_CAO_THANH_TICH"
    BAO_CAO_TOM_TAT = "BAO_CAO_TOM_TAT"
    BIEN_BAN = "BIEN_BAN"
    BIEN_BAN_HOI_DONG = "BIEN_BAN_HOI_DONG"
    CHUNG_NHAN_SANG_KIEN = "CHUNG_NHAN_SANG_KIEN"
    KE_HOACH = "KE_HOACH"
    BAO_CAO_KET_QUA = "BAO_CAO_KET_QUA"
    QUYET_DINH = "QUYET_DINH"
    HUONG_DAN = "HUONG_DAN"


PAPER_LABELS = {
    Paper.TO_TRINH: "Tờ trình kèm danh sách",
    Paper.BAO_CAO_THANH_TICH: "Báo cáo thành tích",
    Paper.BAO_CAO_TOM_TAT: "Báo cáo tóm tắt thành tích",
    Paper.BIEN_BAN: "Biên bản xét khen thưởng của đơn vị",
    Paper.BIEN_BAN_HOI_DONG: "Biên bản họp Hội đồng Thi đua - Khen thưởng",
    Paper.CHUNG_NHAN_SANG_KIEN: "Chứng nhận sáng kiến, đề tài",
    Paper.KE_HOACH: "Kế hoạch",
    Paper.BAO_CAO_KET_QUA: "Báo cáo kết quả",
    Paper.QUYET_DINH: "Quyết định",
    Paper.HUONG_DAN: "Văn bản hướng dẫn",
}


def papers(*kinds: Paper) -> dict[str, str]:
    """The kinds with their labels, as a process declares what may be attached."""
    return {kind: PAPER_LABELS[kind] for kind in kinds}
