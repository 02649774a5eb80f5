"""Working days: the announced days off of 2024-2026, and the arithmetic of time limits."""

from datetime import UTC, date, datetime, time, timedelta
from importlib.metadata import version

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.instants import LOCAL, at_local, local_date
from engine.office.calendar import CalendarDay, DayKind, WorkingCalendar, seed_days

SEED = seed_days(2024, 2026)
OFFICIAL = WorkingCalendar(SEED)

# Proposed only, so the seed must not hold it; an administrator would enter it like this.
NEW_YEAR_SWAP = (
    CalendarDay(date(2026, 1, 2), DayKind.OFF, "Ngày nghỉ (thay cho ngày 10/01/2026)", "proposal"),
    CalendarDay(date(2026, 1, 10), DayKind.WORKING, "Ngày làm việc bù", "proposal"),
)

days = st.dates(min_value=date(2024, 1, 1), max_value=date(2026, 12, 31))
places = st.integers(min_value=-60, max_value=60)
instants = st.builds(at_local, days, st.times())
calendars = st.dictionaries(days, st.sampled_from(DayKind), max_size=40).map(
    lambda kinds: WorkingCalendar(CalendarDay(day, kind, "", "drawn") for day, kind in kinds.items())
)


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=offset) for offset in range((date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize(
    ("year", "off"),
    [
        (2024, "1/1 8/2 9/2 12/2 13/2 14/2 18/4 29/4 30/4 1/5 2/9 3/9"),
        (2025, "1/1 27/1 28/1 29/1 30/1 31/1 7/4 30/4 1/5 2/5 1/9 2/9"),
        (2026, "1/1 16/2 17/2 18/2 19/2 20/2 27/4 30/4 1/5 31/8 1/9 2/9 24/11"),
    ],
)
def test_official_calendar_gives_the_announced_weekdays_off(year: int, off: str) -> None:
    found = [day for day in days_of(year) if day.weekday() < 5 and not OFFICIAL.is_working(day)]

    assert " ".join(f"{day.day}/{day.month}" for day in found) == off


@pytest.mark.parametrize(
    ("year", "saturday"),
    [(2024, date(2024, 5, 4)), (2025, date(2025, 4, 26)), (2026, date(2026, 8, 22))],
)
def test_official_calendar_works_on_one_swapped_saturday_a_year(year: int, saturday: date) -> None:
    found = [day for day in days_of(year) if day.weekday() >= 5 and OFFICIAL.is_working(day)]

    assert found == [saturday]


@pytest.mark.parametrize(
    ("start", "n", "due"),
    [
        (date(2024, 7, 10), 15, date(2024, 7, 31)),
        (date(2024, 4, 26), 3, date(2024, 5, 4)),
        (date(2025, 1, 24), 3, date(2025, 2, 5)),
        (date(2025, 4, 25), 5, date(2025, 5, 6)),
        (date(2025, 4, 25), 20, date(2025, 5, 27)),
        (date(2025, 5, 13), 10, date(2025, 5, 27)),
        (date(2025, 5, 13), 15, date(2025, 6, 3)),
        (date(2025, 5, 13), 20, date(2025, 6, 10)),
        (date(2025, 5, 13), 34, date(2025, 6, 30)),
        (date(2025, 8, 29), 1, date(2025, 9, 3)),
        (date(2026, 2, 13), 1, date(2026, 2, 23)),
        (date(2026, 4, 24), 1, date(2026, 4, 28)),
        (date(2026, 8, 21), 1, date(2026, 8, 22)),
        (date(2026, 8, 28), 2, date(2026, 9, 4)),
        (date(2026, 11, 23), 1, date(2026, 11, 25)),
        (date(2025, 12, 31), 1, date(2026, 1, 2)),
        (date(2024, 12, 31), 1, date(2025, 1, 2)),
    ],
)
def test_add_reaches_the_due_date(start: date, n: int, due: date) -> None:
    assert OFFICIAL.add(start, n) == due
    assert OFFICIAL.between(start, due) == n


@pytest.mark.parametrize(
    ("start", "n", "day"),
    [
        (date(2025, 5, 14), 0, date(2025, 5, 14)),  # a Wednesday
        (date(2025, 5, 14), -1, date(2025, 5, 13)),
        (date(2025, 5, 12), -1, date(2025, 5, 9)),  # over a weekend
        (date(2025, 5, 10), 1, date(2025, 5, 12)),  # from a Saturday off
        (date(2025, 5, 10), 0, date(2025, 5, 9)),
        (date(2025, 5, 10), -1, date(2025, 5, 8)),
        (date(2024, 5, 5), 0, date(2024, 5, 4)),  # from the Sunday after a Saturday worked
        (date(2025, 1, 29), 0, date(2025, 1, 24)),  # from Mùng một Tết
        (date(2025, 1, 29), -1, date(2025, 1, 23)),
        (date(2025, 2, 5), -3, date(2025, 1, 24)),  # over Tết
        (date(2025, 1, 1), 0, date(2024, 12, 31)),
        (date(2025, 1, 2), -1, date(2024, 12, 31)),
    ],
)
def test_add_counts_from_the_last_working_day_so_far(start: date, n: int, day: date) -> None:
    assert OFFICIAL.add(start, n) == day


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        (date(2025, 5, 14), date(2025, 5, 14), 0),
        (date(2025, 5, 9), date(2025, 5, 11), 0),
        (date(2025, 1, 24), date(2025, 2, 3), 1),
        (date(2025, 2, 3), date(2025, 1, 24), -1),
        (date(2025, 5, 13), date(2025, 6, 30), 34),
    ],
)
def test_between_counts_working_days_after_the_start(start: date, end: date, count: int) -> None:
    assert OFFICIAL.between(start, end) == count


@given(calendars, days, places)
def test_between_undoes_add(calendar: WorkingCalendar, day: date, n: int) -> None:
    assert calendar.between(day, calendar.add(day, n)) == n


@given(calendars, days, days)
def test_add_undoes_between_up_to_the_last_working_day(calendar: WorkingCalendar, start: date, end: date) -> None:
    assert calendar.add(start, calendar.between(start, end)) == calendar.add(end, 0)


@given(calendars, days, places)
def test_add_lands_on_a_working_day(calendar: WorkingCalendar, day: date, n: int) -> None:
    assert calendar.is_working(calendar.add(day, n)) is True


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2025, 5, 14), date(2025, 5, 14)),
        (date(2025, 5, 10), date(2025, 5, 12)),
        (date(2024, 5, 4), date(2024, 5, 4)),  # a Saturday worked
        (date(2025, 1, 25), date(2025, 2, 3)),  # over Tết
        (date(2025, 1, 1), date(2025, 1, 2)),
    ],
)
def test_next_working_is_the_first_working_day_from_then_on(day: date, working: date) -> None:
    assert OFFICIAL.next_working(day) == working


def test_calendar_without_rows_works_monday_to_friday() -> None:
    tet_week = [date(2025, 1, 27) + timedelta(days=offset) for offset in range(7)]

    assert [WorkingCalendar().is_working(day) for day in tet_week] == [True] * 5 + [False] * 2


def test_override_moves_a_due_date() -> None:
    corrected = WorkingCalendar((*SEED, *NEW_YEAR_SWAP))

    assert corrected.add(date(2025, 12, 31), 1) == date(2026, 1, 5)
    assert corrected.is_working(date(2026, 1, 10)) is True


@pytest.mark.parametrize("last", DayKind)
def test_calendar_lets_the_later_row_for_a_day_hold(last: DayKind) -> None:
    day = date(2026, 1, 2)

    calendar = WorkingCalendar(CalendarDay(day, kind, "", "") for kind in (*DayKind, last))

    assert calendar.is_working(day) is (last == DayKind.WORKING)


def test_calendar_does_not_follow_later_changes_of_its_rows() -> None:
    rows = list(NEW_YEAR_SWAP)
    calendar = WorkingCalendar(rows)

    rows.clear()

    assert calendar.is_working(date(2026, 1, 2)) is False


def test_seed_days_names_holidays_and_both_ends_of_a_swap() -> None:
    source = f"holidays {version('holidays')}"

    assert [row for row in SEED if row.day >= date(2026, 8, 1)] == [
        CalendarDay(date(2026, 8, 22), DayKind.WORKING, "Ngày làm việc bù", source),
        CalendarDay(date(2026, 8, 31), DayKind.OFF, "Ngày nghỉ (thay cho ngày 22/08/2026)", source),
        CalendarDay(date(2026, 9, 1), DayKind.OFF, "Quốc khánh", source),
        CalendarDay(date(2026, 9, 2), DayKind.OFF, "Quốc khánh", source),
        CalendarDay(date(2026, 11, 24), DayKind.OFF, "Ngày Văn hóa Việt Nam", source),
    ]


@pytest.mark.parametrize("year", [2018, 2019, 2024, 2027])
def test_seed_days_stays_within_its_years(year: int) -> None:
    assert {row.day.year for row in seed_days(year, year)} == {year}


def test_seed_days_is_empty_for_no_years() -> None:
    assert seed_days(2025, 2024) == ()


@pytest.mark.parametrize(
    "instant",
    [
        at_local(date(2025, 5, 14), time(7)),
        at_local(date(2025, 5, 14), time(17, 59, 59, 999_999)),
        at_local(date(2025, 4, 26), time(9)),  # a Saturday worked
    ],
)
def test_waking_hour_leaves_office_hours_alone(instant: datetime) -> None:
    assert OFFICIAL.waking_hour(instant) == instant


@pytest.mark.parametrize(
    ("instant", "sent_on"),
    [
        (at_local(date(2025, 5, 14), time(0)), date(2025, 5, 14)),
        (at_local(date(2025, 5, 14), time(6, 59, 59, 999_999)), date(2025, 5, 14)),
        (at_local(date(2025, 5, 14), time(18)), date(2025, 5, 15)),
        (at_local(date(2025, 5, 16), time(18)), date(2025, 5, 19)),  # Friday evening
        (at_local(date(2025, 5, 17), time(9)), date(2025, 5, 19)),
        (at_local(date(2025, 1, 29), time(6)), date(2025, 2, 3)),  # early on Mùng một Tết
        (at_local(date(2024, 12, 31), time(18)), date(2025, 1, 2)),
        (datetime(2025, 5, 18, 23, 30, tzinfo=UTC), date(2025, 5, 19)),  # already Monday here
    ],
)
def test_waking_hour_holds_mail_to_eight_on_a_working_day(instant: datetime, sent_on: date) -> None:
    assert OFFICIAL.waking_hour(instant) == datetime.combine(sent_on, time(8), tzinfo=LOCAL)


def test_waking_hour_refuses_a_naive_instant() -> None:
    with pytest.raises(ValueError, match="must carry a time zone"):
        OFFICIAL.waking_hour(datetime(2025, 5, 14, 9))  # noqa: DTZ001  the very thing to refuse


@given(calendars, instants)
def test_waking_hour_is_idempotent_and_on_a_working_day(calendar: WorkingCalendar, instant: datetime) -> None:
    sent_at = calendar.waking_hour(instant)

    assert calendar.waking_hour(sent_at) == sent_at == max(sent_at, instant)
    assert calendar.is_working(local_date(sent_at)) is True
