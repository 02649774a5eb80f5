"""Logging in and out, who am I, and tokens."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from api.credentials import COOKIE
from api.passwords import hash_password, is_password
from engine.runtime import accounts
from engine.runtime.database import Transaction
from tests.api.office import PASSWORD, Office

SESSION, ME, TOKENS = "/api/v1/session", "/api/v1/me", "/api/v1/tokens"
WHO = {
    "person": {"id": "1", "username": "an", "name": "An"},
    "memberships": [{"role": {"code": "officer", "label": "Cán bộ"}, "unit": {"code": "P1", "name": "Phường 1"}}],
    "now": "2024-07-10T02:00:00Z",
}


def log_in(client: TestClient, username: str = "an", password: str = PASSWORD) -> int:
    return client.post(SESSION, json={"username": username, "password": password}).status_code


def test_logging_in_says_who_one_is_and_sets_the_cookie(office: Office) -> None:
    client = office.client()

    answer = client.post(SESSION, json={"username": "an", "password": PASSWORD})

    assert (answer.status_code, answer.json()) == (201, WHO)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "; HttpOnly; Max-Age=604800; Path=/; SameSite=lax" in cookie
    assert client.cookies[COOKIE] not in answer.text
    assert client.get(ME).json() == WHO


def test_unknown_names_closed_accounts_and_wrong_passwords_read_the_same(office: Office) -> None:
    def close_account(tx: Transaction) -> None:
        tx.command("UPDATE person SET active = 0 WHERE username = 'chi'")

    office.engine.writer.call(close_account)
    client = office.client()

    answers = [
        client.post(SESSION, json={"username": name, "password": password})
        for name, password in (("nobody", PASSWORD), ("an", "wrong"), ("chi", PASSWORD))
    ]

    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
    assert answers[0].json()["code"] == "wrong_password"
    assert all("set-cookie" not in answer.headers for answer in answers)


def test_an_account_without_a_usable_hash_lets_nobody_in() -> None:
    assert not is_password("", "")
    assert not is_password("anything", "")
    assert not is_password("anything", None)
    assert not is_password("anything", "plain text")
    assert is_password("mật khẩu", hash_password("mật khẩu"))


def test_after_ten_wrong_passwords_the_right_one_has_to_wait(office: Office) -> None:
    client = office.client()
    tries = [log_in(client, password="wrong") for _ in range(10)]

    answer = client.post(SESSION, json={"username": "an", "password": PASSWORD})

    assert tries == [401] * 10
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
    assert answer.headers["Retry-After"] == "900"
    office.clocks.pass_time(timedelta(minutes=16))
    assert log_in(client) == 201


def test_the_right_password_forgives_the_wrong_ones(office: Office) -> None:
    client = office.client()

    tries = [log_in(client, password="wrong") for _ in range(9)] + [log_in(client) for _ in range(3)]

    assert tries == [401] * 9 + [201] * 3


def test_guesses_at_one_name_do_not_lock_another(office: Office) -> None:
    client = office.client()
    for _ in range(10):
        log_in(client, "nobody")

    assert (log_in(client, "nobody"), log_in(client)) == (429, 201)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "an"}, "password"),
        ({"username": "", "password": "x"}, "username"),
        ({"username": "an", "password": "x" * 1025}, "password"),
        ({"username": "an", "password": "x", "admin": True}, "admin"),
    ],
)
def test_credentials_are_checked_for_their_form(office: Office, body: dict[str, object], field: str) -> None:
    answer = office.client().post(SESSION, json=body)

    assert (answer.status_code, list(answer.json()["fields"])) == (422, [field])


def test_logging_out_ends_the_session_for_good(office: Office) -> None:
    client = office.client()
    log_in(client)
    secret = client.cookies[COOKIE]

    answer = client.delete(SESSION)

    assert (answer.status_code, answer.content) == (204, b"")
    assert COOKIE not in client.cookies
    assert office.client(Cookie=f"{COOKIE}={secret}").get(ME).status_code == 401


def test_a_token_is_not_a_session_to_log_out_of(an: TestClient) -> None:
    assert an.delete(SESSION).status_code == 404
    assert an.get(ME).status_code == 200


def test_a_session_ends_by_idling_and_lives_by_use(office: Office) -> None:
    client = office.client()
    log_in(client)

    for _ in range(3):
        office.clocks.pass_time(accounts.IDLE - timedelta(minutes=1))
        assert client.get(ME).status_code == 200
        office.engine.writer.call(lambda tx: None)  # the note that it is in use has been written
    office.clocks.pass_time(accounts.IDLE)

    assert client.get(ME).status_code == 401


def test_a_bearer_token_goes_before_the_cookie(office: Office) -> None:
    client = office.client("binh")
    log_in(client)

    assert client.get(ME).json()["person"]["username"] == "binh"


def test_memberships_are_those_of_the_business_date(office: Office) -> None:
    client = office.client("dung")

    units = [membership["unit"]["code"] for membership in client.get(ME).json()["memberships"]]

    assert units == ["P1", "P2"]
    assert office.client("khach").get(ME).json()["memberships"] == []


def test_a_token_is_shown_once_and_opens_the_door(office: Office, an: TestClient) -> None:
    answer = an.post(TOKENS, json={"name": "Báo cáo", "days": 30})

    created = answer.json()
    assert answer.status_code == 201
    assert created["expires_at"] == "2024-08-09T02:00:00Z"
    assert office.client(Authorization=f"bearer {created['token']}").get(ME).json()["person"]["username"] == "an"
    listed = an.get(TOKENS).json()["items"]
    assert {key: value for key, value in created.items() if key != "token"} in listed
    assert created["token"] not in an.get(TOKENS).text


def test_a_token_ends_on_its_day(office: Office, an: TestClient) -> None:
    created = an.post(TOKENS, json={"name": "kurz", "days": 1}).json()
    user = office.client(Authorization=f"Bearer {created['token']}")
    office.clocks.pass_time(timedelta(days=1))

    assert user.get(ME).status_code == 401
    assert created["id"] not in {token["id"] for token in an.get(TOKENS).json()["items"]}


def test_a_revoked_token_is_over(office: Office, an: TestClient) -> None:
    created = an.post(TOKENS, json={"name": "alt", "days": 1}).json()

    answer = an.delete(f"{TOKENS}/{created['id']}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert office.client(Authorization=f"Bearer {created['token']}").get(ME).status_code == 401
    assert an.delete(f"{TOKENS}/{created['id']}").status_code == 404


def test_the_token_of_another_person_is_not_found(office: Office, an: TestClient, binh: TestClient) -> None:
    created = an.post(TOKENS, json={"name": "mein", "days": 1}).json()

    assert binh.delete(f"{TOKENS}/{created['id']}").status_code == 404
    assert office.client(Authorization=f"Bearer {created['token']}").get(ME).status_code == 200


@pytest.mark.parametrize("days", [0, 366, "30", 1.5])
def test_a_token_lasts_one_day_to_one_year(an: TestClient, days: object) -> None:
    answer = an.post(TOKENS, json={"name": "x", "days": days})

    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["days"])


def test_secrets_are_never_stored_for_a_repeat(an: TestClient) -> None:
    wish = {"json": {"name": "x", "days": 1}, "headers": {"Idempotency-Key": "once"}}

    first, second = an.post(TOKENS, **wish).json(), an.post(TOKENS, **wish).json()

    assert first["token"] != second["token"]
