"""A process file that says something wrong does not import: the sentence names process, state or action, and line."""

import inspect
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from typing import Any

import pytest
from pydantic import BaseModel

from engine.definition import (
    AT_DEADLINE,
    NO_DEADLINE,
    Begin,
    Case,
    End,
    Phase,
    Process,
    Register,
    Role,
    Rung,
    Task,
    action,
    at_start_of,
    guard,
    process,
    timer,
    until,
    within,
    working_days,
)
from engine.errors import DefinitionError

OFFICER = Role("officer", "Cán bộ")
DRAFTED = Phase.DRAFTED
SOON = working_days(3)


class Reason(BaseModel):
    reason: str


class Letter(BaseModel):
    number: str


class Dossier(BaseModel):
    reason: str = ""
    number: str = ""
    kind: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    stamped_at: datetime | None = None
    rounds: Mapping[str, date] = {}
    refusal: Reason | None = None
    either: Reason | Letter | None = None
    refusals: tuple[Reason, ...] = ()
    pair: tuple[Reason, Letter] | None = None
    perhaps: tuple[Reason, ...] | None = None


def define(begin: Begin | None = None) -> Any:
    return process(
        code="wrong", collection="wrongs", title="Sai", prefix="S",
        dossier=Dossier, headline=str, begin=begin or Begin(),
    )  # fmt: skip


def task(**more: Any) -> Task:
    return Task("Đang làm", "Làm", OFFICER, NO_DEADLINE, phase=DRAFTED, **more)


def refused(sentence: str) -> AbstractContextManager[None]:
    """What is defined inside is refused with that sentence; {here} is the line of the test marked so."""
    lines, first = inspect.getsourcelines(sys._getframe(1))
    here = next((first + n for n, text in enumerate(lines) if text.rstrip().endswith("# here")), None)
    return _refused(sentence.format(here=here))


@contextmanager
def _refused(sentence: str) -> Iterator[None]:
    with pytest.raises(DefinitionError) as caught:
        yield
    assert str(caught.value) == sentence


# ── Guards ───────────────────────────────────────────────────────────────────────────────────────


def test_unless_needs_the_otherwise_sentence() -> None:
    with refused("Wrong: line {here}, drafted → done: unless=ready needs the guard's otherwise sentence"):

        @define()
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done, unless="ready"))  # here

            @guard("Chưa sẵn sàng")
            def ready(case: Case[Any]) -> bool:
                return True


def test_an_unused_guard_is_refused() -> None:
    with refused("Wrong: line {here}, guard ready: is never used"):

        @define()
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done))

            @guard("Chưa sẵn sàng")  # here
            def ready(case: Case[Any]) -> bool:
                return True


def test_a_guard_of_begin_is_used() -> None:
    @define(Begin(cond=("ready",)))
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

        @define(Begin(cond=("ready",)))
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done))


def test_a_guard_under_another_name_is_refused() -> None:
    def is_ready(case: Case[Any]) -> bool:
        return True

    with refused("Wrong: line {here}, guard ready: its function is called is_ready; reasons go by that name"):

        @define()
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done, cond="ready"))
            ready = guard("Chưa sẵn sàng")(is_ready)  # here


# ── Branches ─────────────────────────────────────────────────────────────────────────────────────


def test_a_branch_hidden_by_an_unguarded_one_is_refused() -> None:
    with refused("Wrong: line {here}, drafted: «Xong» never reaches second, hidden by the branch to first before it"):

        @define()
        class Wrong(Process):
            drafted = task()
            first, second = End("Một"), End("Hai")
            finish = action("Xong", drafted.to(first) | drafted.to(second, cond="ready"))  # here

            @guard("Chưa sẵn sàng")
            def ready(case: Case[Any]) -> bool:
                return True


def test_a_branch_hidden_by_a_wider_one_is_refused() -> None:
    with refused("Wrong: line {here}, drafted: «Xong» never reaches second, hidden by the branch to first before it"):

        @define()
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
    @define()
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


# ── Tasks ────────────────────────────────────────────────────────────────────────────────────────


def test_edits_name_fields_of_the_dossier() -> None:
    with refused("Wrong: line {here}, drafted: edits speech, which the dossier does not have"):

        @define()
        class Wrong(Process):
            drafted = Task("Dự thảo", "Soạn", OFFICER, SOON, phase=DRAFTED, edits=("reason", "speech"))  # here
            done = End("Xong")
            finish = action("Xong", drafted.to(done))


@pytest.mark.parametrize(
    ("due", "wrong"),
    [
        (until("dies"), "dies, which the dossier does not have"),
        (until("rounds", by="round"), "round, which the dossier does not have"),
        (until("campaign.rounds", by="round"), "round, which the dossier does not have"),
        (within("appraise", by="procedure"), "procedure, which the dossier does not have"),
        (until("reason"), "reason, which is not a date"),
        (until("stamped_at"), "stamped_at, which is not a date"),
    ],
)
def test_a_deadline_looks_at_fields_of_the_dossier(due: Any, wrong: str) -> None:
    with refused(f"Wrong: line {{here}}, drafted: due at {wrong}"):

        @define()
        class Wrong(Process):
            drafted = Task("Dự thảo", "Soạn", OFFICER, due, phase=DRAFTED)  # here
            done = End("Xong")
            finish = action("Xong", drafted.to(done))


@pytest.mark.parametrize(
    "due",
    [until("ends_on"), at_start_of("starts_on"), until("rounds", by="kind"), until("campaign.rounds", by="kind"),
     until("campaign.ends_on"), within("appraise"), within("appraise", by="kind"), SOON, NO_DEADLINE],
)  # fmt: skip
def test_every_kind_of_deadline_can_be_declared(due: Any) -> None:
    @define()
    class Right(Process):
        drafted = Task("Dự thảo", "Soạn", OFFICER, due, phase=DRAFTED)
        done = End("Xong")
        finish = action("Xong", drafted.to(done))

    assert Right.model_card.states["drafted"].due == due


def test_at_deadline_is_not_a_deadline() -> None:
    with refused("Wrong: line {here}, drafted: AT_DEADLINE is for timers; a task's own deadline comes from elsewhere"):

        @define()
        class Wrong(Process):
            drafted = Task("Dự thảo", "Soạn", OFFICER, AT_DEADLINE, phase=DRAFTED)  # here
            done = End("Xong")
            finish = action("Xong", drafted.to(done))


ONCE = Rung(1, (OFFICER,))
REPEATED = Rung(1, (OFFICER,), every=2)


@pytest.mark.parametrize(
    ("ladder", "wrong"),
    [
        ((Rung(2, (OFFICER,)), Rung(-1, (OFFICER,))), "the rungs of a ladder must rise"),
        ((ONCE, ONCE), "the rungs of a ladder must rise"),
        ((REPEATED, Rung(5, (OFFICER,))), "only the last rung may repeat"),
        ((Rung(1, (OFFICER,), every=-2),), "a rung repeats forwards"),
    ],
)
def test_a_ladder_rises_and_repeats_at_its_end_only(ladder: tuple[Rung, ...], wrong: str) -> None:
    with refused(f"Wrong: line {{here}}, drafted: {wrong}"):

        @define()
        class Wrong(Process):
            drafted = Task("Dự thảo", "Soạn", OFFICER, SOON, phase=DRAFTED, remind=ladder)  # here
            done = End("Xong")
            finish = action("Xong", drafted.to(done))


def test_reminders_need_a_deadline() -> None:
    with refused("Wrong: line {here}, drafted: reminders need a deadline"):

        @define()
        class Wrong(Process):
            drafted = Task("Dự thảo", "Soạn", OFFICER, NO_DEADLINE, phase=DRAFTED, remind=(ONCE,))  # here
            done = End("Xong")
            finish = action("Xong", drafted.to(done))


NOBODY = "nobody can act on it, so it has no deadline; it waits for the clock or another case"


def test_a_task_that_only_the_clock_ends_has_no_deadline() -> None:
    with refused(f"Wrong: line {{here}}, drafted: {NOBODY}"):

        @define()
        class Wrong(Process):
            drafted = Task("Dự thảo", "Soạn", OFFICER, SOON, phase=DRAFTED)  # here
            done = End("Xong")
            lapse = timer("Quá hạn", drafted.to(done), at=AT_DEADLINE)


def test_a_task_that_only_another_case_ends_has_no_deadline() -> None:
    with refused(f"Wrong: line {{here}}, drafted: {NOBODY}"):

        @define()
        class Wrong(Process):
            drafted = Task("Dự thảo", "Soạn", OFFICER, SOON, phase=DRAFTED)  # here
            done = End("Xong")
            include = action("Đưa vào báo cáo", drafted.to(done), carried=True)


def test_a_state_may_wait_for_the_clock_or_another_case() -> None:
    @define()
    class Right(Process):
        drafted, signed = task(), task()
        done = End("Xong")
        include = action("Đưa vào báo cáo", drafted.to(signed), carried=True)
        start = timer("Bắt đầu", signed.to(done), at=at_start_of("starts_on"))

    assert [state.time_out for state in Right.model_card.states.values()] == ["", "start", ""]


# ── Timers ───────────────────────────────────────────────────────────────────────────────────────


def test_two_timers_on_a_state_are_refused() -> None:
    with refused("Wrong: line {here}, drafted: at most one timer may leave a state"):

        @define()
        class Wrong(Process):
            drafted = Task("Dự thảo", "Soạn", OFFICER, SOON, phase=DRAFTED)  # here
            done = End("Xong")
            finish = action("Xong", drafted.to(done))
            lapse = timer("Quá hạn", drafted.to(done), at=AT_DEADLINE)
            start = timer("Bắt đầu", drafted.to(done), at=until("starts_on"))


def test_a_timer_at_the_deadline_needs_one() -> None:
    with refused("Wrong: line {here}, drafted: a timer AT_DEADLINE needs a deadline"):

        @define()
        class Wrong(Process):
            drafted = Task("Dự thảo", "Soạn", OFFICER, NO_DEADLINE, phase=DRAFTED)  # here
            done = End("Xong")
            lapse = timer("Quá hạn", drafted.to(done), at=AT_DEADLINE)


@pytest.mark.parametrize(
    ("at", "wrong"),
    [
        (NO_DEADLINE, "a timer needs a time to fire at"),
        (until("dies"), "fires at dies, which the dossier does not have"),
        (at_start_of("reason"), "fires at reason, which is not a date"),
    ],
)
def test_a_timer_needs_a_time(at: Any, wrong: str) -> None:
    with refused(f"Wrong: line {{here}}, «Bắt đầu»: {wrong}"):

        @define()
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            start = timer("Bắt đầu", drafted.to(done), at=at)  # here


# ── What actions write ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("writes", "field"),
    [
        ({"stamp": "submitted_at"}, "submitted_at"),
        ({"number": Register("book", into="entry")}, "entry"),
        ({"form": Reason, "into": "answer"}, "answer"),
    ],
)
def test_an_action_writes_fields_of_the_dossier(writes: dict[str, Any], field: str) -> None:
    with refused(f"Wrong: line {{here}}, «Xong»: writes {field}, which the dossier does not have"):

        @define()
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done), **writes)  # here


def test_a_form_written_field_by_field_has_fields_of_the_dossier() -> None:
    class Form(BaseModel):
        reason: str
        speech: str

    with refused("Wrong: line {here}, «Xong»: writes speech, which the dossier does not have"):

        @define()
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done), form=Form)  # here


def test_into_needs_a_form() -> None:
    with refused("Wrong: line {here}, «Xong»: into= needs a form"):

        @define()
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done), into="refusal")  # here


@pytest.mark.parametrize("field", ["reason", "starts_on", "rounds", "pair", "perhaps"])
def test_into_names_a_field_that_takes_the_form(field: str) -> None:
    with refused(f"Wrong: line {{here}}, «Xong»: the dossier's {field} does not take a Reason"):

        @define()
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done), form=Reason, into=field)  # here


@pytest.mark.parametrize("field", ["refusal", "either", "refusals"])
def test_into_may_be_one_form_or_a_tuple_of_them(field: str) -> None:
    @define()
    class Right(Process):
        drafted = task()
        done = End("Xong")
        finish = action("Xong", drafted.to(done), form=Reason, into=field)

    assert Right.model_card.actions["finish"].into == field


# ── All at once ──────────────────────────────────────────────────────────────────────────────────


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(DefinitionError) as caught:

        @define()
        class Wrong(Process):
            drafted = Task("Dự thảo", "Soạn", OFFICER, NO_DEADLINE, phase=DRAFTED, remind=(ONCE,), edits=("speech",))
            done = End("Xong")
            finish = action("Xong", drafted.to(done, cond="ready"), stamp="submitted_at")

    line = sys._getframe().f_lineno - 4
    assert str(caught.value).split("; ") == [
        f"Wrong: line {line}, drafted: edits speech, which the dossier does not have",
        f"line {line}, drafted: reminders need a deadline",
        f"line {line + 2}, drafted → done: 'ready' is not a @guard of this process",
        f"line {line + 2}, «Xong»: writes submitted_at, which the dossier does not have",
    ]
