"""How the mail goes, in figures: what waits for how long, and what did not get through."""

from dataclasses import dataclass

from sqlalchemy import func, select

from engine.runtime.backlog import MOST, counted, seconds_since
from engine.runtime.database import Statement, Transaction
from engine.runtime.schema import notice
from engine.runtime.statements import IS_WAITING
from notifications.retry import State
from notifications.schema import message


@dataclass(frozen=True, slots=True)
class Outbox:
    """Counts are `MOST` at most.

    notice_seconds: since the oldest due notice should have become a mail. message_seconds: since the oldest mail that
    has not left was written, nights and weekends included.
    """

    queued: int
    failed: int
    notice_seconds: float
    message_seconds: float


_QUEUED = message.c.state == State.QUEUED.value
_SOME = select(message.c.id).where(_QUEUED).limit(MOST).subquery()  # by the index alone: rows are as long as mails
_OUTBOX = Statement(
    select(
        counted(_QUEUED).label("queued"),
        counted(message.c.state == State.FAILED.value).label("failed"),
        select(func.min(notice.c.not_before)).where(IS_WAITING).scalar_subquery().label("notice_at"),
        select(message.c.created_at)
        .where(message.c.id == select(func.min(_SOME.c.id)).scalar_subquery())
        .scalar_subquery()
        .label("message_at"),
    )
)  # fmt: skip


def outbox(tx: Transaction, now: int) -> Outbox:
    """The figures at the business instant `now`, in microseconds UTC; one statement on indexes."""
    row = tx.one(_OUTBOX)
    assert row is not None, "counts are always answered"
    return Outbox(
        row["queued"], row["failed"], seconds_since(row["notice_at"], now), seconds_since(row["message_at"], now)
    )
