"""The organisation on a date: units, seats, and which authority looks at which."""

from datetime import date

import pytest

from engine.office.calendar import WorkingCalendar
from engine.office.law import LawBook
from engine.office.organisation import Office, SeatRow, Unit

FOUNDED, LAST_DAY = date(2003, 1, 1), date(2025, 6, 30)


def unit(id: int, code: str, authority_id: int, valid_to: date | None = None) -> Unit:
    return Unit(id, code, code.title(), "ward", f"{code}@example.vn", authority_id, (), FOUNDED, valid_to)


CITY = unit(1, "city", 1)
DISTRICT = unit(2, "district", 1, valid_to=LAST_DAY)
WARD = unit(3, "ward", 2)
OFFICE = unit(4, "office", 2, valid_to=LAST_DAY)
HAMLET = unit(5, "hamlet", 3)

SEATS = (
    SeatRow(2, "appraiser", 4, FOUNDED, LAST_DAY),
    SeatRow(2, "appraiser", 3, date(2025, 7, 1), None),
    SeatRow(2, "chair", 2, FOUNDED, None),
    SeatRow(1, "chair", 1, FOUNDED, None),
    SeatRow(1, "clerk", 1, FOUNDED, LAST_DAY),
)

office = Office((CITY, DISTRICT, WARD, OFFICE, HAMLET), SEATS, WorkingCalendar(), LawBook(()))


@pytest.mark.parametrize(
    ("on", "exists"),
    [(date(2002, 12, 31), False), (FOUNDED, True), (LAST_DAY, True), (date(2025, 7, 1), False)],
)
def test_a_unit_exists_from_its_first_to_its_last_day(on: date, exists: bool) -> None:
    assert DISTRICT.exists(on) is exists
    assert CITY.exists(on) is (on >= FOUNDED)


@pytest.mark.parametrize(
    ("authority", "on", "seats"),
    [
        (2, FOUNDED, {"appraiser": OFFICE, "chair": DISTRICT}),
        (2, LAST_DAY, {"appraiser": OFFICE, "chair": DISTRICT}),
        (2, date(2025, 7, 1), {"appraiser": WARD, "chair": DISTRICT}),
        (1, FOUNDED, {"chair": CITY, "clerk": CITY}),
        (1, date(2025, 7, 1), {"chair": CITY}),
        (1, date(2002, 12, 31), {}),
        (3, FOUNDED, {}),
    ],
)
def test_seats_are_held_per_authority_and_date(authority: int, on: date, seats: dict[str, Unit]) -> None:
    assert office.seats(authority, on) == seats


@pytest.mark.parametrize(
    ("authority", "on", "below"),
    [(2, LAST_DAY, (WARD, OFFICE)), (2, date(2025, 7, 1), (WARD,)), (1, LAST_DAY, (DISTRICT,)), (4, LAST_DAY, ())],
)
def test_below_are_the_units_of_an_authority_without_itself(authority: int, on: date, below: tuple[Unit, ...]) -> None:
    assert office.below(authority, on) == below


@pytest.mark.parametrize(("units", "circle"), [((), set()), ((4,), {4, 2}), ((3, 4), {3, 4, 2}), ((1,), {1})])
def test_circle_is_the_units_and_their_authorities(units: tuple[int, ...], circle: set[int]) -> None:
    assert office.circle(iter(units)) == circle


@pytest.mark.parametrize(("authority", "overseen"), [(1, {1, 2}), (2, {2, 3, 4}), (3, {3, 5}), (4, {4})])
def test_overseen_are_an_authority_and_what_lies_within(authority: int, overseen: set[int]) -> None:
    assert office.overseen(authority) == overseen


def test_units_are_found_by_id_and_code() -> None:
    assert (office.units[3], office.by_code["ward"]) == (WARD, WARD)
