"""Calendar, law and mail settings over HTTP: what one administrator says holds for everybody."""

from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.installation import letterhead
from api.settings import Settings
from notifications.door import Post, prove, run_due
from notifications.transport import Attempt, Outcome
from tests.api.office import Office, attach, launch_campaign, start_leave, submit_leave, version

LAW, DAYS, MAIL = "/api/v1/legal-rows", "/api/v1/calendar-days", "/api/v1/settings/mail"
NEW_LIMIT = {
    "kind": "time_limit", "key": "check", "value": {"working_days": 7}, "citation": "Quy chế mới", "mark": "D",
    "valid_from": "2024-07-10",
}  # fmt: skip
DAY_OFF = {"day": "2024-07-11", "kind": "off", "name": "Nghỉ bão", "source": "Công điện 5"}


@pytest.fixture
def admin(office: Office) -> TestClient:
    return office.client("quantri")


def row(client: TestClient, key: str) -> dict[str, Any]:
    """The newest row of that key."""
    found: dict[str, Any] = [one for one in client.get(LAW).json()["items"] if one["key"] == key][-1]
    return found


# ── law ──────────────────────────────────────────────────────────────────────────────────────
def test_a_confirmed_row_blocks_and_says_who_stands_for_it(
    office: Office, admin: TestClient, office_duty: tuple[TestClient, str]
) -> None:
    tat, duty = office_duty
    report = f"/api/v1/duties/{duty}"
    tat.patch(report, json={"result": "Tốt"}, headers=version(1))  # shorter than the unverified rule wants
    unsure = row(tat, "result_long")

    confirmed = admin.post(f"{LAW}/{unsure['id']}/confirmation", json={"source": "Quyết định 7, Điều 2"}).json()
    refused = tat.post(f"{report}/actions/report", headers=version(2))
    withdrawn = admin.delete(f"{LAW}/{unsure['id']}/confirmation").json()
    warned = tat.post(f"{report}/actions/report", headers=version(2))

    assert (unsure["may_block"], confirmed["may_block"], withdrawn["may_block"]) == (False, True, False)
    assert (confirmed["confirmed_by"], confirmed["confirmation"]) == ("Quantri", "Quyết định 7, Điều 2")
    assert (refused.status_code, warned.status_code) == (409, 200)


def test_only_what_is_unsure_is_confirmed_and_once(admin: TestClient) -> None:
    sure, unsure = row(admin, "result_given")["id"], row(admin, "result_long")["id"]
    source = {"source": "Quyết định 7"}

    codes = [
        admin.post(f"{LAW}/{sure}/confirmation", json=source).json()["code"],
        admin.delete(f"{LAW}/{unsure}/confirmation").json()["code"],
        admin.post(f"{LAW}/{unsure}/confirmation", json=source) and "",
        admin.post(f"{LAW}/{unsure}/confirmation", json=source).json()["code"],
        admin.post(f"{LAW}/999/confirmation", json=source).json()["code"],
    ]

    assert codes == ["needs_no_confirmation", "not_confirmed", "", "confirmed_already", "not_found"]


def test_a_new_row_ends_the_old_one_and_sets_the_next_deadline(admin: TestClient, office: Office) -> None:
    added = admin.post(LAW, json=NEW_LIMIT)

    rows = admin.get(LAW, params={"kind": "time_limit"}).json()["items"]
    assert (added.status_code, [(one["valid_from"], one["valid_to"]) for one in rows]) == (
        201, [("2024-01-01", "2024-07-09"), ("2024-07-10", None)],
    )  # fmt: skip
    tat = office.client("tat")
    duty = launch_campaign(tat)[1]
    tat.patch(f"/api/v1/duties/{duty}", json={"result": "Rất tốt"}, headers=version(1))
    attach(tat, duty, b"%PDF-1.4\n%%EOF\n")
    task = tat.post(f"/api/v1/duties/{duty}/actions/report", headers=version(3)).json()["task"]
    assert task["due_on"] == "2024-07-19"  # seven working days, no longer three


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"value": {"days": 7}}, "law_shape"),
        ({"value": {"working_days": "7"}}, "law_shape"),
        ({"value": {"working_days": True}}, "law_shape"),
        ({"kind": "custom"}, "law_kind"),
        ({"valid_from": "2024-01-01"}, "law_overlaps"),
        ({"valid_from": "2023-01-01"}, "law_overlaps"),
        ({"valid_to": "2024-07-09"}, "day_too_early"),
    ],
)
def test_a_row_that_nothing_could_read_is_refused(admin: TestClient, wrong: dict[str, Any], code: str) -> None:
    answer = admin.post(LAW, json=NEW_LIMIT | wrong)

    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert len(admin.get(LAW).json()["items"]) == 3


# ── the calendar ─────────────────────────────────────────────────────────────────────────────
def test_a_day_off_counts_from_the_next_deadline_on(office: Office, admin: TestClient, an: TestClient) -> None:
    before = start_leave(an)["task"]["due_on"]

    entered = admin.post(DAYS, json=DAY_OFF).json()

    assert (before, start_leave(an)["task"]["due_on"]) == ("2024-07-17", "2024-07-18")
    assert entered["tasks_due_from_then"] == 1
    listed = {day["day"]: day["name"] for day in an.get(DAYS, params={"year": 2024}).json()["items"]}
    assert (listed["2024-07-11"], "2025-01-01" in listed) == ("Nghỉ bão", False)


def test_the_latest_word_for_a_day_holds(admin: TestClient, an: TestClient) -> None:
    admin.post(DAYS, json=DAY_OFF)
    admin.post(DAYS, json=DAY_OFF | {"kind": "working", "name": "Làm việc bình thường"})

    assert start_leave(an)["task"]["due_on"] == "2024-07-17"
    days = an.get(DAYS, params={"year": 2024}).json()["items"]
    assert [day["kind"] for day in days if day["day"] == "2024-07-11"] == ["working"]


@pytest.mark.parametrize("wrong", [{"kind": "maybe"}, {"day": "1999-12-31"}, {"source": ""}])
def test_a_day_says_what_it_is_and_who_says_so(admin: TestClient, wrong: dict[str, str]) -> None:
    answer = admin.post(DAYS, json=DAY_OFF | wrong)

    assert (answer.status_code, list(answer.json()["fields"])) == (422, list(wrong))


# ── mail ─────────────────────────────────────────────────────────────────────────────────────
class Tray:
    """A transport that keeps what it is given."""

    def __init__(self) -> None:
        self.letters: list[Message] = []

    def send(self, envelope_from: str, recipient: str, message: bytes) -> Attempt:
        self.letters.append(message_from_bytes(message))
        return Attempt(Outcome.SENT, "250 ok")


def test_the_next_letter_carries_the_name_that_was_set(office: Office, admin: TestClient, an: TestClient) -> None:
    tray = Tray()
    post = Post(prove(office.engine.registry), letterhead(Settings()), tray)
    said: list[tuple[str, str]] = []

    for wish in ({}, {"sender_name": "Phong Noi vu", "reply_to": "noivu@example.vn"}, {"sender_name": None}):
        answer = admin.put(MAIL, json=wish)
        assert (answer.status_code, answer.json()) == (200, {"sender_name": None, "reply_to": None} | wish)
        submit_leave(an, start_leave(an)["id"])
        run_due(office.engine, post, office.clocks.now)
        said.append((tray.letters[-1]["From"], tray.letters[-1]["Reply-To"]))

    assert said[1] == ("Phong Noi vu <thidua@localhost>", "noivu@example.vn")
    assert said[0] == said[2] != said[1]


@pytest.mark.parametrize("who", ["an", "lan", "khach"])
def test_who_does_not_administer_changes_nothing(office: Office, who: str) -> None:
    client = office.client(who)

    answers = [
        client.post(LAW, json=NEW_LIMIT),
        client.post(f"{LAW}/3/confirmation", json={"source": "X"}),
        client.delete(f"{LAW}/3/confirmation"),
        client.post(DAYS, json=DAY_OFF),
        client.put(MAIL, json={}),
        client.get(MAIL),
    ]

    assert [answer.status_code for answer in answers] == [403] * len(answers)
