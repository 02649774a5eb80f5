"""Carry out effects: what an action starts and sends, as commands of their own right after its commit.

Each pending effect is one transaction. Starting is unique per parent and key; sending marks its effect
done in the same transaction: whatever breaks off, it happens once. A refusal becomes an incident.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from engine.definition.documents import canonical
from engine.definition.language import RESCHEDULE, To
from engine.definition.model import ProcessModel
from engine.definition.performing import SYSTEM
from engine.errors import ActionNotAvailable, GuardUnmet, LinesRefused
from engine.runtime.beginning import NewCase, start
from engine.runtime.commands import act
from engine.runtime.database import Row, Transaction
from engine.runtime.notices import DEADLINE_CHANGED, Occasion, raise_incident, tell
from engine.runtime.recording import Deed, advance
from engine.runtime.savepoints import pass_over, spared
from engine.runtime.snapshots import load_case, stored_of
from engine.runtime.statements import (
    CHILDREN,
    INSTANCE,
    LEAVE_EFFECT,
    LEFT_EFFECT,
    LEFT_EFFECTS,
    NEXT_EFFECT,
    SETTLE_EFFECT,
)
from engine.runtime.tasks import reschedule
from engine.runtime.work import Work

LEFT = "left"
"""In the payload of a message that was refused: the cases that have not taken it."""
NOT_TAKEN = (ActionNotAvailable, GuardUnmet, LinesRefused)
"""Refusals for which an optional message passes its receiver over."""


def carry_out_next(work: Work, history_id: int) -> bool:
    """Carry out the next pending effect of an entry of the history; False when there was none.

    It waits for a node that has the effect in hand: whoever has acted, hears of it when everything is done.
    """
    return _carry_out(work, work.tx.one(NEXT_EFFECT, which=history_id))


def carry_out_left_over(work: Work, effect_id: int) -> bool:
    """Carry out an effect that a crash has left; False when it is done, or another node has it in hand."""
    return _carry_out(work, work.tx.one(LEFT_EFFECT, which=effect_id))


def left_over(tx: Transaction) -> list[int]:
    """Keys of pending effects, the oldest first: of each case one, for they are carried out in their order."""
    return [row["id"] for row in tx.all(LEFT_EFFECTS)]


def _carry_out(work: Work, effect: Row | None) -> bool:
    """Carry it out as part of the request that caused it; False when there is none."""
    if effect is None:
        return False
    work = replace(work, request_id=effect["request_id"])
    payload = json.loads(effect["payload"])
    run = _start if effect["kind"] == "start" else _send
    done = run(work, effect, payload)
    work.tx.run(SETTLE_EFFECT, which=effect["id"], state="done" if done else "refused")
    return True


def _start(work: Work, effect: Row, payload: dict[str, Any]) -> bool:
    model = work.registry.by_code[payload["process"]]
    new = NewCase(payload["unit"], effect["instance_id"], payload["dossier"], payload["key"])
    return _spared(work, effect, effect["instance_id"], lambda: start(work, model, new, SYSTEM))


def _send(work: Work, effect: Row, payload: dict[str, Any]) -> bool:
    """Deliver to every receiver; who refused is kept with the effect, for only they are tried again."""
    receivers = _receivers(work, effect["instance_id"], payload)
    refused = [r["id"] for r in receivers if not _spared(work, effect, r["id"], _message(work, r, payload))]
    if refused or LEFT in payload:
        work.tx.run(LEAVE_EFFECT, which=effect["id"], payload=canonical({**payload, LEFT: refused}))
    return not refused


def _message(work: Work, receiver: Row, payload: dict[str, Any]) -> Callable[[], object]:
    if payload["action"] == RESCHEDULE:
        return lambda: _reschedule(work, receiver)
    take = partial(act, work, receiver, payload["action"], None, SYSTEM)
    return partial(pass_over, work.tx, NOT_TAKEN, take) if payload["optional"] else take


def _receivers(work: Work, instance_id: int, payload: dict[str, Any]) -> list[Row]:
    if payload["to"] == To.PARENT:
        row = work.tx.one(INSTANCE, which=instance_id)
        parent = work.tx.one(INSTANCE, which=row["parent_id"]) if row and row["parent_id"] else None
        rows = [parent] if parent else []
    else:
        rows = [row for row in work.tx.all(CHILDREN, which=instance_id) if row["closed_at"] is None]
    left = payload.get(LEFT)
    return [r for r in rows if payload["process"] in ("", r["process"]) and (left is None or r["id"] in left)]


def _reschedule(work: Work, receiver: Row) -> None:
    """Recompute the open deadline of a case and of every open case below it."""
    model: ProcessModel = work.registry.by_code[receiver["process"]]
    stored = stored_of(work, receiver)
    case = load_case(work, receiver, stored)
    moved = reschedule(work, model, case, stored.tasks)
    if moved is not None:
        changed = {"from": moved.before, "to": moved.after}
        _, history_id = advance(work, model, receiver, case, case, Deed(RESCHEDULE, SYSTEM, more={"due_on": changed}))
        owner = model.states[case.state].owner
        assert owner is not None, "only open states have deadlines"
        facts = (("due_on", moved.after), ("due_before", moved.before))
        occasion = Occasion(f"h{history_id}", DEADLINE_CHANGED, SYSTEM, moved.task_id, facts)
        tell(work, model, case, occasion, (owner,), set())
    for child in work.tx.all(CHILDREN, which=receiver["id"]):
        if child["closed_at"] is None:
            _reschedule(work, child)


def _spared(work: Work, effect: Row, case_id: int, perform: Callable[[], object]) -> bool:
    """Perform it for one case; a refusal leaves nothing but an incident on that case."""
    why = spared(work.tx, perform)
    if why is not None:
        spared(work.tx, partial(_report, work, effect, case_id, why))  # when that fails too, the log has it
    return why is None


def _report(work: Work, effect: Row, case_id: int, why: str) -> None:
    row = work.tx.one(INSTANCE, which=case_id)
    assert row is not None, "effects belong to cases"
    model = work.registry.by_code[row["process"]]
    key = f"effect:{effect['id']}:{case_id}"
    raise_incident(work, model, load_case(work, row), key, why, effect_id=effect["id"])
