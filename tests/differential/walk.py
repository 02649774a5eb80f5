"""The same random days on SQLite and on PostgreSQL: every answer, every mail and every row must be the same.

`python -m tests.differential.walk --steps 20000 --seed 7` walks further; `--world` repeats one of its worlds alone.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.postgres import running
from engine.definition.registry import Registry
from tests.databases import POSTGRESQL, SQLITE, Home
from tests.differential.sides import KEYLESS, TABLES, Side, Wish, shortened, two_sides
from tests.differential.wishes import Wisher
from tests.rights.declared import REGISTRY
from tests.rights.world import lenient

STEPS_A_WORLD = 120
ROWS_EVERY = 25  # steps


@dataclass
class Journal:
    """What a walk met: outcomes of changes and looks, states that cases came to, mails; and what differed.

    faults: wishes that failed on both alike; they are no difference, but nothing may.
    """

    steps: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    states: set[tuple[str, str]] = field(default_factory=set)
    mails: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Differs(AssertionError):
    """The two say different things."""


def walk(folder: Path, sqlite: Home, postgresql: Home, steps: int, seed: int, first: int = 0) -> Journal:
    """Take so many steps on both, from that world on; stops at the first difference.

    Every other world has no conditions and rules, so that its cases come further.
    """
    journal = Journal()
    for number in range(first, first - (-steps // STEPS_A_WORLD)):
        name = f"seed {seed} world {number}"
        rng, own = random.Random(name), folder / f"world-{number}"
        own.mkdir()
        registry = lenient(rng) if number % 2 == 0 else REGISTRY
        with two_sides(own, sqlite, postgresql, registry) as sides:
            if wrong := _live(sides, rng, registry, min(STEPS_A_WORLD, steps - journal.steps), journal):
                journal.wrong.append("\n".join([f"{name}, {wrong[0]}", *(f"    {line}" for line in wrong[1:])]))
                break
    return journal


def _live(sides: tuple[Side, Side], rng: random.Random, registry: Registry, steps: int, journal: Journal) -> list[str]:
    """What differed, and everything that had happened; nothing when nothing did."""
    told, wisher = list[str](), Wisher(rng, sides[0])
    try:
        for step in range(1, steps + 1):
            wish = wisher.next()
            told.append(f"{step:3} {wish}")
            _take(sides, wish, journal)
            if step % ROWS_EVERY == 0 or step == steps:
                _compare_rows(sides)
                journal.states.update(sides[0].one_of("SELECT DISTINCT process, state FROM instance"))  # type: ignore[arg-type]
    except Differs as difference:
        return [*str(difference).split("\n"), *told]
    return []


def _take(sides: tuple[Side, Side], wish: Wish, journal: Journal) -> None:
    here, there = (side.do(wish) for side in sides)
    journal.steps += 1
    if here != there:
        raise Differs("\n".join([str(wish), *_apart(here, there)]))
    if wish.until is None:
        look = "look " if wish.method == "GET" else ""
        journal.outcomes[f"{look}{here[0] if here[0] < 400 else json.loads(here[1])['code']}"] += 1
        if here[0] >= 500:
            journal.faults[shortened(str(wish), 150)] += 1
    else:
        journal.mails += len(here[1])


def _apart(here: Any, there: Any) -> Iterator[str]:
    """Where two answers, or two lists of mails, begin to differ."""
    if isinstance(here, tuple) and isinstance(there, tuple):
        if len(here) != len(there):
            yield f"{len(here)} on {SQLITE}, {len(there)} on {POSTGRESQL}"
        for one, other in zip(here, there, strict=False):
            if one != other:
                yield from _apart(one, other)
                return
    else:
        texts = [one.decode(errors="replace") if isinstance(one, bytes) else str(one) for one in (here, there)]
        equal = takewhile(lambda pair: pair[0] == pair[1], zip(*texts, strict=False))
        begin = max(sum(1 for _ in equal) - 200, 0)
        for kind, text in zip((SQLITE, POSTGRESQL), texts, strict=True):
            yield f"{kind}: {shortened(text[begin:], 900)!r}"


def _compare_rows(sides: tuple[Side, Side]) -> None:
    for table in TABLES:
        here, there = (side.table(table) for side in sides)
        if here != there:
            columns = [column.name for column in table.columns if table.name not in KEYLESS or column.name != "id"]
            raise Differs("\n".join([f"rows of {table.name} differ", *_differing(columns, here, there)]))


def _differing(columns: list[str], here: list[Any], there: list[Any], most: int = 5) -> Iterator[str]:
    if len(here) != len(there):
        yield f"{len(here)} rows on {SQLITE}, {len(there)} on {POSTGRESQL}"
    pairs = [(one, other) for one, other in zip(here, there, strict=False) if one != other]
    for one, other in pairs[:most]:
        cells = [
            f"{name}: {a!r} | {b!r}" for name, a, b in zip(columns, one, other, strict=True) if a != b
        ]  # fmt: skip
        yield shortened(f"row {one[0]}: {'; '.join(cells)}")


def told(journal: Journal, seed: int, seconds: float) -> str:
    """The journal as people read it."""
    outcomes = ", ".join(f"{outcome} {n}" for outcome, n in journal.outcomes.most_common())
    faults = [f"fault on both: {wish}" for wish in journal.faults]
    last = (
        f"{journal.steps} steps, seed {seed}, {seconds:.0f} s; {outcomes}; {len(journal.states)} states; "
        f"{journal.mails} mails; {len(journal.wrong)} differ"
    )
    return "\n".join([*journal.wrong, *faults, last, ""])


def _main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--steps", type=int, default=5_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--world", type=int, default=0, help="begin with that one")
    given, began = asked.parse_args(), time.perf_counter()
    with TemporaryDirectory() as folder, running(fsync=False) as server, ExitStack() as kept:
        homes = Home(SQLITE), Home(POSTGRESQL, server, kept)
        journal = walk(Path(folder), *homes, given.steps, given.seed, given.world)
    sys.stdout.write(told(journal, given.seed, time.perf_counter() - began))
    return 1 if journal.wrong or journal.faults else 0


if __name__ == "__main__":
    sys.exit(_main())
