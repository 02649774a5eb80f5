"""How much of the cases' work waits, and how late the clock's own work is: for those who run the installation."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, func, literal_column, or_, select

from engine.runtime.database import Statement, Transaction
from engine.runtime.schema import effect, incident, job, timer, user_task

MOST = 100_000
"""Counts stop here: that many or more."""
MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Backlog:
    """Counts are `MOST` at most. timer_late_seconds: of the timer that is due longest, 0 when none is due."""

    open_tasks: int
    overdue_tasks: int
    pending_effects: int
    open_incidents: int
    waiting_jobs: int
    timer_late_seconds: float


def counted(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    """How many rows meet the conditions, counted no further than `MOST`."""
    rows = select(literal_column("1")).where(*conditions).limit(MOST).subquery()
    return select(func.count()).select_from(rows).scalar_subquery()


_IS_OPEN = user_task.c.clock != literal_column("'closed'")  # as the partial index says it
_BACKLOG = Statement(
    select(
        counted(_IS_OPEN).label("open_tasks"),
        counted(
            _IS_OPEN, user_task.c.clock == literal_column("'running'"), user_task.c.due_at < bindparam("now")
        ).label("overdue_tasks"),
        counted(effect.c.state == literal_column("'pending'")).label("pending_effects"),
        counted(incident.c.resolved_at.is_(None)).label("open_incidents"),
        counted(or_(job.c.state == "waiting", job.c.state == "running")).label("waiting_jobs"),
        select(func.min(timer.c.due_at)).scalar_subquery().label("timer_at"),
    )
)  # fmt: skip


def backlog(tx: Transaction, now: int) -> Backlog:
    """What waits at the business instant `now`, in microseconds UTC; one statement on indexes."""
    row = tx.one(_BACKLOG, now=now)
    assert row is not None, "counts are always answered"
    return Backlog(
        row["open_tasks"], row["overdue_tasks"], row["pending_effects"], row["open_incidents"], row["waiting_jobs"],
        seconds_since(row["timer_at"], now),
    )  # fmt: skip


def seconds_since(at: int | None, now: int) -> float:
    """How many seconds the instant `at` has passed at `now`, both in microseconds; 0 when it has not, or is none."""
    return max(now - at, 0) / MICROSECONDS if at is not None else 0.0
