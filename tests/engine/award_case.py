"""A process with one of everything, its case and its people, for the tests of the pure decision."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import BaseModel, Field

from engine.definition import (
    AT_DEADLINE,
    NO_DEADLINE,
    Begin,
    Case,
    End,
    LegalRow,
    Mark,
    PastDay,
    Phase,
    Process,
    ProcessModel,
    Register,
    Role,
    Rule,
    Seat,
    Send,
    Start,
    Task,
    Tell,
    To,
    Unit,
    action,
    guard,
    process,
    timer,
    working_days,
)
from engine.definition.decide import Act, Actor, Decision, decide
from engine.errors import GuardUnmet, Reason
from engine.office.calendar import WorkingCalendar
from engine.office.law import LawBook

NOW = datetime(2024, 7, 10, 2, 30, 15, 250, tzinfo=UTC)

WARD = Unit(3, "P3", "Phường 3", "ward", "p3@example.vn", 1, (), date(2024, 1, 1), None)
OFFICE = Unit(2, "PNV", "Phòng Nội vụ", "office", "pnv@example.vn", 1, (), date(2024, 1, 1), None)
DISTRICT = Unit(1, "Q", "Quận", "district", "q@example.vn", 1, (), date(2024, 1, 1), None)

PROPOSER = Role("proposer", "Cán bộ đề nghị")
PROPOSER_HEAD = Role("head", "Thủ trưởng")
APPRAISER = Role("appraiser", "Chuyên viên", Seat.AUTHORITY)
CHAIR = Role("chair", "Chủ tịch", Seat.AUTHORITY)
SEATS = {"appraiser": OFFICE}

ANA = Actor(11, "Ana", frozenset({("proposer", 3)}))
BINH = Actor(12, "Bình", frozenset({("appraiser", 2)}))
CHI = Actor(13, "Chi", frozenset({("chair", 1), ("head", 3)}))
ALMIGHTY = Actor(
    14, "Mọi vai", frozenset((role, unit) for role in ("proposer", "head", "appraiser", "chair") for unit in (1, 2, 3))
)


class Award(BaseModel):
    code: str
    note: str | None = None


class Opinion(BaseModel):
    text: str = Field(min_length=3)
    score: int = Field(ge=0, le=10)
    aside: str | None = None


class Letter(BaseModel):
    number: str = Field(pattern=r"^\d+/TTr$")
    signed_on: PastDay
    award: Award | None = None
    remark: str | None = None


class Change(BaseModel):
    title: str
    closes: dict[str, date] = {}
    subtitle: str | None = None
    days: int | None = None


class AwardDossier(BaseModel):
    title: str = ""
    closes: dict[str, date] = {}
    subtitle: str | None = None
    days: int = Field(0, ge=0, le=5)
    opinions: tuple[Opinion, ...] = ()
    letter: Letter | None = None
    sent_at: datetime | None = None
    entry: str = ""


def untitled(case: Case[Any]) -> str | None:
    return None if case.dossier.title else "Hồ sơ chưa có tên"


def too_long(case: Case[Any]) -> str | None:
    return f"Tên dài {len(case.dossier.title)} chữ" if len(case.dossier.title) > 10 else None


def follow(case: Case[Any]) -> tuple[Start | Send, ...]:
    """Shows what effects are handed: the case after the form, in its new state."""
    return (Start("receipt", case.unit.code, case.state, {"title": case.dossier.title}), Send(To.PARENT, "settle"))


# fmt: off
@process(
    code="award", collection="awards", title="Đề nghị khen thưởng", prefix="KT", dossier=AwardDossier, headline=str,
    begin=Begin(by=(PROPOSER,), cond=("round_open", "has_unit_papers")),
)
class AwardCase(Process):
    drafted   = Task("Dự thảo",   "Lập hồ sơ", PROPOSER,  NO_DEADLINE,     phase=Phase.DRAFTED, edits=("title",))
    submitted = Task("Đã trình",  "Thẩm định", APPRAISER, working_days(3), phase=Phase.SUBMITTED)
    waiting   = Task("Chờ",       "Chờ",       APPRAISER, NO_DEADLINE,     phase=Phase.APPRAISED)
    decided   = End("Đã quyết định", phase=Phase.APPROVED)
    refused   = End("Không khen",    good=False)

    submit   = action("Trình",        drafted.to(submitted, cond=["has_title", "has_days"]), by=PROPOSER_HEAD,
                      form=Letter, into="letter", stamp="sent_at", carries="submit", effects=follow,
                      tells=(Tell("submitted", (APPRAISER,)),))
    rename   = action("Sửa tên",      drafted.to(drafted), form=Change)
    advise   = action("Góp ý",        submitted.to(submitted, cond="opinion_left"), by=(PROPOSER, APPRAISER),
                      form=Opinion, into="opinions")
    register = action("Vào sổ",       submitted.to(waiting), number=Register("book", into="entry"))
    decide   = action("Quyết định",   waiting.to(refused, unless="scored_well") | waiting.to(decided, cond="has_title")
                                    | waiting.to(drafted, cond="has_days"),
                      by=CHAIR, rules=(Rule("R-TITLE", untitled), Rule("R-LONG", too_long)))
    include  = action("Đưa vào đợt",  waiting.to(decided), carried=True)
    lapse    = timer("Quá hạn",       submitted.to(refused), at=AT_DEADLINE, effects=follow,
                     tells=(Tell("lapsed", (PROPOSER,)),))
# fmt: on

    @guard("Chưa có tên")
    def has_title(case: Case[Any]) -> bool:
        return bool(case.dossier.title)

    @guard("Chưa có số ngày")
    def has_days(case: Case[Any]) -> bool:
        return case.dossier.days > 0

    @guard("Đã đủ hai góp ý", before_form=True)
    def opinion_left(case: Case[Any]) -> bool:
        return len(case.dossier.opinions) < 2

    @guard("Điểm chưa đạt", otherwise="Điểm đã đạt")
    def scored_well(case: Case[Any]) -> bool:
        return all(opinion.score >= 5 for opinion in case.dossier.opinions)

    @guard("Đợt xét đã đóng")
    def round_open(case: Case[Any]) -> bool:
        return case.field("campaign.round") == "rolling"

    @guard("Thiếu biên bản")
    def has_unit_papers(case: Case[Any]) -> bool:
        return {"BIEN_BAN", "TO_TRINH"} <= case.papers()


MODEL: ProcessModel = AwardCase.model_card
LETTER = {"number": "12/TTr", "signed_on": "2024-07-09"}


def rule_row(code: str, severity: str = "block", mark: Mark = Mark.VERIFIED, **more: Any) -> LegalRow:
    return LegalRow("rule", code, {"severity": severity}, f"Điều của {code}", mark, **more)


LAW = LawBook((rule_row("R-TITLE"), rule_row("R-LONG", severity="warn")))


def case_of(state: str = "drafted", law: LawBook = LAW, **fields: Any) -> Case[Any]:
    return Case(
        id=7, code="KT-2024-00007", process="award", state=state, version=4, dossier=AwardDossier(**fields), unit=WARD,
        authority=DISTRICT, now=NOW, calendar=WorkingCalendar(), law=law,
    )  # fmt: skip


def act(taken: str, actor: Actor = ALMIGHTY, form: Any = None, **more: Any) -> Act:
    return Act(taken, actor, SEATS, form, **more)


def take(taken: str, case: Case[Any], form: Any = None, **more: Any) -> Decision:
    return decide(MODEL, case, act(taken, form=form, **more))


def unmet(case: Case[Any], taken: str, form: Any = None) -> tuple[Reason, ...]:
    with pytest.raises(GuardUnmet) as refusal:
        take(taken, case, form)
    return refusal.value.reasons
