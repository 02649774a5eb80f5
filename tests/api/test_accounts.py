"""One's own account: where one is logged in, confirming, another password."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from api.credentials import SESSION_COOKIE as COOKIE
from engine.runtime.accounts import CONFIRMED_FOR
from tests.api.mailbox import letters
from tests.api.office import PASSWORD, Office

SESSION, SESSIONS, ME, TOKENS = "/api/v1/session", "/api/v1/sessions", "/api/v1/me", "/api/v1/tokens"
CONFIRMATION, PASSWORDS = f"{SESSION}/confirmation", f"{ME}/password"
NEW = "tàu hỏa xanh chạy qua cầu"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
SIGNING = {"json": {"name": "x", "days": 1, "scopes": ["sign"]}}


def browser(office: Office, username: str = "an", password: str = PASSWORD, agent: str = FIREFOX) -> TestClient:
    """A browser in which that person has logged in."""
    client = office.client(**{"User-Agent": agent})
    assert client.post(SESSION, json={"username": username, "password": password}).status_code == 201
    return client


def is_in(client: TestClient) -> bool:
    return client.get(ME).status_code == 200


# ── where one is logged in ───────────────────────────────────────────────────────────────────────


def test_a_person_sees_where_they_are_logged_in(office: Office) -> None:
    first = browser(office, agent="<script>alert(1)</script>")
    office.clocks.pass_time(timedelta(minutes=10))
    second = browser(office)
    browser(office, "binh")
    first.get(ME)
    office.engine.writer.call(lambda tx: None)

    items = second.get(SESSIONS).json()["items"]

    assert [{**item, "id": ""} for item in items] == [
        {
            "id": "",
            "device": "Firefox, Windows",
            "created_at": "2024-07-10T02:10:00Z",
            "seen_at": "2024-07-10T02:10:00Z",
            "current": True,
        },
        {
            "id": "",
            "device": "",
            "created_at": "2024-07-10T02:00:00Z",
            "seen_at": "2024-07-10T02:10:00Z",
            "current": False,
        },
    ]


def test_a_session_that_is_over_is_not_listed(office: Office) -> None:
    browser(office)
    office.clocks.pass_time(timedelta(hours=1))

    assert len(browser(office).get(SESSIONS).json()["items"]) == 1


def test_one_session_is_ended_from_another(office: Office) -> None:
    lost, kept = browser(office), browser(office)
    lost_id = lost.get(SESSIONS).json()["items"][-1]["id"]

    assert kept.delete(f"{SESSIONS}/{lost_id}").status_code == 204

    assert (is_in(lost), is_in(kept)) == (False, True)
    assert kept.delete(f"{SESSIONS}/{lost_id}").status_code == 404


def test_all_others_are_ended_at_once(office: Office) -> None:
    clients = [browser(office) for _ in range(3)]

    assert clients[1].delete(SESSIONS).status_code == 204

    assert [is_in(client) for client in clients] == [False, True, False]


def test_the_session_of_another_person_is_not_found(office: Office) -> None:
    binh = browser(office, "binh")
    key = binh.get(SESSIONS).json()["items"][0]["id"]

    assert browser(office).delete(f"{SESSIONS}/{key}").status_code == 404
    assert is_in(binh)


# ── confirming ───────────────────────────────────────────────────────────────────────────────────


def test_the_password_confirms_a_session_under_a_new_secret(office: Office) -> None:
    client = browser(office)
    office.clocks.pass_time(CONFIRMED_FOR + timedelta(seconds=1))
    assert client.post(TOKENS, **SIGNING).json()["code"] == "confirmation_needed"
    old = client.cookies[COOKIE]

    answer = client.post(CONFIRMATION, json={"password": PASSWORD})

    assert (answer.status_code, answer.json()) == (200, {"seconds": 300})
    assert client.post(TOKENS, **SIGNING).status_code == 201
    assert client.cookies[COOKIE] != old
    assert office.client(Cookie=f"{COOKIE}={old}").get(ME).status_code == 401
    office.clocks.pass_time(CONFIRMED_FOR + timedelta(seconds=1))
    assert client.post(TOKENS, **SIGNING).status_code == 401


@pytest.mark.parametrize("proof", [{"password": "wrong"}, {"code": "123456"}])
def test_a_wrong_proof_confirms_nothing_and_is_counted(office: Office, proof: dict[str, str]) -> None:
    client = browser(office)
    office.clocks.pass_time(CONFIRMED_FOR + timedelta(seconds=1))

    answers = [client.post(CONFIRMATION, json=proof) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert answers[0].json()["code"] == "wrong_confirmation"
    assert client.post(TOKENS, **SIGNING).status_code == 401
    assert is_in(client)


def test_guesses_at_the_log_in_do_not_keep_a_session_from_confirming(office: Office) -> None:
    client = browser(office)
    for _ in range(10):
        office.client().post(SESSION, json={"username": "an", "password": "wrong"})

    assert client.post(CONFIRMATION, json={"password": PASSWORD}).status_code == 200


@pytest.mark.parametrize("body", [{}, {"password": PASSWORD, "code": "123456"}, {"password": ""}])
def test_one_proof_is_asked_for(office: Office, body: dict[str, str]) -> None:
    assert browser(office).post(CONFIRMATION, json=body).status_code == 422


# ── another password ─────────────────────────────────────────────────────────────────────────────


def test_a_new_password_ends_all_other_sessions(office: Office) -> None:
    client, other, program = browser(office), browser(office), office.client("an")
    old = client.cookies[COOKIE]

    answer = client.put(PASSWORDS, json={"current": PASSWORD, "new": NEW})

    assert (answer.status_code, answer.content) == (204, b"")
    assert [is_in(each) for each in (client, other, program)] == [True, False, True]
    assert office.client(Cookie=f"{COOKIE}={old}").get(ME).status_code == 401
    assert office.client().post(SESSION, json={"username": "an", "password": PASSWORD}).status_code == 401
    assert is_in(browser(office, password=NEW))


def test_the_current_password_must_be_known(office: Office) -> None:
    client = browser(office)

    answers = [client.put(PASSWORDS, json={"current": "wrong", "new": NEW}) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert is_in(browser(office))


@pytest.mark.parametrize("new", ["ngắn ngủi", "matkhau12345", "an phường 1 quận", "x" * 129])
def test_a_bad_password_is_refused_with_a_sentence(office: Office, new: str) -> None:
    answer = browser(office).put(PASSWORDS, json={"current": PASSWORD, "new": new})

    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["new"])
    assert new not in answer.text


def test_the_person_is_told_that_their_password_was_changed(office: Office) -> None:
    browser(office).put(PASSWORDS, json={"current": PASSWORD, "new": NEW})

    (letter,) = letters(office)
    assert (letter.address, letter.subject) == ("an@example.vn", "[Thi đua] Mật khẩu của tài khoản an vừa được đổi")
    assert NEW not in letter.text


def test_a_closed_account_is_out_at_once(office: Office) -> None:
    client = browser(office)

    office.engine.writer.call(lambda tx: tx.command("UPDATE person SET active = false WHERE username = 'an'"))

    assert not is_in(client)
