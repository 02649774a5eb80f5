"""Reminders that a person sends beside those of the ladder: for who watches what units owe, or leads who does.

The same notice as a rung's, to the same people; for one task once a day. A row proves who sent it and when.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, bindparam, or_, select, tuple_

from engine.definition.case import Case
from engine.definition.language import Role
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.definition.registry import Registry
from engine.errors import NotPerformer
from engine.instants import LOCAL, from_micros
from engine.runtime.administering import Reach
from engine.runtime.coverage import cells
from engine.runtime.database import Row, Statement
from engine.runtime.holders import Holder, holders, reached
from engine.runtime.notices import REMINDER, Occasion, facts_of, tell
from engine.runtime.performers import deed_of
from engine.runtime.schema import instance, nudge, person
from engine.runtime.snapshots import load_case
from engine.runtime.statements import INSTANCE, insertion
from engine.runtime.work import Work

REMIND, LABEL = "remind", "Đôn đốc"
NUDGE = "nudge"
"""What the event keys of such notices begin with."""
MARKED = ("due", "late", "returned")
"""Whom a reminder is for when nobody is named: what is due by now, and what came back."""

_NEW_NUDGE = insertion(nudge)
_NUDGED = Statement(
    select(nudge, person.c.name)
    .join_from(nudge, person, nudge.c.actor_id == person.c.id)
    .where(nudge.c.instance_id == bindparam("which"))
    .order_by(nudge.c.id)
)


@dataclass(frozen=True, slots=True)
class Line:
    """What a unit owes (a cell of the coverage), and who would be reminded of it.

    against: why no reminder goes out; empty when one can. is_due: it goes without being asked for by name.
    to: the people; nobody holds the role when empty, and the unit's own mail box gets it.
    """

    cell: dict[str, Any]
    to: tuple[Holder, ...]
    against: str

    @property
    def is_due(self) -> bool:
        late = self.cell["status"] == "received" and (self.cell["days_left"] or 0) < 0
        return not self.against and (self.cell["status"] in MARKED or late)


def watching(registry: Registry, model: ProcessModel) -> tuple[Role, ...]:
    """The roles that look after cases of the process: its watchers, and those that lead them."""
    leaders = (registry.roles.get(role.led_by) for role in model.watchers)
    return tuple(dict.fromkeys((*model.watchers, *(role for role in leaders if role is not None))))


def tended(work: Work, actor: Actor) -> frozenset[tuple[str, int]]:
    """(process, authority) pairs: there the actor may remind."""
    return frozenset(
        (model.code, authority)
        for model in work.registry.models
        for authority in _served(work, actor, model, REMIND, watching(work.registry, model))
    )


def serves(work: Work, actor: Actor, model: ProcessModel, verb: str, roles: Iterable[Role], authority_id: int) -> bool:
    """Whether the actor has one of the roles' seats for that authority, for that verb."""
    return authority_id in _served(work, actor, model, verb, roles)


def _served(work: Work, actor: Actor, model: ProcessModel, verb: str, roles: Iterable[Role]) -> frozenset[int]:
    wanted = {role.code for role in roles}
    hats = (hat for hat in actor.hats_for(model.code, verb) if hat[0] in wanted)
    return frozenset[int]().union(*(work.office.served(code, unit_id, work.today) for code, unit_id in hats))


def tended_rows(work: Work, actor: Actor) -> ColumnElement[bool]:
    """That a case is the actor's to look after, as a predicate over `instance`: they may remind, or administer it."""
    reach = Reach(work, actor)
    bodies = {unit.authority_id for unit in work.office.units.values()}
    return or_(
        instance.c.authority_id.in_(sorted(body for body in bodies if reach.reaches(body))),
        tuple_(instance.c.process, instance.c.authority_id).in_(sorted(tended(work, actor))),
    )


def plan(work: Work, actor: Actor, row: Row, processes: Collection[str] = ()) -> list[Line]:
    """Everything that units owe below a case, with whom a reminder would reach or why none goes out.

    processes: of these alone; all when empty. The number of queries does not depend on the number of lines.

    Raises:
        NotPerformer: the actor may remind of none of it.
    """
    found = [cell for cell in cells(work, actor, row) if not processes or cell["process"] in processes]
    mine = tended(work, actor)
    if not any((cell["process"], cell["authority_id"]) in mine for cell in found):
        raise _refusal(work, row, processes)
    waiting = [cell for cell in found if cell["task"]]
    there = holders(work, ((cell["task"]["role"], cell["unit_id"]) for cell in waiting))
    today = nudged_today(work, (cell["id"] for cell in waiting))
    return [_line(work, cell, mine, there, today) for cell in found]


def remind(work: Work, actor: Actor, row: Row, cases: Collection[int] | None = None) -> dict[str, Any]:
    """Remind whoever holds the tasks of these cases below the case `row`; of what is due, when None.

    Returns what became of each: `reminded` and `left_out`, as `line_json`. A task is reminded of once a day.

    Raises:
        NotPerformer: the actor may remind of none of it.
    """
    lines = plan(work, actor, row)
    wanted = [line for line in lines if (line.is_due if cases is None else line.cell["id"] in cases)]
    for line in wanted:
        if not line.against:
            _send(work, actor, line.cell)
    return {
        "reminded": [line_json(line) for line in wanted if not line.against],
        "left_out": [line_json(line) for line in wanted if line.against],
    }


def line_json(line: Line) -> dict[str, Any]:
    """A line as programs and stored answers see it."""
    cell = line.cell
    return {
        "case": cell["case"],
        "code": cell["code"],
        "process": cell["process"],
        "unit": cell["unit"],
        "status": cell["status"],
        "days_left": cell["days_left"],
        "is_due": line.is_due,
        "to": [one.name for one in line.to],
        "against": line.against,
    }


def nudges_of(work: Work, instance_id: int) -> list[dict[str, Any]]:
    """Who sent reminders about a case, as what, and when (aware UTC), the oldest first."""
    return [
        {"at": from_micros(row["at"]), "by": row["name"], "role": _label(work, row["role"])}
        for row in work.tx.all(_NUDGED, which=instance_id)
    ]


def _label(work: Work, role: str) -> str:
    known = work.registry.roles.get(role)
    return known.label if known else role


def nudged_today(work: Work, cases: Iterable[int]) -> dict[str, Row]:
    """The reminders that people have sent today about these cases, by their keys, with the sender's `name`."""
    query = (
        select(nudge.c.key, nudge.c.at, person.c.name)
        .join_from(nudge, person, nudge.c.actor_id == person.c.id)
        .where(nudge.c.instance_id.in_(sorted(set(cases))), nudge.c.key.endswith(f":{work.today}"))
    )
    return {row["key"]: row for row in work.tx.all(Statement(query))}


def sample(work: Work, actor: Actor, cell: dict[str, Any]) -> tuple[Case[Any], dict[str, Any]] | None:
    """The case of a cell and the facts of the notice that would go out about it; None without a due date."""
    row = work.tx.one(INSTANCE, which=cell["id"])
    if row is None or cell["task"] is None or not cell["task"]["due_on"]:
        return None
    model, case = work.registry.by_code[row["process"]], load_case(work, row)
    return case, facts_of(model, case, _occasion(work, actor, cell))


def _line(
    work: Work, cell: dict[str, Any], mine: frozenset[tuple[str, int]],
    there: dict[tuple[str, int], list[Holder]], today: dict[str, Row],
) -> Line:  # fmt: skip
    against = _against(work, cell, mine)
    task, to = cell["task"], list[Holder]()
    if not against:
        to = reached(there[task["role"], cell["unit_id"]], cell["process"], task["assignee_id"])
        sent = today.get(_key(work, task))
        if sent is not None:
            at = from_micros(sent["at"]).astimezone(LOCAL)
            against = f"Hôm nay đã đôn đốc lúc {at:%H:%M} ({sent['name']})"
    return Line(cell, tuple(to), against)


def _against(work: Work, cell: dict[str, Any], mine: frozenset[tuple[str, int]]) -> str:
    """Why nobody is to be reminded of that by this actor, whatever the day."""
    status, state = cell["status"], cell["state"]["id"]
    if status == "excused":
        return "Không phải nộp"
    if status == "done":
        return "Đã xong"
    if status == "submitted" or not cell["holds"]:
        return "Đã nộp, đang chờ nơi nhận xử lý"
    if not work.registry.by_code[cell["process"]].waits_for_people(state):
        return "Đang chờ tới ngày, đơn vị chưa phải làm gì"
    if not cell["task"]["due_on"]:
        return "Việc này không có thời hạn để nhắc"
    if (cell["process"], cell["authority_id"]) not in mine:
        return "Bạn không theo dõi hồ sơ này"
    return ""


def _send(work: Work, actor: Actor, cell: dict[str, Any]) -> None:
    row = work.tx.one(INSTANCE, which=cell["id"])
    assert row is not None, "it was just read"
    model, case = work.registry.by_code[row["process"]], load_case(work, row)
    deed = deed_of(work, model, case, REMIND, LABEL, watching(work.registry, model), actor)
    mandate = deed.capacity.mandate
    work.tx.insert(
        _NEW_NUDGE, key=_key(work, cell["task"]), instance_id=row["id"], task_id=cell["task"]["id"],
        actor_id=actor.person_id, role=deed.capacity.role, mandate_id=mandate.id if mandate else None, at=work.micros,
    )  # fmt: skip
    owner = model.states[case.state].owner
    assert owner is not None, "only open states have tasks"
    tell(work, model, case, _occasion(work, actor, cell), (owner,), set())


def _occasion(work: Work, actor: Actor, cell: dict[str, Any]) -> Occasion:
    task = cell["task"]
    late = work.office.calendar.between(date.fromisoformat(task["due_on"]), work.today)
    facts = (("due_on", task["due_on"]), ("days_late", late), ("rung", late))
    return Occasion(f"{NUDGE}:{_key(work, task)}", REMINDER, actor, task["id"], facts)


def _key(work: Work, task: dict[str, Any]) -> str:
    return f"{task['id']}:{task['due_on']}:{work.today}"


def _refusal(work: Work, row: Row, processes: Collection[str]) -> NotPerformer:
    below = [model for model in work.registry.below(row["process"]) if not processes or model.code in processes]
    roles = dict.fromkeys(role.label for model in below for role in watching(work.registry, model))
    return NotPerformer(action=LABEL, who="; ".join(roles) or "không ai ở bước này")
