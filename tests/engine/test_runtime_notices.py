"""Who hears of what: once per event and person, never of one's own act, and somebody always hears."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.errands.office import RuntimeOffice, open_runtime, shown


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        yield office


def facts(office: RuntimeOffice, kind: str) -> list[dict[str, Any]]:
    rows = office.ask("SELECT facts FROM notice WHERE kind = ? ORDER BY id", kind)
    return [json.loads(text) for (text,) in rows]


def test_the_owner_of_a_new_task_hears_of_it_and_so_does_who_is_told(office: RuntimeOffice) -> None:
    office.checked()

    assert office.notices() == [("task_opened", "lan"), ("handed_in", "ha")]  # not `an`, who did it


def test_nobody_hears_of_a_task_of_their_own_making(office: RuntimeOffice) -> None:
    office.start("an", "errand")

    assert office.notices() == []


def test_a_person_with_two_roles_hears_of_an_event_once(office: RuntimeOffice) -> None:
    office.hire("do", ("desk", "PNV"), ("officer", "W1"), ("head", "W1"))

    case = office.start("an", "errand", text="Quét vôi")
    before = len(office.notices())
    office.act("an", case, "hand_in")

    assert office.notices()[before:] == [("task_opened", "lan"), ("task_opened", "do"), ("handed_in", "ha")]


def test_who_left_the_role_or_closed_the_account_does_not_hear(office: RuntimeOffice) -> None:
    office.hire("do", ("desk", "PNV"))
    office.hire("kim", ("desk", "PNV"))
    office.hire("moc", ("desk", "W1"))  # the role, but not in the seat
    office.force("UPDATE person SET active = false WHERE username = 'do'")
    office.force("UPDATE membership SET valid_to = '2024-07-09'"
                 " WHERE person_id = (SELECT id FROM person WHERE username = 'kim')")  # fmt: skip

    office.checked()

    assert office.notices("task_opened") == [("task_opened", "lan")]


def test_a_notice_keeps_what_was_so_when_it_was_written(office: RuntimeOffice) -> None:
    case = office.checked()
    office.edit("lan", office.drive(), is_open=False)
    office.at("2024-07-12 09:00")
    office.act("lan", case, "redo")

    assert facts(office, "handed_in") == [
        {
            "process": "errand", "title": "Công việc", "code": "CV-2024-00001", "collection": "errands",
            "instance_id": "1", "headline": "Quét vôi", "unit": "Phường 1", "state": "Đang xét", "todo": "Xét",
            "actor": "An", "action": "Nộp",
        }
    ]  # fmt: skip
    opened = facts(office, "task_opened")[0]
    assert (opened["due_on"], opened["actor"], opened["todo"]) == ("2024-07-24", "An", "Xét")


def test_a_task_without_a_deadline_names_none(office: RuntimeOffice) -> None:
    case = office.checked()
    office.act("lan", case, "rest")
    office.hire("do", ("desk", "PNV"))
    office.act("lan", case, "ask")
    office.act("lan", case, "wake")

    assert "due_on" not in facts(office, "task_opened")[-1]


@pytest.mark.parametrize(
    ("now", "not_before"),
    [
        ("2024-07-10 09:00", "2024-07-10 09:00"),
        ("2024-07-10 18:00", "2024-07-11 08:00"),
        ("2024-07-13 10:00", "2024-07-15 08:00"),  # a Saturday
        ("2024-08-30 20:00", "2024-09-04 08:00"),  # 2/9 and 3/9 are Quốc khánh
        ("2024-07-10 05:30", "2024-07-10 08:00"),
    ],
)
def test_notices_wait_for_office_hours(office: RuntimeOffice, now: str, not_before: str) -> None:
    office.at(now)

    office.checked()

    assert [shown(at) for (at,) in office.ask("SELECT DISTINCT not_before FROM notice")] == [not_before]
    assert [shown(at) for (at,) in office.ask("SELECT DISTINCT created_at FROM notice")] == [now]


# ── roles that nobody holds ──────────────────────────────────────────────────────────────────────


def test_a_role_without_a_holder_goes_to_the_units_box_and_is_an_incident(office: RuntimeOffice) -> None:
    office.force("UPDATE person SET active = false WHERE username = 'lan'")

    case = office.checked()

    assert office.notices() == [("task_opened", "PNV"), ("incident", "quan"), ("handed_in", "ha")]
    assert office.incidents() == [("Chưa có ai giữ vai trò «Chuyên viên» tại Phòng Nội vụ", case)]
    rows = office.ask("SELECT recipient, person_id, unit_id FROM notice WHERE kind = 'task_opened' ORDER BY notice.id")
    assert rows == [("unit:2", None, 2)]


def test_a_missing_holder_is_one_incident_until_it_is_settled(office: RuntimeOffice) -> None:
    office.force("UPDATE person SET active = false WHERE username = 'lan'")
    for _ in range(2):
        office.checked()
    open_before = len(office.incidents())
    office.force("UPDATE incident SET resolved_at = 1")

    office.checked()

    assert (open_before, len(office.incidents())) == (1, 1)
    assert len(office.notices("incident")) == 2


def test_without_an_administrator_the_box_of_the_authority_hears(office: RuntimeOffice) -> None:
    office.force("UPDATE person SET active = false WHERE username IN ('lan', 'quan')")

    office.checked()

    assert office.notices() == [("task_opened", "PNV"), ("incident", "Q"), ("handed_in", "ha")]
    assert len(office.incidents()) == 1


def test_a_wards_own_case_is_repaired_by_the_districts_administrator(office: RuntimeOffice) -> None:
    """A ward has the seat of its own desk, where nobody sits, and no administrator."""
    case = office.start("an", "errand", own=True, text="Quét vôi")

    office.act("an", case, "hand_in")

    assert office.notices() == [("task_opened", "W1"), ("incident", "quan"), ("handed_in", "ha")]
    assert office.incidents() == [("Chưa có ai giữ vai trò «Chuyên viên» tại Phường 1", case)]
    assert office.ask(
        "SELECT role, code FROM user_task JOIN unit ON unit.id = unit_id WHERE user_task.kind = 'incident'"
    ) == [("admin", "Q")]
