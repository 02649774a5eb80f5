"""Coverage of a campaign: each unit's duties, from not yet due to done."""

from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.schemas import Coverage
from tests.api.office import Office, launch_campaign, version


def rows(client: TestClient, campaign: str) -> dict[str, tuple[str, int | None]]:
    """Unit → status and days."""
    answer = client.get(f"/api/v1/campaigns/{campaign}/coverage")
    assert answer.status_code == 200, answer.text
    assert Coverage.model_validate_json(answer.text)
    return {item["unit"]["code"]: (item["status"], item["days_left"]) for item in answer.json()["items"]}


def act(client: TestClient, duty: str, action: str, form: dict[str, Any] | None = None) -> None:
    at = f"/api/v1/duties/{duty}"
    if action == "report":
        client.patch(at, json={"result": "đã xong"}, headers=version(client.get(at).json()["version"]))
    answer = client.post(f"{at}/actions/{action}", json=form, headers=version(client.get(at).json()["version"]))
    assert answer.status_code == 200, answer.text


@pytest.fixture
def tat(office: Office) -> TestClient:
    return office.client("tat")


def test_a_row_names_unit_case_state_and_status(tat: TestClient) -> None:
    campaign, duty, _ = launch_campaign(tat)

    first = tat.get(f"/api/v1/campaigns/{campaign}/coverage").json()["items"][0]

    assert first == {
        "unit": {"code": "P1", "name": "Phường 1"},
        "process": "duty",
        "case": duty,
        "code": f"TN-2024-{int(duty):05d}",
        "state": {"id": "assigned", "label": "Đang làm"},
        "phase": "drafted",
        "status": "not_due",
        "days_left": 15,
        "days_late": None,
    }


@pytest.mark.parametrize(
    ("days_later", "expected"),
    [
        (0, ("not_due", 15)),
        (16, ("not_due", 3)),
        (19, ("due", 2)),
        (21, ("due", 0)),
        (22, ("late", -1)),
        (28, ("late", -5)),
    ],
)
def test_due_begins_with_the_first_reminder_and_late_after_the_due_date(
    office: Office, tat: TestClient, days_later: int, expected: tuple[str, int]
) -> None:
    campaign, *_ = launch_campaign(tat)
    office.clocks.pass_time(timedelta(days=days_later))
    tat = office.client("tat")

    assert rows(tat, campaign)["P1"] == expected


def test_a_campaign_without_a_date_makes_nothing_due(tat: TestClient) -> None:
    campaign = tat.post("/api/v1/campaigns", json={}).json()["id"]
    tat.post(f"/api/v1/campaigns/{campaign}/actions/launch", headers=version(1))

    assert rows(tat, campaign) == {"P1": ("not_due", None), "P2": ("not_due", None)}


def test_a_duty_goes_from_received_over_returned_to_done(office: Office, tat: TestClient) -> None:
    campaign, duty, other = launch_campaign(tat)
    told = []
    for action, form in (
        ("report", None),
        ("send_back", {"reason": "thiếu số liệu"}),
        ("report", None),
        ("accept", None),
    ):
        act(tat, duty, action, form)
        told.append(rows(tat, campaign)["P1"])
    act(tat, other, "excuse", {"reason": "giải thể"})
    told.append(rows(tat, campaign)["P2"])

    assert told == [("submitted", 3), ("returned", 3), ("submitted", 3), ("received", None), ("excused", None)]


def test_totals_count_units_with_all_their_duties(tat: TestClient) -> None:
    campaign, duty, other = launch_campaign(tat)

    def totals() -> dict[str, int]:
        found: dict[str, int] = tat.get(f"/api/v1/campaigns/{campaign}/coverage").json()["totals"]
        return found

    before = totals()
    act(tat, duty, "report")
    unchecked = totals()
    act(tat, duty, "accept")
    between = totals()
    act(tat, other, "excuse", {"reason": "giải thể"})

    assert before == {"units": 2, "carried_out": 0, "percent": 0}
    assert unchecked == before
    assert between == {"units": 2, "carried_out": 1, "percent": 50}
    assert totals() == {"units": 2, "carried_out": 2, "percent": 100}


def test_a_finished_campaign_is_done(office: Office, tat: TestClient) -> None:
    campaign, *duties = launch_campaign(tat)
    for duty, officer in zip(duties, ("an", "chi"), strict=True):
        act(office.client(officer), duty, "report")
        act(tat, duty, "accept")

    tat.post(f"/api/v1/campaigns/{campaign}/actions/finish", headers=version(2))

    assert rows(tat, campaign) == {"P1": ("done", None), "P2": ("done", None)}


def test_a_ward_sees_its_own_row(office: Office, tat: TestClient) -> None:
    campaign, *_ = launch_campaign(tat)

    assert set(rows(office.client("an"), campaign)) == {"P1"}
    assert set(rows(office.client("quantri"), campaign)) == {"P1", "P2"}


def test_a_draft_has_no_rows_and_no_percent(tat: TestClient) -> None:
    campaign = tat.post("/api/v1/campaigns", json={}).json()["id"]

    assert tat.get(f"/api/v1/campaigns/{campaign}/coverage").json() == {
        "items": [],
        "totals": {"units": 0, "carried_out": 0, "percent": 0},
    }


def test_who_may_not_see_the_campaign_sees_no_coverage(office: Office, tat: TestClient) -> None:
    campaign, duty, _ = launch_campaign(tat)

    assert office.client("khach").get(f"/api/v1/campaigns/{campaign}/coverage").status_code == 404
    assert tat.get(f"/api/v1/campaigns/{duty}/coverage").status_code == 404
