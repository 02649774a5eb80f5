"""Deadlines: what each kind gives for a case, and on which days its ladder of reminders stands."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from engine.definition import (
    AT_DEADLINE,
    NO_DEADLINE,
    Case,
    LegalRow,
    Mark,
    Relative,
    Role,
    Rung,
    Unit,
    at_start_of,
    until,
    within,
    working_days,
)
from engine.definition.deadlines import Deadline, Due, legal_key, next_occurrence, occurrences, resolve
from engine.instants import LOCAL, at_local
from engine.office.calendar import CalendarDay, DayKind, WorkingCalendar, seed_days
from engine.office.law import LawBook, NoLawInForce

OFFICER = Role("officer", "Cán bộ")
WARD = Unit(3, "P3", "Phường 3", "ward", "p3@example.vn", 1, (), date(2024, 1, 1), None)
OFFICIAL = WorkingCalendar(seed_days(2024, 2026))
LAUNCHED = datetime(2024, 7, 10, 2, tzinfo=UTC)


class Procedure(StrEnum):
    ORDINARY = "ordinary"
    SIMPLIFIED = "simplified"


class Dossier(BaseModel):
    starts_on: date | None = None
    ends_on: date | None = None
    rounds: Mapping[str, date] | None = None
    round: str = "rolling"
    procedure: Procedure = Procedure.SIMPLIFIED


def limit(key: str, days: int, valid_from: date = date(2024, 1, 1)) -> LegalRow:
    return LegalRow("time_limit", key, {"working_days": days}, f"Điều {days}", Mark.VERIFIED, valid_from)


LAW = LawBook(
    (
        limit("check", 3),
        limit("check", 5, date(2025, 7, 1)),
        limit("appraise.ordinary", 10),
        limit("appraise.simplified", 2),
    )
)


def case_of(now: datetime = LAUNCHED, above: Mapping[str, Any] | None = None, **fields: Any) -> Case[Any]:
    ancestors = {} if above is None else {
        "campaign": Relative(1, "campaign", "PT-1", "running", "appraised", True, WARD, above)
    }  # fmt: skip
    return Case(
        id=7, code="X-7", process="x", state="s", version=1, dossier=Dossier(**fields), unit=WARD, authority=WARD,
        now=now, calendar=OFFICIAL, law=LAW, ancestors=ancestors,
    )  # fmt: skip


def evening(day: date) -> datetime:
    """24:00 of a day in Vietnam."""
    return datetime.combine(day + timedelta(days=1), time(), LOCAL)


def morning(day: date) -> datetime:
    return datetime.combine(day, time(8), LOCAL)


# ── What each kind gives ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("due", [NO_DEADLINE, AT_DEADLINE, until("ends_on"), at_start_of("starts_on"),
                                 until("campaign.ends_on"), until("rounds", by="round")])  # fmt: skip
def test_there_is_no_deadline_while_nothing_gives_one(due: Due) -> None:
    assert resolve(due, case_of()) is None


@pytest.mark.parametrize(
    ("now", "days", "on"),
    [
        (LAUNCHED, 15, date(2024, 7, 31)),
        (LAUNCHED, 0, date(2024, 7, 10)),
        (datetime(2024, 7, 10, 17, tzinfo=UTC), 15, date(2024, 8, 1)),  # already the 11th in Vietnam
        (datetime(2025, 1, 24, 2, tzinfo=UTC), 3, date(2025, 2, 5)),  # over Tết
        (datetime(2024, 4, 26, 2, tzinfo=UTC), 3, date(2024, 5, 4)),  # to a Saturday worked
    ],
)
def test_working_days_are_counted_from_today(now: datetime, days: int, on: date) -> None:
    assert resolve(working_days(days), case_of(now)) == Deadline(on, evening(on), f"{days} ngày làm việc")


@pytest.mark.parametrize(
    ("now", "on", "source"),
    [
        (LAUNCHED, date(2024, 7, 15), "3 ngày làm việc (Điều 3)"),
        (datetime(2025, 7, 1, 2, tzinfo=UTC), date(2025, 7, 8), "5 ngày làm việc (Điều 5)"),
        (datetime(2025, 6, 30, 16, tzinfo=UTC), date(2025, 7, 3), "3 ngày làm việc (Điều 3)"),
        (datetime(2025, 6, 30, 17, tzinfo=UTC), date(2025, 7, 8), "5 ngày làm việc (Điều 5)"),
    ],
)
def test_a_legal_limit_is_the_one_in_force_today(now: datetime, on: date, source: str) -> None:
    assert resolve(within("check"), case_of(now)) == Deadline(on, evening(on), source)


@pytest.mark.parametrize(("procedure", "on"), [("ordinary", date(2024, 7, 24)), ("simplified", date(2024, 7, 12))])
def test_a_legal_limit_may_be_chosen_by_a_field(procedure: str, on: date) -> None:
    due, case = within("appraise", by="procedure"), case_of(procedure=procedure)

    deadline = resolve(due, case)

    assert legal_key(due, case) == f"appraise.{procedure}"
    assert deadline is not None
    assert deadline.on == on


@pytest.mark.parametrize(
    ("due", "now"),
    [(within("archive"), LAUNCHED), (within("check"), datetime(2023, 12, 31, 2, tzinfo=UTC)),
     (within("check", by="procedure"), LAUNCHED)],
)  # fmt: skip
def test_a_limit_that_no_law_gives_is_a_gap_in_the_law_book(due: Due, now: datetime) -> None:
    with pytest.raises(NoLawInForce):
        resolve(due, case_of(now))


DAY = date(2024, 7, 31)


@pytest.mark.parametrize(
    ("due", "case"),
    [
        (until("ends_on"), case_of(ends_on=DAY)),
        (until("campaign.ends_on"), case_of(above={"ends_on": "2024-07-31"})),  # as stored JSON
        (until("rounds", by="round"), case_of(rounds={"rolling": DAY, "closing": date(2025, 5, 13)})),
        (until("campaign.rounds", by="round"), case_of(above={"rounds": {"rolling": "2024-07-31"}})),
    ],
    ids=["own", "of an ancestor", "own by name", "of an ancestor by name"],
)
def test_a_date_lasts_to_its_midnight(due: Due, case: Case[Any]) -> None:
    assert resolve(due, case) == Deadline(
        DAY, datetime(2024, 7, 31, 17, tzinfo=UTC), due.path if "." in due.path else f"x.{due.path}"
    )


@pytest.mark.parametrize("case", [case_of(rounds={"closing": DAY}), case_of(rounds={})])
def test_a_date_by_a_name_that_is_not_there_gives_no_deadline(case: Case[Any]) -> None:
    assert resolve(until("rounds", by="round"), case) is None


def test_a_start_is_the_first_instant_of_its_day_even_when_past() -> None:
    past = case_of(starts_on=date(2024, 7, 1))

    assert resolve(at_start_of("starts_on"), past) == Deadline(
        date(2024, 7, 1), datetime(2024, 6, 30, 17, tzinfo=UTC), "x.starts_on"
    )


def test_a_date_does_not_move_to_a_working_day() -> None:
    sunday = date(2024, 7, 14)

    assert resolve(until("ends_on"), case_of(ends_on=sunday)) == Deadline(sunday, evening(sunday), "x.ends_on")


# ── The ladder ───────────────────────────────────────────────────────────────────────────────────

LADDER = (Rung(-2, (OFFICER,)), Rung(0, (OFFICER,)), Rung(1, (OFFICER,), every=2))


def days_of(ladder: tuple[Rung, ...], due_on: date, most: int = 6) -> list[tuple[int, date]]:
    found = list(islice(occurrences(ladder, due_on, OFFICIAL), most))
    assert [one.at for one in found] == [morning(one.at.astimezone(LOCAL).date()) for one in found]
    return [(one.offset, one.at.astimezone(LOCAL).date()) for one in found]


def test_occurrences_stand_at_eight_and_the_last_rung_repeats() -> None:
    assert days_of(LADDER, date(2024, 7, 31)) == [
        (-2, date(2024, 7, 29)),
        (0, date(2024, 7, 31)),
        (1, date(2024, 8, 1)),
        (3, date(2024, 8, 5)),
        (5, date(2024, 8, 7)),
        (7, date(2024, 8, 9)),
    ]


def test_occurrences_step_over_tet() -> None:
    assert days_of(LADDER, date(2025, 1, 24)) == [
        (-2, date(2025, 1, 22)),
        (0, date(2025, 1, 24)),
        (1, date(2025, 2, 3)),
        (3, date(2025, 2, 5)),
        (5, date(2025, 2, 7)),
        (7, date(2025, 2, 11)),
    ]


def test_occurrences_use_a_saturday_that_is_worked() -> None:
    assert days_of(LADDER, date(2025, 4, 25)) == [
        (-2, date(2025, 4, 23)),
        (0, date(2025, 4, 25)),
        (1, date(2025, 4, 26)),  # the Saturday
        (3, date(2025, 4, 29)),
        (5, date(2025, 5, 6)),  # over 30/4 to 4/5
        (7, date(2025, 5, 8)),
    ]


@pytest.mark.parametrize(
    ("due_on", "on_the_day", "two_before", "one_after"),
    [
        (date(2024, 7, 14), date(2024, 7, 12), date(2024, 7, 10), date(2024, 7, 15)),  # a Sunday
        (date(2025, 1, 29), date(2025, 1, 24), date(2025, 1, 22), date(2025, 2, 3)),  # Mùng một Tết
        (date(2024, 4, 29), date(2024, 4, 26), date(2024, 4, 24), date(2024, 5, 2)),  # swapped for Saturday 4/5
        (date(2024, 5, 5), date(2024, 5, 4), date(2024, 5, 2), date(2024, 5, 6)),  # the Sunday after it
    ],
)
def test_offset_0_of_a_day_off_is_the_last_working_day_before(
    due_on: date, on_the_day: date, two_before: date, one_after: date
) -> None:
    """Nobody may learn of a deadline only after it."""
    assert days_of(LADDER, due_on, 3) == [(-2, two_before), (0, on_the_day), (1, one_after)]


def test_a_ladder_that_does_not_repeat_ends() -> None:
    assert days_of(LADDER[:2], date(2024, 7, 31)) == [(-2, date(2024, 7, 29)), (0, date(2024, 7, 31))]
    assert days_of((), date(2024, 7, 31)) == []


@pytest.mark.parametrize(
    ("after", "offset"),
    [
        (datetime(2024, 7, 1, tzinfo=UTC), -2),
        (morning(date(2024, 7, 29)) - timedelta(microseconds=1), -2),
        (morning(date(2024, 7, 29)), 0),  # strictly later
        (morning(date(2024, 7, 31)), 1),
        (morning(date(2024, 8, 1)), 3),
        (morning(date(2025, 7, 29)), 249),  # nearly a year late
        (morning(date(2025, 7, 30)), 251),
    ],
)
def test_next_occurrence_is_the_first_later_one(after: datetime, offset: int) -> None:
    found = next_occurrence(LADDER, date(2024, 7, 31), after, OFFICIAL)

    assert found is not None
    assert (found.offset, found.rung) == (offset, LADDER[min((offset + 3) // 2, 2)])


def test_next_occurrence_is_none_when_the_ladder_is_finished() -> None:
    assert next_occurrence(LADDER[:2], date(2024, 7, 31), morning(date(2024, 7, 31)), OFFICIAL) is None
    assert next_occurrence((), date(2024, 7, 31), LAUNCHED, OFFICIAL) is None


days = st.dates(min_value=date(2024, 1, 1), max_value=date(2026, 12, 31))
calendars = st.just(OFFICIAL) | st.dictionaries(days, st.sampled_from(DayKind), max_size=30).map(
    lambda kinds: WorkingCalendar(CalendarDay(day, kind, "", "drawn") for day, kind in kinds.items())
)
offsets = st.lists(st.integers(-25, 25), unique=True, max_size=5).map(sorted)


@st.composite
def ladders(draw: st.DrawFn) -> tuple[Rung, ...]:
    """Rungs that rise; the last may repeat."""
    rungs = [Rung(offset, (OFFICER,)) for offset in draw(offsets)]
    if rungs:
        rungs[-1] = replace(rungs[-1], every=draw(st.integers(0, 4)))
    return tuple(rungs)


def expanded(ladder: tuple[Rung, ...], most: int) -> set[int]:
    """Every offset of a ladder up to a bound, found in another way than by walking it."""
    repeated = {offset for rung in ladder if rung.every for offset in range(rung.days, most, rung.every)}
    return {rung.days for rung in ladder} | repeated


@given(ladders(), days, st.builds(at_local, days, st.times()), calendars)
def test_next_occurrence_is_strictly_later_and_minimal(
    ladder: tuple[Rung, ...], due_on: date, after: datetime, calendar: WorkingCalendar
) -> None:
    after = max(
        min(after, at_local(due_on + timedelta(days=60), time())), at_local(due_on - timedelta(days=60), time())
    )
    later = sorted(at for n in expanded(ladder, 120) if (at := morning(calendar.add(due_on, n))) > after)

    found = next_occurrence(ladder, due_on, after, calendar)

    assert (found.at if found else None) == (later[0] if later else None)


@given(ladders(), days, calendars)
def test_occurrences_rise_strictly(ladder: tuple[Rung, ...], due_on: date, calendar: WorkingCalendar) -> None:
    found = list(islice(occurrences(ladder, due_on, calendar), 12))

    assert [one.at for one in found] == sorted({one.at for one in found})
    assert [one.offset for one in found] == sorted({one.offset for one in found})
