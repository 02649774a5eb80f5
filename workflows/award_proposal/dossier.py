"""What a proposal holds: one subject, one award, and what each step adds."""

from datetime import date

from pydantic import BaseModel, Field, field_validator, model_validator

from engine.definition import Choice, PastDay
from workflows.award_proposal.supplement import Supplement
from workflows.awards import Award, Procedure, SimplifiedGround, SubjectKind
from workflows.forms import Decision, Form, Letter, Reason


class Subject(Form):
    """Who is proposed. No birth date, no identity number: the year and the office's own code are enough."""

    kind: SubjectKind = Field(title="Đối tượng")
    name: str = Field(title="Họ tên hoặc tên tập thể, hộ gia đình", min_length=2, max_length=200)
    position: str = Field("", title="Chức vụ, nơi công tác", max_length=200)
    birth_year: int | None = Field(None, title="Năm sinh", ge=1900, le=2100)
    identifier: str = Field(
        title="Mã cán bộ, mã đơn vị hoặc mã hộ (không dùng số căn cước)", min_length=1, max_length=40
    )
    is_leader: bool = Field(False, title="Giữ chức vụ lãnh đạo")
    is_direct_worker: bool = Field(False, title="Trực tiếp lao động, sản xuất, công tác")

    @field_validator("identifier")
    @classmethod
    def not_an_identity_number(cls, value: str) -> str:
        if len(value) == 12 and value.isdigit():
            raise ValueError("không nhập số căn cước; dùng mã cán bộ, mã đơn vị hoặc mã hộ")
        return value


class Achievement(Form):
    """Thành tích. The same title of the same subject is the same achievement."""

    title: str = Field(title="Tên thành tích", min_length=5, max_length=300)
    summary: str = Field(title="Tóm tắt", min_length=20, max_length=20_000)
    from_day: date = Field(title="Từ ngày")
    to_day: date = Field(title="Đến ngày")

    @model_validator(mode="after")
    def days_in_order(self) -> "Achievement":
        if self.from_day > self.to_day:
            raise ValueError("ngày bắt đầu phải trước hoặc bằng ngày kết thúc")
        return self


class Rating(Choice):
    """Mức hoàn thành nhiệm vụ of the year."""

    EXCELLENT = "excellent", "Hoàn thành xuất sắc nhiệm vụ"
    GOOD = "good", "Hoàn thành tốt nhiệm vụ"
    DONE = "done", "Hoàn thành nhiệm vụ"


class Standing(Form):
    """What the criteria of titles ask for."""

    rating: Rating | None = Field(None, title="Mức hoàn thành nhiệm vụ")
    is_advanced_worker: bool = Field(False, title="Đạt Lao động tiên tiến")
    has_initiative: bool = Field(False, title="Có sáng kiến hoặc đề tài được công nhận")
    under_review: bool = Field(False, title="Đang xem xét kỷ luật, thanh tra hoặc có khiếu nại chưa giải quyết")


class ReturnCode(Choice):
    WRONG_AUTHORITY = "wrong_authority", "Không đúng thẩm quyền"
    WRONG_TYPE = "wrong_type", "Không đúng loại hình, đối tượng"
    OUT_OF_ROUND = "out_of_round", "Ngoài đợt xét"
    DUPLICATE = "duplicate", "Trùng đối tượng, trùng thành tích"
    NOT_SUPPLEMENTED = "not_supplemented", "Không bổ sung theo yêu cầu"


class Returned(Reason):
    code: ReturnCode = Field(title="Loại lý do")


class Result(Choice):
    PASS = "pass", "Đạt"
    FAIL = "fail", "Không đạt"


class Appraisal(Form):
    result: Result = Field(title="Kết quả thẩm định")
    reasons: str = Field(title="Nhận xét, lý do", min_length=10, max_length=5000)


class Tally(Form):
    """The recorded result of the council: its minutes and its votes."""

    minutes_number: str = Field(title="Số biên bản", min_length=1, max_length=40)
    met_on: PastDay = Field(title="Ngày họp")
    members: int = Field(title="Tổng số thành viên", ge=1, le=99)
    present: int = Field(title="Số có mặt", ge=0, le=99)
    in_favour: int = Field(title="Số phiếu tán thành", ge=0, le=99)

    @model_validator(mode="after")
    def counts_fit(self) -> "Tally":
        if not self.in_favour <= self.present <= self.members:
            raise ValueError("số phiếu tán thành không quá số có mặt, số có mặt không quá tổng số thành viên")
        return self


class Direction(Form):
    """The chairman's instruction to report on an achievement that he found himself."""

    instruction: str = Field(title="Nội dung chỉ đạo", min_length=10, max_length=2000)


class Handover(Form):
    handed_over_on: PastDay = Field(title="Ngày trao")
    place: str = Field("", title="Nơi trao", max_length=200)


class CityReceipt(Form):
    number: str = Field(title="Số tiếp nhận", min_length=1, max_length=40)
    received_on: PastDay = Field(title="Ngày tiếp nhận")


class AwardDossier(BaseModel):
    award: Award | None = Field(None, title="Danh hiệu, hình thức")
    procedure: Procedure = Field(Procedure.ORDINARY, title="Thủ tục")
    simplified_ground: SimplifiedGround | None = Field(None, title="Trường hợp thủ tục đơn giản")
    subject: Subject | None = Field(None, title="Đối tượng đề nghị")
    achievement: Achievement | None = Field(None, title="Thành tích")
    movement: str = Field("", title="Phong trào (mã)", max_length=20)
    standing: Standing = Field(default_factory=Standing, title="Điều kiện")
    justification: str = Field("", title="Giải trình khi thành tích đã được khen", max_length=2000)
    public_consent: bool = Field(False, title="Đồng ý công khai tên và thành tích")
    direction: Direction | None = Field(None, title="Chỉ đạo của Chủ tịch")
    letter: Letter | None = Field(None, title="Tờ trình theo chỉ đạo")
    submitted_at: str = Field("", title="Thời điểm trình")
    received_at: str = Field("", title="Thời điểm tiếp nhận")
    receipt_number: str = Field("", title="Số tiếp nhận")
    supplements: tuple[Supplement, ...] = Field((), title="Các lần yêu cầu bổ sung")
    returned: Returned | None = Field(None, title="Lý do trả lại")
    appraisal: Appraisal | None = Field(None, title="Thẩm định")
    tally: Tally | None = Field(None, title="Kết quả Hội đồng")
    decision: Decision | None = Field(None, title="Quyết định")
    refusal: Reason | None = Field(None, title="Lý do không khen thưởng")
    withdrawal: Reason | None = Field(None, title="Lý do rút")
    endorsement: Letter | None = Field(None, title="Tờ trình lên thành phố")
    transmission: Letter | None = Field(None, title="Văn bản chuyển hồ sơ")
    city_receipt: CityReceipt | None = Field(None, title="Tiếp nhận của thành phố")
    city_supplements: tuple[Supplement, ...] = Field((), title="Yêu cầu bổ sung của thành phố")
    handover: Handover | None = Field(None, title="Trao thưởng")
    register_number: str = Field("", title="Số vào sổ khen thưởng")


DRAFT_FIELDS = (
    "award", "procedure", "simplified_ground", "subject", "achievement", "movement", "standing", "justification",
    "public_consent",
)  # fmt: skip
