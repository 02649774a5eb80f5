"""What rights ought to be, from docs/rights.csv and the documents alone: plain sets and dates.

It does not ask the engine. What has happened (who was given a role, where a case went) it is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from engine.definition.language import ATTACH, EDIT
from tests.rights.cells import Outcome
from tests.rights.declared import CIRCLE, OWN_UNIT, REGISTRY, SEAT, SUPERIOR, states_of
from tests.rights.table import ANY, SEE, Right, read

ASSIGN = "assign"
EDITED_AS = {ATTACH: EDIT}  # a paper added while the dossier is edited is part of the editing
FAR_DAY = date(9999, 12, 31)


_RIGHTS = sorted(read(states_of()))
ROWS: dict[tuple[str, str, str], list[Right]] = {}
for _right in _RIGHTS:
    ROWS.setdefault((_right.process, _right.action, _right.state), []).append(_right)
BY_PEOPLE = {(right.process, right.action) for right in _RIGHTS}
PLACE = {right.role: right.place for right in _RIGHTS if right.role != ANY and right.place in (OWN_UNIT, SEAT)}
OVERSEERS = {right.role for right in _RIGHTS if right.place == SUPERIOR}
PUBLIC = {right.process for right in _RIGHTS if right.place == CIRCLE}
WITHOUT = {(right.process, right.role): frozenset(right.without) for right in _RIGHTS if right.action == SEE}


@dataclass
class Span:
    since: date
    until: date = FAR_DAY

    def covers(self, day: date) -> bool:
        return self.since <= day <= self.until

    def shares_a_day_with(self, other: "Span") -> bool:
        return self.since <= other.until and other.since <= self.until


@dataclass
class Held(Span):
    """A role that a person holds in a unit."""

    person: str = ""
    role: str = ""
    unit: str = ""
    key: int = 0


@dataclass
class Given(Span):
    """A mandate."""

    principal: str = ""
    deputy: str = ""
    role: str = ""
    unit: str = ""
    powers: frozenset[str] = frozenset()
    key: int = 0


@dataclass
class Seated(Span):
    """A role of an authority that a unit has."""

    authority: str = ""
    role: str = ""
    unit: str = ""
    key: int = 0


@dataclass
class Body:
    """A unit, who decides for it, and what stands above it in the tree ("": nothing)."""

    authority: str
    above: str
    last_day: date = FAR_DAY
    heir: str | None = None


@dataclass
class Somebody:
    staff_code: str
    is_active: bool = True
    is_logged_in: bool = True
    last_day: date = FAR_DAY  # of who leaves
    successor: str | None = None


@dataclass
class Errand:
    """An open task of a case."""

    role: str
    unit: str
    assignee: str | None = None


@dataclass
class File:
    """A case. `members`: units whose people see it; `desks`: units whose desks do; `tasks` by state."""

    key: int
    process: str
    unit: str
    authority: str
    parent: int | None
    state: str
    nominee: str = ""
    members: set[str] = field(default_factory=set)
    desks: set[str] = field(default_factory=set)
    holders: set[str] = field(default_factory=set)  # those of the desks that have had a task of it
    begun: date = FAR_DAY
    circle: str | None = None
    duties: dict[str, set[str]] = field(default_factory=dict)
    tasks: dict[str, Errand] = field(default_factory=dict)


@dataclass(frozen=True)
class Hat:
    """What somebody may act as; `mandate` and `principal` when for somebody else."""

    role: str
    unit: str
    person: str
    mandate: Given | None = None

    @property
    def persons(self) -> frozenset[str]:
        """Who answers for what is done in it."""
        return frozenset({self.person} | ({self.mandate.principal} if self.mandate else set()))

    def is_for(self, process: str) -> bool:
        """Whether it is of any use in the process."""
        powers = self.mandate.powers if self.mandate else ()
        return not powers or any(power.startswith(f"{process}.") for power in powers)

    def covers(self, process: str, verb: str) -> bool:
        powers = self.mandate.powers if self.mandate else ()
        return not powers or f"{process}.{verb}" in powers


@dataclass(eq=False)
class Oracle:
    """The office and its cases at one date."""

    today: date
    units: dict[str, Body] = field(default_factory=dict)
    people: dict[str, Somebody] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    seats: list[Seated] = field(default_factory=list)
    files: dict[int, File] = field(default_factory=dict)
    worn: dict[str, list[Hat]] = field(default_factory=dict)  # what `hats` found; empty after a change

    # ── who acts as what ─────────────────────────────────────────────────────────────────────
    def is_member(self, person: str, role: str, unit: str) -> bool:
        return any(
            (one.person, one.role, one.unit) == (person, role, unit) and one.covers(self.today) for one in self.held
        )

    def hats(self, person: str) -> list[Hat]:
        """One's own first, then by mandate of people who hold the role themselves."""
        if person not in self.worn:
            self.worn[person] = self._found_hats(person)
        return self.worn[person]

    def _found_hats(self, person: str) -> list[Hat]:
        own = [Hat(one.role, one.unit, person) for one in self.held if one.person == person and one.covers(self.today)]
        return [*own, *(Hat(one.role, one.unit, person, one) for one in self.given if self._stands(one, person))]

    def _stands(self, one: Given, deputy: str) -> bool:
        is_given = one.deputy == deputy and one.covers(self.today) and self.people[one.principal].is_active
        return is_given and self.is_member(one.principal, one.role, one.unit)

    def holders(self, role: str, unit: str) -> list[str]:
        return [name for name, one in self.people.items() if one.is_active and self.is_member(name, role, unit)]

    def seat(self, role: str, authority: str) -> str:
        """The unit that has the role for the authority: where no row says so, the authority itself."""
        found = [s.unit for s in self.seats if (s.role, s.authority) == (role, authority) and s.covers(self.today)]
        return found[-1] if found else authority

    def place(self, role: str, file: File) -> str:
        return file.unit if PLACE[role] == OWN_UNIT else self.seat(role, file.authority)

    # ── seeing ───────────────────────────────────────────────────────────────────────────────
    def sees(self, person: str, file: File) -> bool:
        return any(self._shows(hat, file) for hat in self.hats(person) if hat.is_for(file.process))

    def _shows(self, hat: Hat, file: File) -> bool:
        if hat.unit in file.members:
            return True
        if file.circle is not None and file.circle in (hat.unit, self.units[hat.unit].authority):
            return True
        if PLACE[hat.role] == SEAT and hat.unit in file.desks and self.seat(hat.role, file.authority) == hat.unit:
            return True
        return self._oversees(hat, file)

    def _oversees(self, hat: Hat, file: File) -> bool:
        """Administrators and auditors see what their authority decides, and what a ward below it decides itself."""
        bodies = {file.authority, self.units[file.authority].authority}
        return hat.role in OVERSEERS and any(self.seat(hat.role, body) == hat.unit for body in bodies)

    def hidden_fields(self, person: str, file: File) -> frozenset[str]:
        """The fields that none of one's hats shows."""
        found = WITHOUT[file.process, ANY]
        for hat in filter(lambda hat: hat.is_for(file.process), self.hats(person)):
            role_shows = WITHOUT.get((file.process, hat.role))
            is_there = self.place(hat.role, file) == hat.unit or self._oversees(hat, file)
            if role_shows is not None and is_there:
                found &= role_shows
        return found

    # ── doing ────────────────────────────────────────────────────────────────────────────────
    def expected(self, person: str, file: File, verb: str, wanted: str | None = None) -> frozenset[Outcome]:
        """What the engine may answer; `wanted`: whom an assignment names."""
        if not self.sees(person, file):
            return frozenset({Outcome.HIDDEN})
        if verb == SEE:
            return frozenset({Outcome.ALLOWED})
        if (file.process, verb, file.state) not in ROWS:
            never = (file.process, verb) not in BY_PEOPLE
            return frozenset({Outcome.IMPOSSIBLE, Outcome.REFUSED} if never else {Outcome.IMPOSSIBLE})
        if verb == ASSIGN:
            return self._expected_assignment(person, file, wanted)
        hats = self.capacities(person, file, verb)
        if not hats or self._lines_object(hats[0], file, verb):
            return frozenset({Outcome.REFUSED})
        return frozenset({Outcome.ALLOWED})

    def capacities(self, person: str, file: File, verb: str) -> list[Hat]:
        """The hats in which the person may do it; those of mandates only when none of their own will do."""
        rows = ROWS.get((file.process, verb, file.state), [])
        power = EDITED_AS.get(verb, verb) if (file.process, EDIT, file.state) in ROWS else verb
        found = [
            hat for hat in self.hats(person) for row in rows
            if hat.role == row.role and self.place(row.role, file) == hat.unit
            if hat.mandate is None or (row.deputy and hat.covers(file.process, power))
            if not self.is_nominee(hat, file) and not self._had_other_duty(hat, file, row.duty)
            if not self._is_somebody_elses(hat, file)
        ]  # fmt: skip
        return [hat for hat in found if hat.mandate is None] or found

    def is_kept(self, person: str, file: File, verb: str) -> bool:
        """Whether the person holds a role that may, and may not all the same."""
        roles = {row.role for row in ROWS.get((file.process, verb, file.state), [])}
        wears = any(hat.role in roles and self.place(hat.role, file) == hat.unit for hat in self.hats(person))
        return wears and self.expected(person, file, verb) == {Outcome.REFUSED}

    def is_nominee(self, hat: Hat, file: File) -> bool:
        codes = {self.people[name].staff_code.casefold() for name in hat.persons}
        return bool(file.nominee) and file.nominee.casefold() in codes

    def is_barred(self, person: str, file: File, role: str) -> bool:
        """Whether somebody is kept from all that the role does to the case in its state."""
        hat = Hat(role, self.place(role, file), person)
        rows = [
            row
            for (process, verb, state), found in ROWS.items()
            if (process, state) == (file.process, file.state) and verb not in (SEE, ASSIGN, ATTACH)
            for row in found
            if row.role == role
        ]
        return bool(rows) and all(
            self.is_nominee(hat, file) or self._had_other_duty(hat, file, row.duty) for row in rows
        )

    def _had_other_duty(self, hat: Hat, file: File, duty: str) -> bool:
        had = set[str]().union(*(file.duties.get(name, set()) for name in hat.persons))
        return bool(duty) and bool(had - {duty})

    def _is_somebody_elses(self, hat: Hat, file: File) -> bool:
        task = file.tasks[file.state]
        assignee = self.assignee(file)
        return assignee is not None and hat.role == task.role and assignee not in hat.persons

    def assignee(self, file: File) -> str | None:
        """Whose the running task is: nobody's once that person has lost the role."""
        task = file.tasks.get(file.state)
        if task is None or task.assignee is None or not self.people[task.assignee].is_active:
            return None
        return task.assignee if self.is_member(task.assignee, task.role, task.unit) else None

    def _lines_object(self, hat: Hat, file: File, verb: str) -> bool:
        """Whether a line that goes along is the award of who acts."""
        carried = REGISTRY.by_code[file.process].actions[verb].carries if verb not in (EDIT, ATTACH) else ""
        return bool(carried) and any(
            line.parent == file.key
            and (line.state, carried) in REGISTRY.by_code[line.process].table
            and self.is_nominee(hat, line)
            for line in self.files.values()
        )

    def _expected_assignment(self, person: str, file: File, wanted: str | None) -> frozenset[Outcome]:
        task = file.tasks[file.state]
        chosen = wanted if wanted in self.holders(task.role, task.unit) else None
        hats = list(self._givers(person, file, task, chosen))
        if not hats:
            return frozenset({Outcome.REFUSED})
        if all(self.is_nominee(hat, file) for hat in hats):
            return frozenset({Outcome.REFUSED})
        return frozenset({Outcome.ALLOWED})  # whoever is named may still be the wrong person, which is no refusal

    def _givers(self, person: str, file: File, task: Errand, chosen: str | None) -> Iterator[Hat]:
        assignee = self.assignee(file)
        rows = {row.role: row for row in ROWS[file.process, ASSIGN, file.state]}
        for hat in self.hats(person):
            row = rows.get(hat.role)
            if row is None or not self._gives_there(hat, file, task) or (hat.mandate and not row.deputy):
                continue
            is_own = hat.role == task.role
            takes = assignee is None and chosen == person
            if hat.covers(file.process, ASSIGN) and (not is_own or takes or assignee in hat.persons):
                yield hat

    def _gives_there(self, hat: Hat, file: File, task: Errand) -> bool:
        if hat.role in OVERSEERS:
            return hat.unit == self._administering(hat.role, file.authority)
        return self.place(hat.role, file) == hat.unit

    def _administering(self, role: str, authority: str) -> str | None:
        """The unit whose administrators look after the authority: its own, else those of the nearest body above."""
        body: str | None = authority
        while body is not None:
            unit = self.seat(role, body)
            if self.holders(role, unit):
                return unit
            above = self.units[body].above
            body = self.units[above].authority if above else None
        return None

    def queue(self, person: str) -> set[int]:
        """The cases whose running task is the person's work."""
        hats, found = self.hats(person), set()
        for file in self.files.values():
            task, assignee = file.tasks.get(file.state), self.assignee(file)
            if task and self.sees(person, file):
                mine = [h for h in hats if (h.role, h.unit) == (task.role, task.unit) and h.is_for(file.process)]
                if any(assignee is None or assignee in hat.persons for hat in mine):
                    found.add(file.key)
        return found

    # ── beginning ────────────────────────────────────────────────────────────────────────────
    def expected_start(
        self, person: str, process: str, parent: File | None, unit: str, authority: str, nominee: str
    ) -> frozenset[Outcome]:
        """What the engine may answer to a new case of the unit; hidden: it does not know that parent."""
        if parent is not None and not self.sees(person, parent):
            return frozenset({Outcome.HIDDEN})
        unborn = File(0, process, unit, authority, parent.key if parent else None, "", nominee)
        rows = ROWS.get((process, "start", parent.process if parent else "-"), [])
        may = any(
            hat.role == row.role and self.place(row.role, unborn) == hat.unit and hat.covers(process, "start")
            and not self.is_nominee(hat, unborn) and self._reaches(row, unborn)
            for hat in self.hats(person) for row in rows
        )  # fmt: skip
        return frozenset({Outcome.ALLOWED if may else Outcome.REFUSED})

    def _reaches(self, row: Right, unborn: File) -> bool:
        """An authority begins cases only for the units that it decides for."""
        if row.place == OWN_UNIT:
            return True
        return self.units[unborn.unit].authority == unborn.authority
