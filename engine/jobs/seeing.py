"""Of the cases that rules have met, those that somebody may see: nobody learns of another by trying things out."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from engine.definition.case import Relative
from engine.definition.performing import Actor
from engine.runtime.database import Statement
from engine.runtime.rights import visible_rows
from engine.runtime.schema import instance
from engine.runtime.work import Work

Met = Mapping[str, tuple[Relative, ...]]
"""Need of a definition → the cases that it found."""
AT_ONCE = 500


def visible_ids(work: Work, actor: Actor, met: Iterable[Met]) -> frozenset[int]:
    """The keys of those cases, of all that were met, that the actor may see; one query for 500 of them."""
    ids = sorted({one.id for found in met for others in found.values() for one in others})
    if actor.is_system:
        return frozenset(ids)
    chunks = (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
    wanted = (select(instance.c.id).where(instance.c.id.in_(some), visible_rows(work, actor)) for some in chunks)
    return frozenset(row["id"] for query in wanted for row in work.tx.all(Statement(query)))


def only(met: Met, ids: frozenset[int]) -> dict[str, tuple[Relative, ...]]:
    """What was met, without the cases that are not among the ids."""
    return {name: tuple(one for one in others if one.id in ids) for name, others in met.items()}
