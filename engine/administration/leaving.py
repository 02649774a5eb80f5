"""Who has left: the account is closed once the last day is over, and assigned tasks are handed over then."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, delete, false, null, or_, select, update

from engine.definition.performing import Actor
from engine.runtime.accounts import revoke_all
from engine.runtime.assignments import pass_on
from engine.runtime.database import Row, Statement
from engine.runtime.schema import departure, membership, person, user_task
from engine.runtime.snapshots import code_of
from engine.runtime.statements import INSTANCE, insertion
from engine.runtime.tasks import STATE
from engine.runtime.work import Work

p = bindparam
_PLAN = insertion(departure)
_FORGET = Statement(delete(departure).where(departure.c.person_id == p("which")))
_PLANNED = Statement(
    select(departure.c.last_day, person.c.name.label("successor"))
    .outerjoin_from(departure, person, departure.c.successor_id == person.c.id)
    .where(departure.c.person_id == p("which"))
)
_GONE = Statement(select(departure).where(departure.c.last_day < p("on")).order_by(departure.c.id))
_WORKS_ON = Statement(
    select(membership.c.id).where(
        membership.c.person_id == p("which"), or_(membership.c.valid_to.is_(None), membership.c.valid_to >= p("on"))
    )
)
_CLOSE = Statement(update(person).where(person.c.id == p("which")).values(active=false(), password_hash=""))
_ASSIGNED = Statement(
    select(user_task)
    .where(user_task.c.assignee_id == p("person_id"), user_task.c.clock != "closed")
    .order_by(user_task.c.id)
)
_FREE = Statement(update(user_task).where(user_task.c.id == p("which")).values(assignee_id=null()))


def plan(work: Work, person_id: int, last_day: date, successor: Row | None) -> None:
    """Remember that the person leaves after that day, and who takes over."""
    work.tx.run(_FORGET, which=person_id)
    successor_id = successor["id"] if successor else None
    work.tx.insert(_PLAN, person_id=person_id, last_day=last_day.isoformat(), successor_id=successor_id)


def planned(work: Work, person_id: int) -> dict[str, Any] | None:
    """The last day of somebody who is about to leave, and the name of who takes over; None: they stay."""
    row = work.tx.one(_PLANNED, which=person_id)
    return {"last_day": row["last_day"], "successor": row["successor"]} if row else None


def assigned(work: Work, person_id: int) -> int:
    """How many open tasks are that person's alone."""
    return len(work.tx.all(_ASSIGNED, person_id=person_id))


def see_off(work: Work, actor: Actor, wall: datetime | None = None) -> dict[int, list[dict[str, Any]]]:
    """Close the account of everybody whose last day is over; says to whom whose tasks went, by person.

    Who was given a role since then stays. `wall`: real time, by which sessions end.
    """
    on = work.today.isoformat()
    handed: dict[int, list[dict[str, Any]]] = {}
    for row in work.tx.all(_GONE, on=on):
        person_id = row["person_id"]
        work.tx.run(_FORGET, which=person_id)
        if not work.tx.all(_WORKS_ON, which=person_id, on=on):
            work.tx.run(_CLOSE, which=person_id)
            revoke_all(work.tx, person_id, wall or work.now, tokens=True)
            handed[person_id] = _hand_over(work, row, actor)
    return handed


def _hand_over(work: Work, row: Row, actor: Actor) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    for task in work.tx.all(_ASSIGNED, person_id=row["person_id"]):
        case = work.tx.one(INSTANCE, which=task["instance_id"])
        assert case is not None, "tasks belong to cases"
        taken = None
        if task["kind"] == STATE and task["clock"] == "running":
            taken = pass_on(work, case, task, row["successor_id"], actor)
        else:
            work.tx.run(_FREE, which=task["id"])
        model = work.registry.by_code[case["process"]]
        told.append(
            {
                "id": str(task["id"]), "todo": task["todo"], "case": str(case["id"]), "code": code_of(model, case),
                "collection": model.collection, "given_to": taken["name"] if taken else None,
            }
        )  # fmt: skip
    return told
