"""What a definition must satisfy beyond python-statemachine's own checks (one start, reachability, traps).

Each problem is a sentence that names the state or action and its line in the process file.
"""

import inspect
from collections.abc import Iterator
from datetime import date
from itertools import combinations, pairwise
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from statemachine.transition import Transition

from engine.definition.case import Case
from engine.definition.deadlines import Due, DueKind, Rung
from engine.definition.language import EDIT, START, Action, Begin, Duty, End, Guard, Process, Task, action_of
from engine.definition.outline import NO_OUTLINE, Outline

STRICT_FLAGS = ("allow_event_without_transition", "catch_errors_as_events", "atomic_configuration_update")

# What the library, or we, keep on a machine or its class.
_ON_INSTANCES = {"final_states", "history_values", "initial_state", "listeners", "model", "model_card", "state_field"}
MACHINE_NAMES = frozenset((*dir(Process), *dir(type(Process)))) | _ON_INSTANCES

_SET_BY_LIBRARY = frozenset(vars(Process)) - {*STRICT_FLAGS} | {"final_states", "initial_state"}

_NO_CALLBACKS = "validators and callbacks have no place in a definition"


def problems(
    cls: type[Process],
    dossier: type[BaseModel],
    begin: Begin,
    separate: tuple[Duty, ...] = (),
    private: tuple[str, ...] = (),
    papers: frozenset[str] = frozenset(),
    outline: Outline = NO_OUTLINE,
) -> list[str]:
    """Every reason why the class must not run; empty for a good one.

    Its build is judged first: only a sound machine can be asked what it means.
    """
    built = list(dict.fromkeys(_build(cls)))
    if built:
        return built
    meant = (*_meaning(cls, dossier, begin), *_asking(cls, dossier, papers))
    named = (*_dotted("private", dossier, private), *_dotted("outline", dossier, outline.fields))
    return list(dict.fromkeys([*meant, *_duties(cls, separate), *named]))


def _build(cls: type[Process]) -> Iterator[str]:
    """Whether the class is a flat machine of states, actions and guards, and nothing runs beside them."""
    if cls.__bases__ != (Process,):
        yield "a process is derived from Process itself, and from nothing else"
        return
    if not any(state.final for state in cls.states):
        yield "a process needs states, and at least one End"
    yield from _names(cls)
    for state in cls.states:
        if not isinstance(state, Task | End):
            yield f"{state.id} is neither a Task nor an End: only flat machines are restored reliably"
            continue
        where = f"line {state.line}, {state.id}"
        if state.value != state.id:
            yield f"{where}: a state has one name, and keeps it; here {state.value} and {state.id}"
        if _written(state.enter, state.exit, state.invoke):
            yield f"{where}: {_NO_CALLBACKS}"
        for transition in state.transitions:
            yield from _move(transition, state, cls)


def _names(cls: type[Process]) -> Iterator[str]:
    """Names in the class that mean something else to the library, or two things at once."""
    lines = {str(event): meta.line for transition, meta in _moves(cls) for event in transition.events}
    yield from (f"line {lines[n]}, {n}: names a state and an action" for n in lines if n in cls.states_map)
    lines |= {state.id: state.line for state in cls.states if isinstance(state, Task | End)}
    lines |= {name: value.line for name, value in vars(cls).items() if isinstance(value, Guard)}
    places = {name: f"line {line}, {name}" for name, line in lines.items()}
    own = lines.keys() | (vars(cls).keys() - _SET_BY_LIBRARY)
    yield from (f"{places.get(n, n)}: the machine itself uses that name" for n in sorted(own & MACHINE_NAMES))
    callbacks = _conventions(cls) & own - cls.states_map.keys()
    yield from (f"{places.get(n, n)}: would run as a callback; effects belong elsewhere" for n in sorted(callbacks))


def _moves(cls: type[Process]) -> Iterator[tuple[Transition, Action]]:
    for state in cls.states:
        for transition in state.transitions:
            if meta := action_of(transition):
                yield transition, meta


def _conventions(cls: type[Process]) -> set[str]:
    """The names that the library looks up to run them as callbacks."""
    groups = [group for state in cls.states for group in (state.enter, state.exit, state.invoke)]
    groups += [group for state in cls.states for t in state.transitions for group in (t.before, t.on, t.after)]
    return {"prepare_event", *(str(spec.func) for group in groups for spec in group if spec.is_convention)}


def _written(*groups: Any) -> list[Any]:
    """The callbacks that somebody wrote down at a state or a transition."""
    return [spec for group in groups for spec in group if not spec.is_convention]


def _move(transition: Transition, source: Task | End, cls: type[Process]) -> Iterator[str]:
    edge = f"{source.id} → {' and '.join(str(target.id) for target in transition.targets) or 'nowhere'}"
    meta = action_of(transition)
    if meta is None:
        yield f"line {source.line}, {edge}: not declared through action() or timer()"
        return
    where = f"line {meta.line}, {edge}"
    names = [str(event) for event in transition.events]
    if len(names) != 1:
        yield f"{where}: an action has one name, and keeps it; here {' and '.join(names) or 'none'}"
    if len(transition.targets) != 1 or not any(transition.target is state for state in cls.states):
        yield f"{where}: leads to one state of this process (has the name of a state been used again?)"
    if transition.internal or transition.initial or any(event.delay or event.internal for event in transition.events):
        yield f"{where}: a move is neither internal nor initial nor delayed"
    if _written(transition.validators, transition.before, transition.on, transition.after):
        yield f"{where}: {_NO_CALLBACKS}"


def _meaning(cls: type[Process], dossier: type[BaseModel], begin: Begin) -> Iterator[str]:
    """Whether what the states, actions and guards say fits together, and fits the dossier."""
    guards = {name: value for name, value in vars(cls).items() if isinstance(value, Guard)}
    used = set(begin.cond)
    for state in cls.states:
        if isinstance(state, Task):
            yield from _task(state, dossier)
    yield from _branches(cls)
    for transition, meta in _moves(cls):
        yield from _conditions(transition, meta, guards)
        used |= {spec.attr_name for spec in transition.cond}
    for meta in {id(meta): meta for _, meta in _moves(cls)}.values():
        yield from _action(meta, dossier)
    yield from (wrong for name, found in guards.items() for wrong in _guard(name, found, name in used))
    yield from (f"begin: {name!r} is not a @guard of this process" for name in begin.cond if name not in guards)
    strangers = [name for name in begin.given if name not in dossier.model_fields]
    yield from (f"begin: gives {name}, which the dossier does not have" for name in strangers)


def _task(state: Task, dossier: type[BaseModel]) -> Iterator[str]:
    where = f"line {state.line}, {state.id}"
    strangers = [name for name in state.edits if name not in dossier.model_fields]
    yield from (f"{where}: edits {name}, which the dossier does not have" for name in strangers)
    yield from (f"{where}: due at {wrong}" for wrong in _date(state.due, dossier))
    if state.due.kind is DueKind.DEADLINE:
        yield f"{where}: AT_DEADLINE is for timers; a task's own deadline comes from elsewhere"
    yield from (f"{where}: {wrong}" for wrong in _ladder(state.remind))
    if state.due.kind is DueKind.NONE and state.remind:
        yield f"{where}: reminders need a deadline"
    metas = {id(meta): meta for t in state.transitions if (meta := action_of(t))}.values()
    timers = [meta for meta in metas if meta.at is not None]
    if len(timers) > 1:
        yield f"{where}: at most one timer may leave a state"
    if state.due.kind is DueKind.NONE and any(meta.at.kind is DueKind.DEADLINE for meta in timers if meta.at):
        yield f"{where}: a timer AT_DEADLINE needs a deadline"
    if state.due.kind is not DueKind.NONE and all(meta.at or meta.carried for meta in metas):
        yield f"{where}: nobody can act on it, so it has no deadline; it waits for the clock or another case"


def _asking(cls: type[Process], dossier: type[BaseModel], papers: frozenset[str]) -> Iterator[str]:
    """Whether what tasks ask for can be answered; each function is tried on a dossier that nobody has filled in."""
    both = sorted(papers & dossier.model_fields.keys())
    for state in cls.states:
        if not isinstance(state, Task) or state.asked is None:
            continue
        where = f"line {state.line}, {state.id}"
        yield from (f"{where}: asks by name, and {name} is a field and a paper" for name in both)
        if not state.edits:
            yield f"{where}: asked= chooses among the fields that it edits and the papers, and it edits nothing"
        try:
            asked = state.asked(dossier())
        except Exception as wrong:
            yield f"{where}: asked= fails on an empty dossier ({type(wrong).__name__}: {wrong})"
            continue
        strangers = [one.part for one in asked or () if one.part not in papers.union(state.edits)]
        yield from (f"{where}: asks for {name}, which it neither edits nor takes as a paper" for name in strangers)


def _date(due: Due, dossier: type[BaseModel]) -> Iterator[str]:
    """What is wrong with the fields of this dossier that a deadline looks at; an ancestor's are the registry's."""
    fields = dossier.model_fields
    own = due.path if due.kind is DueKind.DATE and "." not in due.path else ""
    yield from (f"{n}, which the dossier does not have" for n in (own, due.by) if n and n not in fields)
    if own in fields and not due.by and not _is(fields[own].annotation, date):
        yield f"{own}, which is not a date"


def _ladder(ladder: tuple[Rung, ...]) -> Iterator[str]:
    if any(later.days <= earlier.days for earlier, later in pairwise(ladder)):
        yield "the rungs of a ladder must rise"
    if any(rung.every for rung in ladder[:-1]):
        yield "only the last rung may repeat"
    if any(rung.every < 0 for rung in ladder):
        yield "a rung repeats forwards"


def _branches(cls: type[Process]) -> Iterator[str]:
    branches: dict[tuple[str, str], list[tuple[Transition, Action]]] = {}
    for transition, meta in _moves(cls):
        branches.setdefault((transition.source.id, transition.event), []).append((transition, meta))
    for (state, _), moves in branches.items():
        for (first, _), (second, meta) in combinations(moves, 2):
            if _opens(first) <= _opens(second):
                yield (
                    f"line {meta.line}, {state}: «{meta.label}» never reaches {_target(second)}, "
                    f"hidden by the branch to {_target(first)} before it"
                )


def _opens(transition: Transition) -> set[tuple[str, bool]]:
    return {(spec.attr_name, spec.expected_value) for spec in transition.cond}


def _target(transition: Transition) -> str:
    return ", ".join(target.id for target in transition.targets)


def _conditions(transition: Transition, meta: Action, guards: dict[str, Guard]) -> Iterator[str]:
    where = f"line {meta.line}, {transition.source.id} → {_target(transition)}"
    for spec in transition.cond:
        found = guards.get(spec.func)
        if found is None:
            yield f"{where}: {spec.attr_name!r} is not a @guard of this process"
        elif spec.expected_value is False and not found.otherwise:
            yield f"{where}: unless={spec.attr_name} needs the guard's otherwise sentence"


def _guard(name: str, found: Guard, used: bool) -> Iterator[str]:
    where = f"line {found.line}, guard {name}"
    if not used:
        yield f"{where}: is never used"
    if found.name != name:
        yield f"{where}: its function is called {found.name}; reasons go by that name"
    if inspect.iscoroutinefunction(found.function):
        yield f"{where}: is a coroutine, which would count as true"
    if name in dir(Case) or name in Case.__dataclass_fields__:
        yield f"{where}: is also a name of the case: the library would ask both"


def _action(meta: Action, dossier: type[BaseModel]) -> Iterator[str]:
    where = f"line {meta.line}, «{meta.label}»"
    fields = dossier.model_fields
    written = [meta.stamp, meta.into, meta.number.into if meta.number else ""]
    if meta.form is not None and not meta.into:
        written += meta.form.model_fields
    yield from (f"{where}: writes {n}, which the dossier does not have" for n in written if n and n not in fields)
    if meta.into and meta.form is None:
        yield f"{where}: into= needs a form"
    if meta.form is not None and meta.into in fields and not _takes(fields[meta.into].annotation, meta.form):
        yield f"{where}: the dossier's {meta.into} does not take a {meta.form.__name__}"
    if meta.at is not None:
        yield from (f"{where}: fires at {wrong}" for wrong in _date(meta.at, dossier))
        if meta.at.kind is DueKind.NONE:
            yield f"{where}: a timer needs a time to fire at"


def _duties(cls: type[Process], separate: tuple[Duty, ...]) -> Iterator[str]:
    """Whether the separated duties are of actions that exist, and no act belongs to two of them."""
    known = {str(transition.event) for transition, _ in _moves(cls)} | {START, EDIT}
    for duty in separate:
        yield from (f"duty {duty.code}: no action {name}" for name in duty.actions if name not in known)
    for first, second in combinations(separate, 2):
        both = set(first.actions) & set(second.actions)
        if first.code == second.code:
            yield f"duty {first.code} is declared twice"
        if both and (not first.by or not second.by or set(first.by) & set(second.by)):
            yield f"duties {first.code} and {second.code} both have {', '.join(sorted(both))}"


def _dotted(where: str, dossier: type[BaseModel], paths: tuple[str, ...]) -> Iterator[str]:
    for path in paths:
        model: type[BaseModel] | None = dossier
        for name in path.split("."):
            if model is None or name not in model.model_fields:
                yield f"{where}: {path}, which the dossier does not have"
                break
            model = _model_in(model.model_fields[name].annotation)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model of a field that holds one, perhaps or none."""
    found = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return next((one for one in found if isinstance(one, type) and issubclass(one, BaseModel)), None)


def _takes(annotation: Any, form: type[BaseModel]) -> bool:
    """Whether a dossier field of that type can hold the form, or collects such forms in a tuple."""
    return _is(annotation, form) or (get_origin(annotation) is tuple and get_args(annotation) == (form, ...))


def _is(annotation: Any, wanted: type) -> bool:
    """Whether the annotation is that type, or a union of it with None or others."""
    if get_origin(annotation) in (Union, UnionType):
        return wanted in get_args(annotation)
    return annotation is wanted


def appends(dossier: type[BaseModel], name: str) -> bool:
    """Whether the dossier field collects forms (a tuple) instead of holding one."""
    return get_origin(dossier.model_fields[name].annotation) is tuple
