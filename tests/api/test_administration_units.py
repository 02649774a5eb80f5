"""Units over HTTP: what anybody may see, what administrators may change, and the log of it."""

from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.installation import NoServer, letterhead
from api.settings import Settings
from api.ticker import Ticker
from engine.administration import log
from notifications.door import Post, prove
from tests.api.office import Office, start_leave

UNITS, HISTORY = "/api/v1/units", "/api/v1/administration/history"
P3 = {"code": "P3", "name": "Phường 3", "kind": "ward", "parent": "Q", "valid_from": "2024-07-01"}


@pytest.fixture
def admin(office: Office) -> TestClient:
    return office.client("quantri")


def codes(client: TestClient, **query: str) -> list[str]:
    return [unit["code"] for unit in client.get(UNITS, params=query).json()["items"]]


def test_everybody_who_is_logged_in_sees_the_units(office: Office, an: TestClient) -> None:
    assert codes(an) == ["Q", "P1", "P2"]
    assert (codes(an, kind="ward"), codes(an, parent="Q"), codes(an, kind="office")) == (
        ["P1", "P2"], ["P1", "P2"], [],
    )  # fmt: skip
    assert codes(an, on="2019-12-31") == []
    assert office.client().get(UNITS).status_code == 401


def test_lists_come_in_parts(an: TestClient) -> None:
    first = an.get(UNITS, params={"limit": 2}).json()
    rest = an.get(UNITS, params={"limit": 2, "cursor": first["next"]}).json()

    assert [unit["code"] for unit in first["items"] + rest["items"]] == ["Q", "P1", "P2"]
    assert rest["next"] is None


def test_a_new_unit_is_there_at_once(admin: TestClient, an: TestClient) -> None:
    answer = admin.post(UNITS, json={**P3, "mail": "p3@example.vn", "groups": ["wards"], "identifier": "H24.1"})

    assert answer.status_code == 201
    assert (answer.json()["authority"], answer.json()["parent"]) == ("Q", "Q")
    assert an.get(f"{UNITS}/P3").json() == answer.json()
    assert an.get(f"{UNITS}/P9").status_code == 404


def test_a_repeat_with_the_same_key_adds_nothing_twice(admin: TestClient) -> None:
    wish: dict[str, Any] = {"json": P3, "headers": {"Idempotency-Key": "once"}}

    answers = [admin.post(UNITS, **wish) for _ in range(2)]

    assert {(answer.status_code, answer.text) for answer in answers} == {(201, answers[0].text)}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"code": "P1"}, "unit_code_taken"),
        ({"identifier": "H24.1"}, "unit_identifier_taken"),
        ({"valid_from": "2019-01-01"}, "unit_not_alive"),
        ({"authority": "P1"}, "no_authority"),
        ({"kind": "city"}, "unit_level"),
    ],
)
def test_what_the_office_does_not_allow_is_said(admin: TestClient, wrong: dict[str, str], code: str) -> None:
    admin.patch(f"{UNITS}/P1", json={"identifier": "H24.1"})

    answer = admin.post(UNITS, json=P3 | wrong)

    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert "P3" not in codes(admin)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "planet"}, "kind"),
        ({"parent": "X"}, "parent"),
        ({"authority": "X"}, "authority"),
        ({"code": "P 3"}, "code"),
        ({"name": " "}, "name"),
        ({"name": "Phường\n3"}, "name"),
        ({"mail": "nobody"}, "mail"),
        ({"valid_from": "1.7.2024"}, "valid_from"),
        ({"valid_to": "2024-07-02"}, "valid_to"),
    ],
)
def test_a_form_that_is_not_filled_in_properly_names_the_field(
    admin: TestClient, wrong: dict[str, str], field: str
) -> None:
    answer = admin.post(UNITS, json=P3 | wrong)

    assert (answer.status_code, list(answer.json()["fields"])) == (422, [field])


def test_only_what_is_named_changes(admin: TestClient) -> None:
    answer = admin.patch(f"{UNITS}/P1", json={"name": "Phường Một"})
    emptied = admin.patch(f"{UNITS}/P1", json={"mail": None, "parent": None})

    assert (answer.json()["name"], answer.json()["mail"]) == ("Phường Một", "P1@example.vn")
    assert (emptied.json()["name"], emptied.json()["mail"], emptied.json()["parent"]) == ("Phường Một", None, None)


def test_units_do_not_stand_in_circles(admin: TestClient) -> None:
    admin.patch(f"{UNITS}/P1", json={"parent": "P2"})

    answer = admin.patch(f"{UNITS}/P2", json={"parent": "P1"})

    assert (answer.status_code, answer.json()["code"]) == (409, "unit_above_itself")


@pytest.mark.parametrize("who", ["an", "lan", "khach"])
def test_who_does_not_administer_changes_nothing(office: Office, who: str) -> None:
    client = office.client(who)

    answers = [
        client.post(UNITS, json=P3),
        client.patch(f"{UNITS}/P1", json={"name": "X"}),
        client.post(f"{UNITS}/P1/closing", json={"last_day": "2024-07-10", "paper": "QĐ 1"}),
        client.post("/api/v1/unit-kinds", json={"code": "zone", "name": "Khu", "rank": 3}),
        client.get(HISTORY),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert "Quản trị" in answers[0].json()["detail"]


def test_kinds_are_data(admin: TestClient) -> None:
    zone = {"code": "zone", "name": "Đặc khu", "rank": 3}

    assert admin.post("/api/v1/unit-kinds", json=zone).json() == zone
    assert admin.post("/api/v1/unit-kinds", json=zone).json()["code"] == "kind_taken"
    assert zone in admin.get("/api/v1/unit-kinds").json()["items"]
    assert admin.post(UNITS, json={**P3, "kind": "zone"}).status_code == 201


# ── closing and transfer ─────────────────────────────────────────────────────────────────────
def test_a_merged_ward_hands_its_cases_to_the_successor(office: Office, admin: TestClient, an: TestClient) -> None:
    case = start_leave(an)["id"]
    admin.post(UNITS, json=P3)

    closed = admin.post(
        f"{UNITS}/P1/closing", json={"last_day": "2024-07-09", "successors": ["P3"], "paper": "Nghị quyết 1"}
    ).json()

    assert (closed["valid_to"], closed["successors"], closed["cases_transferred"]) == ("2024-07-09", ["P3"], 1)
    assert "an/officer" in closed["memberships_ended"]
    assert an.get(f"/api/v1/leave-requests/{case}").status_code == 404
    assert admin.get(f"/api/v1/leave-requests/{case}").json()["unit"]["code"] == "P3"
    moved = admin.get(f"/api/v1/leave-requests/{case}/history").json()["items"][-1]
    assert (moved["label"], moved["reason"]) == (
        "Chuyển hồ sơ sang đơn vị khác", "Phường 1 → Phường 3: Nghị quyết 1",
    )  # fmt: skip
    assert admin.get(f"{UNITS}/P3").json()["predecessors"] == ["P1"]


def test_of_a_split_unit_each_case_is_given_to_one(office: Office, admin: TestClient, an: TestClient) -> None:
    started = start_leave(an)
    case = started["id"]
    admin.post(UNITS, json=P3)
    split = {"last_day": "2024-07-09", "successors": ["P2", "P3"], "paper": "Nghị quyết 1"}
    assert admin.post(f"{UNITS}/P1/closing", json=split).json()["cases_waiting"] == [
        {"id": case, "collection": "leave-requests", "code": started["code"]}
    ]
    transfer, wish = f"/api/v1/leave-requests/{case}/transfer", {"unit": "P2", "paper": "Biên bản 2"}

    refused = office.client("chi").post(transfer, json=wish)
    answer = admin.post(transfer, json=wish)

    assert (refused.status_code, answer.status_code, answer.json()["unit"]["code"]) == (404, 200, "P2")
    assert answer.headers["ETag"] == '"2"'
    assert office.client("chi").get(f"/api/v1/leave-requests/{case}").status_code == 200
    assert admin.post(transfer, json=wish).json()["code"] == "case_not_transferable"
    assert admin.post(f"/api/v1/nothing/{case}/transfer", json=wish).status_code == 404


def test_the_ticker_moves_the_cases_when_the_last_day_is_over(
    office: Office, admin: TestClient, an: TestClient
) -> None:
    case = start_leave(an)["id"]
    ticker = Ticker(office.engine, Post(prove(office.engine.registry), letterhead(Settings()), NoServer()))
    admin.post(f"{UNITS}/P1/closing", json={"last_day": "2024-07-10", "successors": ["P2"], "paper": "Nghị quyết 1"})

    ticker.tick()
    on_the_day = admin.get(f"/api/v1/leave-requests/{case}").json()["unit"]["code"]
    office.clocks.now += timedelta(days=1)
    ticker.tick()

    assert (on_the_day, admin.get(f"/api/v1/leave-requests/{case}").json()["unit"]["code"]) == ("P1", "P2")


# ── the log ──────────────────────────────────────────────────────────────────────────────────
def test_every_change_is_in_the_log(office: Office, admin: TestClient) -> None:
    admin.post(UNITS, json=P3)
    admin.patch(f"{UNITS}/P3", json={"name": "Phường Ba"})
    admin.patch(f"{UNITS}/P3", json={"name": "Phường Ba"})  # changes nothing
    admin.post(UNITS, json=P3)  # refused

    page = admin.get(HISTORY, params={"limit": 1}).json()
    older = admin.get(HISTORY, params={"cursor": page["next"]}).json()

    (change,) = page["items"]
    assert (change["seq"], change["actor"], change["what"], change["subject"]) == (2, "Quantri", "unit.change", "P3")
    assert (change["payload"]["before"]["name"], change["payload"]["after"]["name"]) == ("Phường 3", "Phường Ba")
    assert [(one["seq"], one["what"]) for one in older["items"]] == [(1, "unit.add")]
    with office.engine.database.read() as tx:
        assert list(log.verify(tx)) == []
