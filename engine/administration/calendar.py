"""The working calendar: the days that somebody announced, and adding one."""

from datetime import date
from typing import Any

from sqlalchemy import bindparam, func, select

from engine.administration.desk import Desk
from engine.administration.forms import NewDay
from engine.office.calendar import CalendarDay
from engine.runtime import offices
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.present import instant
from engine.runtime.queue import is_running
from engine.runtime.schema import calendar_day, user_task

p = bindparam
_DAYS = Statement(
    select(calendar_day)
    .where(calendar_day.c.day.between(p("first"), p("last")))
    .order_by(calendar_day.c.entered_at, calendar_day.c.id)
)
_DUE_IN = Statement(
    select(user_task.c.due_on, func.count().label("n"))
    .where(is_running(user_task), user_task.c.due_on.between(p("first"), p("last")))
    .group_by(user_task.c.due_on)
)
_DUE_FROM = Statement(select(func.count().label("n")).where(is_running(user_task), user_task.c.due_on >= p("day")))


COMPUTED, LAST_QUARTER = "holidays ", 10
"""How the source of a day begins that nobody announced, and the month from which next year's should be."""


def days(tx: Transaction, year: int) -> list[dict[str, Any]]:
    """The days of a year on which offices do not keep to Monday to Friday, as they hold now."""
    rows = tx.all(_DAYS, first=f"{year:04d}-01-01", last=f"{year:04d}-12-31")
    latest = {row["day"]: row for row in rows}
    return [_shown(latest[day]) for day in sorted(latest)]


def due_by_day(tx: Transaction, year: int) -> dict[str, int]:
    """How many running tasks are due on each day of the year that has any, by the day's ISO date."""
    rows = tx.all(_DUE_IN, first=f"{year:04d}-01-01", last=f"{year:04d}-12-31")
    return {row["due_on"]: row["n"] for row in rows}


def must_be_entered(tx: Transaction, today: date) -> int | None:
    """The next year, once its days should be entered: the last quarter has begun, and of that year nothing is there
    but what was computed; None as long as there is nothing to do."""
    coming = today.year + 1
    is_open = all(row["source"].startswith(COMPUTED) for row in days(tx, coming))
    return coming if today.month >= LAST_QUARTER and is_open else None


def add_day(desk: Desk, new: NewDay) -> dict[str, Any]:
    """Say what a day is; the latest word for a day holds. Due dates that stand already are not moved.

    The answer counts the running tasks that are due on that day or later.

    Raises:
        NotPerformer: not an administrator with none above.
    """
    desk.must_head("Sửa lịch làm việc")
    entered = CalendarDay(new.day, new.kind, new.name, new.source)
    offices.write_calendar(desk.tx, [entered], desk.work.micros)
    desk.note("calendar_day.add", new.day.isoformat(), after=new.model_dump(mode="json"))
    due = desk.tx.one(_DUE_FROM, day=new.day.isoformat())
    assert due is not None, "a count has a row"
    return {**_shown(_latest(desk.tx, new.day)), "tasks_due_from_then": due["n"]}


def _latest(tx: Transaction, day: date) -> Row:
    return tx.all(_DAYS, first=day.isoformat(), last=day.isoformat())[-1]


def _shown(row: Row) -> dict[str, Any]:
    shown = {name: row[name] for name in ("day", "kind", "name", "source")}
    return {**shown, "entered_at": instant(row["entered_at"])}
