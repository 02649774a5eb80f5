"""What the engine could not do: the administrator looks, tries again, or says that it is settled."""

from typing import Any

from sqlalchemy import and_, bindparam, select, update

from engine.definition.performing import Actor
from engine.errors import ActionNotAvailable, NotFound
from engine.runtime.administering import Reach
from engine.runtime.database import Row, Statement
from engine.runtime.present import instant
from engine.runtime.queries import cases_by_id
from engine.runtime.schema import effect, incident, instance, timer, user_task
from engine.runtime.snapshots import code_of
from engine.runtime.statements import INSTANCE, NEW_TIMER
from engine.runtime.work import Work

p = bindparam
_OPEN = Statement(
    select(incident, user_task.c.unit_id, user_task.c.role, instance.c.authority_id)
    .join_from(incident, user_task, incident.c.task_id == user_task.c.id)
    .join(instance, incident.c.instance_id == instance.c.id)
    .where(incident.c.resolved_at.is_(None))
    .order_by(incident.c.id)
)
_ONE = Statement(
    select(incident, user_task.c.unit_id, user_task.c.role, instance.c.authority_id, effect.c.history_id)
    .join_from(incident, user_task, incident.c.task_id == user_task.c.id)
    .join(instance, incident.c.instance_id == instance.c.id)
    .outerjoin(effect, incident.c.effect_id == effect.c.id)
    .where(incident.c.id == p("which"))
)
_RESOLVE = Statement(update(incident).where(incident.c.id == p("which")).values(resolved_at=p("resolved_at")))
_CLOSE = Statement(
    update(user_task).where(user_task.c.id == p("which")).values(clock="closed", closed_at=p("closed_at"))
)
_AGAIN = Statement(update(effect).where(effect.c.id == p("which")).values(state="pending"))
_LATE = (  # open, and no time-out of it lies ahead: after an extension the clock comes to it by itself
    select(user_task.c.id)
    .outerjoin_from(user_task, timer, and_(timer.c.task_id == user_task.c.id, timer.c.kind == "time_out"))
    .where(user_task.c.clock == "running", timer.c.id.is_(None))
)
_OVERDUE = Statement(_LATE.where(user_task.c.id == p("which")))
_ALL_OVERDUE = Statement(
    _LATE.where(user_task.c.id.in_(select(incident.c.late_task_id).where(incident.c.resolved_at.is_(None))))
)


def open_incidents(work: Work, actor: Actor) -> list[dict[str, Any]]:
    """The unresolved incidents that are the actor's to repair, oldest first."""
    reach = Reach(work, actor)
    rows = [row for row in work.tx.all(_OPEN) if _is_repairer(reach, row, actor)]
    cases = cases_by_id(work.tx, (row["instance_id"] for row in rows))
    overdue = {row["id"] for row in work.tx.all(_ALL_OVERDUE)} if rows else set[int]()
    return [_told(work, row, cases[row["instance_id"]], row["late_task_id"] in overdue) for row in rows]


def resolve(work: Work, incident_id: int, actor: Actor) -> dict[str, Any]:
    """Say that an incident is settled, and close its task.

    Raises:
        NotFound: no such incident, or not the actor's to repair.
        ActionNotAvailable: it is settled already.
    """
    row = _open_one(work, incident_id, actor, "Kết thúc sự cố")
    work.tx.run(_RESOLVE, which=incident_id, resolved_at=work.micros)
    work.tx.run(_CLOSE, which=row["task_id"], closed_at=work.micros)
    return _shown(work, _one(work, incident_id))


def retry(work: Work, incident_id: int, actor: Actor) -> dict[str, Any]:
    """Try again what was refused, and settle the incident; another refusal raises a new one.

    Raises:
        NotFound, ActionNotAvailable: as `resolve`; also when there is nothing to try again.
    """
    row = _open_one(work, incident_id, actor, "Thử lại")
    if row["effect_id"] is not None:
        work.tx.run(_AGAIN, which=row["effect_id"])
        work.tx.follow_up.append(row["history_id"])
    elif _is_overdue(work, row):
        work.tx.insert(
            NEW_TIMER, task_id=row["late_task_id"], instance_id=row["instance_id"], kind="time_out", day_offset=0,
            due_at=work.micros,
        )  # fmt: skip
    else:
        raise ActionNotAvailable(action="Thử lại", state="không có gì để thử lại", available="kết thúc sự cố")
    return resolve(work, incident_id, actor)


def _is_overdue(work: Work, row: Row) -> bool:
    return row["late_task_id"] is not None and work.tx.one(_OVERDUE, which=row["late_task_id"]) is not None


def _open_one(work: Work, incident_id: int, actor: Actor, label: str) -> Row:
    row = _one(work, incident_id)
    if not _is_repairer(Reach(work, actor), row, actor):
        raise NotFound(what=f"sự cố số {incident_id}")
    if row["resolved_at"] is not None:
        raise ActionNotAvailable(action=label, state="đã kết thúc", available="không có")
    return row


def _one(work: Work, incident_id: int) -> Row:
    row = work.tx.one(_ONE, which=incident_id)
    if row is None:
        raise NotFound(what=f"sự cố số {incident_id}")
    return row


def _is_repairer(reach: Reach, row: Row, actor: Actor) -> bool:
    """The holder of the incident's task, or who administers the case's authority."""
    if (row["role"], row["unit_id"]) in actor.hats:
        return True
    return reach.reaches(row["authority_id"])


def _shown(work: Work, row: Row) -> dict[str, Any]:
    case = work.tx.one(INSTANCE, which=row["instance_id"])
    assert case is not None, "incidents belong to cases"
    return _told(work, row, case, _is_overdue(work, row))


def _told(work: Work, row: Row, case: Row, is_overdue: bool) -> dict[str, Any]:
    model = work.registry.by_code[case["process"]]
    return {
        "id": str(row["id"]),
        "at": instant(row["at"]),
        "what": row["what"],
        "case": str(case["id"]),
        "code": code_of(model, case),
        "collection": model.collection,
        "can_retry": row["effect_id"] is not None or is_overdue,
        "resolved_at": instant(row["resolved_at"]),
    }
