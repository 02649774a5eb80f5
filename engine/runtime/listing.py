"""Cases as tables show them: each with the task it waits with, whose that is and which award it is about.

A table goes by keyset in one of three orders, and asks the same number of queries whatever it shows.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any, cast, get_args

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, Select, and_, false, func, literal_column, or_, select

from engine.definition.case import Case
from engine.definition.choices import Choice
from engine.definition.language import EDIT, Seat
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor, Wish, capacity_of
from engine.errors import NotPerformer
from engine.instants import from_micros, local_date
from engine.runtime.database import Row, Statement
from engine.runtime.gathering import load_cases
from engine.runtime.present import brief, days_left, unit_json
from engine.runtime.queries import AWARD, CaseFilter, Whose, is_waiting, let_through, newest
from engine.runtime.queue import due, first_of_each
from engine.runtime.rights import OWN
from engine.runtime.schema import access, fact, instance, person, unit, user_task
from engine.runtime.tasks import STATE
from engine.runtime.work import Work

MOST_COUNTED = 100  # pages say "99+" from here on
TASK, _AWARD = user_task.alias("task"), fact.alias("award")


class Order(StrEnum):
    """By what a table is sorted: when the case was begun, when the task is due, the unit's name, when the case came to
    where it is. The first costs the same however many cases there are; so does the second of what waits for somebody.
    """

    BEGUN = "begun"
    DUE = "due"
    UNIT = "unit"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Sorting:
    """An order; begun, received: newest first unless turned round, the others the other way about."""

    order: Order = Order.DUE
    is_turned: bool = False

    @property
    def descends(self) -> bool:
        return self.is_turned is not (self.order in (Order.BEGUN, Order.RECEIVED))


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a table: what its last row is sorted by (of the unit its key), and that row's key."""

    value: int
    case_id: int


_RECEIVED = func.coalesce(TASK.c.opened_at, instance.c.closed_at, instance.c.updated_at)
_BY: Mapping[Order, ColumnElement[Any]] = {
    Order.BEGUN: instance.c.id,
    Order.DUE: due(TASK),
    Order.UNIT: unit.c.name,
    Order.RECEIVED: _RECEIVED,
}


def rows(work: Work, actor: Actor, wanted: CaseFilter, sorting: Sorting, after: Place | None, limit: int) -> list[Row]:
    """The cases that the actor may see and the filter lets through, with `task_…`, `assignee`, `award`, `place`."""
    key = _BY[sorting.order]
    begun = [] if after is None else [_is_after(work, sorting, after)]
    is_queue = sorting.order is Order.DUE and wanted.whose not in (None, Whose.UNITS)
    if is_queue:
        query = _queue(work, actor, wanted, sorting, begun, limit)
    elif sorting.order is Order.BEGUN:
        query = _newest(work, actor, wanted, sorting, after, limit)
    else:
        query = table(work, actor, wanted).where(*begun)
    ways = (key.desc(), instance.c.id.desc()) if sorting.descends else (key, instance.c.id)
    return all_of(work, query.add_columns(_value(sorting.order).label("place")).order_by(*ways).limit(limit))


def _queue(
    work: Work, actor: Actor, wanted: CaseFilter, sorting: Sorting, begun: list[ColumnElement[bool]], limit: int
) -> Select[Any]:
    """Of what waits for the actor's roles only what can stand in this part, as the index of the queue gives it."""
    conditions = [TASK.c.kind == STATE, *let_through(work, actor, replace(wanted, whose=None), TASK), *begun]
    if wanted.whose is Whose.ACTOR:
        conditions.append(TASK.c.assignee_id == actor.person_id)
    elif wanted.whose is Whose.NOBODY:
        conditions.append(TASK.c.assignee_id.is_(None))
    found = first_of_each(work, actor, TASK, conditions, limit, descends=sorting.descends)
    if found is None:
        return table(work, actor, wanted).where(false())
    theirs = found.join(TASK, TASK.c.id == found.c.task_id).join(instance, TASK.c.instance_id == instance.c.id)
    return _shown_of(theirs)


def _newest(
    work: Work, actor: Actor, wanted: CaseFilter, sorting: Sorting, after: Place | None, limit: int
) -> Select[Any]:
    last = None if after is None else after.case_id
    found = newest(work, actor, wanted, limit, last, rises=not sorting.descends)
    theirs = found.join(instance, instance.c.id == found.c.case_id)
    return _shown_of(theirs.join(TASK, is_waiting(TASK), isouter=True))


def table(work: Work, actor: Actor, wanted: CaseFilter) -> Select[Any]:
    """The query of `rows`, without order and limit; the task is `TASK` in it."""
    query = _shown_of(instance.join(TASK, is_waiting(TASK), isouter=True))
    return query.where(*let_through(work, actor, wanted, TASK))


def _shown_of(cases: FromClause) -> Select[Any]:
    """What a table shows of cases with their tasks."""
    columns = (TASK.c[name].label(f"task_{name}") for name in _OFTASK)
    return select(instance, *columns, person.c.name.label("assignee"), _AWARD.c.text.label("award")).select_from(
        cases.join(unit, instance.c.unit_id == unit.c.id)
        .join(person, TASK.c.assignee_id == person.c.id, isouter=True)
        .join(_AWARD, and_(_AWARD.c.instance_id == instance.c.id, _AWARD.c.key == AWARD), isouter=True)
    )


_OFTASK = ("id", "todo", "role", "unit_id", "assignee_id", "opened_at", "due_on", "due_at", "clock", "days_left")


def _value(order: Order) -> ColumnElement[Any]:
    return instance.c.unit_id if order is Order.UNIT else _BY[order]


def _is_after(work: Work, sorting: Sorting, after: Place) -> ColumnElement[bool]:
    key = _BY[sorting.order]
    value: Any = after.value
    if sorting.order is Order.UNIT:
        value = work.office.units[after.value].name if after.value in work.office.units else ""
    if sorting.descends:
        return and_(key <= value, or_(key < value, instance.c.id < after.case_id))
    return and_(key >= value, or_(key > value, instance.c.id > after.case_id))


def shown(work: Work, row: Row) -> dict[str, Any]:
    """A row of `rows` as tables show it: the case in brief, its award in words, its task or None."""
    model = work.registry.by_code[row["process"]]
    received = row["task_opened_at"] or row["closed_at"] or row["updated_at"]
    return {
        **brief(work, row),
        "process": {"code": model.code, "title": model.title},
        "award": choices(model, AWARD).get(row["award"], "") if row["award"] else "",
        "received_on": local_date(from_micros(received)).isoformat(),
        "task": _task(work, row) if row["task_id"] else None,
        "edits": bool(model.states[row["state"]].edits),
    }


def _task(work: Work, row: Row) -> dict[str, Any]:
    role = work.registry.roles.get(row["task_role"])
    task = {name: row[f"task_{name}"] for name in ("clock", "due_on", "days_left")}
    return {
        "todo": row["task_todo"],
        "role": role.label if role else row["task_role"],
        "unit": unit_json(work, row["task_unit_id"]),
        "assignee": row["assignee"],
        "clock": row["task_clock"],
        "due_on": row["task_due_on"],
        "days_left": days_left(work, task),
        "is_late": bool(row["task_due_on"]) and row["task_due_on"] < work.today.isoformat(),
    }


@cache
def choices(model: ProcessModel, field: str) -> Mapping[str, str]:
    """Value → words of a dossier field that is a closed list; empty when it is none."""
    found = model.dossier.model_fields.get(field)
    kinds = (found.annotation, *get_args(found.annotation)) if found else ()
    lists = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Choice)]
    return {str(one): one.label for kind in lists for one in kind}


def kept_away(work: Work, actor: Actor, found: Iterable[Row]) -> dict[int, str]:
    """Of these rows of `rows`, the keys of those whose task the actor's roles have and the actor must not do:
    the sentence that says why. A fixed number of queries.
    """
    mine = [row for row in found if row["task_id"] and (row["task_role"], row["task_unit_id"]) in actor.hats]
    cases = load_cases(work, mine, with_children=False)
    reasons = {row["id"]: _objection(work, cases[row["id"]], row["task_role"], actor) for row in mine}
    return {key: sentence for key, sentence in reasons.items() if sentence}


def _objection(work: Work, case: Case[Any], role_code: str, actor: Actor) -> str:
    """Why the actor can do nothing of what the task's role does there; empty when they can do something."""
    model, role = work.registry.by_code[case.process], work.registry.roles[role_code]
    seats, state = work.office.seats(case.authority.id, work.today), model.states[case.state]
    verbs = {name: model.actions[name].label for name in model.actions_from(case.state)
             if model.actions[name].at is None and role in model.performers(case.state, name)}  # fmt: skip
    if state.edits and role == state.owner:
        verbs[EDIT] = state.todo
    sentence = ""
    for verb, label in verbs.items():
        try:
            capacity_of(model, case, Wish(verb, label, (role,), actor, seats))
        except NotPerformer as refused:
            sentence = sentence or str(refused)
        else:
            return ""
    return sentence


def tally(work: Work, actor: Actor, parts: Mapping[str, CaseFilter]) -> dict[str, int]:
    """How many cases in any of its steps the actor sees of each part, by its name, counted to `MOST_COUNTED`."""
    counted = {name: _counted(work, actor, part).label(name) for name, part in parts.items() if part.steps}
    (row,) = all_of(work, cast(Select[Any], select(*counted.values()))) if counted else ({},)
    return {name: row[name] if name in counted else 0 for name in parts}


def _counted(work: Work, actor: Actor, part: CaseFilter) -> ScalarSelect[int]:
    rows: Select[Any] = select(literal_column("1")).select_from(instance).where(*let_through(work, actor, part))
    if part.units is not None and not part.is_open:  # open ones of a unit have an index
        theirs = access.c.unit_id.in_(sorted(part.units)), access.c.relation == OWN
        rows = rows.where(instance.c.id.in_(select(access.c.instance_id).where(*theirs)))
    return select(func.count()).select_from(rows.limit(MOST_COUNTED).subquery()).scalar_subquery()


def counts(work: Work, actor: Actor, wanted: CaseFilter) -> Counter[tuple[str, str]]:
    """How many cases are in each state of each process: (process, state) → number."""
    query = select(instance.c.process, instance.c.state, func.count().label("n"))
    query = query.where(*let_through(work, actor, wanted)).group_by(instance.c.process, instance.c.state)
    return Counter({(row["process"], row["state"]): row["n"] for row in all_of(work, query)})


def own_units(work: Work, actor: Actor) -> frozenset[int]:
    """The units in which the actor has a role that lies with units, not with an authority."""
    roles = work.registry.roles
    return frozenset(at for code, at in actor.hats if code in roles and roles[code].seat is Seat.OWN_UNIT)


def all_of(work: Work, query: Select[Any]) -> list[Row]:
    """The rows of a query made for one occasion."""
    return work.tx.all(Statement(query))
