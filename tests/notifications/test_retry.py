"""The retry schedule, followed from attempt to attempt."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.instants import LOCAL
from notifications.retry import GIVE_UP_AFTER, State, next_attempt, verdict
from notifications.transport import Outcome

FIRST_AT = datetime(2026, 8, 7, 1, tzinfo=UTC)
SENT, TEMPORARY, PERMANENT, UNKNOWN = Outcome

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def attempts(outcome: Outcome) -> list[datetime]:
    """When a message is tried whose every attempt ends at once with `outcome`."""
    made, at = [], next_attempt([], FIRST_AT, FIRST_AT)
    while at is not None:
        made.append(at)
        at = next_attempt([outcome] * len(made), FIRST_AT, at)
    return made


def test_message_never_tried_is_due_now() -> None:
    now = FIRST_AT + HOUR

    assert next_attempt([], FIRST_AT, now) == now
    assert verdict([], FIRST_AT, now) == State.QUEUED


def test_temporary_failures_are_retried_after_1_5_15_30_minutes_then_hourly() -> None:
    waits = [later - earlier for earlier, later in pairwise(attempts(TEMPORARY))]

    assert waits[:4] == [MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE]
    assert set(waits[4:]) == {HOUR}


def test_temporary_failures_are_given_up_after_five_days() -> None:
    last = attempts(TEMPORARY)[-1]

    assert FIRST_AT + GIVE_UP_AFTER - HOUR < last <= FIRST_AT + GIVE_UP_AFTER
    assert len(attempts(TEMPORARY)) == 124


def test_retry_at_the_very_end_of_the_five_days_is_still_made() -> None:
    outcomes = [TEMPORARY] * 9
    end = FIRST_AT + GIVE_UP_AFTER

    assert next_attempt(outcomes, FIRST_AT, end - HOUR) == end
    assert next_attempt(outcomes, FIRST_AT, end - HOUR + timedelta(microseconds=1)) is None
    assert verdict(outcomes, FIRST_AT, end) == State.FAILED


def test_unknown_is_sent_once_more_after_half_an_hour_then_left_to_a_person() -> None:
    assert attempts(UNKNOWN) == [FIRST_AT, FIRST_AT + 30 * MINUTE]
    assert verdict([UNKNOWN], FIRST_AT, FIRST_AT) == State.QUEUED
    assert verdict([UNKNOWN, UNKNOWN], FIRST_AT, FIRST_AT) == State.FAILED


@pytest.mark.parametrize(
    ("outcomes", "wait"),
    [
        ([TEMPORARY, UNKNOWN], 30 * MINUTE),
        ([UNKNOWN, TEMPORARY], 30 * MINUTE),
        ([UNKNOWN, *[TEMPORARY] * 4], HOUR),
        ([*[TEMPORARY] * 5, UNKNOWN], HOUR),
    ],
)
def test_unknown_message_keeps_its_one_repetition_until_a_server_hears_it(
    outcomes: list[Outcome], wait: timedelta
) -> None:
    assert next_attempt(outcomes, FIRST_AT, FIRST_AT + HOUR) == FIRST_AT + HOUR + wait


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ([SENT], State.SENT),
        ([TEMPORARY, UNKNOWN, SENT], State.SENT),
        ([PERMANENT], State.FAILED),
        ([UNKNOWN, PERMANENT], State.FAILED),
        ([UNKNOWN, TEMPORARY, UNKNOWN], State.FAILED),
    ],
)
def test_settled_message_is_not_tried_again(outcomes: list[Outcome], state: State) -> None:
    assert next_attempt(outcomes, FIRST_AT, FIRST_AT) is None
    assert verdict(outcomes, FIRST_AT, FIRST_AT) == state


@given(
    outcomes=st.lists(st.sampled_from(Outcome), max_size=200),
    elapsed=st.timedeltas(min_value=timedelta(), max_value=timedelta(days=7)),
)
def test_every_message_is_sent_or_planned_or_in_human_hands(outcomes: list[Outcome], elapsed: timedelta) -> None:
    now = FIRST_AT + elapsed

    at, state = next_attempt(outcomes, FIRST_AT, now), verdict(outcomes, FIRST_AT, now)

    assert (state == State.QUEUED) == (at is not None)
    assert (state == State.SENT) == (SENT in outcomes)
    assert at is None or not outcomes or now + MINUTE <= at <= FIRST_AT + GIVE_UP_AFTER


def test_next_attempt_is_told_in_utc() -> None:
    at = next_attempt([TEMPORARY], FIRST_AT.astimezone(LOCAL), FIRST_AT.astimezone(LOCAL))

    assert at is not None
    assert (at, at.tzinfo) == (FIRST_AT + MINUTE, UTC)


@pytest.mark.parametrize("naive", [0, 1])
def test_naive_instant_is_refused(naive: int) -> None:
    instants = [FIRST_AT, FIRST_AT]
    instants[naive] = FIRST_AT.replace(tzinfo=None)

    with pytest.raises(ValueError, match="time zone"):
        next_attempt([TEMPORARY], *instants)
