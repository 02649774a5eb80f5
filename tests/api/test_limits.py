"""What stands before the application: sizes, deadlines, other sites, headers."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from api.credentials import SESSION_COOKIE as COOKIE
from api.limits import LOOK_UP, LOOK_UPS_A_MINUTE, SECURITY_HEADERS, Pace, guarded
from api.settings import Settings
from tests.api.office import PASSWORD, Office, open_office, start_leave, version

JSON = (b"content-type", b"application/json")


async def call(
    office: Office, path: str, body: AsyncIterator[bytes], headers: Iterable[tuple[bytes, bytes]] = ()
) -> tuple[int, bytes]:
    """POST over bare ASGI, the body in the pieces and at the pace of the iterator."""
    sent: list[Message] = []

    async def receive() -> Message:
        try:
            return {"type": "http.request", "body": await anext(body), "more_body": True}
        except StopAsyncIteration:
            return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await office.app(post(path, headers), receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def post(path: str, headers: Iterable[tuple[bytes, bytes]]) -> dict[str, Any]:
    """The scope of a POST of JSON."""
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": [JSON, *headers],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip


async def pieces(count: int, asked_for: list[int] | None = None) -> AsyncIterator[bytes]:
    """That many pieces of 64 KB; notes each that was asked for."""
    for number in range(count):
        if asked_for is not None:
            asked_for.append(number)
        yield b" " * 64 * 1024


def bearer(office: Office) -> tuple[bytes, bytes]:
    return b"authorization", f"Bearer {office.token('an')}".encode()


def test_a_body_without_announced_length_is_counted(office: Office) -> None:
    asked_for: list[int] = []

    status, answer = asyncio.run(call(office, "/api/v1/leave-requests", pieces(1000, asked_for), [bearer(office)]))

    assert status == 413
    assert b"body_too_large" in answer
    assert len(asked_for) == 17  # of 64 KB each: one past the limit, and no more


def test_a_length_over_the_limit_is_refused_before_anything_is_read(office: Office) -> None:
    asked_for: list[int] = []
    length = (b"content-length", b"999999999999")

    status, _ = asyncio.run(call(office, "/api/v1/session", pieces(1, asked_for), [length]))

    assert (status, asked_for) == (413, [])


@pytest.mark.parametrize("length", [b"many", b"-1", b"\xb2"])
def test_a_length_that_is_no_number_is_refused(office: Office, length: bytes) -> None:
    status, _ = asyncio.run(call(office, "/api/v1/session", pieces(1), [(b"content-length", length)]))

    assert status == 413


def test_a_paper_may_be_larger_than_other_bodies(office: Office) -> None:
    status, _ = asyncio.run(call(office, "/api/v1/duties/1/attachments", pieces(40), [bearer(office)]))

    assert status == 404  # it got as far as looking for the case


def test_a_body_that_takes_too_long_is_given_up(folder: Path) -> None:
    office = open_office(folder, Settings(body_deadline_seconds=0.2))

    async def slow() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.05)

    status, answer = asyncio.run(call(office, "/api/v1/leave-requests", slow(), [bearer(office)]))
    office.close()

    assert status == 408
    assert b"body_too_slow" in answer


def test_a_client_that_leaves_is_no_fault(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(office.app(post("/api/v1/leave-requests", [bearer(office)]), gone, send))

    assert sent == []
    assert "fault" not in caplog.text


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/leave-requests", "/api/v1/openapi.json", "/nothing"])
def test_every_answer_has_the_security_headers(an: TestClient, path: str) -> None:
    answer = an.get(path)

    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == dict(SECURITY_HEADERS)


def test_answers_of_the_api_are_not_stored(an: TestClient) -> None:
    assert an.get("/api/v1/me").headers["Cache-Control"] == "no-store"
    assert "Cache-Control" not in an.get("/nothing").headers


def test_https_is_insisted_on_with_secure_cookies(folder: Path) -> None:
    office = open_office(folder, Settings(secure_cookies=True))

    answer = office.client().get("/nothing")
    office.close()

    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def cookie_client(office: Office) -> TestClient:
    """A client of An as a browser is: by the session cookie."""
    client = office.client()
    opened = client.post("/api/v1/session", json={"username": "an", "password": PASSWORD})
    assert opened.status_code == 201
    assert COOKIE in client.cookies
    return client


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": "http://[broken"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Sec-Fetch-Site": "cross-site", "Authorization": "Basic YTpi"},
        {"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer"},
    ],
)
def test_a_change_from_another_site_is_refused(office: Office, headers: dict[str, str]) -> None:
    client = cookie_client(office)
    key = start_leave(client)["id"]

    answer = client.patch(f"/api/v1/leave-requests/{key}", json={"days": 3}, headers={**version(1), **headers})

    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
    assert client.get(f"/api/v1/leave-requests/{key}").json()["version"] == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://testserver"},
        {"Origin": "http://127.0.0.1:8000"},  # the public address; a proxy may have changed Host
    ],
)
def test_a_change_from_our_own_pages_is_taken(office: Office, headers: dict[str, str]) -> None:
    client = cookie_client(office)
    key = start_leave(client)["id"]

    answer = client.patch(f"/api/v1/leave-requests/{key}", json={"days": 3}, headers={**version(1), **headers})

    assert answer.status_code == 200


def test_a_token_may_come_from_anywhere(an: TestClient) -> None:
    key = start_leave(an)["id"]
    headers = {**version(1), "Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}

    assert an.patch(f"/api/v1/leave-requests/{key}", json={"days": 3}, headers=headers).status_code == 200


def test_nobody_is_logged_in_from_another_site(office: Office) -> None:
    credentials = {"username": "an", "password": PASSWORD}

    answer = office.client().post("/api/v1/session", json=credentials, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.json()["code"] == "cross_site"


def test_reading_from_another_site_is_not_a_change(office: Office) -> None:
    client = cookie_client(office)

    assert client.get("/api/v1/me", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


# ── pace ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_pace_allows_a_burst_and_then_one_at_a_time() -> None:
    pace = Pace(60)

    assert [pace.wait("a", 0) for _ in range(60)] == [0] * 60
    assert pace.wait("a", 0) == pytest.approx(1)
    assert pace.wait("b", 0) == 0
    assert (pace.wait("a", 1), pace.wait("a", 1) > 0) == (0, True)
    assert [pace.wait("a", 100) for _ in range(60)] == [0] * 60  # a minute later all is forgotten


def test_a_pace_remembers_so_many_keys_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pace, "MOST_KEYS", 3)
    pace = Pace(1)

    assert [pace.wait(key, 0) for key in "abcde"] == [0] * 5
    assert pace.wait("e", 0) > 0
    assert pace.wait("f", 61) == 0
    assert len(pace._free_at) <= 3


def paced(office: Office, **headers: str) -> TestClient:
    """A client of the application as it is served, at 20 a minute."""
    client = TestClient(guarded(office.app, Settings(requests_per_minute=20)), headers=headers)
    office.clients.append(client)
    return client


def test_a_session_has_its_pace(office: Office) -> None:
    served = guarded(office.app, Settings(requests_per_minute=20))
    an, binh = (TestClient(served, headers={"Authorization": f"Bearer {office.token(n)}"}) for n in ("an", "binh"))

    answers = [an.get("/api/v1/me") for _ in range(21)]

    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert (answers[-1].json()["code"], answers[-1].headers["Retry-After"]) == ("too_many_requests", "3")
    assert {name: answers[-1].headers.get(name) for name in SECURITY_HEADERS} == dict(SECURITY_HEADERS)
    assert binh.get("/api/v1/me").status_code == 200
    an.close()
    binh.close()


def test_made_up_secrets_are_no_way_around(office: Office) -> None:
    client = paced(office)

    answers = [client.get("/api/v1/me", headers={"Authorization": f"Bearer {n}"}).status_code for n in range(230)]

    assert answers[:200] == [401] * 200
    assert 429 in answers


def test_what_strangers_change_has_a_slower_pace(office: Office) -> None:
    client = paced(office)

    answers = [client.post("/api/v1/password-resets", json={"username": "nobody"}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert client.get("/api/v1/openapi.json").status_code == 200


def test_nobody_tries_many_receipts(office: Office) -> None:
    client = TestClient(guarded(office.app, Settings()))
    office.clients.append(client)

    answers = [client.post(LOOK_UP, data={"ma": f"KT-2024-{n}"}).status_code for n in range(LOOK_UPS_A_MINUTE + 1)]

    assert answers.count(429) == 1
    assert answers[-1] == 429
