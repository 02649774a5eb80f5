"""Cases of units that have ended: who takes them over, and what moves with them.

State, dossier and due dates stay; unit, authority, tasks and access move, with an entry in the history.
"""

from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import bindparam, delete, func, null, or_, select, update

from engine.administration.desk import Desk, must_live
from engine.administration.forms import Transfer
from engine.administration.leaving import see_off
from engine.administration.refusals import OfficeRefused
from engine.administration.sight import follow_seats, inherit
from engine.definition.case import Case
from engine.definition.language import Seat
from engine.definition.model import ProcessModel
from engine.definition.performing import SYSTEM, Actor, Capacity
from engine.errors import NotFound
from engine.office.organisation import Unit
from engine.runtime.database import Row, Statement
from engine.runtime.recording import Deed, advance, announce_task
from engine.runtime.rights import BELOW, HOLDER, OWN, visible
from engine.runtime.savepoints import spared
from engine.runtime.schema import access, instance, succession, user_task
from engine.runtime.service import Engine
from engine.runtime.snapshots import code_of, load_case
from engine.runtime.statements import GRANT, INSTANCE, OPEN_TASKS, ignoring
from engine.runtime.tasks import INCIDENT, STATE, Waiting, holder
from engine.runtime.work import Work

TRANSFER = "transfer"

p = bindparam
_HEIRS = Statement(select(succession).where(succession.c.unit_id == p("which")).order_by(succession.c.id))
_MOVE_CASE = Statement(
    update(instance).where(instance.c.id == p("which")).values(unit_id=p("unit_id"), authority_id=p("authority_id"))
)
_MOVE_TASK = Statement(
    update(user_task).where(user_task.c.id == p("which")).values(unit_id=p("to"), assignee_id=null())
)
_PASS_ACCESS = Statement(
    ignoring(access).from_select(
        ["instance_id", "unit_id", "relation"],
        select(access.c.instance_id, p("heir"), access.c.relation).where(
            access.c.instance_id == p("case"), access.c.unit_id == p("former")
        ),
    )
)
_DROP_ACCESS = Statement(delete(access).where(access.c.instance_id == p("case"), access.c.unit_id == p("former")))
_OPEN_TASKS_BY_SEAT = Statement(
    select(instance.c.authority_id, user_task.c.role, user_task.c.unit_id, func.count().label("n"))
    .join_from(user_task, instance, user_task.c.instance_id == instance.c.id)
    .where(user_task.c.clock != "closed", user_task.c.kind == STATE)
    .group_by(instance.c.authority_id, user_task.c.role, user_task.c.unit_id)
    .order_by(instance.c.authority_id, user_task.c.role, user_task.c.unit_id)
)
_SEATED = Statement(
    select(user_task)
    .join_from(user_task, instance, user_task.c.instance_id == instance.c.id)
    .where(
        user_task.c.clock != "closed",
        user_task.c.kind == STATE,
        user_task.c.role == p("role"),
        user_task.c.unit_id == p("unit_id"),
        instance.c.authority_id == p("authority_id"),
    )
    .order_by(user_task.c.id)
)


def settle(work: Work, actor: Actor, fresh: int | None = None) -> dict[str, int]:
    """Move what has come to be elsewhere: cases of units that have ended, tasks of seats that have moved, and who
    sees them; close the accounts of people who have left.

    Harmless to repeat. What has no successor, or several, stays until somebody says where it goes. `fresh`: the
    key of a seat that was given just now.
    """
    cases = sum(_take_over(work, row, actor) for row in _orphans(work))
    for unit in work.office.units.values():
        heir = _heir(work, unit)[0] if has_ended(work, unit) else None
        if heir is not None:
            inherit(work, unit.id, heir.id)
    tasks = _reseat(work, actor)
    follow_seats(work, fresh)
    see_off(work, actor)
    return {"cases_transferred": cases, "tasks_moved": tasks}


def settle_due(engine: Engine, request_id: str = "") -> None:
    """What a new day brings: the first day after a unit's last one, or of a seat that was given in advance."""
    engine.writer.call(lambda tx: settle(engine.work(tx, request_id), SYSTEM))


def has_ended(work: Work, unit: Unit) -> bool:
    """Whether the unit's last day is over."""
    return unit.valid_to is not None and unit.valid_to < work.today


def waiting(work: Work, unit_id: int) -> list[dict[str, str]]:
    """Key, collection and code of the open cases that still name a unit as theirs or as their authority."""
    named = or_(instance.c.unit_id == unit_id, instance.c.authority_id == unit_id)
    query = select(instance).where(named, instance.c.closed_at.is_(None)).order_by(instance.c.id)
    return [_named(work.registry.by_code[row["process"]], row) for row in work.tx.all(Statement(query))]


def _named(model: ProcessModel, row: Row) -> dict[str, str]:
    return {"id": str(row["id"]), "collection": model.collection, "code": code_of(model, row)}


def hand_over(desk: Desk, collection: str, case_id: int, wanted: Transfer) -> Row:
    """Give an open case of a unit that has ended to the unit named; returns its row.

    Raises:
        NotFound: no such case, or not visible to the actor.
        NotPerformer: the actor does not administer its authority.
        InvalidInput: an unknown unit.
        OfficeRefused: `case_closed`, `case_not_transferable`, `unit_not_alive`, `case_without_authority`.
    """
    work = desk.work
    model = work.registry.collection(collection)
    row = work.tx.one(INSTANCE, which=case_id)
    if row is None or row["process"] != model.code or not (desk.actor is None or visible(work, desk.actor, row)):
        raise NotFound(what=f"{model.title.lower()} số {case_id}")
    desk.must_reach(row["authority_id"], "Chuyển hồ sơ")
    if row["closed_at"] is not None:
        raise OfficeRefused("case_closed")
    if not any(has_ended(work, work.office.units[row[name]]) for name in ("unit_id", "authority_id")):
        raise OfficeRefused("case_not_transferable")
    successor = desk.named(wanted.unit, "unit")
    must_live(successor, work.today)
    return transfer(work, row, work.office.units[successor["id"]], wanted.paper, desk.acting)


def transfer(work: Work, row: Row, successor: Unit, paper: str, actor: Actor) -> Row:
    """Give a case to another unit, with its open tasks and who may see it; returns the row.

    Raises:
        OfficeRefused: `case_without_authority`: nobody decides for the successor in place of the old authority.
    """
    model = work.registry.by_code[row["process"]]
    before = load_case(work, row)
    authority = _authority_after(work, row, successor)
    if authority is None:
        old = work.office.units[row["authority_id"]]
        raise OfficeRefused("case_without_authority", authority=old.name, unit=successor.code)
    after = replace(before, unit=successor, authority=authority, assignee=None)
    moves = {
        name: {"from": old.code, "to": new.code}
        for name, old, new in (("unit", before.unit, successor), ("authority", before.authority, authority))
        if old.id != new.id
    }
    reason = f"{before.unit.name} → {successor.name}: {paper}"
    capacity = Capacity() if actor.is_system else Capacity(work.registry.administrator.code)
    deed = Deed(TRANSFER, actor, capacity, more={TRANSFER: {**moves, "paper": paper}, "reason": reason})
    moved, history_id = advance(work, model, row, before, after, deed)
    work.tx.run(_MOVE_CASE, which=row["id"], unit_id=successor.id, authority_id=authority.id)
    _pass_access(work, after, {before.unit.id: successor.id, before.authority.id: authority.id})
    for task in _move_tasks(work, model, after, {before.unit.id: successor, before.authority.id: authority}):
        announce_task(work, model, after, f"h{history_id}", Waiting(task["id"], task["due_on"]), actor, set())
    return {**moved, "unit_id": successor.id, "authority_id": authority.id}


def _orphans(work: Work) -> list[Row]:
    """The open cases whose unit or authority has ended."""
    gone = sorted(unit.id for unit in work.office.units.values() if has_ended(work, unit))
    if not gone:
        return []
    named = or_(instance.c.unit_id.in_(gone), instance.c.authority_id.in_(gone))
    return work.tx.all(Statement(select(instance).where(named, instance.c.closed_at.is_(None)).order_by(instance.c.id)))


def _take_over(work: Work, row: Row, actor: Actor) -> bool:
    """Give an orphan to the sole successor; False when there is none, or the case cannot be worked on."""
    unit = work.office.units[row["unit_id"]]
    successor, paper = _heir(work, unit)
    if successor is not None and successor.id == unit.id:  # only its authority has ended
        _, paper = _heir(work, work.office.units[row["authority_id"]])
    if successor is None or _authority_after(work, row, successor) is None:
        return False
    return spared(work.tx, partial(transfer, work, row, successor, paper, actor)) is None


def _heir(work: Work, unit: Unit) -> tuple[Unit | None, str]:
    """The living unit that a chain of sole successors leads to, with the last paper; the unit itself if it lives."""
    paper, passed = "", set[int]()
    while has_ended(work, unit):
        heirs = work.tx.all(_HEIRS, which=unit.id)
        if len(heirs) != 1 or unit.id in passed:
            return None, paper
        passed.add(unit.id)
        unit, paper = work.office.units[heirs[0]["successor_id"]], heirs[0]["paper"]
    return (unit if unit.exists(work.today) else None), paper


def _authority_after(work: Work, row: Row, unit: Unit) -> Unit | None:
    """Who decides the case once it is that unit's; None when nobody does yet.

    A case that a unit decided for itself, though another body decides for it, is decided by whoever has it;
    an authority that lives keeps its cases; else it is whoever decides for the unit now, or the old one's heir.
    """
    units = work.office.units
    if row["authority_id"] == row["unit_id"] != units[row["unit_id"]].authority_id:
        return unit
    if not has_ended(work, units[row["authority_id"]]):
        return units[row["authority_id"]]
    now = units[unit.authority_id]
    if not has_ended(work, now):
        return now
    heir, _ = _heir(work, units[row["authority_id"]])
    return units[heir.authority_id] if heir else None


def _pass_access(work: Work, case: Case[Any], heirs: dict[int, int]) -> None:
    for former, heir in heirs.items():
        if former != heir:
            work.tx.run(_PASS_ACCESS, case=case.id, former=former, heir=heir)
            work.tx.run(_DROP_ACCESS, case=case.id, former=former)
    work.tx.run(GRANT, instance_id=case.id, unit_id=case.unit.id, relation=OWN)


def _move_tasks(work: Work, model: ProcessModel, case: Case[Any], heirs: dict[int, Unit]) -> list[Row]:
    """Move the open tasks to who holds them now; returns those that somebody new has to do."""
    moved: list[Row] = []
    for task in work.tx.all(OPEN_TASKS, which=case.id):
        if task["kind"] == INCIDENT:
            unit = heirs.get(task["unit_id"])
        else:
            unit = holder(work, case, model.states[task["state"]])
        if unit is None or unit.id == task["unit_id"]:
            continue
        work.tx.run(_MOVE_TASK, which=task["id"], to=unit.id)
        _let_see(work, case.id, unit)
        for above in case.ancestors.values():
            work.tx.run(GRANT, instance_id=above.id, unit_id=unit.id, relation=BELOW)
        if task["kind"] == STATE and task["clock"] == "running":
            moved.append(task)
    return moved


def _let_see(work: Work, case_id: int, unit: Unit) -> None:
    work.tx.run(GRANT, instance_id=case_id, unit_id=unit.id, relation=HOLDER)


def _reseat(work: Work, actor: Actor) -> int:
    """Move the open tasks of an authority's roles to the units that have the seats today, and tell who has them."""
    moved = 0
    for group in work.tx.all(_OPEN_TASKS_BY_SEAT):
        role = work.registry.roles.get(group["role"])
        authority = work.office.units[group["authority_id"]]
        if role is None or role.seat is not Seat.AUTHORITY or has_ended(work, authority):
            continue
        unit = work.office.seats(authority.id, work.today).get(role.code, authority)
        if unit.id == group["unit_id"]:
            continue
        place = {"role": role.code, "unit_id": group["unit_id"], "authority_id": authority.id}
        for task in work.tx.all(_SEATED, **place):
            work.tx.run(_MOVE_TASK, which=task["id"], to=unit.id)
            _let_see(work, task["instance_id"], unit)
            if task["clock"] == "running":
                _announce_reseated(work, task, unit, actor)
        moved += group["n"]
    return moved


def _announce_reseated(work: Work, task: Row, unit: Unit, actor: Actor) -> None:
    row = work.tx.one(INSTANCE, which=task["instance_id"])
    assert row is not None, "tasks belong to cases"
    key = f"seat:{task['id']}:{unit.id}:{work.today.isoformat()}"
    case = load_case(work, row)
    waits = Waiting(task["id"], task["due_on"], case.assignee)
    announce_task(work, work.registry.by_code[row["process"]], case, key, waits, actor, set())
