"""One id for a request, in the history of the cases it changed and in the mail log of what follows from it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.installation import letterhead
from api.settings import Settings
from api.ticker import Ticker
from notifications.door import Post, Wanted, log, prove
from notifications.transport import FolderTransport
from tests.api.office import Office, launch_campaign, start_leave, version

CAMPAIGNS, DUTIES, LEAVES = "/api/v1/campaigns", "/api/v1/duties", "/api/v1/leave-requests"


@pytest.fixture
def ticker(office: Office, tmp_path: Path) -> Ticker:
    head = letterhead(Settings())
    return Ticker(office.engine, Post(prove(office.engine.registry), head, FolderTransport(tmp_path / "mails")))


def named(request_id: str, number: int = 0) -> dict[str, str]:
    return {"X-Request-ID": request_id, **(version(number) if number else {})}


def ids_of(client: TestClient, at: str, what: str = "history") -> list[str]:
    items: list[dict[str, Any]] = client.get(f"{at}/{what}").json()["items"]
    return [item["request_id"] for item in items]


def test_the_history_names_the_request_of_each_change(office: Office, an: TestClient) -> None:
    at = f"{LEAVES}/{start_leave(an)['id']}"
    an.patch(at, json={"days": 3}, headers=named("second", 1))
    an.post(f"{at}/actions/submit", headers=named("third", 2))

    first, *others = ids_of(an, at)

    assert len(first) == 16
    assert others == ["second", "third"]


def test_a_repeat_changes_nothing_and_leaves_the_first_id(office: Office, an: TestClient) -> None:
    at = f"{LEAVES}/{start_leave(an)['id']}"
    again = {"Idempotency-Key": "k", **version(1)}
    answers = [an.post(f"{at}/actions/submit", headers={**again, "X-Request-ID": name}) for name in ("first", "second")]

    assert answers[0].content == answers[1].content
    assert ids_of(an, at)[1:] == ["first"]


def test_what_an_action_starts_follows_from_its_request(office: Office) -> None:
    tat = office.client("tat")
    key = tat.post(CAMPAIGNS, json={"dossier": {"title": "Thi đua", "due_on": "2024-07-31"}}).json()["id"]
    tat.post(f"{CAMPAIGNS}/{key}/actions/launch", headers=named("launching", 1))

    duties = tat.get(DUTIES, params={"parent": key}).json()["items"]

    assert [ids_of(tat, f"{DUTIES}/{duty['id']}") for duty in duties] == [["launching"]] * 2


def test_the_mail_log_names_the_request_that_a_mail_follows_from(office: Office, ticker: Ticker) -> None:
    an, tat = office.client("an"), office.client("tat")
    at = f"{LEAVES}/{start_leave(an)['id']}"
    an.post(f"{at}/actions/submit", headers=named("submitting", 1))
    ticker.tick()

    found = tat.get(f"{at}/mails").json()["items"]

    assert found
    assert {mail["request_id"] for mail in found} == {"submitting"}


def test_what_the_clock_does_follows_from_its_tick(office: Office, ticker: Ticker) -> None:
    tat = office.client("tat")
    duty = launch_campaign(tat)[1]
    ticker.tick()
    before = set(ids_of(tat, f"{DUTIES}/{duty}", "mails"))
    office.clocks.now += timedelta(days=40)
    ticker.tick()

    after = set(ids_of(tat, f"{DUTIES}/{duty}", "mails")) - before

    assert after
    assert all(name.startswith("tick-") and len(name) == 21 for name in after)


def test_what_follows_from_several_requests_names_each_as_a_reason(office: Office, ticker: Ticker) -> None:
    an = office.client("an")
    for n in range(2):
        at = f"{LEAVES}/{start_leave(an)['id']}"
        an.post(f"{at}/actions/submit", headers=named(f"request-{n}", 1))
    ticker.tick()

    with office.engine.look(office.token("binh")) as (work, actor):
        digests = [mail for mail in log(work, actor, Wanted(), 50)["items"] if len(mail["reasons"]) > 1]

    assert digests
    for digest in digests:
        assert digest["request_id"].startswith("tick-")
        assert {reason["request_id"] for reason in digest["reasons"]} == {"request-0", "request-1"}
