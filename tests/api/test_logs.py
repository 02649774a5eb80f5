"""What stands in the log: enough to find out what happened, and nothing that people typed."""

import io
import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api import logs
from api.operating import Observed, Operations
from api.settings import Settings
from tests.api.office import LEAVE, Office, attach, launch_campaign, start_leave

MARKER = "079123456789"  # as an identity number; in each place, with a letter of its own
FIRST = ["time", "level", "logger", "event"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the log goes, as JSON."""
    stream = io.StringIO()
    with logs.logging_to(stream, "json", "host:1"):
        yield stream


@pytest.fixture
def served(office: Office) -> TestClient:
    """Nobody's client of the office as it is run."""
    return client_of(office)


def client_of(office: Office, username: str = "", **headers: str) -> TestClient:
    if username:
        headers["Authorization"] = f"Bearer {office.token(username, 'session')}"
    app = Observed(office.app, Settings(), Operations(office.engine, Settings()))
    client = TestClient(app, headers=headers, raise_server_exceptions=False)
    office.clients.append(client)
    return client


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


# ── form ─────────────────────────────────────────────────────────────────────────────────────────
def test_a_line_says_when_where_and_what(stream: io.StringIO) -> None:
    logging.getLogger("engine.anything").warning("%s of %s", 1, 2)

    (line,) = lines(stream)
    assert list(line) == [*FIRST, "node"]
    assert line["time"].endswith("Z")
    assert (line["level"], line["logger"], line["event"], line["node"]) == (
        "warning", "engine.anything", "1 of 2", "host:1",
    )  # fmt: skip


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_line_is_one_line_whatever_it_says(form: str) -> None:
    stream = io.StringIO()
    with logs.logging_to(stream, form, "host:1"):
        logging.getLogger("api").error('a\n{"event": %s}', "forged\r\n\u2028")

    assert len(stream.getvalue().splitlines()) == 1


def test_only_we_ourselves_are_chatty(stream: io.StringIO) -> None:
    for name in ("httpx", "apscheduler.executors.default", "api.anything"):
        logging.getLogger(name).info("x")

    assert [line["logger"] for line in lines(stream)] == ["api.anything"]


@pytest.mark.parametrize(("form", "stream", "is_json"), [
    ("", Terminal(), False), ("", io.StringIO(), True), ("json", Terminal(), True), ("text", io.StringIO(), False),
])  # fmt: skip
def test_the_form_follows_the_setting_or_the_terminal(form: str, stream: io.StringIO, is_json: bool) -> None:
    with logs.logging_to(stream, form, "host:1"):
        logging.getLogger("api").info("hello")

    assert "hello" in stream.getvalue()
    assert stream.getvalue().startswith("{") == is_json


def test_an_exception_is_told_by_kind_and_place_not_by_its_words(stream: io.StringIO) -> None:
    try:
        try:
            int(MARKER + "x")
        except ValueError as wrong:
            raise OSError(28, MARKER) from wrong
    except OSError as fault:
        logging.getLogger("api").error("fault", exc_info=fault)

    (line,) = lines(stream)
    assert MARKER not in stream.getvalue()
    told = line["exception"].splitlines()
    assert [one for one in told if not one.startswith(" ")] == ["builtins.OSError [28]", "builtins.ValueError"]
    assert f"{Path(__file__).name}:" in told[1]


def test_afterwards_everything_is_as_before() -> None:
    def state() -> list[object]:
        levels = [logging.getLogger(name).level for name in ("", *logs.OWN)]
        return [*logging.getLogger().handlers, *levels, threading.excepthook]

    before, stream = state(), io.StringIO()
    with logs.logging_to(stream, "json", "host:1"):
        logging.getLogger("api").info("within")
    logging.getLogger("api").error("after")

    assert state() == before
    assert [line["event"] for line in lines(stream)] == ["within"]


def test_a_thread_that_is_lost_is_logged(stream: io.StringIO) -> None:
    thread = threading.Thread(target=lambda: 1 / 0, name="lost")
    thread.start()
    thread.join()

    (line,) = lines(stream)
    assert "lost" in line["event"]
    assert "ZeroDivisionError" in line["exception"]


# ── requests ─────────────────────────────────────────────────────────────────────────────────────
def test_each_request_has_one_line(stream: io.StringIO, served: TestClient) -> None:
    answer = served.get("/api/v1/leave-requests/17?secret=5")

    (line,) = [line for line in lines(stream) if line["logger"] == "api.access"]
    assert list(line) == [*FIRST, "request_id", "method", "route", "status", "milliseconds", "node"]
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/api/v1/leave-requests/{id}", 422)
    assert 0 < line["milliseconds"] < 10_000


def test_operators_questions_have_none(stream: io.StringIO, served: TestClient) -> None:
    for path in ("/health/live", "/health/ready", "/metrics"):
        served.get(path)

    assert lines(stream) == []


@pytest.mark.parametrize("good", ["a", "A-1_b.2", "x" * 64])
def test_a_well_formed_id_is_taken(served: TestClient, good: str) -> None:
    answer = served.get("/api/v1/tasks", headers={"X-Request-ID": good})

    assert answer.headers["X-Request-ID"] == good


@pytest.mark.parametrize("bad", ["", "x" * 65, "a b", "a,b", 'a"', "a/../b", "é".encode("latin-1")])
def test_another_id_is_replaced(served: TestClient, bad: str | bytes) -> None:
    found = served.get("/api/v1/tasks", headers=[(b"X-Request-ID", bad if isinstance(bad, bytes) else bad.encode())])

    assert len(found.headers["X-Request-ID"]) == 16
    assert found.headers["X-Request-ID"] != served.get("/api/v1/tasks").headers["X-Request-ID"]


def test_refusals_before_the_application_have_their_id_too(office: Office, stream: io.StringIO) -> None:
    settings = Settings(requests_per_minute=1)
    client = TestClient(Observed(office.app, settings, Operations(office.engine, settings)))
    answers = [client.post("/api/v1/session", json={}) for _ in range(3)]
    client.close()

    assert answers[-1].status_code == 429
    last = [line for line in lines(stream) if line["logger"] == "api.access"][-1]
    assert (last["status"], last["request_id"]) == (429, answers[-1].headers["X-Request-ID"])


def test_a_fault_and_its_report_share_the_id(
    office: Office, stream: io.StringIO, served: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office.engine.registry, "models", None)

    answer = client_of(office, "an").get("/api/v1/definitions", headers={"X-Request-ID": "mine"})

    assert answer.status_code == 500
    assert answer.json()["params"]["correlation"] == "mine"
    fault, access = lines(stream)
    assert (fault["level"], fault["request_id"], access["request_id"]) == ("error", "mine", "mine")
    assert "TypeError" in fault["exception"]


# ── what people typed ────────────────────────────────────────────────────────────────────────────
def test_nothing_that_people_send_stands_in_the_log(stream: io.StringIO, office: Office) -> None:
    """A marker in every place of a request, also while the server fails."""
    an = client_of(office, "an", **_headers())
    for path in ("/api/v1/leave-requests", f"/api/v1/leave-requests/{MARKER}", f"/nowhere/{MARKER}"):
        an.get(f"{path}?state={MARKER}&{MARKER}=1")
        for body in ({"dossier": LEAVE | {"reason": MARKER, "first_day": MARKER}}, {MARKER: MARKER}, MARKER):
            an.post(path, json=body)
            an.patch(path, content=MARKER)
    key = start_leave(an, reason=MARKER)["id"]
    an.put(f"/api/v1/leave-requests/{key}/subject", json={"identity": MARKER, "birth_date": "1999-12-31"})
    nobody = client_of(office)
    nobody.post("/api/v1/session", json={"username": MARKER, "password": MARKER})
    nobody.post("/api/v1/session", json={"username": "an", "password": MARKER})
    nobody.post("/api/v1/password-resets", json={"username": MARKER})
    attach(office.client("tat"), launch_campaign(office.client("tat"))[1], b"%PDF-1.4\n1 0 obj << >> endobj\n"
           b"trailer << >>\n%%EOF\n" + MARKER.encode(), f"{MARKER}.pdf")  # fmt: skip
    _break(office)
    for method in ("get", "delete"):
        getattr(an, method)(f"/api/v1/leave-requests/{key}?x={MARKER}")
    an.post("/api/v1/leave-requests", json={"dossier": LEAVE | {"reason": MARKER}})

    assert len([line for line in lines(stream) if line["logger"] == "api.access"]) > 20
    assert [line for line in lines(stream) if "exception" in line]
    assert [line for line in stream.getvalue().splitlines() if MARKER in line or "1999" in line] == []
    assert [line["event"] for line in lines(stream) if line["logger"] == "api.logins"] == [
        "wrong_password: account (none), address testclient", "wrong_password: account 'an', address testclient",
    ]  # fmt: skip


def _headers() -> dict[str, str]:
    names = (
        "User-Agent",
        "Referer",
        "Cookie",
        "Accept",
        "Accept-Language",
        "X-Forwarded-For",
        "X-Request-ID",
        "Origin",
    )
    return {name: f"{MARKER}/{name}" for name in (*names, "X-Whatever", "Content-Language")}


def _break(office: Office) -> None:
    """From now on the database refuses in words that quote what was typed."""

    def quote(*_given: object) -> None:
        raise RuntimeError(f"wrong value {MARKER}")

    office.engine.database.hook = quote
    office.engine.look = quote  # type: ignore[method-assign, assignment]
