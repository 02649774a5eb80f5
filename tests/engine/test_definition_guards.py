"""Guards and branches: what python-statemachine would read otherwise, or never reach, is refused."""

from typing import Any

import pytest
from pydantic import BaseModel
from statemachine.exceptions import TransitionNotAllowed

from engine.definition import NO_DEADLINE, Begin, Case, End, Process, Task, action, guard
from engine.definition.decide import offers
from engine.definition.performing import SYSTEM
from tests.engine.wrong import DRAFTED, NO_CALLBACKS, OFFICER, Witness, define, define_with, plain_case, refused, task
from tests.leave_request.process import LeaveRequest

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


@pytest.mark.parametrize("group", ["validators", "before", "on", "after"])
def test_trap_08_validators_and_callbacks_of_a_move_are_refused(group: str) -> None:
    with refused(f"Wrong: line {{here}}, drafted → done: {NO_CALLBACKS}"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done, **{group: "check"}))  # here

            def check(self) -> None:
                raise AssertionError("a callback is not called while the definition is checked")


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
                raise AssertionError("a callback is not called while the definition is checked")


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
                raise AssertionError("a callback is not called while the definition is checked")


def test_trap_09_a_raising_guard_is_never_offered_as_open() -> None:
    class Missing(BaseModel):
        """A dossier without the fields that the guard asks for."""

    case = plain_case(LeaveRequest, "drafted", Missing())

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
                raise AssertionError("a guard is not asked while the definition is checked")

            finish = action("Xong", drafted.to(done, unless=ready))  # here


def test_trap_10_a_function_that_only_shares_the_name_of_a_guard_is_refused() -> None:
    def ready(self: Any) -> bool:
        raise AssertionError("a guard is not asked while the definition is checked")

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
                raise AssertionError("a guard is not asked while the definition is checked")


# ── Guards ───────────────────────────────────────────────────────────────────────────────────────


def test_unless_needs_the_otherwise_sentence() -> None:
    with refused("Wrong: line {here}, drafted → done: unless=ready needs the guard's otherwise sentence"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done, unless="ready"))  # here

            @guard("Chưa sẵn sàng")
            def ready(case: Case[Any]) -> bool:
                return True


def test_an_unused_guard_is_refused() -> None:
    with refused("Wrong: line {here}, guard ready: is never used"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done))

            @guard("Chưa sẵn sàng")  # here
            def ready(case: Case[Any]) -> bool:
                return True


def test_a_guard_of_begin_is_used() -> None:
    @define_with(Begin(cond=("ready",)))
    class Right(Process):
        drafted = task()
        done = End("Xong")
        finish = action("Xong", drafted.to(done))

        @guard("Chưa sẵn sàng")
        def ready(case: Case[Any]) -> bool:
            return True

    assert Right.model_card.begin.cond == ("ready",)


def test_begin_names_a_guard_of_the_process() -> None:
    with refused("Wrong: begin: 'ready' is not a @guard of this process"):

        @define_with(Begin(cond=("ready",)))
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done))


def test_a_guard_under_another_name_is_refused() -> None:
    def is_ready(case: Case[Any]) -> bool:
        return True

    with refused("Wrong: line {here}, guard ready: its function is called is_ready; reasons go by that name"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done, cond="ready"))
            ready = guard("Chưa sẵn sàng")(is_ready)  # here


# ── Branches ─────────────────────────────────────────────────────────────────────────────────────


def test_a_branch_hidden_by_an_unguarded_one_is_refused() -> None:
    with refused("Wrong: line {here}, drafted: «Xong» never reaches second, hidden by the branch to first before it"):

        @define
        class Wrong(Process):
            drafted = task()
            first, second = End("Một"), End("Hai")
            finish = action("Xong", drafted.to(first) | drafted.to(second, cond="ready"))  # here

            @guard("Chưa sẵn sàng")
            def ready(case: Case[Any]) -> bool:
                return True


def test_a_branch_hidden_by_an_equal_one_is_refused() -> None:
    with refused("Wrong: line {here}, drafted: «Xong» never reaches second, hidden by the branch to first before it"):

        @define
        class Wrong(Process):
            drafted = task()
            first, second = End("Một"), End("Hai")
            finish = action("Xong", drafted.to(first, cond="ready") | drafted.to(second, cond="ready"))  # here

            @guard("Chưa sẵn sàng")
            def ready(case: Case[Any]) -> bool:
                return True


def test_a_branch_hidden_by_a_wider_one_is_refused() -> None:
    with refused("Wrong: line {here}, drafted: «Xong» never reaches second, hidden by the branch to first before it"):

        @define
        class Wrong(Process):
            drafted = task()
            first, second = End("Một"), End("Hai")
            finish = action(  # here
                "Xong", drafted.to(first, cond="ready") | drafted.to(second, cond=["ready", "urgent"])
            )

            @guard("Chưa sẵn sàng")
            def ready(case: Case[Any]) -> bool:
                return True

            @guard("Không gấp")
            def urgent(case: Case[Any]) -> bool:
                return True


def test_opposite_branches_do_not_hide_each_other() -> None:
    @define
    class Right(Process):
        drafted = task()
        first, second, third = End("Một"), End("Hai"), End("Ba")
        finish = action(
            "Xong",
            drafted.to(first, cond=["ready", "urgent"]) | drafted.to(second, unless="ready") | drafted.to(third),
        )

        @guard("Chưa sẵn sàng", otherwise="Đã sẵn sàng")
        def ready(case: Case[Any]) -> bool:
            return True

        @guard("Không gấp")
        def urgent(case: Case[Any]) -> bool:
            return True

    assert [branch.target for branch in Right.model_card.table["drafted", "finish"]] == ["first", "second", "third"]
