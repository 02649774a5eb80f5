"""Phiếu yêu cầu bổ sung: which parts of a proposal are asked for again, and what is wrong with each."""

from pydantic import Field, model_validator

from engine.definition import Asked, Choice
from workflows.awards import Paper
from workflows.forms import Form

SUPPLEMENT_FIELDS = ("achievement", "standing", "justification")


class Part(Choice):
    """What can be asked for: a field of the dossier, or a kind of paper."""

    ACHIEVEMENT = "achievement", "Thành tích"
    STANDING = "standing", "Điều kiện"
    JUSTIFICATION = "justification", "Giải trình khi thành tích đã được khen"
    TO_TRINH = Paper.TO_TRINH.value, Paper.TO_TRINH.label
    BAO_CAO_THANH_TICH = Paper.BAO_CAO_THANH_TICH.value, Paper.BAO_CAO_THANH_TICH.label
    BAO_CAO_TOM_TAT = Paper.BAO_CAO_TOM_TAT.value, Paper.BAO_CAO_TOM_TAT.label
    BIEN_BAN = Paper.BIEN_BAN.value, Paper.BIEN_BAN.label
    BIEN_BAN_HOI_DONG = Paper.BIEN_BAN_HOI_DONG.value, Paper.BIEN_BAN_HOI_DONG.label
    CHUNG_NHAN_SANG_KIEN = Paper.CHUNG_NHAN_SANG_KIEN.value, Paper.CHUNG_NHAN_SANG_KIEN.label


class Fault(Choice):
    """What is wrong with a part."""

    MISSING = "missing", "Thiếu"
    WRONG_FORM = "wrong_form", "Sai mẫu"
    UNSIGNED = "unsigned", "Thiếu chữ ký hoặc con dấu"
    WRONG_FIGURES = "wrong_figures", "Sai số liệu"
    UNPROVEN = "unproven", "Chưa có minh chứng"
    INELIGIBLE = "ineligible", "Không đủ điều kiện"
    OTHER = "other", "Khác"


class Defect(Form):
    """One line of the slip."""

    part: Part = Field(title="Phần cần bổ sung")
    fault: Fault = Field(title="Vướng mắc")
    note: str = Field("", title="Ghi rõ", max_length=500)

    @model_validator(mode="after")
    def other_is_explained(self) -> "Defect":
        if self.fault is Fault.OTHER and not self.note:
            raise ValueError("vướng mắc khác thì phải ghi rõ là gì")
        return self


class Supplement(Form):
    """The slip: at least one line."""

    items: tuple[Defect, ...] = Field(title="Nội dung cần bổ sung", min_length=1, max_length=20)


def wanted(slips: tuple[Supplement, ...]) -> tuple[Asked, ...] | None:
    """What the last slip asks for; None while there is none."""
    if not slips:
        return None
    return tuple(Asked(defect.part, defect.fault.label, defect.note) for defect in slips[-1].items)
