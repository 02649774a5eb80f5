"""Reads for lists and pages: built where they are asked, filtered in SQL by who may see what.

Lists go by keyset: the key of the last row given, never an offset.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, bindparam, exists, func, or_, select, true, tuple_

from engine.definition.performing import Actor
from engine.definition.words import fold
from engine.instants import to_micros
from engine.runtime.accounts import TOUCH_EVERY, hash_of
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.recording import HEADLINE
from engine.runtime.rights import visible_rows
from engine.runtime.schema import attachment, fact, history, instance, membership, person, session, user_task
from engine.runtime.statements import ATTACHMENTS
from engine.runtime.tasks import STATE
from engine.runtime.work import Work

AWARD = "award"
MOST_WORDS = 6
_CODE = re.compile(r"(?:(?P<prefix>[a-z]+)-[0-9]{4}-)?(?P<key>[0-9]{1,17})")

_ATTACHMENT = Statement(
    select(attachment).where(attachment.c.instance_id == bindparam("case"), attachment.c.id == bindparam("which"))
)
_SEEN = Statement(select(session.c.seen_at).where(session.c.token_hash == bindparam("token_hash")))


class Whose(StrEnum):
    """Whose the task must be with which a case waits: of the actor's units, of their roles and not another
    person's, the actor's own, of their roles and nobody's yet."""

    UNITS = "units"
    ROLES = "roles"
    ACTOR = "actor"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases to list; what is empty or None leaves a filter out.

    steps: (process, state) pairs. units, authorities: of which one must be the case's. text: words, each of which is
    in the headline, the code or the unit's name; marks and case do not count. award: the value of the fact "award".
    overdue, whose, held_by (role), held_in (unit), due_by (a date, inclusive) and waiting_since (opened before that
    instant, microseconds) are about the running task. before: keys below this one.
    """

    processes: tuple[str, ...] = ()
    state: str | None = None
    phase: str | None = None
    steps: tuple[tuple[str, str], ...] = ()
    unit_id: int | None = None
    units: frozenset[int] | None = None
    authorities: frozenset[int] | None = None
    parent_id: int | None = None
    is_open: bool | None = None
    text: str = ""
    award: str | None = None
    overdue: bool = False
    whose: Whose | None = None
    held_by: str | None = None
    held_in: int | None = None
    due_by: date | None = None
    waiting_since: int | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """A place in the work queue: the task's due instant in microseconds (None: no deadline) and its key."""

    due_at: int | None
    task_id: int


def cases(work: Work, actor: Actor, wanted: CaseFilter, limit: int) -> list[Row]:
    """The newest cases that the actor may see and the filter lets through."""
    query = select(instance).where(*let_through(work, actor, wanted))
    return _rows(work.tx, query.order_by(instance.c.id.desc()).limit(limit))


def let_through(
    work: Work, actor: Actor, wanted: CaseFilter, waiting: FromClause | None = None
) -> list[ColumnElement[bool]]:
    """That the actor may see a case and the filter lets it through, as conditions on `instance`.

    waiting: the case's waiting task, where the query has joined it under an alias.
    """
    equal = {"state": wanted.state, "phase": wanted.phase, "unit_id": wanted.unit_id, "parent_id": wanted.parent_id}
    found = [
        visible_rows(work, actor),
        *(instance.c[name] == value for name, value in equal.items() if value is not None),
    ]
    if wanted.processes:
        found.append(instance.c.process.in_(sorted(wanted.processes)))
    if wanted.is_open is not None:
        found.append(instance.c.closed_at.is_(None) == wanted.is_open)
    if wanted.before is not None:
        found.append(instance.c.id < wanted.before)
    if wanted.award is not None:
        found.append(_has_fact(fact.c.key == AWARD, fact.c.text == wanted.award))
    found.extend(_mentions(work, word) for word in fold(wanted.text).split()[:MOST_WORDS])
    if wanted.steps:
        found.append(tuple_(instance.c.process, instance.c.state).in_(sorted(wanted.steps)))
    if wanted.units is not None:
        found.append(instance.c.unit_id.in_(sorted(wanted.units)))
    if wanted.authorities is not None:
        found.append(instance.c.authority_id.in_(sorted(wanted.authorities)))
    about_task = _task_conditions(work, actor, wanted, user_task if waiting is None else waiting)
    if waiting is not None:
        found.extend(about_task)
    elif about_task:
        found.append(exists(select(user_task.c.id).where(is_waiting(user_task), *about_task)))
    return found


def is_waiting(task: FromClause) -> ColumnElement[bool]:
    """That the task is the one with which the case waits: at most one a case."""
    return and_(task.c.instance_id == instance.c.id, task.c.kind == STATE, task.c.clock == "running")


def is_for(work: Work, actor: Actor, task: FromClause) -> ColumnElement[bool]:
    """That the task is of one of the actor's roles, and no other person's."""
    return and_(_is_work_of(actor, task), _is_free_for(work, actor, task))


def _task_conditions(work: Work, actor: Actor, wanted: CaseFilter, waiting: FromClause) -> list[ColumnElement[bool]]:
    today, task = work.today.isoformat(), waiting.c
    found: list[ColumnElement[bool]] = []
    if wanted.overdue:
        found.append(task.due_on < today)
    if wanted.due_by is not None:
        found.append(task.due_on <= wanted.due_by.isoformat())
    if wanted.held_by is not None:
        found.append(task.role == wanted.held_by)
    if wanted.held_in is not None:
        found.append(task.unit_id == wanted.held_in)
    if wanted.waiting_since is not None:
        found.append(task.opened_at < wanted.waiting_since)
    if wanted.whose is Whose.UNITS:
        found.append(task.unit_id.in_(sorted(actor.units)))
    elif wanted.whose is not None:
        found.append(is_for(work, actor, waiting))
    if wanted.whose is Whose.ACTOR:
        found.append(task.assignee_id == actor.person_id)
    if wanted.whose is Whose.NOBODY:
        found.append(task.assignee_id.is_(None))
    return found


def _has_fact(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(fact.c.id).where(fact.c.instance_id == instance.c.id, *conditions))


def _mentions(work: Work, word: str) -> ColumnElement[bool]:
    """That a folded word is in the headline, the code or the name of the unit."""
    units = [unit.id for unit in work.office.units.values() if word in fold(unit.name) or word == fold(unit.code)]
    found = [
        _has_fact(fact.c.key == HEADLINE, fact.c.text.contains(word, autoescape=True)),
        instance.c.unit_id.in_(sorted(units)),
    ]
    if code := _CODE.fullmatch(word):
        prefixes = {fold(model.prefix): model.code for model in work.registry.models}
        is_of = instance.c.process == prefixes.get(code["prefix"], "") if code["prefix"] else true()
        found.append(and_(instance.c.id == int(code["key"]), is_of))
    return or_(*found)


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
            is_for(work, actor, user_task),
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


def _is_work_of(actor: Actor, task: FromClause) -> ColumnElement[bool]:
    """That the task's role is the actor's where it lies, by membership or by a mandate for the case's process."""
    hat, unlimited = tuple_(task.c.role, task.c.unit_id), set(actor.memberships)
    limited: list[ColumnElement[bool]] = []
    for mandate in actor.mandates:
        if mandate.powers:
            is_of_process = instance.c.process.in_(sorted(mandate.processes))
            limited.append(and_(hat == (mandate.role, mandate.unit_id), is_of_process))
        else:
            unlimited.add((mandate.role, mandate.unit_id))
    return or_(hat.in_(sorted(unlimited)), *limited)


def _is_free_for(work: Work, actor: Actor, task: FromClause) -> ColumnElement[bool]:
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
