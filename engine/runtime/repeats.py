"""Answers kept for a request that is sent again: how long, and that they go afterwards.

The effect of the request stays for ever, its answer does not: it was only for a client that never got it.
"""

import zlib
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

_COMMON = (
    '{"authority":{"code":"","name":"UBND quận "},"closed_at":null,"code":"","collection":"award-proposals",'
    '"created_at":"2024-01-01T00:00:00Z","dossier":{"},"headline":"","id":"","parent":null,"phase":"submitted",'
    '"state":{"id":"","label":""},"task":{"assignee":null,"clock":"running","closed_at":null,"days_late":null,'
    '"days_left":5,"due_at":"2024-07-31T17:00:00Z","due_on":"2024-07-31","due_source":"5 ngày làm việc","id":"",'
    '"instance":"","kind":"state","opened_at":"2024-07-10T01:00:00Z","role":{"code":"","label":""},"state":"",'
    '"todo":"","unit":{"code":"","name":"Văn phòng HĐND và UBND "}},"unit":{"code":"","name":"Phòng "},'
    '"updated_at":"2024-07-10T01:00:00Z","version":'
).encode()
"""What answers have in common, which makes them a third as long. Stored ones can only be read with the very same."""

_OLDEST = select(idempotency.c.id).order_by(idempotency.c.id).limit(A_BATCH)
_FORGET = Statement(delete(idempotency).where(idempotency.c.id.in_(_OLDEST), idempotency.c.at < bindparam("before")))


def packed(body: str) -> bytes:
    """A body as it is stored."""
    press = zlib.compressobj(level=1, wbits=12, memLevel=5, zdict=_COMMON)
    return press.compress(body.encode()) + press.flush()


def unpacked(stored: bytes) -> str:
    """The body that was `packed`."""
    return zlib.decompressobj(zdict=_COMMON).decompress(stored).decode()


def forget_repeats(writer: Writer, now: datetime) -> int:
    """Forget the answers that are older than `KEPT_FOR` at the business instant `now`; returns how many.

    In batches, between which others get their turn. Blocks: not for the writer's own thread.
    """
    before, total = to_micros(now - KEPT_FOR), 0
    while gone := writer.call(lambda tx: tx.change(_FORGET, before=before)):
        total += gone
    return total
