"""Load what deciding needs: the frozen case with everything that its definition declares.

What is stored of a case is asked for all at once, before anything is decided; only what the case itself has to name
first (`finds`, and what its task asked for) is asked for after that.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from engine.definition.case import Assignee, Case, Document, Relative
from engine.definition.model import ProcessModel
from engine.instants import from_micros, local_date
from engine.runtime.asking import changed
from engine.runtime.database import Ask, Row
from engine.runtime.statements import CHILDREN, FOUND, INVOLVED, LINE, OPENING, PAPERS, TASKS, VISIBLE
from engine.runtime.work import Work

RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of one case: rows, and of the cases above it too where that is said.

    line: the case's own and those above it. grants: who sees it. papers: of the whole line. tasks: the open ones of
    states, which `tasks` keeps up to date as the case moves. duties: who has had which.
    """

    line: list[Row] = field(default_factory=list)
    grants: list[Row] = field(default_factory=list)
    papers: list[Row] = field(default_factory=list)
    tasks: list[Row] = field(default_factory=list)
    duties: list[Row] = field(default_factory=list)
    children: list[Row] = field(default_factory=list)


def questions(model: ProcessModel, instance_id: int, today: date) -> dict[str, Ask]:
    """What is to be asked for a `Stored` of a case of that process; by the names of its parts."""
    which: dict[str, Any] = {"which": instance_id}
    asks = {"line": (LINE, which), "grants": (VISIBLE, which), "papers": (PAPERS, which),
            "tasks": (TASKS, {**which, "on": today.isoformat()})}  # fmt: skip
    if model.separate:
        asks["duties"] = (INVOLVED, which)
    if model.needs_children:
        asks["children"] = (CHILDREN, which)
    return asks


def stored_of(work: Work, row: Row) -> Stored:
    """What is stored of the case of that row now."""
    asks = questions(work.registry.by_code[row["process"]], row["id"], work.today)
    return Stored(**dict(zip(asks, work.tx.gather(*asks.values()), strict=True)))


def code_of(model: ProcessModel, row: Row) -> str:
    """The code that people see, from the process, the local year of creation and the key; gaps allowed."""
    return f"{model.prefix}-{_year(row['created_at'])}-{row['id']:05d}"


@lru_cache(maxsize=4096)
def _year(micros: int) -> int:
    return local_date(from_micros(micros)).year


def load_case(work: Work, row: Row, stored: Stored | None = None) -> Case[Any]:
    """The snapshot of a stored instance; stored: what is stored of it, when it was read."""
    model, stored = work.registry.by_code[row["process"]], stored or stored_of(work, row)
    dossier = model.dossier.model_validate_json(row["dossier"])
    papers = papers_of(stored.papers)
    own = papers.get(row["id"], ())
    case: Case[Any] = Case(
        id=row["id"],
        code=code_of(model, row),
        process=model.code,
        state=row["state"],
        version=row["version"],
        dossier=dossier,
        unit=work.office.units[row["unit_id"]],
        authority=work.office.units[row["authority_id"]],
        now=work.now,
        calendar=work.office.calendar,
        law=work.office.law,
        ancestors=ancestors(work, row["parent_id"], _by_key(stored.line), papers),
        documents=own,
        children=tuple(relative(work, child) for child in stored.children),
        units=work.office.below(row["authority_id"], work.today) if model.needs_units else (),
        involved=_involved(stored.duties),
        assignee=next((assignee_of(task) for task in stored.tasks if task["clock"] == RUNNING), None),
        changed=_changed(work, model, row, dossier, own),
    )
    return with_found(work, model, case)


def ancestors(
    work: Work, parent_id: int | None, line: Mapping[int, Row], papers: Mapping[int, tuple[Document, ...]]
) -> Mapping[str, Relative]:
    """The cases above, nearest first, by process code; line: the rows of all of them, papers: both by case."""
    above: dict[str, Relative] = {}
    while parent_id is not None:
        row = line[parent_id]
        above[row["process"]] = relative(work, row, papers.get(parent_id, ()), _read(row["dossier"]))
        parent_id = row["parent_id"]
    return above


def above(work: Work, parent_id: int | None) -> Mapping[str, Relative]:
    """As `ancestors`, read now."""
    if parent_id is None:
        return {}
    line, papers = work.tx.gather((LINE, {"which": parent_id}), (PAPERS, {"which": parent_id}))
    return ancestors(work, parent_id, _by_key(line), papers_of(papers))


def with_found(work: Work, model: ProcessModel, case: Case[Any]) -> Case[Any]:
    """The case with what its declared needs give: other cases by the value of a fact."""
    if not model.finds:
        return case
    wanted = {name: (need.key, need.value(case)) for name, need in model.finds.items()}
    asks = {name: (FOUND, {"key": key, "text": text, "which": case.id}) for name, (key, text) in wanted.items() if text}
    rows = dict(zip(asks, work.tx.gather(*asks.values()), strict=True))
    return case.but(found={name: tuple(relative(work, row) for row in rows.get(name, ())) for name in wanted})


def _by_key(rows: Iterable[Row]) -> Mapping[int, Row]:
    return {row["id"]: row for row in rows}


def papers_of(rows: Iterable[Row]) -> Mapping[int, tuple[Document, ...]]:
    """The papers of each case, in the order of the rows."""
    found: dict[int, tuple[Document, ...]] = {}
    for row in rows:
        paper = Document(row["kind"], row["name"], row["sha256"])
        found[row["instance_id"]] = (*found.get(row["instance_id"], ()), paper)
    return found


def relative(
    work: Work, row: Row, papers: tuple[Document, ...] = (), dossier: Mapping[str, Any] | None = None
) -> Relative:
    """Another case, as guards see it; dossier: its own, when it was read."""
    model = work.registry.by_code[row["process"]]
    return Relative(
        id=row["id"],
        process=row["process"],
        code=code_of(model, row),
        state=row["state"],
        phase=row["phase"],
        is_open=row["closed_at"] is None,
        unit=work.office.units[row["unit_id"]],
        dossier=dossier_of(row) if dossier is None else dossier,
        documents=papers,
    )


def _changed(
    work: Work, model: ProcessModel, row: Row, dossier: BaseModel, papers: tuple[Document, ...]
) -> frozenset[str]:
    """Of what the open task asks for, what is not as it was when it opened."""
    if not model.states[row["state"]].asked:
        return frozenset()
    opening = work.tx.one(OPENING, which=row["id"], state=row["state"])
    return changed(model, row["state"], dossier, papers, opening)


def _involved(rows: Iterable[Row]) -> Mapping[int, frozenset[str]]:
    """The duties that each person has had on the case."""
    had: dict[int, frozenset[str]] = {}
    for row in rows:
        had[row["person_id"]] = had.get(row["person_id"], frozenset()) | {row["duty"]}
    return had


def assignee_of(task: Row) -> Assignee | None:
    """Whose a task of `TASKS` is; nobody's once that person has lost its role."""
    return Assignee(task["assignee_id"], task["assignee"]) if task["assignee"] is not None else None


@lru_cache(maxsize=64)
def _read(dossier: str) -> Mapping[str, Any]:
    """A dossier that only is looked at; the few above many cases are read again and again."""
    loaded: dict[str, Any] = json.loads(dossier)
    return loaded


def dossier_of(row: Row) -> dict[str, Any]:
    """The stored dossier as JSON values."""
    loaded: dict[str, Any] = json.loads(row["dossier"])
    return loaded
