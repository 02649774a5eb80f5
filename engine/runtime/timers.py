"""Fire what is due: the next rung of a ladder, or the move that the clock makes.

Each firing has a unique key (task, due date, rung). After a downtime only the latest due rung of a task
is sent; the skipped ones are recorded.
"""

from datetime import date
from functools import partial
from typing import Any

from engine.definition.case import Case
from engine.definition.deadlines import Occurrence, occurrences
from engine.definition.language import Role
from engine.definition.model import ProcessModel, StateModel
from engine.definition.performing import SYSTEM
from engine.instants import from_micros, to_micros
from engine.runtime.commands import act
from engine.runtime.database import Row
from engine.runtime.notices import ESCALATION, REMINDER, Occasion, raise_incident, tell
from engine.runtime.savepoints import spared
from engine.runtime.snapshots import load_case
from engine.runtime.statements import FIRED, INSTANCE, NEW_FIRING, NEW_TIMER, NEXT_DUE_TIMER, STOP_TIMER
from engine.runtime.work import Work

SENT, SKIPPED, MOVED, INCIDENT = "sent", "skipped", "moved", "incident"


def fire_due(work: Work, most: int = 100) -> int:
    """Fire up to `most` timers that are due; returns how many there were."""
    for fired in range(most):
        timer = work.tx.one(NEXT_DUE_TIMER, now=work.micros)  # asked anew: one that fires may end or set others
        if timer is None:
            return fired
        work.tx.run(STOP_TIMER, which=timer["id"])
        fire = _climb if timer["kind"] == "rung" else _time_out
        why = spared(work.tx, partial(fire, work, timer))
        if why is not None:
            spared(work.tx, partial(_report, work, timer, why))  # when that fails too, the log has it
    return most


def _report(work: Work, timer: Row, why: str) -> None:
    _, model, case = _case(work, timer)
    late = timer["task_id"] if timer["kind"] == "time_out" else None  # to try a reminder again must not end the task
    raise_incident(work, model, case, _key(timer, timer["kind"]), why, late_task_id=late)


def _climb(work: Work, timer: Row) -> None:
    """Send the latest rung that is due, record the ones before it, and set the next."""
    row, model, case = _case(work, timer)
    state = model.states[row["state"]]
    due_on = date.fromisoformat(timer["due_on"])
    passed: list[Occurrence] = []
    for found in occurrences(state.remind, due_on, work.office.calendar):
        if found.at > work.now:
            work.tx.insert(
                NEW_TIMER, task_id=timer["task_id"], instance_id=row["id"], kind="rung", day_offset=found.offset,
                due_at=to_micros(found.at),
            )  # fmt: skip
            break
        if found.offset >= timer["day_offset"]:
            passed.append(found)
    for found in passed[:-1]:
        _fired(work, timer, str(found.offset), to_micros(found.at), SKIPPED)
    if passed and _fired(work, timer, str(passed[-1].offset), to_micros(passed[-1].at), SENT):
        _remind(work, model, case, timer, state, passed[-1])


def _remind(work: Work, model: ProcessModel, case: Case[Any], timer: Row, state: StateModel, found: Occurrence) -> None:
    assert state.owner is not None, "only open states have ladders"
    late = work.office.calendar.between(date.fromisoformat(timer["due_on"]), work.today)
    facts = (("due_on", timer["due_on"]), ("days_late", late), ("rung", found.offset))
    heard: set[str] = set()
    for kind, roles in _parties(found.rung.to, state.owner):
        key = _key(timer, str(found.offset))
        tell(work, model, case, Occasion(key, kind, SYSTEM, timer["task_id"], facts), roles, heard)


def _parties(roles: tuple[Role, ...], owner: Role) -> list[tuple[str, tuple[Role, ...]]]:
    """The owner is reminded; to everybody else it is an escalation."""
    own = tuple(role for role in roles if role == owner)
    others = tuple(role for role in roles if role != owner)
    return [(REMINDER, own), (ESCALATION, others)]


def _time_out(work: Work, timer: Row) -> None:
    """Let the clock make its move; a refusal leaves nothing but an incident."""
    row, model, case = _case(work, timer)
    why = spared(work.tx, lambda: act(work, row, model.states[row["state"]].time_out, None, SYSTEM))
    if why is not None:
        raise_incident(work, model, case, _key(timer, "time_out"), why, late_task_id=timer["task_id"])
    _fired(work, timer, "time_out", timer["due_at"], MOVED if why is None else INCIDENT)


def _case(work: Work, timer: Row) -> tuple[Row, ProcessModel, Case[Any]]:
    row = work.tx.one(INSTANCE, which=timer["instance_id"])
    assert row is not None, "timers belong to cases"
    return row, work.registry.by_code[row["process"]], load_case(work, row)


def _key(timer: Row, rung: str) -> str:
    return f"t{timer['task_id']}:{timer['due_on'] or from_micros(timer['due_at']).isoformat()}:{rung}"


def _fired(work: Work, timer: Row, rung: str, scheduled_at: int, outcome: str) -> bool:
    """Record a firing; False when that key has fired before."""
    key = _key(timer, rung)
    if work.tx.one(FIRED, key=key):
        return False
    work.tx.insert(
        NEW_FIRING, key=key, instance_id=timer["instance_id"], task_id=timer["task_id"], scheduled_at=scheduled_at,
        fired_at=work.micros, outcome=outcome,
    )  # fmt: skip
    return True
