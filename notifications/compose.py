"""Turn the notices that are due into messages: one letter for each person, however much has happened.

Read, render, then store if nothing has changed since: nobody who writes waits for a template, and a letter never
speaks of a task that was closed while it was being rendered. Whatever a notice is like, it ends as composed or
dropped: nothing is looked at for ever.

Several nodes share the recipients: who has taken one renders their letter, and stores it on locked notices.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import bindparam, update

from engine.instants import to_micros
from engine.runtime.database import FAULTS, Statement, Transaction, is_out_of_order
from engine.runtime.schema import notice
from engine.runtime.service import Engine
from engine.runtime.statements import IS_WAITING, insertion
from notifications.account_letters import AccountLetter
from notifications.drafts import Draft, Press, drafted
from notifications.failures import report_failure
from notifications.letters import Letterhead
from notifications.log import kept
from notifications.mime import message_id
from notifications.retry import State
from notifications.schema import FOR_RETRIES, message
from notifications.waiting import Notice, due_notices, still_waiting, unchanged
from notifications.words import Words

log = logging.getLogger(__name__)
AT_ONCE = 100
"""Letters are stored together until they speak of so many notices."""
_NEW_MESSAGE = insertion(message, without=FOR_RETRIES)
_SETTLE = Statement(
    update(notice)
    .where(notice.c.id == bindparam("which"))
    .values(state=bindparam("state"), message_id=bindparam("message"), facts=bindparam("facts"))
)
_HOLD_NOTICES = Statement(
    update(notice).where(IS_WAITING, notice.c.not_before <= bindparam("now")).values(not_before=bindparam("until"))
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
    tx.run(_HOLD_NOTICES, now=to_micros(now), until=to_micros(until))  # again is as good as once
    tx.run(_HOLD_MESSAGES, now=to_micros(now), until=to_micros(until))


def compose_due(engine: Engine, words: Words, head: Letterhead, now: datetime, request_id: str = "") -> int:
    """Compose every notice that is due at the business instant `now` and in nobody's hands; returns for how many
    recipients.

    request_id: of who composes; a message keeps it that follows from several requests.

    Not to be called from the writer's own thread.
    """
    with engine.database.read() as tx:
        due = due_notices(tx, now)
    press = Press(engine.registry, words, head, engine.office.calendar, now)
    return sum(_compose(engine, press, letters, request_id) for letters in _parts(_by_recipient(due)))


def _compose(engine: Engine, press: Press, letters: Sequence[Sequence[Notice]], request_id: str) -> int:
    """Compose the letters whose recipients nobody else has taken; returns how many."""
    drafts: list[Draft] = []
    try:
        with engine.database.read() as tx:
            mine = [told for told in letters if tx.take(f"notices of {told[0].recipient}")]
            waiting = still_waiting(tx, [told[0].id for told in mine])
            drafts = [drafted(press, told) for told in mine if told[0].id in waiting]
    except FAULTS:
        if not drafts:  # else it only took so long that what was taken is anybody's again
            raise
    store = partial(_store_all, engine, press, request_id)
    try:
        return engine.writer.claim(partial(store, drafts)) if drafts else 0
    except Exception as fault:
        if is_out_of_order(fault):
            raise
    return sum(_stored_alone(engine, partial(store, [draft])) for draft in drafts)  # one of them keeps back no other


def _stored_alone(engine: Engine, store: Callable[[Transaction], int]) -> int:
    try:
        return engine.writer.claim(store)
    except Exception as fault:
        if is_out_of_order(fault):
            raise
        log.exception("a letter could not be stored")
        return 0


def _store_all(engine: Engine, press: Press, request_id: str, drafts: Sequence[Draft], tx: Transaction) -> int:
    """Store the letters whose notices have not changed; returns how many."""
    return sum([_store(engine, press, draft, request_id, tx) for draft in drafts])


def _by_recipient(due: Iterable[Notice]) -> list[list[Notice]]:
    batches: dict[str, list[Notice]] = {}
    for told in due:
        batches.setdefault(told.recipient, []).append(told)
    return list(batches.values())


def _parts(letters: Iterable[list[Notice]]) -> Iterator[list[list[Notice]]]:
    """The letters in parts that are stored together."""
    part: list[list[Notice]] = []
    for told in letters:
        part.append(told)
        if sum(map(len, part)) >= AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _store(engine: Engine, press: Press, draft: Draft, request_id: str, tx: Transaction) -> bool:
    """Write the message and settle its notices; False when one of them has changed since it was read."""
    if not unchanged(tx, (*draft.said, *draft.dropped)):
        return False
    for told in draft.dropped:
        tx.run(_SETTLE, which=told.id, state="dropped", message=None, facts=kept(told.facts))
    if not draft.said:
        return True
    row = {**_message_row(press, draft), "request_id": draft.request_id or request_id}
    key = tx.insert(_NEW_MESSAGE, **row)
    for told in draft.said:
        tx.run(_SETTLE, which=told.id, state="composed", message=key, facts=kept(told.facts))
    if draft.fault:
        report_failure(replace(engine.claiming(tx, row["request_id"]), now=press.now), {**row, "id": key}, draft.fault)
    return True


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
