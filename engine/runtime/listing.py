"""Cases as tables show them: each with the task it waits with, whose that is and which award it is about.

A table goes by keyset in one of three orders, and asks the same number of queries whatever it shows.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, get_args

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

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
from engine.runtime.queries import AWARD, CaseFilter, is_waiting, let_through
from engine.runtime.schema import fact, instance, person, unit, user_task
from engine.runtime.work import Work

BEYOND = 2**62
TASK, _AWARD = user_task.alias("task"), fact.alias("award")


class Order(StrEnum):
    """By what a table is sorted: when the task is due, the unit's name, when the case came to where it is."""

    DUE = "due"
    UNIT = "unit"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Sorting:
    """An order; received: newest first unless turned round, the others the other way about."""

    order: Order = Order.DUE
    is_turned: bool = False

    @property
    def descends(self) -> bool:
        return self.is_turned is not (self.order is Order.RECEIVED)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a table: what its last row is sorted by (of the unit its key), and that row's key."""

    value: int
    case_id: int


_RECEIVED = func.coalesce(TASK.c.opened_at, instance.c.closed_at, instance.c.updated_at)
_DUE = func.coalesce(TASK.c.due_at, BEYOND)  # without a deadline: last
_BY: Mapping[Order, ColumnElement[Any]] = {Order.DUE: _DUE, Order.UNIT: unit.c.name, Order.RECEIVED: _RECEIVED}


def rows(work: Work, actor: Actor, wanted: CaseFilter, sorting: Sorting, after: Place | None, limit: int) -> list[Row]:
    """The cases that the actor may see and the filter lets through, with `task_…`, `assignee`, `award`, `place`."""
    key = _BY[sorting.order]
    query = table(work, actor, wanted).add_columns(_value(sorting.order).label("place"))
    if after is not None:
        query = query.where(_is_after(work, sorting, after))
    ways = (key.desc(), instance.c.id.desc()) if sorting.descends else (key, instance.c.id)
    return all_of(work, query.order_by(*ways).limit(limit))


def table(work: Work, actor: Actor, wanted: CaseFilter) -> Select[Any]:
    """The query of `rows`, without order and limit; the task is `TASK` in it."""
    columns = (TASK.c[name].label(f"task_{name}") for name in _OFTASK)
    return (
        select(instance, *columns, person.c.name.label("assignee"), _AWARD.c.text.label("award"))
        .join_from(instance, unit, instance.c.unit_id == unit.c.id)
        .join(TASK, is_waiting(TASK), isouter=True)
        .join(person, TASK.c.assignee_id == person.c.id, isouter=True)
        .join(_AWARD, and_(_AWARD.c.instance_id == instance.c.id, _AWARD.c.key == AWARD), isouter=True)
        .where(*let_through(work, actor, wanted, TASK))
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
        return or_(key < value, and_(key == value, instance.c.id < after.case_id))
    return or_(key > value, and_(key == value, instance.c.id > after.case_id))


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
    cases = load_cases(work, mine)
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
