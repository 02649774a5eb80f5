"""Long work beside the application: begun at once when it is ordered, gone on with after a restart."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.installation import NoServer, letterhead
from api.settings import Settings
from api.ticker import Ticker, at_work
from engine.jobs.orders import OrderedRow, begin_cases, order
from engine.runtime.service import Asking
from notifications.door import Post, prove
from tests.api.office import LEAVE, Office, open_office

AN_HOUR = 3600


@pytest.fixture
def office(folder: Path) -> Iterator[Office]:
    office = open_office(folder)
    yield office
    office.close()


@pytest.fixture
def ticker(office: Office) -> Ticker:
    return Ticker(office.engine, Post(prove(office.engine.registry), letterhead(Settings()), NoServer()))


def ordered(office: Office, count: int) -> str:
    rows = [OrderedRow("Đơn", {"dossier": LEAVE}) for _ in range(count)]
    asking = Asking(office.token("an", "session"))
    answer = order(office.engine, asking, begin_cases("leave_request", None, "Lập đơn", rows)).result()
    key: str = json.loads(answer.body)["id"]
    return key


def state(office: Office, job: str) -> str:
    found: str = office.client("an").get(f"/api/v1/jobs/{job}").json()["state"]
    return found


def test_work_begins_at_once_and_waits_for_no_tick(office: Office, ticker: Ticker) -> None:
    with at_work(ticker, AN_HOUR):
        job = ordered(office, 50)
        until = time.monotonic() + 20
        while state(office, job) != "ready" and time.monotonic() < until:
            time.sleep(0.02)
        assert state(office, job) == "ready"


def test_what_was_ordered_when_nobody_was_at_work_is_taken_up_by_a_tick_that_waits_for_none_of_it(
    office: Office, ticker: Ticker
) -> None:
    job = ordered(office, 3)
    office.engine.ordered.clear()  # as after a restart

    ticker.tick()
    assert state(office, job) == "waiting"

    with at_work(ticker, AN_HOUR):
        until = time.monotonic() + 20
        while state(office, job) != "ready" and time.monotonic() < until:
            time.sleep(0.02)
        assert state(office, job) == "ready"


def test_when_told_to_stop_the_rest_is_left_for_later(office: Office, ticker: Ticker) -> None:
    job = ordered(office, 3)
    ticker.stop()

    ticker.work_off()
    assert state(office, job) == "waiting"

    ticker.start()
    ticker.work_off()
    assert state(office, job) == "ready"
