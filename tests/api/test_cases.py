"""Cases over HTTP: start, look, edit, act, list, history, tasks, repeats."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.schemas import Case, CaseBrief, HistoryEntry, OfferedAction, QueuedTask, Task
from tests.api.office import LEAVE, Office, launch_campaign, start_leave, submit_leave, version

LEAVES = "/api/v1/leave-requests"


def test_starting_answers_the_case_with_its_place_and_version(an: TestClient) -> None:
    answer = an.post(LEAVES, json={"dossier": LEAVE})

    case = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{LEAVES}/{case['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert case["dossier"] == {**LEAVE, "answer": ""}
    assert case["unit"] == {"code": "P1", "name": "Phường 1"}
    assert Case.model_validate_json(answer.text)
    assert an.get(answer.headers["Location"]).text == answer.text


def test_somebody_of_several_units_says_for_which(office: Office) -> None:
    dung = office.client("dung")

    without, with_unit = dung.post(LEAVES, json={}), dung.post(LEAVES, json={"unit": "P2"})

    assert (without.status_code, list(without.json()["fields"])) == (422, ["unit"])
    assert with_unit.json()["unit"]["code"] == "P2"


def test_nobody_begins_what_only_an_effect_begins(office: Office) -> None:
    tat = office.client("tat")
    campaign, *_ = launch_campaign(tat)

    answer = tat.post("/api/v1/duties", json={"parent": campaign, "unit": "P1"})

    assert (answer.status_code, answer.json()["code"]) == (403, "not_performer")


def test_a_case_that_is_still_the_same_is_not_sent_again(an: TestClient) -> None:
    at = f"{LEAVES}/{start_leave(an)['id']}"

    for seen in ('"1"', 'W/"1"', '"9", "1"', "*"):
        answer = an.get(at, headers={"If-None-Match": seen})
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", '"1"')
    assert an.get(at, headers={"If-None-Match": '"2"'}).status_code == 200


def test_editing_answers_the_new_version(an: TestClient) -> None:
    at = f"{LEAVES}/{start_leave(an)['id']}"

    answer = an.patch(at, json={"days": 5}, headers=version(1))

    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert answer.json()["dossier"]["days"] == 5
    assert an.get(at).text == answer.text


def test_editing_is_over_once_it_is_handed_in(an: TestClient) -> None:
    key = start_leave(an)["id"]
    submit_leave(an, key)

    answer = an.patch(f"{LEAVES}/{key}", json={"days": 5}, headers=version(2))

    assert (answer.status_code, answer.json()["code"]) == (409, "action_not_available")


def test_actions_say_what_may_be_done_and_why_not(an: TestClient, binh: TestClient) -> None:
    key = start_leave(an, days=0)["id"]

    (submit,) = an.get(f"{LEAVES}/{key}/actions").json()["items"]
    (from_outside,) = binh.get(f"{LEAVES}/{key}/actions").json()["items"]

    assert OfferedAction.model_validate(submit)
    assert (submit["allowed"], [reason["code"] for reason in submit["reasons"]]) == (False, ["has_days"])
    assert [reason["code"] for reason in from_outside["reasons"]] == ["not_performer", "has_days"]


def test_an_action_offers_the_schema_of_its_form(an: TestClient, binh: TestClient) -> None:
    key = start_leave(an)["id"]
    submit_leave(an, key)

    offered = {action["action"]: action for action in binh.get(f"{LEAVES}/{key}/actions").json()["items"]}

    assert {name: action["allowed"] for name, action in offered.items()} == {"grant": True, "refuse": True}
    assert offered["grant"]["form"] is None
    assert offered["refuse"]["form"]["required"] == ["answer"]


def test_history_tells_who_did_what(an: TestClient, binh: TestClient) -> None:
    key = start_leave(an)["id"]
    an.patch(f"{LEAVES}/{key}", json={"days": 5}, headers=version(1))
    an.post(f"{LEAVES}/{key}/actions/submit", headers=version(2))
    binh.post(f"{LEAVES}/{key}/actions/refuse", json={"answer": "bận quá"}, headers=version(3))

    page = an.get(f"{LEAVES}/{key}/history").json()

    told = [(entry["seq"], entry["actor"], entry["action"], entry["from"], entry["to"]) for entry in page["items"]]
    assert told == [
        (1, "An", "start", "", "drafted"),
        (2, "An", "edit", "drafted", "drafted"),
        (3, "An", "submit", "drafted", "waiting"),
        (4, "Binh", "refuse", "waiting", "refused"),
    ]
    assert page["items"][1]["changes"] == {"days": 5}
    assert page["next"] is None
    assert all(HistoryEntry.model_validate(entry) for entry in page["items"])


def test_history_comes_in_parts(an: TestClient) -> None:
    key = start_leave(an)["id"]
    for number in range(1, 4):
        an.patch(f"{LEAVES}/{key}", json={"days": number + 5}, headers=version(number))

    first = an.get(f"{LEAVES}/{key}/history?limit=3").json()
    second = an.get(f"{LEAVES}/{key}/history?limit=3&cursor={first['next']}").json()

    assert [entry["seq"] for entry in (*first["items"], *second["items"])] == [1, 2, 3, 4]
    assert second["next"] is None


def test_tasks_show_what_was_and_what_waits(an: TestClient) -> None:
    key = start_leave(an)["id"]
    submit_leave(an, key)

    tasks = an.get(f"{LEAVES}/{key}/tasks").json()["items"]

    assert [(task["state"], task["role"]["code"], task["clock"]) for task in tasks] == [
        ("drafted", "officer", "closed"),
        ("waiting", "head", "running"),
    ]
    assert all(Task.model_validate(task) for task in tasks)


def test_lists_go_by_cursor_newest_first_without_gaps_or_repeats(an: TestClient) -> None:
    keys = [start_leave(an)["id"] for _ in range(5)]

    found, cursor, parts = [], None, 0
    while parts == 0 or cursor:
        page = an.get(LEAVES, params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        found += [case["id"] for case in page["items"]]
        cursor, parts = page["next"], parts + 1

    assert found == keys[::-1]
    assert parts == 3


def test_a_list_that_ends_with_its_part_has_no_next(an: TestClient) -> None:
    for _ in range(2):
        start_leave(an)

    assert an.get(LEAVES, params={"limit": 2}).json()["next"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"drafted", "waiting", "granted"}),
        ("state=waiting", {"waiting"}),
        ("phase=submitted", {"waiting"}),
        ("open=true", {"drafted", "waiting"}),
        ("open=false", {"granted"}),
        ("open=true&phase=drafted", {"drafted"}),
        ("unit=P1", {"drafted", "waiting", "granted"}),
        ("unit=P2", set()),
        ("unit=NOWHERE", set()),
        ("parent=1", set()),
    ],
)
def test_lists_are_filtered(an: TestClient, binh: TestClient, query: str, expected: set[str]) -> None:
    keys = [start_leave(an)["id"] for _ in range(3)]
    for key in keys[1:]:
        submit_leave(an, key)
    binh.post(f"{LEAVES}/{keys[2]}/actions/grant", headers=version(2))

    items = an.get(f"{LEAVES}?{query}").json()["items"]

    assert {case["state"]["id"] for case in items} == expected
    assert all(CaseBrief.model_validate(case) for case in items)


def test_lists_hold_only_what_one_may_see(office: Office, an: TestClient) -> None:
    mine = start_leave(an)["id"]
    theirs = start_leave(office.client("chi"))["id"]

    def seen_by(name: str) -> set[str]:
        return {case["id"] for case in office.client(name).get(LEAVES).json()["items"]}

    assert {name: seen_by(name) for name in ("an", "chi", "dung", "quantri", "khach")} == {
        "an": {mine},
        "chi": {theirs},
        "dung": {mine, theirs},
        "quantri": {mine, theirs},
        "khach": set(),
    }


def test_children_are_listed_by_their_parent(office: Office) -> None:
    tat = office.client("tat")
    first, second = launch_campaign(tat), launch_campaign(tat)

    found = tat.get("/api/v1/duties", params={"parent": first[0]}).json()["items"]

    assert {duty["id"] for duty in found} == set(first[1:])
    assert set(first[1:]).isdisjoint(second[1:])


def test_the_queue_is_in_the_order_of_due_dates_and_goes_by_cursor(office: Office) -> None:
    tat = office.client("tat")
    late = start_leave(tat)["id"]
    office.clocks.pass_time(timedelta(days=1))
    tat = office.client("tat")
    later = start_leave(tat)["id"]
    no_deadline = tat.post("/api/v1/campaigns", json={"dossier": {"title": "Thi đua"}}).json()["id"]

    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = tat.get("/api/v1/tasks", params={"for": "me", "limit": 1, **({"cursor": cursor} if cursor else {})})
        found += page.json()["items"]
        cursor = page.json()["next"]

    assert [task["case"]["id"] for task in found] == [late, later, no_deadline]
    assert [task["due_on"] for task in found] == ["2024-07-17", "2024-07-18", None]
    assert all(QueuedTask.model_validate(task) for task in found)


def test_the_queue_holds_the_tasks_of_ones_roles_only(an: TestClient, binh: TestClient) -> None:
    drafted, waiting = start_leave(an)["id"], start_leave(an)["id"]
    submit_leave(an, waiting)

    def queue(client: TestClient) -> list[str]:
        return [task["instance"] for task in client.get("/api/v1/tasks").json()["items"]]

    assert (queue(an), queue(binh)) == ([drafted], [waiting])


def test_somebody_without_a_role_has_an_empty_queue(office: Office) -> None:
    assert office.client("khach").get("/api/v1/tasks").json() == {"items": [], "next": None}


def test_a_repeat_gets_the_stored_answer_byte_for_byte(an: TestClient) -> None:
    wish = {"json": {"dossier": LEAVE}, "headers": {"Idempotency-Key": "a"}}

    first, second = an.post(LEAVES, **wish), an.post(LEAVES, **wish)

    assert (second.status_code, second.content) == (201, first.content)
    assert {second.headers[name] for name in ("ETag", "Location")} == {first.headers["ETag"], first.headers["Location"]}
    assert len(an.get(LEAVES).json()["items"]) == 1


def test_a_repeat_of_an_action_is_not_stale(an: TestClient) -> None:
    key = start_leave(an)["id"]
    headers = {**version(1), "Idempotency-Key": "submit"}
    act = f"{LEAVES}/{key}/actions/submit"

    first, second = an.post(act, headers=headers), an.post(act, headers=headers)

    assert (first.status_code, second.status_code, second.content) == (200, 200, first.content)
    assert an.get(f"{LEAVES}/{key}").json()["version"] == 2


@pytest.mark.parametrize(
    "other",
    [
        {"content": b'{"days": 6}'},
        {"content": b'{"days":5}'},
        {"headers": version(2)},
        {"path": "/actions/submit", "method": "POST", "content": b""},
    ],
)
def test_the_key_of_another_request_is_refused(an: TestClient, other: dict[str, Any]) -> None:
    at = f"{LEAVES}/{start_leave(an)['id']}"
    common = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    an.patch(at, content=b'{"days": 5}', headers={**common, **version(1)})

    answer = an.request(
        other.get("method", "PATCH"),
        at + other.get("path", ""),
        content=other.get("content", b'{"days": 5}'),
        headers={**common, **version(1), **other.get("headers", {})},
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_a_key_belongs_to_a_person(office: Office, an: TestClient) -> None:
    wish = {"json": {"dossier": LEAVE}, "headers": {"Idempotency-Key": "same"}}

    mine, theirs = an.post(LEAVES, **wish).json(), office.client("chi").post(LEAVES, **wish).json()

    assert mine["id"] != theirs["id"]


def test_a_refusal_is_not_stored(an: TestClient) -> None:
    key = start_leave(an, days=0)["id"]
    act = f"{LEAVES}/{key}/actions/submit"
    refused = an.post(act, headers={**version(1), "Idempotency-Key": "k"})
    an.patch(f"{LEAVES}/{key}", json={"days": 2}, headers=version(1))

    accepted = an.post(act, headers={**version(2), "Idempotency-Key": "k"})

    assert (refused.status_code, accepted.status_code) == (409, 200)


def test_who_may_not_see_the_case_any_more_gets_no_stored_answer(office: Office, an: TestClient) -> None:
    key = start_leave(an)["id"]
    wish = {"json": {"days": 5}, "headers": {**version(1), "Idempotency-Key": "k"}}
    an.patch(f"{LEAVES}/{key}", **wish)
    office.engine.writer.call(
        lambda tx: tx.command("UPDATE membership SET valid_to = '2024-07-09' WHERE person_id = 1")
    )

    assert an.patch(f"{LEAVES}/{key}", **wish).status_code == 404


@pytest.mark.parametrize("key", ["", "has space", "x" * 201, "tab\t"])
def test_a_key_is_visible_ascii(an: TestClient, key: str) -> None:
    answer = an.post(LEAVES, json={}, headers={"Idempotency-Key": key})

    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["Idempotency-Key"])


def test_of_changes_on_the_same_version_one_wins(office: Office, an: TestClient) -> None:
    at = f"{LEAVES}/{start_leave(an)['id']}"
    clients = [office.client("an") for _ in range(8)]

    def edit(number: int) -> int:
        return clients[number].patch(at, json={"days": number}, headers=version(1)).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(edit, range(8)))

    assert statuses == [200] + [412] * 7
    assert json.loads(an.get(at).text)["version"] == 2
