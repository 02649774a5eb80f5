"""Small forms that several processes share: reasons, numbered papers, dated decisions."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field


class Form(BaseModel):
    """Base of what a person fills in; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Reason(Form):
    reason: str = Field(title="Lý do", min_length=10, max_length=2000)


class Letter(Form):
    """A signed paper that goes out: tờ trình, công văn."""

    number: str = Field(title="Số, ký hiệu", pattern=r"^\d{1,6}/[A-ZĐ]{1,10}(-[A-ZĐ]{1,10})*$", max_length=40)
    signed_on: date = Field(title="Ngày ký")


class Decision(Letter):
    """Quyết định: its number and date are the legal ones; authority is judged on that date."""
