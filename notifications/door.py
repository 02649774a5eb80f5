"""The one door to the mail for api and web: run what is due, ask what comes next, look at what was sent."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from email.parser import BytesHeaderParser
from functools import lru_cache
from threading import Lock
from typing import Any

from sqlalchemy import bindparam, func, select

from engine.administration.mail import settings
from engine.definition.registry import Registry
from engine.instants import from_micros
from engine.runtime.backlog import counted
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.present import instant
from engine.runtime.schema import notice, person, unit
from engine.runtime.service import Engine
from engine.runtime.statements import NEXT_NOTICE
from notifications.account_letters import AccountLetter, Told, is_reachable, write_account_letter
from notifications.again import retry, retry_all
from notifications.compose import compose_due, hold_back
from notifications.delivery import deliver_due
from notifications.facts import ENGINE_KINDS, samples
from notifications.failures import masked, without_address
from notifications.foretelling import Foretold, preview
from notifications.letters import Letterhead
from notifications.listing import as_listed
from notifications.log import KINDS, STATES, Wanted, failed_count, find, last_to_units, log
from notifications.outbox import Outbox, outbox
from notifications.planned import After, planned, waiting
from notifications.preview import headers_of, reminder_letter, unfolded
from notifications.retry import State
from notifications.schema import message, message_attempt
from notifications.transport import Transport
from notifications.words import Words, prove, told_kinds

p = bindparam
_NEXT_ATTEMPT = Statement(
    select(func.min(message.c.next_attempt_at).label("at")).where(message.c.state == State.QUEUED.value)
)
_OF_CASE = Statement(
    select(message)
    .where(message.c.id.in_(select(notice.c.message_id).where(notice.c.instance_id == p("case_id"))))
    .order_by(message.c.id)
)
_ATTEMPTS = Statement(
    select(message_attempt)
    .where(message_attempt.c.message_id.in_(select(notice.c.message_id).where(notice.c.instance_id == p("case_id"))))
    .order_by(message_attempt.c.message_id, message_attempt.c.n)
)
_SENT = Statement(
    select(message, person.c.username, unit.c.code.label("unit_code"))
    .outerjoin_from(message, person, message.c.person_id == person.c.id)
    .outerjoin(unit, message.c.unit_id == unit.c.id)
    .where(message.c.state == State.SENT.value, message.c.id < p("before"))
    .order_by(message.c.id.desc())
    .limit(p("most"))
)
_CASES = Statement(
    select(notice.c.instance_id).where(notice.c.message_id == p("which")).distinct().order_by(notice.c.instance_id)
)
_STATES = Statement(select(*(counted(message.c.state == one.value).label(one.value) for one in State)))
_SETTLED = message.c.next_attempt_at.is_(None)  # of sent and failed ones; their index goes on with the key
_LAST_ONES = (
    select(message.c.settled_at)
    .where(message.c.state == State.SENT.value, _SETTLED)
    .order_by(message.c.next_attempt_at.desc(), message.c.id.desc())
    .limit(100)
    .subquery()
)
_LAST_SENT = Statement(select(func.max(_LAST_ONES.c.settled_at).label("at")))
_WAITS = Statement(  # what was tried and did not leave yet, with the last answer
    select(message_attempt.c.reply, message.c.address)
    .join_from(message_attempt, message)
    .where(message.c.state == State.QUEUED.value)
    .order_by(message_attempt.c.id.desc())
    .limit(1)
)
_LATER = message_attempt.alias("later")
_LAST_ANSWER = select(func.max(_LATER.c.id)).where(_LATER.c.message_id == message.c.id).scalar_subquery()
_FAILED = Statement(
    select(message, message_attempt.c.reply)
    .outerjoin_from(message, message_attempt, message_attempt.c.id == _LAST_ANSWER)
    .where(message.c.state == State.FAILED.value, _SETTLED, message.c.id < p("before"))
    .order_by(message.c.next_attempt_at.desc(), message.c.id.desc())
    .limit(p("most"))
)
_BEYOND = 2**63 - 1

words_of = lru_cache(maxsize=2)(prove)
"""`prove`, kept: to render every template once is enough for an installation."""


@dataclass(frozen=True, slots=True)
class Post:
    """How mail leaves this installation. One run at a time: a second caller waits for the first."""

    words: Words
    head: Letterhead
    transport: Transport
    turn: Lock = field(default_factory=Lock, repr=False, compare=False)


def run_due(engine: Engine, post: Post, now: datetime, request_id: str = "") -> int:
    """Compose and deliver until nothing is due at the business instant `now`; returns how much there was.

    request_id: as of `compose_due`.

    Outside office hours only letters about accounts go out: what else is due waits until they begin.

    Waits for the writer and for the network: call it from a thread that is neither the writer's nor serves
    requests that must be quick.
    """
    with post.turn:
        opens_at = engine.office.calendar.waking_hour(now)
        if opens_at > now:
            engine.writer.claim(lambda tx: hold_back(tx, now, opens_at))
            return deliver_due(engine, post.transport, _head(engine, post).sender, now)  # what is about accounts
        total = 0
        while done := _round(engine, post, now, request_id):
            total += done
        return total


def next_due(tx: Transaction) -> datetime | None:
    """The earliest business instant at which `run_due` has something to do; None when nothing waits."""
    rows = (tx.one(NEXT_NOTICE), tx.one(_NEXT_ATTEMPT))
    instants = [row["at"] for row in rows if row is not None and row["at"] is not None]
    return from_micros(min(instants)) if instants else None


def mails_of_case(tx: Transaction, instance_id: int) -> list[dict[str, Any]]:
    """The mails about a case, oldest first, each with its attempts; for people who may see the case.

    Addresses are masked, and there are no texts: a digest also speaks of other cases.
    """
    attempts: dict[int, list[Row]] = {}
    for made in tx.all(_ATTEMPTS, case_id=instance_id):
        attempts.setdefault(made["message_id"], []).append(made)
    return [as_listed(row, attempts.get(row["id"], [])) for row in tx.all(_OF_CASE, case_id=instance_id)]


def traffic(tx: Transaction) -> dict[str, Any]:
    """How the mail goes: messages by state (queued, sent, failed), no more than `backlog.MOST` of each; when the last
    of the newest ones left; and what was answered to the last try of one that has not left yet (None: nothing waits
    after a try)."""
    states = tx.one(_STATES)
    assert states is not None, "counts are always answered"
    last, waits = tx.one(_LAST_SENT), tx.one(_WAITS)
    return {
        "messages": {state.value: states[state.value] for state in State},
        "last_sent_at": instant(last["at"]) if last and last["at"] is not None else None,
        "waits_because": without_address(waits["reply"], waits["address"]) if waits else None,
    }


def failed_mails(tx: Transaction, before: int | None, most: int) -> list[dict[str, Any]]:
    """The newest messages below that key that did not get through, addresses masked, each with the last answer."""
    return [
        {
            "id": str(row["id"]),
            "at": instant(row["created_at"]),
            "recipient": row["name"],
            "address": masked(row["address"]),
            "subject": row["subject"],
            "why": row["fault"] or without_address(row["reply"] or "", row["address"]),
        }
        for row in tx.all(_FAILED, before=_BEYOND if before is None else before, most=most)
    ]


def examples(registry: Registry) -> Iterator[dict[str, str]]:
    """What the letter of every process and kind says, with invented facts: process, kind, subject and sentences."""
    words = prove(registry)
    for model in registry.models:
        for kind in dict.fromkeys((*told_kinds(model), *ENGINE_KINDS)):
            said = words.of(model.code, kind, next(samples(model, kind)))
            yield {"process": model.title, "kind": kind, **asdict(said)}


def mailbox(tx: Transaction, before: int | None = None, most: int = 50) -> dict[str, Any]:
    """The sent mails of the demo as they were received, newest first; `next` is the `before` of the next page."""
    rows = tx.all(_SENT, before=_BEYOND if before is None else before, most=most + 1)
    shown = rows[:most]
    return {
        "items": [_received(tx, row) for row in shown],
        "next": str(shown[-1]["id"]) if len(rows) > most else None,
    }


def _round(engine: Engine, post: Post, now: datetime, request_id: str) -> int:
    # What is ready goes first: a fault while composing must not keep it back.
    sent = deliver_due(engine, post.transport, _head(engine, post).sender, now)
    return sent + compose_due(engine, post.words, _head(engine, post), now, request_id)


def _head(engine: Engine, post: Post) -> Letterhead:
    with engine.database.read() as tx:
        return current_head(tx, post.head)


def current_head(tx: Transaction, head: Letterhead) -> Letterhead:
    """The letterhead with what administrators have set since it was made."""
    given = settings(tx)
    name, reply_to = given["sender_name"], given["reply_to"]
    sender = replace(head.sender, name=name or head.sender.name, reply_to=reply_to or head.sender.reply_to)
    return replace(head, sender=sender, contact=name or head.contact)


def _received(tx: Transaction, row: Row) -> dict[str, Any]:
    headers = BytesHeaderParser().parsebytes(row["bytes"])
    return {
        "id": str(row["id"]),
        "at": instant(row["created_at"]),
        "recipients": [row["username"] or row["unit_code"]],
        "name": row["name"],
        "address": row["address"],
        "subject": row["subject"],
        "text": row["text"],
        "headers": {name: unfolded(value) for name, value in headers.items()},
        "instance": str(row["instance_id"]) if row["instance_id"] is not None else None,
        "instances": [str(case["instance_id"]) for case in tx.all(_CASES, which=row["id"])],
    }


__all__ = [
    "KINDS", "STATES", "AccountLetter", "After", "Foretold", "Letterhead", "Outbox", "Post", "Told", "Wanted",
    "current_head", "examples", "failed_count", "failed_mails", "find", "headers_of", "is_reachable", "last_to_units",
    "log", "mailbox", "mails_of_case", "next_due", "outbox", "planned", "preview", "prove", "reminder_letter", "retry",
    "retry_all", "run_due", "traffic", "waiting", "words_of", "write_account_letter",
]  # fmt: skip
