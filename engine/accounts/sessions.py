"""The open sessions of a person: where they are logged in, and that the one in use is still theirs."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update

from engine.errors import NotAuthenticated
from engine.instants import to_micros
from engine.runtime.accounts import IDLE, SESSION_KIND, Login, hash_of
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.schema import session

_row, p = session.c, bindparam
_OPEN = Statement(
    select(_row.id, _row.device, _row.created_at, _row.seen_at, _row.expires_at)
    .where(
        _row.person_id == p("owner"),
        _row.kind == SESSION_KIND,
        _row.revoked_at.is_(None),
        _row.expires_at > p("now"),
        _row.seen_at > p("idle_since"),
    )
    .order_by(_row.id.desc())
)
_CONFIRM = Statement(
    update(session)
    .where(_row.id == p("which"), _row.token_hash == p("old_hash"), _row.revoked_at.is_(None))
    .values(token_hash=p("new_hash"), confirmed_at=p("confirmed_at"), seen_at=p("confirmed_at"))
)


def open_sessions(tx: Transaction, person_id: int, wall_now: datetime) -> list[Row]:
    """The sessions that would still let the person in, the newest first."""
    idle_since = to_micros(wall_now) - IDLE // timedelta(microseconds=1)
    return tx.all(_OPEN, owner=person_id, now=to_micros(wall_now), idle_since=idle_since)


def confirm(tx: Transaction, login: Login, old_secret: str, new_secret: str, wall_now: datetime) -> None:
    """The person has proved again who they are: good for signing from now, and under a new secret only.

    Raises:
        NotAuthenticated: the session was ended or confirmed elsewhere meanwhile.
    """
    changed = tx.change(
        _CONFIRM, which=login.session_id, old_hash=hash_of(old_secret), new_hash=hash_of(new_secret),
        confirmed_at=to_micros(wall_now),
    )  # fmt: skip
    if not changed:
        raise NotAuthenticated
