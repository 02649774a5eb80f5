"""What a definition must satisfy beyond python-statemachine's own checks (one start, reachability, traps).

Each problem is a sentence that names the state or action and its line in the process file.
"""

import inspect
from collections.abc import Iterator
from itertools import pairwise
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from statemachine import State
from statemachine.state import AnyState
from statemachine.transition import Transition

from engine.definition.case import Case
from engine.definition.deadlines import DueKind
from engine.definition.language import Action, Begin, End, Guard, Process, Task, action_of

CALLBACK_PREFIXES = ("on_", "before_", "after_", "prepare_")


def problems(cls: type[Process], dossier: type[BaseModel], begin: Begin) -> Iterator[str]:
    """Every reason why the class must not run; empty for a good one."""
    guards = {name: value for name, value in vars(cls).items() if isinstance(value, Guard)}
    yield from _members(cls)
    used = set(begin.cond)
    for state in cls.states:
        yield from _state(state, cls, dossier)
        for transition in state.transitions:
            yield from _transition(transition, guards)
            used |= {spec.attr_name for spec in transition.cond}
    for meta in {id(m): m for m in _metas(cls)}.values():
        yield from _action(meta, cls, dossier)
    for name, found in guards.items():
        if name not in used:
            yield f"guard {name} is never used"
        if inspect.iscoroutinefunction(found.function):
            yield f"guard {name} is a coroutine: python-statemachine would pass it unasked"
        if name in dir(Case) or name in Case.__dataclass_fields__:
            yield f"guard {name} is also a field of the case: the library would ask both"
    yield from (f"begin: {name} is not a guard" for name in begin.cond if name not in guards)


def _metas(cls: type[Process]) -> Iterator[Action]:
    for state in cls.states:
        for transition in state.transitions:
            if meta := action_of(transition):
                yield meta


def _members(cls: type[Process]) -> Iterator[str]:
    """A process class holds states, actions and guards; python-statemachine would run anything else by name."""
    for name, value in vars(cls).items():
        if name.startswith(CALLBACK_PREFIXES) and callable(value):
            yield f"{name} would run as a callback: side effects belong to the engine"
    for name in cls.states_map:
        if hasattr(Process, str(name)):
            yield f"{name} is a name that the machine itself uses"


def _state(state: State, cls: type[Process], dossier: type[BaseModel]) -> Iterator[str]:
    if not isinstance(state, Task | End):
        yield f"{state.id} is neither a Task nor an End"
        return
    where = f"line {state.line}, {state.id}"
    if state.parent is not None or state.parallel:
        yield f"{where}: only flat machines are restored reliably"
    if isinstance(state, Task):
        yield from (
            f"{where}: edits {f}, which the dossier does not have" for f in state.edits if f not in dossier.model_fields
        )
        if state.due.kind is DueKind.DATE and "." not in state.due.path and state.due.path not in dossier.model_fields:
            yield f"{where}: due at {state.due.path}, which the dossier does not have"
        if state.due.kind is DueKind.NONE and state.remind:
            yield f"{where}: reminders need a deadline"
        yield from _ladder(state, where)
    yield from _branches(state, where)


def _ladder(state: Task, where: str) -> Iterator[str]:
    days = [rung.days for rung in state.remind]
    if any(later <= earlier for earlier, later in pairwise(days)):
        yield f"{where}: the rungs of a ladder must rise"
    if any(rung.every for rung in state.remind[:-1]):
        yield f"{where}: only the last rung may repeat"


def _branches(state: Task | End, where: str) -> Iterator[str]:
    by_event: dict[str, list[Transition]] = {}
    for transition in state.transitions:
        if action_of(transition) is not None:
            by_event.setdefault(str(transition.event), []).append(transition)
    metas = [action_of(ts[0]) for ts in by_event.values()]
    if isinstance(state, Task) and all(m is not None and (m.at is not None or m.carried) for m in metas):
        timed = [m for m in metas if m is not None]
        if not timed:
            yield f"{where}: nobody can act on it"
    if sum(1 for m in metas if m is not None and m.at is not None) > 1:
        yield f"{where}: at most one timer may leave a state"
    for event, transitions in by_event.items():
        free = [index for index, t in enumerate(transitions) if not list(t.cond)]
        if free and free[0] != len(transitions) - 1:
            yield f"{where}: {event} has a branch without a guard that hides the ones after it"


def _transition(transition: Transition, guards: dict[str, Guard]) -> Iterator[str]:
    meta = action_of(transition)
    edge = f"{transition.source.id} → {transition.target.id if transition.target else '?'}"
    if meta is None:
        yield f"{edge}: not declared through action() or timer()"
        return
    where = f"line {meta.line}, {edge}"
    if isinstance(transition.source, AnyState):
        yield f"{where}: from_.any() hides who may act where; name the states"
    if transition.is_eventless or transition.target is None:
        yield f"{where}: a move needs an event and a target"
    if list(transition.validators) or any(list(group) for group in _callbacks(transition)):
        yield f"{where}: validators and callbacks have no place in a definition"
    for spec in transition.cond:
        name = spec.attr_name
        if name not in guards:
            yield f"{where}: {name!r} is not a @guard of this process"
        elif spec.expected_value is False and not guards[name].otherwise:
            yield f"{where}: unless={name} needs the guard's otherwise sentence"


def _callbacks(transition: Transition) -> Iterator[Any]:
    """The callbacks written at the transition itself (the library adds its by-name conventions to them)."""
    for group in (transition.on, transition.before, transition.after):
        yield [spec for spec in group if not spec.is_convention]


def _action(meta: Action, cls: type[Process], dossier: type[BaseModel]) -> Iterator[str]:
    where = f"line {meta.line}, «{meta.label}»"
    fields = dossier.model_fields
    named = [meta.stamp, meta.into, meta.number.into if meta.number else ""]
    yield from (
        f"{where}: writes {name}, which the dossier does not have" for name in named if name and name not in fields
    )
    if meta.form is not None:
        if meta.into in fields and not _accepts(fields[meta.into].annotation, meta.form):
            yield f"{where}: the dossier's {meta.into} does not take a {meta.form.__name__}"
        if not meta.into:
            strangers = sorted(set(meta.form.model_fields) - set(fields))
            yield from (f"{where}: the dossier does not have the form's field {name}" for name in strangers)
    if meta.into and meta.form is None:
        yield f"{where}: into= needs a form"
    if meta.at is not None and meta.at.kind is DueKind.DATE and "." not in meta.at.path and meta.at.path not in fields:
        yield f"{where}: fires at {meta.at.path}, which the dossier does not have"
    yield from _clashing_names(meta, cls)


def _clashing_names(meta: Action, cls: type[Process]) -> Iterator[str]:
    for state in cls.states:
        for transition in state.transitions:
            if action_of(transition) is meta and str(transition.event) in cls.states_map:
                yield f"line {meta.line}: {transition.event} names a state and an action"
                return


def _accepts(annotation: Any, form: type[BaseModel]) -> bool:
    """Whether a dossier field of that type can hold the form: itself, or None, or a tuple of them."""
    if annotation is form:
        return True
    if get_origin(annotation) in (Union, UnionType):
        return any(_accepts(arg, form) for arg in get_args(annotation) if arg is not NoneType)
    return get_origin(annotation) is tuple and form in get_args(annotation)


def appends(dossier: type[BaseModel], name: str) -> bool:
    """Whether the dossier field collects forms (a tuple) instead of holding one."""
    return get_origin(dossier.model_fields[name].annotation) is tuple
