"""Write a decision: the case, its history, tasks, timers, facts, notices and effects, in one transaction."""

from dataclasses import asdict
from typing import Any

from engine.definition.case import Case
from engine.definition.decide import Actor, Decision
from engine.definition.documents import canonical, difference, to_json
from engine.definition.language import Start
from engine.definition.model import ProcessModel
from engine.errors import Reason, StaleVersion
from engine.runtime.database import Row
from engine.runtime.history import Entry, append
from engine.runtime.notices import TASK_OPENED, Occasion, tell
from engine.runtime.rights import EVERYONE
from engine.runtime.snapshots import dossier_of
from engine.runtime.statements import (
    ADVANCE,
    DROP_FACTS,
    GRANT,
    NEW_EFFECT,
    NEW_FACT,
)
from engine.runtime.tasks import Waiting, move_tasks
from engine.runtime.work import Work

START = "start"


def record(work: Work, model: ProcessModel, row: Row, before: Case[Any], decision: Decision, actor: Actor) -> Row:
    """Write everything that a decision brings; returns the stored row."""
    case = decision.case
    moved_row, history_id = advance(work, model, row, before, case, decision.action, actor, warnings=decision.warnings)
    waiting = move_tasks(work, model, case, decision.source)
    heard: set[str] = set()
    moved = decision.source != decision.target
    if moved and waiting is not None:
        announce_task(work, model, case, f"h{history_id}", waiting, actor, heard)
    if model.everyone_sees and decision.source == model.initial and moved:  # a draft is nobody else's business
        work.tx.run(GRANT, instance_id=case.id, unit_id=case.authority.id, relation=EVERYONE)
    label = model.actions[decision.action].label
    for told in decision.tells:
        occasion = Occasion(f"h{history_id}", told.kind, actor, None, (("action", label),))
        tell(work, model, case, occasion, told.to, heard)
    write_effects(work, case, history_id, decision)
    return moved_row


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
    tell(work, model, case, occasion, (owner,), heard)


def advance(
    work: Work, model: ProcessModel, row: Row, before: Case[Any] | None, case: Case[Any], action: str,
    actor: Actor, *, warnings: tuple[Reason, ...] = (), more: dict[str, Any] | None = None,
) -> tuple[Row, int]:  # fmt: skip
    """Move the row one version on, with its history entry and facts; returns the row and the entry's key.

    before: the case as it was; None for one that was just inserted as version 0.

    Raises:
        StaleVersion: somebody else moved the row in between.
    """
    state = model.states[case.state]
    version = row["version"] + 1
    new = to_json(case.dossier)
    payload = {
        "dossier": difference(dossier_of(row), new),
        "warnings": [
            {"code": w.code, "sentence": w.sentence, "citation": w.citation, "mark": w.mark} for w in warnings
        ],
        **(more or {}),
    }
    source = row["state"] if before else ""
    entry = Entry(case.id, version, work.micros, actor.person_id, action, source, case.state, payload)
    history_id, head = append(work.tx, entry, row["history_hash"], work.salt())
    new_row = {
        "state": case.state, "phase": state.phase, "version": version, "headline": model.headline(case.dossier),
        "dossier": canonical(new), "history_hash": head, "updated_at": work.micros,
        "closed_at": work.micros if state.final else None,
    }  # fmt: skip
    if work.tx.run(ADVANCE, which=case.id, expected=row["version"], **new_row) != 1:
        raise StaleVersion(expected=row["version"], actual="mới hơn")
    _write_facts(work, model, before, case)
    return {**row, **new_row}, history_id


def _write_facts(work: Work, model: ProcessModel, before: Case[Any] | None, case: Case[Any]) -> None:
    """Replace the facts of the case when they have changed."""
    if model.facts is None:
        return
    known = model.facts(before) if before else ()
    wanted = model.facts(case)
    if wanted != known:
        work.tx.run(DROP_FACTS, which=case.id)
        for fact in wanted:
            work.tx.insert(NEW_FACT, instance_id=case.id, key=fact.key, text=fact.text)


def write_effects(work: Work, case: Case[Any], history_id: int, decision: Decision) -> None:
    """Put the effects down; they are carried out right after the commit."""
    for ordinal, effect in enumerate(decision.effects):
        work.tx.insert(
            NEW_EFFECT,
            history_id=history_id,
            ordinal=ordinal,
            instance_id=case.id,
            kind="start" if isinstance(effect, Start) else "send",
            payload=canonical(asdict(effect)),
            state="pending",
        )
        work.tx.follow_up = True
