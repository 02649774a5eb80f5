"""The second factor over HTTP: setting up, logging in with it, confirming with it, taking it away."""

from datetime import timedelta

import pytest
from pyotp import TOTP
from starlette.testclient import TestClient

from tests.api.office import PASSWORD, Office

SESSION, ME = "/api/v1/session", "/api/v1/me"
FACTOR = f"{ME}/second-factor"


def knock(office: Office, code: str | None = None, password: str = PASSWORD) -> tuple[int, str]:
    """Status and code of an attempt to log in."""
    body = {"username": "an", "password": password, **({"code": code} if code else {})}
    answer = office.client().post(SESSION, json=body)
    return answer.status_code, answer.json().get("code", "")


@pytest.fixture
def seated(office: Office) -> TestClient:
    return office.sitting("an")


@pytest.fixture
def totp(office: Office, seated: TestClient) -> TOTP:
    """The app of An, turned on five minutes before."""
    made = TOTP(seated.post(FACTOR).json()["secret"])
    confirmed = seated.post(f"{FACTOR}/confirmation", json={"code": made.at(office.clocks.wall)})
    assert confirmed.status_code == 204, confirmed.text
    office.clocks.pass_time(timedelta(minutes=4))
    return made


def test_with_a_second_factor_a_password_is_not_enough(office: Office, totp: TOTP) -> None:
    code = totp.at(office.clocks.wall)

    assert knock(office) == (401, "second_factor_needed")
    assert knock(office, "000000") == (401, "wrong_code")
    assert knock(office, code, "wrong") == (401, "wrong_password")
    assert knock(office, code) == (201, "")
    assert knock(office, code) == (401, "wrong_code")  # a code works once


def test_wrong_codes_are_guesses(office: Office, totp: TOTP) -> None:
    tries = [knock(office, "000000") for _ in range(11)]

    assert tries == [(401, "wrong_code")] * 10 + [(429, "too_many_attempts")]


def test_a_missing_code_is_no_guess(office: Office, totp: TOTP) -> None:
    assert [knock(office) for _ in range(12)] == [(401, "second_factor_needed")] * 12


def test_a_code_confirms_a_session(office: Office, seated: TestClient, totp: TOTP) -> None:
    answer = seated.post(f"{SESSION}/confirmation", json={"code": totp.at(office.clocks.wall)})

    assert answer.status_code == 200


def test_what_was_only_set_up_is_not_asked_for(office: Office, seated: TestClient) -> None:
    answer = seated.post(FACTOR)

    assert answer.status_code == 201
    assert answer.json()["uri"].endswith(f"secret={answer.json()['secret']}&issuer=Thi%20%C4%91ua")
    assert seated.post(f"{FACTOR}/confirmation", json={"code": "000000"}).json()["code"] == "wrong_code"
    assert knock(office) == (201, "")


def test_turning_it_on_ends_other_sessions(office: Office) -> None:
    other, seated = office.sitting("an"), office.sitting("an")
    made = TOTP(seated.post(FACTOR).json()["secret"])

    seated.post(f"{FACTOR}/confirmation", json={"code": made.at(office.clocks.wall)})

    assert [client.get(ME).status_code for client in (other, seated)] == [401, 200]


def test_it_is_set_up_and_taken_away_by_somebody_who_is_surely_there(
    office: Office, seated: TestClient, totp: TOTP
) -> None:
    assert seated.post(FACTOR).json()["code"] == "second_factor_stands"
    office.clocks.pass_time(timedelta(minutes=2))  # six since the log-in

    answers = [seated.post(FACTOR), seated.delete(FACTOR)]

    assert [answer.json()["code"] for answer in answers] == ["confirmation_needed"] * 2


def take_away(client: TestClient, code: str) -> tuple[int, str]:
    """Status and code of turning it off with that code."""
    answer = client.request("DELETE", FACTOR, json={"code": code})
    return answer.status_code, answer.json()["code"] if answer.content else ""


def test_a_password_alone_does_not_take_it_away(office: Office, seated: TestClient, totp: TOTP) -> None:
    by_password = seated.post(f"{SESSION}/confirmation", json={"password": PASSWORD})
    assert by_password.status_code == 200
    fresh = office.client(Authorization=f"Bearer {by_password.cookies['thidua_session']}")

    assert fresh.delete(FACTOR).json()["code"] == "second_factor_needed"
    assert knock(office) == (401, "second_factor_needed")


def test_a_code_takes_it_away_and_wrong_ones_are_guesses(office: Office, totp: TOTP) -> None:
    seated = office.sitting("an")
    tries = [take_away(seated, "000000") for _ in range(11)]
    office.clocks.pass_time(timedelta(minutes=15))

    assert tries == [(401, "wrong_confirmation")] * 10 + [(429, "too_many_attempts")]
    assert take_away(seated, totp.at(office.clocks.wall)) == (204, "")
    assert knock(office) == (201, "")


def test_what_was_only_set_up_is_dropped_without_a_code(seated: TestClient) -> None:
    seated.post(FACTOR)

    assert [seated.delete(FACTOR).status_code for _ in range(2)] == [204, 404]


def test_eight_characters_are_enough_with_a_second_factor(office: Office, seated: TestClient, totp: TOTP) -> None:
    change = {"current": PASSWORD, "new": "vLw8@kX9"}

    assert seated.put(f"{ME}/password", json=change).status_code == 204
    assert office.sitting("binh").put(f"{ME}/password", json=change).status_code == 422
