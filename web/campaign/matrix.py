"""The matrix of a campaign: units × what they owe, as a filter shows it; made once for page, file and recap."""

from dataclasses import dataclass
from typing import Any

from engine.definition.performing import Actor
from engine.runtime import coverage
from engine.runtime.database import Row
from engine.runtime.work import Work
from notifications.door import last_to_units
from web.campaign.wording import standing
from web.visits import Guest

MISSING, LATE = "thieu", "tre"
SHOWN = ((MISSING, "Còn thiếu"), (LATE, "Quá hạn"))
"""What the matrix can be narrowed to, beside the kinds of unit."""


@dataclass(frozen=True, slots=True)
class View:
    """What to show: one of `SHOWN` or everything, and one kind of unit or all."""

    state: str = ""
    kind: str = ""

    @property
    def query(self) -> str:
        """The view as the end of an address."""
        given = [f"tt={self.state}"] if self.state else []
        given += [f"loai={self.kind}"] if self.kind else []
        return f"?{'&'.join(given)}" if given else ""


@dataclass(frozen=True, slots=True)
class Column:
    """One thing that units owe, over all units: how many still lack it, how many of those are late."""

    process: str
    title: str
    counts: bool
    missing: int
    late: int


@dataclass(frozen=True, slots=True)
class Line:
    """A unit with its cells in the order of the columns. A cell holds its cases of that process: none where it owes
    nothing of that, several after a succession."""

    unit: dict[str, str]
    kind: str
    cells: tuple[tuple[dict[str, Any], ...], ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """All that the actor may see; `groups`: kind of unit and its lines, as the view shows them."""

    view: View
    columns: tuple[Column, ...]
    groups: tuple[tuple[str, tuple[Line, ...]], ...]
    kinds: tuple[tuple[str, str], ...]
    totals: dict[str, int]

    @property
    def lines(self) -> list[Line]:
        return [line for _, lines in self.groups for line in lines]


def matrix(guest: Guest, work: Work, actor: Actor, row: Row, view: View, kinds: dict[str, str]) -> Matrix:
    """The matrix below the campaign `row`; kinds: the names of the kinds of unit, in order. Two queries."""
    cells = coverage.cells(work, actor, row)
    mailed = last_to_units(work.tx, [cell["id"] for cell in cells])
    for cell in cells:
        cell |= {"said": standing(guest, cell), "mailed_at": mailed.get(cell["id"])}
    owed = coverage.owed(work.registry, row["process"])
    columns = tuple(_column(model, [c for c in cells if c["process"] == model.code]) for model in owed)
    columns = tuple(column for column in columns if any(c["process"] == column.process for c in cells))
    by_unit: dict[str, list[dict[str, Any]]] = {}
    for cell in cells:
        by_unit.setdefault(cell["unit"]["code"], []).append(cell)
    lines = [_line(found, columns) for found in by_unit.values()]
    there = [(code, name) for code, name in kinds.items() if any(line.kind == code for line in lines)]
    shown = [line for line in lines if _is_shown(line, view)]
    groups = ((name, tuple(line for line in shown if line.kind == code)) for code, name in there)
    return Matrix(
        view,
        columns,
        tuple((name, found) for name, found in groups if found),
        tuple(there),
        coverage.totals(cell for cell in cells if cell["counts"]),
    )


def is_missing(cell: dict[str, Any]) -> bool:
    """Whether the unit still has to hand it in."""
    return cell["status"] in coverage.MISSING


def is_late(cell: dict[str, Any]) -> bool:
    """Whether the unit has it and its day has passed; of what was accepted, whether the next part is late."""
    return cell["holds"] and cell["days_left"] is not None and cell["days_left"] < 0


def _column(model: Any, cells: list[dict[str, Any]]) -> Column:
    return Column(model.code, model.title, model.obligation, sum(map(is_missing, cells)), sum(map(is_late, cells)))


def _line(found: list[dict[str, Any]], columns: tuple[Column, ...]) -> Line:
    first = found[0]
    by_column = (tuple(one for one in found if one["process"] == column.process) for column in columns)
    return Line(first["unit"], first["kind"], tuple(by_column))


def _is_shown(line: Line, view: View) -> bool:
    if view.kind and line.kind != view.kind:
        return False
    cells = [one for cell in line.cells for one in cell]
    if view.state == MISSING:
        return any(is_missing(cell) or is_late(cell) for cell in cells)
    return view.state != LATE or any(map(is_late, cells))
