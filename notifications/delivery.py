"""Send what is due. An attempt is a row before the connection is made, so a crash leaves a trace.

Claim, send and record are three steps with the network outside every transaction. A claim is numbered, and plans
the next attempt for the case that nobody lives to record this one: the broken-off attempt is then found, by any
node, and counts as UNKNOWN. Whoever was paused meanwhile sends nothing: right before the connection is made the claim
must still hold, with time left for a whole conversation (`notifications.transport.Timeouts`, docs/decisions/0019).
"""

import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import bindparam, select, update

from engine.instants import from_micros, to_micros
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.service import Engine
from engine.runtime.statements import insertion
from engine.runtime.work import Work
from notifications.failures import report_failure
from notifications.mime import Sender
from notifications.retry import UNKNOWN_WAIT, State, next_attempt, verdict
from notifications.schema import message, message_attempt
from notifications.transport import Attempt, Outcome, Timeouts, Transport

MOST = 100
NO_LONGER = UNKNOWN_WAIT - timedelta(seconds=Timeouts().longest_seconds) - timedelta(minutes=1)
"""A claim that was not used for so long is not used any more."""
TOO_LATE = Attempt(Outcome.TEMPORARY, "Máy chủ bị ngưng giữa chừng trước khi kết nối; thư chưa được gửi.")
BROKEN_OFF = Attempt(Outcome.UNKNOWN, "Hệ thống dừng giữa chừng, chưa kịp ghi kết quả.")

p = bindparam
_NEXT = Statement(
    select(message)
    .where(message.c.state == State.QUEUED.value, message.c.next_attempt_at <= p("now"))
    .order_by(message.c.next_attempt_at, message.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_MESSAGE = Statement(select(message).where(message.c.id == p("which")).with_for_update())
_UNDER_WAY = Statement(
    select(message_attempt.c.n, message_attempt.c.outcome, message.c.next_attempt_at)
    .join_from(message_attempt, message)
    .where(message_attempt.c.message_id == p("which"))
    .order_by(message_attempt.c.n.desc())
    .limit(1)
)
_ATTEMPTS = Statement(
    select(message_attempt).where(message_attempt.c.message_id == p("which")).order_by(message_attempt.c.n)
)
_NEW_ATTEMPT = insertion(message_attempt)
_END_ATTEMPT = Statement(
    update(message_attempt)
    .where(message_attempt.c.message_id == p("which"), message_attempt.c.n == p("nth"))
    .values(outcome=p("outcome"), reply=p("reply"))
)
_PLAN = Statement(
    update(message)
    .where(message.c.id == p("which"))
    .values(
        state=p("state"),
        next_attempt_at=p("next_attempt_at"),
        first_attempt_at=p("first_attempt_at"),
        settled_at=p("settled_at"),
    )
)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right and the duty to make one attempt."""

    message_id: int
    n: int
    address: str
    content: bytes


def deliver_due(engine: Engine, transport: Transport, sender: Sender, now: datetime, most: int = MOST) -> int:
    """Make up to `most` attempts that are due at the business instant `now`; returns how many were made.

    Not to be called from the writer's own thread: it waits for the network.
    """
    for made in range(most):
        claimed_at = time.monotonic()
        claim = engine.writer.claim(partial(_claim, engine, now))
        if claim is None:
            return made
        with engine.database.read() as tx:
            held = holds(tx, claim)
        if not held:  # another node has found it broken off
            continue
        in_time = time.monotonic() - claimed_at < NO_LONGER.total_seconds()
        attempt = transport.send(sender.bounce_address, claim.address, claim.content) if in_time else TOO_LATE
        engine.writer.claim(partial(_record, engine, now, claim, attempt))
    return most


def claim_next(work: Work) -> Claim | None:
    """Open an attempt for the message that is due longest; None when there is none."""
    while (row := work.tx.one(_NEXT, now=work.micros)) is not None:
        attempts = work.tx.all(_ATTEMPTS, which=row["id"])
        if not attempts or attempts[-1]["outcome"] is not None:
            return _open_attempt(work, row, len(attempts) + 1)
        last = attempts[-1]
        _end(work, row, last["n"], BROKEN_OFF, from_micros(last["at"]))
    return None


def holds(tx: Transaction, claim: Claim) -> bool:
    """Whether the attempt is still this claim's, and nobody has ended it."""
    last = tx.one(_UNDER_WAY, which=claim.message_id)
    return last is not None and (last["n"], last["outcome"]) == (claim.n, None)


def record(work: Work, claim: Claim, attempt: Attempt) -> None:
    """Store what became of an attempt, and plan what follows from it, unless another one is under way by now."""
    row = work.tx.one(_MESSAGE, which=claim.message_id)
    assert row is not None, "messages are never deleted"
    _end(work, row, claim.n, attempt, work.now)


def _open_attempt(work: Work, row: Row, n: int) -> Claim:
    work.tx.insert(_NEW_ATTEMPT, message_id=row["id"], n=n, at=work.micros, outcome=None, reply="")
    first_at = row["first_attempt_at"]
    work.tx.run(
        _PLAN, which=row["id"], state=State.QUEUED.value, next_attempt_at=to_micros(work.now + UNKNOWN_WAIT),
        first_attempt_at=work.micros if first_at is None else first_at, settled_at=None,
    )  # fmt: skip
    return Claim(row["id"], n, row["address"], row["bytes"])


def _end(work: Work, row: Row, n: int, attempt: Attempt, ended_at: datetime) -> None:
    work.tx.run(_END_ATTEMPT, which=row["id"], nth=n, outcome=attempt.outcome.value, reply=attempt.reply)
    rows = work.tx.all(_ATTEMPTS, which=row["id"])
    if rows[-1]["outcome"] is None:
        return
    since = (made for made in rows if made["n"] > row["attempts_before"])  # a person had it tried anew
    outcomes = [Outcome(made["outcome"] or Outcome.UNKNOWN) for made in since]
    first_at = from_micros(row["first_attempt_at"])
    state, planned = verdict(outcomes, first_at, ended_at), next_attempt(outcomes, first_at, ended_at)
    work.tx.run(
        _PLAN, which=row["id"], state=state.value, next_attempt_at=to_micros(planned) if planned else None,
        first_attempt_at=row["first_attempt_at"], settled_at=None if planned else work.micros,
    )  # fmt: skip
    if state is State.FAILED:
        report_failure(replace(work, request_id=row["request_id"]), row, attempt.reply)


def _claim(engine: Engine, now: datetime, tx: Transaction) -> Claim | None:
    return claim_next(replace(engine.claiming(tx), now=max(now, engine.clock())))  # many may have gone since `now`


def _record(engine: Engine, now: datetime, claim: Claim, attempt: Attempt, tx: Transaction) -> None:
    record(replace(engine.claiming(tx), now=max(now, engine.clock())), claim, attempt)
