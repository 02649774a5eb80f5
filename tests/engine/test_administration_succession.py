"""Units that end, and where their cases, tasks and seats go."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from engine.administration import roles, units
from engine.administration.desk import Desk
from engine.administration.forms import NewSeat, NewUnit, Transfer, UnitClosing, UnitPatch
from engine.administration.refusals import OfficeRefused
from engine.administration.succession import hand_over, settle_due
from engine.runtime.history import verify
from engine.runtime.rights import visible
from engine.runtime.statements import INSTANCE
from tests.errands.office import RuntimeOffice, open_runtime

TODAY, YESTERDAY, TOMORROW = date(2024, 7, 10), date(2024, 7, 9), date(2024, 7, 11)
PAPER = "Nghị quyết số 1"


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        yield office
        with office.engine.database.read() as tx:  # whatever moved, every case still rebuilds
            assert list(verify(tx)) == []


def administer(office: RuntimeOffice, perform: Callable[[Desk], Any]) -> Any:
    """A change by the command line, seen by everybody after it."""
    done = office.engine.writer.call(lambda tx: perform(Desk(office.engine.work(tx), None)))
    return done


def add(office: RuntimeOffice, code: str, **more: Any) -> None:
    """A new ward below the district, in its authority unless another is named."""
    given = {"code": code, "name": code, "kind": "ward", "parent": "Q", "valid_from": TODAY, **more}
    administer(office, lambda desk: units.add(desk, NewUnit.model_validate(given)))


def close(office: RuntimeOffice, code: str, *successors: str, last_day: date = YESTERDAY) -> dict[str, Any]:
    closing = UnitClosing(last_day=last_day, successors=successors, paper=PAPER)
    closed: dict[str, Any] = administer(office, lambda desk: units.close(desk, code, closing))
    return closed


def place(office: RuntimeOffice, case: int) -> tuple[str, str]:
    """Codes of the case's unit and authority."""
    ((unit, authority),) = office.ask(
        "SELECT u.code, a.code FROM instance i JOIN unit u ON u.id = unit_id JOIN unit a ON a.id = i.authority_id"
        " WHERE i.id = ?", case,
    )  # fmt: skip
    return unit, authority


def task_units(office: RuntimeOffice, case: int) -> list[str]:
    query = "SELECT code FROM user_task t JOIN unit u ON u.id = t.unit_id WHERE clock != 'closed' AND instance_id = ?"
    return [code for (code,) in office.ask(f"{query} ORDER BY t.id", case)]


def test_a_sole_successor_takes_over_case_task_and_sight(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")
    add(office, "W3")
    office.hire("moi", ("officer", "W3"))

    closed = close(office, "W1", "W3")

    assert (closed["cases_transferred"], closed["cases_waiting"]) == (1, [])
    assert place(office, case) == ("W3", "Q")
    assert task_units(office, case) == ["W3"]
    assert office.notices("task_opened")[-1:] == [("task_opened", "moi")]
    office.act("moi", case, "hand_in")  # sees it, holds it, may act on it
    assert office.state(case) == "checked"


def test_the_history_tells_the_move_and_its_paper(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")
    add(office, "W3")
    close(office, "W1", "W3")

    action, source, target, payload = office.ask(
        "SELECT action, source, target, payload FROM history WHERE instance_id = ? ORDER BY seq DESC", case
    )[0]
    told = json.loads(payload)
    assert (action, source, target, told["dossier"]) == ("transfer", "drafted", "drafted", {})
    assert told["transfer"] == {"unit": {"from": "W1", "to": "W3"}, "paper": PAPER}
    assert office.version(case) == 2


def test_due_dates_and_closed_cases_stay(office: RuntimeOffice) -> None:
    done = office.checked()
    office.act("lan", done, "approve")
    case = office.checked()
    before = office.tasks(case), office.timers(case)
    add(office, "W3")

    close(office, "W1", "W3")

    assert (office.tasks(case), office.timers(case)) == before
    assert (place(office, done), place(office, case)) == (("W1", "Q"), ("W3", "Q"))
    assert task_units(office, case) == ["PNV"]  # the desk's task is none of the ward


def test_the_papers_above_can_be_seen_by_whoever_takes_over(office: RuntimeOffice) -> None:
    drive = office.drive("W1")
    add(office, "W3")
    office.hire("moi", ("officer", "W3"))

    close(office, "W1", "W3")

    seeing = office.ask("SELECT code FROM access a JOIN unit u ON u.id = a.unit_id WHERE instance_id = ?", drive)
    assert ("W3",) in seeing


def test_while_the_last_day_lasts_nothing_moves(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")
    add(office, "W3", valid_from=TOMORROW)

    closed = close(office, "W1", "W3", last_day=TODAY)
    first = place(office, case)
    settle_due(office.engine)
    same_day = place(office, case)
    office.at("2024-07-11 08:00")
    settle_due(office.engine)

    assert [one["id"] for one in closed["cases_waiting"]] == [str(case)]
    assert (first, same_day, place(office, case)) == (("W1", "Q"), ("W1", "Q"), ("W3", "Q"))


def test_with_several_successors_somebody_says_where_each_case_goes(office: RuntimeOffice) -> None:
    first, second = office.start("an", "errand", text="Một"), office.start("an", "errand", text="Hai")
    for code in ("W3", "W4"):
        add(office, code)

    closed = close(office, "W1", "W3", "W4")
    assert closed["cases_transferred"] == 0
    assert [one["id"] for one in closed["cases_waiting"]] == [str(first), str(second)]

    for case, code in ((first, "W3"), (second, "W4")):
        wanted = Transfer(unit=code, paper="Biên bản bàn giao")
        administer(office, lambda desk, case=case, wanted=wanted: hand_over(desk, "errands", case, wanted))  # type: ignore[misc]
    assert [place(office, case) for case in (first, second)] == [("W3", "Q"), ("W4", "Q")]


def test_a_successor_that_has_ended_too_hands_on(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")
    add(office, "W3", valid_from=date(2024, 7, 1))
    add(office, "W4", valid_from=date(2024, 7, 1))
    office.engine.writer.call(lambda tx: tx.command("UPDATE unit SET valid_to = '2024-07-08' WHERE code = 'W3'"))
    office.force("INSERT INTO succession (unit_id, successor_id, on_day, paper) SELECT a.id, b.id, '2024-07-09', 'QĐ 2'"
                 " FROM unit a, unit b WHERE a.code = 'W3' AND b.code = 'W4'")  # fmt: skip

    closed = close(office, "W1", "W3", last_day=date(2024, 7, 5))

    assert (closed["cases_transferred"], place(office, case)) == (1, ("W4", "Q"))


def test_settling_again_moves_nothing(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")
    add(office, "W3")
    close(office, "W1", "W3")
    version = office.version(case)

    settle_due(office.engine)

    assert office.version(case) == version


@pytest.mark.parametrize("case_is_closed", [True, False])
def test_only_an_open_case_of_a_unit_that_has_ended_is_handed_over(office: RuntimeOffice, case_is_closed: bool) -> None:
    case = office.checked()
    if case_is_closed:
        office.act("lan", case, "approve")

    with pytest.raises(OfficeRefused) as refused:
        administer(office, lambda desk: hand_over(desk, "errands", case, Transfer(unit="W2", paper=PAPER)))

    assert refused.value.code == ("case_closed" if case_is_closed else "case_not_transferable")


# ── authorities ──────────────────────────────────────────────────────────────────────────────
def test_when_the_district_ends_its_cases_go_to_who_decides_for_the_unit_now(office: RuntimeOffice) -> None:
    """1 July 2025: two wards become one that decides itself, and the district is no more."""
    lying, drafted = office.checked(), office.start("chi", "errand", text="Trồng cây")
    add(office, "DK", authority="DK", parent=None)
    office.hire("moi", ("officer", "DK"), ("desk", "DK"), ("admin", "DK"))
    for code in ("W1", "W2"):
        close(office, code, "DK")
    assert (place(office, lying), task_units(office, lying)) == (("DK", "Q"), ["PNV"])

    close(office, "PNV", "DK")
    close(office, "Q")

    assert [place(office, case) for case in (lying, drafted)] == [("DK", "DK")] * 2
    assert [task_units(office, case) for case in (lying, drafted)] == [["DK"], ["DK"]]
    office.act("moi", lying, "approve")
    assert office.state(lying) == "done"


def test_a_case_that_the_unit_decided_itself_is_decided_by_the_successor(office: RuntimeOffice) -> None:
    office.hire("ban", ("desk", "W1"))
    case = office.start("an", "errand", text="Quét vôi", own=True)
    assert place(office, case) == ("W1", "W1")
    add(office, "W3")

    close(office, "W1", "W3")

    assert place(office, case) == ("W3", "W3")


def test_without_anybody_to_decide_a_case_stays_and_says_so(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")
    office.force("UPDATE unit SET valid_to = '2024-07-09' WHERE code = 'Q'")
    settle_due(office.engine)
    assert place(office, case) == ("W1", "Q")

    with pytest.raises(OfficeRefused) as refused:
        administer(office, lambda desk: hand_over(desk, "errands", case, Transfer(unit="W2", paper=PAPER)))

    assert refused.value.code == "case_without_authority"


# ── seats ────────────────────────────────────────────────────────────────────────────────────
def take_seat(office: RuntimeOffice, unit: str, since: date) -> dict[str, Any]:
    new = NewSeat.model_validate({"authority": "Q", "role": "desk", "unit": unit, "from": since})
    taken: dict[str, Any] = administer(office, lambda desk: roles.take_seat(desk, new))
    return taken


def test_the_work_goes_with_the_seat(office: RuntimeOffice) -> None:
    case = office.checked()
    add(office, "VP", kind="office")
    office.hire("moi", ("desk", "VP"))

    taken = take_seat(office, "VP", TODAY)

    assert (taken["tasks_moved"], task_units(office, case)) == (1, ["VP"])
    office.act("moi", case, "approve")
    assert office.state(case) == "done"


def test_a_seat_given_for_tomorrow_moves_the_work_tomorrow(office: RuntimeOffice) -> None:
    case = office.checked()
    add(office, "VP", kind="office")
    office.hire("moi", ("desk", "VP"))
    assert take_seat(office, "VP", TOMORROW)["tasks_moved"] == 0
    settle_due(office.engine)
    before = task_units(office, case)

    office.at("2024-07-11 08:00")
    settle_due(office.engine)

    assert (before, task_units(office, case)) == (["PNV"], ["VP"])


def sees(office: RuntimeOffice, who: str, case: int) -> bool:
    with office.looking(who) as (work, actor):
        row = work.tx.one(INSTANCE, which=case)
        assert row is not None
        return visible(work, actor, row)


def test_who_gets_a_task_with_a_seat_hears_of_it(office: RuntimeOffice) -> None:
    office.checked()
    add(office, "VP", kind="office")
    office.hire("moi", ("desk", "VP"))

    take_seat(office, "VP", TODAY)

    assert office.notices("task_opened")[-1:] == [("task_opened", "moi")]


def test_sight_goes_with_the_seat_also_of_cases_that_wait_elsewhere(office: RuntimeOffice) -> None:
    """The desk may drop a case that is back with the ward: it must not lie where nobody can reach it."""
    drive = office.drive("W1")
    (below,) = office.errands(drive)
    office.act("an", below, "hand_in")
    case = office.checked()
    office.act("lan", case, "redo")
    closed = office.checked()
    office.act("lan", closed, "approve")
    add(office, "VP", kind="office")
    office.hire("moi", ("desk", "VP"))
    office.hire("mai", ("officer", "VP"))

    take_seat(office, "VP", TODAY)

    assert [sees(office, "moi", one) for one in (case, below, drive, closed)] == [True, True, True, False]
    assert [sees(office, "mai", one) for one in (case, drive)] == [False, True]
    office.act("moi", case, "drop")


def test_who_keeps_another_seat_passes_on_only_what_was_begun_before(office: RuntimeOffice) -> None:
    before = office.start("an", "errand", text="Trước")  # watched by the chair, which is the district itself
    add(office, "VP", kind="office")
    office.hire("moi", ("chair", "VP"))
    new = NewSeat.model_validate({"authority": "Q", "role": "chair", "unit": "VP", "from": TODAY})
    administer(office, lambda desk: roles.take_seat(desk, new))
    office.at("2024-07-11 08:00")
    after = office.start("an", "errand", text="Sau")
    seated, district = office.unit_id("VP"), office.unit_id("Q")
    office.force(f"UPDATE access SET unit_id = {district} WHERE instance_id = {after} AND unit_id = {seated}")

    settle_due(office.engine)

    assert [sees(office, "moi", one) for one in (before, after)] == [True, False]


def test_closed_cases_can_be_read_by_a_sole_successor(office: RuntimeOffice) -> None:
    done = office.checked()
    office.act("lan", done, "approve")
    for code, ward in (("moi", "W3"), ("mai", "W4")):
        add(office, ward)
        office.hire(code, ("officer", ward))

    close(office, "W1", "W3")

    assert (place(office, done), sees(office, "moi", done), sees(office, "mai", done)) == (("W1", "Q"), True, False)


def test_a_sole_successor_gets_the_seats_too(office: RuntimeOffice) -> None:
    case = office.checked()
    add(office, "VP", kind="office")
    office.hire("moi", ("desk", "VP"))

    closed = close(office, "PNV", "VP")

    assert closed["seats_passed_on"] == ["Q/desk"]
    assert task_units(office, case) == ["VP"]


# ── what is not possible ─────────────────────────────────────────────────────────────────────
def test_a_unit_with_units_below_cannot_end(office: RuntimeOffice) -> None:
    with pytest.raises(OfficeRefused) as refused:
        close(office, "Q")

    assert (refused.value.code, refused.value.params["units"]) == ("units_below", "PNV, W1, W2")


@pytest.mark.parametrize("last_day", [date(2019, 12, 31)])
def test_a_unit_does_not_end_before_it_begins(office: RuntimeOffice, last_day: date) -> None:
    with pytest.raises(OfficeRefused) as refused:
        close(office, "W1", last_day=last_day)

    assert refused.value.code == "day_too_early"


def test_a_unit_ends_once_and_into_units_that_live(office: RuntimeOffice) -> None:
    close(office, "W1")

    with pytest.raises(OfficeRefused) as twice:
        close(office, "W1")
    with pytest.raises(OfficeRefused) as dead:
        close(office, "W2", "W1")

    assert (twice.value.code, dead.value.code) == ("unit_closed_already", "unit_not_alive")


def test_an_authority_that_decides_for_others_stays_one(office: RuntimeOffice) -> None:
    add(office, "X", authority="X", parent=None)

    with pytest.raises(OfficeRefused) as refused:
        administer(office, lambda desk: units.change(desk, "Q", UnitPatch(authority="X")))

    assert refused.value.code == "authority_in_use"
