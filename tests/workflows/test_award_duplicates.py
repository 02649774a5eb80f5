"""Proposals that meet: duplicates by subject, name and achievement; and the date of the decision."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from engine.definition import Case
from tests.workflows.cases import SCHOOL, TODAY, below_submission, proposal, relative
from workflows.award_proposal import rules
from workflows.award_proposal.dossier import Tally
from workflows.forms import Decision

SENT = relative("award_proposal", "submitted", key=5, unit=SCHOOL)
IN_CITY = relative("award_proposal", "city_received", key=6, unit=SCHOOL)


def other(state: str) -> tuple[Any, ...]:
    return (relative("award_proposal", state, key=5, unit=SCHOOL),)


def decided(signed_on: str, **more: Any) -> dict[str, Any]:
    decision = Decision(number="15/QĐ-UBND", signed_on=date.fromisoformat(signed_on))
    return {"decision": decision, "received_at": "2024-10-02T16:59:59Z", "submitted_at": "2024-10-01T02:00:00Z"} | more


# ── duplicates ───────────────────────────────────────────────────────────────────────────────────

DEAD = ("drafted", "directed", "rejected", "returned", "withdrawn", "city_rejected")
WHO = "KT-2024-00005 (Trường Tiểu học Sông Đa)"


@pytest.mark.parametrize(
    ("rule", "need", "told"),
    [
        (rules.one_per_round, "same_subject", f"Đối tượng đã được đề nghị trong cùng đợt: {WHO}"),
        (rules.same_name, "same_name", f"Trùng họ tên và năm sinh với {WHO}: hãy kiểm tra"),
        (
            rules.one_achievement_one_form,
            "same_achievement",
            f"Thành tích này đã được đề nghị hoặc khen thưởng: {WHO}; một thành tích không khen nhiều lần",
        ),
    ],
)
def test_a_duplicate_counts_when_it_was_sent_and_has_not_failed(
    rule: Callable[[Case[Any]], str | None], need: str, told: str
) -> None:
    for state in ("submitted", "approved", "archived", "city_approved"):
        assert (state, rule(proposal(found={need: other(state)}))) == (state, told)
    for state in DEAD:
        assert (state, rule(proposal(found={need: other(state)}))) == (state, None)


def test_who_is_known_by_the_code_is_not_told_again_by_the_name() -> None:
    assert rules.same_name(proposal(found={"same_subject": (SENT,), "same_name": (SENT,)})) is None


def test_the_city_may_praise_again_with_a_justification() -> None:
    found, city = {"same_achievement": (SENT,)}, below_submission(decided_by="city")

    told = [
        rules.one_achievement_one_form(proposal(found=found, ancestors=above, justification=why)) is None
        for above, why in ((city, "Thành tích xuất sắc, tiêu biểu"), (city, ""), (below_submission(), "Tiêu biểu"))
    ]

    assert told == [True, False, False]


def test_what_waits_in_the_city_is_to_be_chosen_from() -> None:
    case = proposal(found={"same_achievement": (IN_CITY,)})

    assert rules.one_achievement_one_form(case) is None
    assert rules.pending_higher(case) == (
        "Thành tích này đang được đề nghị thành phố khen: KT-2024-00006 (Trường Tiểu học Sông Đa); hãy chọn một"
    )
    waiting = [
        state
        for state in ("submitted", "endorsed", "forwarded_to_city", "city_received", "city_supplement", "city_approved")
        if rules.pending_higher(proposal(found={"same_achievement": other(state)}))
    ]
    assert waiting == ["endorsed", "forwarded_to_city", "city_received", "city_supplement"]


def test_what_makes_two_proposals_meet() -> None:
    case = proposal()

    assert {fact.key: fact.text for fact in rules.facts(case)} == {
        "subject_in_round": "1/rolling/cb-17/cai tien ho so mot cua",
        "name_in_round": "1/rolling/vu thi binh/1990/cai tien ho so mot cua",
        "achievement": "cb-17/cai tien ho so mot cua",
        "award": "GK",
        "subject_name": "vu thi binh",
    }
    assert {name: need.value(case) for name, need in rules.FINDS.items()} == {
        "same_subject": "1/rolling/cb-17/cai tien ho so mot cua",
        "same_name": "1/rolling/vu thi binh/1990/cai tien ho so mot cua",
        "same_achievement": "cb-17/cai tien ho so mot cua",
        "own_plan": "1/P1",
    }


def test_in_a_closing_round_a_subject_is_proposed_once_whatever_for() -> None:
    closing = proposal(ancestors=below_submission(round="closing_district"))

    assert rules.subject_in_round(closing) == "1/closing_district/cb-17/"
    assert rules.facts(proposal(subject=None, award=None)) == ()


def test_a_directed_proposal_belongs_to_the_rolling_round() -> None:
    directed = proposal(ancestors={"campaign": relative("campaign", "running")})

    assert rules.subject_in_round(directed) == rules.subject_in_round(proposal())


# ── the decision ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, None),
        (decided("2024-10-02"), None),  # received on the second, a minute to midnight
        (decided("2024-10-15"), None),
        (decided("2024-10-01"), "02/10/2024"),
        (decided("2024-10-01", received_at=""), None),  # a ward's own is not received
        (decided("2024-09-30", received_at=""), "01/10/2024"),
    ],
)
def test_a_decision_is_not_dated_before_the_case_was_received(given: dict[str, Any], told: str | None) -> None:
    sentence = rules.decision_date(proposal(**given))

    assert sentence == (told and f"Ngày ký quyết định không được trước ngày {told} (tiếp nhận hồ sơ, họp Hội đồng)")


def test_a_decision_is_not_dated_before_the_council_met() -> None:
    from_council = Tally(minutes_number="7/BB", met_on=date(2024, 10, 10), members=11, present=9, in_favour=9)

    told = [
        rules.decision_date(proposal(**decided(signed_on, tally=from_council))) is None
        for signed_on in ("2024-10-09", "2024-10-10", TODAY.isoformat())
    ]

    assert told == [False, True, True]


def test_a_proposal_is_called_by_its_award_and_subject() -> None:
    case = proposal()

    assert [rules.headline(dossier) for dossier in (
        case.dossier, case.dossier.model_copy(update={"subject": None}), type(case.dossier)()
    )] == ["Giấy khen: Vũ Thị Bình", "Giấy khen", "Đề nghị khen thưởng"]  # fmt: skip
