"""One durable action beside the raw floor that writes the same rows in one transaction, on both databases.

The action is a ward's draft going to its chair and back. Engine and floor have a database of their own each,
built alike; before anything is timed, the rows that both write are counted and must be equal.
"""

from collections.abc import Iterator
from pathlib import Path

from bench.floor import CommitOnly, Floor, Sample, sample
from bench.measuring import POSTGRESQL, SQLITE, Bench, Goal, Part, Row, Times, paired, timed
from bench.raw import connect
from bench.stage import build, sit
from bench.tally import described, must_be_equal, written_by
from engine.runtime.service import Asking, Engine

GOALS = {
    SQLITE: (Goal("≥", 0.75), Goal("≤", 3, "tail")),
    POSTGRESQL: (Goal("≥", 1.3), Goal("≤", 4, "tail")),
}
COUNTED = 4  # actions whose rows are counted: twice there and back
TIMES, QUICK_TIMES = 100, 10  # actions a round


class Acting:
    """The engine's side: the officer presents the draft, the chair sends it back, and so on."""

    def __init__(self, engine: Engine, case: int) -> None:
        self._engine, self._case, self._turn, self._version = engine, case, 0, 2
        self._model = engine.registry.by_code["ward_plan"]
        self._secrets = sit(engine, "phuong1"), sit(engine, "ct.phuong1")
        asking = Asking(self._secrets[0], expected=1)
        engine.edit(asking, self._model, case, {"organisation": "Phân công các bộ phận."}).result()

    @property
    def key(self) -> str:
        """The idempotency key of the last action."""
        return f"engine-{self._turn - 1}"

    def __call__(self) -> None:
        back = self._turn % 2
        asking = Asking(self._secrets[back], f"engine-{self._turn}", "f", self._version)
        form = {"reason": "Cần bổ sung phân công"} if back else None
        action = "redraft" if back else "draft"
        self._engine.writer.call(self._engine.acting(asking, self._model, self._case, action, form))
        self._turn, self._version = self._turn + 1, self._version + 1


def measure(bench: Bench) -> Iterator[Row]:
    """Rows of each database: what is written, the least commit, the floor, the engine."""
    for place in bench.places:
        yield from _on(bench, place)


def _on(bench: Bench, place: str) -> Iterator[Row]:
    where, beside = bench.empty(place), bench.empty(place)
    build(bench.subfolder(), beside).close()
    engine, raw = build(bench.subfolder(), where), connect(beside)
    acting = Acting(engine, plan_of(beside))
    acting()
    acting()
    samples = _samples(acting, where, plan_of(beside))
    floor = Floor(raw, samples)
    floor()
    floor()
    written = written_by(lambda: timed(acting, COUNTED), where)
    must_be_equal(written, written_by(lambda: timed(floor, COUNTED), beside))
    spent = paired(
        {"commit": CommitOnly(raw), "floor": floor, "engine": acting},
        rounds=bench.rounds, times=QUICK_TIMES if bench.quick else TIMES,
    )  # fmt: skip
    raw.close()
    engine.close()
    yield Row(what="rows of an action, engine and floor alike", on=place, note=described(written, COUNTED))
    yield _row("commit of one small row, one connection", place, spent["commit"], spent["floor"])
    yield _row("raw floor, a statement a round trip", place, spent["floor"], spent["floor"])
    yield _row("engine: one action", place, spent["engine"], spent["floor"], GOALS[place])


def _row(what: str, place: str, spent: Times, floor: Times, goals: tuple[Goal, ...] = ()) -> Row:
    ratio = spent.speed(floor)
    return Row(what=what, on=place, value=spent.p50, p99=spent.p99, ratio=ratio, to="floor", goals=goals)


def _samples(acting: Acting, where: Path | str, case: int) -> tuple[Sample, Sample]:
    """What the engine leaves behind of a draft presented and of one sent back."""
    acting()
    presented = sample(where, case, acting.key)
    acting()
    return presented, sample(where, case, acting.key)


def plan_of(where: Path | str) -> int:
    """The first ward plan of a launched campaign; the same in every database that was built alike."""
    raw = connect(where)
    try:
        found = raw.run("SELECT min(id) AS id FROM instance WHERE process = 'ward_plan'")
    finally:
        raw.close()
    key: int = found[0]["id"]
    return key


PART = Part(
    "action",
    "One durable action (a ward's draft to its chair and back: task closed with its timer, task and timer opened, "
    "history with hash, notice, idempotency key) and hand-written SQL for the same rows in one transaction, on the "
    "driver as it comes. Duty and access of the case are granted on both sides and are there already.",
    measure,
)
