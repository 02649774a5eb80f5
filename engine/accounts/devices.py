"""Devices on which somebody has logged in before: from there the owner gets in although others guess.

A device is a random secret in a long-lived cookie, known here by its hash. It opens nothing by itself. One that
several people log in on is each one's own, but who guesses there counts as a stranger first.
"""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, update

from engine.instants import to_micros
from engine.runtime.accounts import hash_of
from engine.runtime.database import Statement, Transaction
from engine.runtime.schema import known_device
from engine.runtime.statements import insertion

REMEMBERED_FOR = timedelta(days=365)
MOST = 20
"""How many devices of one person are remembered: the latest."""

_row, p = known_device.c, bindparam
_FIND = Statement(
    select(_row.id).where(
        _row.person_id == p("person_id"), _row.secret_hash == p("secret_hash"), _row.seen_at > p("since")
    )
)
_OTHERS = Statement(select(_row.id).where(_row.secret_hash == p("hashed"), _row.person_id != p("owner")).limit(1))
_ANYBODYS = Statement(select(_row.id).where(_row.secret_hash == p("secret_hash")).limit(1))
_NEW = insertion(known_device)
_SEEN = Statement(update(known_device).where(_row.id == p("which")).values(seen_at=p("seen_at")))
_own = known_device.alias("own").c
_LATEST = select(_own.id).where(_own.person_id == p("owner")).order_by(_own.seen_at.desc(), _own.id.desc()).limit(MOST)
_FORGET_OTHERS = Statement(delete(known_device).where(_row.person_id == p("owner"), _row.id.not_in(_LATEST)))
_FORGET = Statement(delete(known_device).where(_row.person_id == p("owner")))


def recognised(tx: Transaction, person_id: int, secret: str, wall_now: datetime) -> int | None:
    """The key of the device for that person, when they logged in on it within a year; else None."""
    if not secret:
        return None
    row = tx.one(
        _FIND, person_id=person_id, secret_hash=hash_of(secret), since=to_micros(wall_now - REMEMBERED_FOR)
    )  # fmt: skip
    return row["id"] if row is not None else None


def is_shared(tx: Transaction, person_id: int, secret: str) -> bool:
    """Whether others too have logged in on that person's device: who guesses there may be one of them."""
    return tx.one(_OTHERS, hashed=hash_of(secret), owner=person_id) is not None


def is_anybodys(tx: Transaction, secret: str) -> bool:
    """Whether somebody has logged in on that device: colleagues who share a computer share its secret."""
    return bool(secret) and tx.one(_ANYBODYS, secret_hash=hash_of(secret)) is not None


def remember(tx: Transaction, person_id: int, secret: str, wall_now: datetime) -> None:
    """Note that the person has just logged in on that device."""
    now, key = to_micros(wall_now), recognised(tx, person_id, secret, wall_now)
    if key is not None:
        tx.run(_SEEN, which=key, seen_at=now)
        return
    tx.insert(_NEW, person_id=person_id, secret_hash=hash_of(secret), seen_at=now)
    tx.run(_FORGET_OTHERS, owner=person_id)


def forget_all(tx: Transaction, person_id: int) -> None:
    """No device of that person is known any more: one of them may be in wrong hands."""
    tx.run(_FORGET, owner=person_id)
