"""The walk: worlds in which things change at random, and random people try random things.

Each try is foretold by the oracle. Whatever differs is told with everything that happened in that world before.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.definition.language import ATTACH, EDIT
from engine.definition.performing import SYSTEM
from engine.errors import ActionNotAvailable, InvalidInput, LinesRefused, NotAuthenticated, NotFound, NotPerformer
from engine.errors import Refused as AnyRefusal
from engine.runtime import commands, queries, rights
from engine.runtime.assignments import assign
from engine.runtime.beginning import NewCase, start
from engine.runtime.commands import Paper
from engine.runtime.queries import CaseFilter
from engine.runtime.queue import work_queue
from engine.runtime.tasks import STATE
from tests.rights.cells import Outcome
from tests.rights.changes import change
from tests.rights.declared import REGISTRY
from tests.rights.forms import FORMS
from tests.rights.oracle import ASSIGN, ROWS, File
from tests.rights.stage import DOSSIERS
from tests.rights.table import SEE
from tests.rights.world import Ground, World

STEPS_A_WORLD = 250
MOST_CASES = 70
BARRED, LISTED = "barred", "listed"
REFUSED_CODES = {"not_performer", "own_case", "duty_separated", "task_assigned"}


@dataclass
class Journal:
    """What a walk found: how often which outcome, which changes, and everything that differed."""

    steps: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    verbs: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Differs(AssertionError):
    """The engine and the oracle say different things."""


def walk(folder: Path, steps: int, seed: int, *, most_wrong: int = 1) -> Journal:
    """Take that many steps through fresh worlds; stops after so many worlds in which something differed."""
    journal, ground = Journal(), Ground(folder)
    try:
        for number in range(-(-steps // STEPS_A_WORLD)):
            name = f"seed {seed} world {number}"
            with ground.world(random.Random(name)) as world:
                _live(world, journal, min(STEPS_A_WORLD, steps - journal.steps), name)
            if len(journal.wrong) >= most_wrong:
                break
    finally:
        ground.close()
    return journal


def _live(world: World, journal: Journal, steps: int, name: str) -> None:
    walker = Walker(world, journal)
    try:
        walker.settle_in()
        for _ in range(steps):
            journal.steps += 1
            walker.step()
    except Differs as difference:
        journal.wrong.append("\n".join([f"{name}: {difference}", *(f"    {line}" for line in world.told)]))


@dataclass
class Walker:
    world: World
    journal: Journal

    def __post_init__(self) -> None:
        self.rng, self.oracle = self.world.rng, self.world.oracle

    def settle_in(self) -> None:
        """A campaign with what lies below it; some roles and mandates."""
        campaign = self.world.registry.by_code["campaign"]
        row = start(self.world.work, campaign, NewCase("Q", None, DOSSIERS["campaign"]), SYSTEM)
        commands.act(self.world.work, row, "launch", FORMS["Letter"], SYSTEM)
        self.world.follow()
        for _ in range(25):
            self._change()

    def step(self) -> None:
        """Maybe something changes; then somebody tries something."""
        if self.rng.random() < 0.3:
            self._change()
        kind = self.rng.random()
        if kind < 0.12:
            self._list()
        elif kind < 0.28:
            self._begin()
        else:
            self._try()

    def _change(self) -> None:
        if told := change(self.world):
            self.journal.changes[told] += 1

    # ── tries ────────────────────────────────────────────────────────────────────────────────
    def _try(self) -> None:
        file, verb, wanted, person = self._wish()
        expected = self.oracle.expected(person, file, verb, wanted)
        patch = self._patch(file) if verb == EDIT else {}
        if patch and Outcome.ALLOWED in expected and self._enters_themself(person, file, patch):
            expected = frozenset({Outcome.REFUSED})
        before = self.oracle.capacities(person, file, verb) if verb not in (SEE, ASSIGN) else []
        what = f"{person} {verb} {file.process} {file.key} ({file.state}, {file.unit}) {wanted or ''}{patch or ''}"
        found, kept = self._perform(person, lambda actor: self._do(file, verb, actor, wanted, patch), file, verb)
        self._judge(what, person, expected, found)
        if kept:
            self._note(file, verb, wanted, what, before)
        if found == Outcome.ALLOWED and verb == SEE:
            self._see_fields(person, file)

    def _wish(self) -> tuple[File, str, str | None, str]:
        """Who wants what of which case: mostly who may, or who is kept from it though they hold the role."""
        mode = self.rng.choices((self._may, self._may_for_another, self._is_kept, self._sees), (5, 2, 5, 2))[0]
        for _ in range(20):
            file = self._file()
            verb = self.rng.choice(self._verbs(file))
            wanted = self._wanted(file) if verb == ASSIGN else None
            some = [name for name in self.oracle.people if mode(name, file, verb, wanted)]
            if some:
                break
        stranger = not some or self.rng.random() < 0.15
        return file, verb, wanted, self.rng.choice(list(self.oracle.people) if stranger else some)

    def _may(self, name: str, file: File, verb: str, wanted: str | None) -> bool:
        return self.oracle.expected(name, file, verb, wanted) == {Outcome.ALLOWED}

    def _may_for_another(self, name: str, file: File, verb: str, _: str | None) -> bool:
        hats = self.oracle.capacities(name, file, verb) if verb not in (SEE, ASSIGN) else []
        return any(hat.mandate for hat in hats)

    def _is_kept(self, name: str, file: File, verb: str, _: str | None) -> bool:
        return (verb != ASSIGN or self.rng.random() < 0.02) and self.oracle.is_kept(name, file, verb)

    def _sees(self, name: str, file: File, verb: str, _: str | None) -> bool:
        return self.oracle.sees(name, file)

    def _file(self) -> File:
        """A case, mostly an open one."""
        files = list(self.oracle.files.values())
        open_ones = [file for file in files if file.tasks]
        awards = [file for file in open_ones if file.process == "award_proposal"]
        chance = self.rng.random()
        return self.rng.choice((awards if chance < 0.45 else open_ones if chance < 0.93 else files) or files)

    def _verbs(self, file: File) -> list[str]:
        """What may be tried: mostly what is possible in the state."""
        model = REGISTRY.by_code[file.process]
        general = [SEE, EDIT, ASSIGN, *([ATTACH] if model.papers else [])]
        if self.rng.random() < 0.12:
            return [*general, *model.actions]
        onward = [
            action for (state, action), branches in model.table.items() for branch in branches
            if state == file.state and not model.states[branch.target].final
        ]  # fmt: skip
        possible = [action for state, action in model.table if state == file.state]
        usual = [verb for verb in general if verb == SEE or self._is_possible(file, verb)]
        return [*onward, *onward, *possible, *usual]

    @staticmethod
    def _is_possible(file: File, verb: str) -> bool:
        return (file.process, verb, file.state) in ROWS

    def _wanted(self, file: File) -> str | None:
        """Whom an assignment names: one of those who hold the role, nobody, or anybody."""
        task = file.tasks.get(file.state)
        holders = self.oracle.holders(task.role, task.unit) if task else []
        chance = self.rng.random()
        if chance < 0.25 or not holders:
            return None
        return self.rng.choice(holders if chance < 0.95 else list(self.oracle.people))

    def _somebody(self, foretold: Callable[[str], frozenset[Outcome]]) -> str:
        """Somebody who may, or anybody."""
        everybody = list(self.oracle.people)
        some = [name for name in everybody if foretold(name) == {Outcome.ALLOWED}] if self.rng.random() < 0.5 else []
        return self.rng.choice(some or everybody)

    def _patch(self, file: File) -> dict[str, Any]:
        """Sometimes an edit enters another nominee."""
        if file.process != "award_proposal" or "supplement" in file.state or self.rng.random() < 0.3:
            return {}
        return {"subject": {**DOSSIERS["award_proposal"]["subject"], "identifier": self._staff_code()}}

    def _staff_code(self) -> str:
        """Somebody's, mostly of those who work on awards."""
        holders = [one.person for one in self.oracle.held if one.role in ("proposer", "appraiser", "proposer_head")]
        name = self.rng.choice(holders if holders and self.rng.random() < 0.6 else list(self.oracle.people))
        return self.oracle.people[name].staff_code

    def _enters_themself(self, person: str, file: File, patch: dict[str, Any]) -> bool:
        (hat, *_) = self.oracle.capacities(person, file, EDIT)
        after = File(0, file.process, file.unit, file.authority, None, "", patch["subject"]["identifier"])
        return self.oracle.is_nominee(hat, after)

    def _do(self, file: File, verb: str, actor: Any, wanted: str | None, patch: dict[str, Any]) -> None:
        work = self.world.work
        row = commands.load(work, self.world.registry.by_code[file.process], file.key, actor)
        if verb == EDIT:
            commands.edit(work, row, patch, actor)
        elif verb == ATTACH:
            kind = next(iter(REGISTRY.by_code[file.process].papers))
            commands.attach(work, row, Paper(kind, "a.pdf", "application/pdf", 1, "0" * 64), actor)
        elif verb == ASSIGN:
            assign(work, row, wanted, actor)
        elif verb != SEE:
            form = REGISTRY.by_code[file.process].actions[verb].form
            commands.act(work, row, verb, FORMS[form.__name__] if form else None, actor)

    def _see_fields(self, person: str, file: File) -> None:
        found = rights.hidden_from(self.world.work, self.world.actor(person), self.world.row(file.key))
        wanted = self.oracle.hidden_fields(person, file)
        if found != wanted:
            raise Differs(f"{person} sees case {file.key} without {sorted(found)}, not {sorted(wanted)}")

    # ── beginning ────────────────────────────────────────────────────────────────────────────
    def _begin(self) -> None:
        process = self.rng.choice(("award_proposal",) * 4 + ("submission",) * 3 + ("campaign", "ward_plan"))
        below = list(REGISTRY.by_code[process].begin.below)
        above = [file for file in self.oracle.files.values() if file.process in below]
        drafts = [file for file in above if (file.process, file.state) == ("submission", "drafted")]
        parent = self.rng.choice((drafts if self.rng.random() < 0.7 else above) or above) if above else None
        if parent is not None or not below:
            self._start(process, parent)

    def _start(self, process: str, parent: File | None) -> None:
        living = [code for code, body in self.oracle.units.items() if body.last_day >= self.oracle.today]
        unit = parent.unit if parent and parent.process == "submission" else self.rng.choice(living)
        if process == "campaign":
            unit = self.rng.choice(("Q", "Q", "K"))
        if unit not in living:
            return
        dossier, nominee = self._first(process, unit)
        authority = parent.authority if parent else self.oracle.units[unit].authority
        if dossier.get("decided_by") == "ward":
            authority = unit
        place = (process, parent, unit, authority, nominee)
        person = self._somebody(lambda name: self.oracle.expected_start(name, *place))
        new = NewCase(unit, parent.key if parent else None, dossier)
        what = f"{person} starts {process} for {unit} below {parent.key if parent else None} ({nominee})"
        found, kept = self._perform(
            person,
            lambda actor: start(self.world.work, self.world.registry.by_code[process], new, actor),
            None,
            "start",
        )
        self._judge(what, person, self.oracle.expected_start(person, *place), found)
        if kept:
            self.world.follow()
            self.world.tell(what)

    def _first(self, process: str, unit: str) -> tuple[dict[str, Any], str]:
        """What the new case is begun with, and the nominee's staff code."""
        if process == "award_proposal":
            nominee = self._staff_code()
            return {"award": "GK", "subject": {**DOSSIERS[process]["subject"], "identifier": nominee}}, nominee
        if process == "submission":
            own = unit.startswith(("P1", "P2", "P3", "K1")) and self.rng.random() < 0.5
            return {**DOSSIERS[process], "decided_by": "ward" if own else "district"}, ""
        return (DOSSIERS[process] if process == "campaign" else {}), ""

    # ── the engine's answer ──────────────────────────────────────────────────────────────────
    def _perform(self, person: str, deed: Callable[[Any], object], file: File | None, verb: str) -> tuple[str, bool]:
        """What the engine answers, and whether it stays done; much of what would close cases does not."""
        tx = self.world.tx
        tx.command("SAVEPOINT attempt")
        kept = False
        try:
            deed(self.world.actor(person))
            found: str = Outcome.ALLOWED
            kept = verb != SEE and self._stays(file)
        except AnyRefusal as refusal:
            found = outcome_of(refusal)
            self.journal.reasons[refusal.code] += 1
        if not kept:
            tx.command("ROLLBACK TO attempt")
        tx.command("RELEASE attempt")
        return found, kept

    def _stays(self, file: File | None) -> bool:
        """Closing a case is mostly taken back, and so is one case too many."""
        if file is None:
            return len(self.oracle.files) < MOST_CASES
        state = self.world.row(file.key)["state"]
        return self.rng.random() < (0.15 if REGISTRY.by_code[file.process].states[state].final else 0.7)

    def _judge(self, what: str, person: str, expected: frozenset[Outcome], found: str) -> None:
        one = self.oracle.people[person]
        wanted = frozenset[str](expected) if one.is_active and one.is_logged_in else frozenset({BARRED})
        self.journal.outcomes[found] += 1
        self.journal.verbs[what.split()[1]] += 1
        if found not in wanted:
            raise Differs(f"{what}: {found}, the oracle says {' or '.join(sorted(wanted))}")

    def _note(self, file: File, verb: str, wanted: str | None, what: str, hats: list[Any]) -> None:
        """Tell the oracle what was done, after a look at whose act the history says it was."""
        source = file.state
        entry = next(entry for entry in self.world.follow() if entry["instance_id"] == file.key)
        if verb == ASSIGN:
            file.tasks[source].assignee = wanted
        elif (entry["role"], self.world.answering(entry)) not in {(hat.role, hat.persons) for hat in hats}:
            raise Differs(f"{what}: done as {entry['role']} by {self.world.answering(entry)}, not as {hats}")
        self.journal.reasons["by mandate"] += entry["mandate_id"] is not None
        self.world.tell(what)

    # ── lists ────────────────────────────────────────────────────────────────────────────────
    def _list(self) -> None:
        """The lists of one person: in SQL, one by one, and as foretold; and the work queue."""
        person, world = self.rng.choice(list(self.oracle.people)), self.world
        self.journal.verbs[LISTED] += 1
        try:
            actor = world.actor(person)
        except NotAuthenticated:
            return self._judge(f"{person} lists", person, frozenset(), BARRED)
        work, wanted = world.work, {key for key, file in self.oracle.files.items() if self.oracle.sees(person, file)}
        listed = {
            row["id"]
            for model in REGISTRY.models
            for row in queries.cases(work, actor, CaseFilter((model.code,)), 1000)
        }
        single = {key for key in self.oracle.files if rights.visible(work, actor, world.row(key))}
        waiting = {row["instance_id"] for row in work_queue(work, actor, None, 1000) if row["kind"] == STATE}
        self._judge(f"{person} lists", person, frozenset({Outcome.ALLOWED}), Outcome.ALLOWED)
        for what, found, said in (
            ("lists", listed, wanted), ("sees", single, wanted), ("has waiting", waiting, self.oracle.queue(person)),
        ):  # fmt: skip
            if found != said:
                raise Differs(f"{person} {what} {sorted(found - said)} too many, {sorted(said - found)} too few")


def outcome_of(refusal: AnyRefusal) -> str:
    """Which kind of answer a refusal is."""
    if isinstance(refusal, NotAuthenticated):
        return BARRED
    if isinstance(refusal, NotFound) or (isinstance(refusal, InvalidInput) and "parent" in refusal.fields):
        return Outcome.HIDDEN
    if isinstance(refusal, NotPerformer):
        return Outcome.REFUSED
    if isinstance(refusal, LinesRefused):
        codes = {reason.code for reasons in refusal.lines.values() for reason in reasons}
        return Outcome.REFUSED if codes & REFUSED_CODES else Outcome.ALLOWED
    return Outcome.IMPOSSIBLE if isinstance(refusal, ActionNotAvailable) else Outcome.ALLOWED
