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
from engine.runtime.schema import calendar_day, user_task

p = bindparam
_DAYS = Statement(
    select(calendar_day)
    .where(calendar_day.c.day.between(p("first"), p("last")))
    .order_by(calendar_day.c.entered_at, calendar_day.c.id)
)
_DUE_FROM = Statement(
    select(func.count().label("n")).where(user_task.c.clock == "running", user_task.c.due_on >= p("day"))
)


def days(tx: Transaction, year: int) -> list[dict[str, Any]]:
    """The days of a year on which offices do not keep to Monday to Friday, as they hold now."""
    rows = tx.all(_DAYS, first=f"{year:04d}-01-01", last=f"{year:04d}-12-31")
    latest = {row["day"]: row for row in rows}
    return [_shown(latest[day]) for day in sorted(latest)]


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
