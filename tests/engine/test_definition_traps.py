"""Every trap of python-statemachine that was met (docs/decisions/0002) is closed: refused, asserted, or never used.

Traps 4 and 11 are in test_definition_shape, 7 to 10 in test_definition_guards, 13 in test_definition_names.
"""

import ast
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict
from statemachine.engines.sync import SyncEngine
from statemachine.exceptions import TransitionNotAllowed

import engine
from engine.definition import Begin, Case, End, Process, action, guard, process
from engine.definition.checks import STRICT_FLAGS
from engine.definition.decide import Act, check_begin, decide, offers
from engine.definition.language import Guard
from engine.definition.performing import SYSTEM
from engine.definition.registry import Registry
from tests.engine.wrong import Witness, define, every_process, plain_case, refused, task
from tests.leave_request.process import HEAD, Leave, LeaveRequest

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
    case = plain_case(LeaveRequest, "drafted", Leave(first_day=date(2024, 7, 11), days=1))

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
    case = plain_case(LeaveRequest, "lost", Leave())

    with refused("leave_request: case X-2024-00007 is in state 'lost', which the process lacks"):
        decide(LeaveRequest.model_card, case, Act("submit", SYSTEM, {}))
    with refused("leave_request: case X-2024-00007 is in state 'lost', which the process lacks"):
        [*offers(LeaveRequest.model_card, case, SYSTEM, {})]


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

    decision = decide(Right.model_card, plain_case(Right, "drafted", AwkwardDossier()), Act("finish", SYSTEM, {}, body))

    assert decision.patch == {"form": body}
    assert decision.target == "done"


def test_trap_12_a_guard_on_the_machine_takes_nothing_that_was_sent() -> None:
    machine = LeaveRequest(Witness("drafted", holds=False))

    with pytest.raises(TransitionNotAllowed):
        machine.send("submit", case=Witness("drafted"), has_days=True, answer=lambda guard: True)


# ── 14. Coroutines ───────────────────────────────────────────────────────────────────────────────


@every_process
def test_trap_14_every_process_runs_on_the_sync_engine(cls: type[Process]) -> None:
    assert type(cls(Witness(cls.model_card.initial))._engine) is SyncEngine


async def never(case: Case[Any]) -> bool:
    raise AssertionError("a coroutine is refused, not run")


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
        plain_case(LeaveRequest, "drafted", Leave()).answer(hidden)
    opened[0].close()
