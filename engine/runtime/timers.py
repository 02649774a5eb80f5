"""Fire what is due: the next rung of a ladder, or the move that the clock makes.

Each firing has a unique key (task, due date, rung). After a downtime only the latest due rung of a task
is sent; the skipped ones are recorded. Any number of nodes fire at the same time: whoever has a timer locked has it,
and deletes it in the transaction that does what it was for (docs/decisions/0019).

Of one task's two timers the one that is due first fires first: a rung tells of nothing that the clock has ended.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, select

from engine.definition.case import Case
from engine.definition.deadlines import Occurrence, occurrences
from engine.definition.language import Role
from engine.definition.model import StateModel
from engine.definition.performing import SYSTEM
from engine.instants import from_micros, to_micros
from engine.runtime.commands import act
from engine.runtime.database import Listed, Row, Statement, Transaction, gathered
from engine.runtime.gathering import load_cases
from engine.runtime.notices import ESCALATION, REMINDER, Occasion, raise_incident, tell
from engine.runtime.savepoints import OF_ONE_CASE, spared
from engine.runtime.schema import firing, instance, timer, user_task
from engine.runtime.snapshots import load_case
from engine.runtime.statements import FIRED, NEW_FIRING, NEW_TIMER, NEXT_TIMER
from engine.runtime.work import Work

SENT, SKIPPED, MOVED, INCIDENT = "sent", "skipped", "moved", "incident"
AT_ONCE = 100
"""So many rungs are fired in one transaction."""
MOST_LATE = 200

p = bindparam
_FIRST = timer.alias("first")
_DUE = (
    select(timer.c.id)
    .where(timer.c.kind == "rung", timer.c.due_at <= p("now"))
    .order_by(timer.c.due_at, timer.c.id)
    .limit(p("most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_TAKE = Statement(delete(timer).where(timer.c.id.in_(select(_DUE.c.id))).returning(*timer.c))
_ANY_RUNG = Statement(  # in order, or PostgreSQL thinks that any few rows will have one
    select(timer.c.id).where(timer.c.kind == "rung", timer.c.due_at <= p("now")).order_by(timer.c.due_at).limit(1)
)
_AROUND = Listed(  # the cases of tasks, and when the clock ends these
    lambda keys: (
        select(
            instance,
            user_task.c.id.label("task_id"),
            user_task.c.due_on,
            user_task.c.clock,
            timer.c.due_at.label("ends_at"),
        )
        .join_from(user_task, instance, user_task.c.instance_id == instance.c.id)
        .outerjoin(timer, and_(timer.c.task_id == user_task.c.id, timer.c.kind == "time_out"))
        .where(user_task.c.id.in_(keys))
    )
)
_KNOWN = Listed(lambda keys: select(firing.c.key).where(firing.c.key.in_(keys)))
_COMES_FIRST = exists().where(
    _FIRST.c.task_id == timer.c.task_id, _FIRST.c.kind == "rung", _FIRST.c.due_at <= timer.c.due_at
)
_LATE = Statement(
    select(timer.c.id)
    .where(timer.c.kind == "time_out", timer.c.due_at <= p("now"), ~_COMES_FIRST)
    .order_by(timer.c.due_at, timer.c.id)
    .limit(MOST_LATE)
)
_TIME_OUT = Statement(
    select(instance, user_task.c.due_on, *(timer.c[name] for name in ("task_id", "kind", "due_at")))
    .join_from(timer, user_task, timer.c.task_id == user_task.c.id)
    .join(instance, timer.c.instance_id == instance.c.id)
    .where(timer.c.id == p("which"), timer.c.due_at <= p("now"), ~_COMES_FIRST)
    .with_for_update(of=timer, skip_locked=True)
)
_STOP_ONE = Statement(delete(timer).where(timer.c.id == p("which")))


def due_timers(tx: Transaction, now: int) -> tuple[bool, list[int]]:
    """Whether a rung is due at `now` (microseconds UTC), and the keys of due time-outs, `MOST_LATE` at most, the first
    due first; also of those that are in other hands."""
    first = tx.one(NEXT_TIMER)  # mostly the only question, and one that needs no plan of its own for each instant
    if first is None or first["at"] is None or first["at"] > now:
        return False, []
    rungs, late = tx.gather((_ANY_RUNG, {"now": now}), (_LATE, {"now": now}))
    return bool(rungs), [row["id"] for row in late]


# ── rungs ────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Climb:
    """What a due rung brings: `passed` are the rungs whose time has come, the last of which is sent; then `ahead`."""

    timer: Row
    state: StateModel
    passed: tuple[Occurrence, ...]
    ahead: Occurrence | None


def fire_rungs(work: Work, most: int = AT_ONCE) -> int:
    """Fire up to `most` rungs that are due and in nobody's hands; returns how many there were.

    The locked timers are all that it decides on: whoever closes a task or moves its date deletes its timers.
    """
    taken = claim_rungs(work.tx, work.micros, most)
    if not taken:
        return 0
    (found,) = gathered(work.tx, _AROUND.about([row["task_id"] for row in taken]))
    around = {row["task_id"]: row for row in found}
    due = [{**rung, **around[rung["task_id"]]} for rung in taken]
    running = [row for row in due if row["clock"] == "running"]
    later = [row for row in running if row["ends_at"] is not None and row["ends_at"] < row["due_at"]]
    for row in later:  # the clock comes first
        _set(work, row, row["day_offset"], row["due_at"])
    if first := [row for row in running if row not in later]:
        _together(work.tx, partial(_climb, work), first, partial(_alone, work))
    return len(due) - len(later)


def claim_rungs(tx: Transaction, now: int, most: int = AT_ONCE) -> list[Row]:
    """Take down up to `most` rungs that are due at `now` (microseconds UTC); the first due come first."""
    taken = tx.all(_TAKE, now=now, most=most)
    return sorted(taken, key=lambda row: (row["due_at"], row["id"]))


def _together(
    tx: Transaction, fire: Callable[[Sequence[Row]], None], due: Sequence[Row], alone: Callable[[Row], None]
) -> None:
    """Fire them together; when something is wrong with one case, each alone."""
    tx.command("SAVEPOINT together")
    try:
        fire(due)
    except OF_ONE_CASE:
        tx.command("ROLLBACK TO together")
        tx.command("RELEASE together")
        for row in due:
            alone(row)
    else:
        tx.command("RELEASE together")


def _alone(work: Work, row: Row) -> None:
    why = spared(work.tx, lambda: _climb(work, [row]))
    if why is not None:
        spared(work.tx, partial(_report, work, row, why))  # when that fails too, the log has it


def _climb(work: Work, due: Sequence[Row]) -> None:
    """Send the latest rung of each that is due, record the ones before it, and set the next."""
    cases = load_cases(work, due)
    climbs = [_plan(work, row) for row in due]
    keys = [_key(one.timer, str(found.offset)) for one in climbs for found in one.passed]
    (known,) = gathered(work.tx, _KNOWN.about(keys))
    fired = {row["key"] for row in known}
    for one in climbs:
        if one.ahead is not None:
            _set(work, one.timer, one.ahead.offset, to_micros(one.ahead.at))
        for found in one.passed:
            if _key(one.timer, str(found.offset)) not in fired:
                is_latest = found is one.passed[-1]
                _fired(work, one.timer, str(found.offset), to_micros(found.at), SENT if is_latest else SKIPPED)
                if is_latest:
                    _remind(work, cases[one.timer["id"]], one, found)


def _set(work: Work, row: Row, offset: int, due_at: int) -> None:
    work.tx.run(NEW_TIMER, task_id=row["task_id"], instance_id=row["id"], kind="rung", day_offset=offset, due_at=due_at)


def _plan(work: Work, row: Row) -> Climb:
    state = work.registry.by_code[row["process"]].states[row["state"]]
    due_on, passed, ahead = date.fromisoformat(row["due_on"]), list[Occurrence](), None
    for found in occurrences(state.remind, due_on, work.office.calendar):
        if found.at > work.now:
            ahead = found
            break
        if found.offset >= row["day_offset"]:
            passed.append(found)
    return Climb(row, state, tuple(passed), ahead)


def _remind(work: Work, case: Case[Any], one: Climb, found: Occurrence) -> None:
    owner, due_on = one.state.owner, one.timer["due_on"]
    assert owner is not None, "only open states have ladders"
    late = work.office.calendar.between(date.fromisoformat(due_on), work.today)
    facts = (("due_on", due_on), ("days_late", late), ("rung", found.offset))
    model, key = work.registry.by_code[case.process], _key(one.timer, str(found.offset))
    heard: set[str] = set()
    for kind, roles in _parties(found.rung.to, owner):
        tell(work, model, case, Occasion(key, kind, SYSTEM, one.timer["task_id"], facts), roles, heard)


def _parties(roles: tuple[Role, ...], owner: Role) -> list[tuple[str, tuple[Role, ...]]]:
    """The owner is reminded; to everybody else it is an escalation."""
    own = tuple(role for role in roles if role == owner)
    others = tuple(role for role in roles if role != owner)
    return [(REMINDER, own), (ESCALATION, others)]


# ── time-outs ────────────────────────────────────────────────────────────────────────────────────
def fire_time_out(work: Work, timer_id: int) -> bool:
    """Let the clock make its move; False when that timer is due no more, or in the hands of another node."""
    row = work.tx.one(_TIME_OUT, which=timer_id, now=work.micros)
    if row is None:
        return False
    work.tx.run(_STOP_ONE, which=timer_id)
    why = spared(work.tx, partial(_time_out, work, row))
    if why is not None:
        spared(work.tx, partial(_report, work, row, why, late_task_id=row["task_id"]))  # as above
    return True


def _time_out(work: Work, row: Row) -> None:
    """Make the move; a refusal leaves nothing but an incident."""
    model = work.registry.by_code[row["process"]]
    why = spared(work.tx, lambda: act(work, row, model.states[row["state"]].time_out, None, SYSTEM))
    if why is not None:
        _report(work, row, why, late_task_id=row["task_id"])
    if not _has_fired(work, row):
        _fired(work, row, "time_out", row["due_at"], MOVED if why is None else INCIDENT)


def _report(work: Work, row: Row, why: str, late_task_id: int | None = None) -> None:
    """Raise an incident; of a reminder it names no late task, because to try it again must not end the task."""
    model = work.registry.by_code[row["process"]]
    raise_incident(work, model, load_case(work, row), _key(row, row["kind"]), why, late_task_id=late_task_id)


# ── what has fired ───────────────────────────────────────────────────────────────────────────────
def _key(row: Row, rung: str) -> str:
    return f"t{row['task_id']}:{row['due_on'] or from_micros(row['due_at']).isoformat()}:{rung}"


def _has_fired(work: Work, row: Row) -> bool:
    return work.tx.one(FIRED, key=_key(row, "time_out")) is not None


def _fired(work: Work, row: Row, rung: str, scheduled_at: int, outcome: str) -> None:
    work.tx.run(
        NEW_FIRING, key=_key(row, rung), instance_id=row["id"], task_id=row["task_id"], scheduled_at=scheduled_at,
        fired_at=work.micros, outcome=outcome,
    )  # fmt: skip
