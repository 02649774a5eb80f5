"""How long `thidua serve` and `thidua worker` take until they answer, and how much memory they then hold.

The commands themselves, on an installation without cases and on one with many.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from api import sharing
from api.installation import BLOBS, DATABASE, found, key_file
from api.settings import Settings
from bench.filling import fill
from bench.measuring import Bench, Part, Row, Times, in_turn
from bench.stage import build
from engine.runtime.database import Database

CASES, QUICK_CASES, MOST_CASES = 100_000, 1_000, 1_000_000
ROUNDS = 5
READY_WITHIN = 120.0  # seconds
THIDUA = "import sys; from cli.main import main; sys.exit(main())"
MEMORY = {"VmRSS": "memory", "RssAnon": "of its own"}
MEGABYTE = 1024


class NeverReady(Exception):
    """The command did not come up; says which."""


@dataclass(frozen=True, slots=True)
class Started:
    """What was seen of one start. memory: kilobytes by name, empty where the system does not tell."""

    microseconds: float
    memory: Mapping[str, int]


def measure(bench: Bench) -> Iterator[Row]:
    """Rows of each database: each command on no cases and on many."""
    most = QUICK_CASES if bench.quick else MOST_CASES if bench.large else CASES
    for place in bench.places:
        for cases in (0, most):
            settings = _installed(bench, place, cases)
            seen: dict[str, list[Started]] = {"serve": [], "worker": []}
            subjects = {name: partial(_round, name, settings, starts) for name, starts in seen.items()}
            spent = in_turn(subjects, 2 if bench.quick else min(bench.rounds, ROUNDS))
            for name, starts in seen.items():
                yield from _rows(f"thidua {name}, {cases:,} cases", place, spent[name], starts)


def _rows(what: str, place: str, spent: Times, starts: list[Started]) -> Iterator[Row]:
    yield Row(what=f"{what}: until it is ready", on=place, value=spent.p50 / 1_000_000, unit="s")
    held = sorted(starts, key=lambda one: one.memory.get("VmRSS", 0))[len(starts) // 2].memory
    if not held:
        yield Row(what=f"{what}: memory", on=place, note="This system has no /proc to read it from.")
        return
    shown = ", ".join(f"{held[name] / MEGABYTE:,.0f} MB {words}" for name, words in list(MEMORY.items())[1:])
    yield Row(what=f"{what}: memory", on=place, value=held["VmRSS"] / MEGABYTE, unit="MB", note=shown)


def _installed(bench: Bench, place: str, cases: int) -> Settings:
    """An installation of the stage, with so many cases more."""
    where, folder = bench.empty(place), bench.subfolder()
    settings = Settings(data=folder, database_url=where if isinstance(where, str) else "")
    found(settings).close()
    file = where if isinstance(where, str) else folder / DATABASE
    engine = build(folder, file)
    if cases:
        fill(engine, file, cases)
    engine.close()
    if isinstance(where, str):
        database = Database(where)
        with database.write() as tx:
            sharing.begin(tx, settings.data / BLOBS, key_file(settings))
        database.close()
    return settings


def _round(command: str, settings: Settings, starts: list[Started]) -> tuple[float, ...]:
    starts.append(_started(command, settings))
    return (starts[-1].microseconds,)


def _started(command: str, settings: Settings) -> Started:
    """Start it, wait until it is ready, look at its memory, end it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    environment = {
        **os.environ, "THIDUA_DATA": str(settings.data), "THIDUA_DATABASE_URL": settings.database_url,
        "THIDUA_LOG": "json",
    }  # fmt: skip
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", THIDUA, command, "--port", str(port)],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _await(process, lambda: _is_ready(port), f"thidua {command}")
        spent = (time.perf_counter() - begun) * 1_000_000
        if command == "serve":
            _ask(port, "/")
        return Started(spent, _memory(process.pid))
    finally:
        process.terminate()
        process.wait()


def _await(process: "subprocess.Popen[bytes]", is_ready: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + READY_WITHIN
    while not is_ready():
        if process.poll() is not None or time.monotonic() > until:
            raise NeverReady(f"{what} ended with {process.poll()} before it was ready")
        time.sleep(0.01)


def _is_ready(port: int) -> bool:
    try:
        return _ask(port, "/health/ready").startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def _ask(port: int, path: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=READY_WITHIN) as asking:
        asking.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(partial(asking.recv, 65_536), b""))


def _memory(pid: int) -> dict[str, int]:
    """What the process holds, in kilobytes, as Linux tells."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return {}
    lines = (line.split() for line in status.read_text(encoding="ascii").splitlines())
    return {words[0][:-1]: int(words[1]) for words in lines if words and words[0][:-1] in MEMORY}


PART = Part(
    "startup",
    "`thidua serve` and `thidua worker` as commands, from their start until /health/ready says so, and their resident "
    "memory then; `serve` has also answered its first page.",
    measure,
)
