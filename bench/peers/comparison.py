"""One four-step process on thidua and on its peers, step by step durable, in turn, each with a database of its own."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.measuring import POSTGRESQL, SQLITE, Bench, Goal, Part, Row, Times, in_turn
from bench.peers.contender import Broken, Contender
from bench.peers.environments import NotInstalled, python_with

DRIVERS = (
    "psycopg[binary]>=3.3,<4",
    "pysqlite3>=0.6.1; sys_platform == 'linux' and platform_machine == 'x86_64'",
)


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What is compared, and how. goal: of thidua's speed to this one's, per database.

    requirements: of its own environment; none: ours. cases: a round. how: see `Contender.cases`.
    """

    what: str
    module: str
    requirements: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    cases: int = 10
    how: str = "cases"
    goal: Mapping[str, float] | None = None


THIDUA = Subject("thidua", "bench.peers.thidua")
SPIFF = ("SpiffWorkflow>=3.2,<4", *DRIVERS)
DBOS = ("dbos>=3.4,<4", *DRIVERS[:1])
PEERS = (
    Subject(
        "SpiffWorkflow: load JSON, complete, store JSON", "bench.peers.spiff", SPIFF, goal={SQLITE: 5, POSTGRESQL: 4}
    ),
    Subject("SpiffWorkflow, definition kept in memory", "bench.peers.spiff", SPIFF, ("cached",)),
    Subject(
        "viewflow: flow of View nodes", "bench.peers.viewflow", ("django-viewflow>=2.4,<3", *DRIVERS[:1]),
        cases=5, goal={SQLITE: 15, POSTGRESQL: 15},
    ),
    Subject("DBOS: recv + step, one workflow after the other", "bench.peers.dbos", DBOS, cases=2),
    Subject(
        "DBOS: the same, 50 workflows in flight", "bench.peers.dbos", DBOS,
        cases=50, how="together", goal={SQLITE: 30, POSTGRESQL: 30},
    ),
)  # fmt: skip


def measure(bench: Bench) -> Iterator[Row]:
    """Rows of each database: thidua, then its peers, or why one of them has no figure."""
    for place in bench.places:
        yield from _on(bench, place)


def _on(bench: Bench, place: str) -> Iterator[Row]:
    running: dict[Subject, Contender] = {}
    absent: dict[Subject, str] = {}
    try:
        for subject in (THIDUA, *PEERS):
            try:
                running[subject] = _started(subject, bench, place)
            except (NotInstalled, Broken) as fault:
                if subject is THIDUA:
                    raise
                absent[subject] = str(fault)
        rounds = {
            subject: partial(contender.cases, _cases(subject, bench), subject.how)
            for subject, contender in running.items()
        }
        spent = in_turn(rounds, bench.rounds)
        wrong = {subject: contender.check() for subject, contender in running.items()}
    finally:
        for contender in running.values():
            contender.close()
    for subject in (THIDUA, *PEERS):
        if subject in absent:
            yield Row(what=subject.what, on=place, note=f"not measured: {absent[subject]}")
        elif wrong[subject]:
            yield Row(what=subject.what, on=place, note=f"not valid: {wrong[subject]}")
        else:
            yield _row(subject, place, spent, running[subject].versions)


def _started(subject: Subject, bench: Bench, place: str) -> Contender:
    """The subject, having done one case."""
    python = python_with(subject.requirements) if subject.requirements else Path(sys.executable)
    log = bench.subfolder() / "log"
    contender = Contender(python, subject.module, bench.empty(place), subject.words, log)
    try:
        contender.cases(2 if subject.how == "together" else 1, subject.how)
    except Broken:
        contender.close()
        raise
    return contender


def _cases(subject: Subject, bench: Bench) -> int:
    return max(1, subject.cases // 5) if bench.quick else subject.cases


def _row(subject: Subject, place: str, spent: Mapping[Subject, Times], versions: str) -> Row:
    own = spent[subject]
    if subject is THIDUA:
        return Row(what="thidua, one step", on=place, value=own.p50, p99=own.p99, note=versions)
    return Row(
        what=subject.what, on=place, value=own.p50, p99=own.p99 if subject.how == "cases" else None,
        ratio=spent[THIDUA].speed(own), to="thidua's time",
        goals=(Goal("≥", subject.goal[place]),) if subject.goal else (), note=versions,
    )  # fmt: skip


PART = Part(
    "peers",
    "One human step of drafted → submitted → appraised → approved → forwarded, one client, state and history durable "
    "after each step, checked after the run. thidua writes case, task closed and opened with deadline, timer cancelled "
    "and set, history with hash chain, a notice per holder, access, answer under an idempotency key, and checks rights "
    "and version. The peers write less: SpiffWorkflow the case as JSON with a history row (written by the bench); "
    "viewflow its process and task rows; DBOS its workflow's message and step rows. None of them sets a timer or "
    "tells anybody.",
    measure,
)
