"""Reads for lists and pages: built where they are asked, filtered in SQL by who may see what.

Lists go by keyset: the key of the last row given, never an offset.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select, tuple_

from engine.definition.performing import Actor
from engine.instants import to_micros
from engine.runtime.accounts import TOUCH_EVERY, hash_of
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.rights import visible_rows
from engine.runtime.schema import attachment, history, instance, membership, person, session, user_task
from engine.runtime.statements import ATTACHMENTS
from engine.runtime.tasks import STATE
from engine.runtime.work import Work

_ATTACHMENT = Statement(
    select(attachment).where(attachment.c.instance_id == bindparam("case"), attachment.c.id == bindparam("which"))
)
_SEEN = Statement(select(session.c.seen_at).where(session.c.token_hash == bindparam("token_hash")))


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases of a process to list; None leaves a filter out. `before`: keys below this one."""

    process: str
    state: str | None = None
    phase: str | None = None
    unit_id: int | None = None
    parent_id: int | None = None
    is_open: bool | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """A place in the work queue: the task's due instant in microseconds (None: no deadline) and its key."""

    due_at: int | None
    task_id: int


def cases(work: Work, actor: Actor, wanted: CaseFilter, limit: int) -> list[Row]:
    """The newest cases that the actor may see and the filter lets through."""
    query = select(instance).where(instance.c.process == wanted.process, visible_rows(work, actor))
    equal = {"state": wanted.state, "phase": wanted.phase, "unit_id": wanted.unit_id, "parent_id": wanted.parent_id}
    for name, value in equal.items():
        if value is not None:
            query = query.where(instance.c[name] == value)
    if wanted.is_open is not None:
        query = query.where(instance.c.closed_at.is_(None) == wanted.is_open)
    if wanted.before is not None:
        query = query.where(instance.c.id < wanted.before)
    return _rows(work.tx, query.order_by(instance.c.id.desc()).limit(limit))


def cases_by_id(tx: Transaction, ids: Iterable[int]) -> dict[int, Row]:
    """The rows of these cases, by key; what is not there is left out."""
    rows = _rows(tx, select(instance).where(instance.c.id.in_(sorted(set(ids)))))
    return {row["id"]: row for row in rows}


def work_queue(work: Work, actor: Actor, after: QueuePlace | None, limit: int) -> list[Row]:
    """The running tasks of the actor's roles in their units, less those of another person; the most urgent first."""
    due_at = user_task.c.due_at
    query = (
        select(user_task)
        .join_from(user_task, instance, user_task.c.instance_id == instance.c.id)
        .where(
            user_task.c.clock == "running",
            _is_work_of(actor),
            _is_free_for(work, actor),
            visible_rows(work, actor),
        )
        .order_by(due_at.is_(None), due_at, user_task.c.id)
        .limit(limit)
    )
    if after is not None and after.due_at is None:
        query = query.where(due_at.is_(None), user_task.c.id > after.task_id)
    elif after is not None:
        same = and_(due_at == after.due_at, user_task.c.id > after.task_id)
        query = query.where(or_(due_at > after.due_at, same, due_at.is_(None)))
    return _rows(work.tx, query)


def _is_work_of(actor: Actor) -> ColumnElement[bool]:
    """That the task's role is the actor's where it lies, by membership or by a mandate for the case's process."""
    hat, unlimited = tuple_(user_task.c.role, user_task.c.unit_id), set(actor.memberships)
    limited: list[ColumnElement[bool]] = []
    for mandate in actor.mandates:
        if mandate.powers:
            is_of_process = instance.c.process.in_(sorted(mandate.processes))
            limited.append(and_(hat == (mandate.role, mandate.unit_id), is_of_process))
        else:
            unlimited.add((mandate.role, mandate.unit_id))
    return or_(hat.in_(sorted(unlimited)), *limited)


def _is_free_for(work: Work, actor: Actor) -> ColumnElement[bool]:
    """That the task is nobody's alone, or the actor's, or of somebody for whom they act in its role."""
    on, assignee = work.today.isoformat(), user_task.c.assignee_id
    stood_for = sorted({(mandate.role, mandate.unit_id, mandate.principal_id) for mandate in actor.mandates})
    still_holds = exists().where(
        membership.c.person_id == assignee,
        membership.c.unit_id == user_task.c.unit_id,
        membership.c.role == user_task.c.role,
        membership.c.valid_from <= on,
        or_(membership.c.valid_to.is_(None), membership.c.valid_to >= on),
        person.c.id == assignee,
        person.c.active,
    )
    return or_(
        assignee.is_(None),
        assignee == actor.person_id,
        tuple_(user_task.c.role, user_task.c.unit_id, assignee).in_(stood_for),
        ~still_holds,
    )


def tasks_of(tx: Transaction, instance_id: int) -> list[Row]:
    """All tasks of a case, closed ones too, in the order in which they were opened."""
    return _rows(tx, select(user_task).where(user_task.c.instance_id == instance_id).order_by(user_task.c.id))


def history_of(tx: Transaction, instance_id: int, after_seq: int, limit: int) -> list[Row]:
    """The history of a case after an entry, each with the `actor_name` (None: the system)."""
    query = (
        select(history, person.c.name.label("actor_name"))
        .join_from(history, person, history.c.actor_id == person.c.id, isouter=True)
        .where(history.c.instance_id == instance_id, history.c.seq > after_seq)
        .order_by(history.c.seq)
        .limit(limit)
    )
    return _rows(tx, query)


def attachments_of(tx: Transaction, instance_id: int) -> list[Row]:
    return tx.all(ATTACHMENTS, which=instance_id)


def attachment_of(tx: Transaction, instance_id: int, attachment_id: int) -> Row | None:
    """One paper of a case; None when that case has no such paper."""
    return tx.one(_ATTACHMENT, case=instance_id, which=attachment_id)


def obligations(work: Work, actor: Actor, parent_id: int, processes: Iterable[str]) -> list[Row]:
    """The cases of these processes directly below a case, as far as the actor may see them.

    Each with its running task's `holder_id` and `due_on` (None when closed), and of the task with which the
    unit first handed it in `was_due_on` and `handed_in_at` (None before that).
    """
    running, first = user_task.alias("running"), user_task.alias("first")
    its_task = and_(running.c.instance_id == instance.c.id, running.c.kind == STATE, running.c.clock == "running")
    query = (
        select(
            instance,
            running.c.unit_id.label("holder_id"),
            running.c.due_on,
            first.c.due_on.label("was_due_on"),
            first.c.closed_at.label("handed_in_at"),
        )
        .join_from(instance, running, its_task, isouter=True)
        .join(first, first.c.id == _handed_in_with(), isouter=True)
        .where(
            instance.c.parent_id == parent_id,
            instance.c.process.in_(sorted(processes)),
            visible_rows(work, actor),
        )
        .order_by(instance.c.unit_id, instance.c.process, instance.c.id)
    )
    return _rows(work.tx, query)


def _handed_in_with() -> Any:
    """The key of the last task that the unit closed before another unit held the case for the first time."""
    own, others = user_task.alias("own"), user_task.alias("others")
    first_elsewhere = (
        select(func.min(others.c.id))
        .where(others.c.instance_id == instance.c.id, others.c.kind == STATE, others.c.unit_id != instance.c.unit_id)
        .correlate(instance)
        .scalar_subquery()
    )
    return (
        select(func.max(own.c.id))
        .where(own.c.instance_id == instance.c.id, own.c.kind == STATE, own.c.id < first_elsewhere)
        .correlate(instance)
        .scalar_subquery()
    )


def session_wants_touch(tx: Transaction, secret: str, wall_now: datetime) -> bool:
    """Whether it is time to note that the session or token is in use."""
    row = tx.one(_SEEN, token_hash=hash_of(secret))
    return row is not None and to_micros(wall_now) - row["seen_at"] > TOUCH_EVERY // timedelta(microseconds=1)


def _rows(tx: Transaction, query: Select[Any]) -> list[Row]:
    return tx.all(Statement(query))


def count_by_state(tx: Transaction) -> dict[tuple[str, str], int]:
    """How many cases each process has in each state; for everybody's eyes, it names none."""
    grouped = select(instance.c.process, instance.c.state, func.count().label("n"))
    rows = _rows(tx, grouped.group_by(instance.c.process, instance.c.state))
    return {(row["process"], row["state"]): row["n"] for row in rows}
