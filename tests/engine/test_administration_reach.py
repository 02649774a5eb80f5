"""No administrator gets above those who are above them, nor at people and names of other authorities."""

import time
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from engine.administration import exchange, law, log, mandates, roles, units, workbook
from engine.administration.desk import Desk
from engine.administration.forms import NewLegalRow, NewMandate, NewMembership, NewUnit, UnitClosing, UnitPatch
from engine.administration.package import MOST_ROWS
from engine.administration.refusals import OfficeRefused, RowsRefused
from engine.administration.workbook import Sheet
from engine.definition.sentences import field_sentences
from engine.errors import InvalidInput, NotPerformer
from engine.office.law import LegalRow, Mark
from engine.runtime import offices
from tests.engine.test_administration_desk import TODAY, by, new_unit
from tests.errands.office import RuntimeOffice, open_runtime


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    """The ward DK decides itself and has an administrator of its own; TP stands under nobody."""
    with open_runtime(folder) as office:
        new_unit(office, "DK", authority="DK")
        new_unit(office, "VP", kind="office", parent="DK")
        new_unit(office, "TP", kind="city", parent=None)
        office.hire("rieng", ("admin", "DK"))
        yield office


def key(office: RuntimeOffice, username: str) -> int:
    return int(office.one(f"SELECT id FROM person WHERE username = '{username}'"))


def change(office: RuntimeOffice, who: str, code: str, **wish: str | None) -> Any:
    return by(office, who, lambda desk: units.change(desk, code, UnitPatch.model_validate(wish)))


def grant(office: RuntimeOffice, who: str, person: str, unit: str, role: str = "officer") -> Any:
    wish = NewMembership.model_validate({"unit": unit, "role": role, "from": TODAY})
    return by(office, who, lambda desk: roles.grant(desk, key(office, person), wish))


# ── the tree ─────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("wish", [{"parent": None}, {"parent": "TP"}, {"parent": "W1"}, {"parent": "VP"}])
def test_a_ward_does_not_lift_itself_out_of_the_district(office: RuntimeOffice, wish: dict[str, str | None]) -> None:
    with pytest.raises((NotPerformer, OfficeRefused)):
        change(office, "rieng", "DK", **wish)

    assert not by(office, "rieng", lambda desk: desk.is_head)


@pytest.mark.parametrize(
    "wish",
    [
        {"parent": "TP", "authority": "DK"},
        {"parent": "Q", "authority": "DK"},
        {"parent": "TP", "authority": "X"},
        {"parent": None, "authority": "X"},
        {"parent": None, "authority": None},
    ],
)
def test_a_ward_adds_nothing_outside_itself(office: RuntimeOffice, wish: dict[str, str | None]) -> None:
    new = NewUnit.model_validate({"code": "X", "name": "X", "kind": "ward", "valid_from": TODAY, **wish})

    with pytest.raises(NotPerformer):
        by(office, "rieng", lambda desk: units.add(desk, new))


def test_a_unit_under_nobody_becomes_its_own_authority_by_the_highest_alone(office: RuntimeOffice) -> None:
    new_unit(office, "X", parent=None, authority="DK")
    office.hire("hai", ("admin", "X"), ("admin", "DK"))

    with pytest.raises(NotPerformer, match="cấp cao nhất"):
        change(office, "hai", "X", authority="X")
    assert not by(office, "hai", lambda desk: desk.is_head)


def test_an_authority_below_is_not_set_free_either(office: RuntimeOffice) -> None:
    """Its own administrators would have none above them then."""
    change(office, "rieng", "VP", authority="VP")

    with pytest.raises(NotPerformer, match="cấp cao nhất"):
        change(office, "rieng", "VP", parent=None)
    change(office, "rieng", "VP", authority="DK")
    change(office, "rieng", "VP", parent=None)


def test_the_district_arranges_what_is_its_own(office: RuntimeOffice) -> None:
    for wish in ({"authority": "W1"}, {"parent": "PNV"}, {"parent": None}):
        change(office, "quan", "W1", **wish)


def test_the_change_to_two_levels_is_the_districts_to_make(office: RuntimeOffice) -> None:
    """As docs/howto/administer.md tells it: new wards under nobody, the old ones closed into them."""
    new_unit(office, "P1", parent=None, authority="P1")
    by(office, "quan", lambda desk: units.add(desk, NewUnit(code="P2", name="P", kind="ward", valid_from=TODAY)))
    office.hire("moi", ("admin", "P1"))

    for code in ("W1", "W2"):
        closing = UnitClosing(last_day=TODAY, successors=("P1",), paper="NQ 1")
        by(office, "quan", lambda desk, code=code, closing=closing: units.close(desk, code, closing))

    assert units_ended(office) == ["W1", "W2"]


def units_ended(office: RuntimeOffice) -> list[str]:
    return [one.code for one in office.engine.office.units.values() if one.valid_to]


def test_a_unit_is_closed_into_what_the_administrator_reaches(office: RuntimeOffice) -> None:
    into = UnitClosing(last_day=TODAY, successors=("PNV",), paper="NQ 1")

    with pytest.raises(NotPerformer):
        by(office, "rieng", lambda desk: units.close(desk, "VP", into))
    assert units_ended(office) == []


def test_the_tree_has_so_many_levels_at_most(office: RuntimeOffice) -> None:
    for number in range(units.MOST_LEVELS - 2):
        new_unit(office, f"L{number}", parent=f"L{number - 1}" if number else "W1")

    with pytest.raises(OfficeRefused) as refused:
        new_unit(office, "L", parent=f"L{number}")
    assert refused.value.code == "unit_too_deep"


# ── people ───────────────────────────────────────────────────────────────────────────────────
def test_a_foreign_administrator_gives_no_role_to_who_works_elsewhere(office: RuntimeOffice) -> None:
    """Or that person's own administrator could no longer dismiss them."""
    with pytest.raises(NotPerformer, match="Quận"):
        grant(office, "rieng", "chu", "DK")

    grant(office, "quan", "chu", "PNV")


def test_who_has_none_above_gives_roles_to_anybody(office: RuntimeOffice) -> None:
    office.hire("phuong", ("officer", "DK"))

    grant(office, "quan", "phuong", "W1")
    with pytest.raises(NotPerformer):
        grant(office, "rieng", "phuong", "VP")


def test_a_new_person_of_others_is_not_taken_over(office: RuntimeOffice) -> None:
    with pytest.raises(NotPerformer):
        grant(office, "rieng", "khach", "DK")


def give(office: RuntimeOffice, who: str, deputy: str, principal: str = "rieng") -> Any:
    ids = {"principal": str(key(office, principal)), "deputy": str(key(office, deputy))}
    terms = {"role": "head", "unit": "DK", "capacity": "KT.", "paper": "1/GUQ", "from": TODAY, "to": TODAY}
    return by(office, who, lambda desk: mandates.give(desk, NewMandate.model_validate(ids | terms)))


def test_a_mandate_tells_no_name_of_another_authority(office: RuntimeOffice) -> None:
    office.hire("truong", ("head", "DK"))
    office.hire("pho", ("officer", "VP"))

    with pytest.raises(InvalidInput) as refused:
        give(office, "truong", "chu", principal="truong")
    assert list(refused.value.fields) == ["deputy"]
    assert give(office, "truong", "pho", principal="truong")["deputy"]["name"]


# ── the log ──────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("who", "may"), [("quan", True), ("rieng", False), ("an", False)])
def test_the_log_is_read_by_who_has_no_administrator_above(office: RuntimeOffice, who: str, may: bool) -> None:
    def look(desk: Desk) -> None:
        log.must_read(desk)

    if may:
        by(office, who, look)
    else:
        with pytest.raises(NotPerformer, match="nhật ký"):
            by(office, who, look)


# ── dates and years ──────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("years", [0, -9000, 201, 99999])
def test_cases_are_kept_for_a_number_of_years_that_can_be_reckoned(office: RuntimeOffice, years: int) -> None:
    value, cited = {"years": 5, "from": "closed"}, {"citation": "Thông tư 1", "mark": "D"}
    first = LegalRow("retention", "drive", value, "Thông tư 1", Mark.DESIGN, date(2020, 1, 1))
    office.engine.writer.call(lambda tx: offices.write_law(tx, [first]))
    row = {"kind": "retention", "key": "drive", "valid_from": TODAY, **cited}

    def add(desk: Desk, kept: int) -> Any:
        return law.add(desk, NewLegalRow.model_validate({**row, "value": {**value, "years": kept}}))

    with pytest.raises(InvalidInput) as refused:
        by(office, "quan", lambda desk: add(desk, years))
    assert list(refused.value.fields) == ["value.years"]
    assert by(office, "quan", lambda desk: add(desk, law.MOST_YEARS))["value"]["years"] == law.MOST_YEARS


# ── spreadsheets ─────────────────────────────────────────────────────────────────────────────
def dry_run(office: RuntimeOffice, rows: list[list[Any]]) -> tuple[float, Any]:
    """Processor seconds to read and try a sheet of units, and what came of it."""
    sheet = Sheet(exchange.UNITS, tuple(exchange.COLUMNS[exchange.UNITS].values()), rows)
    content = BytesIO(workbook.write([sheet]))

    began = time.process_time()
    read, problems = exchange.read(content, "a.xlsx")
    try:
        done = by(office, "quan", lambda desk: exchange.take_in(desk, read, problems, field_sentences, dry_run=True))
    except RowsRefused as refused:
        done = refused
    return time.process_time() - began, done


def ward(number: int, parent: str = "Q", last_day: str | None = None) -> list[Any]:
    return [f"D{number}", "Phường", "ward", None, None, None, parent, None, "01/01/2024", last_day]


@pytest.mark.parametrize("last_day", [None, "31/01/2024"])
def test_a_full_sheet_takes_its_share_of_time_and_no_more(office: RuntimeOffice, last_day: str | None) -> None:
    """Nobody else writes meanwhile: ten times the rows, about ten times the time."""
    dry_run(office, [ward(number) for number in range(50)])
    tenth, _ = dry_run(office, [ward(number, last_day=last_day) for number in range(MOST_ROWS // 10)])

    whole, done = dry_run(office, [ward(number, last_day=last_day) for number in range(MOST_ROWS)])

    assert done["added"] == MOST_ROWS
    assert whole < 40 * tenth


def test_units_in_a_chain_or_a_circle_are_put_in_order_at_once() -> None:
    titles = tuple(exchange.COLUMNS[exchange.UNITS].values())

    def order(rows: list[list[Any]]) -> tuple[float, list[Any]]:
        content = BytesIO(workbook.write([Sheet(exchange.UNITS, titles, rows)]))
        began = time.process_time()
        found, _ = exchange.read(content, "a.xlsx")
        return time.process_time() - began, [row.values["Mã"] for row in found]

    chain = [ward(number, parent=f"D{number + 1}") for number in range(MOST_ROWS)]
    tenth, _ = order(chain[: MOST_ROWS // 10])
    whole, ordered = order(chain)

    assert ordered == [f"D{number}" for number in reversed(range(MOST_ROWS))]
    assert whole < 60 * tenth
    circle = [ward(1, "D2"), ward(2, "D1"), ward(3, "D2"), ward(5, "D4"), ward(4)]
    assert order(circle)[1] == ["D4", "D5", "D1", "D2", "D3"]


def test_of_many_problems_the_first_are_told_and_the_rest_is_not_looked_at(
    office: RuntimeOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the last row that was looked at has more of them than are told."""
    looked_at: list[object] = []
    monkeypatch.setattr(exchange, "MOST_PROBLEMS", 199)
    monkeypatch.setattr(units, "must_be_kind", lambda *_: looked_at.append(None))

    _, refused = dry_run(office, [[*ward(number, "nowhere")[:7], "nobody", "01/01/2024"] for number in range(1000)])

    assert (len(looked_at), len(refused.rows), refused.rows[-1].row) == (100, 199, 101)
    assert "ít nhất 199 chỗ" in str(refused)
