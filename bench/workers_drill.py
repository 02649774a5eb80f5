"""Many workers, killed while they fire and send. Run: python -m bench.workers_drill [--database sqlite] [--quick]

On three mornings a reminder of every errand is due. Workers, each a process with the ticker of the installation, fire
them and send the letters; every few seconds one is killed with -9 and another one begun. Afterwards every reminder
has fired once, everybody who is to hear of it has one notice of it, and no letter was handed over twice that was not
left UNKNOWN by a kill.
"""

import argparse
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.parser import BytesHeaderParser
from pathlib import Path

from sqlalchemy import func, select

from api.ticker import Ticker, at_work
from bench.postgres import running
from bench.workers_office import DUE_ON, HEAD, FileClock, Rows, fill, heard_of, mornings, opened, rungs
from engine.instants import to_micros
from engine.runtime.database import Database, Statement, Transaction
from engine.runtime.schema import firing, notice, timer
from migrations.chain import upgrade
from notifications.door import Post, prove
from notifications.schema import message, message_attempt
from notifications.transport import Attempt, Outcome
from tests.errands.office import REGISTRY

DATABASES = SQLITE, POSTGRESQL = "sqlite", "postgresql"
WORKERS, FIRINGS, KILL_EVERY_SECONDS = 5, 50_000, 3.0
QUICK_FIRINGS = 2_000
MORNINGS = 3
OF_ONE_WARD = 50
PATIENCE_SECONDS = 900
TICK_SECONDS = 0.2
LOOK_SECONDS = 0.05
MAILS, CLOCK, LOG, READY = "mails", "clock", "log", "ready-"

_DUE_TIMER = Statement(select(func.min(timer.c.due_at).label("at")))
_DUE_NOTICE = Statement(select(func.min(notice.c.not_before).label("at")).where(notice.c.state == "waiting"))
_DUE_MAIL = Statement(select(func.min(message.c.next_attempt_at).label("at")).where(message.c.state == "queued"))
_FIRED = Statement(select(func.count().label("n")).select_from(firing))
_FIRINGS = Statement(select(firing.c.key, firing.c.outcome))
_NOTICES = Statement(select(notice.c.event_key, notice.c.recipient, notice.c.state, notice.c.message_id))
_MESSAGES = Statement(
    select(message.c.id, message.c.message_id, message.c.state, message.c.recipient, message.c.created_at)
)
_ATTEMPTS = Statement(select(message_attempt.c.message_id, message_attempt.c.outcome))


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is to be done, by how many, and how often one is killed; `mornings`: so many rungs of each errand."""

    cases: int
    workers: int = WORKERS
    mornings: int = MORNINGS
    kill_every: float = KILL_EVERY_SECONDS


@dataclass(slots=True)
class Told:
    """What happened, in figures, and what was not as it must be."""

    firings: int = 0
    seconds: float = 0.0
    kills: int = 0
    letters: int = 0
    unknown: int = 0
    second_letters: int = 0
    violations: list[str] = field(default_factory=list)


class Ledger:
    """A mail server that takes everything, and writes down the Message-ID of each letter in one system call."""

    def __init__(self, file: Path) -> None:
        self._out = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def send(self, envelope_from: str, recipient: str, message: bytes) -> Attempt:
        key = BytesHeaderParser().parsebytes(message)["Message-ID"]
        os.write(self._out, f"{key}\n".encode())
        return Attempt(Outcome.SENT, "250 taken")


# ── a worker ─────────────────────────────────────────────────────────────────────────────────────
def work(where: Path | str, folder: Path) -> None:
    """Tick until killed."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # of a tick that takes longer than the pause after it
    with opened(where, folder, FileClock(folder / CLOCK)) as engine:
        post = Post(prove(REGISTRY), HEAD, Ledger(folder / MAILS))
        with at_work(Ticker(engine, post), TICK_SECONDS):
            (folder / f"{READY}{os.getpid()}").touch()
            signal.pause()


@dataclass
class Crew:
    """Workers as processes; `strike` kills one and begins another."""

    where: Path | str
    folder: Path
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    kills: int = 0

    def hire(self) -> None:
        with (self.folder / LOG).open("ab") as log:
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "bench.workers_drill", "--as-worker", str(self.where), str(self.folder)],
                    stdout=log,
                    stderr=log,
                    cwd=Path(__file__).parent.parent,
                )
            )

    def strike(self) -> None:
        """Kill one that is at work, if any is, and begin another."""
        ready = [one for one in self.processes if (self.folder / f"{READY}{one.pid}").exists()]
        if ready:
            self._end(random.choice(ready))
            self.kills += 1
            self.hire()

    def somebody_died(self) -> bool:
        """Whether a worker has ended by itself."""
        return any(process.poll() is not None for process in self.processes)

    def dismiss(self) -> None:
        for process in tuple(self.processes):
            self._end(process)

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        process.kill()
        process.wait()
        self.processes.remove(process)


@contextmanager
def crew(where: Path | str, folder: Path, size: int) -> Iterator[Crew]:
    """So many workers, for as long as the block lasts."""
    made = Crew(where, folder)
    try:
        for _ in range(size):
            made.hire()
        yield made
    finally:
        made.dismiss()


# ── the drill ────────────────────────────────────────────────────────────────────────────────────
def drill(where: Path | str, folder: Path, plan: Plan) -> Told:
    """Let the workers do it all, and look afterwards. where: an empty database."""
    clock, told = FileClock(folder / CLOCK), Told()
    with closing(Database(where)) as database:
        upgrade(database)
        rows = fill(database, max(1, plan.cases // OF_ONE_WARD), plan.cases)
        clock.move(mornings(1)[0] - timedelta(hours=1))
        with crew(where, folder, plan.workers) as workers:
            begun = time.monotonic()
            for morning in mornings(plan.mornings):
                clock.move(morning)
                _drain(database, workers, clock, plan)
            told.seconds, told.kills = time.monotonic() - begun, workers.kills
            while _is_due_later(database):  # letters that a kill has left UNKNOWN
                clock.move(clock() + timedelta(minutes=31))
                _drain(database, workers, clock, plan, strikes=False)
        with database.read() as tx:
            _look(tx, rows, folder, plan, told)
    return told


def _drain(database: Database, workers: Crew, clock: FileClock, plan: Plan, *, strikes: bool = True) -> None:
    """Wait until nothing is due; kill one worker as soon as something was fired, and then again and again.

    Raises:
        TimeoutError: it takes too long, or a worker ended by itself.
    """
    before, struck_at, begun = _fired(database), 0.0, time.monotonic()
    while _earliest(database) <= to_micros(clock()):
        now = time.monotonic()
        if now - begun > PATIENCE_SECONDS or workers.somebody_died():
            raise TimeoutError((workers.folder / LOG).read_text("utf-8")[-4000:])
        is_time = now - struck_at > plan.kill_every if struck_at else _fired(database) > before
        if strikes and is_time:
            workers.strike()
            struck_at = now
        time.sleep(LOOK_SECONDS)


def _earliest(database: Database) -> int:
    with database.read() as tx:
        found = [row["at"] for one in (_DUE_TIMER, _DUE_NOTICE, _DUE_MAIL) if (row := tx.one(one)) is not None]
    return min((at for at in found if at is not None), default=2**62)


def _is_due_later(database: Database) -> bool:
    with database.read() as tx:
        row = tx.one(_DUE_MAIL)
    return row is not None and row["at"] is not None


def _fired(database: Database) -> int:
    with database.read() as tx:
        row = tx.one(_FIRED)
    return row["n"] if row is not None else 0


# ── what must hold ───────────────────────────────────────────────────────────────────────────────
def _look(tx: Transaction, rows: Rows, folder: Path, plan: Plan, told: Told) -> None:
    wanted = {
        (f"t{task}:{DUE_ON}:{rung.offset}", recipient)
        for task in rows.ward_of
        for rung in rungs(plan.mornings)
        for recipient in heard_of(rows, task, rung)
    }
    fired = Counter(row["key"] for row in tx.all(_FIRINGS) if row["outcome"] == "sent")
    told.firings = sum(fired.values())
    notices = tx.all(_NOTICES)
    heard = Counter((row["event_key"], row["recipient"]) for row in notices)
    _same(told, "firings", fired, {key for key, _ in wanted})
    _same(told, "notices", heard, wanted)
    open_ones = sum(row["state"] != "composed" or row["message_id"] is None for row in notices)
    if open_ones:
        told.violations.append(f"{open_ones} notices are in no letter")
    _look_at_letters(tx, folder, told)


def _same(
    told: Told, what: str, found: Counter[str] | Counter[tuple[str, str]], wanted: set[str] | set[tuple[str, str]]
) -> None:
    for name, count in (
        ("twice", sum(n > 1 for n in found.values())),
        ("missing", len(wanted - set(found))),
        ("too many", len(set(found) - wanted)),
    ):
        if count:
            told.violations.append(f"{what}: {count} {name}")


def _look_at_letters(tx: Transaction, folder: Path, told: Told) -> None:
    taken = Counter((folder / MAILS).read_text("ascii").split())
    outcomes: dict[int, Counter[str | None]] = {}
    for row in tx.all(_ATTEMPTS):
        outcomes.setdefault(row["message_id"], Counter())[row["outcome"]] += 1
    letters = tx.all(_MESSAGES)
    told.letters = len(letters)
    told.unknown = sum(made["unknown"] for made in outcomes.values())
    mornings_of = Counter((row["recipient"], row["created_at"]) for row in letters)
    told.second_letters = sum(n - 1 for n in mornings_of.values())
    for row in letters:
        made, times = outcomes.get(row["id"], Counter()), taken.pop(row["message_id"], 0)
        if times > 1 + made["unknown"]:
            told.violations.append(f"letter {row['id']} was handed over {times} times: {dict(made)}")
        if row["state"] not in ("sent", "failed") or (row["state"] == "sent" and not times):
            told.violations.append(f"letter {row['id']} is {row['state']}, handed over {times} times")
        if row["state"] == "failed" and made["unknown"] < 2:
            told.violations.append(f"letter {row['id']} failed: {dict(made)}")
    told.violations += [f"{key} is no letter of ours" for key in taken]


# ── the command ──────────────────────────────────────────────────────────────────────────────────
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=DATABASES, default=POSTGRESQL)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_FIRINGS} firings")
    parser.add_argument("--workers", type=int, default=WORKERS, help="on PostgreSQL; SQLite has one")
    parser.add_argument("--as-worker", nargs=2, metavar=("DATABASE", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.as_worker:
        where, folder = given.as_worker
        work(where if where.startswith("postgresql:") else Path(where), Path(folder))
        return
    cases = -(-(QUICK_FIRINGS if given.quick else FIRINGS) // MORNINGS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.database == SQLITE:
            told = drill(folder / "thidua.db", folder, Plan(cases, workers=1))
        else:
            with running(fsync=True) as server, server.database() as where:
                told = drill(where, folder, Plan(cases, workers=given.workers))
    sys.exit(report(told))


def report(told: Told) -> int:
    """Print the figures; the exit status: 1 when something was violated."""
    print(
        f"{told.firings:,} firings and {told.letters:,} letters in {told.seconds:.1f} s "
        f"({told.firings / told.seconds:,.0f} firings a second), {told.kills} workers killed; "
        f"{told.unknown} attempts UNKNOWN, {told.second_letters} second letters of a morning, "
        f"{len(told.violations)} violations"
    )
    for sentence in told.violations[:20]:
        print(f"    {sentence}")
    return 1 if told.violations else 0


if __name__ == "__main__":
    main()
