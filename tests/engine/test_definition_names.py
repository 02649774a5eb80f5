"""Names: none means two things, to us or to the library."""

from typing import Any

import pytest
from statemachine.states import States

from engine.definition import NO_DEADLINE, Case, End, Process, Task, action, guard
from engine.definition.checks import MACHINE_NAMES
from tests.engine.wrong import DRAFTED, OFFICER, Witness, define, every_process, refused, task


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


def test_trap_13_a_method_of_the_machine_cannot_be_overridden() -> None:
    with refused("Wrong: __init__: the machine itself uses that name; send: the machine itself uses that name"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done))

            def __init__(self) -> None:
                raise AssertionError("no machine is made while the definition is checked")

            def send(self, event: str) -> None:
                raise AssertionError("no machine is made while the definition is checked")


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
