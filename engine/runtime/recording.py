"""Write a decision: the case, its history, tasks, timers, facts, notices and effects, in one transaction."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from engine.definition.case import Case
from engine.definition.decide import Decision
from engine.definition.documents import canonical, difference, to_json
from engine.definition.language import ATTACH, Fact, Start
from engine.definition.model import ProcessModel
from engine.definition.performing import NO_CAPACITY, Actor, Capacity, drafting
from engine.definition.words import fold
from engine.errors import ReadOnly, Reason
from engine.instants import from_micros, local_date, vn_date
from engine.runtime.asking import MARKS, marks_of
from engine.runtime.database import Row
from engine.runtime.history import Entry, append
from engine.runtime.notices import TASK_OPENED, Occasion, tell
from engine.runtime.rights import EVERYONE
from engine.runtime.snapshots import Stored, dossier_of
from engine.runtime.statements import (
    ADVANCE,
    ARCHIVAL,
    DROP_FACTS,
    GRANT,
    INVOLVE,
    NEW_EFFECT,
    NEW_FACT,
)
from engine.runtime.tasks import Waiting, move_tasks
from engine.runtime.work import Work

HEADLINE = "_headline"
"""The engine's own fact: the headline as search compares it. Definitions name none like it."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What is done to a case, by whom, in which capacity; `more` joins the history's payload."""

    verb: str
    actor: Actor
    capacity: Capacity = NO_CAPACITY
    warnings: tuple[Reason, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


def record(
    work: Work, model: ProcessModel, row: Row, before: Case[Any], decision: Decision, actor: Actor, stored: Stored
) -> Row:
    """Write everything that a decision brings; returns the stored row. stored: of the case; its tasks are kept up."""
    case = decision.case
    deed = Deed(decision.action, actor, decision.capacity, decision.warnings)
    moved_row, history_id = advance(work, model, row, before, case, deed)
    waiting = move_tasks(work, model, case, decision.source, stored)
    heard: set[str] = set()
    moved = decision.source != decision.target
    if moved and waiting is not None:
        announce_task(work, model, case, f"h{history_id}", waiting, actor, heard)
    grant_everyone(work, model, case, decision.source)
    label = model.actions[decision.action].label
    for told in decision.tells:
        occasion = Occasion(f"h{history_id}", told.kind, actor, None, (("action", label),))
        tell(work, model, case, occasion, told.to, heard)
    write_effects(work, case, history_id, decision)
    return moved_row


def grant_everyone(work: Work, model: ProcessModel, case: Case[Any], source: str) -> None:
    """Let everybody in the authority see the case when it leaves its draft, which is nobody else's business."""
    if model.everyone_sees and source == model.initial and case.state != source:
        work.tx.run(GRANT, instance_id=case.id, unit_id=case.authority.id, relation=EVERYONE)


def announce_task(
    work: Work,
    model: ProcessModel,
    case: Case[Any],
    key: str,
    waiting: Waiting,
    actor: Actor,
    heard: set[str],
) -> None:
    """Tell the holders of a task's role that it waits for them; not when only the clock can end it."""
    owner = model.states[case.state].owner
    assert owner is not None, "only open states have tasks"
    if not model.waits_for_people(case.state):
        return
    occasion = Occasion(key, TASK_OPENED, actor, waiting.task_id, (("due_on", waiting.due_on),))
    theirs = case if case.assignee == waiting.assignee else case.but(assignee=waiting.assignee)
    tell(work, model, theirs, occasion, (owner,), heard)


def advance(
    work: Work, model: ProcessModel, row: Row, before: Case[Any] | None, case: Case[Any], deed: Deed
) -> tuple[Row, int]:
    """Move the row one version on, with its history entry and facts; returns the row and the entry's key.

    before: the case as it was; None for one that was just inserted as version 0.

    Nobody comes in between: the row was read in this transaction, which is as if alone (docs/decisions/0017); were it
    not so, the history would refuse a second entry of that number.

    Raises:
        ReadOnly: it is archived.
    """
    if row["closed_at"] is not None:
        _must_not_be_archived(work, row)
    state = model.states[case.state]
    version = row["version"] + 1
    patch, text = _written(row, before, case)
    payload = {
        "dossier": patch,
        "warnings": [
            {"code": w.code, "sentence": w.sentence, "citation": w.citation, "mark": w.mark} for w in deed.warnings
        ],
        **_for_whom(deed.capacity),
        **deed.more,
    }
    source = row["state"] if before else ""
    if state.asked and source != case.state:
        payload[MARKS] = marks_of(case.dossier, case.documents)
    mandate, person_id = deed.capacity.mandate, deed.actor.person_id
    entry = Entry(
        case.id, version, work.micros, person_id, deed.verb, source, case.state, payload, deed.capacity.role,
        mandate.id if mandate else None, work.request_id,
    )  # fmt: skip
    history_id, head = append(work.tx, entry, row["history_hash"], work.salt())
    new_row = {
        "state": case.state, "phase": state.phase, "version": version, "headline": model.headline(case.dossier),
        "dossier": text, "history_hash": head, "updated_at": work.micros,
        "closed_at": (row["closed_at"] or work.micros) if state.final else None,  # the first time counts
    }  # fmt: skip
    work.tx.run(ADVANCE, which=case.id, **new_row)
    _write_facts(work, model, before, case)
    _involve(work, model, case, deed)
    return {**row, **new_row}, history_id


def _written(row: Row, before: Case[Any] | None, case: Case[Any]) -> tuple[dict[str, Any], str]:
    """What changed in the dossier as a merge patch, and its new text; nothing where it is the very same one."""
    if before is not None and case.dossier is before.dossier:
        return {}, row["dossier"]
    new = to_json(case.dossier)
    return difference(dossier_of(row), new), canonical(new)


def _must_not_be_archived(work: Work, row: Row) -> None:
    """Only what is closed ever is."""
    archived = work.tx.one(ARCHIVAL, which=row["id"])
    if archived is not None:
        raise ReadOnly(day=vn_date(local_date(from_micros(archived["at"]))), rule=archived["citation"])


def _for_whom(capacity: Capacity) -> dict[str, Any]:
    """What the history says of a deputy's act, frozen: whose power it was and which paper gave it."""
    mandate = capacity.mandate
    if mandate is None:
        return {}
    return {"for": {"name": mandate.principal, "capacity": mandate.capacity, "paper": mandate.paper}}


def _involve(work: Work, model: ProcessModel, case: Case[Any], deed: Deed) -> None:
    """Remember the duty that the act was part of, for everybody who answers for it."""
    verb = drafting(model, case.state) if deed.verb == ATTACH else deed.verb
    duty = model.duty_of(verb, deed.capacity.role)
    if duty is not None:
        for person_id in deed.capacity.persons(deed.actor):
            if duty.code not in case.involved.get(person_id, ()):
                work.tx.run(INVOLVE, instance_id=case.id, person_id=person_id, duty=duty.code)


def _write_facts(work: Work, model: ProcessModel, before: Case[Any] | None, case: Case[Any]) -> None:
    """Replace the facts of the case when they have changed."""
    known = _facts(model, before) if before else ()
    wanted = _facts(model, case)
    if wanted != known:
        work.tx.run(DROP_FACTS, which=case.id)
        for fact in wanted:
            work.tx.run(NEW_FACT, instance_id=case.id, key=fact.key, text=fact.text)


def _facts(model: ProcessModel, case: Case[Any]) -> tuple[Fact, ...]:
    """What the definition says of the case, and the headline as search compares it."""
    return (*(model.facts(case) if model.facts else ()), Fact(HEADLINE, fold(model.headline(case.dossier))))


def write_effects(work: Work, case: Case[Any], history_id: int, decision: Decision) -> None:
    """Put the effects down; they are carried out right after the commit."""
    for ordinal, effect in enumerate(decision.effects):
        work.tx.run(
            NEW_EFFECT,
            history_id=history_id,
            ordinal=ordinal,
            instance_id=case.id,
            kind="start" if isinstance(effect, Start) else "send",
            payload=canonical(asdict(effect)),
            state="pending",
        )
    if decision.effects:
        work.tx.follow_up.append(history_id)
