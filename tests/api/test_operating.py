"""What those who run a process ask of it: is it alive, should it get requests, how does the work go."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import inspect
from starlette.testclient import TestClient

from api import health
from api.installation import letterhead
from api.operating import Observed, Operations
from api.settings import Settings
from api.ticker import Ticker
from notifications.door import Post, prove
from notifications.transport import FolderTransport
from tests.api.office import Office, launch_campaign, start_leave

TOKEN = "a token that is long enough"
HERE = ("127.0.0.1", 50_000)


class Run:
    """An office as it is run, and whoever runs it."""

    def __init__(self, office: Office, ticker: Ticker, settings: Settings | None = None) -> None:
        self.office, self.ticker = office, ticker
        settings = settings or Settings()
        self.operations = Operations(office.engine, settings, ticker)
        self.app = Observed(office.app, settings, self.operations)
        self.operator = self.client()

    def client(self, address: tuple[str, int] = HERE, **headers: str) -> TestClient:
        client = TestClient(self.app, "http://localhost:8000", headers=headers, client=address)
        self.office.clients.append(client)
        return client

    def figures(self, client: TestClient | None = None) -> dict[str, float]:
        """The value of each line, by its name and what else tells it apart."""
        families = text_string_to_metric_families((client or self.operator).get("/metrics").text)
        return {
            one.name + "".join(f" {value}" for _, value in sorted(one.labels.items())): one.value
            for family in families
            for one in family.samples
        }

    def faults(self) -> list[str]:
        """What speaks against sending requests there."""
        answer = self.operator.get("/health/ready")
        codes = [fault["code"] for fault in answer.json()["faults"]]
        assert answer.status_code == (503 if codes else 200)
        return codes


@pytest.fixture
def ticker(office: Office, tmp_path: Path) -> Ticker:
    head = letterhead(Settings())
    return Ticker(office.engine, Post(prove(office.engine.registry), head, FolderTransport(tmp_path / "mails")))


@pytest.fixture
def run(office: Office, ticker: Ticker) -> Run:
    return Run(office, ticker)


@pytest.fixture
def stuck_writer(office: Office) -> Iterator[Callable[[], None]]:
    """Keeps the writer from everything else until the test ends, once called."""
    free = threading.Event()

    def hold() -> None:
        office.engine.writer.submit(lambda tx: free.wait(20))

    yield hold
    free.set()


# ── health ───────────────────────────────────────────────────────────────────────────────────────
def test_a_process_that_works_is_alive_and_ready(run: Run) -> None:
    assert run.operator.get("/health/live").json() == {"status": "live"}
    assert run.operator.get("/health/ready").json() == {"status": "ready", "faults": []}
    assert run.operator.get("/health/ready").headers["Cache-Control"] == "no-store"


def test_a_process_that_is_leaving_is_alive_and_not_ready(run: Run) -> None:
    run.operations.health.is_leaving = True

    assert run.faults() == ["leaving"]
    assert run.operator.get("/health/live").status_code == 200
    assert run.operator.get("/api/v1/definitions").headers["Connection"] == "close"


def test_a_writer_that_is_busy_is_not_yet_stuck(
    run: Run, stuck_writer: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.1)
    stuck_writer()

    assert run.faults() == []
    monkeypatch.setattr(health, "STUCK_SECONDS", 0.1)
    assert run.faults() == ["writer_stuck"]


def test_many_looks_ask_a_stuck_writer_once(
    run: Run, office: Office, stuck_writer: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.01)
    stuck_writer()

    for _ in range(5):
        run.faults()

    assert office.engine.writer.waiting <= 1


def test_a_database_that_fails_is_told_without_its_words(run: Run, office: Office) -> None:
    def fail(sql: str) -> None:
        raise OSError(5, "secret-path")

    office.engine.database.hook = fail

    answer = run.operator.get("/health/ready")

    assert answer.status_code == 503
    assert [fault["code"] for fault in answer.json()["faults"]] == ["database"]
    assert "secret" not in answer.text


def test_a_writer_that_has_ended_is_told(run: Run, office: Office) -> None:
    office.engine.writer.stop()

    assert run.faults() == ["writer_ended", "database"]


def test_an_upgrade_under_way_stops_nobody_but_a_database_without_tables_does(office: Office, ticker: Ticker) -> None:
    def move(revision: str) -> None:
        office.engine.writer.call(lambda tx: tx.command(f"UPDATE alembic_version SET version_num = '{revision}'"))

    tables = inspect(office.engine.database.engine).get_table_names()
    if "alembic_version" not in tables:  # made from the models
        office.engine.writer.call(lambda tx: tx.command("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        office.engine.writer.call(lambda tx: tx.command("INSERT INTO alembic_version VALUES ('')"))
    move("r0001")
    run = Run(office, ticker)

    def faults_after(change: Callable[[], None]) -> list[str]:
        change()
        run.operations.health._good_at = 0  # as a second later
        return run.faults()

    def lose() -> None:
        office.engine.writer.call(lambda tx: tx.command("DELETE FROM alembic_version"))

    assert [run.faults(), faults_after(lambda: move("r0002")), faults_after(lose)] == [[], [], ["schema"]]


def test_a_ticker_that_is_silent_is_told_until_it_ticks(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: began + health.SILENT_SECONDS + 5)
    assert run.faults() == ["tick_silent"]

    run.ticker.tick()

    assert run.faults() == []


def test_what_is_wrong_is_logged_when_it_changes(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    run.operations.health.is_leaving = True
    with caplog.at_level(logging.INFO, "api.health"):
        run.faults()
        run.faults()
        run.operations.health.is_leaving = False
        run.faults()

    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_slow_pages_do_not_keep_the_question_waiting(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """120 calls on 7 threads: whoever asks for health is answered beside them."""
    free, look = threading.Event(), run.office.engine.look

    def look_slowly(secret: str) -> Any:
        free.wait(20)
        return look(secret)

    monkeypatch.setattr(run.office.engine, "look", look_slowly)
    slow = run.client(Authorization="Bearer x")
    with run.operator, slow, ThreadPoolExecutor(120) as callers:
        calls = [callers.submit(slow.get, "/api/v1/tasks") for _ in range(120)]
        time.sleep(0.5)
        told = [run.faults() for _ in range(20)]
        answered = [call for call in calls if call.done()]
        free.set()
        assert {call.result().status_code for call in calls} == {401}

    assert (told, answered) == ([[]] * 20, [])


# ── figures ──────────────────────────────────────────────────────────────────────────────────────
def test_the_work_is_counted(run: Run, office: Office) -> None:
    tat = office.client("tat")
    launch_campaign(tat)
    start_leave(tat)

    before = run.figures()
    office.clocks.pass_time(timedelta(days=60))
    after = run.figures()

    assert before["thidua_database_up"] == 1
    assert before["thidua_open_tasks"] == 4  # the campaign's, two duties', and the leave request's
    assert (before["thidua_overdue_tasks"], before["thidua_timer_late_seconds"]) == (0, 0)
    assert after["thidua_overdue_tasks"] == 4
    assert after["thidua_timer_late_seconds"] > 86_400
    assert after["thidua_outbox_age_seconds notice"] > 86_400


def test_lateness_is_of_the_business_clock(run: Run, office: Office) -> None:
    launch_campaign(office.client("tat"))
    office.clocks.wall += timedelta(days=60)

    assert run.figures()["thidua_timer_late_seconds"] == 0


def test_a_tick_leaves_nothing_late(run: Run, office: Office) -> None:
    launch_campaign(office.client("tat"))
    office.clocks.pass_time(timedelta(days=60))
    run.ticker.tick()

    found = run.figures()

    assert (found["thidua_timer_late_seconds"], found["thidua_outbox_age_seconds notice"]) == (0, 0)
    assert found["thidua_tick_seconds_count"] == 1
    assert found["thidua_tick_seconds_sum"] > 0
    assert found["thidua_tick_lag_seconds"] < 5
    assert found["thidua_tick_faults_total"] == 0


def test_a_tick_with_a_fault_is_counted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run.office.engine, "fire_due", lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run.ticker.tick()

    assert run.figures()["thidua_tick_faults_total"] == 1


def test_the_writer_counts_what_it_commits(run: Run, office: Office) -> None:
    an = office.client("an")
    before = run.figures()
    start_leave(an)

    found = run.figures()

    for name in ("thidua_writer_commands_total", "thidua_writer_commits_total"):
        assert found[name] == before[name] + 1
    assert (found["thidua_writer_queue"], found["thidua_writer_conflicts_total"]) == (0, 0)


def test_requests_are_counted_by_template_and_class(run: Run, office: Office) -> None:
    an = run.client(Authorization=f"Bearer {office.token('an')}")
    key = start_leave(an)["id"]
    an.get(f"/api/v1/leave-requests/{key}")
    an.get("/api/v1/leave-requests/999")
    an.get("/nowhere/at/all?secret=1")
    an.request("BREW", "/api/v1/tasks")

    found = {name: value for name, value in run.figures().items() if name.startswith("thidua_http_request_seconds_c")}

    assert found == {
        "thidua_http_request_seconds_count POST /api/v1/leave-requests 2xx": 1,
        "thidua_http_request_seconds_count GET /api/v1/leave-requests/{id} 2xx": 1,
        "thidua_http_request_seconds_count GET /api/v1/leave-requests/{id} 4xx": 1,
        "thidua_http_request_seconds_count GET (none) 4xx": 1,
        "thidua_http_request_seconds_count OTHER /api/v1/tasks 4xx": 1,
    }


def test_figures_of_the_process_are_told_without_a_database(run: Run, office: Office) -> None:
    office.engine.database.close()
    office.engine.database.read = broken  # type: ignore[method-assign]

    found = run.figures()

    assert found["thidua_database_up"] == 0
    assert "thidua_open_tasks" not in found
    assert "process_resident_memory_bytes" in found


def broken() -> Any:
    raise OSError(5, "Input/output error")


def test_two_applications_count_for_themselves(run: Run, office: Office, ticker: Ticker) -> None:
    other = Run(office, ticker)
    other.client().get("/nowhere")

    assert not [name for name in run.figures() if name.startswith("thidua_http")]
    assert [name for name in other.figures() if name.startswith("thidua_http")]


# ── who may read them ────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("address", "headers"),
    [
        (("10.0.0.7", 1), {}),
        (HERE, {"X-Forwarded-For": "127.0.0.1"}),
        (HERE, {"Via": "1.1 proxy"}),
        (HERE, {"Host": "thidua.example.vn"}),
    ],
)
def test_without_a_token_only_this_machine_reads(run: Run, address: tuple[str, int], headers: dict[str, str]) -> None:
    assert run.client(address, **headers).get("/metrics").status_code == 403


def test_with_a_token_whoever_has_it_reads(office: Office, ticker: Ticker) -> None:
    run = Run(office, ticker, Settings(metrics_token=TOKEN))

    assert run.client(("10.0.0.7", 1), Authorization=f"Bearer {TOKEN}").get("/metrics").status_code == 200
    for wrong in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {TOKEN}"}):
        refused = run.client(**wrong).get("/metrics")
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_operators_questions_have_no_pace_and_only_read(office: Office, ticker: Ticker) -> None:
    run = Run(office, ticker, Settings(requests_per_minute=1))

    assert {run.operator.get("/health/live").status_code for _ in range(30)} == {200}
    assert run.operator.post("/metrics").status_code == 405
    assert run.operator.head("/health/ready").status_code == 200
    assert json.loads(run.operator.get("/health/live").text)["status"] == "live"
