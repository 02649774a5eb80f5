"""Logging in and out, guesses, and who am I."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from starlette.testclient import TestClient

from api import logins
from api.credentials import DEVICE_COOKIE
from api.credentials import SESSION_COOKIE as COOKIE
from api.passwords import hash_password, is_password
from api.settings import Settings
from engine.errors import Refused
from engine.runtime import accounts
from engine.runtime.accounts import find_person
from engine.runtime.database import Transaction
from tests.api.office import PASSWORD, Office, open_office

SESSION, ME = "/api/v1/session", "/api/v1/me"
WHO = {
    "person": {"id": "1", "username": "an", "name": "An"},
    "memberships": [{"role": {"code": "officer", "label": "Cán bộ"}, "unit": {"code": "P1", "name": "Phường 1"}}],
    "mandates": [],
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
    assert "; HttpOnly; Max-Age=43200; Path=/; SameSite=lax" in cookie
    assert client.cookies[COOKIE] not in answer.text
    assert client.get(ME).json() == WHO


def test_unknown_names_closed_accounts_and_wrong_passwords_read_the_same(office: Office) -> None:
    def close_account(tx: Transaction) -> None:
        tx.command("UPDATE person SET active = false WHERE username = 'chi'")

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
    assert an.delete(SESSION).json()["code"] == "session_needed"
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


# ── guesses, devices, addresses ──────────────────────────────────────────────────────────────────


def test_the_owner_gets_in_on_a_known_device_while_others_guess(office: Office) -> None:
    owner, attacker = office.client(), office.client()
    assert log_in(owner) == 201
    for _ in range(10):
        log_in(attacker, password="wrong")

    assert (log_in(attacker), log_in(owner)) == (429, 201)
    assert [log_in(owner, password="wrong") for _ in range(11)] == [401] * 10 + [429]


def test_a_device_is_known_to_each_who_has_logged_in_on_it(office: Office) -> None:
    shared, attacker = office.client(), office.client()
    assert (log_in(shared, "an"), log_in(shared, "binh")) == (201, 201)
    for name in ("an", "binh", "chi"):
        for _ in range(10):
            log_in(attacker, name, "wrong")

    assert [log_in(shared, name) for name in ("an", "binh", "chi")] == [201, 201, 429]


def test_the_device_cookie_opens_nothing(office: Office) -> None:
    client = office.client()
    log_in(client)
    device = client.cookies[DEVICE_COOKIE]

    assert office.client(Cookie=f"{COOKIE}={device}").get(ME).status_code == 401
    assert office.client(Authorization=f"Bearer {device}").get(ME).status_code == 401


def test_of_guesses_sent_at_once_ten_are_looked_at(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []

    def is_it(given: str, _: str | None) -> bool:
        hashed.append(given)
        return False

    monkeypatch.setattr(logins, "is_password", is_it)

    def guess(n: int) -> str:
        try:
            logins.log_in(office.engine, logins.Knock("an", f"guess {n}"))
        except Refused as refusal:
            return refusal.code
        return ""

    with ThreadPoolExecutor(8) as pool:
        codes = Counter(pool.map(guess, range(40)))

    assert (len(hashed), codes) == (10, {"wrong_password": 10, "too_many_attempts": 30})


def test_what_a_client_says_of_its_address_is_not_believed(office: Office) -> None:
    """Or a new X-Forwarded-For each time would be a new address each time."""
    answers = [
        office.client(**{"X-Forwarded-For": f"203.0.113.{n}"}).post(
            SESSION, json={"username": f"name{n}", "password": "wrong"}
        )
        for n in range(101)
    ]

    assert [answer.status_code for answer in answers] == [401] * 100 + [429]


def test_wrong_passwords_are_logged_without_them(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Nor a name that is no account's: it may be a password in the wrong place, or a forged line."""
    for name in ("an", "an\r\nforged line"):
        log_in(office.client(), name, "a wrong password")

    records = [record for record in caplog.records if record.name == "api.logins"]
    assert [record.levelname for record in records] == ["WARNING"] * 2
    assert [record.getMessage() for record in records] == [
        f"wrong_password: account {account}, address testclient" for account in ("'an'", "(none)")
    ]
    assert "a wrong password" not in caplog.text


def test_cookies_are_bound_to_the_host_where_they_are_secure(folder: Path) -> None:
    office = open_office(folder, Settings(secure_cookies=True))
    client = TestClient(office.app, base_url="https://testserver")

    answer = client.post(SESSION, json={"username": "an", "password": PASSWORD})

    cookies = answer.headers.get_list("set-cookie")
    assert [cookie.partition("=")[0] for cookie in cookies] == ["__Host-thidua", "__Host-thidua-device"]
    assert all("; Path=/;" in cookie and "; Secure" in cookie and "Domain" not in cookie for cookie in cookies)
    assert client.get(ME).status_code == 200
    assert client.delete(SESSION).status_code == 204
    assert "__Host-thidua" not in client.cookies
    client.close()
    office.close()


def test_a_hash_of_weaker_days_is_renewed_when_its_owner_logs_in(office: Office) -> None:
    weaker = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8 * 1024, parallelism=1),)).hash(PASSWORD)
    keep = f"UPDATE person SET password_hash = '{weaker}' WHERE username = 'an'"
    office.engine.writer.call(lambda tx: tx.command(keep))

    def after_log_in() -> str:
        answer = TestClient(office.app).post(SESSION, json={"username": "an", "password": PASSWORD})
        assert answer.status_code == 201
        with office.engine.database.read() as tx:
            row = find_person(tx, "an")
            assert row is not None
            return str(row["password_hash"])

    renewed = after_log_in()
    assert "m=19456,t=2" in renewed
    assert after_log_in() == renewed
