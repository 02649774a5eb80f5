"""A task that asks for something in particular: only that is open, and what was done about it is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import InvalidInput, NotPerformer
from engine.runtime.asking import last_request
from engine.runtime.commands import Paper
from engine.runtime.snapshots import load_case
from engine.runtime.statements import INSTANCE
from tests.errands.office import DRIVE, ERRAND, RuntimeOffice, open_runtime

REPORT = Paper("REPORT", "Báo cáo.pdf", "application/pdf", 3, "ab" * 32)


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        yield office


def asked(office: RuntimeOffice, *wants: str) -> int:
    """An errand about which the desk has asked for these parts."""
    case = office.checked(wants=list(wants))
    office.act("lan", case, "ask")
    return case


def attach(office: RuntimeOffice, case: int) -> None:
    office.engine.attach(office.asking("an", case), ERRAND, case, REPORT).result()


def changed(office: RuntimeOffice, case: int) -> set[str]:
    with office.looking("an") as (work, _):
        row = work.tx.one(INSTANCE, which=case)
        assert row is not None
        return set(load_case(work, row).changed)


def test_other_fields_than_those_asked_for_are_shut(office: RuntimeOffice) -> None:
    case = asked(office, "text")

    with pytest.raises(InvalidInput) as refusal:
        office.edit("an", case, text="Sơn", ready=False)

    assert refusal.value.fields == {"ready": "phiếu yêu cầu không nêu mục này; chỉ bổ sung: text"}
    assert office.dossier(case)["text"] == "Quét vôi"


def test_papers_that_nobody_asked_for_are_not_taken(office: RuntimeOffice) -> None:
    with pytest.raises(InvalidInput) as refusal:
        attach(office, asked(office, "text"))

    assert refusal.value.fields == {"kind": "phiếu yêu cầu không nêu loại giấy tờ này; chỉ bổ sung: text"}


def test_who_has_nothing_to_do_there_is_not_told_what_the_slip_asks_for(office: RuntimeOffice) -> None:
    case = asked(office, "text")

    with pytest.raises(NotPerformer):
        office.engine.attach(office.asking("ha", case), ERRAND, case, REPORT).result()


def test_what_has_changed_since_is_known_and_what_was_put_back_has_not(office: RuntimeOffice) -> None:
    case = asked(office, "text", "REPORT")
    assert changed(office, case) == set()

    office.edit("an", case, text="Sơn")
    assert changed(office, case) == {"text"}
    office.edit("an", case, text="Quét vôi")
    assert changed(office, case) == set()
    attach(office, case)
    assert changed(office, case) == {"REPORT"}


def test_a_task_that_asks_for_nothing_in_particular_has_no_changes(office: RuntimeOffice) -> None:
    case = asked(office)
    office.edit("an", case, text="Sơn")

    assert changed(office, case) == set()


def test_after_the_answer_what_was_and_what_is_can_be_compared(office: RuntimeOffice) -> None:
    case = asked(office, "text", "REPORT")
    office.edit("an", case, text="Sơn")
    attach(office, case)
    office.act("an", case, "answer")
    office.act("lan", case, "rest")

    with office.looking("lan") as (work, _):
        request = last_request(work.tx, ERRAND, case)
    assert request is not None
    assert (request.before["text"], request.after["text"], request.is_open) == ("Quét vôi", "Sơn", False)
    assert [paper["name"] for paper in request.papers] == ["Báo cáo.pdf"]
    assert request.changed == {"text", "REPORT"}


def test_a_second_request_counts_from_its_own_day(office: RuntimeOffice) -> None:
    case = asked(office, "text")
    office.edit("an", case, text="Sơn")
    office.act("an", case, "answer")
    office.act("lan", case, "ask")

    assert changed(office, case) == set()


def test_who_was_never_asked_has_no_request(office: RuntimeOffice) -> None:
    with office.looking("lan") as (work, _):
        assert last_request(work.tx, ERRAND, office.checked()) is None
        assert last_request(work.tx, DRIVE, office.drive()) is None
