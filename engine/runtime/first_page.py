"""What a first page tells beside the list of tasks: what one may begin, which dates lie ahead, who is late."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain, groupby
from typing import Any

from sqlalchemy import func, select

from engine.definition.language import Role, Seat
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.instants import start_of_day, to_micros
from engine.runtime.beginning import units_for
from engine.runtime.database import Row
from engine.runtime.listing import TASK, all_of, own_units, table
from engine.runtime.present import brief, unit_json
from engine.runtime.queries import CaseFilter, is_waiting, let_through
from engine.runtime.rights import hidden_from
from engine.runtime.schema import instance
from engine.runtime.work import Work

MOST_PARENTS, MOST_TASKS = 5, 500


def served(work: Work, actor: Actor) -> frozenset[int]:
    """The authorities for which the actor has a role's seat."""
    roles = work.registry.roles
    seats = ((code, at) for code, at in actor.hats if code in roles and roles[code].seat is Seat.AUTHORITY)
    return frozenset(chain.from_iterable(work.office.served(code, at, work.today) for code, at in seats))


def overdue_by_unit(work: Work, actor: Actor, limit: int) -> list[tuple[dict[str, str], int]]:
    """The units that hold the most overdue tasks of cases which the actor may see, of the authorities for which
    they have a seat: the unit, how many.
    """
    late = CaseFilter(is_open=True, overdue=True, authorities=served(work, actor))
    since = to_micros(start_of_day(work.today))
    query = (
        select(TASK.c.unit_id, func.count().label("n"))
        .join_from(instance, TASK, is_waiting(TASK))
        .where(TASK.c.due_at < since, *let_through(work, actor, late, TASK))  # their index begins with them
        .group_by(TASK.c.unit_id)
        .order_by(func.count().desc(), TASK.c.unit_id)
        .limit(limit)
    )
    return [(unit_json(work, row["unit_id"]), row["n"]) for row in all_of(work, query)]


def newest_owed(work: Work, actor: Actor) -> dict[str, Any] | None:
    """The newest open case, in brief, below which units owe something: the campaign that runs, of an
    authority for which the actor has a seat; None without one.
    """
    above = {parent for model in work.registry.models if model.obligation for parent in model.begin.below}
    steps = _begun(model for model in work.registry.models if model.code in above)
    query = select(instance).where(
        *let_through(work, actor, CaseFilter(steps=steps, is_open=True, authorities=served(work, actor)))
    )
    found = all_of(work, query.order_by(instance.c.id.desc()).limit(1)) if steps else []
    return brief(work, found[0]) if found else None


def _begun(models: Iterable[ProcessModel]) -> tuple[tuple[str, str], ...]:
    """The (process, state) pairs in which such cases are no drafts any more."""
    return tuple((model.code, state) for model in models for state in model.states if state != model.initial)


def beginners(model: ProcessModel) -> frozenset[Role]:
    """The roles that may begin the process somewhere."""
    return frozenset(chain(model.begin.by, *model.begin.below.values()))


@dataclass(frozen=True, slots=True)
class Beginning:
    """What somebody may begin by their role: a process, below a case in brief, or below none."""

    model: ProcessModel
    parent: dict[str, Any] | None


def beginnings(work: Work, actor: Actor) -> list[Beginning]:
    """What the actor's roles may begin: below the open cases that everybody sees, and below nothing.

    A case takes nothing while the outline of its process says so.
    """
    free = [Beginning(m, None) for m in work.registry.models if m.begin.by and any(units_for(work, m, None, actor))]
    steps = _begun(model for model in work.registry.models if model.everyone_sees)
    query = select(instance).where(*let_through(work, actor, CaseFilter(steps=steps, is_open=True)))
    rows = all_of(work, query.order_by(instance.c.id.desc()).limit(MOST_PARENTS)) if steps else []
    return [*chain.from_iterable(_below(work, row, actor) for row in rows), *free]


def _below(work: Work, row: Row, actor: Actor) -> Iterator[Beginning]:
    model = work.registry.by_code[row["process"]]
    if model.outline.takes is not None and not model.outline.takes(model.dossier.model_validate_json(row["dossier"])):
        return
    for below in work.registry.below(model.code):
        if any(units_for(work, below, model.code, actor)):
            yield Beginning(below, brief(work, row))


@dataclass(frozen=True, slots=True)
class Date:
    """A date ahead: of a task that is due, or one that a case's dossier names. more: how many other cases it is of."""

    on: date
    what: str
    case: dict[str, Any]
    more: int = 0


def dates_ahead(work: Work, actor: Actor, until: date, limit: int) -> list[Date]:
    """The dates from today up to `until`, included: of the tasks of the actor's units, and those that the open
    cases which everybody sees name in their dossiers.
    """
    units = own_units(work, actor)
    tasks = (
        table(work, actor, CaseFilter(units=units, is_open=True, due_by=until))
        .where(TASK.c.due_on >= work.today.isoformat())
        .order_by(TASK.c.due_at, TASK.c.todo, instance.c.id)
        .limit(MOST_TASKS)
    )
    due = groupby(all_of(work, tasks) if units else [], lambda row: (row["task_due_on"], row["task_todo"]))
    found = [_due(work, on, todo, list(rows)) for (on, todo), rows in due]
    steps = _begun(model for model in work.registry.models if model.everyone_sees)
    query = select(instance).where(*let_through(work, actor, CaseFilter(steps=steps, is_open=True)))
    for row in all_of(work, query.order_by(instance.c.id.desc()).limit(MOST_PARENTS)) if steps else ():
        found.extend(one for one in _named(work, row, actor) if work.today <= one.on <= until)
    return sorted(found, key=lambda one: one.on)[:limit]


def _due(work: Work, on: str, todo: str, rows: list[Row]) -> Date:
    return Date(date.fromisoformat(on), todo, brief(work, rows[0]), len(rows) - 1)


def _named(work: Work, row: Row, actor: Actor) -> Iterator[Date]:
    """The dates that a dossier names directly, or for each of several things, as far as the actor sees it."""
    model = work.registry.by_code[row["process"]]
    dossier, about = model.dossier.model_validate_json(row["dossier"]), brief(work, row)
    hidden = hidden_from(work, actor, row)
    for name, field in model.dossier.model_fields.items():
        if name in hidden:
            continue
        value, title = getattr(dossier, name), field.title or name
        if isinstance(value, date):
            yield Date(value, title, about)
        elif isinstance(value, dict):
            for key, on in value.items():
                if isinstance(on, date) and f"{name}.{key}" not in hidden:
                    yield Date(on, f"{title}: {getattr(key, 'label', key)}", about)
