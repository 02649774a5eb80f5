"""Reminders that a person sends: who may, whom they reach, once a day, and what proves it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from engine.runtime.database import Statement
from engine.runtime.schema import notice, nudge
from tests.api.office import Office, launch_campaign, version

LATE = timedelta(days=22)  # the day after the due date


@pytest.fixture
def tat(office: Office) -> TestClient:
    return office.client("tat")


def remind(client: TestClient, campaign: str, **body: Any) -> Any:
    answer = client.post(f"/api/v1/campaigns/{campaign}/reminders", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def told(office: Office) -> list[str]:
    """Recipients of the notices that people have caused by hand, with the unit of the case."""
    wanted = notice.c.event_key.startswith("nudge:")
    with office.engine.database.read() as tx:
        return [row["recipient"] for row in tx.all(Statement(select(notice).where(wanted).order_by(notice.c.id)))]


def names(lines: list[dict[str, Any]]) -> list[str]:
    return [line["unit"]["code"] for line in lines]


def test_what_is_late_is_reminded_of_at_once_and_who_has_done_it_is_left_alone(office: Office, tat: TestClient) -> None:
    campaign, _, done = launch_campaign(tat)
    chi = office.client("chi")
    chi.patch(f"/api/v1/duties/{done}", json={"result": "đã xong"}, headers=version(1))
    chi.post(f"/api/v1/duties/{done}/actions/report", headers=version(2))
    office.clocks.pass_time(LATE)

    sent = remind(office.client("lan"), campaign)

    assert names(sent["reminded"]) == ["P1"]
    assert sent["reminded"][0]["to"] == ["An", "Dung", "Tat"]
    assert sent["left_out"] == []
    assert len(told(office)) == 3


def test_before_anything_is_due_nobody_is_reminded_unless_named(office: Office, tat: TestClient) -> None:
    campaign, duty, _ = launch_campaign(tat)
    lan = office.client("lan")

    assert remind(lan, campaign) == {"reminded": [], "left_out": []}
    assert names(remind(lan, campaign, cases=[duty])["reminded"]) == ["P1"]


def test_a_second_reminder_of_the_same_day_goes_to_nobody(office: Office, tat: TestClient) -> None:
    campaign, duty, _ = launch_campaign(tat)
    office.clocks.pass_time(LATE)
    lan = office.client("lan")
    remind(lan, campaign, cases=[duty])
    before = told(office)

    again = remind(lan, campaign, cases=[duty])
    office.clocks.pass_time(timedelta(days=1))
    tomorrow = remind(office.client("lan"), campaign, cases=[duty])

    assert again["reminded"] == []
    assert "Hôm nay đã đôn đốc lúc 09:00 (Lan)" in again["left_out"][0]["against"]
    assert names(tomorrow["reminded"]) == ["P1"]
    assert len(told(office)) == 2 * len(before)


def test_a_repeated_request_gets_the_first_answer(office: Office, tat: TestClient) -> None:
    campaign, *_ = launch_campaign(tat)
    office.clocks.pass_time(LATE)
    lan = office.client("lan", **{"Idempotency-Key": "once"})

    assert remind(lan, campaign) == remind(lan, campaign)
    assert len(told(office)) == 5  # three in the one ward, two in the other


def test_a_row_proves_who_reminded_and_when(office: Office, tat: TestClient) -> None:
    campaign, duty, _ = launch_campaign(tat)
    remind(office.client("lan"), campaign, cases=[duty])

    with office.engine.database.read() as tx:
        (row,) = tx.all(Statement(select(nudge)))

    assert (str(row["instance_id"]), row["role"]) == (duty, "appraiser")
    assert row["key"].endswith(":2024-07-31:2024-07-10")
    with pytest.raises(Exception, match="append-only"):
        office.engine.writer.call(lambda tx: tx.command("DELETE FROM nudge"))


@pytest.mark.parametrize("username", ["an", "binh", "quantri"])
def test_only_who_watches_the_cases_or_leads_who_does_may_remind(
    office: Office, tat: TestClient, username: str
) -> None:
    campaign, duty, _ = launch_campaign(tat)
    client = office.client(username)

    answer = client.post(f"/api/v1/campaigns/{campaign}/reminders", json={"cases": [duty]})

    assert answer.status_code == 403
    assert "Chuyên viên" in answer.json()["detail"]
    assert client.get(f"/api/v1/campaigns/{campaign}/reminders").status_code == 403
    assert told(office) == []


def test_the_plan_says_who_would_hear_and_changes_nothing(office: Office, tat: TestClient) -> None:
    campaign, *_ = launch_campaign(tat)
    office.clocks.pass_time(LATE)

    items = office.client("lan").get(f"/api/v1/campaigns/{campaign}/reminders").json()["items"]

    assert [(item["unit"]["code"], item["is_due"], item["to"]) for item in items] == [
        ("P1", True, ["An", "Dung", "Tat"]),
        ("P2", True, ["Chi", "Dung"]),
    ]
    assert told(office) == []


def test_at_night_the_reminder_waits_for_the_office_to_open(office: Office, tat: TestClient) -> None:
    campaign, duty, _ = launch_campaign(tat)
    office.clocks.pass_time(timedelta(hours=12))  # 21:00
    remind(office.client("lan"), campaign, cases=[duty])

    with office.engine.database.read() as tx:
        rows = tx.all(Statement(select(notice).where(notice.c.event_key.startswith("nudge:"))))

    assert {row["not_before"] - row["created_at"] for row in rows} == {timedelta(hours=11) // timedelta(microseconds=1)}


def test_an_assigned_task_is_reminded_of_to_its_assignee_alone(office: Office, tat: TestClient) -> None:
    campaign, duty, _ = launch_campaign(tat)
    dung = office.client("dung")
    taken = dung.post(f"/api/v1/duties/{duty}/assignment", json={"person": "dung"}, headers=version(1))
    assert taken.status_code == 200, taken.text

    lan = office.client("lan")
    plan = {item["case"]: item["to"] for item in lan.get(f"/api/v1/campaigns/{campaign}/reminders").json()["items"]}
    remind(lan, campaign, cases=[duty])

    assert plan[duty] == ["Dung"]
    assert len(told(office)) == 1
