"""How far an administrator reaches, and that no body loses its last one."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from engine.administration import mandates, people, roles, units
from engine.administration.desk import Desk
from engine.administration.forms import (
    Leaving,
    NewMembership,
    NewPerson,
    NewSeat,
    NewUnit,
    PersonPatch,
    UnitClosing,
    UnitPatch,
)
from engine.administration.refusals import OfficeRefused
from engine.administration.succession import settle_due
from engine.errors import NotPerformer
from engine.runtime.administering import Reach
from tests.engine.test_runtime_mandates import authorise, person
from tests.errands.office import RuntimeOffice, open_runtime

TODAY = date(2024, 7, 10)


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        yield office


def by(office: RuntimeOffice, who: str | None, perform: Callable[[Desk], Any]) -> Any:
    """A change by that person (None: the command line)."""

    def change(tx: Any) -> Any:
        actor = office.engine.standing(office.engine.work(tx), who) if who else None
        return perform(Desk(office.engine.work(tx), actor))

    done = office.engine.writer.call(change)
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


def change_mail(office: RuntimeOffice, who: str, username: str) -> bool:
    """Whether that person may give the other one another mail box."""
    key = person(office, username)
    try:
        by(office, who, lambda desk: people.change(desk, key, PersonPatch(mail=f"{who}-{username}@example.vn")))
    except NotPerformer:
        return False
    return True


@pytest.mark.parametrize("until", ["2024-07-10", "2024-07-09"])
def test_a_deputys_mail_box_is_for_who_reaches_the_principals_unit_too(office: RuntimeOffice, until: str) -> None:
    """Or a ward's administrator could sign as the district's chair."""
    new_unit(office, "DK", authority="DK")
    for name, role in (("rieng", "admin"), ("vu", "officer")):
        office.hire(name, (role, "DK"))
    authorise(office, "chu", "vu", "chair", "Q", span=("2024-07-01", until))

    assert change_mail(office, "rieng", "vu") is (until < TODAY.isoformat())
    assert not change_mail(office, "quan", "vu")


def test_who_holds_nothing_is_for_who_added_them_and_for_the_highest(office: RuntimeOffice) -> None:
    new_unit(office, "DK", authority="DK")
    for name in ("rieng", "nua"):
        office.hire(name, ("admin", "DK"))
    by(office, "rieng", lambda desk: people.add(desk, NewPerson(username="moi", name="Mới", mail="moi@example.vn")))

    assert [change_mail(office, who, "moi") for who in ("rieng", "nua", "quan")] == [True, False, True]
    assert [change_mail(office, who, "khach") for who in ("rieng", "nua", "quan")] == [False, False, True]


def may_invite(office: RuntimeOffice, who: str, username: str) -> bool:
    key = person(office, username)
    with office.looking(who) as (work, actor):
        try:
            Reach(work, actor).must_reach_to_invite(key, "Mời")
        except NotPerformer:
            return False
        return True


def test_who_looks_after_a_body_invites_its_people_and_its_first_administrators(office: RuntimeOffice) -> None:
    new_unit(office, "DK", authority="DK")
    office.hire("moi", ("officer", "DK"))
    assert (may_invite(office, "quan", "moi"), may_invite(office, "an", "moi")) == (True, False)

    for name in ("nhat", "hai"):
        office.hire(name, ("admin", "DK"))
    office.force("UPDATE person SET password_hash = '' WHERE username IN ('nhat', 'hai')")
    assert [may_invite(office, "quan", name) for name in ("nhat", "hai")] == [True, True]

    office.force("UPDATE person SET password_hash = 'x' WHERE username IN ('nhat', 'moi')")  # one is in
    assert [may_invite(office, who, name) for who in ("quan", "nhat") for name in ("nhat", "hai", "moi")] == [
        False, False, False, True, True, True,
    ]  # fmt: skip


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


@pytest.mark.parametrize(
    ("last_day", "said"), [(date(2024, 7, 17), "Sau ngày 17/07/2024, "), (date(2024, 7, 9), "Từ hôm nay, ")]
)
def test_the_refusal_says_from_when_nobody_would_administer(office: RuntimeOffice, last_day: date, said: str) -> None:
    with pytest.raises(OfficeRefused) as refused:
        by(office, "quan", lambda desk: people.leave(desk, _quan(office), Leaving(last_day=last_day)))

    assert str(refused.value).startswith(f"{said}«Quận")


@pytest.mark.parametrize("remove", REMOVALS[:-1])
def test_one_of_two_administrators_may_go(
    office: RuntimeOffice, remove: Callable[[RuntimeOffice, Desk], object]
) -> None:
    office.hire("nua", ("admin", "Q"))

    by(office, "nua", lambda desk: remove(office, desk))

    assert rename(office, "nua", "W1")


def test_two_administrators_who_end_on_different_days_leave_no_gap(office: RuntimeOffice) -> None:
    office.hire("nua", ("admin", "Q"))
    second = int(office.one("SELECT max(id) FROM membership WHERE role = 'admin'"))
    by(office, None, lambda desk: roles.end(desk, _membership(office), date(2024, 12, 31)))

    with pytest.raises(OfficeRefused, match="31/12/2024"):
        by(office, None, lambda desk: roles.end(desk, second, date(2024, 11, 30)))


def test_a_role_that_has_not_begun_can_be_taken_back(office: RuntimeOffice) -> None:
    key = person(office, "khach")
    new = NewMembership.model_validate({"unit": "W1", "role": "head", "from": date(2024, 9, 1)})
    granted = by(office, None, lambda desk: roles.grant(desk, key, new))

    ended = by(office, None, lambda desk: roles.end(desk, int(granted["id"]), TODAY))

    assert ended["to"] == TODAY.isoformat()
    assert office.ask("SELECT id FROM membership WHERE person_id = ?", key) == []


def test_a_seat_and_a_mandate_that_have_not_begun_can_be_taken_back(office: RuntimeOffice) -> None:
    wanted = {"authority": "Q", "role": "chair", "unit": "PNV", "from": date(2024, 9, 1)}
    taken = by(office, None, lambda desk: roles.take_seat(desk, NewSeat.model_validate(wanted)))
    authorise(office, "lan", "khach", "desk", "PNV", span=("2024-08-01", "2024-08-31"))
    mandate = int(office.one("SELECT max(id) FROM mandate"))

    left = by(office, None, lambda desk: roles.leave_seat(desk, int(taken["id"]), TODAY))
    ended = by(office, None, lambda desk: mandates.end(desk, mandate, TODAY))

    assert (left["to"], ended["to"]) == (TODAY.isoformat(), TODAY.isoformat())
    assert office.ask("SELECT id FROM seat WHERE valid_from = '2024-09-01'") == []
    assert office.ask("SELECT id FROM mandate") == []


# ── leaving ──────────────────────────────────────────────────────────────────────────────────
def _given_to_em(office: RuntimeOffice) -> int:
    """A case whose task is the officer em's."""
    office.hire("em", ("officer", "W1"))
    case = office.start("an", "errand", text="Quét vôi")
    office.engine.assign(office.asking("em", case), office.model(case), case, "em").result()
    return case


def _assignee(office: RuntimeOffice, case: int) -> str | None:
    query = "SELECT username FROM user_task t LEFT JOIN person p ON p.id = assignee_id WHERE instance_id = ?"
    name: str | None = office.one(query, case)
    return name


def test_tasks_and_account_are_kept_to_the_last_day(office: RuntimeOffice) -> None:
    case, key, heir = _given_to_em(office), person(office, "em"), str(person(office, "an"))
    left = by(office, None, lambda desk: people.leave(desk, key, Leaving(last_day=TODAY, successor=heir)))
    settle_due(office.engine)
    before = _assignee(office, case), office.one("SELECT active FROM person WHERE id = ?", key)

    office.at("2024-07-11 08:00")
    settle_due(office.engine)

    assert (left["tasks"], before) == ([], ("em", 1))
    assert (_assignee(office, case), office.one("SELECT active FROM person WHERE id = ?", key)) == ("an", 0)
    assert office.notices("task_opened")[-1:] == [("task_opened", "an")]
    rows = office.ask("SELECT action, actor_id FROM history WHERE instance_id = ? ORDER BY id", case)
    assert rows[-1] == ("assign", None)


def test_who_is_given_a_role_after_all_stays(office: RuntimeOffice) -> None:
    case, key = _given_to_em(office), person(office, "em")
    by(office, None, lambda desk: people.leave(desk, key, Leaving(last_day=TODAY)))
    new = NewMembership.model_validate({"unit": "W1", "role": "officer", "from": date(2024, 7, 11)})
    by(office, None, lambda desk: roles.grant(desk, key, new))

    office.at("2024-07-11 08:00")
    settle_due(office.engine)

    assert (_assignee(office, case), office.one("SELECT active FROM person WHERE id = ?", key)) == ("em", 1)


def test_a_unit_that_seats_the_administrators_does_not_end(office: RuntimeOffice) -> None:
    office.force("UPDATE seat SET unit_id = (SELECT id FROM unit WHERE code = 'PNV') WHERE role = 'admin'")
    office.force("UPDATE membership SET unit_id = (SELECT id FROM unit WHERE code = 'PNV') WHERE role = 'admin'")

    with pytest.raises(OfficeRefused) as refused:
        by(office, "quan", lambda desk: units.close(desk, "PNV", UnitClosing(last_day=TODAY, paper="QĐ 1")))

    assert refused.value.code == "last_administrator"
