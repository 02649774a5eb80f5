"""When a message is tried again, and when a person must look at it. Pure: attempts in, an instant out."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from notifications.transport import Outcome

# The wait after the first, second, … attempt; after the last of them, HOURLY.
FIRST_WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
)
HOURLY = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=5)  # RFC 5321 §4.5.4.1: 4-5 days, counted from the first attempt

# A server that took the letter but lost its answer gets time to recover, and the reader's mail store
# to recognise the repeated Message-ID.
UNKNOWN_WAIT = timedelta(minutes=30)
UNKNOWN_LIMIT = 2  # the letter may have arrived twice: no third copy without a person


class State(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"  # an attempt is due or planned
    SENT = "sent"  # a server has taken it over
    FAILED = "failed"  # needs a person


def next_attempt(outcomes: Sequence[Outcome], first_at: datetime, now: datetime) -> datetime | None:
    """The aware UTC instant of the next attempt, or None when there is none to come.

    `outcomes` are those of all attempts so far, oldest first; an attempt that a crash left without an
    outcome counts as UNKNOWN. `first_at` is when the first one began, `now` when the last one ended:
    ask once per attempt and keep the answer. Without attempts it is `now`.

    An UNKNOWN message is sent once more, unchanged; attempts of it that end before the dot, and so
    cannot have delivered it, do not use up that one.

    Raises:
        ValueError: an instant is naive.
    """
    for instant in (first_at, now):
        if instant.utcoffset() is None:
            raise ValueError(f"{instant!r} must carry a time zone.")
    if not outcomes:
        return now.astimezone(UTC)
    if _settled(outcomes):
        return None
    # In UTC, because adding to a local time moves the wall clock and not the instant.
    at = now.astimezone(UTC) + _wait(outcomes)
    return at if at <= first_at.astimezone(UTC) + GIVE_UP_AFTER else None


def verdict(outcomes: Sequence[Outcome], first_at: datetime, now: datetime) -> State:
    """Where the message stands after these attempts; the arguments are those of `next_attempt`.

    Raises:
        ValueError: an instant is naive.
    """
    if Outcome.SENT in outcomes:
        return State.SENT
    return State.FAILED if next_attempt(outcomes, first_at, now) is None else State.QUEUED


def _settled(outcomes: Sequence[Outcome]) -> bool:
    refused_or_taken = Outcome.SENT in outcomes or Outcome.PERMANENT in outcomes
    return refused_or_taken or outcomes.count(Outcome.UNKNOWN) >= UNKNOWN_LIMIT


def _wait(outcomes: Sequence[Outcome]) -> timedelta:
    wait = FIRST_WAITS[len(outcomes) - 1] if len(outcomes) <= len(FIRST_WAITS) else HOURLY
    return max(wait, UNKNOWN_WAIT) if Outcome.UNKNOWN in outcomes else wait
