"""The work queue: the running tasks of somebody's roles, the most urgent first, as an index has them.

One branch for each role in a unit: `ix_user_task_queue` gives its tasks in this order, and the branch ends with the
page. So a page costs the same whatever waits behind it. Tasks without a deadline come last.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    FromClause,
    Text,
    and_,
    bindparam,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)

from engine.definition.performing import Actor
from engine.runtime.database import Row, Statement
from engine.runtime.rights import visible_rows
from engine.runtime.schema import instance, membership, person, user_task
from engine.runtime.schema.cases import BEYOND
from engine.runtime.work import Work

_RUNNING = literal_column("'running'", Text)  # as the partial index says it
_AFTER: tuple[BindParameter[int], ...] = tuple(bindparam(name, 0) for name in ("after_due", "after_case", "after_task"))
_MOST: BindParameter[int] = bindparam("most", 0)


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """A place in the queue: the task's due instant in microseconds (`BEYOND`: no deadline), its case and its key."""

    due_at: int = -1
    case_id: int = 0
    task_id: int = 0


def place_of(task: Row) -> QueuePlace:
    """Where a task stands."""
    return QueuePlace(BEYOND if task["due_at"] is None else task["due_at"], task["instance_id"], task["id"])


def due(task: FromClause) -> ColumnElement[int]:
    """The task's due instant as the index has it: `BEYOND` without a deadline, so that it comes last."""
    return func.coalesce(task.c.due_at, literal_column(str(BEYOND), BigInteger))


def is_running(task: FromClause) -> ColumnElement[bool]:
    """That the task's clock runs, as the partial index says it."""
    return task.c.clock == _RUNNING


def work_queue(work: Work, actor: Actor, after: QueuePlace | None, limit: int) -> list[Row]:
    """The running tasks of the actor's roles in their units, less those of another person; the most urgent first."""
    statement = work.known.of(("queue", actor, work.today), lambda: _statement(work, actor))
    if statement is None:
        return []
    place = after or QueuePlace()
    return work.tx.all(
        statement, after_due=place.due_at, after_case=place.case_id, after_task=place.task_id, most=limit
    )


def _statement(work: Work, actor: Actor) -> Statement | None:
    keys = first_of_each(work, actor, user_task, [*_after(user_task), visible_rows(work, actor)], _MOST)
    if keys is None:
        return None
    ways = (due(user_task), user_task.c.instance_id, user_task.c.id)
    query = select(user_task).join_from(keys, user_task, user_task.c.id == keys.c.task_id)
    return Statement(query.order_by(*ways).limit(_MOST))


def _after(task: FromClause) -> Iterator[ColumnElement[bool]]:
    yield due(task) >= _AFTER[0]  # SQLite begins to read there; of the whole place it makes no range
    yield tuple_(due(task), task.c.instance_id, task.c.id) > tuple_(*_AFTER)


def first_of_each(
    work: Work, actor: Actor, task: FromClause, conditions: Iterable[ColumnElement[bool]], limit: Any, *,
    descends: bool = False,
) -> FromClause | None:  # fmt: skip
    """The keys (`task_id`) of the first tasks of each of the actor's hats, less those of another person.

    conditions: on the task and its `instance`. None: they wear no hat.
    """
    only = [is_running(task), is_free_for(work, actor, task), *conditions]
    ways = [due(task), task.c.instance_id, task.c.id]
    branches = [
        select(task.c.id.label("task_id"))
        .join_from(task, instance, task.c.instance_id == instance.c.id)
        .where(*wears, *only)
        .order_by(*(way.desc() if descends else way for way in ways))
        .limit(limit)
        for wears in _hats(actor, task)
    ]
    return union_all(*(select(branch.subquery()) for branch in branches)).subquery("queue") if branches else None


def is_for(work: Work, actor: Actor, task: FromClause) -> ColumnElement[bool]:
    """That the task is of one of the actor's roles, and no other person's."""
    wears = [and_(*hat) for hat in _hats(actor, task)]
    return and_(or_(false(), *wears), is_free_for(work, actor, task))


def _hats(actor: Actor, task: FromClause) -> Iterator[list[ColumnElement[bool]]]:
    """That the task is of one of the actor's roles where it lies: a list of conditions for each, none twice.

    A mandate for single powers counts for the cases of their processes.
    """
    limited: dict[tuple[str, int], set[str]] = {}
    unlimited = set(actor.memberships)
    for mandate in actor.mandates:
        if mandate.powers:
            limited.setdefault((mandate.role, mandate.unit_id), set()).update(mandate.processes)
        else:
            unlimited.add((mandate.role, mandate.unit_id))
    for role, unit_id in sorted(unlimited):
        yield [task.c.unit_id == unit_id, task.c.role == role]
    for (role, unit_id), processes in sorted(limited.items()):
        if (role, unit_id) not in unlimited:
            yield [task.c.unit_id == unit_id, task.c.role == role, instance.c.process.in_(sorted(processes))]


def is_free_for(work: Work, actor: Actor, task: FromClause) -> ColumnElement[bool]:
    """That the task is nobody's alone, or the actor's, or of somebody for whom they act in its role."""
    on, assignee = work.today.isoformat(), task.c.assignee_id
    stood_for = sorted({(mandate.role, mandate.unit_id, mandate.principal_id) for mandate in actor.mandates})
    still_holds = exists().where(
        membership.c.person_id == assignee,
        membership.c.unit_id == task.c.unit_id,
        membership.c.role == task.c.role,
        membership.c.valid_from <= on,
        or_(membership.c.valid_to.is_(None), membership.c.valid_to >= on),
        person.c.id == assignee,
        person.c.active,
    )
    return or_(
        assignee.is_(None),
        assignee == actor.person_id,
        tuple_(task.c.role, task.c.unit_id, assignee).in_(stood_for),
        ~still_holds,
    )


__all__ = [
    "BEYOND",
    "QueuePlace",
    "due",
    "first_of_each",
    "is_for",
    "is_free_for",
    "is_running",
    "place_of",
    "work_queue",
]
