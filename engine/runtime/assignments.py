"""Whose an open task is, among those who hold its role: taken, given, handed over, or anybody's again."""

from dataclasses import replace

from sqlalchemy import bindparam, update

from engine.definition.case import Assignee
from engine.definition.language import Role
from engine.definition.performing import NO_CAPACITY, Actor, Capacity, Wish, kept_from
from engine.errors import ActionNotAvailable, InvalidInput, NotPerformer
from engine.runtime.database import Row, Statement
from engine.runtime.recording import Deed, advance, announce_task
from engine.runtime.rights import administered
from engine.runtime.schema import user_task
from engine.runtime.snapshots import load_case
from engine.runtime.statements import HOLDERS, OPEN_TASKS
from engine.runtime.tasks import STATE, Waiting
from engine.runtime.work import Work

ASSIGN = "assign"
LABEL = "Giao việc"
_ASSIGN = Statement(
    update(user_task).where(user_task.c.id == bindparam("which")).values(assignee_id=bindparam("assignee_id"))
)


def assign(work: Work, row: Row, username: str | None, actor: Actor) -> Row:
    """Make the running task of a case one person's, or anybody's again (None); returns the case's row.

    Who holds the role takes a free task; its assignee gives it back or hands it over; the role that leads
    it, and the administrator, give it to whom they choose among those who hold it.

    Raises:
        ActionNotAvailable: nothing waits on the case.
        InvalidInput: nobody of that name holds the task's role there.
        NotPerformer: the task is not the actor's to give, or that person is the case's nominee.
    """
    model = work.registry.by_code[row["process"]]
    running = (t for t in work.tx.all(OPEN_TASKS, which=row["id"]) if t["kind"] == STATE and t["clock"] == "running")
    task = next(running, None)
    if task is None:
        raise ActionNotAvailable(action=LABEL, state=model.states[row["state"]].status, available="không có")
    case, role = load_case(work, row), work.registry.roles[task["role"]]
    holders = work.tx.all(HOLDERS, unit_id=task["unit_id"], role=role.code, on=work.today.isoformat())
    chosen = next((holder for holder in holders if holder["username"] == username), None)
    capacity = _capacity(work, row, task, role, chosen, actor)
    if username is not None and chosen is None:
        names = ", ".join(f"{holder['username']} ({holder['name']})" for holder in holders) or "chưa có ai"
        raise InvalidInput({"person": f"phải là người giữ vai trò «{role.label}» ở đơn vị này: {names}"})
    seats = work.office.seats(row["authority_id"], work.today)
    concerned = [(actor, capacity)]
    if chosen is not None:
        concerned.append((Actor(chosen["id"], chosen["name"], staff_code=chosen["staff_code"]), NO_CAPACITY))
    for person, acting in concerned:
        if objection := kept_from(model, case, Wish("", LABEL, (role,), person, seats), acting):
            raise objection
    work.tx.run(_ASSIGN, which=task["id"], assignee_id=chosen["id"] if chosen else None)
    after = replace(case, assignee=Assignee(chosen["id"], chosen["name"]) if chosen else None)
    deed = Deed(ASSIGN, actor, capacity, more={"assignee": chosen["name"] if chosen else None})
    moved, history_id = advance(work, model, row, case, after, deed)
    if chosen is not None:
        announce_task(work, model, after, f"h{history_id}", Waiting(task["id"], task["due_on"]), actor, set())
    return moved


def _capacity(work: Work, row: Row, task: Row, role: Role, chosen: Row | None, actor: Actor) -> Capacity:
    """In which capacity the actor gives the task away, or takes it."""
    unit_id, taken_by = task["unit_id"], task["assignee_id"]
    takes_free = taken_by is None and chosen is not None and chosen["id"] == actor.person_id
    gives_own = taken_by is not None and taken_by == actor.person_id
    hats = actor.hats_for(row["process"], ASSIGN)
    if (takes_free or gives_own) and (role.code, unit_id) in hats:
        return Capacity(role.code)
    if role.led_by and (role.led_by, unit_id) in hats:
        return Capacity(role.led_by)
    if row["authority_id"] in administered(work, actor):
        return Capacity(work.registry.administrator.code)
    leader = work.registry.roles.get(role.led_by)
    who = [f"{one.label}, {work.office.units[unit_id].name}" for one in (leader, role) if one]
    raise NotPerformer(action=LABEL, who="; ".join([*who, work.registry.administrator.label]))
