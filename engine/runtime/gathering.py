"""Load many cases at once, each as `snapshots.load_case` would, with as many queries as for one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, func, select, tuple_

from engine.definition.case import Assignee, Case, Document, Relative
from engine.definition.model import ProcessModel
from engine.runtime.asking import changed
from engine.runtime.database import Listed, Row, Statement, gathered
from engine.runtime.database.listed import Keys
from engine.runtime.schema import attachment, fact, history, instance, involvement, person, user_task
from engine.runtime.snapshots import ancestors, code_of, papers_of, relative
from engine.runtime.statements import STILL_HOLDS
from engine.runtime.tasks import STATE
from engine.runtime.work import Work

Papers = Mapping[int, tuple[Document, ...]]
Duties = Mapping[int, Mapping[int, frozenset[str]]]


def _above(keys: Keys) -> CTE:
    """The keys of these cases and of all above them."""
    line = select(instance.c.id, instance.c.parent_id).where(instance.c.id.in_(keys)).cte("line", recursive=True)
    return line.union(select(instance.c.id, instance.c.parent_id).join(line, instance.c.id == line.c.parent_id))


_ABOVE = Listed(lambda keys: select(instance).where(instance.c.id.in_(select(_above(keys).c.id))))
_PAPERS = Listed(
    lambda keys: (
        select(attachment).where(attachment.c.instance_id.in_(select(_above(keys).c.id))).order_by(attachment.c.id)
    )
)
_DUTIES = Listed(lambda keys: select(involvement).where(involvement.c.instance_id.in_(keys)))
_ASSIGNEES = Listed(
    lambda keys: (
        select(user_task.c.instance_id, person.c.id, person.c.name)
        .join_from(user_task, person, user_task.c.assignee_id == person.c.id)
        .where(
            user_task.c.instance_id.in_(keys),
            user_task.c.clock == "running",
            user_task.c.kind == STATE,
            person.c.active,
            STILL_HOLDS,
        )
    )
)
_CHILDREN = Listed(lambda keys: select(instance).where(instance.c.parent_id.in_(keys)).order_by(instance.c.id))
_OPENINGS = Listed(  # the entries with which cases came into their states
    lambda keys: select(history.c.instance_id, history.c.payload).where(
        tuple_(history.c.instance_id, history.c.seq).in_(
            select(history.c.instance_id, func.max(history.c.seq))
            .join_from(history, instance, history.c.instance_id == instance.c.id)
            .where(instance.c.id.in_(keys), history.c.target == instance.c.state, history.c.source != history.c.target)
            .group_by(history.c.instance_id)
        )
    )
)


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
    keys = sorted(row["id"] for row in rows)
    models = work.registry.by_code
    needing = [row["id"] for row in rows if with_children and models[row["process"]].needs_children]
    asking = [row["id"] for row in rows if models[row["process"]].states[row["state"]].asked]
    parents = sorted({row["parent_id"] for row in rows if row["parent_id"] is not None})
    above, papers, duties, assignees, children, openings = gathered(
        work.tx, _ABOVE.about(parents), _PAPERS.about(keys), _DUTIES.about(keys),
        _ASSIGNEES.about(keys, on=work.today.isoformat()), _CHILDREN.about(needing), _OPENINGS.about(asking),
    )  # fmt: skip
    around = _Around(
        {row["id"]: row for row in above}, papers_of({row["id"]: row for row in papers}.values()), _duties(duties),
        {row["instance_id"]: Assignee(row["id"], row["name"]) for row in assignees}, _children(work, children),
        {row["instance_id"]: row for row in openings},
    )  # fmt: skip
    return _with_found(work, {row["id"]: _case(work, row, around) for row in rows})


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
        ancestors=ancestors(work, row["parent_id"], around.above, around.papers),
        documents=around.papers.get(key, ()),
        children=around.children.get(key, ()) if model.needs_children else (),
        units=work.office.below(row["authority_id"], work.today) if model.needs_units else (),
        involved=around.duties.get(key, {}) if model.separate else {},
        assignee=around.assignees.get(key),
        changed=changed(model, row["state"], dossier, around.papers.get(key, ()), around.openings.get(key)),
    )


def _duties(rows: Iterable[Row]) -> Duties:
    found: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        found[row["instance_id"]][row["person_id"]].add(row["duty"])
    return {key: {who: frozenset(duties) for who, duties in had.items()} for key, had in found.items()}


def _children(work: Work, rows: Iterable[Row]) -> dict[int, tuple[Relative, ...]]:
    found: dict[int, list[Relative]] = defaultdict(list)
    for row in rows:
        found[row["parent_id"]].append(relative(work, row))
    return {key: tuple(children) for key, children in found.items()}


def _with_found(work: Work, cases: dict[int, Case[Any]]) -> dict[int, Case[Any]]:
    """The cases with what their declared needs give: other cases by the value of a fact."""
    asked: dict[int, dict[str, tuple[str, str | None]]] = {}
    for key, case in cases.items():
        needs = _model(work, case).finds
        asked[key] = {name: (need.key, need.value(case)) for name, need in needs.items()}
    pairs = sorted({(name, text) for needs in asked.values() for name, text in needs.values() if text})
    if not any(asked.values()):
        return cases
    known: dict[tuple[str, str | None], list[Relative]] = defaultdict(list)
    query = (
        select(instance, fact.c.key.label("fact_key"), fact.c.text.label("fact_text"))
        .join_from(fact, instance)
        .where(tuple_(fact.c.key, fact.c.text).in_(pairs))
        .order_by(instance.c.id)
    )
    for row in work.tx.all(Statement(query)) if pairs else ():
        known[row["fact_key"], row["fact_text"]].append(relative(work, row))
    return {
        key: case.but(found={
            name: tuple(one for one in known.get(pair, ()) if one.id != key) for name, pair in asked[key].items()
        })
        for key, case in cases.items()
    }  # fmt: skip


def _model(work: Work, case: Case[Any]) -> ProcessModel:
    return work.registry.by_code[case.process]
