"""A list of cases to begin, tried out before it is taken: what would be refused, and what the rules will say.

Each row is judged as if all rows and what lies beside them had been handed in together, so that duplicates inside
the list are found by the same rules as any others. Nothing is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.definition.case import Case, Document, Relative
from engine.definition.documents import to_json
from engine.definition.judging import Judgement, Outcome, judge_rule
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.errors import InvalidInput, Reason, Refused
from engine.jobs.seeing import only, visible_ids
from engine.runtime.beginning import NewCase, rehearse
from engine.runtime.commands import reasons_of
from engine.runtime.database import Row
from engine.runtime.statements import CHILDREN
from engine.runtime.work import Work


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would become of one row.

    faults: sentences by dotted field. blocks: what stands in the way of handing it in, warns: what is only pointed
    out. papers: what is said as long as papers are missing, which may still be attached.
    """

    faults: Mapping[str, str]
    blocks: tuple[Reason, ...] = ()
    warns: tuple[Reason, ...] = ()
    papers: tuple[Reason, ...] = ()

    @property
    def is_good(self) -> bool:
        return not self.faults and not self.blocks


def rehearse_list(
    work: Work, actor: Actor, model: ProcessModel, parent: Row, dossiers: Sequence[Mapping[str, Any]]
) -> list[Rehearsal]:
    """What would become of a case with each of these first dossiers below the parent, which the actor may see."""
    action = _handed_in_by(work.registry.by_code[parent["process"]], model, parent["state"])
    siblings = {row["id"] for row in work.tx.all(CHILDREN, which=parent["id"])}
    begun = _as_seen(work, actor, [_begun(work, actor, model, parent, dossier) for dossier in dossiers])
    cases = {n: one for n, one in enumerate(begun, start=1) if isinstance(one, Case)}
    twins = _twins(model, cases, action)
    found: list[Rehearsal] = []
    for number, one in enumerate(begun, start=1):
        if isinstance(one, Rehearsal):
            found.append(one)
        else:
            found.append(_judged(model, action, _among(model, one, twins, siblings, number, action)))
    return found


def _begun(
    work: Work, actor: Actor, model: ProcessModel, parent: Row, dossier: Mapping[str, Any]
) -> "Case[Any] | Rehearsal":
    try:
        return rehearse(work, model, NewCase(None, parent["id"], dossier), actor)
    except InvalidInput as wrong:
        return Rehearsal(wrong.fields)
    except Refused as refused:
        return Rehearsal({}, reasons_of(refused))


def _as_seen(work: Work, actor: Actor, begun: Sequence["Case[Any] | Rehearsal"]) -> "list[Case[Any] | Rehearsal]":
    """The cases without the others that the actor does not see: a list of guesses must not tell about these."""
    ids = visible_ids(work, actor, (one.found for one in begun if isinstance(one, Case)))
    return [replace(one, found=only(one.found, ids)) if isinstance(one, Case) else one for one in begun]


def _handed_in_by(above: ProcessModel, model: ProcessModel, state: str) -> str:
    """The action with rules that hands a new case in, with the one above it or by itself; empty when there is none."""
    carried = [above.actions[name].carries for name in above.actions_from(state)]
    ways = [name for name in model.actions_from(model.initial) if model.actions[name].rules]
    return next((name for name in ways if name in carried), next(iter(ways), ""))


def _state_after(model: ProcessModel, action: str) -> str:
    return model.table[model.initial, action][-1].target if action else model.initial


def _twins(model: ProcessModel, cases: Mapping[int, Case[Any]], action: str) -> dict[tuple[str, str], list[Relative]]:
    """The rows of the list by what the definition finds others by, as if they had been handed in; ids are negative."""
    found: dict[tuple[str, str], list[Relative]] = {}
    state = _state_after(model, action)
    for number, case in cases.items():
        facts = {fact.key: fact.text for fact in model.facts(case)} if model.facts else {}
        twin = Relative(
            -number, model.code, f"dòng {number} của danh sách", state, model.states[state].phase, True, case.unit,
            to_json(case.dossier),
        )  # fmt: skip
        for key in {need.key for need in model.finds.values()} & facts.keys():
            found.setdefault((key, facts[key]), []).append(twin)
    return found


def _among(
    model: ProcessModel, case: Case[Any], twins: Mapping[tuple[str, str], list[Relative]], siblings: set[int],
    number: int, action: str,
) -> Case[Any]:  # fmt: skip
    """The case with the others of its list, and with what lies beside it as if it had been handed in too."""
    state = _state_after(model, action)
    met: dict[str, tuple[Relative, ...]] = {}
    for name, need in model.finds.items():
        others = [
            replace(other, state=state) if other.id in siblings and other.state == model.initial else other
            for other in case.found.get(name, ())
        ]
        value = need.value(case)
        same = twins.get((need.key, value), []) if value else []
        met[name] = (*others, *(twin for twin in same if twin.id != -number))
    return replace(case, found=met)


def _judged(model: ProcessModel, action: str, case: Case[Any]) -> Rehearsal:
    rules = model.actions[action].rules if action else ()
    complete = replace(case, documents=tuple(Document(kind, "", "") for kind in model.papers))
    with_papers = [judge_rule(rule, complete) for rule in rules]
    as_it_is = [judge_rule(rule, case) for rule in rules]
    papers = [one for one, other in zip(as_it_is, with_papers, strict=True) if one != other]
    return Rehearsal({}, _said(with_papers, Outcome.BLOCKS), _said(with_papers, Outcome.WARNS), _reasons(papers))


def _said(judged: Sequence[Judgement], outcome: Outcome) -> tuple[Reason, ...]:
    return _reasons([one for one in judged if one.outcome is outcome])


def _reasons(judged: Sequence[Judgement]) -> tuple[Reason, ...]:
    return tuple(one.reason for one in judged)


def signed_with(above: ProcessModel, model: ProcessModel, state: str) -> str:
    """The action on the case above, in that state, that hands the new cases in with it; empty when there is none."""
    action = _handed_in_by(above, model, state)
    ways = (name for name in above.actions_from(state) if action and above.actions[name].carries == action)
    return next(ways, "")
