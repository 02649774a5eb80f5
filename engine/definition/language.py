"""The words a process file is written in: a thin layer over python-statemachine.

`Task` and `End` are States that carry the facts of a BPMN user task (who holds it, by when, which
reminders); `action` and `timer` are Events whose transitions carry an `Action`. Everything else
(states, `.to()`, `|`, `cond=`, `unless=`) is python-statemachine's own syntax.
"""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel
from statemachine import Event, State, StateChart
from statemachine.exceptions import InvalidDefinition
from statemachine.factory import StateMachineMetaclass
from statemachine.state import AnyState
from statemachine.transition import Transition
from statemachine.transition_list import TransitionList

from engine.definition.case import Asked, Case
from engine.definition.deadlines import Due, Rung
from engine.errors import DefinitionError, Reason

D = TypeVar("D", bound=BaseModel)


class Phase(StrEnum):
    """The customer's five states and the end: what lists, filters and the public page speak in."""

    DRAFTED = "drafted"
    SUBMITTED = "submitted"
    APPRAISED = "appraised"
    APPROVED = "approved"
    FORWARDED_TO_CITY = "forwarded_to_city"
    CLOSED = "closed"


class Seat(StrEnum):
    """Where a role sits, seen from a case: in the unit that owns it, or in the authority that decides it."""

    OWN_UNIT = "own_unit"
    AUTHORITY = "authority"


@dataclass(frozen=True, slots=True)
class Role:
    """A candidate role. `sees_all`: its holders see every case of their authority.

    led_by: code of the role that distributes its work.
    """

    code: str
    label: str
    seat: Seat = Seat.OWN_UNIT
    sees_all: bool = False
    led_by: str = ""


START, EDIT, ATTACH = "start", "edit", "attach"
"""What the engine itself lets people do to a case, beside the actions of its process."""


@dataclass(frozen=True, slots=True)
class Duty:
    """One of the duties that different persons must have on a case: who had one takes no other.

    actions: of the process, or of the engine (`START`, `EDIT`); by: only when taken in one of these roles.
    """

    code: str
    label: str
    actions: tuple[str, ...]
    by: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True)
class Tell:
    """A notice to the holders of roles; `kind` names its words in the room's mails/."""

    kind: str
    to: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Start:
    """An effect: begin an instance of another process for a unit.

    `key` makes it unique among what the parent starts, so that a repeat starts nothing twice.
    """

    process: str
    unit: str
    key: str
    dossier: Mapping[str, Any] = field(default_factory=dict)


class To(StrEnum):
    """Whom a message effect reaches: the cases below this one, or the one above."""

    CHILDREN = "children"
    PARENT = "parent"


@dataclass(frozen=True, slots=True)
class Send:
    """An effect: a message to related cases, carried out as an action there.

    `action` is an action of the receiving process, or `RESCHEDULE`. With `optional`, a receiver in a
    state that does not take it, or whose guard is unmet, is passed over; otherwise that is an incident.
    """

    to: To
    action: str
    process: str = ""
    optional: bool = False


RESCHEDULE = "deadlines_changed"
"""The message that recomputes the open deadlines of the receiver; every process takes it."""


@dataclass(frozen=True, slots=True)
class Register:
    """A gapless legal number, drawn in the action's transaction, written to the dossier field `into`.

    `form` is a format string over `number` (from 1, per authority and calendar year) and `year`.
    """

    name: str
    into: str
    form: str = "{number}/{year}"


@dataclass(frozen=True, slots=True)
class Rule(Generic[D]):
    """A check with a citation. `holds` answers None, or what is wrong as a Vietnamese sentence.

    Whether it blocks or warns is read from the legal row `("rule", code)`: it blocks only when that row
    says so and is verified, is the product's own, or was confirmed by an administrator.
    reads: the private fields of which it tells something; who does not see them does not hear of it.
    title: what is checked, in a few words, for checklists.
    """

    code: str
    holds: Callable[[Case[D]], str | None]
    reads: tuple[str, ...] = ()
    title: str = ""


@dataclass(eq=False)
class Action:
    """What moves a case; kept on every transition that it causes."""

    label: str
    line: int
    by: tuple[Role, ...] = ()
    form: type[BaseModel] | None = None
    into: str = ""
    stamp: str = ""
    number: Register | None = None
    rules: tuple[Rule[Any], ...] = ()
    tells: tuple[Tell, ...] = ()
    effects: Callable[[Case[Any]], tuple[Start | Send, ...]] | None = None
    carries: str = ""
    carried: bool = False
    signs: bool = False
    at: Due | None = None
    id: str = ""


class Task(State):
    """An open state: a user task that somebody holds until a deadline.

    owner: whose task it is. due: by when (a legal limit, a date of the dossier, or none).
    remind: the ladder of reminders and escalations. edits: the dossier fields that the owner may
    change while holding it. asked: from the dossier, which of these fields and which kinds of paper the
    task asks for, and why; they alone are open then (None: all are). pauses: entering it stops the clock
    of the task that was open, and coming back to that task's state lets it run on with the working days
    that were left.
    """

    def __init__(
        self,
        status: str,
        todo: str,
        owner: Role,
        due: Due,
        *,
        phase: Phase,
        remind: tuple[Rung, ...] = (),
        edits: tuple[str, ...] = (),
        asked: Callable[[Any], tuple[Asked, ...] | None] | None = None,
        pauses: bool = False,
        initial: bool = False,
    ) -> None:
        super().__init__(status, initial=initial)
        self.todo, self.owner, self.due, self.phase = todo, owner, due, phase
        self.remind, self.edits, self.asked, self.pauses = remind, edits, asked, pauses
        self.line = sys._getframe(1).f_lineno


class End(State):
    """A closed state; `good` tells success from the ways of falling short."""

    def __init__(self, status: str, *, phase: Phase = Phase.CLOSED, good: bool = True) -> None:
        super().__init__(status, final=True)
        self.phase, self.good = phase, good
        self.line = sys._getframe(1).f_lineno


class Guard:
    """A named condition over the case, with the sentence a person reads when it does not hold.

    On the machine it is a method that asks the model, so that python-statemachine itself can run it.
    """

    def __init__(
        self,
        function: Callable[[Case[Any]], bool],
        unmet: str,
        otherwise: str,
        remedy: str,
        before_form: bool,
        title: str,
        line: int,
    ) -> None:
        self.function, self.unmet, self.otherwise, self.remedy = function, unmet, otherwise, remedy
        self.before_form, self.title, self.line = before_form, title, line
        self.name = function.__name__

    def __get__(self, machine: Any, owner: type) -> Any:
        if machine is None:
            return self
        return lambda: machine.model.answer(self)

    def reason(self, wanted: bool) -> Reason:
        return Reason(self.name, self.unmet if wanted else self.otherwise, remedy=self.remedy if wanted else "")


def guard(
    unmet: str, *, otherwise: str = "", remedy: str = "", before_form: bool = False, title: str = ""
) -> Callable[[Callable[[Case[Any]], bool]], Guard]:
    """Mark a predicate as a guard.

    unmet: what a person reads when it is false under `cond=`, with the remedy: what would open the way;
    otherwise: what they read when it is true under `unless=`.
    before_form: it looks at the case as it was before the action's form was written to the dossier.
    title: what must be so, in a few words, when it is something that people bring about; checklists show it.
    """

    line = sys._getframe(1).f_lineno

    def mark(function: Callable[[Case[Any]], bool]) -> Guard:
        return Guard(function, unmet, otherwise, remedy, before_form, title, line)

    return mark


def action(
    label: str,
    transitions: TransitionList,
    *,
    by: Role | tuple[Role, ...] = (),
    form: type[BaseModel] | None = None,
    into: str = "",
    stamp: str = "",
    number: Register | None = None,
    rules: tuple[Rule[Any], ...] = (),
    tells: tuple[Tell, ...] = (),
    effects: Callable[[Case[Any]], tuple[Start | Send, ...]] | None = None,
    carries: str = "",
    carried: bool = False,
    signs: bool = False,
) -> Event:
    """A move that a person (or a message) makes.

    by: who may, when that is not the owner of the task. form: what must be filled in; it is written to
    the dossier field `into` (appended, when that field is a tuple), or field by field without it.
    stamp: the dossier field that receives the instant. carries: the action that the same transaction
    takes on every open child. carried: only taken that way, or by a message. signs: it is a signature or a
    decision, for which a person gives password or code again.
    """
    roles = (by,) if isinstance(by, Role) else by
    meta = Action(
        label,
        sys._getframe(1).f_lineno,
        roles,
        form,
        into,
        stamp,
        number,
        rules,
        tells,
        effects,
        carries,
        carried,
        signs,
    )
    return _event(meta, transitions)


def timer(
    label: str,
    transitions: TransitionList,
    *,
    at: Due,
    tells: tuple[Tell, ...] = (),
    effects: Callable[[Case[Any]], tuple[Start | Send, ...]] | None = None,
) -> Event:
    """A move that the clock makes at `at`, resolved when the task opens."""
    return _event(Action(label, sys._getframe(1).f_lineno, at=at, tells=tells, effects=effects), transitions)


def _event(meta: Action, transitions: TransitionList) -> Event:
    """The action as the library's event; refuses what the library would lose before `checks` can see it."""
    where = f"{sys._getframe(2).f_code.co_name}: line {meta.line}, «{meta.label}»"
    for transition in transitions:
        if isinstance(transition.source, AnyState):
            raise DefinitionError(f"{where}: from_.any() hides who may act where; name the states")
        if not all(isinstance(spec.func, str) for spec in transition.cond):
            raise DefinitionError(f"{where}: a guard is given by its name, as a string")
        transition.action = meta
    return Event(transitions, name=meta.label)


def action_of(transition: Transition) -> Action | None:
    """The action that `action()` or `timer()` left on a transition; None when it was written without."""
    found: Action | None = getattr(transition, "action", None)
    return found


@dataclass(frozen=True, slots=True)
class Begin:
    """How an instance begins: who may start it by hand, and under which guards.

    by: the roles that may start one below nothing. below: for each process that it may lie below, the
    roles that may start it there (none: only an effect does). own_authority: the owner unit itself
    decides the case when this holds for the new dossier (a ward's own awards); otherwise the authority
    is the parent's, or the unit's superior. given: dossier fields that are chosen when beginning, beside
    those that the first task edits, and stay as they are.
    """

    by: tuple[Role, ...] = ()
    below: Mapping[str, tuple[Role, ...]] = field(default_factory=dict)
    cond: tuple[str, ...] = ()
    own_authority: Callable[[Any], bool] | None = None
    given: tuple[str, ...] = ()

    def roles(self, parent: str | None) -> tuple[Role, ...]:
        """Who may start an instance below that process, or below nothing."""
        return self.by if parent is None else self.below.get(parent, ())


@dataclass(frozen=True, slots=True)
class Find:
    """A declared need: other cases whose fact `key` has the value that `value` computes from this case."""

    key: str
    value: Callable[[Case[Any]], str | None]


@dataclass(frozen=True, slots=True)
class Fact:
    """What lists, search and duplicates ask about a case. `unique` facts are looked up by others."""

    key: str
    text: str


class _Definition(StateMachineMetaclass):
    """Lets the library's own checks (one start, reachability, a path to an end) speak as ours do."""

    def __init__(cls, name: str, bases: tuple[type], attrs: dict[str, Any]) -> None:
        try:
            super().__init__(name, bases, attrs)
        except InvalidDefinition as wrong:
            named = set(re.findall(r"\w+", str(wrong)))
            states = {key: value for key, value in attrs.items() if isinstance(value, Task | End)}
            places = [f"line {state.line}, {key}" for key, state in states.items() if key in named]
            raise DefinitionError(f"{name}: {'; '.join([*places, str(wrong)])}") from wrong


class Process(StateChart[Any], metaclass=_Definition):
    """Base of every process: python-statemachine with its three lenient defaults made strict."""

    allow_event_without_transition = False  # an event out of turn is an error, not a no-op
    catch_errors_as_events = False  # an exception reaches the caller and rolls back
    atomic_configuration_update = True  # a failing callback leaves the state as it was
    model_card: ClassVar[Any]
