"""Change one right in the code, and see whether the matrix notices: `python -m tests.rights.mutants --count 100`.

A mutant is one cell changed as the engine meets it (a role more or less at an action, a task, a paper; a duty
forgotten), or one of its rules switched off (mandates, nominees, seats). It is caught when some cell of the
matrix differs from docs/rights.csv; the cells of its own process and state are asked first.
"""

import argparse
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from engine.definition import performing
from engine.definition.language import Duty, Role
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor, Mandate
from engine.office.organisation import Office
from engine.runtime import commands, rights
from engine.runtime.known import Known, Unknown
from tests.rights.cells import Cell, Outcome, Table, cells, outcome
from tests.rights.declared import REGISTRY
from tests.rights.stage import Stage, open_stage

Patches = tuple[Any, ...]


@dataclass(frozen=True)
class Mutant:
    """What was changed, where it shows, and the patches that make it so."""

    what: str
    process: str
    state: str
    patches: Callable[[], Patches]

    @contextmanager
    def alive(self) -> Iterator[None]:
        patches = self.patches()
        for one in patches:
            one.start()
        try:
            yield
        finally:
            for one in patches:
                one.stop()


def performer(rng: random.Random) -> Mutant:
    """A role more, or less, at an action in a state."""
    model = rng.choice(REGISTRY.models)
    taken = [key for key in model.table if _is_for_people(model, key[1])]
    state, action = rng.choice(taken)
    role = rng.choice(_told_apart(model, state))
    original = ProcessModel.performers

    def performers(self: ProcessModel, at: str, verb: str) -> tuple[Role, ...]:
        found = original(self, at, verb)
        return _flipped(found, role) if (self is model, at, verb) == (True, state, action) else found

    return Mutant(
        f"{model.code} {state}: {action} by {role.code} flipped", model.code, state,
        lambda: (patch.object(ProcessModel, "performers", performers),),
    )  # fmt: skip


def papers(rng: random.Random) -> Mutant:
    """A role more, or less, that adds papers in a state."""
    model = rng.choice([model for model in REGISTRY.models if model.papers])
    state = rng.choice([state.id for state in model.states.values() if state.owner])
    role = rng.choice(_told_apart(model, state))
    original = commands.working

    def working(of: ProcessModel, at: str) -> tuple[Role, ...]:
        found = original(of, at)
        return _flipped(found, role) if (of is model, at) == (True, state) else found

    return Mutant(
        f"{model.code} {state}: papers by {role.code} flipped", model.code, state,
        lambda: (patch.object(commands, "working", working),),
    )  # fmt: skip


def forgotten_duty(rng: random.Random) -> Mutant:
    """An act that no longer belongs to its duty."""
    duties = [(model, verb) for model in REGISTRY.models for duty in model.separate for verb in duty.actions]
    model, verb = rng.choice([(model, verb) for model, verb in duties if verb in model.actions])
    state = next(at for at, action in model.table if action == verb)
    original = ProcessModel.duty_of

    def duty_of(self: ProcessModel, asked: str, role: str) -> Duty | None:
        return None if (self is model, asked) == (True, verb) else original(self, asked, role)

    return Mutant(
        f"{model.code}: {verb} has no duty", model.code, state,
        lambda: (patch.object(ProcessModel, "duty_of", duty_of),),
    )  # fmt: skip


def sight(rng: random.Random) -> Mutant:
    """A role that sees a state's cases though nobody said so, or no longer sees them."""
    model = rng.choice(REGISTRY.models)
    state = rng.choice(list(model.states))
    role = rng.choice(list(REGISTRY.roles.values()))
    original = rights.visible

    def visible(work: Any, actor: Actor, row: Any, grants: Any = None) -> bool:
        seen = original(work, actor, row, grants)
        changed = row["process"] == model.code and row["state"] == state and {r for r, _ in actor.hats} == {role.code}
        return not seen if changed else seen

    return Mutant(
        f"{model.code} {state}: seeing it by {role.code} flipped", model.code, state,
        lambda: (patch.object(commands, "visible", visible),),
    )  # fmt: skip


def rule_off(rng: random.Random) -> Mutant:
    """One of the engine's own rules switched off."""
    model = REGISTRY.by_code["award_proposal"]
    what, patches = rng.choice(_RULES)
    return Mutant(what, model.code, "submitted", patches)


_RULES: tuple[tuple[str, Callable[[], Patches]], ...] = (
    ("a mandate covers everything", lambda: (patch.object(Mandate, "covers", lambda *_: True),)),
    ("a mandate covers nothing", lambda: (patch.object(Mandate, "covers", lambda *_: False),)),
    ("nobody is kept from a case", lambda: (patch.object(performing, "kept_from", lambda *_: None),)),
    ("an assigned task is everybody's", lambda: (patch.object(performing, "_assigned", lambda *_: None),)),
    ("every unit is the seat of everything", lambda: (patch.object(Office, "served", _every_authority),)),
    ("nobody oversees", lambda: (patch.object(rights, "_overseen", lambda *_: frozenset()),)),
)
KINDS = (performer, performer, performer, papers, forgotten_duty, sight, sight, rule_off)


def _every_authority(self: Office, *_: Any) -> frozenset[int]:
    return frozenset(self.units)


def _is_for_people(model: ProcessModel, action: str) -> bool:
    return model.actions[action].at is None and not model.actions[action].carried


def _told_apart(model: ProcessModel, state: str) -> list[Role]:
    """Roles that some principal who sees the state's cases holds alone: the others could change nothing."""
    table = Table.of_people()
    return [role for role in REGISTRY.roles.values() if table.sees(model.code, state, role)]


def _flipped(roles: tuple[Role, ...], role: Role) -> tuple[Role, ...]:
    return tuple(one for one in roles if one != role) if role in roles else (*roles, role)


class Jury:
    """Every cell with what the table says of it, to be asked again for each mutant."""

    def __init__(self, stage: Stage) -> None:
        self._stage, table = stage, Table.of_people()
        self._expected: dict[tuple[str, str], list[tuple[Cell, frozenset[Outcome]]]] = {}
        for cell in cells(stage):
            key = cell.place.model.code, cell.place.state
            self._expected.setdefault(key, []).append((cell, table.expected(cell)))

    def catches(self, mutant: Mutant) -> bool:
        """Whether some cell of the mutant's process differs from the table; its own state is asked first."""
        near = mutant.process, mutant.state
        keys = sorted((key for key in self._expected if key[0] == mutant.process), key=lambda key: key != near)
        with mutant.alive(), self._stage.engine.database.write() as tx:
            work = self._stage.engine.work(tx)
            return any(
                outcome(self._stage, work, cell) not in expected
                for key in keys
                for cell, expected in self._expected[key]
            )


def survivors(stage: Stage, count: int, seed: int) -> list[str]:
    """What was changed by the mutants that nobody noticed; nothing is remembered from before a change."""
    rng, jury = random.Random(seed), Jury(stage)
    mutants = (rng.choice(KINDS)(rng) for _ in range(count))
    with patch.object(Known, "of", Unknown.of):
        return [mutant.what for mutant in mutants if not jury.catches(mutant)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with TemporaryDirectory() as folder, open_stage(Path(folder)) as opened:
        left = survivors(opened, given.count, given.seed)
    sys.stdout.write("\n".join([*left, f"{given.count - len(left)} of {given.count} mutants caught", ""]))
    sys.exit(1 if left else 0)
