"""Acting for somebody else: by a paper, for its powers, until it ends, and said so in the history."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import NotFound, NotPerformer
from engine.runtime import queries
from engine.runtime.history import verify
from engine.runtime.present import actions_json, history_json
from engine.runtime.queue import work_queue
from engine.runtime.rights import visible
from engine.runtime.schema import mandate
from engine.runtime.snapshots import load_case
from engine.runtime.statements import INSTANCE, insertion
from tests.databases import tamper
from tests.errands.office import RuntimeOffice, open_runtime

NEW_MANDATE = insertion(mandate)


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        office.hire("vu")  # holds nothing
        yield office


def person(office: RuntimeOffice, username: str) -> int:
    return int(office.one("SELECT id FROM person WHERE username = ?", username))


def authorise(
    office: RuntimeOffice, principal: str, deputy: str, role: str, unit: str, *powers: str,
    span: tuple[str, str] = ("2024-07-01", "2024-07-31"),
) -> None:  # fmt: skip
    values = {
        "principal_id": person(office, principal), "deputy_id": person(office, deputy), "role": role,
        "unit_id": office.unit_id(unit), "powers": json.dumps(powers), "capacity": "KT.", "paper": "05/GUQ-UBND",
        "valid_from": span[0], "valid_to": span[1],
    }  # fmt: skip
    office.engine.writer.call(lambda tx: tx.insert(NEW_MANDATE, **values))


def shown_history(office: RuntimeOffice, case: int, who: str) -> list[dict[str, Any]]:
    with office.looking(who) as (work, actor):
        row = work.tx.one(INSTANCE, which=case)
        assert row is not None
        return [history_json(work, row, entry, actor) for entry in queries.history_of(work.tx, case, 0, 100)]


def queue(office: RuntimeOffice, who: str) -> list[int]:
    with office.looking(who) as (work, actor):
        return [task["instance_id"] for task in work_queue(work, actor, None, 50)]


def test_a_deputy_acts_and_the_history_says_for_whom_and_by_which_paper(office: RuntimeOffice) -> None:
    authorise(office, "lan", "vu", "desk", "PNV")
    case = office.checked()

    office.act("vu", case, "approve")

    entry = shown_history(office, case, "chu")[-1]
    assert (entry["actor"], entry["role"]) == ("Vu", {"code": "desk", "label": "Chuyên viên"})
    assert entry["for"] == {"name": "Lan", "capacity": "KT.", "paper": "05/GUQ-UBND"}
    with office.engine.database.read() as tx:
        assert list(verify(tx)) == []


def test_for_whom_somebody_acted_cannot_be_changed_unnoticed(office: RuntimeOffice) -> None:
    authorise(office, "lan", "vu", "desk", "PNV")
    case = office.checked()
    office.act("vu", case, "approve")

    tamper(office.engine.database, f"UPDATE history SET mandate_id = NULL WHERE instance_id = {case}")

    with office.engine.database.read() as tx:
        assert f"case {case}: the chain is broken at entry 3" in list(verify(tx))


def test_who_holds_the_role_acts_for_themself_in_spite_of_a_mandate(office: RuntimeOffice) -> None:
    office.hire("my", ("desk", "PNV"))
    authorise(office, "lan", "my", "desk", "PNV")
    case = office.checked()

    office.act("my", case, "approve")

    assert shown_history(office, case, "chu")[-1]["for"] is None


@pytest.mark.parametrize(("today", "may"), [("2024-07-10", False), ("2024-07-11", True), ("2024-07-12", False)])
def test_a_mandate_begins_and_ends_by_itself(office: RuntimeOffice, today: str, may: bool) -> None:
    authorise(office, "lan", "vu", "desk", "PNV", span=("2024-07-11", "2024-07-11"))
    case = office.checked()
    office.at(f"{today} 23:59")

    if may:
        office.act("vu", case, "rest")
    else:
        with pytest.raises(NotFound):
            office.act("vu", case, "rest")


def test_powers_that_are_named_are_all_there_is(office: RuntimeOffice) -> None:
    authorise(office, "lan", "vu", "desk", "PNV", "errand.rest")
    case = office.checked()

    with pytest.raises(NotPerformer):
        office.act("vu", case, "approve")
    office.act("vu", case, "rest")

    assert office.state(case) == "resting"


@pytest.mark.parametrize(
    "gone",
    [
        "UPDATE membership SET valid_to = '2024-07-09' WHERE role = 'desk'",
        "UPDATE person SET active = false WHERE username = 'lan'",
    ],
)
def test_nobody_has_more_than_the_principal(office: RuntimeOffice, gone: str) -> None:
    authorise(office, "lan", "vu", "desk", "PNV")
    case = office.checked()
    office.force(gone)

    with pytest.raises(NotFound):
        office.act("vu", case, "approve")


def test_a_mandate_is_not_passed_on(office: RuntimeOffice) -> None:
    office.hire("xa")
    authorise(office, "lan", "vu", "desk", "PNV")
    authorise(office, "vu", "xa", "desk", "PNV")
    case = office.checked()

    with pytest.raises(NotFound):
        office.act("xa", case, "approve")


def test_a_deputy_begins_cases_and_has_the_work_in_the_queue(office: RuntimeOffice) -> None:
    authorise(office, "an", "vu", "officer", "W1")

    case = office.start("vu", "errand", text="Quét vôi")

    assert queue(office, "vu") == queue(office, "an") == [case]
    assert shown_history(office, case, "an")[0]["for"]["name"] == "An"


def test_deputies_hear_of_what_waits_and_only_of_their_processes(office: RuntimeOffice) -> None:
    office.hire("xa")
    authorise(office, "lan", "vu", "desk", "PNV", "errand.approve")
    authorise(office, "lan", "xa", "desk", "PNV", "drive.extend")

    office.checked()

    assert office.notices("task_opened") == [("task_opened", "lan"), ("task_opened", "vu")]


def test_a_button_says_who_could_press_it(office: RuntimeOffice) -> None:
    authorise(office, "lan", "vu", "desk", "PNV")
    case = office.checked()

    with office.looking("an") as (work, actor):
        row = work.tx.one(INSTANCE, which=case)
        assert row is not None
        approve = next(offer for offer in actions_json(work, row, actor) if offer["action"] == "approve")
        assert load_case(work, row).assignee is None

    assert approve["who"] == [
        {
            "role": {"code": "desk", "label": "Chuyên viên"},
            "unit": {"code": "PNV", "name": "Phòng Nội vụ"},
            "people": ["Lan", "Vu"],
        }
    ]
    assert [reason["remedy"] for reason in approve["reasons"]] == ["Người làm được: Lan, Vu."]


def test_a_mandate_for_single_powers_shows_cases_of_their_processes_only(office: RuntimeOffice) -> None:
    drive, case = office.drive("W1"), office.checked()
    authorise(office, "lan", "vu", "desk", "PNV", "errand.rest")

    with office.looking("vu") as (work, actor):
        seen = {
            process: [row["id"] for row in queries.cases(work, actor, queries.CaseFilter((process,)), 50)]
            for process in ("errand", "drive")
        }
        rows = {key: work.tx.one(INSTANCE, which=key) for key in (drive, case)}
        alone = [key for key, row in rows.items() if row is not None and visible(work, actor, row)]

    assert case in seen["errand"]
    assert seen["drive"] == []
    assert alone == [case]
    assert drive not in queue(office, "vu")
