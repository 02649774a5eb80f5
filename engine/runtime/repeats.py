"""Answers kept for a request that is sent again: how long, and that they go afterwards.

The effect of the request stays for ever, its answer does not: it was only for a client that never got it.
"""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select

from engine.instants import to_micros
from engine.runtime.database import Statement
from engine.runtime.schema import idempotency
from engine.runtime.writer import Writer

KEPT_FOR = timedelta(days=14)
"""Since 22/11/2026: longer than any row of days off (Tết has nine), so that a client which stood still over the
holidays, or was restored from last week's backup, still repeats without doing anything twice."""
A_BATCH = 1000

_OLDEST = select(idempotency.c.id).order_by(idempotency.c.id).limit(A_BATCH)
_FORGET = Statement(delete(idempotency).where(idempotency.c.id.in_(_OLDEST), idempotency.c.at < bindparam("before")))


def forget_repeats(writer: Writer, now: datetime) -> int:
    """Forget the answers that are older than `KEPT_FOR` at the business instant `now`; returns how many.

    In batches, between which others get their turn. Blocks: not for the writer's own thread.
    """
    before, total = to_micros(now - KEPT_FOR), 0
    while gone := writer.call(lambda tx: tx.change(_FORGET, before=before)):
        total += gone
    return total
