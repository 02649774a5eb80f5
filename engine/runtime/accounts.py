"""Who is asking: people, sessions and tokens, kept on the server and known only by the hash of their secret.

Sessions and tokens live on the wall clock; whether a membership holds is a matter of the business date.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import bindparam, select, update

from engine.definition.performing import Actor, Mandate
from engine.errors import ConfirmationNeeded, NotAuthenticated, NotFound, ScopeMissing, SessionNeeded
from engine.instants import to_micros
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.schema import account_link, person, session
from engine.runtime.statements import MANDATES, MEMBERSHIPS, SESSION, TOUCH_SESSION, insertion
from engine.runtime.work import Work

SESSION_KIND, TOKEN_KIND = "session", "token"
IDLE = timedelta(hours=1)
LONGEST = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=5)
CONFIRMED_FOR = timedelta(minutes=5)
NEVER = 0

_PERSON = Statement(select(person).where(person.c.username == bindparam("username")))
_NEW_SESSION = insertion(session)
_REVOKE = Statement(
    update(session)
    .where(
        session.c.id == bindparam("which"),
        session.c.person_id == bindparam("owner"),
        session.c.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("revoked_at"))
)
_REVOKE_ALL = Statement(
    update(session)
    .where(
        session.c.person_id == bindparam("owner"),
        session.c.id != bindparam("kept"),
        session.c.kind.in_((bindparam("kind"), bindparam("other_kind"))),
        session.c.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("revoked_at"))
)
_VOID_LINKS = Statement(
    update(account_link)
    .where(account_link.c.person_id == bindparam("owner"), account_link.c.used_at.is_(None))
    .values(used_at=bindparam("used_at"))
)
_TOKENS = Statement(
    select(session)
    .where(session.c.person_id == bindparam("owner"), session.c.kind == TOKEN_KIND, session.c.revoked_at.is_(None))
    .order_by(session.c.id)
)


class Scope(StrEnum):
    """What a token may be used for; a session is good for everything."""

    READ = "read"
    ACT = "act"
    SIGN = "sign"
    ADMINISTER = "administer"


EVERY_SCOPE = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Login:
    """An open session or token. `confirmed_at`: when password or code were last given, `seen_at`: when it was last
    used (to within some minutes); both in microseconds."""

    session_id: int
    person_id: int
    username: str
    name: str
    kind: str = SESSION_KIND
    staff_code: str | None = None
    scopes: frozenset[Scope] = EVERY_SCOPE
    confirmed_at: int = 0
    seen_at: int = 0


def hash_of(secret: str) -> str:
    """What is stored of a session's or token's secret (256 random bits need no slow hash)."""
    return sha256(secret.encode()).hexdigest()


def login_of(tx: Transaction, secret: str, wall_now: datetime) -> Login:
    """The login that the secret opens.

    Raises:
        NotAuthenticated: unknown, expired, idle too long, revoked, or the account is not active.
    """
    return opened(row_of(tx, secret), wall_now)


def row_of(tx: Transaction, secret: str) -> Row | None:
    """What is stored of the session or token, with its person; None when there is none."""
    return tx.one(SESSION, token_hash=hash_of(secret)) if secret else None


def opened(row: Row | None, wall_now: datetime) -> Login:
    """The login of a row of `SESSION`.

    Raises:
        NotAuthenticated: as `login_of`.
    """
    now = to_micros(wall_now)
    if row is None or row["revoked_at"] is not None or row["expires_at"] <= now or not row["active"]:
        raise NotAuthenticated
    if row["kind"] == SESSION_KIND and row["seen_at"] + IDLE // timedelta(microseconds=1) <= now:
        raise NotAuthenticated
    scopes = EVERY_SCOPE if row["kind"] == SESSION_KIND else frozenset(map(Scope, row["scopes"].split()))
    return Login(
        row["id"], row["person_id"], row["username"], row["person_name"], row["kind"], row["staff_code"], scopes,
        row["confirmed_at"], row["seen_at"],
    )  # fmt: skip


def check_scope(login: Login, needs: Scope, wall_now: datetime) -> None:
    """Whether the login may be used for that. To sign, a session must have been confirmed lately.

    Raises:
        ScopeMissing: a token without that scope.
        ConfirmationNeeded: a session that wants to sign, and password or code were given too long ago.
    """
    if needs not in login.scopes:
        raise ScopeMissing(scope=needs)
    is_stale = to_micros(wall_now) - login.confirmed_at > CONFIRMED_FOR // timedelta(microseconds=1)
    if needs is Scope.SIGN and login.kind == SESSION_KIND and is_stale:
        raise ConfirmationNeeded(minutes=CONFIRMED_FOR // timedelta(minutes=1))


def own_session(tx: Transaction, secret: str, wall_now: datetime, *, fresh: bool = False) -> Login:
    """The login of a person who sits there themself; what concerns the account itself is for nobody else.

    fresh: whether password or code must have been given within the last minutes.

    Raises:
        NotAuthenticated: as `login_of`.
        SessionNeeded: the secret is a token's.
        ConfirmationNeeded: it was too long ago.
    """
    login = login_of(tx, secret, wall_now)
    if login.kind != SESSION_KIND:
        raise SessionNeeded
    if fresh:
        check_scope(login, Scope.SIGN, wall_now)
    return login


def touch(tx: Transaction, secret: str, wall_now: datetime) -> None:
    """Note that a session is in use; at most one write every few minutes."""
    row = tx.one(SESSION, token_hash=hash_of(secret))
    if row is not None:
        _note_use(tx, row["id"], row["seen_at"], wall_now)


def use(tx: Transaction, secret: str, needs: Scope, wall_now: datetime) -> Login:
    """The login behind a change, which counts as use of it.

    Raises:
        NotAuthenticated, ScopeMissing, ConfirmationNeeded: as `login_of` and `check_scope`.
    """
    return use_row(tx, row_of(tx, secret), needs, wall_now)


def use_row(tx: Transaction, row: Row | None, needs: Scope, wall_now: datetime) -> Login:
    """As `use`, by the row of `SESSION` that was read already.

    Raises:
        NotAuthenticated, ScopeMissing, ConfirmationNeeded: as `login_of` and `check_scope`.
    """
    login = opened(row, wall_now)
    check_scope(login, needs, wall_now)
    _note_use(tx, login.session_id, login.seen_at, wall_now)
    return login


def _note_use(tx: Transaction, session_id: int, seen_at: int, wall_now: datetime) -> None:
    now = to_micros(wall_now)
    if now - seen_at > TOUCH_EVERY // timedelta(microseconds=1):
        tx.run(TOUCH_SESSION, which=session_id, seen_at=now)


def actor_of(tx: Transaction, login: Login, on: date) -> Actor:
    """The person with the memberships and mandates that hold on that business date."""
    held = {"person_id": login.person_id, "on": on.isoformat()}
    memberships, mandates = tx.gather((MEMBERSHIPS, held), (MANDATES, held))
    hats = frozenset((row["role"], row["unit_id"]) for row in memberships)
    return Actor(login.person_id, login.name, hats, login.staff_code, tuple(map(mandate_of, mandates)))


def known_actor(work: Work, login: Login) -> Actor:
    """As `actor_of` on the business date, asked of the database once for each edition of the office."""
    return work.known.of(("actor", login.person_id, work.today), lambda: actor_of(work.tx, login, work.today))


def mandate_of(row: Row) -> Mandate:
    """A row of `MANDATES` or `DEPUTIES`."""
    return Mandate(
        row["id"], row["role"], row["unit_id"], row["principal_id"], row["principal"], row["staff_code"],
        row["capacity"], row["paper"], frozenset(json.loads(row["powers"])),
    )  # fmt: skip


def find_person(tx: Transaction, username: str) -> Row | None:
    return tx.one(_PERSON, username=username)


def open_login(
    tx: Transaction, person_id: int, secret: str, wall_now: datetime, *, kind: str, name: str = "",
    lasts: timedelta = LONGEST, scopes: Iterable[Scope] = EVERY_SCOPE, device: str = "",
    confirmed_at: datetime | None = None,
) -> int:  # fmt: skip
    """Store a new session (kind "session") or token (kind "token"); returns its key.

    scopes: of a token. device: what the person will recognise a session by. confirmed_at: when they last
    proved who they are, for a session; now, when None.
    """
    now, is_session = to_micros(wall_now), kind == SESSION_KIND
    confirmed = to_micros(confirmed_at or wall_now) if is_session else 0
    return tx.insert(
        _NEW_SESSION, token_hash=hash_of(secret), kind=kind, name=name, person_id=person_id, created_at=now,
        seen_at=now if is_session else NEVER, expires_at=to_micros(wall_now + lasts), confirmed_at=confirmed,
        scopes=" ".join(sorted(scopes)), device=device, revoked_at=None,
    )  # fmt: skip


def revoke(tx: Transaction, session_id: int, person_id: int, wall_now: datetime) -> None:
    """End a session or token of that person.

    Raises:
        NotFound: it is not theirs, or has ended.
    """
    if not tx.change(_REVOKE, which=session_id, owner=person_id, revoked_at=to_micros(wall_now)):
        raise NotFound(what=f"phiên hoặc mã truy cập số {session_id}")


def revoke_all(tx: Transaction, person_id: int, wall_now: datetime, *, but: int = 0, tokens: bool = False) -> int:
    """End all sessions of a person at once, and their tokens too when asked; returns how many ended.

    but: the key of the session that stays. To be called when a password is set or an account is closed.
    """
    kinds = {"kind": SESSION_KIND, "other_kind": TOKEN_KIND if tokens else SESSION_KIND}
    return tx.change(_REVOKE_ALL, owner=person_id, kept=but, revoked_at=to_micros(wall_now), **kinds)


def void_links(tx: Transaction, person_id: int, wall_now: datetime) -> None:
    """No link in a mail to that person opens anything any more. To be called when the mail box is another's."""
    tx.run(_VOID_LINKS, owner=person_id, used_at=to_micros(wall_now))


def tokens_of(tx: Transaction, person_id: int) -> list[Row]:
    """The open API tokens of a person, without their secrets (nobody has those any more)."""
    return tx.all(_TOKENS, owner=person_id)
