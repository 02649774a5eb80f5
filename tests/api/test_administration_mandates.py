"""Mandates over HTTP: who may give them, what cannot be given, and when they end."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.office import Office

MANDATES = "/api/v1/mandates"
BINH, AN, CHI, DUNG, LAN, QUANTRI = "2", "1", "3", "4", "5", "6"
BINH_TO_AN = {
    "principal": BINH, "deputy": AN, "role": "head", "unit": "P1", "capacity": "TUQ.", "paper": "Giấy ủy quyền 01",
    "from": "2024-07-10", "to": "2024-07-31",
}  # fmt: skip


@pytest.fixture
def admin(office: Office) -> TestClient:
    return office.client("quantri")


def give(client: TestClient, **more: Any) -> Any:
    return client.post(MANDATES, json=BINH_TO_AN | more)


def mandates(client: TestClient, **query: str) -> list[str]:
    return [one["id"] for one in client.get(MANDATES, params=query).json()["items"]]


@pytest.mark.parametrize("who", ["binh", "quantri"])
def test_the_principal_or_the_administrator_gives_a_mandate(office: Office, who: str) -> None:
    answer = give(office.client(who), powers=["leave_request.grant"])

    given = answer.json()
    assert answer.status_code == 201
    assert (given["principal"]["name"], given["deputy"]["name"], given["powers"]) == (
        "Binh", "An", ["leave_request.grant"],
    )  # fmt: skip
    assert [mandates(office.client(name)) for name in ("binh", "an", "quantri", "chi")] == [
        ["1"], ["1"], ["1"], [],
    ]  # fmt: skip
    assert mandates(office.client("an"), on="2024-08-01") == []


def test_nobody_gives_what_is_another_persons(office: Office) -> None:
    assert [give(office.client(who)).status_code for who in ("an", "chi", "khach")] == [403] * 3


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"deputy": BINH}, "mandate_to_oneself"),
        ({"unit": "P2"}, "mandate_without_role"),
        ({"principal": AN, "deputy": CHI}, "mandate_without_role"),
        ({"from": "2019-12-31"}, "unit_not_alive"),
        ({"to": "2024-07-09"}, "day_too_early"),
        ({"powers": ["leave_request.submit"]}, "mandate_power"),
        ({"powers": ["leave_request.dance"]}, "mandate_power"),
        ({"powers": ["nothing.approve"]}, "mandate_power"),
        ({"principal": QUANTRI, "role": "admin", "unit": "Q"}, "mandate_of_administration"),
    ],
)
def test_what_cannot_be_given_is_said(admin: TestClient, wrong: dict[str, Any], code: str) -> None:
    answer = give(admin, **wrong)

    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert mandates(admin) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"role": "emperor"}, "role"),
        ({"unit": "X"}, "unit"),
        ({"deputy": "99"}, "deputy"),
        ({"capacity": "TM."}, "capacity"),
        ({"to": None}, "to"),
        ({"powers": ["everything"]}, "powers.0"),
    ],
)
def test_a_form_that_is_not_filled_in_properly_names_the_field(
    admin: TestClient, wrong: dict[str, Any], field: str
) -> None:
    answer = give(admin, **wrong)

    assert (answer.status_code, list(answer.json()["fields"])) == (422, [field])


def test_what_was_given_is_not_passed_on(admin: TestClient) -> None:
    give(admin)

    answer = give(admin, principal=AN, deputy=DUNG)

    assert answer.json()["code"] == "mandate_without_role"


def test_two_people_do_not_stand_in_for_each_other_at_once(office: Office, admin: TestClient) -> None:
    admin.post("/api/v1/people/1/memberships", json={"unit": "P1", "role": "head", "from": "2024-07-10"})
    give(admin)

    back = give(admin, principal=AN, deputy=BINH, **{"from": "2024-07-31", "to": "2024-08-15"})
    after = give(admin, principal=AN, deputy=BINH, **{"from": "2024-08-01", "to": "2024-08-15"})

    assert (back.json()["code"], after.status_code) == ("mandate_both_ways", 201)


def test_the_same_mandate_is_given_once_at_a_time(admin: TestClient) -> None:
    give(admin)

    assert give(admin, to="2024-12-31").json()["code"] == "mandate_overlaps"
    assert give(admin, deputy=DUNG).status_code == 201


@pytest.mark.parametrize("closed", [AN, BINH])
def test_both_must_be_active(admin: TestClient, closed: str) -> None:
    admin.patch(f"/api/v1/people/{closed}", json={"active": False})

    assert give(admin).json()["code"] == "person_not_active"


def test_the_role_is_held_on_every_day(office: Office, admin: TestClient) -> None:
    """Two memberships one right after the other are one; with a day between them they are not."""
    held = {"unit": "P2", "role": "head"}
    for first, last in (("2024-07-01", "2024-07-15"), ("2024-07-16", "2024-07-31"), ("2024-08-02", "2024-08-31")):
        admin.post(f"/api/v1/people/{LAN}/memberships", json={**held, "from": first, "to": last})

    def given(first: str, last: str) -> int:
        status: int = give(admin, principal=LAN, unit="P2", **{"from": first, "to": last}).status_code
        return status

    assert (given("2024-07-20", "2024-08-10"), given("2024-07-31", "2024-08-01")) == (409, 409)
    assert (given("2024-07-02", "2024-07-31"), given("2024-08-02", "2024-08-31")) == (201, 201)


def test_a_mandate_ends_early_by_who_gave_it(office: Office, admin: TestClient) -> None:
    give(admin)
    closing = f"{MANDATES}/1/closing"

    refused = [office.client(who).post(closing, json={"last_day": "2024-07-11"}).status_code for who in ("an", "chi")]
    ended = office.client("binh").post(closing, json={"last_day": "2024-07-11"})

    assert (refused, ended.status_code, ended.json()["to"]) == ([403, 404], 200, "2024-07-11")
    assert admin.post(closing, json={"last_day": "2024-07-20"}).json()["code"] == "ended_already"


def test_a_mandate_ends_with_the_role_it_rests_on(admin: TestClient) -> None:
    give(admin)
    (held,) = admin.get(f"/api/v1/people/{BINH}").json()["memberships"]

    admin.post(f"/api/v1/memberships/{held['id']}/closing", json={"last_day": "2024-07-15"})

    assert [one["to"] for one in admin.get(MANDATES).json()["items"]] == ["2024-07-15"]
