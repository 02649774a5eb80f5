"""What a campaign's dossier holds: the plan's facts, its dates, its rounds, its guidance and report."""

from datetime import date

from pydantic import BaseModel, Field

from workflows.forms import Form, Letter
from workflows.rounds import Round


class ParentPlan(Form):
    """The plan of the level above that this campaign carries out."""

    number: str = Field(title="Số, ký hiệu", max_length=40)
    issued_on: date = Field(title="Ngày ban hành")
    issuer: str = Field(title="Cơ quan ban hành", max_length=200)


class Extension(Form):
    """A new decision that moves the end; what it does not name stays."""

    extension: Letter = Field(title="Văn bản gia hạn")
    ends_on: date = Field(title="Ngày kết thúc mới")
    reports_due_on: date = Field(title="Hạn báo cáo kết quả mới")
    summary_due_on: date = Field(title="Hạn báo cáo thành phố mới")
    round_closes: dict[Round, date] = Field(default_factory=dict, title="Hạn mới của từng đợt")


class OpenRounds(Form):
    open_rounds: tuple[Round, ...] = Field(title="Các đợt đang mở", max_length=3)


class Report(Letter):
    """The report on results to the city (V.3.b)."""

    summary: str = Field(title="Tóm tắt kết quả", min_length=20, max_length=20_000)


class CampaignDossier(BaseModel):
    title: str = Field("", title="Tên phong trào", max_length=500)
    slogan: str = Field("", title="Khẩu hiệu thi đua", max_length=500)
    aims: str = Field("", title="Mục đích, yêu cầu", max_length=20_000)
    contents: tuple[str, ...] = Field((), title="Nội dung thi đua", max_length=20)
    parent_plan: ParentPlan | None = Field(None, title="Kế hoạch cấp trên")
    starts_on: date | None = Field(None, title="Từ ngày")
    ends_on: date | None = Field(None, title="Đến hết ngày")
    ward_plans_due_on: date | None = Field(None, title="Hạn phường gửi kế hoạch")
    reports_due_on: date | None = Field(None, title="Hạn đơn vị báo cáo kết quả")
    summary_due_on: date | None = Field(None, title="Hạn báo cáo thành phố")
    round_closes: dict[Round, date] = Field(default_factory=dict, title="Hạn của từng đợt")
    distribution: tuple[str, ...] = Field((), title="Nơi nhận (nhóm)", max_length=30)
    outside: tuple[str, ...] = Field((), title="Nơi nhận ngoài quận (mã đơn vị)", max_length=30)
    plan: Letter | None = Field(None, title="Kế hoạch đã ký")
    open_rounds: tuple[Round, ...] = Field((), title="Các đợt đang mở")
    city_guidance: Letter | None = Field(None, title="Hướng dẫn của thành phố")
    extension: Letter | None = Field(None, title="Văn bản gia hạn gần nhất")
    report: Report | None = Field(None, title="Báo cáo thành phố")


DRAFT_FIELDS = (
    "title", "slogan", "aims", "contents", "parent_plan", "starts_on", "ends_on", "ward_plans_due_on",
    "reports_due_on", "summary_due_on", "round_closes", "distribution", "outside",
)  # fmt: skip
