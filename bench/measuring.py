"""What every part of the bench shares: the part itself, what it is given, its rows, and measuring in pairs.

A part is a module of this package with `PART = Part(name, caption, measure)`. Its `measure` yields rows; a
row's ratio compares things that were measured in turn in the same run, so that the machine's mood cancels.
"""

import shutil
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Literal, TypeVar

from bench.postgres import Server

T = TypeVar("T")
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"


@dataclass(frozen=True, slots=True)
class Goal:
    """What a row is to reach: a bound of its ratio, of its value, or of its tail (p99 ÷ median)."""

    sign: Literal["≥", "≤"]
    bound: float
    of: Literal["ratio", "value", "tail"] = "ratio"

    def met(self, figure: float) -> bool:
        """Whether the figure reaches it."""
        return figure >= self.bound if self.sign == "≥" else figure <= self.bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    on: SQLITE, POSTGRESQL or empty. value: the median, in `unit`; p99 in the same; None: not measured. ratio:
    to the line or thing that `to` names, > 1 being better than it unless the note says otherwise. note: what
    a reader must know to judge the figure; of something that could not be measured, why.
    """

    what: str
    on: str = ""
    value: float | None = None
    unit: str = "µs"
    p99: float | None = None
    ratio: float | None = None
    to: str = ""
    goals: tuple[Goal, ...] = ()
    note: str = ""

    def figure(self, of: str) -> float | None:
        """The row's ratio, value or tail; None when it was not measured."""
        if of == "tail":
            return self.p99 / self.value if self.p99 is not None and self.value else None
        return self.ratio if of == "ratio" else self.value


@dataclass(frozen=True, slots=True)
class Bench:
    """What a part is given.

    folder: empty, on a real disk, removed afterwards. rounds: how often each pair is measured. quick: small
    sizes, for seeing that everything works; its figures mean little. server: None without PostgreSQL. on: the
    one database to measure on; None: on all there are. large: also the sizes that take long.
    """

    folder: Path
    rounds: int
    quick: bool
    server: Server | None
    on: str | None = None
    large: bool = False
    _kept: ExitStack = field(default_factory=ExitStack)
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def places(self) -> tuple[str, ...]:
        """The databases to measure on."""
        there = (SQLITE, POSTGRESQL) if self.server else (SQLITE,)
        return tuple(place for place in there if self.on in (None, place))

    def subfolder(self) -> Path:
        """A new, empty folder."""
        folder = self.folder / f"part-{next(self._numbers)}"
        folder.mkdir()
        return folder

    def empty(self, place: str) -> Path | str:
        """A new, empty database: the path of a file that is yet to be made, or a URL for `Database`."""
        if place == SQLITE:
            return self.subfolder() / "thidua.db"
        assert self.server is not None, "asked for a place that is not among the places"
        return self._kept.enter_context(self.server.database())

    def copy(self, where: Path | str) -> Path | str:
        """A copy of a database to which nobody is connected."""
        if isinstance(where, Path):
            return Path(shutil.copyfile(where, self.subfolder() / where.name))
        assert self.server is not None, "there is none without a server"
        return self._kept.enter_context(self.server.database(where))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """While one part runs; then the databases made for it are dropped."""
        with self._kept:
            yield


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the table: its name on the command line, what is measured and how, and the measuring."""

    name: str
    caption: str
    measure: Callable[[Bench], Iterable[Row]]


@dataclass(frozen=True, slots=True)
class Times:
    """How long the calls of one thing took, in microseconds, round by round."""

    rounds: tuple[tuple[float, ...], ...]

    @property
    def p50(self) -> float:
        """The median of the rounds' medians."""
        return statistics.median(statistics.median(one) for one in self.rounds)

    @property
    def p99(self) -> float:
        """Of all calls together."""
        return percentile([spent for one in self.rounds for spent in one], 99)

    def speed(self, other: "Times") -> float:
        """How often this was done while the other was done once: the median of the neighbouring rounds' ratios."""
        both = zip(other.rounds, self.rounds, strict=True)
        return statistics.median(statistics.median(theirs) / statistics.median(own) for theirs, own in both)


def percentile(values: Iterable[float], percent: float) -> float:
    """The smallest of the values that so many percent of them do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]


def paired(subjects: Mapping[str, Callable[[], object]], *, rounds: int, times: int) -> dict[str, Times]:
    """Call each subject `times` times a round, in turn; a first, shorter round warms up and is not counted."""
    for perform in subjects.values():
        timed(perform, max(1, times // 5))
    return in_turn({name: partial(timed, perform, times) for name, perform in subjects.items()}, rounds)


def in_turn(subjects: Mapping[T, Callable[[], tuple[float, ...]]], rounds: int) -> dict[T, Times]:
    """Let each subject measure a round of itself, in turn, the order reversed in every other round."""
    spent: dict[T, list[tuple[float, ...]]] = {name: [] for name in subjects}
    for turn in range(rounds):
        for name in list(subjects) if turn % 2 == 0 else reversed(list(subjects)):
            spent[name].append(subjects[name]())
    return {name: Times(tuple(each)) for name, each in spent.items()}


def timed(perform: Callable[[], object], times: int) -> tuple[float, ...]:
    """How long each of so many calls took, in microseconds."""
    spent = []
    for _ in range(times):
        begun = time.perf_counter_ns()
        perform()
        spent.append((time.perf_counter_ns() - begun) / 1000)
    return tuple(spent)
