"""Who may know of a case: one row asked about, and the same as a predicate over all rows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from engine.definition.decide import SYSTEM
from engine.runtime.database import Statement
from engine.runtime.rights import visible, visible_rows
from engine.runtime.schema import instance
from engine.runtime.statements import INSTANCE
from tests.errands.office import RuntimeOffice, open_runtime

EVERYBODY = ("an", "ha", "chi", "lan", "chu", "quan", "khach")


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        yield office


def sees(office: RuntimeOffice, who: str, case: int) -> bool:
    """Whether the person sees the case; row and predicate must say the same."""
    with office.looking(who) as (work, actor):
        row = work.tx.one(INSTANCE, which=case)
        assert row is not None
        listed = work.tx.all(Statement(select(instance.c.id).where(instance.c.id == case, visible_rows(work, actor))))
        answers = visible(work, actor, row), bool(listed)
    assert answers[0] == answers[1], f"{who}: the row says {answers[0]}, the list {answers[1]}"
    return answers[0]


def who_sees(office: RuntimeOffice, case: int, *, others: tuple[str, ...] = ()) -> list[str]:
    return [who for who in (*EVERYBODY, *others) if sees(office, who, case)]


def test_a_unit_sees_its_own_cases_and_those_who_watch_do_too(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")

    assert who_sees(office, case) == ["an", "ha", "chu", "quan"]


def test_a_unit_sees_what_it_holds_and_what_it_held(office: RuntimeOffice) -> None:
    case = office.checked()
    held = who_sees(office, case)

    office.act("lan", case, "redo")

    assert (held, who_sees(office, case)) == (["an", "ha", "lan", "chu", "quan"],) * 2


def test_who_holds_a_case_sees_the_one_above_it(office: RuntimeOffice) -> None:
    """A unit of another authority that gets an errand reads the papers of the drive."""
    office.force("INSERT INTO unit SELECT 9, 'FAR', NULL, 'Xa', 'office', '', '[]', NULL, NULL, valid_from, NULL"
                 " FROM unit WHERE code = 'W1'")  # fmt: skip
    office.hire("xa", ("officer", "FAR"))
    before = office.drive()
    drive = office.drive("FAR")

    assert [sees(office, "xa", case) for case in (before, drive, *office.errands(drive))] == [False, True, True]


def test_everybody_in_the_authority_sees_what_is_for_everyone(office: RuntimeOffice) -> None:
    draft = office.start("lan", "drive", title="Vận động")
    drafted = who_sees(office, draft)

    office.act("chu", draft, "launch")

    assert drafted == ["lan", "chu", "quan"]  # the desk, and the district whose case it is
    assert who_sees(office, draft) == ["an", "ha", "chi", "lan", "chu", "quan"]  # not whoever holds nothing


def test_what_is_for_everyone_is_not_for_other_authorities(office: RuntimeOffice) -> None:
    office.force("INSERT INTO unit SELECT 9, 'CITY', NULL, 'Thành phố', 'city', '', '[]', NULL, NULL, valid_from, NULL"
                 " FROM unit WHERE code = 'W1'")  # fmt: skip
    office.hire("tho", ("officer", "CITY"), ("admin", "CITY"))

    drive = office.drive("W1")

    assert [sees(office, "tho", case) for case in (drive, *office.errands(drive))] == [False, False]


def test_the_administrator_sees_the_wards_own_cases_and_the_chairman_does_not(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", own=True)

    assert office.one("SELECT code FROM instance JOIN unit ON unit.id = instance.authority_id") == "W1"
    assert who_sees(office, case) == ["an", "ha", "quan"]


def test_an_administrator_of_a_ward_sees_that_ward_only(office: RuntimeOffice) -> None:
    office.hire("wa", ("admin", "W2"))
    own = office.start("chi", "errand", own=True)
    drive = office.drive("W1", "W2")
    first, second = office.errands(drive)

    assert [sees(office, "wa", case) for case in (own, drive, first, second)] == [True, True, False, True]


def test_rights_end_with_the_membership(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")
    office.force("UPDATE membership SET valid_to = '2024-07-31' WHERE role IN ('officer', 'admin')")

    office.at("2024-08-01 09:00")

    assert who_sees(office, case) == ["ha", "chu"]


def test_the_system_sees_everything(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", own=True)

    with office.looking("khach") as (work, _):
        row = work.tx.one(INSTANCE, which=case)
        assert row is not None
        assert visible(work, SYSTEM, row)
