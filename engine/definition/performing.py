"""Who may take an action on a case, in which capacity, and why not. Pure.

A role is held by membership, or by a mandate of somebody who holds it. Whoever holds it may still be
kept from one case: as its nominee, after another duty on it, or because the task is somebody else's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.definition.case import Case
from engine.definition.language import ATTACH, EDIT, Role, Seat
from engine.definition.model import ProcessModel
from engine.errors import DutySeparated, NotPerformer, OwnCase, TaskAssigned
from engine.office.organisation import Unit


@dataclass(frozen=True, slots=True)
class Mandate:
    """The actor may act in a role of the principal, by a paper, until it ends.

    staff_code: the principal's. capacity: how the deputy signs (KT., TUQ., TL.). powers: "process.action",
    also of the engine's own verbs; empty: all that the role may do.
    """

    id: int
    role: str
    unit_id: int
    principal_id: int
    principal: str
    staff_code: str | None
    capacity: str
    paper: str
    powers: frozenset[str] = frozenset()

    def covers(self, process: str, verb: str) -> bool:
        return not self.powers or f"{process}.{verb}" in self.powers

    @property
    def processes(self) -> frozenset[str]:
        """The processes that its powers name; empty: all of them."""
        return frozenset(power.partition(".")[0] for power in self.powers)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `memberships` are (role code, unit id) pairs that hold now; the system has no person.

    mandates: those in force whose principal holds the role by membership, so that none is passed on.
    """

    person_id: int | None
    name: str
    memberships: frozenset[tuple[str, int]] = frozenset()
    staff_code: str | None = None
    mandates: tuple[Mandate, ...] = ()

    @property
    def is_system(self) -> bool:
        return self.person_id is None

    @property
    def hats(self) -> frozenset[tuple[str, int]]:
        """What the actor may act as, for themself or for somebody else."""
        return self.memberships | {(mandate.role, mandate.unit_id) for mandate in self.mandates}

    @property
    def units(self) -> frozenset[int]:
        return frozenset(unit for _, unit in self.hats)

    def within(self, process: str) -> "Actor":
        """The actor with those mandates alone that are for something in the process."""
        fitting = tuple(mandate for mandate in self.mandates if not mandate.powers or process in mandate.processes)
        return replace(self, mandates=fitting) if fitting != self.mandates else self

    def unlimited(self) -> "Actor":
        """The actor without mandates for single powers: those give no sight of personal data."""
        return replace(self, mandates=tuple(mandate for mandate in self.mandates if not mandate.powers))

    def hats_for(self, process: str, verb: str) -> frozenset[tuple[str, int]]:
        """The hats, less those of mandates that do not cover the verb."""
        covering = (mandate for mandate in self.mandates if mandate.covers(process, verb))
        return self.memberships | {(mandate.role, mandate.unit_id) for mandate in covering}


SYSTEM = Actor(None, "Hệ thống")


@dataclass(frozen=True, slots=True)
class Capacity:
    """As what somebody acts: in a role, and for whom when by a mandate. The system acts in none."""

    role: str = ""
    mandate: Mandate | None = None

    def persons(self, actor: Actor) -> tuple[int, ...]:
        """Who answers for the act: the actor, and the principal."""
        own = (actor.person_id,) if actor.person_id is not None else ()
        return (*own, self.mandate.principal_id) if self.mandate else own


NO_CAPACITY = Capacity()


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to do to a case: an action or a verb of the engine, and the roles that may."""

    verb: str
    label: str
    roles: tuple[Role, ...]
    actor: Actor
    seats: Mapping[str, Unit]


def seat_of(role: Role, case: Case[Any], seats: Mapping[str, Unit]) -> Unit:
    """The unit whose holders of the role are meant for this case."""
    return seat(role, case.unit, case.authority, seats)


def seat(role: Role, unit: Unit, authority: Unit, seats: Mapping[str, Unit]) -> Unit:
    """The unit whose holders of the role are meant for cases of `unit` that `authority` decides."""
    return unit if role.seat is Seat.OWN_UNIT else seats.get(role.code, authority)


def capacity_of(model: ProcessModel, case: Case[Any], wish: Wish) -> Capacity:
    """In which capacity the actor may do it; an own membership goes before a mandate.

    Raises:
        NotPerformer: the actor holds none of the roles where the case needs them.
        TaskAssigned, OwnCase, DutySeparated: the actor does, and is kept from this case.
    """
    if wish.actor.is_system:
        return NO_CAPACITY
    objections: list[NotPerformer] = []
    for capacity in _candidates(model, case, wish):
        against = objection(model, case, wish, capacity)
        if against is None:
            return capacity
        objections.append(against)
    raise objections[0] if objections else NotPerformer(action=wish.label, who=who(case, wish))


def objection(model: ProcessModel, case: Case[Any], wish: Wish, capacity: Capacity) -> NotPerformer | None:
    """Why that person, who has the role, must not do it to this case; None when nothing speaks against it."""
    return _assigned(model, case, wish, capacity) or kept_from(model, case, wish, capacity)


def is_barred(model: ProcessModel, case: Case[Any], role: Role, person: Actor, seats: Mapping[str, Unit]) -> bool:
    """Whether a holder of the role is kept from everything that the role does to the case in its state."""
    state = model.states[case.state]
    taken = [name for name in model.actions_from(case.state) if role in model.performers(case.state, name)]
    verbs = [*taken, *((EDIT,) if state.edits and role == state.owner else ())]
    wishes = (Wish(verb, "", (role,), person, seats) for verb in verbs)
    return bool(verbs) and all(kept_from(model, case, wish, Capacity(role.code)) for wish in wishes)


def kept_from(model: ProcessModel, case: Case[Any], wish: Wish, capacity: Capacity) -> NotPerformer | None:
    """Why that person must not do it to this case whatever role they hold; None when nothing speaks against it."""
    actor, mandate = wish.actor, capacity.mandate
    codes = {code.casefold() for code in (actor.staff_code, mandate.staff_code if mandate else None) if code}
    if model.nominees is not None and codes & {code.casefold() for code in model.nominees(case.dossier)}:
        return OwnCase(action=wish.label, who=who(case, wish))
    duty = model.duty_of(wish.verb, capacity.role)
    if duty is None:
        return None
    had = {done for person in capacity.persons(actor) for done in case.involved.get(person, ())} - {duty.code}
    if not had:
        return None
    done = ", ".join(other.label for other in model.separate if other.code in had)
    return DutySeparated(action=wish.label, done=done, who=who(case, wish))


def who(case: Case[Any], wish: Wish) -> str:
    """The roles that may, each with its unit, for a sentence."""
    named = (f"{role.label}, {seat_of(role, case, wish.seats).name}" for role in wish.roles)
    return "; ".join(named) or "không ai ở bước này"


def drafting(model: ProcessModel, state: str) -> str:
    """The verb of adding papers in that state: where the dossier may be edited, it is editing too."""
    return EDIT if model.states[state].edits else ATTACH


def _candidates(model: ProcessModel, case: Case[Any], wish: Wish) -> Iterator[Capacity]:
    wanted = [(role.code, seat_of(role, case, wish.seats).id) for role in wish.roles]
    yield from (Capacity(hat[0]) for hat in wanted if hat in wish.actor.memberships)
    for mandate in wish.actor.mandates:
        if (mandate.role, mandate.unit_id) in wanted and mandate.covers(model.code, wish.verb):
            yield Capacity(mandate.role, mandate)


def _assigned(model: ProcessModel, case: Case[Any], wish: Wish, capacity: Capacity) -> NotPerformer | None:
    """The work of a task that is assigned is its assignee's, or their deputy's."""
    owner = model.states[case.state].owner
    if case.assignee is None or owner is None or capacity.role != owner.code:
        return None
    if case.assignee.person_id in capacity.persons(wish.actor):
        return None
    return TaskAssigned(action=wish.label, who=case.assignee.name)
