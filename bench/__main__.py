"""Measure and print one table. Run: python -m bench [action peers …] [--keep]

Every ratio compares things that were measured in turn within this run; the seconds are the machine's own.
"""

import argparse
import logging
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from importlib import import_module
from pathlib import Path

from bench.measuring import POSTGRESQL, SQLITE, Bench, Part, Row
from bench.postgres import NoPostgres, Server, running
from bench.report import keep, machine_of, text_of

PARTS = {
    "action": "bench.action",
    "peers": "bench.peers.comparison",
    "http": "bench.http",
    "growth": "bench.growth",
    "morning": "bench.morning",
    "startup": "bench.startup",
}


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(PARTS)}; all when none is named")
    parser.add_argument("--rounds", type=int, default=9, help="how often each pair is measured")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that everything works")
    parser.add_argument("--large", action="store_true", help="also 1,000,000 cases and 100,000 reminders")
    parser.add_argument("--on", choices=(SQLITE, POSTGRESQL), help="this database alone")
    parser.add_argument("--folder", type=Path, help="where to work, on the disk to be measured; a temporary one")
    parser.add_argument("--keep", action="store_true", help="keep the table in bench/results")
    given = parser.parse_args(words)
    if unknown := [name for name in given.parts if name not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}")
    logging.disable(logging.WARNING)
    chosen = [_part(name) for name in given.parts or PARTS]
    at = datetime.now().astimezone()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder, _server(given) as server:
        bench = Bench(Path(folder), given.rounds, given.quick, server, given.on, given.large)
        machine = machine_of(bench)
        measured = [(part, _measured(part, bench)) for part in chosen]
    print(text_of(measured, machine), end="")
    if given.keep:
        print(f"kept: {keep(measured, machine, at).name}")


def _part(name: str) -> Part:
    part: Part = import_module(PARTS[name]).PART
    return part


@contextmanager
def _server(given: argparse.Namespace) -> Iterator[Server | None]:
    """A PostgreSQL that waits for its disk; None, and why, when there is none to be had."""
    with ExitStack() as stack:
        server = None
        if given.on != SQLITE:
            try:
                server = stack.enter_context(running(fsync=True, folder=given.folder))
            except NoPostgres as fault:
                print(f"without PostgreSQL: {fault}", file=sys.stderr)
        yield server


def _measured(part: Part, bench: Bench) -> list[Row]:
    print(f"measuring: {part.name} …", file=sys.stderr, flush=True)
    with bench.turn():
        return list(part.measure(bench))


if __name__ == "__main__":
    main()
