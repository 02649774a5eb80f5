"""Turn the notices that are due into messages: one letter for each person, however much has happened.

Read, render, then store in the writer if nothing has changed since: the writer waits for no template, and
a letter never speaks of a task that was closed while it was being rendered. Whatever a notice is like, it
ends as composed or dropped: nothing is looked at for ever.
"""

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import bindparam, update

from engine.instants import to_micros
from engine.runtime.database import Statement, Transaction
from engine.runtime.schema import notice
from engine.runtime.service import Engine
from engine.runtime.statements import insertion
from notifications.account_letters import AccountLetter
from notifications.drafts import Draft, Press, drafted
from notifications.failures import report_failure
from notifications.letters import Letterhead
from notifications.mime import message_id
from notifications.retry import State
from notifications.schema import FOR_RETRIES, message
from notifications.waiting import Notice, due_notices, unchanged
from notifications.words import Words

_NEW_MESSAGE = insertion(message, without=FOR_RETRIES)
_SETTLE = Statement(
    update(notice)
    .where(notice.c.id == bindparam("which"))
    .values(state=bindparam("state"), message_id=bindparam("message"))
)
_HOLD_NOTICES = Statement(
    update(notice)
    .where(notice.c.state == "waiting", notice.c.not_before <= bindparam("now"))
    .values(not_before=bindparam("until"))
)
_HOLD_MESSAGES = Statement(
    update(message)
    .where(
        message.c.state == State.QUEUED.value,
        message.c.next_attempt_at <= bindparam("now"),
        *(message.c.kind != kind.value for kind in AccountLetter),
    )
    .values(next_attempt_at=bindparam("until"))
)


def hold_back(tx: Transaction, now: datetime, until: datetime) -> None:
    """Let what is due outside office hours wait until they begin: a downtime may have kept it so late."""
    tx.run(_HOLD_NOTICES, now=to_micros(now), until=to_micros(until))
    tx.run(_HOLD_MESSAGES, now=to_micros(now), until=to_micros(until))


def compose_due(engine: Engine, words: Words, head: Letterhead, now: datetime, request_id: str = "") -> int:
    """Compose every notice that is due at the business instant `now`; returns how many recipients had one.

    request_id: of who composes; a message keeps it that follows from several requests.

    Not to be called from the writer's own thread.
    """
    with engine.database.read() as tx:
        due = due_notices(tx, now)
    press = Press(engine.registry, words, head, engine.office.calendar, now)
    stored: list[Future[None]] = []
    for batch in _by_recipient(due):
        draft = drafted(press, batch)
        stored.append(engine.writer.submit(partial(_store, engine, press, draft, request_id)))
    for future in stored:
        future.result()
    return len(stored)


def _by_recipient(due: Iterable[Notice]) -> list[list[Notice]]:
    batches: dict[str, list[Notice]] = {}
    for told in due:
        batches.setdefault(told.recipient, []).append(told)
    return list(batches.values())


def _store(engine: Engine, press: Press, draft: Draft, request_id: str, tx: Transaction) -> None:
    """Write the message and settle its notices; nothing when one of them has changed since it was read."""
    if not all(unchanged(tx, told) for told in (*draft.said, *draft.dropped)):
        return
    for told in draft.dropped:
        tx.run(_SETTLE, which=told.id, state="dropped", message=None)
    if not draft.said:
        return
    row = {**_message_row(press, draft), "request_id": draft.request_id or request_id}
    key = tx.insert(_NEW_MESSAGE, **row)
    for told in draft.said:
        tx.run(_SETTLE, which=told.id, state="composed", message=key)
    if draft.fault:
        report_failure(replace(engine.work(tx, row["request_id"]), now=press.now), {**row, "id": key}, draft.fault)


def _message_row(press: Press, draft: Draft) -> dict[str, Any]:
    micros, first = to_micros(press.now), draft.first
    return {
        "recipient": first.recipient,
        "person_id": first.person_id,
        "unit_id": first.unit_id,
        "name": first.name,
        "address": first.address,
        "subject": draft.subject,
        "message_key": draft.key,
        "message_id": message_id(draft.key, press.head.sender.domain),
        "instance_id": draft.instance_id,
        "kind": draft.kind,
        "bytes": draft.content,
        "text": draft.text,
        "fault": draft.fault,
        "state": State.FAILED if draft.fault else State.QUEUED,
        "created_at": micros,
        "next_attempt_at": None if draft.fault else micros,
        "first_attempt_at": None,
        "settled_at": micros if draft.fault else None,
    }
