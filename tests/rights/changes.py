"""What may change in the world: one random change by the administration's own commands, told to the oracle too."""

import random
from collections.abc import Callable
from datetime import date, timedelta

from engine.administration import mandates, people, roles, succession, units
from engine.administration.forms import (
    Leaving,
    NewMandate,
    NewMembership,
    NewSeat,
    PersonPatch,
    Transfer,
    UnitClosing,
    UnitPatch,
)
from engine.definition.performing import SYSTEM
from engine.errors import Refused
from engine.runtime.timers import due_timers, fire_rungs, fire_time_out
from engine.runtime.work import Work
from tests.rights import aftermath
from tests.rights.oracle import FAR_DAY, PLACE, ROWS, Given, Held, Seated
from tests.rights.world import LOCAL_ROLES, STEADY, World

PAPER = "Quyết định số 1"
BODIES = ("TP", "Q", "K")


def change(world: World) -> str | None:
    """Something changes; what it was, or None when the office refused."""
    kinds, weights = zip(*CHANGES.items(), strict=True)
    (kind,) = world.rng.choices(kinds, weights)
    world.tx.command("SAVEPOINT change")
    try:
        told = kind(world)
    except Refused as refusal:
        world.tx.command("ROLLBACK TO change")
        world.tell(f"{kind.__name__}: refused, {refusal!r}")
        told = None
    else:
        world.learn()
        world.moved_cases()
        world.tell(f"{kind.__name__}: {told}")
    world.tx.command("RELEASE change")
    world.oracle.worn.clear()
    return kind.__name__ if told else None


def _day(world: World, *around: int) -> date:
    return world.oracle.today + timedelta(days=world.rng.randint(*around))


def _person(world: World) -> str:
    return world.rng.choice(list(world.oracle.people))


def _place(rng: random.Random, world: World) -> tuple[str, str]:
    """A role, mostly in a unit where some case needs it."""
    if rng.random() < 0.4:
        return rng.choice(STEADY)
    role = rng.choice(list(PLACE))
    if role not in LOCAL_ROLES and rng.random() < 0.8:
        return role, world.oracle.seat(role, rng.choice(BODIES))
    return role, rng.choice(list(world.oracle.units))


def grant(world: World) -> str:
    person, (role, unit) = _person(world), _place(world.rng, world)
    since = _day(world, -3, 3)
    until = _day(world, 3, 12) if world.rng.random() < 0.5 else None
    new = NewMembership.model_validate({"unit": unit, "role": role, "from": since, "to": until})
    done = world.administer(lambda desk: roles.grant(desk, world.keys[person], new))
    world.oracle.held.append(Held(since, until or FAR_DAY, person, role, unit, int(done["id"])))
    return f"{person} {role}@{unit} {since} to {until}"


def revoke(world: World) -> str:
    held, last_day = world.rng.choice(world.oracle.held), _day(world, -2, 2)
    world.administer(lambda desk: roles.end(desk, held.key, last_day))
    aftermath.membership_ended(world.oracle, held, last_day)
    return f"{held.person} {held.role}@{held.unit} after {last_day}"


def delegate(world: World) -> str:
    held, deputy = world.rng.choice([one for one in world.oracle.held if one.role != "administrator"]), _person(world)
    verbs = [key for key, rows in ROWS.items() for row in rows if row.role == held.role and key[1] != "see"]
    few = world.rng.sample(verbs, min(len(verbs), world.rng.randint(1, 4))) if world.rng.random() < 0.5 else []
    powers = sorted({f"{process}.{verb}" for process, verb, _ in few if verb != "assign"})
    since, until = _day(world, -3, 2), _day(world, 1, 12)
    new = NewMandate.model_validate(
        {
            "principal": str(world.keys[held.person]), "deputy": str(world.keys[deputy]), "role": held.role,
            "unit": held.unit, "powers": powers, "capacity": "KT.", "paper": PAPER, "from": since, "to": until,
        }
    )  # fmt: skip
    done = world.administer(lambda desk: mandates.give(desk, new))
    given = Given(since, until, held.person, deputy, held.role, held.unit, frozenset(powers), int(done["id"]))
    world.oracle.given.append(given)
    return f"{held.person} to {deputy}: {held.role}@{held.unit} {since} to {until} {powers}"


def withdraw_mandate(world: World) -> str | None:
    if not world.oracle.given:
        return None
    given, last_day = world.rng.choice(world.oracle.given), _day(world, -2, 2)
    world.administer(lambda desk: mandates.end(desk, given.key, last_day))
    aftermath.ended(world.oracle.given, given, last_day)
    return f"{given.principal} to {given.deputy} after {last_day}"


def leave(world: World) -> str:
    person, last_day = _person(world), _day(world, -2, 1)
    successor = _person(world) if world.rng.random() < 0.6 else None
    leaving = Leaving(last_day=last_day, successor=str(world.keys[successor]) if successor else None)
    world.administer(lambda desk: people.leave(desk, world.keys[person], leaving))
    aftermath.left(world.oracle, person, last_day, successor)
    return f"{person} after {last_day}, {successor} takes over"


def close_account(world: World) -> str:
    person = _person(world)
    world.administer(lambda desk: people.change(desk, world.keys[person], PersonPatch(active=False)))
    aftermath.closed(world.oracle, person)
    return person


def reopen_account(world: World) -> str | None:
    gone = [name for name, one in world.oracle.people.items() if not one.is_active]
    if not gone:
        return None
    person = world.rng.choice(gone)
    world.administer(lambda desk: people.change(desk, world.keys[person], PersonPatch(active=True)))
    world.oracle.people[person].is_active = True
    if world.rng.random() < 0.8:
        world.log_in(person)
    return person


def rename_staff(world: World) -> str:
    """Somebody gets another staff code: by it a nominee is recognised."""
    person, code = _person(world), f"CB-n{world.rng.randrange(20)}"
    world.administer(lambda desk: people.change(desk, world.keys[person], PersonPatch(staff_code=code)))
    world.oracle.people[person].staff_code = code
    return f"{person} {code}"


def close_unit(world: World) -> str | None:
    living = [code for code, body in world.oracle.units.items() if body.last_day == FAR_DAY and code not in BODIES]
    if len(living) < 6:
        return None
    code, last_day = world.rng.choice(living), _day(world, -2, 2)
    heirs = world.rng.sample([one for one in living if one != code], world.rng.choice((0, 1, 1, 1, 2)))
    closing = UnitClosing(last_day=last_day, successors=tuple(heirs), paper=PAPER)
    world.administer(lambda desk: units.close(desk, code, closing))
    aftermath.unit_closed(world.oracle, code, last_day, heirs[0] if len(heirs) == 1 else None)
    return f"{code} after {last_day} into {heirs}"


def hand_over(world: World) -> str | None:
    """What several successors, or none, have left waiting goes to a unit that is named."""
    gone = {code for code, body in world.oracle.units.items() if body.last_day < world.oracle.today}
    waiting = [file for file in world.oracle.files.values() if file.tasks and {file.unit, file.authority} & gone]
    if not waiting:
        return None
    file, unit = world.rng.choice(waiting), world.rng.choice(list(world.oracle.units))
    collection = world.registry.by_code[file.process].collection
    world.administer(lambda desk: succession.hand_over(desk, collection, file.key, Transfer(unit=unit, paper=PAPER)))
    return f"case {file.key} to {unit}"


def change_authority(world: World) -> str:
    code = world.rng.choice([code for code in world.oracle.units if code not in (*BODIES, "PNV", "VP", "BTD")])
    authority = world.rng.choice(("Q", "K", code))
    world.administer(lambda desk: units.change(desk, code, UnitPatch(authority=authority)))
    world.oracle.units[code].authority = authority
    return f"{code} is decided for by {authority}"


def move_seat(world: World) -> str:
    role = world.rng.choice([role for role in PLACE if role not in LOCAL_ROLES])
    since, authority = _day(world, 0, 2), world.rng.choice(("Q", "Q", "K"))
    unit = world.rng.choice(list(world.oracle.units))
    new = NewSeat.model_validate({"authority": authority, "role": role, "unit": unit, "from": since})
    done = world.administer(lambda desk: roles.take_seat(desk, new))
    taken = Seated(since, authority=authority, role=role, unit=unit, key=int(done["id"]))
    aftermath.seat_taken(world.oracle, taken)
    aftermath.sight_passed(world.oracle, taken)
    return f"{role} of {authority} at {unit} from {since}"


def leave_seat(world: World) -> str | None:
    known = [seat for seat in world.oracle.seats if seat.key]
    if not known:
        return None
    seat, last_day = world.rng.choice(known), _day(world, -1, 2)
    world.administer(lambda desk: roles.leave_seat(desk, seat.key, last_day))
    aftermath.ended(world.oracle.seats, seat, last_day)
    return f"{seat.role} of {seat.authority} at {seat.unit} after {last_day}"


def _fired(work: Work) -> int:
    """Fire some of what is due; how much."""
    return fire_rungs(work) + sum(fire_time_out(work, key) for key in due_timers(work.tx, work.micros)[1])


def days_pass(world: World) -> str:
    """The next days come: what is dated begins or ends, what is due is fired, what is to move moves."""
    days = world.rng.choice((1, 1, 1, 2, 3))
    world.pass_days(days)
    aftermath.day_came(world.oracle)
    world.oracle.worn.clear()
    succession.settle(world.work, SYSTEM)
    world.learn()
    world.moved_cases()
    while _fired(world.work):
        world.follow()
    world.follow()
    return f"{days}"


CHANGES: dict[Callable[[World], str | None], int] = {
    grant: 24, revoke: 6, delegate: 24, withdraw_mandate: 5, leave: 2, close_account: 3, reopen_account: 6,
    rename_staff: 2, close_unit: 2, hand_over: 3, change_authority: 2, move_seat: 2, leave_seat: 1, days_pass: 7,
}  # fmt: skip
