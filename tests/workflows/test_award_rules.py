"""What the rules say about a proposal: each one's sentence, and its silence."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from engine.definition import Case
from tests.workflows.cases import (
    ACHIEVEMENT,
    SUBJECT,
    at,
    below_submission,
    papers,
    proposal,
    relative,
)
from workflows.award_proposal import rules
from workflows.award_proposal.dossier import Direction, Rating, Standing
from workflows.awards import Award, Paper, Procedure, SimplifiedGround, SubjectKind

LISTS = {
    name: getattr(rules, name)
    for name in ("ON_SUBMIT", "ON_APPRAISAL", "ON_SIGNATURE", "ON_TALLY", "ON_DECISION", "ON_ENDORSEMENT", "ON_ANSWER")
}
BY_CODE = {rule.code: rule.holds for listed in LISTS.values() for rule in listed}
SIMPLIFIED = {"procedure": Procedure.SIMPLIFIED, "simplified_ground": SimplifiedGround.SPONTANEOUS}
HEAD = {"procedure": Procedure.SIMPLIFIED, "simplified_ground": SimplifiedGround.HEAD_DISCOVERED}
DIRECTION = Direction(instruction="Báo cáo thành tích dập lửa")
PERSON, GROUP, HOUSE = SubjectKind


def for_kind(award: Award, kind: SubjectKind) -> dict[str, Any]:
    return {"award": award, "subject": SUBJECT.model_copy(update={"kind": kind})}


def days(first: str, last: str) -> dict[str, Any]:
    changed = {"from_day": date.fromisoformat(first), "to_day": date.fromisoformat(last)}
    return {"achievement": ACHIEVEMENT.model_copy(update=changed)}


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_no_rule_complains_about_a_complete_proposal(code: str) -> None:
    assert BY_CODE[code](proposal()) is None


def test_where_which_rules_are_asked() -> None:
    """A change here changes what is asked of people at that step."""
    assert {name: [rule.code.removeprefix("R-") for rule in listed] for name, listed in LISTS.items()} == {
        "ON_SUBMIT": [
            "FIELDS", "SUBJECT-KIND", "AUTHORITY", "DUP-ROUND", "DUP-NAME", "ONE-ACH-ONE-FORM", "WINDOW", "MOVEMENT",
            "PARTICIPATION", "DOSSIER", "MINUTES", "DOSSIER-SIMPLIFIED", "SIMPLIFIED-GROUND", "CSTDCS-2022",
            "LDTT-RATING", "DISCIPLINE",
        ],
        "ON_APPRAISAL": ["DISCIPLINE", "DUP-NAME", "ONE-ACH-ONE-FORM", "DUP-HIGHER", "CSTDCS-2022", "LDTT-RATING"],
        "ON_SIGNATURE": ["DISCIPLINE", "DUP-NAME"],
        "ON_TALLY": ["VOTE-RATIO"],
        "ON_DECISION": ["AUTHORITY", "ONE-ACH-ONE-FORM", "DUP-HIGHER", "DECISION-DATE", "DISCIPLINE"],
        "ON_ENDORSEMENT": ["DOSSIER-CITY", "DISCIPLINE"],
        "ON_ANSWER": ["CSTDCS-2022", "LDTT-RATING"],
    }  # fmt: skip


# ── what a proposal says ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"award": None, "subject": None, "achievement": None}, "Hồ sơ còn thiếu: hình thức, đối tượng, thành tích"),
        ({"subject": None}, "Hồ sơ còn thiếu: đối tượng"),
        ({"achievement": None}, "Hồ sơ còn thiếu: thành tích"),
    ],
)
def test_what_is_missing_is_named(given: dict[str, Any], told: str) -> None:
    assert rules.required_fields(proposal(**given)) == told


@pytest.mark.parametrize(
    ("award", "kinds"),
    [
        (Award.LDTT, {PERSON}),
        (Award.CSTDCS, {PERSON}),
        (Award.TTLDTT, {GROUP}),
        (Award.TDPVH, {GROUP}),
        (Award.GDVH, {HOUSE}),
        (Award.GK, {PERSON, GROUP, HOUSE}),
        (Award.BK_TINH, {PERSON, GROUP, HOUSE}),
    ],
)
def test_an_award_is_for_its_kinds_of_subject(award: Award, kinds: set[SubjectKind]) -> None:
    told = {kind: rules.subject_kind(proposal(**for_kind(award, kind))) for kind in SubjectKind}

    assert {kind for kind, sentence in told.items() if sentence is None} == kinds


def test_a_wrong_kind_of_subject_is_named() -> None:
    case = proposal(**for_kind(Award.LDTT, GROUP))

    assert rules.subject_kind(case) == "Lao động tiên tiến không dành cho tập thể"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, None),
        ({"movement": ""}, None),
        ({"movement": "GPHP70"}, None),
        ({"movement": "NTM", "now": at(date(2026, 1, 1))}, "NTM"),  # it ends with 2025
        ({"movement": "XYZ"}, "XYZ"),
    ],
)
def test_an_unknown_movement_is_pointed_out(given: dict[str, Any], told: str | None) -> None:
    sentence = rules.movement_exists(proposal(**given))

    begins = f"Phong trào «{told}» không có trong kế hoạch; các mã đã biết: "
    assert (sentence is None, (sentence or begins).startswith(begins)) == (told is None, True)


def test_the_movements_that_are_known_that_day_are_listed() -> None:
    sentence = rules.movement_exists(proposal(movement="X", now=at(date(2026, 1, 1))))

    assert sentence is not None
    assert sentence.partition("đã biết: ")[2] == "XHHT, NTDN, NQ16, SXSD, CDS, CCPV"


@pytest.mark.parametrize(
    ("first", "last", "inside"),
    [
        ("2024-07-10", "2025-05-13", True),
        ("2024-07-09", "2024-09-30", False),
        ("2024-08-01", "2025-05-14", False),
        ("2024-08-01", "2024-08-01", True),
    ],
)
def test_the_achievement_lies_in_the_campaigns_time(first: str, last: str, inside: bool) -> None:
    told = rules.in_window(proposal(**days(first, last)))

    assert told == (None if inside else "Thành tích nằm ngoài thời gian thi đua 10/07/2024 - 13/05/2025")


def test_without_dates_nothing_lies_outside() -> None:
    undated = {"campaign": relative("campaign", "running", {})}

    assert rules.in_window(proposal(ancestors=undated, **days("2020-01-01", "2020-01-02"))) is None
    assert rules.in_window(proposal(achievement=None)) is None


# ── papers and procedures ────────────────────────────────────────────────────────────────────────

NONE: dict[str, Any] = {"ancestors": {}, "documents": ()}


@pytest.mark.parametrize(
    ("rule", "given", "told"),
    [
        (rules.papers_ordinary, {}, None),
        (rules.papers_ordinary, NONE, "Thiếu giấy tờ: Tờ trình kèm danh sách, Báo cáo thành tích"),
        (rules.papers_ordinary, {"documents": ()}, "Thiếu giấy tờ: Báo cáo thành tích"),
        (rules.papers_ordinary, NONE | SIMPLIFIED, None),
        (rules.minutes, {}, None),
        (rules.minutes, NONE, "Thiếu giấy tờ: Biên bản xét khen thưởng của đơn vị"),
        (rules.minutes, NONE | SIMPLIFIED, None),
        (rules.papers_simplified, NONE, None),
        (rules.papers_simplified, SIMPLIFIED | {"documents": papers(Paper.BAO_CAO_TOM_TAT)}, None),
        (rules.papers_simplified, SIMPLIFIED, "Thiếu giấy tờ: Báo cáo tóm tắt thành tích"),
        (
            rules.papers_simplified,
            SIMPLIFIED | NONE,
            "Thiếu giấy tờ: Tờ trình kèm danh sách, Báo cáo tóm tắt thành tích",
        ),
        (rules.city_papers, {}, None),
        (
            rules.city_papers,
            {"documents": papers(Paper.BAO_CAO_THANH_TICH, Paper.BIEN_BAN)},
            "Thiếu giấy tờ: Biên bản họp Hội đồng Thi đua - Khen thưởng",
        ),
    ],
)
def test_missing_papers_are_named(rule: Callable[[Case[Any]], str | None], given: dict[str, Any], told: str) -> None:
    assert rule(proposal(**given)) == told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, None),
        ({"ancestors": below_submission(commendation="spontaneous")}, "Khen thưởng đột xuất đi theo thủ tục đơn giản"),
        (SIMPLIFIED, None),
        (SIMPLIFIED | {"ancestors": below_submission(commendation="spontaneous")}, None),
        (SIMPLIFIED | {"simplified_ground": None}, "Thủ tục đơn giản phải nêu thuộc trường hợp nào"),
        (HEAD, "Trường hợp do người đứng đầu phát hiện phải do Chủ tịch khởi xướng"),
        (HEAD | {"direction": DIRECTION}, None),
        (
            SIMPLIFIED | {"ancestors": below_submission(decided_by="city")},
            "Bằng khen trong đợt tổng kết không đi theo thủ tục đơn giản",
        ),
    ],
)
def test_the_simplified_procedure_needs_its_ground(given: dict[str, Any], told: str | None) -> None:
    assert rules.simplified_ground(proposal(**given)) == told


# ── criteria ─────────────────────────────────────────────────────────────────────────────────────

FIGHTER = "Chiến sĩ thi đua cơ sở phải đạt Lao động tiên tiến và hoàn thành xuất sắc nhiệm vụ hoặc có sáng kiến, đề tài"
UNCERTIFIED = "Chưa đính kèm chứng nhận sáng kiến, đề tài"
CERTIFIED = {"documents": papers(Paper.CHUNG_NHAN_SANG_KIEN)}


@pytest.mark.parametrize(
    ("award", "standing", "more", "told"),
    [
        (Award.GK, {}, {}, None),
        (Award.CSTDCS, {"is_advanced_worker": True, "rating": Rating.EXCELLENT}, {}, None),
        (Award.CSTDCS, {"is_advanced_worker": True, "has_initiative": True}, CERTIFIED, None),
        (Award.CSTDCS, {"is_advanced_worker": True, "has_initiative": True, "rating": Rating.DONE}, CERTIFIED, None),
        (Award.CSTDCS, {"is_advanced_worker": True, "has_initiative": True}, {}, UNCERTIFIED),
        (Award.CSTDCS, {"is_advanced_worker": True, "rating": Rating.GOOD}, {}, FIGHTER),
        (Award.CSTDCS, {"rating": Rating.EXCELLENT}, {}, FIGHTER),
        (Award.CSTDCS, {"has_initiative": True}, CERTIFIED, FIGHTER),
        (Award.CSTDCS, {}, {}, FIGHTER),
    ],
)  # fmt: skip
def test_an_emulation_fighter(award: Award, standing: dict[str, Any], more: dict[str, Any], told: str | None) -> None:
    assert rules.emulation_fighter(proposal(award=award, standing=Standing(**standing), **more)) == told


@pytest.mark.parametrize(
    ("award", "rating", "good"),
    [
        (Award.LDTT, Rating.EXCELLENT, True),
        (Award.LDTT, Rating.GOOD, True),
        (Award.LDTT, Rating.DONE, False),
        (Award.LDTT, None, False),
        (Award.GK, None, True),
    ],
)
def test_an_advanced_worker(award: Award, rating: Rating | None, good: bool) -> None:
    told = rules.advanced_worker(proposal(award=award, standing=Standing(rating=rating)))

    assert told == (None if good else "Lao động tiên tiến phải hoàn thành tốt nhiệm vụ trở lên")


def test_a_subject_under_review_is_pointed_out() -> None:
    told = rules.no_discipline(proposal(standing=Standing(under_review=True)))

    assert told == "Đối tượng đang trong quá trình xem xét, giải quyết"


@pytest.mark.parametrize(
    ("state", "silent"),
    [
        ("to_start", False), ("drafted", False), ("signed", False), ("waived", False), ("cancelled", False),
        ("submitted", True), ("returned", True), ("checked", True), ("acknowledged", True), ("in_progress", True),
        ("completed", True), ("in_report", True),
    ],
)  # fmt: skip
def test_a_ward_takes_part_once_its_plan_was_sent(state: str, silent: bool) -> None:
    told = rules.participates(proposal(found={"own_plan": (relative("ward_plan", state),)}))

    assert told == (None if silent else "Phường chưa gửi kế hoạch phát động phong trào thi đua")
