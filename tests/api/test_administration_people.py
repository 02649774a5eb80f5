"""People, what they hold, and their leaving, over HTTP."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.office import Office, start_leave

PEOPLE, SEATS, ME = "/api/v1/people", "/api/v1/seats", "/api/v1/me"
MOI = {"username": "moi", "name": "Người Mới", "mail": "moi@example.vn"}
TODAY = "2024-07-10"


@pytest.fixture
def admin(office: Office) -> TestClient:
    return office.client("quantri")


def key_of(admin: TestClient, username: str) -> str:
    (found,) = [one["id"] for one in admin.get(PEOPLE).json()["items"] if one["username"] == username]
    return str(found)


def grant(admin: TestClient, key: str, **more: Any) -> Any:
    wish = {"unit": "P1", "role": "officer", "from": TODAY, **more}
    return admin.post(f"{PEOPLE}/{key}/memberships", json=wish)


def test_an_administrator_sees_the_people_and_others_do_not(office: Office, admin: TestClient, an: TestClient) -> None:
    names = [one["username"] for one in admin.get(PEOPLE).json()["items"]]

    assert names == ["an", "binh", "chi", "dung", "lan", "quantri", "khach", "tat"]
    assert [one["username"] for one in admin.get(PEOPLE, params={"unit": "P2"}).json()["items"]] == ["chi", "dung"]
    assert (an.get(PEOPLE).status_code, an.get(f"{PEOPLE}/1").status_code) == (403, 403)
    assert "password_hash" not in admin.get(PEOPLE).text


def test_lists_come_in_parts(admin: TestClient) -> None:
    first = admin.get(PEOPLE, params={"limit": 5}).json()
    rest = admin.get(PEOPLE, params={"limit": 5, "cursor": first["next"]}).json()

    assert [one["username"] for one in rest["items"]] == ["quantri", "khach", "tat"]
    assert (len(first["items"]), rest["next"]) == (5, None)


def test_a_new_person_can_do_nothing_until_given_a_role(office: Office, admin: TestClient) -> None:
    added = admin.post(PEOPLE, json={**MOI, "staff_code": "CB-01"})
    moi = office.client("moi")
    before = moi.get(ME).json()["memberships"]

    granted = grant(admin, added.json()["id"])

    assert (added.status_code, added.json()["has_password"], before) == (201, False, [])
    assert granted.status_code == 201
    assert [one["unit"]["code"] for one in moi.get(ME).json()["memberships"]] == ["P1"]
    assert start_leave(moi)["unit"]["code"] == "P1"


@pytest.mark.parametrize(
    ("wrong", "code"), [({"username": "an"}, "username_taken"), ({"staff_code": "CB-01"}, "staff_code_taken")]
)
def test_names_and_codes_are_one_persons(admin: TestClient, wrong: dict[str, str], code: str) -> None:
    admin.patch(f"{PEOPLE}/{key_of(admin, 'an')}", json={"staff_code": "CB-01"})

    answer = admin.post(PEOPLE, json=MOI | wrong)

    assert (answer.status_code, answer.json()["code"]) == (409, code)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"username": "Có Dấu"}, "username"),
        ({"mail": "a b@c"}, "mail"),
        ({"password": "x"}, "password"),
        ({"name": ""}, "name"),
    ],
)
def test_accounts_are_checked_for_their_form(admin: TestClient, wrong: dict[str, str], field: str) -> None:
    answer = admin.post(PEOPLE, json=MOI | wrong)

    assert (answer.status_code, list(answer.json()["fields"])) == (422, [field])


def test_a_closed_account_is_out_at_once_and_its_old_tokens_stay_dead(office: Office, admin: TestClient) -> None:
    an, key = office.client("an"), key_of(admin, "an")
    before = an.get(ME).status_code

    closed = admin.patch(f"{PEOPLE}/{key}", json={"active": False})
    while_closed = an.get(ME).status_code
    admin.patch(f"{PEOPLE}/{key}", json={"active": True})

    assert (before, closed.json()["active"], while_closed, an.get(ME).status_code) == (200, False, 401, 401)


def log_of(admin: TestClient) -> list[tuple[str, str, Any]]:
    """What the administration's log tells, the newest first."""
    items = admin.get("/api/v1/administration/history").json()["items"]
    return [(one["what"], one["subject"], one["payload"]) for one in items]


def test_the_log_tells_staff_codes_by_which_nominees_are_barred(admin: TestClient) -> None:
    key = admin.post(PEOPLE, json={**MOI, "staff_code": "CB-01"}).json()["id"]
    admin.patch(f"{PEOPLE}/{key}", json={"staff_code": "CB-02"})

    change, added = log_of(admin)

    assert change == ("person.change", "moi", {"changed": ["staff_code"], "staff_code": ["CB-01", "CB-02"]})
    assert added[2]["after"]["staff_code"] == "CB-01"


# ── memberships ──────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("more", "status", "what"),
    [
        ({"role": "officer", "unit": "P1"}, 409, "membership_overlaps"),
        ({"from": "2019-01-01", "unit": "P2"}, 409, "unit_not_alive"),
        ({"unit": "P2", "to": "2024-07-09"}, 409, "day_too_early"),
        ({"role": "emperor"}, 422, "role"),
        ({"unit": "P9"}, 422, "unit"),
    ],
)
def test_a_role_that_cannot_be_held_is_refused(admin: TestClient, more: dict[str, str], status: int, what: str) -> None:
    answer = grant(admin, key_of(admin, "an"), **more).json()

    assert (answer["status"], answer["code"] if status == 409 else next(iter(answer["fields"]))) == (status, what)


def test_a_role_ends_after_its_last_day(office: Office, admin: TestClient, an: TestClient) -> None:
    (held,) = admin.get(f"{PEOPLE}/{key_of(admin, 'an')}").json()["memberships"]
    closing = f"/api/v1/memberships/{held['id']}/closing"

    ended = admin.post(closing, json={"last_day": "2024-07-09"})

    assert (ended.status_code, ended.json()["to"]) == (200, "2024-07-09")
    assert an.get(ME).json()["memberships"] == []
    assert admin.post(closing, json={"last_day": "2024-07-20"}).json()["code"] == "ended_already"
    assert admin.post(closing, json={"last_day": "2019-01-01"}).json()["code"] == "day_too_early"
    assert admin.post("/api/v1/memberships/999/closing", json={"last_day": TODAY}).status_code == 404


def test_roles_are_listed_with_their_labels(an: TestClient) -> None:
    listed = {one["code"]: one for one in an.get("/api/v1/roles").json()["items"]}

    assert listed["head"] == {"code": "head", "label": "Thủ trưởng", "seat": "own_unit"}
    assert listed["admin"]["seat"] == "authority"


# ── leaving ──────────────────────────────────────────────────────────────────────────────────
def test_who_leaves_hands_over_what_was_theirs(office: Office, admin: TestClient, an: TestClient) -> None:
    case = start_leave(an)["id"]
    an_id, dung_id = key_of(admin, "an"), key_of(admin, "dung")
    office.engine.writer.call(lambda tx: tx.command(f"UPDATE user_task SET assignee_id = {an_id}"))

    left = admin.post(f"{PEOPLE}/{an_id}/leaving", json={"last_day": "2024-07-09", "successor": dung_id}).json()

    assert [(task["case"], task["given_to"]) for task in left["tasks"]] == [(case, "Dung")]
    assert [(one["unit"]["code"], one["to"]) for one in left["memberships_ended"]] == [("P1", "2024-07-09")]
    assert (left["person"]["active"], an.get(ME).status_code) == (False, 401)


def test_a_task_that_the_successor_cannot_take_is_everybodys(office: Office, admin: TestClient, an: TestClient) -> None:
    start_leave(an)
    an_id, chi_id = key_of(admin, "an"), key_of(admin, "chi")
    office.engine.writer.call(lambda tx: tx.command(f"UPDATE user_task SET assignee_id = {an_id}"))

    left = admin.post(f"{PEOPLE}/{an_id}/leaving", json={"last_day": "2024-07-09", "successor": chi_id}).json()

    assert [task["given_to"] for task in left["tasks"]] == [None]


def test_on_the_last_day_tasks_and_account_are_kept(office: Office, admin: TestClient, an: TestClient) -> None:
    start_leave(an)
    key = key_of(admin, "an")
    office.engine.writer.call(lambda tx: tx.command(f"UPDATE user_task SET assignee_id = {key}"))

    left = admin.post(f"{PEOPLE}/{key}/leaving", json={"last_day": TODAY}).json()

    assert (left["tasks"], left["person"]["active"]) == ([], True)


def test_leaving_says_what_nobody_holds_any_more(admin: TestClient) -> None:
    for name in ("binh", "tat"):
        left = admin.post(f"{PEOPLE}/{key_of(admin, name)}/leaving", json={"last_day": TODAY}).json()

    assert {"code": "head", "label": "Thủ trưởng"} in [one["role"] for one in left["without_holder"]]


@pytest.mark.parametrize(("successor", "expected"), [("own", (409, "successor_is_leaver")), ("99", (422, "successor"))])
def test_the_successor_is_somebody_else(admin: TestClient, successor: str, expected: tuple[int, str]) -> None:
    key = key_of(admin, "an")

    answer = admin.post(
        f"{PEOPLE}/{key}/leaving", json={"last_day": TODAY, "successor": key if successor == "own" else successor}
    ).json()

    assert (answer["status"], next(iter(answer.get("fields", {answer["code"]: ""})))) == expected


# ── seats ────────────────────────────────────────────────────────────────────────────────────
def test_a_seat_passes_from_one_unit_to_another(office: Office, admin: TestClient, an: TestClient) -> None:
    new = {"authority": "Q", "role": "appraiser", "unit": "P2", "from": "2024-08-01"}

    taken = admin.post(SEATS, json=new)

    held = [(one["unit"]["code"], one["from"], one["to"]) for one in an.get(SEATS).json()["items"]]
    assert (taken.status_code, held[1:]) == (201, [("Q", "2020-01-01", "2024-07-31"), ("P2", "2024-08-01", None)])
    assert admin.post(SEATS, json=new).json()["code"] == "seat_overlaps"
    ended = admin.post(f"{SEATS}/{taken.json()['id']}/closing", json={"last_day": "2024-12-31"})
    assert ended.json()["to"] == "2024-12-31"
    assert an.get(SEATS, params={"on": "2025-01-01", "authority": "Q"}).json()["items"][-1]["role"]["code"] == "admin"


@pytest.mark.parametrize(("wrong", "code"), [({"role": "officer"}, "seat_role"), ({"authority": "P1"}, "no_authority")])
def test_only_what_an_authority_gives_is_a_seat(admin: TestClient, wrong: dict[str, str], code: str) -> None:
    new = {"authority": "Q", "role": "appraiser", "unit": "P2", "from": "2024-08-01"}

    assert admin.post(SEATS, json=new | wrong).json()["code"] == code


@pytest.mark.parametrize("who", ["an", "lan", "khach"])
def test_who_does_not_administer_changes_nothing(office: Office, who: str) -> None:
    client = office.client(who)
    seat = {"authority": "Q", "role": "appraiser", "unit": "P2", "from": TODAY}

    answers = [
        client.post(PEOPLE, json=MOI),
        client.patch(f"{PEOPLE}/1", json={"name": "X"}),
        client.post(f"{PEOPLE}/1/leaving", json={"last_day": TODAY}),
        grant(client, "1"),
        client.post("/api/v1/memberships/1/closing", json={"last_day": TODAY}),
        client.post(SEATS, json=seat),
        client.post(f"{SEATS}/1/closing", json={"last_day": TODAY}),
    ]

    assert [answer.status_code for answer in answers] == [403] * len(answers)


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1999-12-31", "2200-01-01"])
def test_days_that_nobody_means_are_refused(admin: TestClient, day: str) -> None:
    place = {"unit": "P2", "role": "head"}
    paper = {"principal": "2", "deputy": "1", "role": "head", "unit": "P1", "capacity": "TUQ.", "paper": "1/GUQ"}

    answers = [
        admin.post("/api/v1/memberships/1/closing", json={"last_day": day}),
        admin.post("/api/v1/units/P2/closing", json={"last_day": day, "paper": "QĐ 1"}),
        admin.post(f"{PEOPLE}/1/leaving", json={"last_day": day}),
        admin.post(f"{SEATS}/1/closing", json={"last_day": day}),
        admin.post(SEATS, json={"authority": "Q", "role": "appraiser", "unit": "P2", "from": day}),
        admin.post(f"{PEOPLE}/1/memberships", json={**place, "from": day}),
        admin.post(f"{PEOPLE}/1/memberships", json={**place, "from": TODAY, "to": day}),
        admin.post("/api/v1/mandates", json={**paper, "from": TODAY, "to": day}),
        admin.post("/api/v1/mandates/1/closing", json={"last_day": day}),
    ]

    assert [answer.status_code for answer in answers] == [422] * len(answers)
    said = {sentence for answer in answers for sentence in answer.json()["fields"].values()}
    assert said == {"Phải là ngày từ 01/01/2000 đến 31/12/2199."}
