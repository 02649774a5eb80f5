"""How often may be guessed: strangers do not use up the owner's tries, and a known place is never closed for long."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.accounts import guesses
from engine.accounts.guesses import Guesser
from engine.errors import TooManyAttempts
from tests.errands.office import RuntimeOffice, open_runtime

NOW = datetime(2024, 7, 10, 2, tzinfo=UTC)
STRANGER, KNOWN = Guesser("an", "192.0.2.1"), Guesser("an", "192.0.2.2", "device:7")


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        yield office


def note(office: RuntimeOffice, who: Guesser, at: datetime = NOW) -> int:
    """The key of the guess; 0 when it has to wait."""
    try:
        return office.engine.writer.call(lambda tx: guesses.note(tx, who, at))
    except TooManyAttempts:
        return 0


def taken(office: RuntimeOffice, who: Guesser, times: int, at: datetime = NOW) -> int:
    """How many of so many guesses are looked at."""
    return sum(note(office, who, at) > 0 for _ in range(times))


def test_after_ten_wrong_guesses_the_next_one_waits(office: RuntimeOffice) -> None:
    assert taken(office, STRANGER, 10) == 10
    with pytest.raises(TooManyAttempts) as refusal:
        office.engine.writer.call(lambda tx: guesses.note(tx, STRANGER, NOW + timedelta(minutes=5)))

    assert refusal.value.params["seconds"] == 600
    assert taken(office, STRANGER, 1, NOW + timedelta(minutes=15)) == 1


def test_another_account_is_not_concerned(office: RuntimeOffice) -> None:
    taken(office, STRANGER, 10)

    assert taken(office, Guesser("ha", "192.0.2.9"), 1) == 1


def test_the_owner_gets_in_from_a_known_device_while_others_guess(office: RuntimeOffice) -> None:
    taken(office, STRANGER, 20)

    assert taken(office, KNOWN, 11) == 10


def a_day_of_guesses(office: RuntimeOffice, *guessers: Guesser) -> int:
    """How many are looked at when each of them tries eleven times every quarter of an hour."""
    instants = [NOW + timedelta(minutes=15 * quarter) for quarter in range(96)]
    return sum(taken(office, who, 11, at) for at in instants for who in guessers)


def test_strangers_guess_at_an_account_eighty_times_a_day_at_most(office: RuntimeOffice) -> None:
    assert a_day_of_guesses(office, *(Guesser("an", f"198.51.1.{n}") for n in range(3))) == 80
    assert taken(office, STRANGER, 1, NOW + timedelta(days=1, minutes=1)) == 1  # nothing is locked for good


def test_a_known_place_slows_down_and_never_waits_longer_than_a_quarter_of_an_hour(office: RuntimeOffice) -> None:
    assert a_day_of_guesses(office, KNOWN) == 20 + 94  # two bursts, then one each quarter
    with pytest.raises(TooManyAttempts) as refusal:
        office.engine.writer.call(lambda tx: guesses.note(tx, KNOWN, NOW + timedelta(hours=23, minutes=46)))

    assert refusal.value.params["seconds"] == 14 * 60


def test_one_known_place_does_not_use_up_the_guesses_of_another(office: RuntimeOffice) -> None:
    a_day_of_guesses(office, KNOWN)
    at = NOW + timedelta(hours=23, minutes=50)

    assert [taken(office, Guesser("an", "192.0.2.2", place), 11, at) for place in ("session:1", "device:8")] == [10, 10]


def test_one_address_does_not_try_ever_new_names(office: RuntimeOffice) -> None:
    looked_at = sum(taken(office, Guesser(f"name{n}", "192.0.2.1"), 1) for n in range(120))

    assert looked_at == 100
    assert taken(office, Guesser("an", "192.0.2.3"), 1) == 1


def test_all_strangers_together_have_a_limit_that_known_devices_do_not_feel(office: RuntimeOffice) -> None:
    looked_at = sum(taken(office, Guesser(f"name{n}", f"10.0.{n % 250}.{n // 250}"), 1) for n in range(1010))

    assert looked_at == 1000
    assert taken(office, KNOWN, 1) == 1


def test_the_right_guess_forgives_those_before_it_from_the_same_place(office: RuntimeOffice) -> None:
    elsewhere = Guesser("an", "192.0.2.77")
    taken(office, elsewhere, 5)
    right = [note(office, STRANGER) for _ in range(5)][-1]

    office.engine.writer.call(lambda tx: guesses.forgive(tx, STRANGER, right))

    assert taken(office, STRANGER, 10) == 5  # the five from elsewhere still count


def test_forgiven_guesses_count_for_the_day(office: RuntimeOffice) -> None:
    """Or somebody who guesses from the owner's own network would begin anew with each of their log-ins."""
    looked_at = 0
    for n in range(12):
        at = NOW + timedelta(minutes=16 * n)
        looked_at += taken(office, STRANGER, 9, at)
        right = note(office, STRANGER, at)
        if right:
            office.engine.writer.call(lambda tx, key=right: guesses.forgive(tx, STRANGER, key))  # type: ignore[misc]

    assert looked_at == 80


def test_old_guesses_are_not_kept(office: RuntimeOffice) -> None:
    taken(office, STRANGER, 3)

    note(office, KNOWN, NOW + timedelta(days=1))

    assert office.ask("SELECT origin FROM login_attempt") == [("device:7",)]
