"""How a case stands against each condition of an action: what holds, what only warns, what is in the way. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.definition.case import Case
from engine.definition.language import Rule
from engine.definition.model import ProcessModel
from engine.errors import Reason


class Outcome(StrEnum):
    OK = "ok"
    WARNS = "warns"
    BLOCKS = "blocks"


@dataclass(frozen=True, slots=True)
class Judgement:
    """One condition: what it asks for, how the case stands, and what is said about it.

    reason: with the sentence when it does not hold; its citation and mark are there in any case.
    """

    title: str
    outcome: Outcome
    reason: Reason


def judge(model: ProcessModel, case: Case[Any], action: str) -> tuple[Judgement, ...]:
    """Every condition of an action that leaves the case's state, those that hold too: guards first, then rules.

    A guard without a title only chooses the way and is none. The action's form counts as not filled in yet.

    Raises:
        NoLawInForce: as `judge_rule`.
    """
    return (*_guards(model, case, action), *(judge_rule(rule, case) for rule in model.actions[action].rules))


def judge_rule(rule: Rule[Any], case: Case[Any]) -> Judgement:
    """How the case stands against one rule; whether a broken one blocks or warns is what its legal row says.

    Raises:
        NoLawInForce: the rule is broken and has no legal row in force today.
    """
    sentence, title = rule.holds(case), rule.title or rule.code
    if sentence is None:
        known = case.law.find("rule", rule.code, case.today)
        cited = (known.citation, str(known.mark)) if known else ("", "")
        return Judgement(title, Outcome.OK, Reason(rule.code, "", *cited))
    row = case.law.get("rule", rule.code, case.today)
    blocks = row.value.get("severity") == "block" and row.may_block
    return Judgement(
        title, Outcome.BLOCKS if blocks else Outcome.WARNS, Reason(rule.code, sentence, row.citation, row.mark)
    )


def _guards(model: ProcessModel, case: Case[Any], action: str) -> Iterator[Judgement]:
    uses = dict.fromkeys(use for branch in model.table[case.state, action] for use in branch.guards)
    for use in uses:
        if use.guard.title:
            holds = case.answer(use.guard) is use.wanted
            reason = Reason(use.guard.name, "") if holds else use.guard.reason(use.wanted)
            yield Judgement(use.guard.title, Outcome.OK if holds else Outcome.BLOCKS, reason)
