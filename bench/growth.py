"""What the number of cases costs: an action, the queue of somebody's tasks, looking for due timers, the disk.

The databases of all sizes lie beside each other and are measured in turn, so that a row's ratio is the growth from
the smallest. Cases are drawn at random from the whole table; nine of ten are finished, the open ones wait at one desk.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from api.routes.tasks import list_tasks
from bench.filling import Waiting, desks, fill, finish
from bench.floor import Floor, Sample, sample
from bench.measuring import POSTGRESQL, SQLITE, Bench, Goal, Part, Row, Times, in_turn, paired, timed
from bench.raw import connect
from bench.serving import posted
from bench.stage import NOW, build, opened, sit
from engine.instants import to_micros
from engine.runtime.database import Database
from engine.runtime.service import Asking, Engine
from notifications.door import run_due

SIZES, QUICK_SIZES, LARGEST = (1_000, 10_000, 100_000), (1_000, 3_000), 1_000_000
ACTIONS, LOOKS, AT_ONCE = 50, 20, 8
PAGE_OF_A_CLIENT = 50  # whoever walks to the middle does it in such steps
FINISHED, QUICK_FINISHED = 500, 50
TAIL = {SQLITE: Goal("≤", 3, "tail"), POSTGRESQL: Goal("≤", 4, "tail")}
BYTES = {SQLITE: Goal("≤", 2_000, "value"), POSTGRESQL: Goal("≤", 3_500, "value")}
PAGE = Goal("≤", 1.15)
POLL = Goal("≤", 1.1)
ACTION = Goal("≤", 1.1)
DUE_IN_TEN_DAYS = "2024-07-24"
"""Of a ward plan that is due then, the first reminder is due on the stage's morning."""


@dataclass(frozen=True, slots=True)
class Size:
    """A filled database, opened, and what is at hand of it. floor: the hand-written actions on a copy of it."""

    cases: int
    where: Path | str
    engine: Engine
    waiting: Sequence[Waiting]
    act: Callable[[], object]
    floor: Callable[[], object]


class Acting:
    """The engine presents the drafts of random cases to their chair, then sends them back, and so on."""

    def __init__(self, engine: Engine, waiting: Sequence[Waiting]) -> None:
        self._engine, self._waiting, self._calls = engine, waiting, 0
        self._model = engine.registry.by_code["ward_plan"]
        self._secrets = sit(engine, "phuong1"), sit(engine, "ct.phuong1")

    def __call__(self) -> None:
        turn, at = divmod(self._calls, len(self._waiting))
        self.take(self._waiting[at], turn)
        self._calls += 1

    def take(self, one: Waiting, turn: int) -> str:
        """The next action of that case, of which `turn` were taken before; returns its idempotency key."""
        key, back = f"growth-{one.case}-{turn}", turn % 2
        form = {"reason": "Cần bổ sung phân công"} if back else None
        asking = Asking(self._secrets[back], key, "f", 2 + turn)
        self._engine.act(asking, self._model, one.case, "redraft" if back else "draft", form).result()
        return key


class RandomFloor(Floor):
    """The hand-written transaction, on random cases in the same order."""

    def __init__(self, where: Path | str, samples: tuple[Sample, Sample], waiting: Sequence[Waiting]) -> None:
        super().__init__(connect(where), samples)
        self._both, self._calls = samples, 0
        self._cases, self._tasks = [one.case for one in waiting], [one.task for one in waiting]

    def __call__(self) -> None:
        turn, at = divmod(self._calls, len(self._cases))
        self._id, self._task, self._version = self._cases[at], self._tasks[at], 2 + turn
        self._turn, self._last = 2 * self._calls + turn % 2, self._both[1 - turn % 2]
        super().__call__()
        self._tasks[at] = self._task
        self._calls += 1

    def close(self) -> None:
        self._raw.close()


def measure(bench: Bench) -> Iterator[Row]:
    """Rows of each database: growth of each thing, then the bytes on disk."""
    for place in bench.places:
        yield from _growth(bench, place)
        yield from _bytes(bench, place)


def _growth(bench: Bench, place: str) -> Iterator[Row]:
    sizes = QUICK_SIZES if bench.quick else (*SIZES, *([LARGEST] if bench.large else []))
    made = [_made(bench, place, size) for size in sizes]
    looks = LOOKS // 4 if bench.quick else LOOKS
    try:
        for what, look in (("my tasks, first page", _first_page), ("my tasks, a page in the middle", _middle_page)):
            yield from _rows(place, what, _paired(bench, made, look, looks), PAGE)
        yield from _rows(place, "fire what is due, nothing is", _paired(bench, made, _poll, looks * 2), POLL)
        yield from _rows(place, "take down and fire a due reminder", _fired(bench, made))
        yield from _actions(bench, place, made)
    finally:
        for size in made:
            size.engine.close()


def _made(bench: Bench, place: str, cases: int) -> Size:
    where, folder = bench.empty(place), bench.subfolder()
    engine = build(folder, where)
    waiting = list(fill(engine, where, cases))
    random.Random(cases).shuffle(waiting)
    acting, first = Acting(engine, waiting[1:]), waiting[0]
    samples = (
        sample(where, first.case, acting.take(first, 0)),
        sample(where, first.case, acting.take(first, 1)),
    )
    engine.close()
    beside = bench.copy(where)
    engine = opened(folder, Database(where))
    return Size(
        cases, where, engine, waiting[1:], Acting(engine, waiting[1:]), RandomFloor(beside, samples, waiting[1:])
    )


def _paired(
    bench: Bench, made: Sequence[Size], of: Callable[[Size], Callable[[], object]], times: int
) -> dict[int, Times]:
    subjects = paired({str(size.cases): of(size) for size in made}, rounds=bench.rounds, times=times)
    return {int(cases): spent for cases, spent in subjects.items()}


def _rows(place: str, what: str, spent: Mapping[int, Times], *goals: Goal) -> Iterator[Row]:
    least = min(spent)
    for cases, times in spent.items():
        growth = spent[least].speed(times)
        yield Row(
            what=f"{what}: {cases:,} cases", on=place, value=times.p50, p99=times.p99,
            ratio=growth if cases != least else None, to=f"{least:,} cases", goals=goals if cases == max(spent) else (),
        )  # fmt: skip


def _first_page(size: Size) -> Callable[[], object]:
    secret = sit(size.engine, "phuong1")
    return partial(list_tasks, engine=size.engine, secret=secret, whose="me", limit=50, cursor=None)


def _middle_page(size: Size) -> Callable[[], object]:
    """A page from the middle of the queue, by keyset."""
    page = partial(list_tasks, engine=size.engine, secret=sit(size.engine, "phuong1"), whose="me")
    cursor = None
    for _ in range(len(size.waiting) // 2 // PAGE_OF_A_CLIENT):
        cursor = json.loads(bytes(page(limit=PAGE_OF_A_CLIENT, cursor=cursor).body))["next"]
    return partial(page, limit=50, cursor=cursor)


def _poll(size: Size) -> Callable[[], object]:
    return size.engine.fire_due


def _fired(bench: Bench, made: Sequence[Size]) -> dict[int, Times]:
    """A few reminders of random cases become due at a time; the time of one."""
    rounds = min(bench.rounds, len(made[0].waiting) // AT_ONCE)
    return in_turn({size.cases: partial(_round_of_reminders, size, iter(size.waiting)) for size in made}, rounds)


def _round_of_reminders(size: Size, cases: Iterator[Waiting]) -> tuple[float, ...]:
    chosen = [one.task for _, one in zip(range(AT_ONCE), cases, strict=False)]
    with closing(connect(size.where)) as raw:
        raw.begin()
        for task in chosen:
            values = {"task": task, "on": DUE_IN_TEN_DAYS, "now": to_micros(NOW)}
            raw.run("UPDATE user_task SET due_on = :on WHERE id = :task", values)
            raw.run("UPDATE timer SET due_at = :now WHERE task_id = :task", values)
        raw.commit()
    fired: list[int] = []
    spent = timed(lambda: fired.append(size.engine.fire_due()), 1)
    assert fired == [len(chosen)], "all of them fired"
    return (spent[0] / len(chosen),)


def _actions(bench: Bench, place: str, made: Sequence[Size]) -> Iterator[Row]:
    subjects: dict[str, Callable[[], object]] = {}
    for size in made:
        subjects |= {f"floor {size.cases}": size.floor, f"action {size.cases}": size.act}
    times = ACTIONS // 5 if bench.quick else ACTIONS
    spent = paired(subjects, rounds=bench.rounds, times=times)
    for name in ("floor", "action"):
        of = {size.cases: spent[f"{name} {size.cases}"] for size in made}
        yield from _rows(place, f"{name} on a random case", of, *([TAIL[place]] if name == "action" else []))
    least, most = made[0].cases, made[-1].cases
    floor = spent[f"floor {least}"].speed(spent[f"floor {most}"])
    yield Row(
        what=f"growth of the action to {most:,} cases", on=place,
        ratio=spent[f"action {least}"].speed(spent[f"action {most}"]) / floor, to="the floor's own growth",
        goals=(ACTION,),
    )  # fmt: skip


def _bytes(bench: Bench, place: str) -> Iterator[Row]:
    """The disk that a finished four-step case takes when its mail was sent, with and without idempotency keys."""
    cases = QUICK_FINISHED if bench.quick else FINISHED
    for keyed in (True, False):
        where, folder = bench.empty(place), bench.subfolder()
        build(folder, where).close()
        before = _size(where)
        engine = opened(folder, Database(where))
        secrets = desks(engine)
        for n in range(cases):
            finish(engine, secrets, f"bytes-{n}" if keyed else "")
        run_due(engine, posted(engine), NOW)
        engine.close()
        with closing(connect(where)) as raw:
            raw.run("DELETE FROM message_attempt")
            raw.run("DELETE FROM message")
            raw.run("VACUUM")
            sum_of = "SELECT sum(length(dossier)) AS n FROM instance WHERE process = 'four_steps'"
            dossiers = int(raw.run(sum_of)[0]["n"])
        yield Row(
            what=f"disk of a finished case, {'a key with each action' if keyed else 'without idempotency keys'}",
            on=place, value=(_size(where) - before - dossiers) / cases, unit="B", goals=(BYTES[place],),
            note=_shares(where, cases) if keyed else "",
        )  # fmt: skip


def _size(where: Path | str) -> int:
    """Bytes on disk of a database to which nobody is connected; PostgreSQL's after the vacuum that comes in time."""
    if isinstance(where, Path):
        return where.stat().st_size
    with closing(connect(where)) as raw:
        raw.run("VACUUM FULL")
        size: int = raw.run("SELECT sum(pg_total_relation_size(c.oid)) AS n FROM pg_class c WHERE relkind = 'r'")[0][
            "n"
        ]
    return int(size)


def _shares(where: Path | str, cases: int) -> str:
    """The columns' own bytes per case, table by table."""
    found: list[tuple[float, str]] = []
    with closing(connect(where)) as raw:
        for name in ("instance", "history", "user_task", "notice", "access", "fact", "idempotency"):
            rows = raw.run(f"SELECT * FROM {name}")
            written = sum(len(str(value).encode()) for row in rows for value in row.values() if value is not None)
            found.append((written / cases, name))
    return "columns alone, as text: " + ", ".join(f"{name} {size:,.0f}" for size, name in sorted(found, reverse=True))


PART = Part(
    "growth",
    "The same things in databases of several sizes, in turn; a ratio is the growth from the smallest. One of ten cases "
    "is open, all of these wait at one desk; cases are drawn at random. The floor is hand-written SQL that writes an "
    "action's rows, on a copy. Disk: cases that the engine took through four steps, whose mail was sent, without "
    "dossiers and messages.",
    measure,
)
