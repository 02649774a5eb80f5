"""Load many cases at once, each as `snapshots.load_case` would, with as many queries as for one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select, tuple_

from engine.definition.case import Assignee, Case, Document, Relative
from engine.definition.model import ProcessModel
from engine.runtime.asking import changed
from engine.runtime.database import Row, Statement
from engine.runtime.schema import attachment, fact, history, instance, involvement, membership, person, user_task
from engine.runtime.snapshots import code_of, relative
from engine.runtime.tasks import STATE
from engine.runtime.work import Work

Papers = Mapping[int, tuple[Document, ...]]
Duties = Mapping[int, Mapping[int, frozenset[str]]]


@dataclass(frozen=True, slots=True)
class _Around:
    """What is stored around the cases, by their keys; `above` by the keys of the cases there."""

    above: Mapping[int, Row]
    papers: Papers
    duties: Duties
    assignees: Mapping[int, Assignee]
    children: Mapping[int, tuple[Relative, ...]]
    openings: Mapping[int, Row]


def load_cases(work: Work, rows: Sequence[Row], *, with_children: bool = True) -> dict[int, Case[Any]]:
    """The snapshots of stored instances by their keys; a fixed number of queries, however many they are.

    with_children: False for who asks only who may do something, which no case below decides.
    """
    above = _above(work, rows)
    keys = sorted(row["id"] for row in rows)
    around = _Around(
        above, _papers(work, [*keys, *above]), _duties(work, keys), _assignees(work, keys),
        _children(work, rows if with_children else ()), _openings(work, rows),
    )  # fmt: skip
    cases = {row["id"]: _case(work, row, around) for row in rows}
    return _with_found(work, cases)


def _case(work: Work, row: Row, around: _Around) -> Case[Any]:
    model, key = work.registry.by_code[row["process"]], row["id"]
    dossier = model.dossier.model_validate_json(row["dossier"])
    return Case(
        id=key,
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
        ancestors=_line(work, row["parent_id"], around),
        documents=around.papers.get(key, ()),
        children=around.children.get(key, ()) if model.needs_children else (),
        units=work.office.below(row["authority_id"], work.today) if model.needs_units else (),
        involved=around.duties.get(key, {}) if model.separate else {},
        assignee=around.assignees.get(key),
        changed=changed(model, row["state"], dossier, around.papers.get(key, ()), around.openings.get(key)),
    )


def _above(work: Work, rows: Sequence[Row]) -> dict[int, Row]:
    """The cases above these, and those above them, by key."""
    first = sorted({row["parent_id"] for row in rows if row["parent_id"] is not None})
    line = select(instance.c.id, instance.c.parent_id).where(instance.c.id.in_(first)).cte("line", recursive=True)
    line = line.union(select(instance.c.id, instance.c.parent_id).join(line, instance.c.id == line.c.parent_id))
    found = _rows(work, select(instance).where(instance.c.id.in_(select(line.c.id))))
    return {row["id"]: row for row in found}


def _line(work: Work, parent_id: int | None, around: _Around) -> dict[str, Relative]:
    line: dict[str, Relative] = {}
    while parent_id is not None:
        row = around.above[parent_id]
        line[row["process"]] = relative(work, row, around.papers.get(parent_id, ()))
        parent_id = row["parent_id"]
    return line


def _papers(work: Work, keys: Iterable[int]) -> Papers:
    query = select(attachment).where(attachment.c.instance_id.in_(sorted(set(keys)))).order_by(attachment.c.id)
    found: dict[int, list[Document]] = defaultdict(list)
    for row in _rows(work, query):
        found[row["instance_id"]].append(Document(row["kind"], row["name"], row["sha256"]))
    return {key: tuple(papers) for key, papers in found.items()}


def _duties(work: Work, keys: list[int]) -> Duties:
    found: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in _rows(work, select(involvement).where(involvement.c.instance_id.in_(keys))):
        found[row["instance_id"]][row["person_id"]].add(row["duty"])
    return {key: {who: frozenset(duties) for who, duties in had.items()} for key, had in found.items()}


def _assignees(work: Work, keys: list[int]) -> dict[int, Assignee]:
    """Whose the running tasks are; nobody's where that person has lost its role."""
    on = work.today.isoformat()
    still_holds = exists().where(
        membership.c.person_id == person.c.id,
        membership.c.unit_id == user_task.c.unit_id,
        membership.c.role == user_task.c.role,
        membership.c.valid_from <= on,
        or_(membership.c.valid_to.is_(None), membership.c.valid_to >= on),
    )
    query = (
        select(user_task.c.instance_id, person.c.id, person.c.name)
        .join_from(user_task, person, user_task.c.assignee_id == person.c.id)
        .where(
            user_task.c.instance_id.in_(keys),
            user_task.c.clock == "running",
            user_task.c.kind == STATE,
            person.c.active,
            still_holds,
        )
    )
    return {row["instance_id"]: Assignee(row["id"], row["name"]) for row in _rows(work, query)}


def _children(work: Work, rows: Sequence[Row]) -> dict[int, tuple[Relative, ...]]:
    needing = sorted(row["id"] for row in rows if work.registry.by_code[row["process"]].needs_children)
    query = select(instance).where(instance.c.parent_id.in_(needing)).order_by(instance.c.id)
    found: dict[int, list[Relative]] = defaultdict(list)
    for row in _rows(work, query):
        found[row["parent_id"]].append(relative(work, row))
    return {key: tuple(children) for key, children in found.items()}


def _openings(work: Work, rows: Sequence[Row]) -> dict[int, Row]:
    """The entries with which those came into their states whose tasks ask for something."""
    asking = sorted(row["id"] for row in rows if work.registry.by_code[row["process"]].states[row["state"]].asked)
    last = (
        select(history.c.instance_id, func.max(history.c.seq))
        .join_from(history, instance, history.c.instance_id == instance.c.id)
        .where(instance.c.id.in_(asking), history.c.target == instance.c.state, history.c.source != history.c.target)
        .group_by(history.c.instance_id)
    )
    query = select(history.c.instance_id, history.c.payload).where(
        tuple_(history.c.instance_id, history.c.seq).in_(last)
    )
    return {row["instance_id"]: row for row in _rows(work, query)} if asking else {}


def _with_found(work: Work, cases: Mapping[int, Case[Any]]) -> dict[int, Case[Any]]:
    """The cases with what their declared needs give: other cases by the value of a fact."""
    asked: dict[int, dict[str, tuple[str, str | None]]] = {}
    for key, case in cases.items():
        needs = _model(work, case).finds
        asked[key] = {name: (need.key, need.value(case)) for name, need in needs.items()}
    pairs = sorted({(name, text) for needs in asked.values() for name, text in needs.values() if text})
    known: dict[tuple[str, str | None], list[Relative]] = defaultdict(list)
    query = (
        select(instance, fact.c.key.label("fact_key"), fact.c.text.label("fact_text"))
        .join_from(fact, instance)
        .where(and_(tuple_(fact.c.key, fact.c.text).in_(pairs)))
        .order_by(instance.c.id)
    )
    for row in _rows(work, query):
        known[row["fact_key"], row["fact_text"]].append(relative(work, row))
    return {
        key: case.but(found={
            name: tuple(one for one in known.get(pair, ()) if one.id != key) for name, pair in asked[key].items()
        })
        for key, case in cases.items()
    }  # fmt: skip


def _model(work: Work, case: Case[Any]) -> ProcessModel:
    return work.registry.by_code[case.process]


def _rows(work: Work, query: Select[Any]) -> list[Row]:
    return work.tx.all(Statement(query))
