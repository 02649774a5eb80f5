"""Carry out effects: what an action starts and sends, as commands of their own right after its commit.

Each pending effect is one transaction. Starting is unique per parent and key; sending marks its effect
done in the same transaction: whatever breaks off, it happens once. A refusal becomes an incident.
"""

import json
from collections.abc import Callable
from typing import Any

from engine.definition.decide import SYSTEM
from engine.definition.language import RESCHEDULE, To
from engine.definition.model import ProcessModel
from engine.errors import ActionNotAvailable, GuardUnmet, LinesRefused, Refused
from engine.runtime.commands import NewCase, act, start
from engine.runtime.database import Row
from engine.runtime.notices import DEADLINE_CHANGED, Occasion, raise_incident, tell
from engine.runtime.recording import advance
from engine.runtime.snapshots import load_case
from engine.runtime.statements import CHILDREN, INSTANCE, PENDING_EFFECT, SETTLE_EFFECT
from engine.runtime.tasks import reschedule
from engine.runtime.work import Work


def run_next_effect(work: Work) -> bool:
    """Carry out the oldest pending effect; False when there was none."""
    effect = work.tx.one(PENDING_EFFECT)
    if effect is None:
        return False
    payload = json.loads(effect["payload"])
    run = _start if effect["kind"] == "start" else _send
    done = run(work, effect, payload)
    work.tx.run(SETTLE_EFFECT, which=effect["id"], state="done" if done else "refused")
    return True


def _start(work: Work, effect: Row, payload: dict[str, Any]) -> bool:
    model = work.registry.by_code[payload["process"]]
    new = NewCase(payload["unit"], effect["instance_id"], payload["dossier"], payload["key"])
    return _attempt(work, effect, effect["instance_id"], lambda: start(work, model, new, SYSTEM))


def _send(work: Work, effect: Row, payload: dict[str, Any]) -> bool:
    done = True
    for receiver in _receivers(work, effect["instance_id"], payload):
        done = _attempt(work, effect, receiver["id"], _message(work, receiver, payload)) and done
    return done


def _message(work: Work, receiver: Row, payload: dict[str, Any]) -> Callable[[], object]:
    def deliver() -> None:
        if payload["action"] == RESCHEDULE:
            _reschedule(work, receiver)
            return
        try:
            act(work, receiver, payload["action"], None, SYSTEM)
        except (ActionNotAvailable, GuardUnmet, LinesRefused):
            if not payload["optional"]:
                raise

    return deliver


def _receivers(work: Work, instance_id: int, payload: dict[str, Any]) -> list[Row]:
    if payload["to"] == To.PARENT:
        row = work.tx.one(INSTANCE, which=instance_id)
        parent = work.tx.one(INSTANCE, which=row["parent_id"]) if row and row["parent_id"] else None
        return [parent] if parent and payload["process"] in ("", parent["process"]) else []
    rows = [row for row in work.tx.all(CHILDREN, which=instance_id) if row["closed_at"] is None]
    return [row for row in rows if payload["process"] in ("", row["process"])]


def _reschedule(work: Work, receiver: Row) -> None:
    """Recompute the open deadline of a case and of every open case below it."""
    model: ProcessModel = work.registry.by_code[receiver["process"]]
    case = load_case(work, receiver)
    moved = reschedule(work, model, case)
    if moved is not None:
        changed = {"from": moved.before, "to": moved.after}
        _, history_id = advance(work, model, receiver, case, case, RESCHEDULE, SYSTEM, more={"due_on": changed})
        owner = model.states[case.state].owner
        assert owner is not None, "only open states have deadlines"
        facts = (("due_on", moved.after), ("due_before", moved.before))
        occasion = Occasion(f"h{history_id}", DEADLINE_CHANGED, SYSTEM, moved.task_id, facts)
        tell(work, model, case, occasion, (owner,), set())
    for child in work.tx.all(CHILDREN, which=receiver["id"]):
        if child["closed_at"] is None:
            _reschedule(work, child)


def _attempt(work: Work, effect: Row, case_id: int, perform: Callable[[], object]) -> bool:
    """Perform in a savepoint; a refusal leaves nothing but an incident on that case."""
    work.tx.command("SAVEPOINT effect")
    try:
        perform()
    except Refused as refusal:
        work.tx.command("ROLLBACK TO effect")
        work.tx.command("RELEASE effect")
        row = work.tx.one(INSTANCE, which=case_id)
        assert row is not None, "effects belong to cases"
        model = work.registry.by_code[row["process"]]
        key = f"effect:{effect['id']}:{case_id}"
        raise_incident(work, model, load_case(work, row), key, str(refusal), effect_id=effect["id"])
        return False
    work.tx.command("RELEASE effect")
    return True
