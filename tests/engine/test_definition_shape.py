"""The shape of a process: a flat machine of plain moves, from one start to an end."""

from typing import Any

import pytest
from statemachine import Event, HistoryState, State
from statemachine.contrib.timeout import timeout
from statemachine.contrib.weighted import weighted_transitions
from statemachine.states import States

from engine.definition import NO_DEADLINE, End, Process, Task, action
from tests.engine.wrong import DRAFTED, NO_CALLBACKS, OFFICER, define, refused, task

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


# ── 11. Delays, timeouts, chance ─────────────────────────────────────────────────────────────────

NOT_PLAIN = "Wrong: line {here}, drafted → {target}: a move is neither internal nor initial nor delayed"


@pytest.mark.parametrize(("way", "value"), [("delay", 3000), ("internal", True)])
def test_trap_11_a_delayed_or_internal_action_is_refused(way: str, value: Any) -> None:
    with refused(NOT_PLAIN.replace("{target}", "done")):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done))  # here
            setattr(finish, way, value)


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
