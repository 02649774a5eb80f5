"""The notices that wait, read for one purpose: to be told or to be dropped."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select, true

from engine.instants import to_micros
from engine.runtime.database import Listed, Row, Statement, Transaction, gathered
from engine.runtime.notices import ABOUT_TASKS, ESCALATION, RAISED, REMINDER
from engine.runtime.schema import instance, notice, person, unit, user_task
from engine.runtime.statements import IS_WAITING

WAITING, _RUNNING = "waiting", "running"


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice with everything that its letter depends on, and what it follows from: equal rows give equal letters."""

    id: int
    recipient: str
    person_id: int | None
    unit_id: int | None
    name: str
    address: str
    reachable: bool  # the account is active; a unit always is
    process: str
    instance_id: int
    task_id: int | None
    kind: str
    facts: str
    clock: str | None  # of the task; None without one
    task_due_on: str | None  # where it stands now; the facts hold what it was
    request_id: str = ""

    @property
    def is_stale(self) -> bool:
        """It says nothing any more: its task waits no longer, or was given another date to be reminded of."""
        if self.kind not in (*ABOUT_TASKS, RAISED) or self.task_id is None:
            return False
        return self.clock != _RUNNING or (self.kind in (REMINDER, ESCALATION) and self._was_moved())

    def _was_moved(self) -> bool:
        return bool(json.loads(self.facts).get("due_on") != self.task_due_on)


def due_notices(tx: Transaction, now: datetime) -> list[Notice]:
    """The waiting notices whose time has come, oldest first."""
    return [_notice(row) for row in tx.all(_DUE, now=to_micros(now))]


def last_notice(tx: Transaction) -> int:
    """The key of the newest notice; 0 when there is none."""
    row = tx.one(_LAST)
    return int(row["id"]) if row is not None and row["id"] is not None else 0


def notices_after(tx: Transaction, key: int) -> list[Notice]:
    """The waiting notices that were written after that one, whenever their time comes."""
    return [_notice(row) for row in tx.all(_AFTER, key=key)]


def still_waiting(tx: Transaction, keys: Sequence[int]) -> set[int]:
    """Those of the notices that nobody has composed or dropped."""
    (found,) = gathered(tx, _STATES.about(keys))
    return {row["id"] for row in found if row["state"] == WAITING}


def unchanged(tx: Transaction, seen: Sequence[Notice]) -> bool:
    """Whether all these notices still wait, everything about them is as it was, and nobody else has them in hand;
    then they are locked until the transaction ends."""
    (found,) = gathered(tx, _AGAIN.about([told.id for told in seen]))
    now = {row["id"]: _notice(row) for row in found if row["state"] == WAITING}
    return all(now.get(told.id) == told for told in seen)


def _told() -> Select[Any]:
    return (
        select(
            notice,
            instance.c.process,
            user_task.c.clock,
            user_task.c.due_on,
            func.coalesce(person.c.name, unit.c.name).label("name"),
            func.coalesce(person.c.mail, unit.c.mail).label("address"),
            func.coalesce(person.c.active, true()).label("reachable"),
        )
        .join_from(notice, instance, notice.c.instance_id == instance.c.id)
        .outerjoin(user_task, notice.c.task_id == user_task.c.id)
        .outerjoin(person, notice.c.person_id == person.c.id)
        .outerjoin(unit, notice.c.unit_id == unit.c.id)
    )


_DUE = Statement(_told().where(IS_WAITING, notice.c.not_before <= bindparam("now")).order_by(notice.c.id))
_AFTER = Statement(_told().where(IS_WAITING, notice.c.id > bindparam("key")).order_by(notice.c.id))
_LAST = Statement(select(func.max(notice.c.id).label("id")))
_AGAIN = Listed(  # not asked whether they wait: the index of those that do would be read from end to end
    lambda keys: _told().where(notice.c.id.in_(keys)).order_by(notice.c.id).with_for_update(of=notice, skip_locked=True)
)
_STATES = Listed(lambda keys: select(notice.c.id, notice.c.state).where(notice.c.id.in_(keys)))


def _notice(row: Row) -> Notice:
    return Notice(
        id=row["id"],
        recipient=row["recipient"],
        person_id=row["person_id"],
        unit_id=row["unit_id"],
        name=row["name"],
        address=row["address"],
        reachable=bool(row["reachable"]),
        process=row["process"],
        instance_id=row["instance_id"],
        task_id=row["task_id"],
        kind=row["kind"],
        facts=row["facts"],
        clock=row["clock"],
        task_due_on=row["due_on"],
        request_id=row["request_id"],
    )
