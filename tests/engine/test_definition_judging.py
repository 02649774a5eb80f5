"""How a case stands against each condition of an action, those that hold too."""

from dataclasses import replace
from typing import Any

import pytest

from engine.definition.judging import Judgement, Outcome, judge
from engine.errors import Reason
from engine.office.law import LawBook, NoLawInForce
from tests.engine.award_case import LAW, MODEL, case_of

LONG = "Một cái tên rất dài"


def judged(case: Any, action: str, **titles: str) -> list[Judgement]:
    """As `judge`, when these guards had these titles."""
    for name, title in titles.items():
        MODEL.guards[name].title = title
    try:
        return list(judge(MODEL, case, action))
    finally:
        for name in titles:
            MODEL.guards[name].title = ""


def test_rules_that_hold_are_told_with_those_that_do_not() -> None:
    told = judged(case_of("waiting", LAW, title=LONG), "decide")

    assert told == [
        Judgement("R-TITLE", Outcome.OK, Reason("R-TITLE", "", "Điều của R-TITLE", "V")),
        Judgement("R-LONG", Outcome.WARNS, Reason("R-LONG", "Tên dài 19 chữ", "Điều của R-LONG", "V")),
    ]


def test_a_rule_that_blocks_says_so() -> None:
    assert [one.outcome for one in judged(case_of("waiting", LAW), "decide")] == [Outcome.BLOCKS, Outcome.OK]


def test_a_rule_goes_by_its_title() -> None:
    (rule, *_) = MODEL.actions["decide"].rules
    meta = replace(MODEL.actions["decide"], rules=(replace(rule, title="Hồ sơ có tên"),))
    model = replace(MODEL, actions={**MODEL.actions, "decide": meta})

    assert judge(model, case_of("waiting", LAW), "decide")[0].title == "Hồ sơ có tên"


def test_guards_with_a_title_are_conditions_and_the_others_only_choose_the_way() -> None:
    titles = {"has_title": "Có tên", "has_days": "Có số ngày"}

    told = judged(case_of("drafted", title="Tên"), "submit", **titles)

    assert told == [
        Judgement("Có tên", Outcome.OK, Reason("has_title", "")),
        Judgement("Có số ngày", Outcome.BLOCKS, Reason("has_days", "Chưa có số ngày")),
    ]
    assert judged(case_of("drafted"), "submit") == []


def test_a_rule_that_holds_needs_no_law_and_a_broken_one_does() -> None:
    nothing = LawBook(())

    (held, _) = judged(case_of("waiting", nothing, title="Tên"), "decide")
    assert held == Judgement("R-TITLE", Outcome.OK, Reason("R-TITLE", ""))
    with pytest.raises(NoLawInForce):
        judged(case_of("waiting", nothing), "decide")
