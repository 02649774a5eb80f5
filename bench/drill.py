"""SIGKILL at every statement of every move of every process. Run: python -m bench.drill [--sample 3]

The year of tests/year is played first, which keeps a copy of the database before each move. Then, for each
move and each of its statements, a process carries it out on such a copy and kills itself there. What it
leaves must be what the commits before that statement made, not a row more or less; carried out again with
the same idempotency key, the move must have happened once and answer as if nothing had been.
"""

import argparse
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from pathlib import Path

from engine.runtime.service import Answer
from tests.break_off.breaking import Content, Copy, copied, opened
from tests.year.played import played_in
from tests.year.recording import Capture, captures_in

BEGIN, COMMIT = "BEGIN IMMEDIATE", "COMMIT"


@dataclass
class Undisturbed:
    """A move without a fault: its statements, its answer, and the content before it and after each commit."""

    statements: list[str] = field(default_factory=list)
    contents: list[Content] = field(default_factory=list)
    answer: Answer | None = None

    def left_at(self, statement: int) -> Content:
        """What must be there after a kill just before that statement, counted from 1."""
        return self.contents[self.statements[: statement - 1].count(COMMIT)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One move after all its kills."""

    name: str
    statements: int
    kills: int
    violations: tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=0, help="statements per move, evenly spread; all when 0")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="moves at a time")
    parser.add_argument("--year", type=Path, help="folder of a year that was played, or is to be played and kept")
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as scratch:
        year = played_in(given.year or Path(scratch) / "year")
        captures = captures_in(year.captures)
        with ProcessPoolExecutor(given.jobs) as pool:
            outcomes = pool.map(partial(drill, year.captures, Path(scratch), given.sample), captures)
            sys.exit(report(outcomes))


def drill(folder: Path, scratch: Path, sample: int, capture: Capture) -> Outcome:
    """Kill one move at its statements, each time on a fresh copy."""
    here = scratch / capture.file.removesuffix(".db")
    here.mkdir()
    calm = undisturbed(folder / capture.file, here / "calm.db", capture)
    total = len(calm.statements)
    chosen = sorted({1 + n * total // sample for n in range(sample)}) if sample else range(1, total + 1)
    violations = [
        f"statement {at}, {calm.statements[at - 1][:60]}: {wrong}"
        for at in chosen
        for wrong in killed(folder / capture.file, here, capture, calm, at)
    ]
    shutil.rmtree(here)
    return Outcome("-".join(part for part in capture.moves[0] if part), total, len(chosen), tuple(violations))


def undisturbed(captured: Path, path: Path, capture: Capture) -> Undisturbed:
    """Carry the move out and look at the content at the start of each transaction."""
    calm, look = Undisturbed(), list[Copy]()

    def note(sql: str) -> None:
        if sql == BEGIN:
            calm.contents.append(look[0].content())
        calm.statements.append(sql)

    with copied(captured, path, capture.command, note) as copy:
        look.append(copy)
        calm.answer = copy.perform()
        calm.contents.append(copy.content())
    return calm


def killed(captured: Path, here: Path, capture: Capture, calm: Undisturbed, at: int) -> Iterator[str]:
    """Kill the move before a statement, and tell what is wrong afterwards."""
    path = here / f"{at}.db"
    shutil.copyfile(captured, path)
    if not _die(path, capture, at):
        yield "the process came to its end"
    final = calm.contents[-1]
    with opened(path, capture.command, lambda _: None) as copy:
        if copy.content() != calm.left_at(at):
            yield "something was left that no commit had made, or a commit was lost"
        answer = copy.perform()
        copy.finish()
        if capture.command.kind != "tick" and answer != calm.answer:
            yield "the repeat got another answer"
        if copy.content() != final:
            yield "the end differs from that of a move that nothing disturbed"
        copy.perform()
        if copy.content() != final:
            yield "a third time changed something"
    path.unlink()


def _die(path: Path, capture: Capture, at: int) -> bool:
    """Carry the move out in a process that kills itself before the statement; whether it died of that."""
    child = os.fork()
    if child == 0:
        _carry_out(path, capture, at)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def _carry_out(path: Path, capture: Capture, at: int) -> None:
    turns = accumulate(iter(lambda: 1, 0))

    def count(_sql: str) -> None:
        if next(turns) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        with opened(path, capture.command, count) as copy:
            copy.perform()
    finally:
        os._exit(0)


def report(outcomes: Iterator[Outcome]) -> int:
    """Print the table as it grows; the exit status: 1 when something was violated."""
    print(f"{'move':55} statements  kills  violations")
    moves = kills = violations = 0
    for outcome in outcomes:
        print(f"{outcome.name:55} {outcome.statements:10}  {outcome.kills:5}  {len(outcome.violations):10}", flush=True)
        for sentence in outcome.violations[:5]:
            print(f"    {sentence}")
        moves, kills, violations = moves + 1, kills + outcome.kills, violations + len(outcome.violations)
    print(f"{moves} moves, {kills} kills, {violations} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    main()
