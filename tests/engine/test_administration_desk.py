"""How far an administrator reaches, and that no body loses its last one."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from engine.administration import people, roles, units
from engine.administration.desk import Desk
from engine.administration.forms import Leaving, NewSeat, NewUnit, PersonPatch, UnitClosing, UnitPatch
from engine.administration.refusals import OfficeRefused
from engine.errors import NotPerformer
from tests.errands.office import RuntimeOffice, open_runtime

TODAY = date(2024, 7, 10)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(tmp_path) as office:
        yield office


def by(office: RuntimeOffice, who: str | None, perform: Callable[[Desk], Any]) -> Any:
    """A change by that person (None: the command line)."""

    def change(tx: Any) -> Any:
        actor = office.engine.standing(office.engine.work(tx), who) if who else None
        return perform(Desk(office.engine.work(tx), actor))

    done = office.engine.writer.call(change)
    office.engine.reload_office()
    return done


def rename(office: RuntimeOffice, who: str, code: str) -> bool:
    """Whether that person may change the unit."""
    try:
        by(office, who, lambda desk: units.change(desk, code, UnitPatch(name=f"{code}, {who} đổi tên")))
    except NotPerformer:
        return False
    return True


def new_unit(office: RuntimeOffice, code: str, **more: Any) -> None:
    given = {"code": code, "name": code, "kind": "ward", "parent": "Q", "valid_from": TODAY, **more}
    by(office, None, lambda desk: units.add(desk, NewUnit.model_validate(given)))


def test_an_administrator_reaches_the_authority_and_what_it_decides_for(office: RuntimeOffice) -> None:
    assert [rename(office, "quan", code) for code in ("Q", "PNV", "W1")] == [True] * 3
    assert [rename(office, who, "W1") for who in ("an", "chu", "khach")] == [False] * 3


def test_a_ward_that_decides_itself_is_its_own_administrators_once_it_has_one(office: RuntimeOffice) -> None:
    new_unit(office, "DK", authority="DK")
    before = rename(office, "quan", "DK")
    office.hire("rieng", ("admin", "DK"))

    assert (before, rename(office, "quan", "DK"), rename(office, "rieng", "DK")) == (True, False, True)
    assert not rename(office, "rieng", "W1")


def test_an_administrator_in_a_ward_of_the_district_reaches_nothing(office: RuntimeOffice) -> None:
    office.hire("phuong", ("admin", "W1"))

    assert not rename(office, "phuong", "W1")


def test_what_stands_under_nobody_is_for_who_has_no_administrator_above(office: RuntimeOffice) -> None:
    """Or a ward's own administrator could put somebody at the city's desk for the whole district."""
    new_unit(office, "DK", authority="DK")
    office.hire("rieng", ("admin", "DK"))
    new_unit(office, "TP", kind="city", parent=None)

    assert [rename(office, who, "TP") for who in ("quan", "rieng", "an")] == [True, False, False]
    with pytest.raises(NotPerformer):
        by(office, "rieng", lambda desk: units.add(desk, NewUnit(code="X", name="X", kind="ward", valid_from=TODAY)))


@pytest.mark.parametrize(("who", "may"), [("quan", True), ("rieng", False), ("an", False)])
def test_what_holds_everywhere_is_for_who_has_no_administrator_above(
    office: RuntimeOffice, who: str, may: bool
) -> None:
    new_unit(office, "DK", authority="DK")
    office.hire("rieng", ("admin", "DK"))

    if may:
        by(office, who, lambda desk: desk.must_head("Sửa lịch"))
    else:
        with pytest.raises(NotPerformer, match="Sửa lịch"):
            by(office, who, lambda desk: desk.must_head("Sửa lịch"))


def test_a_person_of_two_authorities_is_changed_by_who_reaches_both(office: RuntimeOffice) -> None:
    new_unit(office, "DK", authority="DK")
    office.hire("rieng", ("admin", "DK"))
    office.hire("hai", ("officer", "W1"), ("officer", "DK"))
    key = office.one("SELECT id FROM person WHERE username = 'hai'")

    for who in ("quan", "rieng"):
        with pytest.raises(NotPerformer):
            by(office, who, lambda desk: people.change(desk, key, PersonPatch(mail="x@example.vn")))
    by(office, None, lambda desk: people.change(desk, key, PersonPatch(mail="x@example.vn")))


# ── the last administrator ───────────────────────────────────────────────────────────────────
def _quan(office: RuntimeOffice) -> int:
    return int(office.one("SELECT id FROM person WHERE username = 'quan'"))


def _membership(office: RuntimeOffice) -> int:
    return int(office.one("SELECT min(id) FROM membership WHERE role = 'admin'"))


def _end_membership(office: RuntimeOffice, desk: Desk) -> object:
    return roles.end(desk, _membership(office), TODAY)


def _end_later(office: RuntimeOffice, desk: Desk) -> object:
    return roles.end(desk, _membership(office), date(2030, 1, 1))


def _deactivate(office: RuntimeOffice, desk: Desk) -> object:
    return people.change(desk, _quan(office), PersonPatch(active=False))


def _leave(office: RuntimeOffice, desk: Desk) -> object:
    return people.leave(desk, _quan(office), Leaving(last_day=TODAY))


def _give_the_seat_away(_: RuntimeOffice, desk: Desk) -> object:
    wanted = {"authority": "Q", "role": "admin", "unit": "W1", "from": TODAY}
    return roles.take_seat(desk, NewSeat.model_validate(wanted))


REMOVALS = (_end_membership, _end_later, _deactivate, _leave, _give_the_seat_away)


@pytest.mark.parametrize("remove", REMOVALS)
def test_the_last_administrator_stays(office: RuntimeOffice, remove: Callable[[RuntimeOffice, Desk], object]) -> None:
    with pytest.raises(OfficeRefused) as refused:
        by(office, "quan", lambda desk: remove(office, desk))

    assert refused.value.code == "last_administrator"
    assert rename(office, "quan", "W1")


@pytest.mark.parametrize("remove", REMOVALS[:-1])
def test_one_of_two_administrators_may_go(
    office: RuntimeOffice, remove: Callable[[RuntimeOffice, Desk], object]
) -> None:
    office.hire("nua", ("admin", "Q"))

    by(office, "nua", lambda desk: remove(office, desk))

    assert rename(office, "nua", "W1")


def test_a_unit_that_seats_the_administrators_does_not_end(office: RuntimeOffice) -> None:
    office.force("UPDATE seat SET unit_id = (SELECT id FROM unit WHERE code = 'PNV') WHERE role = 'admin'")
    office.force("UPDATE membership SET unit_id = (SELECT id FROM unit WHERE code = 'PNV') WHERE role = 'admin'")
    office.engine.reload_office()

    with pytest.raises(OfficeRefused) as refused:
        by(office, "quan", lambda desk: units.close(desk, "PNV", UnitClosing(last_day=TODAY, paper="QĐ 1")))

    assert refused.value.code == "last_administrator"
