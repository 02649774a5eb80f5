"""Every cell: who, on which case, wants what; what the table says of it, and what the engine says."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import islice
from typing import Any

from engine.definition.language import ATTACH, EDIT, Role, Seat
from engine.errors import ActionNotAvailable, GuardUnmet, InvalidInput, LinesRefused, NotFound, NotPerformer
from engine.runtime import commands
from engine.runtime.assignments import ASSIGN, assign
from engine.runtime.commands import Paper
from engine.runtime.present import whole
from engine.runtime.work import Work
from tests.rights.declared import CIRCLE, DESK, OWN_UNIT, REGISTRY, SEAT, place_of, states_of
from tests.rights.stage import FAR, PLACES, PRINCIPALS, Place, Principal, Stage, right_places, undone
from tests.rights.table import ANY, SEE, Right, read


class Outcome(StrEnum):
    HIDDEN = "hidden"  # no such case, for that person
    REFUSED = "refused"  # somebody else may
    IMPOSSIBLE = "impossible"  # not in this state, whoever asks
    ALLOWED = "allowed"  # as far as rights go: a condition or the form may still be unmet


@dataclass(frozen=True, slots=True)
class Cell:
    principal: Principal
    place: Place
    verb: str

    def __str__(self) -> str:
        assigned = " (assigned)" if self.place.assigned else ""
        return f"{self.principal.username} · {self.place.model.code} {self.place.state}{assigned} · {self.verb}"


class Table:
    """The rights of docs/rights.csv, to be looked up."""

    def __init__(self, rights: frozenset[Right]) -> None:
        self._rights: Mapping[tuple[str, ...], Right] = {right.cell: right for right in rights}
        self._possible = {(right.process, right.action, right.state) for right in rights}
        self._for_people = {(right.process, right.action) for right in rights}

    @classmethod
    def of_people(cls) -> "Table":
        return cls(read(states_of()))

    def expected(self, cell: Cell) -> frozenset[Outcome]:
        """What the engine may answer. What no person ever does is refused, or not possible there."""
        process, state = cell.place.model.code, cell.place.state
        if not any(self._row(cell, SEE, role, at) for role, at in _hats(cell)):
            return frozenset({Outcome.HIDDEN})
        if cell.verb == SEE:
            return frozenset({Outcome.ALLOWED})
        if (process, cell.verb) not in self._for_people:
            return frozenset({Outcome.REFUSED, Outcome.IMPOSSIBLE})
        if (process, cell.verb, state) not in self._possible:
            return frozenset({Outcome.IMPOSSIBLE})
        allowed = any(self._may(cell, role, at) for role, at in _hats(cell))
        return frozenset({Outcome.ALLOWED if allowed else Outcome.REFUSED})

    def sees(self, process: str, state: str, role: Role) -> bool:
        """Whether who holds the role at the right place sees the process's cases in that state."""
        at = place_of(role)
        return any((process, SEE, state, name, at) in self._rights for name in (role.code, ANY))

    def without(self, cell: Cell) -> frozenset[str]:
        """The fields that are not shown: only those that none of the hats shows."""
        rows = [row for role, at in _hats(cell) if (row := self._row(cell, SEE, role, at))]
        return frozenset.intersection(*(frozenset(row.without) for row in rows))

    def _row(self, cell: Cell, action: str, role: str, at: str) -> Right | None:
        where = (cell.place.model.code, action, cell.place.state)
        return self._rights.get((*where, role, at)) or self._rights.get((*where, ANY, at))

    def _may(self, cell: Cell, role: str, at: str) -> bool:
        row = self._row(cell, cell.verb, role, at)
        if row is None or cell.principal.kind == "lame":
            return False
        if cell.principal.kind == "deputy" and not row.deputy:
            return False
        had = {duty for process, duty in cell.principal.duties if process == cell.place.model.code}
        if cell.principal.is_nominee and cell.place.model.code == "award_proposal":
            return False
        if cell.verb == ASSIGN:
            return _may_assign(cell, role)
        if row.duty and had - {row.duty}:
            return False
        owner = cell.place.model.states[cell.place.state].owner
        return not (cell.place.assigned and owner is not None and owner.code == role)


def _may_assign(cell: Cell, role: str) -> bool:
    """Who holds the role takes a free task; what is a colleague's, only those above give away."""
    owner = cell.place.model.states[cell.place.state].owner
    takes = owner is not None and owner.code == role
    if not takes:
        return True
    return not cell.place.assigned and cell.principal.kind != "deputy"


def _hats(cell: Cell) -> frozenset[tuple[str, str]]:
    return _places_of(cell.principal, cell.place.unit)


@cache
def _places_of(principal: Principal, own_unit: str) -> frozenset[tuple[str, str]]:
    """Role and place, as seen from a case of that unit, of everything that the principal acts as today."""
    return frozenset(_seen_from(principal, own_unit))


def _seen_from(principal: Principal, own_unit: str) -> Iterator[tuple[str, str]]:
    if principal.kind == "former":
        return
    if principal.kind == "everything":
        held = {(role.code, unit) for role in REGISTRY.roles.values() for unit in {*right_places(role), *PLACES}}
    else:
        held = {(principal.role, principal.unit)}
    for role, unit in held:
        if unit == own_unit:
            yield role, OWN_UNIT
        if REGISTRY.roles[role].seat is Seat.AUTHORITY and DESK[role] == unit:
            yield role, SEAT
        if unit not in (FAR, "BTDKT"):
            yield role, CIRCLE


EVERY = {"sqlite": 1, "postgresql": 11}
"""Of how many cells one is asked for in the tests: PostgreSQL gets a fixed sample, for it takes ten times as long."""


def some_cells(stage: Stage, found: Iterable[Cell]) -> Iterator[Cell]:
    """Those of them that the tests ask for on that database."""
    return islice(found, 0, None, EVERY[stage.engine.database.name])


def cells(stage: Stage) -> Iterator[Cell]:
    """All of them. Where an action is not possible at all, those who stand in for others are left out."""
    for place in stage.places:
        model = place.model
        verbs = (SEE, EDIT, *((ATTACH,) if model.papers else ()), ASSIGN, *model.actions)
        for verb in verbs:
            is_possible = verb in (SEE, EDIT, ATTACH, ASSIGN) or (place.state, verb) in model.table
            for principal in PRINCIPALS:
                if is_possible or (principal.kind == "holder" and not place.assigned):
                    yield Cell(principal, place, verb)


def outcome(stage: Stage, work: Work, cell: Cell) -> Outcome:
    """What the engine answers; nothing of it stays."""
    actor = stage.actors[cell.principal.username]
    try:
        row = commands.load(work, cell.place.model, cell.place.key, actor)
    except NotFound:
        return Outcome.HIDDEN
    if cell.verb == SEE:
        return Outcome.ALLOWED
    try:
        undone(work.tx, lambda: _perform(work, row, cell, actor))
    except NotPerformer:
        return Outcome.REFUSED
    except ActionNotAvailable:
        return Outcome.IMPOSSIBLE
    except (GuardUnmet, InvalidInput, LinesRefused):
        pass
    return Outcome.ALLOWED


def _perform(work: Work, row: Any, cell: Cell, actor: Any) -> None:
    if cell.verb == EDIT:
        commands.edit(work, row, {}, actor)
    elif cell.verb == ATTACH:
        kind = next(iter(cell.place.model.papers))
        commands.attach(work, row, Paper(kind, "a.pdf", "application/pdf", 1, "0" * 64), actor)
    elif cell.verb == ASSIGN:
        assign(work, row, wanted(cell), actor)
    else:
        commands.act(work, row, cell.verb, None, actor)


def wanted(cell: Cell) -> str | None:
    """Whom an assignment names: who holds the role asks for the task, others free it."""
    owner = cell.place.model.states[cell.place.state].owner
    holds = cell.principal.kind == "everything" or (owner is not None and cell.principal.role == owner.code)
    return cell.principal.username if holds and owner is not None else None


def shown(stage: Stage, work: Work, cell: Cell) -> frozenset[str]:
    """The dotted private fields that the answer holds."""
    actor = stage.actors[cell.principal.username]
    dossier = whole(work, commands.load(work, cell.place.model, cell.place.key, actor), actor)["dossier"]
    return frozenset(path for path in cell.place.model.private if _has(dossier, path.split(".")))


def _has(document: Any, path: list[str]) -> bool:
    if not path:
        return True
    return isinstance(document, dict) and path[0] in document and _has(document[path[0]], path[1:])
