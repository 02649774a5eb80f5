"""The side of a peer: it takes requests line by line as JSON, carries cases through their steps, and answers.

Only what a peer's own environment has is imported here and in the peers' modules.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

STEPS = ("submit", "appraise", "approve", "forward")
ROLES = ("proposer", "appraiser", "chairman", "clerk")
"""Who takes each step."""
STATES = ("drafted", "submitted", "appraised", "approved", "forwarded")
SQLITE_SETTINGS = ("journal_mode=WAL", "synchronous=FULL")


class Peer(Protocol):
    """An engine with a database of its own."""

    def begin(self) -> Any:
        """A new case that waits for its first step; whatever names it."""

    def step(self, case: Any, turn: int) -> None:
        """Complete that step of the case, counted from 0; durable with its history when it returns."""

    def counted(self) -> dict[str, int]:
        """What the database says: `finished` cases, and entries of `history`."""
        ...

    def close(self) -> None:
        """Let go of everything."""


def answer(make: Callable[[str], Peer], *packages: str) -> None:
    """Serve requests until the input ends; what the peer prints itself goes to the error output.

    make: the peer on an empty database, `sqlite:` with a path, or a PostgreSQL URL. Requests: {"cases": n}
    is answered by the microseconds of every step; {"together": n} by those of a step when so many cases are
    under way at once; {"check": true} by what the database holds.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def say(what: object) -> None:
        answers.write(json.dumps(what) + "\n")

    peer = make(sys.argv[1])
    say({"versions": ", ".join(f"{package} {version(package)}" for package in packages)})
    for line in sys.stdin:
        request = json.loads(line)
        if "cases" in request:
            say({"spent": alone(peer, request["cases"])})
        elif "together" in request:
            say({"spent": [together(peer, request["together"])]})
        else:
            say(peer.counted())
    peer.close()


def alone(peer: Peer, cases: int) -> list[float]:
    """The microseconds of every step of so many cases, one after the other."""
    spent = []
    for case in [peer.begin() for _ in range(cases)]:
        for turn in range(len(STEPS)):
            begun = time.perf_counter_ns()
            peer.step(case, turn)
            spent.append((time.perf_counter_ns() - begun) / 1000)
    return spent


def together(peer: Any, cases: int) -> float:
    """The microseconds per step when so many cases take each step at once."""
    under_way = [peer.begin() for _ in range(cases)]
    begun = time.perf_counter_ns()
    for turn in range(len(STEPS)):
        peer.steps(under_way, turn)
    return (time.perf_counter_ns() - begun) / 1000 / (cases * len(STEPS))


def sqlite_path(where: str) -> Path | None:
    """The path of a SQLite file; None for PostgreSQL."""
    return Path(where.removeprefix("sqlite:")) if where.startswith("sqlite:") else None
