"""What goes out by itself next: notices that wait for office hours, and the next rung of every ladder."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from engine.definition.deadlines import Rung, occurrences
from engine.definition.language import Role
from engine.definition.performing import Actor, seat
from engine.definition.words import fold
from engine.instants import end_of_day, start_of_day, to_micros
from engine.runtime.database import Row, Statement
from engine.runtime.holders import Holder, Place, holders, reached
from engine.runtime.notices import ESCALATION, REMINDER
from engine.runtime.present import brief, instant, unit_json
from engine.runtime.reminding import NUDGE
from engine.runtime.rights import visible_rows
from engine.runtime.schema import instance, notice, person, timer, unit, user_task
from engine.runtime.statements import IS_WAITING
from engine.runtime.work import Work
from notifications.log import Wanted, is_case, reaches, units_named


@dataclass(frozen=True, slots=True)
class After:
    """A place in the list of planned reminders: the instant in microseconds and the timer's key."""

    due_at: int
    timer_id: int


def planned(work: Work, actor: Actor, wanted: Wanted, after: After | None, most: int) -> dict[str, Any]:
    """The next reminder of each task of the cases that the actor sees, the earliest first: when, to whom, why.

    Of the filter, the text is for the unit that holds the task; since and until are for the day of the reminder.
    Three queries, however many there are. `next`: where to go on, or None.
    """
    rows = work.tx.all(Statement(_timers(work, actor, wanted, after).limit(most + 1)))
    shown = [(row, list(_parties(work, row))) for row in rows[:most]]
    there = holders(work, (place for _, parties in shown for _, _, place in parties))
    last = rows[most - 1] if len(rows) > most else None
    return {
        "items": [_planned(work, row, parties, there) for row, parties in shown],
        "next": After(last["at"], last["timer_id"]) if last else None,
    }


def waiting(work: Work, actor: Actor, wanted: Wanted, most: int) -> list[dict[str, Any]]:
    """The notices of these cases that are written and wait for their hour, the earliest first."""
    query = (
        select(
            instance,
            notice.c.kind,
            notice.c.facts,
            notice.c.event_key,
            notice.c.not_before.label("at"),
            func.coalesce(person.c.name, unit.c.name).label("name"),
        )
        .join_from(notice, instance, notice.c.instance_id == instance.c.id)
        .outerjoin(person, notice.c.person_id == person.c.id)
        .outerjoin(unit, notice.c.unit_id == unit.c.id)
        .where(IS_WAITING, visible_rows(work, actor))
        .order_by(notice.c.not_before, notice.c.id)
        .limit(most)
    )
    if wanted.code.strip():
        query = query.where(is_case(work, wanted.code))
    query = query.where(*_on_days(wanted, notice.c.not_before))
    if fold(wanted.text):
        query = query.where(reaches(work, fold(wanted.text), notice))
    return [
        {
            "at": instant(row["at"]),
            "to": row["name"],
            "kind": NUDGE if row["event_key"].startswith(f"{NUDGE}:") else row["kind"],
            "todo": json.loads(row["facts"]).get("todo", ""),
            "case": brief(work, row),
        }
        for row in work.tx.all(Statement(query))
    ]


def _timers(work: Work, actor: Actor, wanted: Wanted, after: After | None) -> Any:
    query = (
        select(
            instance,
            timer.c.id.label("timer_id"),
            timer.c.due_at.label("at"),
            timer.c.day_offset,
            user_task.c.state.label("task_state"),
            user_task.c.todo,
            user_task.c.due_on,
            user_task.c.assignee_id,
        )
        .join_from(timer, user_task, timer.c.task_id == user_task.c.id)
        .join(instance, timer.c.instance_id == instance.c.id)
        .where(timer.c.kind == "rung", visible_rows(work, actor), *_within(work, wanted))
        .order_by(timer.c.due_at, timer.c.id)
    )
    if after is not None:
        same = and_(timer.c.due_at == after.due_at, timer.c.id > after.timer_id)
        query = query.where(or_(timer.c.due_at > after.due_at, same))
    return query


def _within(work: Work, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.code.strip():
        yield is_case(work, wanted.code)
    if fold(wanted.text):
        yield user_task.c.unit_id.in_(units_named(work, fold(wanted.text)))
    yield from _on_days(wanted, timer.c.due_at)


def _on_days(wanted: Wanted, at: Any) -> Iterator[ColumnElement[bool]]:
    if wanted.since is not None:
        yield at >= to_micros(start_of_day(wanted.since))
    if wanted.until is not None:
        yield at < to_micros(end_of_day(wanted.until))


def _parties(work: Work, row: Row) -> Iterator[tuple[str, Role, Place]]:
    """Whom the rung reaches: the kind of notice, the role, and where it is held."""
    state = work.registry.by_code[row["process"]].states[row["task_state"]]
    rung = _rung(work, state.remind, row)
    own, authority = work.office.units[row["unit_id"]], work.office.units[row["authority_id"]]
    seats = work.office.seats(authority.id, work.today)
    for role in rung.to if rung else ():
        kind = REMINDER if role == state.owner else ESCALATION
        yield kind, role, (role.code, seat(role, own, authority, seats).id)


def _rung(work: Work, ladder: tuple[Rung, ...], row: Row) -> Rung | None:
    """The rung that the timer stands for."""
    due_on = date.fromisoformat(row["due_on"])
    found = (step for step in occurrences(ladder, due_on, work.office.calendar) if step.offset >= row["day_offset"])
    first = next(found, None)
    return first.rung if first and first.offset == row["day_offset"] else None


def _planned(
    work: Work, row: Row, parties: Iterable[tuple[str, Role, Place]], there: dict[Place, list[Holder]]
) -> dict[str, Any]:
    return {
        "at": instant(row["at"]),
        "rung": row["day_offset"],
        "due_on": row["due_on"],
        "todo": row["todo"],
        "case": brief(work, row),
        "to": [
            {
                "kind": kind,
                "role": role.label,
                "unit": unit_json(work, place[1]),
                "people": [one.name for one in _told(row, kind, there[place])],
            }
            for kind, role, place in parties
        ],
    }


def _told(row: Row, kind: str, found: list[Holder]) -> list[Holder]:
    return reached(found, row["process"], row["assignee_id"] if kind == REMINDER else None)
