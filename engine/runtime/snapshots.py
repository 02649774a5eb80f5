"""Load what deciding needs: the frozen case with everything that its definition declares."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.definition.case import Assignee, Case, Document, Relative
from engine.definition.model import ProcessModel
from engine.instants import from_micros, local_date
from engine.runtime.asking import changed
from engine.runtime.database import Row, Transaction
from engine.runtime.statements import ASSIGNEE, ATTACHMENTS, CHILDREN, FOUND, HISTORY, INSTANCE, INVOLVED
from engine.runtime.work import Work


def code_of(model: ProcessModel, row: Row) -> str:
    """The code that people see, from the process, the local year of creation and the key; gaps allowed."""
    return f"{model.prefix}-{local_date(from_micros(row['created_at'])).year}-{row['id']:05d}"


def load_case(work: Work, row: Row) -> Case[Any]:
    """The snapshot of a stored instance."""
    model = work.registry.by_code[row["process"]]
    dossier = model.dossier.model_validate_json(row["dossier"])
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
        ancestors=ancestors(work, row["parent_id"]),
        documents=documents(work.tx, row["id"]),
        children=_children(work, row["id"]) if model.needs_children else (),
        units=work.office.below(row["authority_id"], work.today) if model.needs_units else (),
        involved=_involved(work.tx, row["id"]) if model.separate else {},
        changed=_changed(work, model, row, dossier),
    )
    return with_found(work, model, with_assignee(work, case))


def ancestors(work: Work, parent_id: int | None) -> Mapping[str, Relative]:
    """The cases above, nearest first, by process code."""
    line: dict[str, Relative] = {}
    while parent_id is not None:
        row = work.tx.one(INSTANCE, which=parent_id)
        assert row is not None, "parents are foreign keys"
        line[row["process"]] = relative(work, row, documents(work.tx, parent_id))
        parent_id = row["parent_id"]
    return line


def with_found(work: Work, model: ProcessModel, case: Case[Any]) -> Case[Any]:
    """The case with what its declared needs give: other cases by the value of a fact."""
    if not model.finds:
        return case
    answers: dict[str, tuple[Relative, ...]] = {}
    for name, need in model.finds.items():
        value = need.value(case)
        rows = work.tx.all(FOUND, key=need.key, text=value, which=case.id) if value else []
        answers[name] = tuple(relative(work, row) for row in rows)
    return replace(case, found=answers)


def documents(tx: Transaction, instance_id: int) -> tuple[Document, ...]:
    rows = tx.all(ATTACHMENTS, which=instance_id)
    return tuple(Document(row["kind"], row["name"], row["sha256"]) for row in rows)


def relative(work: Work, row: Row, papers: tuple[Document, ...] = ()) -> Relative:
    """Another case, as guards see it."""
    model = work.registry.by_code[row["process"]]
    return Relative(
        id=row["id"],
        process=row["process"],
        code=code_of(model, row),
        state=row["state"],
        phase=row["phase"],
        is_open=row["closed_at"] is None,
        unit=work.office.units[row["unit_id"]],
        dossier=dossier_of(row),
        documents=papers,
    )


def _changed(work: Work, model: ProcessModel, row: Row, dossier: Any) -> frozenset[str]:
    """Of what the open task asks for, what is not as it was when it opened."""
    if not model.states[row["state"]].asked:
        return frozenset()
    return changed(model, row["state"], dossier, work.tx.all(HISTORY, which=row["id"]))


def _involved(tx: Transaction, instance_id: int) -> Mapping[int, frozenset[str]]:
    """The duties that each person has had on the case."""
    had: dict[int, set[str]] = {}
    for row in tx.all(INVOLVED, which=instance_id):
        had.setdefault(row["person_id"], set()).add(row["duty"])
    return {person: frozenset(duties) for person, duties in had.items()}


def with_assignee(work: Work, case: Case[Any]) -> Case[Any]:
    """The case with whose its running task is; nobody's once that person has lost its role."""
    row = work.tx.one(ASSIGNEE, which=case.id, on=work.today.isoformat())
    return replace(case, assignee=Assignee(row["id"], row["name"]) if row else None)


def _children(work: Work, instance_id: int) -> tuple[Relative, ...]:
    return tuple(relative(work, row) for row in work.tx.all(CHILDREN, which=instance_id))


def dossier_of(row: Row) -> dict[str, Any]:
    """The stored dossier as JSON values."""
    loaded: dict[str, Any] = json.loads(row["dossier"])
    return loaded
