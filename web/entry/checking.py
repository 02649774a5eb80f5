"""The rows of a list as their page shows them: what is wrong in which cell, what the rules say, what can be taken."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread

from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.errors import Reason
from engine.jobs.rehearsing import Rehearsal, rehearse_list
from engine.runtime import register
from engine.runtime.database import Row
from engine.runtime.work import Work
from web.entry.cells import dossier_of
from web.entry.columns import Column, columns_of
from web.entry.listing import Listing

T = TypeVar("T")
KEPT = 8
"""So many lists that were looked at are remembered; the one that nobody has asked for longest goes."""
SHOWN_FIRST = 11
"""So many columns are always there; the others when something stands in them."""


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row, counted from 1. faults: by the number of the column. said: what is wrong with the row as a whole."""

    number: int
    cells: tuple[str, ...]
    dossier: Mapping[str, Any]
    faults: Mapping[int, str]
    said: tuple[str, ...]
    blocks: tuple[Reason, ...]
    warns: tuple[Reason, ...]

    @property
    def is_good(self) -> bool:
        return not (self.faults or self.said or self.blocks)

    def why(self, columns: tuple[Column, ...]) -> str:
        """Everything that is wrong, in one line."""
        cells = (f"{columns[n].heading}: {sentence}" for n, sentence in self.faults.items())
        return " | ".join((*cells, *self.said, *(reason.sentence for reason in self.blocks)))


@dataclass(frozen=True, slots=True)
class Checked:
    """A list that was looked at. papers: what is said for so many rows as long as papers are missing."""

    columns: tuple[Column, ...]
    shown: tuple[int, ...]
    rows: tuple[CheckedRow, ...]
    papers: Mapping[Reason, int]

    @property
    def good(self) -> list[CheckedRow]:
        return [row for row in self.rows if row.is_good]

    @property
    def bad(self) -> list[CheckedRow]:
        return [row for row in self.rows if not row.is_good]


class Checks:
    """Looks at lists one at a time, so that long ones leave the site its threads, and remembers what it has found.

    To be made where a loop runs.
    """

    def __init__(self) -> None:
        self._one_at_a_time = CapacityLimiter(1)
        self._known: OrderedDict[Hashable, Checked] = OrderedDict()

    async def alone(self, blocking: Callable[[], T]) -> T:
        """Do what looks at a list, in a thread, when nobody else does."""
        return await to_thread.run_sync(blocking, limiter=self._one_at_a_time)

    def check(self, work: Work, actor: Actor, model: ProcessModel, parent: Row, listing: Listing) -> Checked:
        """As `check`; for as long as no case has changed the same list costs nothing. Only within `alone`."""
        where = (parent["id"], parent["version"], register.stamp(work), work.today)
        key = (actor.person_id, actor.hats, listing.stamp, where)
        found = self._known.pop(key, None) or check(work, actor, model, parent, listing)
        self._known[key] = found
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        return found


def check(work: Work, actor: Actor, model: ProcessModel, parent: Row, listing: Listing) -> Checked:
    """Look at every row of a list that is to go below the parent."""
    columns = columns_of(model)
    read = [dossier_of(model, row) for row in listing.rows]
    rehearsed = rehearse_list(work, actor, model, parent, [dossier for dossier, _ in read])
    rows = tuple(
        _row(number, cells, *what, columns=columns)
        for number, (cells, what) in enumerate(
            zip(listing.rows, ((d, f, r) for (d, f), r in zip(read, rehearsed, strict=True)), strict=True), start=1
        )
    )
    used = {n for row in rows for n, cell in enumerate(row.cells) if cell} | {n for row in rows for n in row.faults}
    papers = Counter(reason for one in rehearsed for reason in one.papers)
    return Checked(columns, tuple(n for n in range(len(columns)) if n < SHOWN_FIRST or n in used), rows, papers)


def _row(
    number: int, cells: tuple[str, ...], dossier: Mapping[str, Any], unread: Mapping[str, str], found: Rehearsal, *,
    columns: tuple[Column, ...],
) -> CheckedRow:  # fmt: skip
    faults: dict[int, str] = {}
    said: list[str] = []
    for name, sentence in {**found.faults, **unread}.items():
        place = _column(columns, name)
        if place is None:
            said.append(sentence)
        else:
            faults[place] = sentence
    # What cannot be read is missing from the dossier: that is no second fault.
    blocks = () if unread else found.blocks
    return CheckedRow(number, cells, dossier, faults, tuple(said), blocks, found.warns)


def _column(columns: tuple[Column, ...], name: str) -> int | None:
    """Where a fault of that field is shown: of several together, in the last of them."""
    exact = (n for n, column in enumerate(columns) if column.name == name)
    inner = (n for n, column in enumerate(columns) if column.name.startswith(f"{name}."))
    return next(exact, max(inner, default=None))
