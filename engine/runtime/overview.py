"""What lies below a case, counted: one query, whatever there is."""

from sqlalchemy import func, select

from engine.definition.performing import Actor
from engine.runtime.database import Statement
from engine.runtime.rights import visible_rows
from engine.runtime.schema import instance
from engine.runtime.work import Work


def phases_below(work: Work, actor: Actor, parent_id: int, process: str) -> dict[int, dict[str, int]]:
    """How many cases of a process lie anywhere below a case, by unit and phase; as far as the actor sees them."""
    below = select(instance.c.id).where(instance.c.parent_id == parent_id).cte("below", recursive=True)
    child = instance.alias("child")
    below = below.union_all(select(child.c.id).where(child.c.parent_id == below.c.id))
    query = (
        select(instance.c.unit_id, instance.c.phase, func.count().label("n"))
        .where(
            instance.c.id.in_(select(below.c.id)),
            instance.c.process == process,
            visible_rows(work, actor),
        )
        .group_by(instance.c.unit_id, instance.c.phase)
    )
    found: dict[int, dict[str, int]] = {}
    for row in work.tx.all(Statement(query)):
        found.setdefault(row["unit_id"], {})[row["phase"]] = row["n"]
    return found
