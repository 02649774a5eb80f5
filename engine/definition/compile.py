"""From the python-statemachine class to the table that runs.

python-statemachine defines and validates; the table executes (docs/decisions/0002).
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel
from statemachine import State
from statemachine.transition import Transition

from engine.definition.case import Case
from engine.definition.checks import problems
from engine.definition.deadlines import NO_DEADLINE
from engine.definition.language import (
    Action,
    Begin,
    Duty,
    End,
    Fact,
    Find,
    Guard,
    Process,
    Role,
    Task,
    action_of,
)
from engine.definition.model import Branch, GuardUse, ProcessModel, StateModel
from engine.definition.outline import NO_OUTLINE, Outline
from engine.errors import DefinitionError

P = TypeVar("P", bound=type[Process])


def process(
    *,
    code: str,
    collection: str,
    title: str,
    prefix: str,
    dossier: type[BaseModel],
    headline: Callable[[Any], str],
    begin: Begin,
    version: int = 1,
    facts: Callable[[Case[Any]], tuple[Fact, ...]] | None = None,
    finds: Mapping[str, Find] | None = None,
    watchers: tuple[Role, ...] = (),
    needs_children: bool = False,
    needs_units: bool = False,
    everyone_sees: bool = False,
    obligation: bool = False,
    papers: Mapping[str, str] | None = None,
    separate: tuple[Duty, ...] = (),
    nominees: Callable[[Any], frozenset[str]] | None = None,
    private: Mapping[str, tuple[Role, ...]] | None = None,
    outline: Outline = NO_OUTLINE,
) -> Callable[[P], P]:
    """Turn a class into a process definition; the model is left on it as `model_card`.

    code: unique; the room's name. collection: its name in the API. prefix: of the codes that people see.
    headline: the line that names a case in lists and mails, from its dossier. facts: what lists ask about
    it. finds: other cases that its guards need. watchers: roles that see it from the start. everyone_sees:
    so does everybody in the authority. obligation: it counts in the coverage of its parent. papers: the
    kinds of paper that may be attached, with their Vietnamese names. separate: duties that different
    persons must have on a case. nominees: from its dossier, the staff codes of those who must not act on
    it. private: dossier fields, dotted, that only these roles see. outline: what pages tell of a case.

    Raises:
        DefinitionError: the definition is wrong; the message names each state, action and line.
    """

    def register(cls: P) -> P:
        if wrong := problems(cls, dossier, begin, separate, tuple(private or ()), frozenset(papers or ()), outline):
            raise DefinitionError(f"{cls.__name__}: " + "; ".join(wrong))
        cls.model_card = ProcessModel(
            code=code, collection=collection, version=version, title=title, prefix=prefix, dossier=dossier,
            headline=headline, begin=begin, facts=facts, finds=MappingProxyType(dict(finds or {})), watchers=watchers,
            needs_children=needs_children, needs_units=needs_units, everyone_sees=everyone_sees, obligation=obligation,
            papers=MappingProxyType(dict(papers or {})), separate=separate, nominees=nominees,
            private=MappingProxyType(dict(private or {})), outline=outline, **_compiled(cls),
        )  # fmt: skip
        return cls

    return register


def _compiled(cls: type[Process]) -> dict[str, Any]:
    """The part of the model that the class itself says."""
    return {
        "initial": next(state.id for state in cls.states if state.initial),
        "states": MappingProxyType({state.id: _state(state) for state in cls.states}),
        "actions": MappingProxyType(_actions(cls)),
        "guards": MappingProxyType({name: g for name, g in vars(cls).items() if isinstance(g, Guard)}),
        "table": MappingProxyType(_table(cls)),
        "room": Path(inspect.getfile(cls)).parent,
        "machine": cls,
    }


def _transitions(cls: type[Process]) -> Iterator[Transition]:
    for state in cls.states:
        yield from state.transitions


def _meta(transition: Transition) -> Action:
    found = action_of(transition)
    assert found is not None, "checks refuse a transition without an action"
    return found


def _state(state: State) -> StateModel:
    time_outs = [str(transition.event) for transition in state.transitions if _meta(transition).at is not None]
    time_out = time_outs[0] if time_outs else ""
    if isinstance(state, Task):
        return StateModel(
            state.id, state.name, state.phase, False, True, state.todo, state.owner, state.due,
            state.remind, frozenset(state.edits), state.pauses, time_out, state.asked,
        )  # fmt: skip
    assert isinstance(state, End), "checks refuse any other state"
    return StateModel(
        state.id, state.name, state.phase, True, state.good, "", None, NO_DEADLINE, (), frozenset(), False, ""
    )


def _actions(cls: type[Process]) -> dict[str, Action]:
    found: dict[str, Action] = {}
    for transition in _transitions(cls):
        meta = _meta(transition)
        meta.id = str(transition.event)
        found.setdefault(meta.id, meta)
    return dict(sorted(found.items(), key=lambda item: item[1].line))


def _table(cls: type[Process]) -> dict[tuple[str, str], tuple[Branch, ...]]:
    table: dict[tuple[str, str], list[Branch]] = {}
    for transition in _transitions(cls):
        uses = tuple(GuardUse(getattr(cls, name), wanted) for name, wanted in conditions(transition))
        target = transition.target
        assert target is not None, "checks refuse a transition without a target"
        key = transition.source.id, str(transition.event)
        table.setdefault(key, []).append(Branch(target.id, uses))
    by_line = {name: meta.line for name, meta in _actions(cls).items()}
    ordered = sorted(table, key=lambda key: by_line[key[1]])
    return {key: tuple(table[key]) for key in ordered}


def conditions(transition: Transition) -> list[tuple[str, bool]]:
    """The names of a transition's guards, each with the answer that opens it."""
    return [(spec.attr_name, spec.expected_value is not False) for spec in transition.cond]
