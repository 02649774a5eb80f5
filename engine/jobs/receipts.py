"""The receipt of what was handed in: how much, when, what happens to it next and by when."""

from collections import Counter
from typing import Any

from sqlalchemy import select

from engine.definition.audience import without
from engine.definition.performing import Actor
from engine.runtime.database import Row, Statement
from engine.runtime.present import brief, unit_json
from engine.runtime.queries import is_waiting
from engine.runtime.receipts import receipt_code
from engine.runtime.rights import hidden_from, visible_rows
from engine.runtime.schema import instance, user_task
from engine.runtime.snapshots import dossier_of
from engine.runtime.work import Work


def receipt(work: Work, row: Row, actor: Actor) -> dict[str, Any] | None:
    """The receipt of a case that was handed in, with its lines as far as the actor sees them; None before that.

    steps: what the lines wait for, most of them first: todo, role, unit, due_on, source of the date, how many lines.
    """
    model = work.registry.by_code[row["process"]]
    dossier = without(dossier_of(row), hidden_from(work, actor, row))
    handed_in_at = dossier.get(model.outline.handed_in)
    if not handed_in_at:
        return None
    task = user_task.alias("task")
    query = (
        select(instance, *(task.c[name].label(f"task_{name}") for name in _OF_TASK))
        .join_from(instance, task, is_waiting(task), isouter=True)
        .where(instance.c.parent_id == row["id"], visible_rows(work, actor))
        .order_by(instance.c.id)
    )
    rows = [line for line in work.tx.all(Statement(query)) if _was_handed_in(work, line)]
    return {
        "case": brief(work, row),
        "look_up_code": receipt_code(work, row),
        "handed_in_at": handed_in_at,
        "letter": dossier.get(model.letter),
        "lines": [brief(work, line) for line in rows],
        "steps": _steps(work, rows),
    }


def _was_handed_in(work: Work, line: Row) -> bool:
    return bool(dossier_of(line).get(work.registry.by_code[line["process"]].outline.handed_in))


_OF_TASK = ("todo", "role", "unit_id", "due_on", "due_source")


def _steps(work: Work, rows: list[Row]) -> list[dict[str, Any]]:
    counted = Counter(tuple(line[f"task_{name}"] for name in _OF_TASK) for line in rows if line["task_todo"])
    found = []
    for (todo, role, unit_id, due_on, source), count in counted.most_common():
        known = work.registry.roles.get(role)
        found.append(
            {
                "todo": todo,
                "role": known.label if known else role,
                "unit": unit_json(work, unit_id)["name"],
                "due_on": due_on,
                "source": source if " " in source else "",  # words, not the name of a field
                "count": count,
            }
        )
    return found
