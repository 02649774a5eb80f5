"""The compiled definition: one immutable table per process, from which everything else is derived.

`process` builds it once, at import, from the python-statemachine class.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from engine.definition.case import Asked, Case
from engine.definition.deadlines import Due, Rung
from engine.definition.language import Action, Begin, Duty, Fact, Find, Guard, Phase, Role
from engine.definition.outline import Outline


@dataclass(frozen=True, slots=True)
class GuardUse:
    """A guard on a branch, and the answer that opens it (False under `unless=`)."""

    guard: Guard
    wanted: bool


@dataclass(frozen=True, slots=True)
class Branch:
    """One way an action may lead from a state; the first branch whose guards all hold is taken."""

    target: str
    guards: tuple[GuardUse, ...]


@dataclass(frozen=True, slots=True)
class StateModel:
    """A state. `owner` and `todo` are None and empty for a final one."""

    id: str
    status: str
    phase: Phase
    final: bool
    good: bool
    todo: str
    owner: Role | None
    due: Due
    remind: tuple[Rung, ...]
    edits: frozenset[str]
    pauses: bool
    time_out: str
    asked: Callable[[Any], tuple[Asked, ...] | None] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ProcessModel:
    """A process definition in the form that runs.

    table: (state, action) → branches, in the order in which they are tried.
    room: the folder of the process file; its mails/ hold the words. separate: duties of different persons.
    nominees: from the dossier, the staff codes of those who must not act on it. private: dotted dossier
    field → the only roles that see it. outline: what pages tell of a case.
    """

    code: str
    collection: str
    version: int
    title: str
    prefix: str
    dossier: type[BaseModel]
    begin: Begin
    initial: str
    states: Mapping[str, StateModel]
    actions: Mapping[str, Action]
    guards: Mapping[str, Guard]
    table: Mapping[tuple[str, str], tuple[Branch, ...]]
    headline: Callable[[Any], str]
    facts: Callable[[Case[Any]], tuple[Fact, ...]] | None
    finds: Mapping[str, Find]
    watchers: tuple[Role, ...]
    needs_children: bool
    needs_units: bool
    everyone_sees: bool
    obligation: bool
    papers: Mapping[str, str]
    separate: tuple[Duty, ...]
    nominees: Callable[[Any], frozenset[str]] | None
    private: Mapping[str, tuple[Role, ...]]
    outline: Outline
    room: Path
    machine: type[Any]

    @property
    def first_fields(self) -> frozenset[str]:
        """The dossier fields that a person may fill in when beginning an instance."""
        return self.states[self.initial].edits | set(self.begin.given)

    def asks(self, state: str, dossier: Any) -> tuple[Asked, ...] | None:
        """What the state's task asks to have put right; None when it asks for nothing in particular."""
        asked = self.states[state].asked
        return asked(dossier) if asked else None

    def open_fields(self, state: str, dossier: Any) -> frozenset[str]:
        """The dossier fields that may be changed in the state: what is asked for, or all that it edits."""
        return self._open(state, dossier, self.states[state].edits)

    def open_papers(self, state: str, dossier: Any) -> frozenset[str]:
        """The kinds of paper that may be attached in the state: what is asked for, or all that there are."""
        return self._open(state, dossier, frozenset(self.papers))

    def _open(self, state: str, dossier: Any, parts: frozenset[str]) -> frozenset[str]:
        asked = self.asks(state, dossier)
        return parts if asked is None else parts & {one.part for one in asked}

    def waits_for_people(self, state: str) -> bool:
        """Whether somebody may take an action there; False where only the clock or another case moves it on."""
        return _waits_for_people(self, state)

    def performers(self, state: str, action: str) -> tuple[Role, ...]:
        """The roles that may take the action in the state."""
        owner = self.states[state].owner
        return self.actions[action].by or ((owner,) if owner else ())

    def duty_of(self, verb: str, role: str) -> Duty | None:
        """The duty that somebody has who does that in that role; None when it is none."""
        for duty in self.separate:
            if verb in duty.actions and (not duty.by or any(one.code == role for one in duty.by)):
                return duty
        return None

    @property
    def letter(self) -> str:
        """The dossier field with the letter that a case was handed in with; empty when there is none."""
        stamp = self.outline.handed_in
        return next((act.into for act in self.actions.values() if stamp and act.stamp == stamp and act.into), "")

    def actions_from(self, state: str) -> tuple[str, ...]:
        """The actions that leave a state, in the order of the definition."""
        return _actions_from(self, state)

    def takers(self, action: str) -> tuple[Role, ...]:
        """The roles that may take the action in some state."""
        return _takers(self, action)

    def roles(self) -> frozenset[Role]:
        """Every role that the definition names."""
        owners = {state.owner for state in self.states.values() if state.owner}
        performers = {role for action in self.actions.values() for role in action.by}
        told = {role for action in self.actions.values() for tell in action.tells for role in tell.to}
        reminded = {role for state in self.states.values() for rung in state.remind for role in rung.to}
        below = {role for roles in self.begin.below.values() for role in roles}
        audience = {role for roles in self.private.values() for role in roles}
        begin = set(self.begin.by) | below
        return frozenset(owners | performers | told | reminded | begin | audience | set(self.watchers))


@lru_cache(maxsize=1024)
def _actions_from(model: ProcessModel, state: str) -> tuple[str, ...]:
    return tuple(action for (source, action) in model.table if source == state)


@lru_cache(maxsize=1024)
def _waits_for_people(model: ProcessModel, state: str) -> bool:
    actions = (model.actions[action] for action in model.actions_from(state))
    return any(action.at is None and not action.carried for action in actions)


@lru_cache(maxsize=1024)
def _takers(model: ProcessModel, action: str) -> tuple[Role, ...]:
    states = (state for state, taken in model.table if taken == action)
    return tuple(dict.fromkeys(chain(*(model.performers(state, action) for state in states))))
