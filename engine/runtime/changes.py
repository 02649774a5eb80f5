"""What has happened to a case since somebody looked at it, and who hears of a change."""

from typing import Any

from sqlalchemy import bindparam, func, select

from engine.definition.audience import without
from engine.definition.performing import Actor
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.history import rebuild
from engine.runtime.present import history_json
from engine.runtime.queries import history_of
from engine.runtime.rights import hidden_from
from engine.runtime.schema import history, notice, person, unit
from engine.runtime.snapshots import dossier_of
from engine.runtime.work import Work

MOST_SHOWN = 50

p = bindparam
_TOLD = Statement(
    select(func.coalesce(person.c.name, unit.c.name).label("name"))
    .select_from(history)
    .join(notice, notice.c.event_key == func.concat("h", history.c.id))
    .join(person, person.c.id == notice.c.person_id, isouter=True)
    .join(unit, unit.c.id == notice.c.unit_id, isouter=True)
    .where(history.c.instance_id == p("case"), history.c.seq == p("version"))
    .order_by(notice.c.id)
)


def dossier_at(work: Work, row: Row, version: int, actor: Actor) -> dict[str, Any]:
    """The dossier of a case as that version had it, as far as the actor sees it; the present one of no such version."""
    whole = dossier_of(row)
    if 0 < version < row["version"]:
        whole = rebuild(history_of(work.tx, row["id"], 0, version))[1]
    return without(whole, hidden_from(work, actor, row))


def changes_since(work: Work, row: Row, version: int, actor: Actor) -> list[dict[str, Any]]:
    """What has happened to a case after that version, as history tells it to the actor; the first of many."""
    return [history_json(work, row, entry, actor) for entry in history_of(work.tx, row["id"], version, MOST_SHOWN)]


def told_of(tx: Transaction, instance_id: int, version: int) -> list[str]:
    """The names of the people, and of units' mail boxes, that a mail tells of the change to that version."""
    return [row["name"] for row in tx.all(_TOLD, case=instance_id, version=version)]
