"""Rights while everything changes: 5,000 random steps, each foretold by the oracle.

`python -m tests.rights.test_stateful --steps 100000` walks further; a walk is repeated by its seed.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import true

from engine.administration import succession
from engine.definition import performing
from engine.definition.performing import Mandate
from engine.instants import local_date
from engine.runtime import accounts, queries, rights
from tests.rights.changes import CHANGES
from tests.rights.walk import Journal, walk
from tests.rights.world import WALL

STEPS, SEED = 5_000, 20241122
LEAST = {  # of 5,000 steps; a walk that seldom gets there proves nothing
    "allowed": 1500, "refused": 800, "hidden": 500, "impossible": 20, "barred": 80,
    "by mandate": 50, "not_performer": 600, "task_assigned": 30, "own_case": 30, "duty_separated": 30,
}  # fmt: skip
_actor_of = accounts.actor_of


def of_old(tx: Any, login: Any, _: Any) -> Any:
    return _actor_of(tx, login, local_date(WALL))


MUTANTS: dict[str, Callable[[], Any]] = {
    "nominees and duties are forgotten": lambda: patch.object(performing, "kept_from", lambda *_: None),
    "assigned tasks are everybody's": lambda: patch.object(performing, "_assigned", lambda *_: None),
    "powers of mandates are not asked": lambda: patch.object(Mandate, "covers", lambda *_: True),
    "what is over or lies ahead holds": lambda: patch.object(accounts, "actor_of", of_old),
    "lists show everything": lambda: patch.object(queries, "visible_rows", lambda *_: true()),
    "who holds what is below does not see": lambda: patch.object(rights, "FOR_MEMBERS", ("own",)),
    "former units go on seeing": lambda: patch.object(succession, "_pass_access", lambda *_: None),
}


def test_whatever_changes_the_engine_answers_as_foretold(folder: Path) -> None:
    journal = walk(folder, STEPS, SEED)

    assert journal.wrong == []
    seldom = {what: n for what, least in LEAST.items() if (n := (journal.outcomes + journal.reasons)[what]) < least}
    assert seldom == {}, journal
    assert {kind.__name__ for kind in CHANGES} == set(journal.changes)


@pytest.mark.parametrize("name", MUTANTS)
def test_the_walk_notices(folder: Path, name: str) -> None:
    with MUTANTS[name]():
        assert walk(folder, STEPS, SEED).wrong


def _told(journal: Journal, seed: int, seconds: float) -> str:
    counts = (("outcomes", journal.outcomes), ("reasons", journal.reasons), ("changes", journal.changes))
    return "\n".join(
        [
            *journal.wrong,
            *(f"{name}: {', '.join(f'{what} {n}' for what, n in found.most_common())}" for name, found in counts),
            f"{journal.steps} steps, seed {seed}, {seconds:.0f} s, {journal.steps / seconds:.0f} steps/s, "
            f"{len(journal.wrong)} worlds differ",
            "",
        ]
    )


def _main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--steps", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=SEED)
    given, began = asked.parse_args(), time.perf_counter()
    with TemporaryDirectory() as folder:
        journal = walk(Path(folder), given.steps, given.seed, most_wrong=20)
    sys.stdout.write(_told(journal, given.seed, time.perf_counter() - began))
    return 1 if journal.wrong else 0


if __name__ == "__main__":
    sys.exit(_main())
