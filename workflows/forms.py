"""Small forms that several processes share: reasons, numbered papers, dated decisions."""

import re

from pydantic import BaseModel, ConfigDict, Field, field_validator

from engine.definition import PastDay

SYMBOL = re.compile(r"\d{1,6}/[^\W\d_]\w*(-\w+)*")


class Form(BaseModel):
    """Base of what a person fills in; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Reason(Form):
    reason: str = Field(title="Lý do", min_length=10, max_length=2000)


class Letter(Form):
    """A signed paper that goes out: tờ trình, công văn."""

    number: str = Field(title="Số, ký hiệu", max_length=40)
    signed_on: PastDay = Field(title="Ngày ký")

    @field_validator("number")
    @classmethod
    def like_a_number_and_symbol(cls, value: str) -> str:
        if not SYMBOL.fullmatch(value):
            raise ValueError("phải là số và ký hiệu văn bản, như 15/TTr-UBND hoặc 157/KH-UBND")
        return value


class Decision(Letter):
    """Quyết định: its number and date are the legal ones; authority is judged on that date."""
