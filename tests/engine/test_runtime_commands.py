"""Starting, editing, attaching and acting on stored cases: where a case lies, what is refused, what is numbered."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import (
    ActionNotAvailable,
    GuardUnmet,
    InvalidInput,
    LinesRefused,
    NotFound,
    NotPerformer,
    Reason,
    StaleVersion,
    VersionMissing,
)
from engine.runtime.beginning import NewCase
from engine.runtime.commands import Paper
from engine.runtime.service import Asking
from tests.errands.office import DRIVE, ERRAND, RuntimeOffice, open_runtime

REPORT = Paper("REPORT", "Báo cáo.pdf", "application/pdf", 3, "ab" * 32)


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        yield office


def lies(office: RuntimeOffice, case: int) -> tuple[str, str]:
    """The codes of the case's unit and of its authority."""
    ((own, authority),) = office.ask(
        "SELECT own.code, above.code FROM instance JOIN unit own ON own.id = unit_id"
        " JOIN unit above ON above.id = instance.authority_id WHERE instance.id = ?",
        case,
    )
    return own, authority


def refused_fields(office: RuntimeOffice, who: str, process: str, **given: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refusal:
        office.start(who, process, **given)
    return dict(refusal.value.fields)


# ── starting: where a case lies ──────────────────────────────────────────────────────────────────


def test_a_case_lies_in_the_unit_of_who_begins_it(office: RuntimeOffice) -> None:
    assert lies(office, office.start("an", "errand")) == ("W1", "Q")


def test_who_holds_a_seat_of_the_authority_begins_for_the_authority(office: RuntimeOffice) -> None:
    assert lies(office, office.start("lan", "drive")) == ("Q", "Q")


def test_a_wards_own_case_is_decided_by_the_ward(office: RuntimeOffice) -> None:
    assert lies(office, office.start("an", "errand", own=True)) == ("W1", "W1")
    assert lies(office, office.start("an", "errand", parent=office.drive(), own=True)) == ("W1", "W1")


def test_a_case_below_another_is_decided_where_that_is(office: RuntimeOffice) -> None:
    own = office.start("an", "errand", parent=office.drive())
    office.force("UPDATE instance SET authority_id = 3 WHERE process = 'drive'")

    assert lies(office, own) == ("W1", "Q")
    assert lies(office, office.start("an", "errand", parent=1)) == ("W1", "W1")


def test_who_belongs_to_several_units_has_to_choose(office: RuntimeOffice) -> None:
    office.hire("bao", ("officer", "W1"), ("officer", "W2"))

    assert refused_fields(office, "bao", "errand") == {"unit": "bạn thuộc nhiều đơn vị: hãy chọn một"}
    assert lies(office, office.start("bao", "errand", unit="W2")) == ("W2", "Q")


@pytest.mark.parametrize("unit", ["W9", "w1", ""])
def test_an_unknown_unit_is_refused(office: RuntimeOffice, unit: str) -> None:
    assert refused_fields(office, "an", "errand", unit=unit) == {"unit": f"không có đơn vị «{unit}»"}


def test_a_unit_that_has_ended_gets_no_more_cases(office: RuntimeOffice) -> None:
    office.force("UPDATE unit SET valid_to = '2024-07-09' WHERE code = 'W1'")

    assert refused_fields(office, "an", "errand", unit="W1") == {"unit": "không có đơn vị «W1»"}


@pytest.mark.parametrize(
    ("who", "unit"),
    [("an", "W2"), ("an", "Q"), ("ha", None), ("lan", None), ("khach", None), ("chu", "W1"), ("quan", "W1")],
)
def test_nobody_begins_for_a_unit_that_is_not_theirs(office: RuntimeOffice, who: str, unit: str | None) -> None:
    with pytest.raises(NotPerformer):
        office.start(who, "errand", unit=unit)

    assert office.ask("SELECT * FROM instance") == []


def test_the_chairman_begins_below_a_drive_for_any_unit_of_his(office: RuntimeOffice) -> None:
    drive = office.drive()

    assert lies(office, office.start("chu", "errand", parent=drive, unit="W2")) == ("W2", "Q")
    assert lies(office, office.start("chu", "errand", parent=drive)) == ("Q", "Q")
    with pytest.raises(NotPerformer):
        office.start("chu", "errand")  # below nothing it is the officers'


# ── starting: what it lies below, what it holds ──────────────────────────────────────────────────


def test_a_wrong_parent_is_refused_with_what_is_wanted(office: RuntimeOffice) -> None:
    errand = office.start("an", "errand")
    hidden = office.start("lan", "drive")

    for parent in (99, hidden):
        assert refused_fields(office, "an", "errand", parent=parent) == {
            "parent": "cần id của một hồ sơ drive mà bạn xem được"
        }
    assert refused_fields(office, "an", "errand", parent=errand) == {"parent": "phải là hồ sơ drive, không phải errand"}
    assert refused_fields(office, "lan", "drive", parent=errand) == {
        "parent": "loại hồ sơ này không thuộc hồ sơ nào khác"
    }


def test_fields_that_are_not_given_at_the_start_are_refused(office: RuntimeOffice) -> None:
    allowed = "không sửa được ở bước này (được sửa: own, ready, stays, text, wants)"

    assert refused_fields(office, "an", "errand", number="1", text="a", nonsense=1) == {
        "nonsense": allowed, "number": allowed,
    }  # fmt: skip


def test_values_that_do_not_fit_are_refused_by_field(office: RuntimeOffice) -> None:
    assert list(refused_fields(office, "an", "errand", text="x" * 101, stays="perhaps")) == ["text", "stays"]


def test_a_condition_of_beginning_is_told(office: RuntimeOffice) -> None:
    with pytest.raises(GuardUnmet) as refusal:
        office.start("an", "errand", text="chuyện mật")

    assert (str(refusal.value), refusal.value.reasons) == (
        "Chưa thể «Lập công việc»: còn điều kiện chưa đạt.",
        (Reason("not_secret", "Không nhập nội dung mật"),),
    )


def test_a_new_case_stands_at_version_one_with_its_first_entry(office: RuntimeOffice) -> None:
    answer = office.engine.start(Asking("an"), ERRAND, NewCase(None, None, {"text": "Quét vôi"})).result()

    assert (answer.status, answer.etag, answer.location) == (201, '"1"', "/api/v1/errands/1")
    assert office.ask("SELECT state, phase, version, headline, closed_at FROM instance") == [
        ("drafted", "drafted", 1, "Quét vôi", None)
    ]


# ── editing ──────────────────────────────────────────────────────────────────────────────────────


def test_an_edit_merges_what_the_state_lets_its_owner_change(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi", stays=True)

    answer = office.edit("an", case, text="Quét vôi lại", stays=None)

    dossier = office.dossier(case)
    assert (answer.etag, dossier["text"], dossier["stays"]) == ('"2"', "Quét vôi lại", False)
    assert office.one("SELECT headline FROM instance WHERE id = ?", case) == "Quét vôi lại"


def test_a_field_of_another_step_is_not_editable(office: RuntimeOffice) -> None:
    case = office.start("an", "errand")

    for field in ("own", "number", "nonsense"):
        with pytest.raises(InvalidInput) as refusal:
            office.edit("an", case, **{field: "x", "text": "a"})
        assert refusal.value.fields == {field: "không sửa được ở bước này (được sửa: ready, stays, text, wants)"}
    assert office.version(case) == 1


@pytest.mark.parametrize("who", ["ha", "chu", "quan"])
def test_only_the_owner_edits(office: RuntimeOffice, who: str) -> None:
    case = office.start("an", "errand")

    with pytest.raises(NotPerformer) as refusal:
        office.edit(who, case, text="a")

    assert refusal.value.params == {"action": "Sửa hồ sơ", "who": "Cán bộ, Phường 1"}


def test_in_a_state_without_editable_fields_nothing_is_edited(office: RuntimeOffice) -> None:
    case = office.checked()

    with pytest.raises(ActionNotAvailable) as refusal:
        office.edit("lan", case, text="a")

    assert refusal.value.params["state"] == "Đang xét"


@pytest.mark.parametrize("expected", [None, 0, 1, 3])
def test_a_change_names_the_version_it_was_decided_on(office: RuntimeOffice, expected: int | None) -> None:
    case = office.start("an", "errand")
    office.edit("an", case, text="a")

    with pytest.raises(VersionMissing if expected is None else StaleVersion):
        office.engine.edit(Asking("an", expected=expected), ERRAND, case, {"text": "b"}).result()

    assert (office.version(case), office.dossier(case)["text"]) == (2, "a")


def test_a_case_that_is_not_visible_is_not_found(office: RuntimeOffice) -> None:
    case = office.start("an", "errand")

    for who, model, key in (("chi", ERRAND, case), ("an", DRIVE, case), ("an", ERRAND, 99)):
        with pytest.raises(NotFound):
            office.engine.edit(Asking(who, expected=1), model, key, {"text": "b"}).result()


# ── attaching ────────────────────────────────────────────────────────────────────────────────────


def attach(office: RuntimeOffice, who: str, case: int, paper: Paper = REPORT) -> None:
    office.engine.attach(office.asking(who, case), ERRAND, case, paper).result()


def test_a_paper_counts_its_editions_by_kind(office: RuntimeOffice) -> None:
    case, other = office.start("an", "errand"), office.start("an", "errand")

    for key in (case, other, case):
        attach(office, "an", key)

    assert office.ask("SELECT instance_id, kind, edition, added_by FROM attachment ORDER BY id") == [
        (case, "REPORT", 1, 1), (other, "REPORT", 1, 1), (case, "REPORT", 2, 1),
    ]  # fmt: skip
    assert (office.version(case), office.version(other)) == (3, 2)
    assert office.one("SELECT payload FROM history WHERE instance_id = ? AND seq = 2", case) == (
        '{"attachment":{"kind":"REPORT","name":"Báo cáo.pdf","sha256":"' + "ab" * 32 + '"},"dossier":{},"warnings":[]}'
    )


def test_a_kind_of_paper_that_the_process_does_not_take_is_refused(office: RuntimeOffice) -> None:
    case = office.start("an", "errand")

    with pytest.raises(InvalidInput) as refusal:
        attach(office, "an", case, Paper("PHOTO", "a.jpg", "image/jpeg", 3, "ab" * 32))

    assert refusal.value.fields == {"kind": "loại giấy tờ phải là một trong: REPORT"}


def test_whoever_has_something_to_do_in_the_state_may_attach(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")
    office.act("an", case, "hand_in")

    attach(office, "lan", case)  # its owner
    attach(office, "an", case)  # who may drop it
    with pytest.raises(NotPerformer):
        attach(office, "ha", case)


def test_a_closed_case_takes_no_paper(office: RuntimeOffice) -> None:
    case = office.start("an", "errand")
    office.act("an", case, "drop")

    with pytest.raises(ActionNotAvailable):
        attach(office, "an", case)


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────


def numbers(office: RuntimeOffice) -> list[str]:
    return [office.dossier(key)["number"] for (key,) in office.ask("SELECT id FROM instance ORDER BY id")]


def test_numbers_leave_no_gap_when_an_action_is_refused(office: RuntimeOffice) -> None:
    cases = [office.start("an", "errand", text=text) for text in ("a", "", "c")]
    office.edit("an", cases[2], ready=False)

    for case in cases[1:]:
        with pytest.raises(GuardUnmet):
            office.act("an", case, "hand_in")
    for case in (cases[0], office.start("an", "errand", text="d")):
        office.act("an", case, "hand_in")

    assert numbers(office) == ["01/2024", "", "", "02/2024"]
    assert office.ask("SELECT name, year, last FROM register") == [("book", 2024, 2)]


def test_numbers_begin_anew_with_the_local_year(office: RuntimeOffice) -> None:
    for moment in ("2024-12-31 23:59", "2025-01-01 00:00", "2025-01-01 00:01"):
        office.at(moment)
        office.checked()

    assert numbers(office) == ["01/2024", "01/2025", "02/2025"]


def test_every_authority_numbers_by_itself(office: RuntimeOffice) -> None:
    for own in (False, True, False):
        case = office.start("an", "errand", text="a", own=own)
        office.act("an", case, "hand_in")

    assert numbers(office) == ["01/2024", "01/2024", "02/2024"]


def test_a_case_keeps_its_number_when_it_is_handed_in_again(office: RuntimeOffice) -> None:
    case = office.checked()
    office.act("lan", case, "redo")
    office.act("an", case, "hand_in")

    office.checked()

    assert numbers(office) == ["01/2024", "02/2024"]


# ── groups ───────────────────────────────────────────────────────────────────────────────────────


def test_a_group_moves_as_a_whole(office: RuntimeOffice) -> None:
    drive = office.drive("W1", "W2")
    first, second = office.errands(drive)
    office.act("an", first, "hand_in")

    office.act("chu", drive, "finish")

    assert [office.state(case) for case in (drive, first, second)] == ["closed", "done", "done"]
    assert [office.dossier(case)["number"] for case in (first, second)] == ["01/2024", "02/2024"]


def test_a_group_stays_when_a_line_cannot_go_and_each_says_why(office: RuntimeOffice) -> None:
    drive = office.drive("W1", "W2")
    first, second = office.errands(drive)
    office.edit("chi", second, ready=False)
    before = office.ask("SELECT id, version, state FROM instance"), office.ask("SELECT * FROM history")

    with pytest.raises(LinesRefused) as refusal:
        office.act("chu", drive, "finish")

    assert refusal.value.lines == {"CV-2024-00003": (Reason("is_ready", "Chưa sẵn sàng"),)}
    assert refusal.value.params == {"action": "Kết thúc", "count": 1}
    assert (office.ask("SELECT id, version, state FROM instance"), office.ask("SELECT * FROM history")) == before
    assert office.ask("SELECT * FROM register") == []
    office.edit("chi", second, ready=True)
    office.act("chu", drive, "finish")
    assert [office.dossier(case)["number"] for case in (first, second)] == ["01/2024", "02/2024"]


def test_closed_lines_are_left_alone(office: RuntimeOffice) -> None:
    drive = office.drive("W1", "W2")
    first, second = office.errands(drive)
    office.act("an", first, "drop")

    office.act("chu", drive, "finish")

    assert [office.state(case) for case in (first, second)] == ["dropped", "done"]


def test_a_carried_action_is_nobodys_by_itself(office: RuntimeOffice) -> None:
    errand = office.errands(office.drive("W1"))[0]

    with pytest.raises(NotPerformer) as refusal:
        office.act("an", errand, "settle")

    assert refusal.value.params == {"action": "Chốt", "who": "hồ sơ cấp trên (đi cùng tờ trình)"}
