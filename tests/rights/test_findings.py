"""What the walk has found in the engine, each as small as it can be."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from engine.administration import mandates, people, roles, units
from engine.administration.forms import Leaving, NewMandate, NewMembership, NewSeat, UnitClosing
from engine.administration.succession import settle
from engine.definition.performing import SYSTEM
from engine.errors import NotAuthenticated, NotPerformer
from engine.runtime import commands, rights
from engine.runtime.assignments import assign
from engine.runtime.beginning import NewCase, start
from engine.runtime.queue import work_queue
from tests.rights.stage import DOSSIERS
from tests.rights.world import Ground, World

TODAY = date(2024, 9, 4)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    ground = Ground(tmp_path_factory.mktemp("findings"))
    yield ground
    ground.close()


@pytest.fixture
def world(ground: Ground) -> Iterator[World]:
    with ground.world(random.Random(0)) as world:
        yield world


def holder(world: World, role: str, unit: str) -> str:
    return world.oracle.holders(role, unit)[0]


def begin(world: World, process: str, unit: str, parent: int | None = None, **dossier: Any) -> int:
    new = NewCase(unit, parent, {**DOSSIERS["campaign"], **dossier} if process == "campaign" else dossier)
    return int(start(world.work, world.registry.by_code[process], new, SYSTEM)["id"])


def give(world: World, principal: str, deputy: str, role: str, unit: str, since: date = TODAY) -> None:
    paper = {"capacity": "KT.", "paper": "01/GUQ", "from": since, "to": since + 5 * DAY}
    ids = {"principal": str(world.keys[principal]), "deputy": str(world.keys[deputy])}
    new = NewMandate.model_validate({**ids, "role": role, "unit": unit, **paper})
    world.administer(lambda desk: mandates.give(desk, new))


def seat(world: World, role: str, unit: str, since: date = TODAY) -> None:
    new = NewSeat.model_validate({"authority": "Q", "role": role, "unit": unit, "from": since})
    world.administer(lambda desk: roles.take_seat(desk, new))


def own_case(world: World) -> int:
    """A tờ trình that ward P1 decides itself."""
    campaign = begin(world, "campaign", "Q")
    return begin(world, "submission", "P1", campaign, **{**DOSSIERS["submission"], "decided_by": "ward"})


def test_without_a_seat_row_the_authority_itself_begins_its_cases(world: World) -> None:
    actor = world.actor(holder(world, "appraiser", "K"))  # K has no seat rows: its roles are its own

    start(world.work, world.registry.by_code["campaign"], NewCase("K", None, DOSSIERS["campaign"]), actor)


def test_a_role_can_end_before_a_mandate_that_was_used(world: World) -> None:
    case = begin(world, "campaign", "Q")
    give(world, "p00", "p33", "appraiser", "PNV")
    commands.edit(world.work, world.row(case), {}, world.actor("p33"))
    held = next(one for one in world.oracle.held if one.person == "p00")

    world.administer(lambda desk: roles.end(desk, held.key, TODAY - DAY))


def test_who_has_the_seat_of_an_administrator_sees_the_cases_wherever_the_unit_belongs(world: World) -> None:
    case = begin(world, "campaign", "Q")
    seat(world, "administrator", "K")

    assert rights.visible(world.work, world.actor(holder(world, "administrator", "K")), world.row(case))


def test_the_leader_gives_tasks_from_the_leaders_own_seat(world: World) -> None:
    case = begin(world, "campaign", "Q")
    seat(world, "appraiser", "T1")

    assign(world.work, world.row(case), None, world.actor(holder(world, "appraisal_head", "PNV")))


def test_the_administrator_above_gives_away_a_wards_own_tasks(world: World) -> None:
    case = own_case(world)

    assign(world.work, world.row(case), None, world.actor(holder(world, "administrator", "Q")))


def test_a_task_of_somebody_who_lost_the_role_is_in_the_queue_of_those_who_hold_it(world: World) -> None:
    case = begin(world, "campaign", "Q")
    assign(world.work, world.row(case), "p01", world.actor("p02"))
    held = next(one for one in world.oracle.held if one.person == "p01")
    world.administer(lambda desk: roles.end(desk, held.key, TODAY - DAY))

    waiting = work_queue(world.work, world.actor("p00"), None, 10)

    assert [task["instance_id"] for task in waiting] == [case]


def test_a_task_of_somebody_who_lost_the_role_can_be_taken(world: World) -> None:
    case = begin(world, "campaign", "Q")
    assign(world.work, world.row(case), "p01", world.actor("p02"))
    held = next(one for one in world.oracle.held if one.person == "p01")
    world.administer(lambda desk: roles.end(desk, held.key, TODAY - DAY))

    assign(world.work, world.row(case), "p00", world.actor("p00"))


def test_standing_in_as_clerk_does_not_bring_the_tasks_that_somebody_has_as_appraiser(world: World) -> None:
    case = begin(world, "campaign", "Q")
    assign(world.work, world.row(case), "p01", world.actor("p02"))
    clerk = NewMembership.model_validate({"unit": "VP", "role": "clerk", "from": TODAY})
    world.administer(lambda desk: roles.grant(desk, world.keys["p01"], clerk))
    give(world, "p01", "p00", "clerk", "VP")

    assert work_queue(world.work, world.actor("p00"), None, 10) == []


def test_nobody_gives_away_the_task_of_the_case_of_whom_they_stand_in_for(world: World) -> None:
    campaign, head = begin(world, "campaign", "Q"), holder(world, "proposer_head", "T1")
    subject = {**DOSSIERS["award_proposal"]["subject"], "identifier": world.oracle.people[head].staff_code}
    case = begin(world, "award_proposal", "T1", campaign, subject=subject)
    give(world, head, "p33", "proposer_head", "T1")

    with pytest.raises(NotPerformer):
        assign(world.work, world.row(case), None, world.actor("p33"))


def test_the_account_of_who_leaves_today_is_closed_tomorrow(world: World) -> None:
    world.administer(lambda desk: people.leave(desk, world.keys["p05"], Leaving(last_day=TODAY)))
    world.pass_days(1)
    settle(world.work, SYSTEM)  # what the first tick of a day does

    with pytest.raises(NotAuthenticated):
        world.actor("p05")


def test_a_successor_has_a_seat_as_long_as_the_unit_before_it_would_have(world: World) -> None:
    seat(world, "clerk", "T1", since=TODAY + 2 * DAY)
    closing = UnitClosing(last_day=TODAY - DAY, successors=("P3",), paper="Nghị quyết số 1")
    world.administer(lambda desk: units.close(desk, "VP", closing))

    district = world.office.by_code["Q"].id
    seated = [world.office.seats(district, TODAY + n * DAY)["clerk"].code for n in range(3)]

    assert seated == ["P3", "P3", "T1"]


def test_a_mandate_for_the_next_spell_in_a_role_stays_when_the_first_ends_early(world: World) -> None:
    keys = []
    for first, last in ((TODAY - DAY, TODAY + DAY), (TODAY + 3 * DAY, None)):
        spell = NewMembership.model_validate({"unit": "T2", "role": "proposer", "from": first, "to": last})
        keys.append(
            world.administer(lambda desk, spell=spell: roles.grant(desk, world.keys["p05"], spell))["id"]  # type: ignore[misc]
        )
    give(world, "p05", "p33", "proposer", "T2", since=TODAY + 3 * DAY)

    world.administer(lambda desk: roles.end(desk, int(keys[0]), TODAY))
    world.pass_days(3)

    assert ("proposer", world.office.by_code["T2"].id) in world.actor("p33").hats
