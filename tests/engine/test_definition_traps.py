"""Every trap of python-statemachine that was met (docs/decisions/0002) is closed: refused, asserted, or never used."""

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict
from statemachine import Event, HistoryState, State
from statemachine.contrib.timeout import timeout
from statemachine.contrib.weighted import weighted_transitions
from statemachine.engines.sync import SyncEngine
from statemachine.exceptions import TransitionNotAllowed
from statemachine.states import States

import engine
import workflows
from engine.definition import (
    NO_DEADLINE,
    Begin,
    Case,
    End,
    Phase,
    Process,
    Role,
    Task,
    Unit,
    action,
    guard,
    process,
)
from engine.definition.checks import MACHINE_NAMES, STRICT_FLAGS
from engine.definition.decide import SYSTEM, Act, check_begin, decide, offers
from engine.definition.language import Guard
from engine.definition.registry import Registry
from engine.errors import DefinitionError
from engine.office.calendar import WorkingCalendar
from engine.office.law import LawBook
from tests.leave_request.process import HEAD, Leave, LeaveRequest

ALL: tuple[type[Process], ...] = (LeaveRequest, *getattr(workflows, "ALL", ()))
every_process = pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)

OFFICER = Role("officer", "Cán bộ")
DRAFTED = Phase.DRAFTED


class Dossier(BaseModel):
    votes: int = 0


define = process(
    code="wrong", collection="wrongs", title="Sai", prefix="S", dossier=Dossier, headline=str, begin=Begin()
)


def task(**more: Any) -> Task:
    return Task("Đang làm", "Làm", OFFICER, NO_DEADLINE, phase=DRAFTED, **more)


def refused(sentence: str) -> AbstractContextManager[None]:
    """What is defined inside is refused with that sentence; {here} is the line of the test marked so."""
    lines, first = inspect.getsourcelines(sys._getframe(1))
    marked = (first + n for n, text in enumerate(lines) if text.rstrip().endswith("# here"))
    return _refused(sentence.format(here=next(marked, None)))


@contextmanager
def _refused(sentence: str) -> Iterator[None]:
    with pytest.raises(DefinitionError) as caught:
        yield
    assert str(caught.value) == sentence


class Witness:
    """Stands for a case before the library's machine: in a state, every guard answering the same."""

    def __init__(self, state: str, holds: bool = True) -> None:
        self.state, self.holds = state, holds

    def answer(self, guard: Guard) -> bool:
        return self.holds


def unit() -> Unit:
    return Unit(1, "P1", "Phường 1", "ward", "p1@example.vn", 1, (), date(2024, 1, 1), None)


def case_of(cls: type[Process], state: str, dossier: BaseModel) -> Case[Any]:
    now = datetime(2024, 7, 10, 2, tzinfo=UTC)
    code = cls.model_card.code
    return Case(7, "X-2024-00007", code, state, 1, dossier, unit(), unit(), now, WorkingCalendar(), LawBook(()))


# ── 1. The lenient defaults ──────────────────────────────────────────────────────────────────────


@every_process
def test_trap_01_every_process_has_the_strict_flags(cls: type[Process]) -> None:
    flags = {flag: getattr(cls, flag) for flag in STRICT_FLAGS}

    assert flags == {
        "allow_event_without_transition": False,
        "catch_errors_as_events": False,
        "atomic_configuration_update": True,
    }


def test_trap_01_a_process_cannot_loosen_a_flag() -> None:
    with refused("Wrong: catch_errors_as_events: the machine itself uses that name"):

        @define
        class Wrong(Process):
            catch_errors_as_events = True
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done))


def test_trap_01_a_process_cannot_switch_off_the_checks_of_the_library() -> None:
    with refused("Wrong: validate_trap_states: the machine itself uses that name"):

        @define
        class Wrong(Process):
            validate_trap_states = False
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done))


@pytest.mark.parametrize("event", ["grant", "no_such_event"])
def test_trap_01_an_untimely_or_unknown_event_is_an_error(event: str) -> None:
    machine = LeaveRequest(Witness("drafted"))

    with pytest.raises(TransitionNotAllowed):
        machine.send(event)


def test_trap_01_a_raising_guard_reaches_the_caller_and_leaves_the_state() -> None:
    class Broken(Witness):
        def answer(self, guard: Guard) -> bool:
            raise RuntimeError(guard.name)

    machine = LeaveRequest(Broken("drafted"))

    with pytest.raises(RuntimeError, match="has_days"):
        machine.send("submit")
    assert machine.model.state == "drafted"


# ── 2. Restored final states; 15. checks before the states exist ─────────────────────────────────


def test_trap_02_finality_is_asked_of_the_model() -> None:
    machine = LeaveRequest(Witness("granted"))

    assert machine.is_terminated is False  # what the library says
    assert LeaveRequest.model_card.states["granted"].final is True


UNRELIABLE = {"is_terminated", "enabled_events", "allowed_events", "current_state", "history_values"}


def test_trap_02_and_09_the_engine_uses_no_unreliable_question() -> None:
    sources = [path.read_text() for root in engine.__path__ for path in Path(root).rglob("*.py")]
    used = {node.attr for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}

    assert used & UNRELIABLE == set()


def test_the_engine_never_builds_a_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **more: Any) -> None:
        raise AssertionError("a machine was built")

    monkeypatch.setattr(LeaveRequest, "__init__", refuse)
    model = Registry((LeaveRequest,), administrator=HEAD).collection("leave-requests")
    case = case_of(LeaveRequest, "drafted", Leave(first_day=date(2024, 7, 11), days=1))

    check_begin(model, case)
    assert [offer.action for offer in offers(model, case, SYSTEM, {})] == ["submit"]
    assert decide(model, case, Act("submit", SYSTEM, {})).target == "waiting"


def test_trap_15_a_process_without_the_decorator_is_refused_by_the_registry() -> None:
    class Unchecked(Process):
        drafted = task()
        done = End("Xong")
        finish = action("Xong", drafted.to(done, cond="nobody_wrote_it"))

    with refused("Unchecked: is not decorated with @process"):
        Registry((Unchecked,), administrator=HEAD)


def test_trap_15_a_subclass_does_not_borrow_the_model_of_its_process() -> None:
    class Heir(LeaveRequest):
        pass

    with refused("Heir: is not decorated with @process"):
        Registry((Heir,), administrator=HEAD)


# ── 3. Unknown stored states ─────────────────────────────────────────────────────────────────────


def test_trap_03_an_unknown_stored_state_is_refused_by_name() -> None:
    case = case_of(LeaveRequest, "lost", Leave())

    with refused("leave_request: case X-2024-00007 is in state 'lost', which the process lacks"):
        decide(LeaveRequest.model_card, case, Act("submit", SYSTEM, {}))
    with refused("leave_request: case X-2024-00007 is in state 'lost', which the process lacks"):
        [*offers(LeaveRequest.model_card, case, SYSTEM, {})]


# ── 4. Only flat machines ────────────────────────────────────────────────────────────────────────

NOT_FLAT = "Wrong: {name} is neither a Task nor an End: only flat machines are restored reliably"


def test_trap_04_compound_states_are_refused() -> None:
    with refused(NOT_FLAT.format(name="review")):

        @define
        class Wrong(Process):
            class review(State.Compound):  # type: ignore[misc]
                first = task(initial=True)
                second = task()
                go_on = first.to(second)

            done = End("Xong")
            finish = action("Xong", review.to(done))


def test_trap_04_parallel_states_are_refused() -> None:
    with refused(NOT_FLAT.format(name="review")):

        @define
        class Wrong(Process):
            drafted = task(initial=True)

            class review(State.Parallel):  # type: ignore[misc]
                left = task()
                right = task()

            done = End("Xong")
            submit = action("Nộp", drafted.to(review))
            finish = action("Xong", review.to(done))


def test_trap_04_history_states_are_refused() -> None:
    with refused(NOT_FLAT.format(name="before")):

        @define
        class Wrong(Process):
            drafted = task(initial=True)
            before = HistoryState()
            done = End("Xong")
            pause = action("Tạm dừng", drafted.to(before))
            finish = action("Xong", drafted.to(done) | before.to(done))


def test_trap_04_plain_states_are_refused() -> None:
    with refused(NOT_FLAT.format(name="drafted")):

        @define
        class Wrong(Process):
            drafted = State(initial=True)
            done = End("Xong")
            finish = action("Xong", drafted.to(done))


def test_trap_04_a_move_to_several_states_is_refused() -> None:
    with refused(
        "Wrong: line {here}, drafted → checked and done: "
        "leads to one state of this process (has the name of a state been used again?)"
    ):

        @define
        class Wrong(Process):
            drafted = task(initial=True)
            checked = task()
            done = End("Xong")
            check = action("Kiểm tra", drafted.to([checked, done]))  # here
            finish = action("Xong", checked.to(done))


# ── 5. Guards that are also on the model; 6. the model is a listener ─────────────────────────────


@pytest.mark.parametrize("name", ["dossier", "today", "answer", "children"])
def test_trap_05_a_guard_named_like_something_of_the_case_is_refused(name: str) -> None:
    def holds(case: Case[Any]) -> bool:
        return True

    holds.__name__ = name
    marked = guard("Chưa đạt")(holds)
    drafted, done = task(), End("Xong")
    body = {"drafted": drafted, "done": done, "finish": action("Xong", drafted.to(done, cond=name)), name: marked}

    with refused(f"Wrong: line {marked.line}, guard {name}: is also a name of the case: the library would ask both"):
        define(type(Process)("Wrong", (Process,), body))


def conventions(cls: type[Process]) -> set[str]:
    """The names that the library would run as callbacks of that process."""
    names = {"prepare_event", "before_transition", "on_transition", "after_transition"}
    names |= {f"on_{when}_{state}" for when in ("enter", "exit", "invoke") for state in ("state", *cls.states_map)}
    return names | {f"{when}_{event}" for when in ("before", "on", "after") for event in cls.events}


@every_process
def test_trap_06_neither_case_nor_dossier_has_a_name_that_runs_as_a_callback(cls: type[Process]) -> None:
    offered = {*dir(Case), *Case.__dataclass_fields__, *dir(cls.model_card.dossier)}

    assert offered & conventions(cls) == set()


@pytest.mark.parametrize(
    "name",
    ["prepare_event", "on_enter_state", "on_enter_drafted", "on_exit_drafted", "on_invoke_done",
     "before_transition", "after_transition", "before_finish", "on_finish", "after_finish"],
)  # fmt: skip
def test_trap_06_a_method_named_like_a_callback_is_refused(name: str) -> None:
    drafted, done = task(), End("Xong")
    body = {"drafted": drafted, "done": done, "finish": action("Xong", drafted.to(done)), name: lambda self: None}

    with refused(f"Wrong: {name}: would run as a callback; effects belong elsewhere"):
        define(type(Process)("Wrong", (Process,), body))


def test_trap_06_a_guard_named_like_a_callback_is_refused() -> None:
    with refused("Wrong: line {here}, on_finish: would run as a callback; effects belong elsewhere"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done, cond="on_finish"))

            @guard("Chưa xong")  # here
            def on_finish(case: Case[Any]) -> bool:
                return True


def test_trap_06_a_state_may_be_named_like_a_callback() -> None:
    """The library skips states when it looks for callbacks."""

    @define
    class Right(Process):
        drafted = task()
        on_hold = task()
        done = End("Xong")
        hold = action("Tạm dừng", drafted.to(on_hold))
        finish = action("Xong", on_hold.to(done))

    machine = Right(Witness("drafted"))
    machine.send("hold")

    assert machine.model.state == Right.model_card.table["drafted", "hold"][0].target == "on_hold"


def test_trap_06_listeners_are_refused() -> None:
    with refused("Wrong: listeners: the machine itself uses that name"):

        @define
        class Wrong(Process):
            listeners = (object(),)
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done))


# ── 7. The order of branches; 8. validators and callbacks; 9. raising guards ─────────────────────


def test_trap_07_branches_are_tried_in_the_order_of_to_not_of_the_bar() -> None:
    @define
    class Right(Process):
        drafted = task()
        first, second = End("Một"), End("Hai")
        to_first = drafted.to(first, cond="ready")
        to_second = drafted.to(second)
        finish = action("Xong", to_second | to_first)
        del to_first, to_second

        @guard("Chưa sẵn sàng")
        def ready(case: Case[Any]) -> bool:
            return True

    machine = Right(Witness("drafted"))
    machine.send("finish")

    assert [branch.target for branch in Right.model_card.table["drafted", "finish"]] == ["first", "second"]
    assert machine.model.state == "first"


NO_CALLBACKS = "validators and callbacks have no place in a definition"


@pytest.mark.parametrize("group", ["validators", "before", "on", "after"])
def test_trap_08_validators_and_callbacks_of_a_move_are_refused(group: str) -> None:
    with refused(f"Wrong: line {{here}}, drafted → done: {NO_CALLBACKS}"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done, **{group: "check"}))  # here

            def check(self) -> None:
                raise NotImplementedError


@pytest.mark.parametrize("group", ["validators", "before", "on", "after"])
def test_trap_08_validators_and_callbacks_added_by_decorator_are_refused(group: str) -> None:
    with refused(f"Wrong: line {{here}}, drafted → done: {NO_CALLBACKS}"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done))  # here

            @getattr(finish, group)
            def check(self) -> None:
                raise NotImplementedError


@pytest.mark.parametrize("group", ["enter", "exit", "invoke"])
def test_trap_08_callbacks_of_a_state_are_refused(group: str) -> None:
    with refused(f"Wrong: line {{here}}, drafted: {NO_CALLBACKS}"):

        @define
        class Wrong(Process):
            drafted = Task("Dự thảo", "Soạn", OFFICER, NO_DEADLINE, phase=DRAFTED)  # here
            done = End("Xong")
            finish = action("Xong", drafted.to(done))

            @getattr(drafted, group)
            def check(self) -> None:
                raise NotImplementedError


def test_trap_09_a_raising_guard_is_never_offered_as_open() -> None:
    class Missing(BaseModel):
        """A dossier without the fields that the guard asks for."""

    case = case_of(LeaveRequest, "drafted", Missing())

    with pytest.raises(AttributeError, match="first_day"):
        [*offers(LeaveRequest.model_card, case, SYSTEM, {})]


# ── 10. Guard strings ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    ["ready and urgent", "ready or urgent", "ready v urgent", "ready ^ urgent", "not ready", "!ready", "votes > 2",
     "In('drafted')", "dossier.votes", "ready()", " ready", "", "never_written"],
)  # fmt: skip
def test_trap_10_a_guard_is_one_name_not_an_expression(text: str) -> None:
    with refused(f"Wrong: line {{here}}, drafted → done: {text!r} is not a @guard of this process"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done, cond=["ready", text, "urgent"]))  # here

            @guard("Chưa sẵn sàng")
            def ready(case: Case[Any]) -> bool:
                return True

            @guard("Không gấp")
            def urgent(case: Case[Any]) -> bool:
                return True


def test_trap_10_a_guard_may_be_called_v() -> None:
    @define
    class Right(Process):
        drafted = task()
        done = End("Xong")
        finish = action("Xong", drafted.to(done, cond="v"))

        @guard("Chưa đạt")
        def v(case: Case[Any]) -> bool:
            return True

    Right(Witness("drafted")).send("finish")
    with pytest.raises(TransitionNotAllowed):
        Right(Witness("drafted", holds=False)).send("finish")


def test_trap_10_a_guard_given_as_a_function_is_refused() -> None:
    with refused("Wrong: line {here}, «Xong»: a guard is given by its name, as a string"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done, cond=lambda: True))  # here


def test_trap_10_a_guard_given_as_an_object_is_refused() -> None:
    with refused("Wrong: line {here}, «Xong»: a guard is given by its name, as a string"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")

            @guard("Chưa sẵn sàng", otherwise="Đã sẵn sàng")
            def ready(case: Case[Any]) -> bool:
                raise NotImplementedError

            finish = action("Xong", drafted.to(done, unless=ready))  # here


def test_trap_10_a_function_that_only_shares_the_name_of_a_guard_is_refused() -> None:
    def ready(self: Any) -> bool:
        raise NotImplementedError

    stranger = ready

    with refused("Wrong: line {here}, drafted → done: 'ready' is not a @guard of this process"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done, cond="ready"))  # here
            finish.cond(stranger)

            @guard("Chưa sẵn sàng")
            def ready(case: Case[Any]) -> bool:
                raise NotImplementedError


# ── 11. Delays, timeouts, chance ─────────────────────────────────────────────────────────────────

NOT_PLAIN = "Wrong: line {here}, drafted → {target}: a move is neither internal nor initial nor delayed"


def test_trap_11_a_delayed_action_is_refused() -> None:
    with refused(NOT_PLAIN.replace("{target}", "done")):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done))  # here
            finish.delay = 3000


def test_trap_11_a_delayed_event_is_refused() -> None:
    with refused("Wrong: line {here}, drafted → done: not declared through action() or timer()"):

        @define
        class Wrong(Process):
            drafted = Task("Dự thảo", "Soạn", OFFICER, NO_DEADLINE, phase=DRAFTED)  # here
            done = End("Xong")
            finish = Event(drafted.to(done), delay=3000)


def test_trap_11_timeouts_in_threads_are_refused() -> None:
    with refused(f"Wrong: line {{here}}, drafted: {NO_CALLBACKS}"):

        @define
        class Wrong(Process):
            drafted = Task("Dự thảo", "Soạn", OFFICER, NO_DEADLINE, phase=DRAFTED)  # here
            drafted.invoke.add(timeout(5))
            done = End("Xong")
            finish = action("Xong", drafted.to(done))


def test_trap_11_moves_by_chance_are_refused() -> None:
    with refused("Wrong: line {here}, «Xong»: a guard is given by its name, as a string"):

        @define
        class Wrong(Process):
            drafted = task()
            won, lost = End("Được"), End("Không")
            finish = action("Xong", weighted_transitions(drafted, (won, 1), (lost, 1)))  # here


def test_trap_11_internal_moves_are_refused() -> None:
    with refused(NOT_PLAIN.replace("{target}", "drafted")):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            touch = action("Sửa", drafted.to.itself(internal=True))  # here
            finish = action("Xong", drafted.to(done))


def test_trap_11_initial_moves_are_refused() -> None:
    with refused(NOT_PLAIN.replace("{target}", "done")):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done, initial=True))  # here


# ── 12. What is sent with an event ───────────────────────────────────────────────────────────────

DROPPED = ("state", "source", "target", "model", "event", "machine", "transition", "event_data")


class Awkward(BaseModel):
    """Fields named like the keywords that the library drops from send()."""

    model_config = ConfigDict(protected_namespaces=())
    state: str
    source: str
    target: str
    model: str
    event: str
    machine: str
    transition: str
    event_data: str


class AwkwardDossier(BaseModel):
    form: Awkward | None = None


def test_trap_12_event_kwargs_are_never_the_request_body() -> None:
    @process(
        code="awkward", collection="awkwards", title="Khó", prefix="K",
        dossier=AwkwardDossier, headline=str, begin=Begin(),
    )  # fmt: skip
    class Right(Process):
        drafted = task()
        done = End("Xong")
        finish = action("Xong", drafted.to(done, cond="all_arrived"), form=Awkward, into="form")

        @guard("Thiếu mục")
        def all_arrived(case: Case[Any]) -> bool:
            return case.dossier.form == Awkward(**dict.fromkeys(DROPPED, "điền"))

    body = dict.fromkeys(DROPPED, "điền")

    decision = decide(Right.model_card, case_of(Right, "drafted", AwkwardDossier()), Act("finish", SYSTEM, {}, body))

    assert decision.patch == {"form": body}
    assert decision.target == "done"


def test_trap_12_a_guard_on_the_machine_takes_nothing_that_was_sent() -> None:
    machine = LeaveRequest(Witness("drafted", holds=False))

    with pytest.raises(TransitionNotAllowed):
        machine.send("submit", case=Witness("drafted"), has_days=True, answer=lambda guard: True)


# ── 13. Names ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["model", "configuration", "name", "events", "send", "id", "states", "model_card"])
def test_trap_13_a_state_named_like_an_attribute_of_the_machine_is_refused(name: str) -> None:
    state, done = task(), End("Xong")
    body = {name: state, "done": done, "finish": action("Xong", state.to(done))}

    with refused(f"Wrong: line {state.line}, {name}: the machine itself uses that name"):
        define(type(Process)("Wrong", (Process,), body))


@pytest.mark.parametrize("name", ["model", "configuration", "name", "send", "prepare", "raise_"])
def test_trap_13_an_action_named_like_an_attribute_of_the_machine_is_refused(name: str) -> None:
    drafted, done = task(), End("Xong")
    moved = action("Xong", drafted.to(done))
    line = drafted.transitions[0].action.line

    with refused(f"Wrong: line {line}, {name}: the machine itself uses that name"):
        define(type(Process)("Wrong", (Process,), {"drafted": drafted, "done": done, name: moved}))


def test_trap_13_a_guard_named_like_an_attribute_of_the_machine_is_refused() -> None:
    with refused("Wrong: line {here}, model: the machine itself uses that name"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done, cond="model"))

            @guard("Chưa đạt")  # here
            def model(case: Case[Any]) -> bool:
                return True


@every_process
def test_trap_13_all_names_of_a_live_machine_are_known(cls: type[Process]) -> None:
    model = cls.model_card
    machine = cls(Witness(model.initial))
    of_the_class = {*model.states, *model.actions, *model.guards, *dir(object)}

    own = {name for name in dir(machine) if not (name.startswith("__") or name in of_the_class)}

    assert own - MACHINE_NAMES <= {"_engine", "_config", "_callbacks", "_listeners"}


def test_trap_13_an_action_named_like_a_state_is_refused() -> None:
    with refused("Wrong: line {here}, finish: names a state and an action"):

        @define
        class Wrong(Process):
            table = States({"drafted": task(initial=True), "finish": task(), "done": End("Xong")})
            finish = action("Xong", table.drafted.to(table.finish) | table.finish.to(table.done))  # here


def test_trap_13_an_action_that_takes_the_name_of_a_state_is_refused() -> None:
    with refused(
        "Wrong: line {here}, drafted → nowhere: "
        "leads to one state of this process (has the name of a state been used again?)"
    ):

        @define
        class Wrong(Process):
            drafted = task()
            checked = task()
            done = End("Xong")
            check = action("Kiểm tra", drafted.to(checked))  # here
            finish = action("Xong", checked.to(done))
            checked = action("Đã kiểm tra", drafted.to(done))


@pytest.mark.parametrize("name", ["error_found", "done_state_x", "done_invoke_x"])
def test_trap_13_a_name_that_the_library_reads_as_two_events_is_refused(name: str) -> None:
    drafted, done = task(), End("Xong")
    body = {"drafted": drafted, "done": done, name: action("Xong", drafted.to(done))}
    line = drafted.transitions[0].action.line
    dotted = {"error_found": "error.found", "done_state_x": "done.state.x", "done_invoke_x": "done.invoke.x"}[name]

    with refused(f"Wrong: line {line}, drafted → done: an action has one name, and keeps it; here {name} and {dotted}"):
        define(type(Process)("Wrong", (Process,), body))


def test_a_state_with_two_names_is_refused() -> None:
    with refused("Wrong: line {here}, ended: a state has one name, and keeps it; here done and ended"):

        @define
        class Wrong(Process):
            drafted = task()
            done = ended = End("Xong")  # here
            finish = action("Xong", drafted.to(done))


def test_an_action_with_two_names_is_refused() -> None:
    with refused("Wrong: line {here}, drafted → done: an action has one name, and keeps it; here finish and close"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = close = action("Xong", drafted.to(done))  # here


def test_an_action_without_a_name_is_refused() -> None:
    with refused("Wrong: line {here}, drafted → done: an action has one name, and keeps it; here none"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done))
            action("Lạc", drafted.to(done))  # here


def test_a_move_without_an_action_is_refused() -> None:
    with refused("Wrong: line {here}, drafted → done: not declared through action() or timer()"):

        @define
        class Wrong(Process):
            drafted = Task("Dự thảo", "Soạn", OFFICER, NO_DEADLINE, phase=DRAFTED)  # here
            done = End("Xong")
            finish = drafted.to(done)


def test_a_move_to_nowhere_is_refused() -> None:
    with refused(
        "Wrong: line {here}, drafted → nowhere: "
        "leads to one state of this process (has the name of a state been used again?)"
    ):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            touch = action("Sửa", drafted.to(None))  # here
            finish = action("Xong", drafted.to(done))


def test_moves_from_any_state_are_refused() -> None:
    with refused("Wrong: line {here}, «Rút»: from_.any() hides who may act where; name the states"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            withdraw = action("Rút", done.from_.any())  # here


# ── 14. Coroutines ───────────────────────────────────────────────────────────────────────────────


@every_process
def test_trap_14_every_process_runs_on_the_sync_engine(cls: type[Process]) -> None:
    assert type(cls(Witness(cls.model_card.initial))._engine) is SyncEngine


async def never(case: Case[Any]) -> bool:
    raise NotImplementedError


def named(function: Callable[..., Any]) -> Callable[..., Any]:
    function.__name__ = "ready"  # type: ignore[attr-defined]
    return function


@pytest.mark.parametrize("function", [named(never), named(partial(never))], ids=["function", "partial"])
def test_trap_14_an_async_guard_is_refused(function: Callable[..., Any]) -> None:
    with refused("Wrong: line {here}, guard ready: is a coroutine, which would count as true"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done, cond="ready"))
            ready = guard("Chưa sẵn sàng")(function)  # here


def test_trap_14_a_hidden_async_guard_is_not_passed() -> None:
    """One that no look at the function can tell: what it answers is not a truth value."""
    opened = []

    def ready(case: Case[Any]) -> Any:
        opened.append(never(case))
        return opened[-1]

    hidden = guard("Chưa sẵn sàng")(ready)

    with pytest.raises(TypeError, match=r"guard ready answered .*, neither True nor False"):
        case_of(LeaveRequest, "drafted", Leave()).answer(hidden)
    opened[0].close()


# ── Beyond the fifteen: what the library refuses itself, in our words ────────────────────────────


def test_a_process_derives_from_process_alone() -> None:
    class Mixin:
        """Could bring callbacks along."""

    with refused("Wrong: a process is derived from Process itself, and from nothing else"):

        @define
        class Wrong(Mixin, Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done))


def test_a_process_without_states_is_refused() -> None:
    with refused("Wrong: a process needs states, and at least one End"):

        @define
        class Wrong(Process):
            pass


def test_a_process_without_an_end_is_refused() -> None:
    with refused("Wrong: a process needs states, and at least one End"):

        @define
        class Wrong(Process):
            drafted, checked = task(), task()
            turn = action("Quay vòng", drafted.to(checked) | checked.to(drafted))


def test_an_unreachable_state_is_refused_with_its_line() -> None:
    with refused(
        "Wrong: line {here}, island; There are unreachable states. The statemachine graph should have a single "
        "component. Disconnected states: ['island']"
    ):

        @define
        class Wrong(Process):
            drafted = task()
            island = Task("Đảo", "Chờ", OFFICER, NO_DEADLINE, phase=DRAFTED)  # here
            done = End("Xong")
            finish = action("Xong", drafted.to(done) | island.to(done))


def test_a_trap_state_is_refused_with_its_line() -> None:
    with refused(
        "Wrong: line {here}, stuck; All non-final states should have at least one outgoing transition. "
        "These states have no outgoing transition: ['stuck']"
    ):

        @define
        class Wrong(Process):
            drafted = task()
            stuck = Task("Kẹt", "Chờ", OFFICER, NO_DEADLINE, phase=DRAFTED)  # here
            done = End("Xong")
            finish = action("Xong", drafted.to(done))
            lose = action("Kẹt", drafted.to(stuck))


def test_a_state_without_a_path_to_an_end_is_refused_with_its_line() -> None:
    with refused(
        "Wrong: line {here}, ring; All non-final states should have at least one path to a final state. "
        "These states have no path to a final state: ['ring']"
    ):

        @define
        class Wrong(Process):
            drafted = task()
            ring = Task("Vòng", "Chờ", OFFICER, NO_DEADLINE, phase=DRAFTED)  # here
            done = End("Xong")
            finish = action("Xong", drafted.to(done))
            lose = action("Kẹt", drafted.to(ring) | ring.to(ring))


def test_two_initial_states_are_refused() -> None:
    with refused(
        "Wrong: line {here}, drafted; There should be one and only one initial state. "
        "Your currently have these: other, drafted"
    ):

        @define
        class Wrong(Process):
            table = States({"other": task(initial=True)})
            drafted = Task("Dự thảo", "Soạn", OFFICER, NO_DEADLINE, phase=DRAFTED, initial=True)  # here
            done = End("Xong")
            finish = action("Xong", drafted.to(done) | table.other.to(done))


def test_a_way_out_of_an_end_is_refused() -> None:
    with refused("Wrong: line {here}, done; Cannot declare transitions from final state. Invalid state(s): ['done']"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")  # here
            finish = action("Xong", drafted.to(done))
            reopen = action("Mở lại", done.to(drafted))
