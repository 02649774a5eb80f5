"""Tokens: what they are good for, how long, and what they never are good for."""

from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from engine.runtime.accounts import CONFIRMED_FOR
from tests.api.office import LEAVE, Office, start_leave, version

ME, TOKENS = "/api/v1/me", "/api/v1/tokens"


@pytest.fixture
def seated(office: Office) -> TestClient:
    """An, who has just logged in themself."""
    return office.sitting("an")


def test_a_token_is_shown_once_and_opens_the_door(office: Office, seated: TestClient) -> None:
    answer = seated.post(TOKENS, json={"name": "Báo cáo", "days": 30})

    created = answer.json()
    assert answer.status_code == 201
    assert created["expires_at"] == "2024-08-09T02:00:00Z"
    assert office.client(Authorization=f"bearer {created['token']}").get(ME).json()["person"]["username"] == "an"
    office.engine.writer.call(lambda _: None)  # that it was used is noted after the answer
    (listed,) = [item for item in seated.get(TOKENS).json()["items"] if item["id"] == created["id"]]
    assert {**listed, "token": created["token"]} == {**created, "last_used_at": "2024-07-10T02:00:00Z"}
    assert created["token"] not in seated.get(TOKENS).text


def test_a_token_ends_on_its_day(office: Office, seated: TestClient) -> None:
    created = seated.post(TOKENS, json={"name": "kurz", "days": 1}).json()
    user = office.client(Authorization=f"Bearer {created['token']}")
    office.clocks.pass_time(timedelta(days=1))

    assert user.get(ME).status_code == 401
    assert created["id"] not in {token["id"] for token in office.client("an").get(TOKENS).json()["items"]}


def test_a_revoked_token_is_over(office: Office, seated: TestClient) -> None:
    created = seated.post(TOKENS, json={"name": "alt", "days": 1}).json()

    answer = seated.delete(f"{TOKENS}/{created['id']}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert office.client(Authorization=f"Bearer {created['token']}").get(ME).status_code == 401
    assert seated.delete(f"{TOKENS}/{created['id']}").status_code == 404


def test_the_token_of_another_person_is_not_found(office: Office, seated: TestClient, binh: TestClient) -> None:
    created = seated.post(TOKENS, json={"name": "mein", "days": 1}).json()

    assert binh.delete(f"{TOKENS}/{created['id']}").status_code == 404
    assert office.client(Authorization=f"Bearer {created['token']}").get(ME).status_code == 200


@pytest.mark.parametrize("days", [0, 366, "30", 1.5])
def test_a_token_lasts_one_day_to_one_year(seated: TestClient, days: object) -> None:
    answer = seated.post(TOKENS, json={"name": "x", "days": days})

    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["days"])


def test_secrets_are_never_stored_for_a_repeat(seated: TestClient) -> None:
    wish = {"json": {"name": "x", "days": 1}, "headers": {"Idempotency-Key": "once"}}

    first, second = seated.post(TOKENS, **wish).json(), seated.post(TOKENS, **wish).json()

    assert first["token"] != second["token"]


def with_token(office: Office, seated: TestClient, *scopes: str) -> TestClient:
    """A program with a token of those scopes."""
    wish: dict[str, Any] = {"name": "x", "days": 1, **({"scopes": list(scopes)} if scopes else {})}
    created = seated.post(TOKENS, json=wish)
    assert created.status_code == 201, created.text
    return office.client(Authorization=f"Bearer {created.json()['token']}")


def test_a_token_reads_and_acts_unless_more_is_wished_for(office: Office, seated: TestClient) -> None:
    program = with_token(office, seated)

    assert program.get(TOKENS).json()["items"][-1]["scopes"] == ["act", "read"]
    assert start_leave(program)["version"] == 1


def test_a_token_for_reading_changes_nothing(office: Office, seated: TestClient) -> None:
    key, program = start_leave(seated)["id"], with_token(office, seated, "read")

    answer = program.patch(f"/api/v1/leave-requests/{key}", json={"days": 3}, headers=version(1))

    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert program.post("/api/v1/leave-requests", json={"dossier": LEAVE}).status_code == 403
    assert program.get(f"/api/v1/leave-requests/{key}").json()["version"] == 1


@pytest.mark.parametrize("scope", ["sign", "administer"])
def test_a_powerful_token_needs_a_fresh_confirmation(office: Office, seated: TestClient, scope: str) -> None:
    with_token(office, seated, scope)
    office.clocks.pass_time(CONFIRMED_FOR + timedelta(seconds=1))

    answer = seated.post(TOKENS, json={"name": "x", "days": 1, "scopes": [scope]})

    assert (answer.status_code, answer.json()["code"]) == (401, "confirmation_needed")
    assert "max_age=300" in answer.headers["WWW-Authenticate"]
    assert seated.post(TOKENS, json={"name": "x", "days": 1}).status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", TOKENS, {"name": "x", "days": 1}),
        ("PUT", f"{ME}/password", {"current": "x", "new": "tàu hỏa xanh chạy"}),
        ("POST", f"{ME}/second-factor", None),
        ("POST", f"{ME}/second-factor/confirmation", {"code": "123456"}),
        ("DELETE", f"{ME}/second-factor", None),
        ("POST", "/api/v1/session/confirmation", {"password": "x"}),
        ("GET", "/api/v1/sessions", None),
        ("DELETE", "/api/v1/sessions", None),
        ("DELETE", "/api/v1/sessions/1", None),
    ],
)
def test_a_token_has_no_say_in_the_account(an: TestClient, method: str, path: str, body: object) -> None:
    answer = an.request(method, path, json=body) if body else an.request(method, path)

    assert (answer.status_code, answer.json()["code"]) == (403, "session_needed")


def test_a_token_that_was_never_used_says_so(seated: TestClient) -> None:
    seated.post(TOKENS, json={"name": "unused", "days": 1})

    (listed,) = [item for item in seated.get(TOKENS).json()["items"] if item["name"] == "unused"]
    assert listed["last_used_at"] is None
