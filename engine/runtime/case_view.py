"""What the page of a case tells beside its dossier: where it stands, who is reminded when, what is above and below.

Each function asks the same number of queries whatever has happened to the case and whatever lies below it.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, func, literal, select

from engine.definition.case import Case
from engine.definition.deadlines import occurrences
from engine.definition.language import Phase
from engine.definition.model import ProcessModel, StateModel
from engine.definition.performing import Actor, drafting
from engine.errors import ActionNotAvailable, GuardUnmet, NotPerformer, Refused
from engine.instants import from_micros, local_date
from engine.runtime import listing
from engine.runtime.assignments import giving
from engine.runtime.beginning import NewCase, places, rehearse
from engine.runtime.commands import must_edit, working
from engine.runtime.database import Row, Statement
from engine.runtime.holders import holders, reached
from engine.runtime.performers import deed_of
from engine.runtime.present import brief, days_left, instant, unit_json
from engine.runtime.queries import CaseFilter, tasks_of
from engine.runtime.queue import place_of, work_queue
from engine.runtime.rights import visible_rows
from engine.runtime.schema import attachment, firing, history, instance, person, user_task
from engine.runtime.statements import INSTANCE
from engine.runtime.tasks import STATE
from engine.runtime.work import Work

MOST_RUNGS = 4
PAUSED, RUNNING = "paused", "running"

p = bindparam
_REACHED = Statement(
    select(history.c.target, func.min(history.c.at).label("at"))
    .where(history.c.instance_id == p("which"))
    .group_by(history.c.target)
)
_SENT = Statement(
    select(firing.c.fired_at)
    .where(firing.c.task_id == p("which"), firing.c.outcome == "sent")
    .order_by(firing.c.fired_at)
)
_RECENT = Statement(
    select(history, person.c.name.label("actor_name"))
    .join_from(history, person, history.c.actor_id == person.c.id, isouter=True)
    .where(history.c.instance_id == p("which"), history.c.seq < p("before"))
    .order_by(history.c.seq.desc())
    .limit(p("most"))
)
_PAPERS = (
    select(attachment, person.c.name.label("added_by_name"))
    .join_from(attachment, person, attachment.c.added_by == person.c.id)
    .order_by(attachment.c.kind, attachment.c.edition.desc())
)
_TASK = Statement(select(user_task).where(user_task.c.id == p("which")))


@dataclass(frozen=True, slots=True)
class Clock:
    """How the working days of a task stand: so many of `total` used, so many stood still; left, negative: late."""

    total: int
    used: int
    paused: int
    left: int


@dataclass(frozen=True, slots=True)
class Rung:
    """A reminder that is planned: on which day, so many working days from the due date, to whom."""

    on: date
    offset: int
    roles: tuple[str, ...]


def whereabouts(work: Work, row: Row) -> dict[str, Any]:
    """With whom the case is: its running task or None, `people` who can take it, `clock`, `rungs`, `reminded`.

    paused: the tasks that go on afterwards, each with its clock. reminded: instants of the reminders already sent.
    """
    model, tasks = (
        work.registry.by_code[row["process"]],
        [t for t in tasks_of(work.tx, row["id"]) if t["kind"] == STATE],
    )
    running = next((task for task in tasks if task["clock"] == RUNNING), None)
    paused = [_held(work, task, tasks, model) for task in tasks if task["clock"] == PAUSED]
    if running is None:
        return {"task": None, "people": [], "clock": None, "rungs": [], "reminded": [], "paused": paused}
    there = holders(work, [(running["role"], running["unit_id"])])
    people = reached(there[running["role"], running["unit_id"]], model.code, running["assignee_id"])
    return {
        **_held(work, running, tasks, model),
        "people": [one.name for one in people],
        "is_assigned": running["assignee_id"] is not None,
        "rungs": _rungs(work, row, model, running),
        "reminded": [instant(sent["fired_at"]) for sent in work.tx.all(_SENT, which=running["id"])],
        "paused": paused,
    }


def _held(work: Work, task: Row, tasks: Iterable[Row], model: ProcessModel) -> dict[str, Any]:
    role = work.registry.roles.get(task["role"])
    shown = {
        "id": task["id"],
        "todo": task["todo"],
        "role": role.label if role else task["role"],
        "role_code": task["role"],
        "unit": unit_json(work, task["unit_id"]),
        "unit_id": task["unit_id"],
        "since": instant(task["opened_at"]),
        "due_on": task["due_on"],
        "due_source": task["due_source"] if " " in task["due_source"] else "",
        "days_left": days_left(work, task),
        "clock": task["clock"],
    }
    return {"task": shown, "clock": _clock(work, task, tasks, model)}


def _clock(work: Work, task: Row, tasks: Iterable[Row], model: ProcessModel) -> Clock | None:
    """None without a deadline. A clock stands still while a task is open whose state pauses others."""
    left = days_left(work, task)
    if left is None or model.states[task["state"]].pauses:
        return None if left is None else _plain(work, task, left)
    between, opened = work.office.calendar.between, _day(task["opened_at"])
    stops = [
        (_day(other["opened_at"]), _day(other["closed_at"]) if other["closed_at"] else work.today)
        for other in tasks
        if other["opened_at"] > task["opened_at"] and model.states[other["state"]].pauses
    ]
    paused = sum(between(first, last) for first, last in stops)
    until = date.fromisoformat(task["due_on"]) if task["due_on"] else None
    total = between(opened, until) - paused if until else between(opened, work.today) - paused + left
    return Clock(total, total - left, paused, left)


def _plain(work: Work, task: Row, left: int) -> Clock:
    total = work.office.calendar.between(_day(task["opened_at"]), date.fromisoformat(task["due_on"]))
    return Clock(total, total - left, 0, left)


def _day(micros: int) -> date:
    return local_date(from_micros(micros))


def _rungs(work: Work, row: Row, model: ProcessModel, task: Row) -> list[Rung]:
    """The next reminders of the running task, as the ladder has them."""
    state: StateModel = model.states[task["state"]]
    if not task["due_on"] or not state.remind:
        return []
    planned = occurrences(state.remind, date.fromisoformat(task["due_on"]), work.office.calendar)
    coming = islice((one for one in islice(planned, 400) if one.at > work.now), MOST_RUNGS)
    return [Rung(local_date(one.at), one.offset, tuple(role.label for role in one.rung.to)) for one in coming]


def phases(work: Work, row: Row, case: Case[Any]) -> list[dict[str, Any]]:
    """The customer's stages of such a case in order: `phase`, `on` (the day it was first reached, or None), `now`.

    Going up to the city is a stage only of what does, where the process tells; then the decision comes after it.
    """
    model = work.registry.by_code[row["process"]]
    reached_at: dict[Phase, int] = {}
    for found in work.tx.all(_REACHED, which=row["id"]):
        phase = model.states[found["target"]].phase
        reached_at[phase] = min(found["at"], reached_at.get(phase, found["at"]))
    order = [phase for phase in Phase if any(state.phase is phase for state in model.states.values())]
    forwarded, approved = Phase.FORWARDED_TO_CITY, Phase.APPROVED
    goes_up = model.outline.goes_up
    if goes_up is not None and forwarded in order:
        order.remove(forwarded)
        if forwarded in reached_at or goes_up(case):
            order.insert(order.index(approved), forwarded)
    now = row["phase"]
    days = {one: _day(at).isoformat() for one, at in reached_at.items()}
    return [{"phase": str(one), "on": days.get(one), "now": one == now} for one in order]


def above(work: Work, row: Row, actor: Actor) -> list[dict[str, Any]]:
    """The cases above, the highest first, as far as the actor may see them."""
    if row["parent_id"] is None:
        return []
    first = select(instance.c.id, instance.c.parent_id, literal(1).label("height"))
    line = first.where(instance.c.id == row["parent_id"]).cte("line", recursive=True)
    line = line.union_all(
        select(instance.c.id, instance.c.parent_id, line.c.height + 1).where(instance.c.id == line.c.parent_id)
    )
    query = select(instance).join(line, line.c.id == instance.c.id).where(visible_rows(work, actor))
    return [brief(work, found) for found in work.tx.all(Statement(query.order_by(line.c.height.desc())))]


def below(work: Work, row: Row, actor: Actor, after: listing.Place | None, most: int) -> dict[str, Any]:
    """The cases below that the actor may see, oldest first: `items`, `next` (a place or None), `counts` by state.

    counts: (label of the process, label of the state) → how many there are in all.
    """
    models = work.registry.below(row["process"])
    if not models:
        return {"items": [], "next": None, "counts": Counter[tuple[str, str]]()}
    wanted, sorting = CaseFilter(parent_id=row["id"]), listing.Sorting(listing.Order.UNIT)
    found = listing.rows(work, actor, wanted, sorting, after, most + 1)
    counts: Counter[tuple[str, str]] = Counter()
    for (process, state), n in listing.counts(work, actor, wanted).items():
        model = work.registry.by_code[process]
        counts[model.title, model.states[state].status] += n
    last = found[most - 1] if len(found) > most else None
    return {
        "items": [listing.shown(work, one) for one in found[:most]],
        "next": listing.Place(last["place"], last["id"]) if last else None,
        "counts": counts,
    }


def recent_history(work: Work, row: Row, before: int, most: int) -> list[Row]:
    """The latest entries before one, newest first, each with the `actor_name` (None: the system)."""
    return work.tx.all(_RECENT, which=row["id"], before=before, most=most)


def papers_of(work: Work, *cases: int) -> list[Row]:
    """The papers of cases by kind, of each kind the newest edition first, with `added_by_name`."""
    return work.tx.all(Statement(_PAPERS.where(attachment.c.instance_id.in_(cases)))) if cases else []


def found_json(work: Work, case: Case[Any], actor: Actor) -> list[dict[str, Any]]:
    """Other cases about the same as this one, which the actor may see: each with `why` (the needs that found it)."""
    why: dict[int, list[str]] = {}
    for need, relatives in case.found.items():
        for relative in relatives:
            why.setdefault(relative.id, []).append(need)
    query = select(instance).where(instance.c.id.in_(sorted(why)), visible_rows(work, actor)).order_by(instance.c.id)
    rows = work.tx.all(Statement(query)) if why else []
    return [{**brief(work, one), "why": why[one["id"]], "decision": _decision(one, case)} for one in rows]


def _decision(row: Row, case: Case[Any]) -> dict[str, Any] | None:
    found = (relative for relatives in case.found.values() for relative in relatives if relative.id == row["id"])
    decision: dict[str, Any] | None = next(found).dossier.get("decision")
    return decision


def next_in_queue(work: Work, actor: Actor, task_id: int) -> dict[str, Any] | None:
    """The case that waits for the actor after that task in the order of their queue; the first one of all after the
    last; None when nothing else waits."""
    task = work.tx.one(_TASK, which=task_id)
    place = place_of(task) if task and task["clock"] != PAUSED else None
    here = task["instance_id"] if task else 0
    for start in (place, None):
        for found in work_queue(work, actor, start, 2):
            if found["instance_id"] != here:
                row = work.tx.one(INSTANCE, which=found["instance_id"])
                assert row is not None, "tasks belong to cases"
                return brief(work, row)
    return None


def openings(work: Work, row: Row, case: Case[Any], actor: Actor) -> dict[str, Any]:
    """What the actor may do beside the actions: `edit`, `attach`, `assign`, and which cases below they may `begin`.

    begin: of each process that the actor could ever begin here what speaks `against` it now; empty: nothing.
    """
    model = work.registry.by_code[row["process"]]
    roles, verb = working(model, row["state"]), drafting(model, row["state"])
    takes = bool(model.open_papers(row["state"], case.dossier) and roles)
    begin = [
        {"collection": child.collection, "title": child.title, "process": child.code, "against": against}
        for child in work.registry.below(row["process"])
        if (against := _against(work, child, row, actor)) is not None
    ]
    given = giving(work, row, actor, case)
    return {
        "assign": given is not None and bool(given.people or given.takes or given.may_release),
        "edit": bool(model.open_fields(row["state"], case.dossier))
        and _is_allowed(lambda: must_edit(work, model, case, actor)),
        "attach": takes and _is_allowed(lambda: deed_of(work, model, case, verb, "", roles, actor)),
        "begin": begin,
    }


def _is_allowed(perform: Callable[[], object]) -> bool:
    try:
        perform()
    except (ActionNotAvailable, NotPerformer):
        return False
    return True


def _against(work: Work, child: ProcessModel, row: Row, actor: Actor) -> str | None:
    """What speaks against a case of that process below; "" nothing, None when the actor never begins any there.

    Where something is chosen when beginning, the guards depend on it and are left to that.
    """
    units = places(work, child, row["id"], actor)[1]
    if not units or row["closed_at"] is not None:
        return None
    try:
        if not child.begin.given:
            rehearse(work, child, NewCase(units[0].code, row["id"], {}), actor)
    except GuardUnmet as refused:
        return " ".join(reason.sentence for reason in refused.reasons)
    except Refused as refused:
        return str(refused)
    return ""
