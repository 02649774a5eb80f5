"""Retention over HTTP: what is due, a dry run, archiving, and holds."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.runtime.accounts import Scope
from tests.api.test_subjects import AT, REASON, Door, seen
from tests.privacy.office import open_private

DUE, ARCHIVING = "/api/v1/retention", "/api/v1/retention/archiving"
WHY = {"reason": REASON}


@pytest.fixture
def door(folder: Path) -> Iterator[Door]:
    with open_private(folder) as office:
        yield Door(office)


@pytest.fixture
def quan(door: Door) -> TestClient:
    """The administrator."""
    return door("quan")


def in_twenty_years(door: Door) -> None:
    door.office.clock[0] = datetime(2044, 7, 10, 2, tzinfo=UTC)


def test_what_is_due_comes_with_its_rule_in_parts(door: Door, quan: TestClient) -> None:
    cases = [door.office.closed(), door.office.closed(granted=False), door.office.closed()]
    in_twenty_years(door)

    first = quan.get(DUE, params={"limit": 2}).json()
    rest = quan.get(DUE, params={"limit": 2, "cursor": first["next"]}).json()

    items = [*first["items"], *rest["items"]]
    assert [int(item["case"]["id"]) for item in items] == cases[::-1]
    assert [item["outcome"] for item in items] == ["archive", "confirm_rule", "archive"]
    assert (first["next"], rest["next"]) == (str(cases[1]), None)
    assert items[0]["rule"] == {"key": "nomination.granted", "years": 20, "citation": "Quy chế lưu trữ", "mark": "D"}
    assert (items[0]["closed_on"], items[0]["due_on"]) == ("2024-07-10", "2044-07-10")


def test_archiving_is_tried_first_and_then_done(door: Door, quan: TestClient) -> None:
    case = door.office.closed()
    in_twenty_years(door)

    tried = quan.post(ARCHIVING, json={"dry_run": True}).json()
    done = quan.post(ARCHIVING, json={"dry_run": False}).json()

    assert tried | {"dry_run": False} == done
    assert [item["case"]["id"] for item in done["items"]] == [str(case)]
    assert quan.post(ARCHIVING, json={"dry_run": False}).json()["items"] == []
    assert quan.get(DUE).json()["items"] == []


def test_an_archived_case_can_be_read_and_says_why_it_cannot_be_changed(door: Door, quan: TestClient) -> None:
    case = door.office.closed()
    in_twenty_years(door)
    quan.post(ARCHIVING, json={"dry_run": False})
    version = door.office.version(case)

    answer = door("an").post(f"{AT}/{case}/correction", json={"name": "Tên Khác", **WHY}, headers=seen(version))

    assert (answer.status_code, answer.json()["code"]) == (409, "read_only")
    assert answer.json()["detail"] == (
        "Hồ sơ đã đưa vào lưu trữ ngày 10/07/2044 theo Quy chế lưu trữ: chỉ xem, không thay đổi được nữa."
    )
    assert door("an").get(f"{AT}/{case}").status_code == 200
    assert door("an").get(f"{AT}/{case}/history").json()["items"][-1]["label"] == "Đưa vào lưu trữ"


def test_a_hold_keeps_a_case_back_until_it_is_released(door: Door, quan: TestClient) -> None:
    case = door.office.closed()
    version = door.office.version(case)
    held = quan.post(f"{AT}/{case}/hold", json=WHY, headers=seen(version))
    in_twenty_years(door)

    outcomes = [item["outcome"] for item in quan.get(DUE).json()["items"]]
    archived = quan.post(ARCHIVING, json={"dry_run": False}).json()["items"]
    released = quan.post(f"{AT}/{case}/hold/release", json=WHY, headers=seen(version + 1))

    assert (held.status_code, held.headers["ETag"], outcomes, archived) == (200, f'"{version + 1}"', ["held"], [])
    assert (released.status_code, len(quan.post(ARCHIVING, json={"dry_run": False}).json()["items"])) == (200, 1)


def test_a_second_hold_says_that_there_is_one(door: Door, quan: TestClient) -> None:
    case = door.office.start()
    quan.post(f"{AT}/{case}/hold", json=WHY, headers=seen(1))

    answer = quan.post(f"{AT}/{case}/hold", json=WHY, headers=seen(2))

    assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (409, "already_held")


@pytest.mark.parametrize("who", ["an", "lan", "thu"])
def test_retention_is_for_those_who_oversee(door: Door, who: str) -> None:
    case = door.office.closed()
    client, version = door(who), door.office.version(case)

    answers = [
        client.get(DUE),
        client.post(ARCHIVING, json={"dry_run": True}),
        client.post(f"{AT}/{case}/hold", json=WHY, headers=seen(version)),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "not_performer")] * 3


def test_an_auditor_looks_and_holds_and_does_not_archive(door: Door) -> None:
    case = door.office.closed()
    client = door("tra")

    held = client.post(f"{AT}/{case}/hold", json=WHY, headers=seen(door.office.version(case)))
    assert (client.get(DUE).status_code, held.status_code) == (200, 200)
    assert client.post(ARCHIVING, json={"dry_run": True}).status_code == 403


def test_a_token_needs_the_scope_of_administration(door: Door) -> None:
    case = door.office.start()
    client = door(door.office.opens("quan", "small", scopes=frozenset({Scope.READ, Scope.ACT, Scope.SIGN})))

    answers = [
        client.post(ARCHIVING, json={"dry_run": True}),
        client.post(f"{AT}/{case}/hold", json=WHY, headers=seen(1)),
    ]

    assert [answer.json()["code"] for answer in answers] == ["scope_missing"] * 2


@pytest.mark.parametrize("body", [{}, {"dry_run": "yes"}, {"dry_run": True, "before": "2044-01-01"}])
def test_archiving_says_whether_it_is_only_tried(quan: TestClient, body: dict[str, object]) -> None:
    assert quan.post(ARCHIVING, json=body).status_code == 422


@pytest.mark.parametrize(("headers", "status"), [({}, 428), (seen(9), 412)])
def test_a_hold_names_the_version_that_was_seen(
    door: Door, quan: TestClient, headers: dict[str, str], status: int
) -> None:
    case = door.office.start()

    assert quan.post(f"{AT}/{case}/hold", json=WHY, headers=headers).status_code == status
