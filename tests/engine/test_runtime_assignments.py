"""Whose a task is: taken, given by who leads, handed over, free again when its person is gone."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from engine.errors import ActionNotAvailable, InvalidInput, NotPerformer, TaskAssigned
from engine.runtime.offices import add_mandate
from engine.runtime.queue import work_queue
from tests.errands.office import RuntimeOffice, open_runtime


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        office.hire("em", ("officer", "W1"))
        yield office


def assign(office: RuntimeOffice, who: str, case: int, to: str | None) -> None:
    office.engine.assign(office.asking(who, case), office.model(case), case, to).result()


def queue(office: RuntimeOffice, who: str) -> list[int]:
    with office.looking(who) as (work, actor):
        return [task["instance_id"] for task in work_queue(work, actor, None, 50)]


def test_who_takes_a_task_has_it_alone(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")

    assign(office, "em", case, "em")

    assert (queue(office, "em"), queue(office, "an")) == ([case], [])
    with pytest.raises(TaskAssigned, match="đã giao cho Em"):
        office.act("an", case, "hand_in")
    with pytest.raises(TaskAssigned):
        office.edit("an", case, text="Sửa")
    office.act("em", case, "hand_in")


def test_the_next_task_of_the_case_is_anybodys_again(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")
    assign(office, "em", case, "em")
    office.act("em", case, "hand_in")
    office.act("lan", case, "redo")

    assert queue(office, "an") == queue(office, "em") == [case]


def test_a_paused_task_comes_back_to_its_person(office: RuntimeOffice) -> None:
    office.hire("my", ("desk", "PNV"))
    case = office.checked()
    assign(office, "lan", case, "lan")
    office.act("lan", case, "ask")
    office.act("an", case, "answer")

    assert (queue(office, "lan"), queue(office, "my")) == ([case], [])
    assert [to for _, to in office.notices("task_opened")][-1:] == ["lan"]
    assert [to for _, to in office.notices("task_opened")].count("my") == 1  # when it was still anybody's


def test_an_assigned_task_is_not_taken_away_by_a_colleague(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")
    assign(office, "em", case, "em")

    for wanted in ("an", None):
        with pytest.raises(TaskAssigned, match="đã giao cho Em"):
            assign(office, "an", case, wanted)


def test_its_person_hands_it_over_or_back(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")
    assign(office, "em", case, "em")

    assign(office, "em", case, "an")
    assert (queue(office, "em"), queue(office, "an")) == ([], [case])
    assign(office, "an", case, None)
    assert queue(office, "em") == [case]


@pytest.mark.parametrize("leader", ["ha", "quan"])
def test_who_leads_and_who_administers_give_it_to_whom_they_choose(office: RuntimeOffice, leader: str) -> None:
    case = office.start("an", "errand", text="Quét vôi")

    assign(office, leader, case, "em")
    assign(office, leader, case, "an")

    assert queue(office, "an") == [case]
    assert ("task_opened", "em") in office.notices("task_opened")


@pytest.mark.parametrize("name", ["chi", "nobody", "ha"])
def test_only_who_holds_the_role_there_can_have_it(office: RuntimeOffice, name: str) -> None:
    case = office.start("an", "errand", text="Quét vôi")

    with pytest.raises(InvalidInput) as wrong:
        assign(office, "ha", case, name)

    assert wrong.value.fields["person"].endswith("Giao được cho: an (An), em (Em).")


def test_who_may_not_give_it_learns_no_names(office: RuntimeOffice) -> None:
    case = office.checked()

    with pytest.raises(NotPerformer):
        assign(office, "an", case, "nobody")


def test_a_task_whose_person_has_gone_is_anybodys(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")
    assign(office, "em", case, "em")

    office.force("UPDATE person SET active = false WHERE username = 'em'")

    office.act("an", case, "hand_in")


def test_reminders_go_to_its_person(office: RuntimeOffice) -> None:
    drive = office.drive("W1")
    (case,) = office.errands(drive)
    assign(office, "ha", case, "em")

    office.tick("2024-07-29 08:00")

    assert {to for _, to in office.notices("reminder")} == {"em"}


def test_nothing_waits_on_a_closed_case(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")
    office.act("an", case, "drop")

    with pytest.raises(ActionNotAvailable):
        assign(office, "an", case, "an")


def test_giving_is_in_the_history_and_counts_as_a_change(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")

    assign(office, "em", case, "em")

    assert office.version(case) == 2
    assert office.ask("SELECT action, role FROM history WHERE instance_id = ? ORDER BY id", case) == [
        ("start", "officer"),
        ("assign", "officer"),
    ]


def test_who_holds_the_role_does_not_choose_for_others(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")

    with pytest.raises(NotPerformer, match="«Giao việc cho người khác» dành cho: Thủ trưởng; Quản trị"):
        assign(office, "an", case, "em")


def test_a_deputy_of_who_leads_gives_it_in_their_name(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")
    office.hire("vu")
    people = dict(office.ask("SELECT username, id FROM person"))
    office.engine.writer.call(
        lambda tx: add_mandate(
            tx, people["ha"], people["vu"], "head", office.unit_id("W1"), capacity="KT.", paper="01/GUQ",
            since=date(2024, 7, 1), until=date(2024, 7, 31),
        )
    )  # fmt: skip

    assign(office, "vu", case, "em")

    assert office.one("SELECT role FROM history WHERE action = 'assign'") == "head"
    assert office.one("SELECT mandate_id IS NOT NULL FROM history WHERE action = 'assign'") == 1
