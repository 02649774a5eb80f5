"""How a case stands against what moves it on, as far as somebody may hear of it."""

from itertools import chain
from typing import Any

from engine.definition.case import Case
from engine.definition.judging import Judgement, Outcome, judge, judge_rule
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.runtime.database import Row
from engine.runtime.present import VEILED, reason_json, unheard
from engine.runtime.snapshots import load_case
from engine.runtime.work import Work


def checks_json(work: Work, row: Row, actor: Actor, case: Case[Any] | None = None) -> dict[str, Any]:
    """Each condition of what moves the case on: `items`, and how many of them hold (`met` of `of`).

    An item has title, outcome (ok, warns, blocks), the parts of a reason, and the labels of the `actions` that ask
    for it. Where no way out has a condition, those of the ways in are looked at again. What tells of fields which
    the actor does not see is left out; that something there is in the way is said without saying what.
    case: as `load_case` gives it, when it is loaded already.
    """
    model, silent = work.registry.by_code[row["process"]], unheard(work, row, actor)
    found: dict[str, tuple[Judgement, list[str]]] = {}
    for label, judged in _judged(model, case or load_case(work, row)):
        found.setdefault(judged.reason.code, (judged, []))[1].append(label)
    told = [(judged, labels) for code, (judged, labels) in found.items() if code not in silent]
    items = [_item(judged, labels) for judged, labels in told]
    if any(judged.outcome is Outcome.BLOCKS for code, (judged, _) in found.items() if code in silent):
        items.append(_item(Judgement("Điều kiện khác", Outcome.BLOCKS, VEILED), []))
    return {"items": items, "met": sum(item["outcome"] == Outcome.OK for item in items), "of": len(items)}


def _judged(model: ProcessModel, case: Case[Any]) -> list[tuple[str, Judgement]]:
    """What the ways out ask for that are taken from where the task lies; else the rules of the ways in."""
    state = model.states[case.state]
    if state.owner is None:
        return []
    ways = [
        name
        for name in model.actions_from(case.state)
        if model.actions[name].at is None
        if any(role.seat is state.owner.seat for role in model.performers(case.state, name))
    ]
    asked = [(model.actions[name].label, one) for name in ways for one in judge(model, case, name)]
    if asked:
        return asked
    into = (name for (_, name), ways_in in model.table.items() if any(way.target == state.id for way in ways_in))
    rules = dict.fromkeys(chain(*(model.actions[name].rules for name in into)))
    return [("", judge_rule(rule, case)) for rule in rules]


def _item(judged: Judgement, labels: list[str]) -> dict[str, Any]:
    return {**reason_json(judged.reason), "title": judged.title, "outcome": str(judged.outcome), "actions": labels}
