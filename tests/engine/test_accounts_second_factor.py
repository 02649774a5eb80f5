"""Codes of the second factor: a clock may be a step off, a code works once, and the secret lies sealed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyotp import TOTP

from engine.accounts import second_factor
from engine.errors import NotFound, SecondFactorStands, WrongCode
from tests.errands.office import RuntimeOffice, open_runtime

NOW = datetime(2024, 7, 10, 2, tzinfo=UTC)
STEP = timedelta(seconds=second_factor.STEP_SECONDS)
AN = 1


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        yield office


@pytest.fixture
def totp(office: RuntimeOffice) -> TOTP:
    """The app of `an`, set up and confirmed five minutes ago."""
    engine = office.engine
    secret, _ = engine.writer.call(lambda tx: second_factor.set_up(tx, engine.vault, AN, "an"))
    made, before = TOTP(secret), NOW - timedelta(minutes=5)
    engine.writer.call(lambda tx: second_factor.confirm(tx, engine.vault, AN, made.at(before), before))
    return made


def works(office: RuntimeOffice, code: str, at: datetime = NOW) -> bool:
    engine = office.engine
    try:
        engine.writer.call(lambda tx: second_factor.use_code(tx, engine.vault, AN, code, at))
    except WrongCode:
        return False
    return True


@pytest.mark.parametrize(("steps", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(office: RuntimeOffice, totp: TOTP, steps: int, is_taken: bool) -> None:
    assert works(office, totp.at(NOW + steps * STEP)) is is_taken


def test_a_code_works_once(office: RuntimeOffice, totp: TOTP) -> None:
    assert works(office, totp.at(NOW))
    assert not works(office, totp.at(NOW))
    assert not works(office, totp.at(NOW - STEP))  # nor does one from before
    assert works(office, totp.at(NOW + STEP), NOW + STEP)


@pytest.mark.parametrize("code", ["", "000000", "abcdef", "12345", "１２３４５６"])
def test_another_code_does_not(office: RuntimeOffice, totp: TOTP, code: str) -> None:
    assert code != totp.at(NOW)
    assert not works(office, code)


def test_what_was_set_up_counts_from_its_first_code_on(office: RuntimeOffice) -> None:
    engine = office.engine
    secret, uri = engine.writer.call(lambda tx: second_factor.set_up(tx, engine.vault, AN, "an"))

    assert uri == f"otpauth://totp/Thi%20%C4%91ua:an?secret={secret}&issuer=Thi%20%C4%91ua"
    with engine.database.read() as tx:
        assert not second_factor.has_second_factor(tx, AN)
    assert not works(office, TOTP(secret).at(NOW))
    with pytest.raises(WrongCode):
        engine.writer.call(lambda tx: second_factor.confirm(tx, engine.vault, AN, "000000", NOW))
    engine.writer.call(lambda tx: second_factor.confirm(tx, engine.vault, AN, TOTP(secret).at(NOW), NOW))
    with engine.database.read() as tx:
        assert second_factor.has_second_factor(tx, AN)


def test_one_that_stands_is_not_replaced_before_it_is_taken_away(office: RuntimeOffice, totp: TOTP) -> None:
    engine = office.engine
    with pytest.raises(SecondFactorStands):
        engine.writer.call(lambda tx: second_factor.set_up(tx, engine.vault, AN, "an"))
    with pytest.raises(SecondFactorStands):
        engine.writer.call(lambda tx: second_factor.confirm(tx, engine.vault, AN, totp.at(NOW), NOW))

    engine.writer.call(lambda tx: second_factor.remove(tx, AN))

    assert not works(office, totp.at(NOW))
    with pytest.raises(NotFound):
        engine.writer.call(lambda tx: second_factor.remove(tx, AN))


def test_the_secret_lies_sealed(office: RuntimeOffice, totp: TOTP) -> None:
    stored = office.one("SELECT sealed_secret FROM second_factor")

    assert totp.secret not in stored
    assert office.engine.vault.open(stored, "second_factor.1") == totp.secret
