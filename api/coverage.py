"""Coverage of a campaign: every unit's obligations, and how far each has come (the plan's "100 %").

Generic over the processes that count as obligations: it reads their tasks and states, nothing else.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from engine.definition.decide import Actor
from engine.definition.language import Phase
from engine.definition.model import StateModel
from engine.instants import from_micros, local_date
from engine.runtime import queries
from engine.runtime.database import Row
from engine.runtime.present import unit_json
from engine.runtime.snapshots import code_of
from engine.runtime.work import Work

SOON_WORKING_DAYS = 5  # "due" begins here when the task has no reminder before its due date
ACCEPTED = (Phase.APPROVED, Phase.FORWARDED_TO_CITY)
CARRIED_OUT = ("received", "excused", "done")


def coverage(work: Work, actor: Actor, campaign_id: int) -> dict[str, Any]:
    """Units × obligations below a campaign, as far as the actor may see them, with totals by unit."""
    processes = [model.code for model in work.registry.models if model.obligation]
    rows = queries.obligations(work, actor, campaign_id, processes)
    items = [_item(work, row) for row in rows]
    return {"items": items, "totals": _totals(items)}


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


def _totals(items: Iterable[dict[str, Any]]) -> dict[str, int]:
    by_unit: dict[str, bool] = {}
    for item in items:
        code = item["unit"]["code"]
        by_unit[code] = by_unit.get(code, True) and item["status"] in CARRIED_OUT
    units, carried_out = len(by_unit), sum(by_unit.values())
    return {"units": units, "carried_out": carried_out, "percent": 100 * carried_out // units if units else 0}
