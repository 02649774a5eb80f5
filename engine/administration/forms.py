"""What administration can be asked for, as forms: the API's bodies, the rows of a spreadsheet, the command line."""

import unicodedata
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from engine.instants import vn_date
from engine.office.calendar import DayKind
from engine.office.law import Mark

UNIT_CODE = r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,38}[A-Za-z0-9])?$"
USERNAME = r"^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$"
WORD = r"^[a-z][a-z0-9_]{0,39}$"
MAIL = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,180}[A-Za-z0-9])?$"
LINE = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
"""One line of text without blanks at its ends: what may stand in a mail's header."""


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _else_say(sentence: str) -> WrapValidator:
    """Say what is allowed in words where the pattern itself would be shown."""

    def check(value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
        try:
            return inner(value)
        except ValidationError as wrong:
            if any(error["type"] == "string_pattern_mismatch" for error in wrong.errors(include_url=False)):
                raise ValueError(sentence) from wrong
            raise

    return WrapValidator(check)


_ENDS = "bắt đầu và kết thúc bằng chữ hoặc số"
Code = Annotated[
    str, Field(pattern=UNIT_CODE),
    _else_say(f"Mã chỉ gồm chữ không dấu, chữ số và các dấu . _ - ({_ENDS}), tối đa 40 ký tự, như DK-01."),
]  # fmt: skip
Word = Annotated[
    str, Field(pattern=WORD),
    _else_say("Mã chỉ gồm chữ thường không dấu, chữ số và dấu _ (bắt đầu bằng chữ), tối đa 40 ký tự."),
]  # fmt: skip
Line = Annotated[
    str, Field(min_length=1, max_length=200, pattern=LINE), AfterValidator(_composed),
    _else_say("Phải là một dòng chữ, không có khoảng trắng ở hai đầu."),
]  # fmt: skip
Mail = Annotated[
    str, Field(max_length=250, pattern=MAIL), _else_say("Phải là một địa chỉ thư điện tử, như ten@donvi.example.vn.")
]
Identifier = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,48}[A-Za-z0-9])?$"),
    _else_say(f"Mã định danh chỉ gồm chữ không dấu, chữ số và các dấu . - ({_ENDS}), tối đa 50 ký tự."),
]  # fmt: skip
StaffCode = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9./-]{0,38}[A-Za-z0-9])?$"),
    _else_say(f"Mã cán bộ chỉ gồm chữ không dấu, chữ số và các dấu . / - ({_ENDS}), tối đa 40 ký tự."),
]  # fmt: skip
Username = Annotated[
    str, Field(pattern=USERNAME),
    _else_say(
        f"Tên đăng nhập chỉ gồm chữ thường không dấu, chữ số và các dấu . _ - ({_ENDS}), tối đa 64 ký tự."
    ),
]  # fmt: skip
Power = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39}$"),
    _else_say("Phải là mã quy trình, dấu chấm, mã việc, như award_proposal.submit."),
]  # fmt: skip
LawKey = Annotated[
    str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9._-]+$"),
    _else_say("Chỉ gồm chữ không dấu, chữ số và các dấu . _ -"),
]  # fmt: skip
Groups = Annotated[tuple[Word, ...], Field(max_length=20)]
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)


def _within_reason(day: date) -> date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"Phải là ngày từ {vn_date(FIRST_DAY)} đến {vn_date(LAST_DAY)}.")
    return day


Day = Annotated[date, AfterValidator(_within_reason)]
"""A day that people can mean; those before and after it are dates too."""
PersonId = Annotated[str, Field(pattern="^[1-9][0-9]{0,17}$"), _else_say("Phải là số của một người dùng (id).")]


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def given(self) -> dict[str, Any]:
        """What was named, as Python values; what was not named is left as it is."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class NewKind(Form):
    code: Word
    name: Line
    rank: int = Field(ge=1, le=9, description="Level; 1 is the highest")


class NewUnit(Form):
    code: Code
    name: Line
    kind: Word
    mail: Mail | None = None
    identifier: Identifier | None = Field(None, description="Mã định danh of the electronic document system")
    groups: Groups = Field((), description="Addressee groups of plans that it belongs to")
    parent: Code | None = Field(None, description="Code of the unit above")
    authority: Code | None = Field(
        None, description="Code of the body that decides for it, its own when it decides itself; else the parent's"
    )
    valid_from: Day


class UnitPatch(Form):
    """What is not named stays; null empties a mail box or an identifier, and takes a unit out of the tree."""

    name: Line = ""
    mail: Mail | None = None
    identifier: Identifier | None = None
    groups: Groups = ()
    parent: Code | None = None
    authority: Code = Field("", description="Code of the body that decides for it from now on, or its own")


class UnitClosing(Form):
    last_day: Day
    successors: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    paper: Line = Field(description="The resolution or decision that says so")


class Transfer(Form):
    unit: Code
    paper: Line


class NewPerson(Form):
    username: Username
    name: Line
    mail: Mail
    staff_code: StaffCode | None = Field(None, description="Mã cán bộ: by it a nominee is recognised")


class PersonPatch(Form):
    name: Line = ""
    mail: Mail = ""
    staff_code: StaffCode | None = None
    active: bool = True


class Leaving(Form):
    last_day: Day
    successor: PersonId | None = Field(None, description="Who takes over the tasks assigned to the person")


class NewMembership(Form):
    unit: Code
    role: Word
    since: Day = Field(alias="from")
    until: Day | None = Field(None, alias="to")


class Closing(Form):
    last_day: Day


class NewSeat(Form):
    authority: Code
    role: Word
    unit: Code
    since: Day = Field(alias="from")


class NewMandate(Form):
    principal: PersonId
    deputy: PersonId
    role: Word
    unit: Code
    powers: Annotated[tuple[Power, ...], Field(max_length=50)] = Field(
        (), description='"process.action" each; none: everything that the role may do'
    )
    capacity: Literal["KT.", "TUQ.", "TL."]
    paper: Line = Field(description="Number and date of the paper that gives it")
    since: Day = Field(alias="from")
    until: Day = Field(alias="to")


class NewDay(Form):
    day: date = Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))
    kind: DayKind
    name: Line
    source: Line = Field(description="Who announced it, and in which paper")


Value = bool | int | Annotated[str, Field(max_length=300)] | Annotated[tuple[Word, ...], Field(max_length=20)]


class NewLegalRow(Form):
    kind: Word
    key: LawKey
    value: Annotated[dict[Word, Value], Field(min_length=1, max_length=20)]
    citation: Line
    mark: Mark
    valid_from: Day
    valid_to: Day | None = None


class Confirmation(Form):
    source: Line = Field(description="What was read, with number, date and place")


class MailSettings(Form):
    sender_name: Line | None = Field(None, description="What recipients read; null: as installed")
    reply_to: Mail | None = Field(None, description="Where answers go; null: as installed")
