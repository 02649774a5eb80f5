"""Notices: rows that say who is to hear of what, written in the transaction that causes them.

A notice is for a person who holds the role; a role without a holder goes to the unit's mail box and
raises an incident. Nobody hears of their own act, and one event reaches a person once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engine.definition.case import Case
from engine.definition.documents import canonical
from engine.definition.language import Role
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor, Capacity, seat_of
from engine.instants import to_micros
from engine.office.organisation import Unit
from engine.runtime.accounts import mandate_of
from engine.runtime.statements import DEPUTIES, HOLDERS, INCIDENT, NEW_INCIDENT, NEW_NOTICE, NEW_TASK
from engine.runtime.tasks import INCIDENT as INCIDENT_TASK
from engine.runtime.work import Work

TASK_OPENED = "task_opened"
REMINDER = "reminder"
ESCALATION = "escalation"
DEADLINE_CHANGED = "deadline_changed"
RAISED = "incident"
ABOUT_TASKS = (TASK_OPENED, REMINDER, ESCALATION, DEADLINE_CHANGED)
"""Kinds that say nothing any more once their task is closed."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What there is to hear of. `key` is unique per event; `more` joins the frozen facts."""

    key: str
    kind: str
    actor: Actor
    task_id: int | None = None
    more: tuple[tuple[str, Any], ...] = ()


def tell(
    work: Work,
    model: ProcessModel,
    case: Case[Any],
    occasion: Occasion,
    roles: Iterable[Role],
    heard: set[str],
) -> None:
    """Write a notice for each holder of the roles, and their deputies, who has not `heard` of the event yet.

    What is about a task that is one person's goes to that person among those who hold its role.
    """
    seats = work.office.seats(case.authority.id, work.today)
    owner = model.states[case.state].owner
    for role in roles:
        unit = seat_of(role, case, seats)
        only = case.assignee.person_id if case.assignee and role == owner and occasion.kind in ABOUT_TASKS else None
        holders = people_in(work, model, role, unit, only)
        for person, _ in holders:
            recipient = f"person:{person.person_id}"
            if person.person_id != occasion.actor.person_id and recipient not in heard:
                heard.add(recipient)
                _write(work, model, case, occasion, recipient, person_id=person.person_id)
        if not holders and f"unit:{unit.id}" not in heard:
            heard.add(f"unit:{unit.id}")
            _write(work, model, case, occasion, f"unit:{unit.id}", unit_id=unit.id)
            if occasion.kind != RAISED:
                raise_incident(
                    work, model, case, f"no-holder:{unit.id}:{role.code}",
                    f"Chưa có ai giữ vai trò «{role.label}» tại {unit.name}",
                )  # fmt: skip


def people_in(
    work: Work, model: ProcessModel, role: Role, unit: Unit, only: int | None = None
) -> list[tuple[Actor, Capacity]]:
    """Those who may act in the role there, and in which capacity: holders, and deputies for this process.

    only: that holder and their deputies.
    """
    holding = work.known.of(("holding", unit.id, role.code, work.today), lambda: _holding(work, role, unit))
    return [
        (person, capacity)
        for person, capacity in holding
        if capacity.mandate is None or not capacity.mandate.powers or model.code in capacity.mandate.processes
        if only in (None, capacity.mandate.principal_id if capacity.mandate else person.person_id)
    ]


def _holding(work: Work, role: Role, unit: Unit) -> tuple[tuple[Actor, Capacity], ...]:
    """All holders of the role there, and after them all their deputies."""
    place = {"unit_id": unit.id, "role": role.code, "on": work.today.isoformat()}
    holders, deputies = work.tx.gather((HOLDERS, place), (DEPUTIES, place))
    own = Capacity(role.code)
    return (
        *((Actor(row["id"], row["name"], staff_code=row["staff_code"]), own) for row in holders),
        *(
            (
                Actor(row["deputy_id"], row["deputy"], staff_code=row["deputy_staff_code"]),
                Capacity(role.code, mandate_of(row)),
            )
            for row in deputies
        ),
    )


def raise_incident(
    work: Work,
    model: ProcessModel,
    case: Case[Any],
    key: str,
    what: str,
    *,
    effect_id: int | None = None,
    late_task_id: int | None = None,
) -> None:
    """Record that something needs repair: an incident, a task for the administrator, a notice.

    While an incident of that key is open, nothing more happens.

    effect_id, late_task_id: what can be tried again, a refused effect or a refused time-out.
    """
    if work.tx.one(INCIDENT, key=key):
        return
    role = work.registry.administrator
    unit = _administering(work, case, role)
    task_id = work.tx.insert(
        NEW_TASK, instance_id=case.id, kind=INCIDENT_TASK, state=case.state, todo=what, role=role.code,
        unit_id=unit.id, assignee_id=None, opened_at=work.micros, due_on=None, due_at=None, due_source="",
        clock="running", days_left=None, closed_at=None,
    )  # fmt: skip
    incident_id = work.tx.insert(
        NEW_INCIDENT, instance_id=case.id, key=key, at=work.micros, what=what, task_id=task_id, effect_id=effect_id,
        late_task_id=late_task_id, resolved_at=None,
    )  # fmt: skip
    occasion = Occasion(f"incident:{incident_id}", RAISED, Actor(None, ""), task_id, (("what", what),))
    tell(work, model, case.but(authority=unit), occasion, (role,), set())


def _administering(work: Work, case: Case[Any], role: Role) -> Unit:
    """Where the administrator sits: in the case's authority, or in the one above it that has the seat."""
    authority = case.authority
    for body in (authority, work.office.units[authority.authority_id]):
        seat = work.office.seats(body.id, work.today).get(role.code)
        if seat is not None:
            return seat
    return authority


def facts_of(model: ProcessModel, case: Case[Any], occasion: Occasion) -> dict[str, Any]:
    """What a notice of that occasion says about the case, frozen with it."""
    return {
        "process": model.code,
        "title": model.title,
        "code": case.code,
        "collection": model.collection,
        "instance_id": str(case.id),
        "headline": model.headline(case.dossier),
        "unit": case.unit.name,
        "state": model.states[case.state].status,
        "todo": model.states[case.state].todo,
        "actor": occasion.actor.name,
        **{key: value for key, value in occasion.more if value is not None},
    }


def _write(
    work: Work, model: ProcessModel, case: Case[Any], occasion: Occasion, recipient: str, *,
    person_id: int | None = None, unit_id: int | None = None,
) -> None:  # fmt: skip
    facts = facts_of(model, case, occasion)
    work.tx.run(
        NEW_NOTICE, event_key=occasion.key, instance_id=case.id, task_id=occasion.task_id, person_id=person_id,
        unit_id=unit_id, recipient=recipient, kind=occasion.kind, facts=canonical(facts), created_at=work.micros,
        not_before=to_micros(work.office.calendar.waking_hour(work.now)), state="waiting", message_id=None,
        request_id=work.request_id,
    )  # fmt: skip
