"""Coverage of a campaign: every unit's obligations, and how far each has come (the plan's "100 %").

Generic over the processes: it reads their tasks and states, nothing else. What the engine starts for units
below a case is owed by them; of that, obligations count for the totals.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select

from engine.definition.language import Phase
from engine.definition.model import ProcessModel, StateModel
from engine.definition.performing import Actor
from engine.definition.registry import Registry
from engine.instants import from_micros, local_date
from engine.runtime.database import Row, Statement
from engine.runtime.present import instant, unit_json
from engine.runtime.queue import is_running
from engine.runtime.rights import hidden_from, visible_rows
from engine.runtime.schema import instance, user_task
from engine.runtime.snapshots import code_of, dossier_of
from engine.runtime.tasks import STATE
from engine.runtime.work import Work

SOON_WORKING_DAYS = 5  # "due" begins here when the task has no reminder before its due date
ACCEPTED = (Phase.APPROVED, Phase.FORWARDED_TO_CITY)
CARRIED_OUT = ("received", "excused", "done")
MISSING = ("not_due", "due", "late", "returned")
"""What the unit itself still has to hand in."""


def coverage(work: Work, actor: Actor, campaign_id: int) -> dict[str, Any]:
    """Units × obligations below a campaign, as far as the actor may see them, with totals by unit."""
    processes = [model.code for model in work.registry.models if model.obligation]
    items = [_item(work, row) for row in _owed_rows(work, campaign_id, processes, visible_rows(work, actor))]
    return {"items": items, "totals": totals(items)}


def totals_of_all(work: Work, campaign_id: int) -> dict[str, int]:
    """`totals` over everything below a campaign: counts without names, for whoever sees the campaign itself
    (of which the caller makes sure) although not what each unit owes.
    """
    processes = [model.code for model in work.registry.models if model.obligation]
    return totals(_item(work, row) for row in _owed_rows(work, campaign_id, processes))


def owed(registry: Registry, process: str) -> tuple[ProcessModel, ...]:
    """What units owe below a case of that process: what nobody begins by hand; obligations first."""
    below = [model for model in registry.below(process) if not model.begin.below[process]]
    return tuple(sorted(below, key=lambda model: not model.obligation))


def cells(work: Work, actor: Actor, row: Row) -> list[dict[str, Any]]:
    """All that units owe below the case `row`, as far as the actor may see it: one query, whatever there is.

    Each is an item of `coverage` with its collection, whether it `counts` for the totals, the kind of unit, its
    task that waits, whether the unit itself `holds` it, and the reason why it is excused, for who may read that.
    """
    processes = [model.code for model in owed(work.registry, row["process"])]
    found = _owed_rows(work, row["id"], processes, visible_rows(work, actor))
    return [_cell(work, actor, one) for one in found]


def _cell(work: Work, actor: Actor, row: Row) -> dict[str, Any]:
    model = work.registry.by_code[row["process"]]
    return {
        **_item(work, row),
        "id": row["id"],
        "collection": model.collection,
        "counts": model.obligation,
        "kind": work.office.units[row["unit_id"]].kind,
        "unit_id": row["unit_id"],
        "authority_id": row["authority_id"],
        "holds": row["holder_id"] == row["unit_id"],
        "task": _task(row) if row["task_id"] is not None else None,
        "why": _why(work, actor, model, row),
        "handed_in_at": instant(row["handed_in_at"]),
        "closed_at": instant(row["closed_at"]),
    }


def _task(row: Row) -> dict[str, Any]:
    return {
        "id": row["task_id"], "todo": row["todo"], "role": row["role"], "due_on": row["due_on"],
        "assignee_id": row["assignee_id"],
    }  # fmt: skip


def _why(work: Work, actor: Actor, model: ProcessModel, row: Row) -> str:
    """The reason that was given when the case came to a bad end; empty when there is none to read."""
    state = model.states[row["state"]]
    if not state.final or state.good:
        return ""
    ways = {action for (_, action), branches in model.table.items() if any(b.target == state.id for b in branches)}
    hidden, dossier = hidden_from(work, actor, row), dossier_of(row)
    for into in (model.actions[way].into for way in sorted(ways)):
        given = dossier.get(into) if into and into not in hidden else None
        if isinstance(given, dict) and given.get("reason"):
            return str(given["reason"])
    return ""


def _item(work: Work, row: Row) -> dict[str, Any]:
    model = work.registry.by_code[row["process"]]
    state = model.states[row["state"]]
    status, days = _status(work, row, state)
    return {
        "unit": unit_json(work, row["unit_id"]),
        "process": row["process"],
        "case": str(row["id"]),
        "code": code_of(model, row),
        "state": {"id": state.id, "label": state.status},
        "phase": row["phase"],
        "status": status,
        "days_left": days,
        "days_late": _late(work, row),
    }


def _late(work: Work, row: Row) -> int | None:
    if not row["was_due_on"] or row["handed_in_at"] is None:
        return None
    handed_in = local_date(from_micros(row["handed_in_at"]))
    return work.office.calendar.between(date.fromisoformat(row["was_due_on"]), handed_in)


def _status(work: Work, row: Row, state: StateModel) -> tuple[str, int | None]:
    """How far it has come, accepted, with somebody else, back with the unit, or still with it; and the
    working days left to who holds it."""
    if state.final:
        return ("done" if state.good else "excused"), None
    due_on = row["due_on"]
    left = work.office.calendar.between(work.today, date.fromisoformat(due_on)) if due_on else None
    if state.phase in ACCEPTED:
        return "received", left
    if row["holder_id"] != row["unit_id"]:
        return "submitted", left
    if row["handed_in_at"] is not None:
        return "returned", left
    if left is None or left > _soon(state):
        return "not_due", left
    return ("due" if left >= 0 else "late"), left


def _soon(state: StateModel) -> int:
    """How many working days before its due date a task counts as due: from its first reminder on."""
    return max((-rung.days for rung in state.remind if rung.days < 0), default=SOON_WORKING_DAYS)


def totals(items: Iterable[dict[str, Any]]) -> dict[str, int]:
    """How many units there are, and how many have all their items carried out."""
    by_unit: dict[str, bool] = {}
    for item in items:
        code = item["unit"]["code"]
        by_unit[code] = by_unit.get(code, True) and item["status"] in CARRIED_OUT
    units, carried_out = len(by_unit), sum(by_unit.values())
    return {"units": units, "carried_out": carried_out, "percent": 100 * carried_out // units if units else 0}


def _owed_rows(work: Work, parent_id: int, processes: Iterable[str], *only: ColumnElement[bool]) -> list[Row]:
    """The cases of these processes directly below a case: only those that the conditions let through.

    Each with its running task (`task_id`, `holder_id`, `due_on` …; None when closed), and of the task with
    which the unit first handed it in `was_due_on` and `handed_in_at` (None before that). The dossier only of what
    came to a bad end.
    """
    models, running, first = work.registry.by_code, user_task.alias("running"), user_task.alias("first")
    bad = sorted({one.id for code in processes for one in models[code].states.values() if one.final and not one.good})
    its_task = and_(running.c.instance_id == instance.c.id, running.c.kind == STATE, is_running(running))
    query: Select[Any] = (
        select(
            *(column for column in instance.c if column is not instance.c.dossier),
            case((instance.c.state.in_(bad), instance.c.dossier), else_="{}").label("dossier"),
            running.c.id.label("task_id"),
            running.c.unit_id.label("holder_id"),
            running.c.due_on,
            running.c.todo,
            running.c.role,
            running.c.assignee_id,
            first.c.due_on.label("was_due_on"),
            first.c.closed_at.label("handed_in_at"),
        )
        .join_from(instance, running, its_task, isouter=True)
        .join(first, first.c.id == _handed_in_with(), isouter=True)
        .where(
            instance.c.parent_id == parent_id,
            instance.c.process.in_(sorted(processes)),
            *only,
        )
        .order_by(instance.c.unit_id, instance.c.process, instance.c.id)
    )
    return work.tx.all(Statement(query))


def _handed_in_with() -> Any:
    """The key of the last task that the unit closed before another unit held the case for the first time."""
    own, others = user_task.alias("own"), user_task.alias("others")
    first_elsewhere = (
        select(func.min(others.c.id))
        .where(others.c.instance_id == instance.c.id, others.c.kind == STATE, others.c.unit_id != instance.c.unit_id)
        .correlate(instance)
        .scalar_subquery()
    )
    return (
        select(func.max(own.c.id))
        .where(own.c.instance_id == instance.c.id, own.c.kind == STATE, own.c.id < first_elsewhere)
        .correlate(instance)
        .scalar_subquery()
    )
