"""Cases of the office's processes for tests of rules and guards: complete, frozen, and without a database."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from engine.definition import Case, Document, LegalRow, Relative, Unit
from engine.instants import LOCAL
from engine.office.calendar import WorkingCalendar
from engine.office.law import LawBook
from workflows import ALL, law
from workflows.award_proposal.dossier import Achievement, AwardDossier, Subject
from workflows.awards import Award, Paper, SubjectKind

MODELS = {process.model_card.code: process.model_card for process in ALL}
DISTRICT = Unit(1, "QDK", "UBND quận Dương Kinh", "district", "", 1, (), date(2020, 1, 1), None)
WARD = Unit(2, "P1", "UBND phường Anh Dũng", "ward", "", 1, (), date(2020, 1, 1), None)
SCHOOL = Unit(3, "TH1", "Trường Tiểu học Sông Đa", "school", "", 1, (), date(2020, 1, 1), None)
LAW = LawBook(law.ALL)
TODAY = date(2024, 10, 15)

CAMPAIGN: dict[str, Any] = {
    "starts_on": "2024-07-10", "ends_on": "2025-05-13", "open_rounds": ["rolling"],
}  # fmt: skip
SUBMISSION: dict[str, Any] = {"round": "rolling", "decided_by": "district", "commendation": "campaign"}
SUBJECT = Subject(kind=SubjectKind.INDIVIDUAL, name="Vũ Thị Bình", birth_year=1990, identifier="CB-17")
ACHIEVEMENT = Achievement(
    title="Cải tiến hồ sơ một cửa", summary="Rút ngắn thời gian giải quyết hồ sơ một cửa", from_day=date(2024, 8, 1),
    to_day=date(2024, 9, 30),
)  # fmt: skip


def papers(*kinds: str) -> tuple[Document, ...]:
    return tuple(Document(kind, f"{kind}.pdf", "ab" * 32) for kind in kinds)


def at(day: date) -> datetime:
    """Nine o'clock in the morning of that day."""
    return datetime(day.year, day.month, day.day, 9, tzinfo=LOCAL).astimezone(UTC)


def relative(
    process: str, state: str, dossier: dict[str, Any] | None = None, *, key: int = 1, unit: Unit = WARD,
    has: Iterable[str] = (),
) -> Relative:  # fmt: skip
    """Another case, as guards and rules see it."""
    found = MODELS[process].states[state]
    return Relative(
        key, process, f"{MODELS[process].prefix}-2024-{key:05d}", state, found.phase, not found.final, unit,
        dossier or {}, papers(*has),
    )  # fmt: skip


def case_of(process: str, state: str, dossier: Any, **more: Any) -> Case[Any]:
    """A case of that process on `TODAY`, below a running campaign."""
    given: dict[str, Any] = {
        "unit": WARD, "authority": DISTRICT, "now": at(TODAY), "calendar": WorkingCalendar(), "law": LAW,
        "ancestors": {"campaign": relative("campaign", "running", CAMPAIGN)},
    }  # fmt: skip
    return Case(
        id=9, code=f"{MODELS[process].prefix}-2024-00009", process=process, state=state, version=1, dossier=dossier,
        **(given | more),
    )  # fmt: skip


def below_submission(**submission: Any) -> dict[str, Relative]:
    """The cases above a proposal: the tờ trình with those fields, the running campaign."""
    return {
        "submission": relative("submission", "drafted", SUBMISSION | submission, key=2, has=("TO_TRINH", "BIEN_BAN")),
        "campaign": relative("campaign", "running", CAMPAIGN),
    }


def proposal(state: str = "drafted", **more: Any) -> Case[Any]:
    """A giấy khen for a person, complete: no rule has anything to say about it.

    more: fields of the case, and of its dossier.
    """
    on_case = {
        name: more.pop(name)
        for name in ("now", "law", "ancestors", "documents", "found", "unit", "changed")
        if name in more
    }
    dossier = AwardDossier(award=Award.GK, subject=SUBJECT, achievement=ACHIEVEMENT, movement="NTM").model_copy(
        update=more
    )
    usual = {
        "ancestors": below_submission(),
        "documents": papers(Paper.BAO_CAO_THANH_TICH, Paper.BIEN_BAN_HOI_DONG),
    }
    return case_of("award_proposal", state, dossier, **(usual | on_case))


def on(case: Case[Any], day: date) -> Case[Any]:
    """The same case on another day."""
    return replace(case, now=at(day))


def confirmed(kind: str, key: str) -> LawBook:
    """The law book in which an administrator has confirmed those rows."""
    return LawBook(replace(row, confirmed=True) if (row.kind, row.key) == (kind, key) else row for row in law.ALL)


def rows(kind: str, day: date) -> dict[str, LegalRow]:
    """The rows of a kind in force on that day, by key."""
    return {row.key: row for row in law.ALL if row.kind == kind and row.in_force(day)}


__all__ = [
    "ACHIEVEMENT",
    "DISTRICT",
    "LAW",
    "MODELS",
    "SCHOOL",
    "SUBJECT",
    "TODAY",
    "WARD",
    "at",
    "below_submission",
    "case_of",
    "confirmed",
    "on",
    "papers",
    "proposal",
    "relative",
    "rows",
]
