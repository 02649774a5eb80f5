"""python-statemachine is the oracle: the compiled table takes the same branch, or refuses, wherever it does."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from statemachine.exceptions import TransitionNotAllowed

import workflows
from engine.definition import (
    NO_DEADLINE,
    Begin,
    Case,
    End,
    Phase,
    Process,
    ProcessModel,
    Role,
    Task,
    action,
    guard,
    process,
    timer,
    until,
)
from engine.definition.decide import open_branch
from engine.definition.language import Guard
from tests.leave_request.process import LeaveRequest

MOST_EXHAUSTIVE = 8  # distinct guards of one action in one state; beyond that, outcomes are drawn

OFFICER = Role("officer", "Cán bộ")


class Empty(BaseModel):
    pass


def unasked(name: str) -> Guard:
    """A guard that the witness answers for."""

    def holds(case: Case[Any]) -> bool:
        raise AssertionError("the witness answers, and the guard is not asked")

    holds.__name__ = name
    return guard("Chưa đạt", otherwise="Đã đạt")(holds)


# fmt: off
@process(code="maze", collection="mazes", title="Mê cung", prefix="MC", dossier=Empty, headline=str, begin=Begin())
class Maze(Process):
    """Every shape of branching that the language allows, and more than any office needs."""

    start     = Task("Đầu",  "Đi", OFFICER, NO_DEADLINE, phase=Phase.DRAFTED)
    hall      = Task("Sảnh", "Đi", OFFICER, NO_DEADLINE, phase=Phase.SUBMITTED)
    cellar    = Task("Hầm",  "Đi", OFFICER, NO_DEADLINE, phase=Phase.SUBMITTED)
    out, lost = End("Ra"), End("Lạc", good=False)

    stay  = action("Ở lại", start.to(start, cond="a") | hall.to(hall, unless="b") | hall.to(cellar))
    walk  = action("Đi",    start.to(hall, cond=["a", "b"]) | start.to(cellar, cond="a", unless="c")
                          | start.to(lost, unless=["a", "b"]) | start.to(start, cond=["b", "c"]))
    climb = action("Leo",   out.from_(cellar, hall, cond="d"))
    all_  = action("Đủ",    cellar.to(start, cond=["a", "b", "c", "d", "e", "f", "g"], unless="h")
                          | cellar.to(lost, cond="h"))
    wide  = action("Rộng",  hall.to(out, cond=["a", "b", "c", "d", "e", "f", "g", "h", "v"])
                          | hall.to(lost, cond="a", unless="i") | hall.to(start, cond=["v", "i"]), carried=True)
    fall  = timer("Rơi",    hall.to(cellar), at=until("campaign.ends_on"))

    a, b, c, d, e, f, g, h, i, v = map(unasked, "abcdefghiv")
# fmt: on


ALL: tuple[type[Process], ...] = (Maze, LeaveRequest, *getattr(workflows, "ALL", ()))
every_process = pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)


class Witness:
    """Stands for a case: its guards answer as told. Serves the library's machine and our table alike."""

    def __init__(self, state: str) -> None:
        self.state = state
        self.told: dict[str, bool] = {}

    def answer(self, guard: Guard) -> bool:
        return self.told[guard.name]


def guards_of(model: ProcessModel, state: str, taken: str) -> list[str]:
    branches = model.table.get((state, taken), ())
    return sorted({use.guard.name for branch in branches for use in branch.guards})


def by_table(model: ProcessModel, state: str, taken: str, told: dict[str, bool]) -> str | None:
    witness: Any = Witness(state)
    witness.told = told
    branch = open_branch(model.table.get((state, taken), ()), witness, witness)
    return branch.target if branch else None


class Library:
    """The library's machine of a process, put into a state again and again.

    One that has come to its end takes no more events, wherever it is put; it is built anew.
    """

    def __init__(self, cls: type[Process]) -> None:
        self.cls = cls
        self.machine: Process | None = None

    def send(self, state: str, taken: str, told: dict[str, bool]) -> str | None:
        """The state after the event, or None when the machine refused it and stayed."""
        if self.machine is None:
            self.machine = self.cls(Witness(state))
        self.machine.current_state_value, self.machine.model.told = state, told
        try:
            self.machine.send(taken)
        except TransitionNotAllowed:
            assert self.machine.model.state == state
            return None
        found: str = self.machine.model.state
        if self.cls.model_card.states[found].final:
            self.machine = None
        return found


PLACES = [(cls, state, taken) for cls in ALL for state in cls.model_card.states for taken in cls.model_card.actions]
NARROW = [place for place in PLACES if len(guards_of(place[0].model_card, *place[1:])) <= MOST_EXHAUSTIVE]
WIDE = [place for place in PLACES if place not in NARROW]


@every_process
def test_table_and_library_agree_on_every_state_action_and_outcome(cls: type[Process]) -> None:
    model, library = cls.model_card, Library(cls)
    outcomes = 0

    for state, taken in ((state, taken) for owner, state, taken in NARROW if owner is cls):
        names = guards_of(model, state, taken)
        for answers in product((False, True), repeat=len(names)):
            told = dict(zip(names, answers, strict=True))
            assert library.send(state, taken, told) == by_table(model, state, taken, told), (state, taken, told)
            outcomes += 1

    assert outcomes >= sum(owner is cls for owner, _, _ in NARROW)


@pytest.mark.parametrize(("cls", "state", "taken"), WIDE, ids=lambda part: getattr(part, "__name__", part))
@given(data=st.data())
def test_table_and_library_agree_on_drawn_outcomes_of_many_guards(
    cls: type[Process], state: str, taken: str, data: st.DataObject
) -> None:
    names = guards_of(cls.model_card, state, taken)
    likely = st.sampled_from((True, True, True, False))  # so that long conjunctions open at times

    told = {name: data.draw(likely, label=name) for name in names}

    assert Library(cls).send(state, taken, told) == by_table(cls.model_card, state, taken, told)


def test_the_maze_needs_both_ways_of_asking() -> None:
    sizes = {(state, taken): len(guards_of(Maze.model_card, state, taken)) for _, state, taken in PLACES[:30]}

    assert sizes["hall", "wide"] == 10
    assert sizes["cellar", "all_"] == 8
    assert [place[1:] for place in WIDE if place[0] is Maze] == [("hall", "wide")]


@every_process
def test_branches_stand_in_the_order_of_to(cls: type[Process]) -> None:
    written: dict[tuple[str, str], list[tuple[str, list[tuple[str, bool]]]]] = {}
    for state in cls.states:
        for move in state.transitions:
            assert move.target is not None
            conds = [(spec.attr_name, spec.expected_value) for spec in move.cond]
            written.setdefault((state.id, move.event), []).append((move.target.id, conds))

    compiled = {
        key: [(branch.target, [(use.guard.name, use.wanted) for use in branch.guards]) for branch in branches]
        for key, branches in cls.model_card.table.items()
    }

    assert compiled == written


@every_process
def test_the_model_has_the_states_of_the_machine(cls: type[Process]) -> None:
    assert {state.id: state.final for state in cls.model_card.states.values()} == {
        state.id: state.final for state in cls.states
    }
    assert cls.model_card.initial == cls.initial_state.id
    assert list(cls.model_card.actions) == sorted(
        (str(event) for event in cls.events), key=lambda name: cls.model_card.actions[name].line
    )
