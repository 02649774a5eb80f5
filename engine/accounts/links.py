"""Links in mails with which a person sets a password: an invitation or a reset. Good once, and not for long.

Only the hash of a link's secret is stored here; a newer link takes the place of the older ones.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import bindparam, func, select, update

from engine.errors import LinkSpent
from engine.instants import to_micros
from engine.runtime.accounts import hash_of, void_links
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.schema import account_link, person
from engine.runtime.statements import insertion

RESETS_AN_HOUR = 3
"""How many reset letters one person is sent within an hour, whoever asks for them."""

_row, p = account_link.c, bindparam
_NEW = insertion(account_link)
_FIND = Statement(
    select(account_link, person.c.username)
    .join_from(account_link, person)
    .where(
        _row.secret_hash == p("secret_hash"),
        _row.kind == p("kind"),
        _row.used_at.is_(None),
        _row.expires_at > p("now"),
        person.c.active,
    )
)
_USE = Statement(
    update(account_link)
    .where(
        _row.secret_hash == p("hashed"), _row.kind == p("of_kind"), _row.used_at.is_(None), _row.expires_at > p("now")
    )
    .values(used_at=p("used_at"))
)
_RECENT = Statement(
    select(func.count().label("n")).where(
        _row.person_id == p("owner"), _row.kind == p("kind"), _row.created_at > p("since")
    )
)


class LinkKind(StrEnum):
    """What a link is for."""

    INVITATION = "invitation"
    RESET = "reset"


LASTS = {LinkKind.INVITATION: timedelta(hours=24), LinkKind.RESET: timedelta(minutes=30)}


@dataclass(frozen=True, slots=True)
class Link:
    """A link that is still good, and whose it is."""

    kind: LinkKind
    person_id: int
    username: str


def issue(tx: Transaction, kind: LinkKind, person_id: int, secret: str, wall_now: datetime) -> int:
    """Store a new link under the hash of its secret and void the person's older ones; returns its key."""
    now = to_micros(wall_now)
    void_links(tx, person_id, wall_now)
    return tx.insert(
        _NEW, kind=kind.value, person_id=person_id, secret_hash=hash_of(secret), created_at=now,
        expires_at=to_micros(wall_now + LASTS[kind]), used_at=None,
    )  # fmt: skip


def find(tx: Transaction, kind: LinkKind, secret: str, wall_now: datetime) -> Link:
    """The link, unused still.

    Raises:
        LinkSpent: used, replaced, too old, unknown, or the account is not active.
    """
    row = tx.one(_FIND, secret_hash=hash_of(secret), kind=kind.value, now=to_micros(wall_now))
    if row is None:
        raise LinkSpent
    return Link(kind, row["person_id"], row["username"])


def use(tx: Transaction, kind: LinkKind, secret: str, wall_now: datetime) -> None:
    """Use the link up: of two at once, one gets through.

    Raises:
        LinkSpent: used, replaced or too old.
    """
    now = to_micros(wall_now)
    if not tx.change(_USE, hashed=hash_of(secret), of_kind=kind.value, now=now, used_at=now):
        raise LinkSpent


def may_send_reset(tx: Transaction, who: Row, wall_now: datetime) -> bool:
    """Whether a reset letter may go to that person: active, with a password and an address, not asked too often."""
    if not (who["active"] and who["password_hash"] and who["mail"]):
        return False
    since = to_micros(wall_now - timedelta(hours=1))
    row = tx.one(_RECENT, owner=who["id"], kind=LinkKind.RESET.value, since=since)
    return row is not None and row["n"] < RESETS_AN_HOUR
