"""Instants: exact to the microsecond, and a legal date ends at midnight in Vietnam."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.instants import (
    LOCAL,
    at_local,
    end_of_day,
    from_micros,
    local_date,
    start_of_day,
    to_micros,
    vn_date,
)

NAIVE = datetime(2024, 7, 31, 12)  # noqa: DTZ001  the very thing to refuse

aware_instants = st.datetimes(
    min_value=datetime(1976, 1, 2),  # noqa: DTZ001  Hypothesis wants bounds without a zone
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, LOCAL, timezone(timedelta(hours=-5))]),
)
# Saigon kept other hours before 13/6/1975, among them days that lost an hour.
modern_days = st.dates(min_value=date(1976, 1, 1), max_value=date(9999, 12, 30))


@pytest.mark.parametrize(
    ("instant", "micros"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC), 1),
        (datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), -1),
        (datetime(2024, 7, 31, 17, tzinfo=UTC), 1_722_445_200_000_000),
        (datetime(2024, 8, 1, 0, tzinfo=LOCAL), 1_722_445_200_000_000),
        (datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), 253_402_300_799_999_999),
    ],
)
def test_to_micros_counts_from_the_epoch(instant: datetime, micros: int) -> None:
    assert to_micros(instant) == micros


@given(aware_instants)
def test_from_micros_undoes_to_micros(instant: datetime) -> None:
    assert from_micros(to_micros(instant)) == instant


@given(st.integers(min_value=-(10**16), max_value=10**17))
def test_to_micros_undoes_from_micros(micros: int) -> None:
    assert to_micros(from_micros(micros)) == micros


def test_from_micros_answers_in_utc() -> None:
    assert from_micros(0).tzinfo == UTC


def test_to_micros_refuses_a_naive_instant() -> None:
    with pytest.raises(ValueError, match="must carry a time zone"):
        to_micros(NAIVE)


def test_local_date_refuses_a_naive_instant() -> None:
    with pytest.raises(ValueError, match="must carry a time zone"):
        local_date(NAIVE)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2024, 7, 31, 16, 59, 59, 999_999, tzinfo=UTC), date(2024, 7, 31)),
        (datetime(2024, 7, 31, 17, tzinfo=UTC), date(2024, 8, 1)),
        (datetime(2024, 12, 31, 17, tzinfo=UTC), date(2025, 1, 1)),
        (datetime(2024, 2, 28, 20, tzinfo=UTC), date(2024, 2, 29)),
    ],
)
def test_local_date_changes_at_midnight_in_vietnam(instant: datetime, day: date) -> None:
    assert local_date(instant) == day


def test_at_local_is_seven_hours_ahead_of_utc() -> None:
    instant = at_local(date(2025, 1, 1), time(6, 30))

    assert instant == datetime(2024, 12, 31, 23, 30, tzinfo=UTC)
    assert instant.tzinfo == UTC


@given(modern_days, st.times())
def test_at_local_falls_on_its_own_day(day: date, wall: time) -> None:
    assert at_local(day, wall).astimezone(LOCAL) == datetime.combine(day, wall, tzinfo=LOCAL)
    assert local_date(at_local(day, wall)) == day


def test_at_local_refuses_a_time_with_a_zone() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        at_local(date(2024, 7, 31), time(8, tzinfo=UTC))


def test_start_of_day_is_midnight_in_vietnam() -> None:
    assert start_of_day(date(2024, 7, 31)) == datetime(2024, 7, 30, 17, tzinfo=UTC)


def test_end_of_day_is_24_00_in_vietnam() -> None:
    expires_at = end_of_day(date(2024, 7, 31))

    assert expires_at == datetime(2024, 7, 31, 17, tzinfo=UTC)
    assert expires_at.tzinfo == UTC


@given(modern_days)
def test_end_of_day_is_the_first_instant_of_the_next_day(day: date) -> None:
    assert local_date(end_of_day(day) - timedelta(microseconds=1)) == day
    assert local_date(end_of_day(day)) == day + timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "written"),
    [(date(2024, 7, 31), "31/07/2024"), (date(2025, 1, 2), "02/01/2025")],
)
def test_vn_date_writes_day_month_year(day: date, written: str) -> None:
    assert vn_date(day) == written
