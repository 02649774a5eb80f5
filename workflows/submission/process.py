"""Tờ trình (submission): the proposals of one unit for one round, one kind of commendation and one
competent authority (Mẫu 02 notes: separate papers). Submitting or withdrawing it moves it and all its
proposals, or refuses with reasons per line."""

from typing import Any

from pydantic import BaseModel, Field

from engine.definition import (
    NO_DEADLINE,
    Begin,
    Case,
    End,
    Fact,
    Outline,
    Phase,
    Process,
    Rung,
    Task,
    Tell,
    action,
    guard,
    process,
    until,
)
from workflows.awards import Commendation, Level, Paper, papers
from workflows.forms import Letter, Reason
from workflows.roles import APPRAISER, PROPOSER, PROPOSER_HEAD
from workflows.rounds import CLOSING, Round

MOST_LINES = 500


class SubmissionDossier(BaseModel):
    round: Round = Field(Round.ROLLING, title="Đợt xét")
    commendation: Commendation = Field(Commendation.CAMPAIGN, title="Loại hình khen thưởng")
    decided_by: Level = Field(Level.DISTRICT, title="Cấp quyết định")
    note: str = Field("", title="Ghi chú", max_length=2000)
    letter: Letter | None = Field(None, title="Số, ngày tờ trình")
    submitted_at: str = Field("", title="Thời điểm trình")
    withdrawal: Reason | None = Field(None, title="Lý do rút")


def own_authority(dossier: SubmissionDossier) -> bool:
    """A ward's own awards are decided by the ward's chair within the ward's authority (plan V.2.c)."""
    return dossier.decided_by is Level.WARD


def facts(case: Case[SubmissionDossier]) -> tuple[Fact, ...]:
    return (Fact("round", case.dossier.round), Fact("decided_by", case.dossier.decided_by))


ROUND_CLOSING = (
    Rung(-10, (PROPOSER,)),
    Rung(-5, (PROPOSER,)),
    Rung(-2, (PROPOSER,)),
    Rung(0, (PROPOSER, PROPOSER_HEAD)),
)


# fmt: off
@process(
    code="submission", collection="submissions", title="Tờ trình đề nghị khen thưởng", prefix="TTR",
    dossier=SubmissionDossier, headline=lambda d: f"Tờ trình đề nghị khen thưởng. {d.round.label}",
    begin=Begin(below={"campaign": (PROPOSER,)}, cond=("round_open", "ward_decides_own"),
                own_authority=own_authority, given=("round", "commendation", "decided_by")),
    facts=facts, needs_children=True, papers=papers(Paper.TO_TRINH, Paper.BIEN_BAN, Paper.BAO_CAO_THANH_TICH, Paper.BAO_CAO_TOM_TAT),
    outline=Outline(handed_in="submitted_at"),
)
class Submission(Process):
    drafted   = Task("Đang lập",    "Lập danh sách, trình thủ trưởng ký",       PROPOSER,  until("campaign.round_closes", by="round"), phase=Phase.DRAFTED, remind=ROUND_CLOSING, edits=("note",), initial=True)
    submitted = Task("Đã trình",    "Theo dõi đến khi mọi hồ sơ có kết quả",    APPRAISER, NO_DEADLINE, phase=Phase.SUBMITTED)
    settled   = End("Đã có kết quả")
    withdrawn = End("Đã rút",       good=False)

    submit   = action("Ký và trình",   drafted.to(submitted, cond=["has_lines", "round_open"]), by=PROPOSER_HEAD, form=Letter, into="letter",
                      stamp="submitted_at", carries="submit", tells=(Tell("submitted", (PROPOSER,)),), signs=True)
    settle   = action("Kết thúc",      submitted.to(settled, cond="all_decided"), tells=(Tell("settled", (PROPOSER, PROPOSER_HEAD)),))
    withdraw = action("Rút tờ trình",  drafted.to(withdrawn) | submitted.to(withdrawn), by=PROPOSER_HEAD, form=Reason, into="withdrawal",
                      carries="withdraw", tells=(Tell("withdrawn", (PROPOSER, APPRAISER)),))
    # fmt: on

    @guard("Đợt xét này chưa mở hoặc đã đóng; sau khi hết thời gian thi đua chỉ còn các đợt tổng kết", remedy="Chọn đợt đang mở, hoặc chờ Trưởng phòng Nội vụ mở đợt", title="Đợt xét đang mở")
    def round_open(case: Case[Any]) -> bool:
        campaign = case.ancestors["campaign"]
        in_time = campaign.state == "running" or (campaign.state == "closing" and case.dossier.round in CLOSING)
        return in_time and case.dossier.round in campaign.dossier.get("open_rounds", ())

    @guard("Chỉ phường mới tự quyết định khen thưởng; bằng khen thành phố chỉ đề nghị trong đợt tổng kết", remedy="Chọn cấp quyết định hoặc đợt xét khác")
    def ward_decides_own(case: Case[Any]) -> bool:
        dossier = case.dossier
        if dossier.decided_by is Level.WARD:
            return case.unit.kind == "ward" and dossier.round is not Round.CLOSING_CITY
        return (dossier.decided_by is Level.CITY) == (dossier.round is Round.CLOSING_CITY)

    @guard(f"Danh sách phải có từ 1 đến {MOST_LINES} hồ sơ", remedy="Thêm hồ sơ vào tờ trình, hoặc bớt cho vừa một tờ trình", title=f"Có từ 1 đến {MOST_LINES} hồ sơ")
    def has_lines(case: Case[Any]) -> bool:
        return 0 < sum(child.is_open for child in case.children) <= MOST_LINES

    @guard("Còn hồ sơ chưa có kết quả", remedy="Chờ các hồ sơ trong tờ trình có kết quả", title="Mọi hồ sơ đã có kết quả")
    def all_decided(case: Case[Any]) -> bool:
        return all(not child.is_open or child.phase == Phase.APPROVED for child in case.children)
