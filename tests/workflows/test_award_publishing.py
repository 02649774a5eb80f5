"""What the public reads of a proposal: by its state, by who it is about, by what they agreed to."""

from datetime import date
from typing import Any

import pytest

from engine.definition import Case, Published
from engine.definition.publishing import DAY, LONGEST_SUMMARY, SEARCH, SHOWN, read
from tests.workflows.cases import ACHIEVEMENT, MODELS, SUBJECT, case_of
from workflows.award_proposal.dossier import AwardDossier
from workflows.awards import Award, SubjectKind
from workflows.forms import Decision

DECISION = Decision(number="12/QĐ-UBND", signed_on=date(2024, 10, 14))
DECIDED = ("approved", "notified", "awarded", "city_approved", "archived")


def facts(state: str, kind: SubjectKind = SubjectKind.INDIVIDUAL, **more: Any) -> dict[str, str]:
    subject = SUBJECT.model_copy(update={"kind": kind, "is_direct_worker": True})
    given = {"award": Award.GK, "subject": subject, "achievement": ACHIEVEMENT, "decision": DECISION} | more
    case: Case[Any] = case_of("award_proposal", state, AwardDossier(**given))
    found = MODELS["award_proposal"].facts
    assert found is not None
    return {fact.key: fact.text for fact in found(case)}


def shown(*args: Any, **more: Any) -> Published:
    return read(facts(*args, **more)[SHOWN])


@pytest.mark.parametrize("state", sorted(MODELS["award_proposal"].states))
def test_it_is_public_while_a_decision_is_in_force(state: str) -> None:
    decision = DECISION if state in (*DECIDED, "rejected", "returned", "withdrawn", "city_rejected") else None

    assert (DAY in facts(state, decision=decision)) == (state in DECIDED)


def test_of_who_has_not_agreed_no_fact_for_the_public_holds_name_or_achievement() -> None:
    told = facts("approved")
    public = " ".join(text for key, text in told.items() if key.startswith("public"))

    assert read(told[SHOWN]).unnamed == "Một cá nhân"
    for hidden in ("Bình", "binh", ACHIEVEMENT.title, ACHIEVEMENT.summary, "CB-17", "1990"):
        assert hidden not in public


def test_who_agreed_is_named_and_found_but_for_code_and_birth_year() -> None:
    told = facts("approved", public_consent=True)

    assert (read(told[SHOWN]).name, read(told[SHOWN]).title) == ("Vũ Thị Bình", ACHIEVEMENT.title)
    assert "vu thi binh" in told[SEARCH]
    assert "CB-17" not in told[SHOWN] + told[SEARCH]
    assert "1990" not in told[SHOWN] + told[SEARCH]


def test_a_collective_is_public_and_an_exemplar_only_when_it_agreed() -> None:
    alone, agreed = shown("notified", SubjectKind.COLLECTIVE), shown(
        "notified", SubjectKind.COLLECTIVE, public_consent=True
    )  # fmt: skip

    assert alone.name == agreed.name == "Vũ Thị Bình"
    assert (alone.is_exemplar, agreed.is_exemplar) == (False, True)


def test_a_long_summary_ends_between_two_words() -> None:
    long = ACHIEVEMENT.model_copy(update={"summary": "thành tích " * 300})

    summary = read(facts("approved", public_consent=True, achievement=long)[SHOWN]).summary

    assert len(summary) <= LONGEST_SUMMARY + 2
    assert summary.endswith(("thành …", "tích …"))
