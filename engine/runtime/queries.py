"""Reads for lists and pages: built where they are asked, filtered in SQL by who may see what.

Lists go by keyset: the key of the last row given, never an offset.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from engine.definition.performing import Actor
from engine.definition.words import fold
from engine.instants import to_micros
from engine.runtime.accounts import TOUCH_EVERY, hash_of
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.queue import is_for, is_running
from engine.runtime.recording import HEADLINE
from engine.runtime.rights import grants, visible_rows
from engine.runtime.schema import access, attachment, fact, history, instance, person, session, user_task
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


def cases(work: Work, actor: Actor, wanted: CaseFilter, limit: int) -> list[Row]:
    """The newest cases that the actor may see and the filter lets through."""
    found = newest(work, actor, wanted, limit)
    query = select(instance).join_from(found, instance, instance.c.id == found.c.case_id)
    return _rows(work.tx, query.order_by(instance.c.id.desc()).limit(limit))


def newest(
    work: Work, actor: Actor, wanted: CaseFilter, limit: int, after: int | None = None, *, rises: bool = False
) -> FromClause:
    """The keys (`case_id`) of the newest cases that the actor may see and the filter lets through: read in this order
    from an index, however many there are.

    Whoever oversees no authority gets so many of each unit and relation by which they see any. after: the last key of
    the part before. rises: the oldest first.
    """
    granted = grants(work, actor)
    if granted is None:
        ways = select(instance.c.id.label("case_id")).where(*let_through(work, actor, wanted))
        return _in_order(ways, instance.c.id, limit, after, rises).subquery("newest")
    key, only = access.c.instance_id, narrowed(work, actor, wanted)
    if wanted.before is not None:
        only.append(key < wanted.before)
    of_all = select(key.label("case_id")).join_from(access, instance, key == instance.c.id)
    branches = [
        _in_order(of_all.where(*conditions, *only), key, limit, after, rises).subquery() for conditions in granted
    ]
    if not branches:  # they have no role anywhere
        return of_all.where(false()).subquery("newest")
    found = union_all(*map(select, branches)).subquery("some")
    return select(found.c.case_id).distinct().subquery("newest")


def _in_order(query: Select[Any], key: ColumnElement[int], limit: int, after: int | None, rises: bool) -> Select[Any]:
    if after is not None:
        query = query.where(key > after if rises else key < after)
    return query.order_by(key if rises else key.desc()).limit(limit)


def let_through(
    work: Work, actor: Actor, wanted: CaseFilter, waiting: FromClause | None = None
) -> list[ColumnElement[bool]]:
    """That the actor may see a case and the filter lets it through, as conditions on `instance`.

    waiting: the case's waiting task, where the query has joined it under an alias.
    """
    return [visible_rows(work, actor), *narrowed(work, actor, wanted, waiting)]


def narrowed(
    work: Work, actor: Actor, wanted: CaseFilter, waiting: FromClause | None = None
) -> list[ColumnElement[bool]]:
    """As `let_through`, for cases of which it is known that the actor may see them."""
    equal = {"state": wanted.state, "phase": wanted.phase, "unit_id": wanted.unit_id, "parent_id": wanted.parent_id}
    found = [instance.c[name] == value for name, value in equal.items() if value is not None]
    if wanted.processes:
        found.append(instance.c.process.in_(sorted(wanted.processes)))
    if wanted.is_open is not None:
        found.append(instance.c.closed_at.is_(None) if wanted.is_open else instance.c.closed_at.is_not(None))
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
    return and_(task.c.instance_id == instance.c.id, task.c.kind == STATE, is_running(task))


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
