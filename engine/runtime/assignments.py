"""Whose an open task is, among those who hold its role: taken, given, handed over, or anybody's again."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, update

from engine.definition.case import Assignee, Case
from engine.definition.language import Role
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor, Capacity, Wish, capacity_of, is_barred, kept_from, seat_of
from engine.errors import ActionNotAvailable, InvalidInput, NotPerformer
from engine.runtime.administering import administers
from engine.runtime.database import Row, Statement
from engine.runtime.recording import Deed, advance, announce_task
from engine.runtime.schema import user_task
from engine.runtime.snapshots import RUNNING, Stored, load_case, stored_of
from engine.runtime.statements import HOLDERS, OPEN_TASKS
from engine.runtime.tasks import STATE, Waiting
from engine.runtime.work import Work

ASSIGN = "assign"
LABEL = "Giao việc"
_ASSIGN = Statement(
    update(user_task).where(user_task.c.id == bindparam("which")).values(assignee_id=bindparam("assignee_id"))
)


def assign(work: Work, row: Row, username: str | None, actor: Actor, stored: Stored | None = None) -> Row:
    """Make the running task of a case one person's, or anybody's again (None); returns the case's row.

    Who holds the role takes a free task; its assignee gives it back or hands it over; the role that leads
    it, and the administrator, give it to whom they choose among those who hold it.

    stored: what is stored of the case, when it was read; its tasks are kept up to date.

    Raises:
        ActionNotAvailable: nothing waits on the case.
        NotPerformer: the task is not the actor's to give.
        InvalidInput: that person does not hold the task's role there, or is kept from this case.
    """
    model = work.registry.by_code[row["process"]]
    stored = stored or stored_of(work, row)
    task = next((task for task in stored.tasks if task["clock"] == RUNNING), None)
    if task is None:
        raise ActionNotAvailable(action=LABEL, state=model.states[row["state"]].status, available="không có")
    case, role = load_case(work, row, stored), work.registry.roles[task["role"]]
    holders = work.tx.all(HOLDERS, unit_id=task["unit_id"], role=role.code, on=work.today.isoformat())
    chosen = next((holder for holder in holders if holder["username"] == username), None)
    capacity = _capacity(work, model, case, role, chosen, actor)
    if username is not None:
        _must_be_able(work, model, case, role, chosen, holders)
    place = stored.tasks.index(task)
    stored.tasks[place] = {**task, "assignee_id": chosen["id"] if chosen else None}
    return _give(work, row, task, case, chosen, Deed(ASSIGN, actor, capacity), is_told=chosen is not None)


@dataclass(frozen=True, slots=True)
class Giving:
    """What somebody can do about whose a case's running task is.

    assignee: the name of whose it is now. people: (user name, name) of those to whom they may give it; takes: their
    own user name when they may take it themself; may_release: they may make it anybody's again; why_not: says who
    could, when they can do nothing.
    """

    todo: str
    role: str
    assignee: str
    people: tuple[tuple[str, str], ...]
    takes: str
    may_release: bool
    why_not: str


def giving(work: Work, row: Row, actor: Actor, case: Case[Any] | None = None) -> Giving | None:
    """What the actor can do about whose the running task of a case is; None when nothing waits on it.

    case: as `load_case` gives it, when it is loaded already.
    """
    running = (t for t in work.tx.all(OPEN_TASKS, which=row["id"]) if t["kind"] == STATE and t["clock"] == "running")
    task = next(running, None)
    if task is None:
        return None
    model, role = work.registry.by_code[row["process"]], work.registry.roles[task["role"]]
    case = case or load_case(work, row)
    holders = work.tx.all(HOLDERS, unit_id=task["unit_id"], role=role.code, on=work.today.isoformat())
    refused: list[str] = []

    def may_give_to(chosen: Row | None) -> bool:
        try:
            _capacity(work, model, case, role, chosen, actor)
        except NotPerformer as refusal:
            refused.append(str(refusal))
            return False
        return True

    now = case.assignee.person_id if case.assignee else None
    able = [h for h in _able(work, model, case, role, holders) if h["id"] != now and may_give_to(h)]
    return Giving(
        task["todo"],
        role.label,
        case.assignee.name if case.assignee else "",
        tuple((h["username"], h["name"]) for h in able if h["id"] != actor.person_id),
        next((h["username"] for h in able if h["id"] == actor.person_id), ""),
        case.assignee is not None and may_give_to(None),
        refused[0] if refused else "",
    )


def pass_on(work: Work, row: Row, task: Row, successor_id: int | None, actor: Actor) -> Row | None:
    """Make the running task of somebody who has left the successor's, where that one holds its role and is not
    kept from the case, else anybody's; whose it is now is told. Returns the successor when it is theirs.
    """
    model, case, role = work.registry.by_code[row["process"]], load_case(work, row), work.registry.roles[task["role"]]
    holders = work.tx.all(HOLDERS, unit_id=task["unit_id"], role=role.code, on=work.today.isoformat())
    chosen = next((one for one in _able(work, model, case, role, holders) if one["id"] == successor_id), None)
    capacity = Capacity() if actor.is_system else Capacity(work.registry.administrator.code)
    _give(work, row, task, case, chosen, Deed(ASSIGN, actor, capacity), is_told=True)
    return chosen


def _give(work: Work, row: Row, task: Row, case: Case[Any], chosen: Row | None, deed: Deed, *, is_told: bool) -> Row:
    model = work.registry.by_code[row["process"]]
    work.tx.run(_ASSIGN, which=task["id"], assignee_id=chosen["id"] if chosen else None)
    after = case.but(assignee=Assignee(chosen["id"], chosen["name"]) if chosen else None)
    deed = replace(deed, more={"assignee": chosen["name"] if chosen else None})
    moved, history_id = advance(work, model, row, case, after, deed)
    if is_told:
        waits = Waiting(task["id"], task["due_on"], after.assignee)
        announce_task(work, model, after, f"h{history_id}", waits, deed.actor, set())
    return moved


def _able(work: Work, model: ProcessModel, case: Case[Any], role: Role, holders: list[Row]) -> list[Row]:
    """Those among the holders of a task's role who are not kept from all that it does to this case."""
    seats = work.office.seats(case.authority.id, work.today)
    return [h for h in holders if not is_barred(model, case, role, _person(h), seats)]


def _must_be_able(
    work: Work, model: ProcessModel, case: Case[Any], role: Role, chosen: Row | None, holders: list[Row]
) -> None:
    """Refuse who does not hold the task's role there, or is kept from all that it does to this case."""
    able = _able(work, model, case, role, holders)
    if chosen not in able:
        names = ", ".join(f"{holder['username']} ({holder['name']})" for holder in able) or "chưa có ai"
        why = "không được làm việc này: đã làm việc khác trên hồ sơ, hoặc là người được đề nghị"
        if chosen is None:
            why = f"không giữ vai trò «{role.label}» ở đơn vị này"
        raise InvalidInput({"person": f"Người này {why} ở đơn vị này. Giao được cho: {names}."})


def _capacity(
    work: Work, model: ProcessModel, case: Case[Any], role: Role, chosen: Row | None, actor: Actor
) -> Capacity:
    """In which capacity the actor gives the task away, or takes it."""
    seats = work.office.seats(case.authority.id, work.today)
    leader = work.registry.roles.get(role.led_by)
    if leader is not None and (leader.code, seat_of(leader, case, seats).id) in actor.hats_for(model.code, ASSIGN):
        return capacity_of(model, case, Wish(ASSIGN, LABEL, (leader,), actor, seats))
    above = Capacity(work.registry.administrator.code)
    if administers(work, actor, case.authority.id):
        if against := kept_from(model, case, Wish(ASSIGN, LABEL, (role,), actor, seats), above):
            raise against
        return above
    own = capacity_of(model, case, Wish(ASSIGN, LABEL, (role,), actor, seats))
    if case.assignee is None and (chosen is None or chosen["id"] != actor.person_id):
        others = (leader, work.registry.administrator)
        raise NotPerformer(action="Giao việc cho người khác", who="; ".join(one.label for one in others if one))
    return own


def _person(holder: Row) -> Actor:
    return Actor(holder["id"], holder["name"], staff_code=holder["staff_code"])
