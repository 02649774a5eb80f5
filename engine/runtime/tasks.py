"""User tasks and their timers: what opens, pauses, resumes and closes when a case moves."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.definition.case import Assignee, Case
from engine.definition.deadlines import DueKind, next_occurrence, resolve
from engine.definition.model import ProcessModel, StateModel
from engine.definition.performing import seat_of
from engine.instants import end_of_day, to_micros
from engine.office.organisation import Unit
from engine.runtime.database import Row
from engine.runtime.rights import BELOW, HOLDER
from engine.runtime.snapshots import RUNNING, Stored, assignee_of
from engine.runtime.statements import CLOSE_TASK, GRANT, NEW_TASK, NEW_TIMER, SET_CLOCK, STOP_TIMERS
from engine.runtime.work import Work

PAUSED = "paused"
STATE = "state"
INCIDENT = "incident"


@dataclass(frozen=True, slots=True)
class Waiting:
    """The task that waits after a move, and whose it is; `due_on` is ISO text or None."""

    task_id: int
    due_on: str | None
    assignee: Assignee | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A deadline that was given another date; "" is none."""

    task_id: int
    before: str
    after: str


def move_tasks(work: Work, model: ProcessModel, case: Case[Any], source: str, stored: Stored) -> Waiting | None:
    """Bring the tasks of a case in line with its new state; returns the task that now waits, if any.

    The task of the state left is closed, or paused when the new state pauses it; a paused task of the
    new state runs on. A move from a state to itself keeps its task.
    """
    state, tasks = model.states[case.state], stored.tasks
    running = _running(tasks)
    if running is not None and source == case.state:
        moved = reschedule(work, model, case, tasks)
        return Waiting(running["id"], moved.after or None if moved else running["due_on"], assignee_of(running))
    if running is not None:
        (_pause if state.pauses else _close)(work, tasks, running)
    paused = [task for task in tasks if task["clock"] == PAUSED]
    if state.final:
        for task in paused:
            _close(work, tasks, task)
        return None
    resumed = next((task for task in paused if task["state"] == case.state), None)
    if resumed is not None:
        return _resume(work, model, case, tasks, resumed)
    return open_task(work, model, case, stored)


def open_task(work: Work, model: ProcessModel, case: Case[Any], stored: Stored) -> Waiting:
    """Open the task of the case's state, with its timers; the unit that holds it may see the case."""
    state = model.states[case.state]
    unit = holder(work, case, state)
    deadline = resolve(state.due, case)
    task = {
        "instance_id": case.id, "kind": STATE, "state": state.id, "todo": state.todo, "role": _owner(state),
        "unit_id": unit.id, "assignee_id": None, "opened_at": work.micros,
        "due_on": deadline.on.isoformat() if deadline else None, "due_at": to_micros(deadline.at) if deadline else None,
        "due_source": deadline.source if deadline else "", "clock": RUNNING, "days_left": None, "closed_at": None,
    }  # fmt: skip
    task_id = work.tx.insert(NEW_TASK, **task)
    stored.tasks.append({"id": task_id, "assignee": None, **task})
    if not any(grant["unit_id"] == unit.id and grant["relation"] == HOLDER for grant in stored.grants):
        work.tx.run(GRANT, instance_id=case.id, unit_id=unit.id, relation=HOLDER)
    for above in case.ancestors.values():  # the papers above belong to it
        work.tx.run(GRANT, instance_id=above.id, unit_id=unit.id, relation=BELOW)
    _set_timers(work, model, case, task_id, deadline.on if deadline else None)
    return Waiting(task_id, deadline.on.isoformat() if deadline else None)


def reschedule(work: Work, model: ProcessModel, case: Case[Any], tasks: list[Row]) -> Moved | None:
    """Recompute the due date of the running one of these tasks from the dossiers; returns what changed, or None.

    Only deadlines that are dates move; days that are being counted go on.
    """
    state, task = model.states[case.state], _running(tasks)
    if task is None or state.due.kind is not DueKind.DATE:
        return None
    deadline = resolve(state.due, case)
    due_on = deadline.on.isoformat() if deadline else None
    if due_on == task["due_on"]:
        return None
    source = deadline.source if deadline else ""
    _clock(work, tasks, task, clock=RUNNING, due_on=deadline.on if deadline else None, source=source)
    work.tx.run(STOP_TIMERS, which=task["id"])
    _set_timers(work, model, case, task["id"], deadline.on if deadline else None)
    return Moved(task["id"], task["due_on"] or "", due_on or "")


def holder(work: Work, case: Case[Any], state: StateModel) -> Unit:
    """The unit whose task the state is."""
    assert state.owner is not None, "only open states have tasks"
    return seat_of(state.owner, case, work.office.seats(case.authority.id, work.today))


def _owner(state: StateModel) -> str:
    assert state.owner is not None, "only open states have tasks"
    return state.owner.code


def _set_timers(work: Work, model: ProcessModel, case: Case[Any], task_id: int, due_on: date | None) -> None:
    """The next rung and the time-out: at most two rows a task."""
    state = model.states[case.state]
    if due_on is not None and state.remind:
        rung = next_occurrence(state.remind, due_on, work.now, work.office.calendar)
        if rung is not None:
            _timer(work, case, task_id, "rung", rung.offset, to_micros(rung.at))
    if state.time_out:
        at = model.actions[state.time_out].at
        assert at is not None, "a time-out is a timer"
        if at.kind is DueKind.DEADLINE:
            instant = end_of_day(due_on) if due_on else None
        else:
            deadline = resolve(at, case)
            instant = deadline.at if deadline else None
        if instant is not None:
            _timer(work, case, task_id, "time_out", 0, to_micros(instant))


def _timer(work: Work, case: Case[Any], task_id: int, kind: str, offset: int, due_at: int) -> None:
    work.tx.run(NEW_TIMER, task_id=task_id, instance_id=case.id, kind=kind, day_offset=offset, due_at=due_at)


def _running(tasks: list[Row]) -> Row | None:
    return next((task for task in tasks if task["clock"] == RUNNING), None)


def _clock(
    work: Work, tasks: list[Row], task: Row, *, clock: str, due_on: date | None, source: str,
    days_left: int | None = None,
) -> None:  # fmt: skip
    """Write how the clock of a task stands, and keep the list of the open ones in line with it."""
    stands = {
        "clock": clock, "due_on": due_on.isoformat() if due_on else None,
        "due_at": to_micros(end_of_day(due_on)) if due_on else None, "due_source": source, "days_left": days_left,
    }  # fmt: skip
    work.tx.run(SET_CLOCK, which=task["id"], **stands)
    tasks[tasks.index(task)] = {**task, **stands}


def _due(task: Row) -> date | None:
    return date.fromisoformat(task["due_on"]) if task["due_on"] else None


def _close(work: Work, tasks: list[Row], task: Row) -> None:
    work.tx.run(CLOSE_TASK, which=task["id"], closed_at=work.micros)
    work.tx.run(STOP_TIMERS, which=task["id"])
    tasks.remove(task)


def _pause(work: Work, tasks: list[Row], task: Row) -> None:
    due_on = _due(task)
    left = work.office.calendar.between(work.today, due_on) if due_on else None
    _clock(work, tasks, task, clock=PAUSED, due_on=None, source=task["due_source"], days_left=left)
    work.tx.run(STOP_TIMERS, which=task["id"])


def _after_pause(work: Work, left: int) -> date:
    """The due date that keeps the working days left; on a day off, none left means the next working day."""
    return work.office.calendar.next_working(work.today) if left == 0 else work.office.calendar.add(work.today, left)


def _resume(work: Work, model: ProcessModel, case: Case[Any], tasks: list[Row], task: Row) -> Waiting:
    left = task["days_left"]
    due_on = _after_pause(work, left) if left is not None else None
    _clock(work, tasks, task, clock=RUNNING, due_on=due_on, source=task["due_source"])
    _set_timers(work, model, case, task["id"], due_on)
    return Waiting(task["id"], due_on.isoformat() if due_on else None, assignee_of(task))
