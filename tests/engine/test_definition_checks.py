"""A process file that says something wrong does not import: the sentence names process, state or action, and line."""

import sys
from typing import Any

import pytest
from pydantic import BaseModel

from engine.definition import (
    AT_DEADLINE,
    NO_DEADLINE,
    Begin,
    End,
    Process,
    Register,
    Rung,
    Task,
    action,
    at_start_of,
    timer,
    until,
    within,
)
from engine.errors import DefinitionError
from tests.engine.wrong import DRAFTED, OFFICER, SOON, Answer, define, define_with, refused, task

# ── Tasks ────────────────────────────────────────────────────────────────────────────────────────


def test_edits_name_fields_of_the_dossier() -> None:
    with refused("Wrong: line {here}, drafted: edits speech, which the dossier does not have"):

        @define
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
        (until("rounds"), "rounds, which is not a date"),
        (until("stamped_at"), "stamped_at, which is not a date"),
    ],
)
def test_a_deadline_looks_at_fields_of_the_dossier(due: Any, wrong: str) -> None:
    with refused(f"Wrong: line {{here}}, drafted: due at {wrong}"):

        @define
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
    @define
    class Right(Process):
        drafted = Task("Dự thảo", "Soạn", OFFICER, due, phase=DRAFTED)
        done = End("Xong")
        finish = action("Xong", drafted.to(done))

    assert Right.model_card.states["drafted"].due == due


def test_at_deadline_is_not_a_deadline() -> None:
    with refused("Wrong: line {here}, drafted: AT_DEADLINE is for timers; a task's own deadline comes from elsewhere"):

        @define
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

        @define
        class Wrong(Process):
            drafted = Task("Dự thảo", "Soạn", OFFICER, SOON, phase=DRAFTED, remind=ladder)  # here
            done = End("Xong")
            finish = action("Xong", drafted.to(done))


def test_reminders_need_a_deadline() -> None:
    with refused("Wrong: line {here}, drafted: reminders need a deadline"):

        @define
        class Wrong(Process):
            drafted = Task("Dự thảo", "Soạn", OFFICER, NO_DEADLINE, phase=DRAFTED, remind=(ONCE,))  # here
            done = End("Xong")
            finish = action("Xong", drafted.to(done))


NOBODY = "nobody can act on it, so it has no deadline; it waits for the clock or another case"


def test_a_task_that_only_the_clock_ends_has_no_deadline() -> None:
    with refused(f"Wrong: line {{here}}, drafted: {NOBODY}"):

        @define
        class Wrong(Process):
            drafted = Task("Dự thảo", "Soạn", OFFICER, SOON, phase=DRAFTED)  # here
            done = End("Xong")
            lapse = timer("Quá hạn", drafted.to(done), at=AT_DEADLINE)


def test_a_task_that_only_another_case_ends_has_no_deadline() -> None:
    with refused(f"Wrong: line {{here}}, drafted: {NOBODY}"):

        @define
        class Wrong(Process):
            drafted = Task("Dự thảo", "Soạn", OFFICER, SOON, phase=DRAFTED)  # here
            done = End("Xong")
            include = action("Đưa vào báo cáo", drafted.to(done), carried=True)


def test_a_state_may_wait_for_the_clock_or_another_case() -> None:
    @define
    class Right(Process):
        drafted, signed = task(), task()
        done = End("Xong")
        include = action("Đưa vào báo cáo", drafted.to(signed), carried=True)
        start = timer("Bắt đầu", signed.to(done), at=at_start_of("starts_on"))

    assert [state.time_out for state in Right.model_card.states.values()] == ["", "start", ""]


# ── Timers ───────────────────────────────────────────────────────────────────────────────────────


def test_two_timers_on_a_state_are_refused() -> None:
    with refused("Wrong: line {here}, drafted: at most one timer may leave a state"):

        @define
        class Wrong(Process):
            drafted = Task("Dự thảo", "Soạn", OFFICER, SOON, phase=DRAFTED)  # here
            done = End("Xong")
            finish = action("Xong", drafted.to(done))
            lapse = timer("Quá hạn", drafted.to(done), at=AT_DEADLINE)
            start = timer("Bắt đầu", drafted.to(done), at=until("starts_on"))


def test_a_timer_at_the_deadline_needs_one() -> None:
    with refused("Wrong: line {here}, drafted: a timer AT_DEADLINE needs a deadline"):

        @define
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

        @define
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
        ({"form": Answer, "into": "answer"}, "answer"),
    ],
)
def test_an_action_writes_fields_of_the_dossier(writes: dict[str, Any], field: str) -> None:
    with refused(f"Wrong: line {{here}}, «Xong»: writes {field}, which the dossier does not have"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done), **writes)  # here


def test_a_form_written_field_by_field_has_fields_of_the_dossier() -> None:
    class Form(BaseModel):
        reason: str
        speech: str

    with refused("Wrong: line {here}, «Xong»: writes speech, which the dossier does not have"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done), form=Form)  # here


def test_into_needs_a_form() -> None:
    with refused("Wrong: line {here}, «Xong»: into= needs a form"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done), into="refusal")  # here


@pytest.mark.parametrize("field", ["reason", "starts_on", "rounds", "listed", "pair", "perhaps"])
def test_into_names_a_field_that_takes_the_form(field: str) -> None:
    with refused(f"Wrong: line {{here}}, «Xong»: the dossier's {field} does not take a Answer"):

        @define
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done), form=Answer, into=field)  # here


@pytest.mark.parametrize("field", ["refusal", "either", "refusals"])
def test_into_may_be_one_form_or_a_tuple_of_them(field: str) -> None:
    @define
    class Right(Process):
        drafted = task()
        done = End("Xong")
        finish = action("Xong", drafted.to(done), form=Answer, into=field)

    assert Right.model_card.actions["finish"].into == field


def test_what_is_given_at_the_beginning_is_a_field_of_the_dossier() -> None:
    with refused("Wrong: begin: gives speech, which the dossier does not have"):

        @define_with(Begin(given=("reason", "speech")))
        class Wrong(Process):
            drafted = task()
            done = End("Xong")
            finish = action("Xong", drafted.to(done))


# ── All at once ──────────────────────────────────────────────────────────────────────────────────


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(DefinitionError) as caught:

        @define
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
