"""Proving who one is: logging in, confirming a session, setting a password. API and pages use the same.

What is here blocks for a hash and for commits: it belongs in a thread, under the limiter for hashes.
"""

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from api.passwords import hash_password, is_password, renewed
from api.refusals import WrongConfirmation, WrongPassword
from engine.accounts import devices, guesses, links, people, second_factor, sessions
from engine.accounts.guesses import Guesser
from engine.accounts.links import Link, LinkKind
from engine.accounts.password_rules import weakness
from engine.errors import InvalidInput, SecondFactorNeeded, TooManyAttempts, WrongCode
from engine.jobs.reading import cancel_all
from engine.runtime import accounts
from engine.runtime.accounts import Login
from engine.runtime.database import Row, Transaction
from engine.runtime.service import Engine
from engine.runtime.work import Work

Tell = Callable[[Work, int], None]

log = logging.getLogger(__name__)


def new_secret() -> str:
    """256 random bits, as text for cookies and headers."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody wants in. device: the secret of the device cookie; label: what they will know the session by."""

    username: str
    password: str = field(repr=False)
    code: str = field(default="", repr=False)
    address: str = ""
    device: str = field(default="", repr=False)
    label: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """Of somebody who is logged in: the password, or else a code of the second factor."""

    password: str = field(default="", repr=False)
    code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Redemption:
    """Somebody has a link of a mail and sets a password. device: the secret of the device cookie."""

    kind: LinkKind
    secret: str = field(repr=False)
    password: str = field(repr=False)
    code: str = field(default="", repr=False)
    address: str = ""
    device: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session's secret, and that of the device it was opened on."""

    session: str = field(repr=False)
    device: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Guess:
    """A guess that has been counted and waits to be looked at."""

    id: int
    who: Guesser
    person: Row | None
    device: str = field(repr=False)


# ── logging in ───────────────────────────────────────────────────────────────────────────────────
def log_in(engine: Engine, knock: Knock) -> Opened:
    """Open a session.

    Raises:
        TooManyAttempts: too many wrong guesses lately.
        WrongPassword: no such active person, or another password.
        SecondFactorNeeded: the password is right, and a code is missing.
        WrongCode: that code is not right.
    """
    with _noting(engine, knock.username, knock.address):
        guess = engine.writer.call(lambda tx: _count_knock(engine, tx, knock))
        who = guess.person
        if not is_password(knock.password, who["password_hash"] if who is not None and who["active"] else None):
            raise WrongPassword
        assert who is not None, "nobody's password is never right"
        opened, stronger = Opened(new_secret(), guess.device), renewed(knock.password, who["password_hash"])
        if not engine.writer.call(lambda tx: _open(engine, tx, knock, guess, opened, stronger)):
            raise SecondFactorNeeded
        return opened


def _count_knock(engine: Engine, tx: Transaction, knock: Knock) -> _Guess:
    wall_now, who = engine.wall(), accounts.find_person(tx, knock.username)
    known = devices.recognised(tx, who["id"], knock.device, wall_now) if who is not None else None
    stranger = Guesser(knock.username, knock.address)
    owner = replace(stranger, origin=f"device:{known}") if known else stranger
    first = stranger if who is not None and devices.is_shared(tx, who["id"], knock.device) else owner
    try:
        guess_id, guesser = guesses.note(tx, first, wall_now), first
    except TooManyAttempts:
        if owner == first:
            raise
        guess_id, guesser = guesses.note(tx, owner, wall_now), owner
    return _Guess(guess_id, guesser, who, _device(tx, knock.device))


def _device(tx: Transaction, shown: str) -> str:
    """The secret of the device; a new one, unless somebody has logged in there."""
    return shown if devices.is_anybodys(tx, shown) else new_secret()


def _open(engine: Engine, tx: Transaction, knock: Knock, guess: _Guess, opened: Opened, stronger: str | None) -> bool:
    """Open the session; False when a code is missing. stronger: the password's hash, to be kept instead."""
    assert guess.person is not None, "nobody's password is never right"
    key, wall_now = guess.person["id"], engine.wall()
    if people.person_of(tx, key)["password_hash"] != guess.person["password_hash"]:
        raise WrongPassword  # it was changed while this one was compared
    if second_factor.has_second_factor(tx, key):
        if not knock.code:
            guesses.take_out(tx, guess.id)
            return False
        second_factor.use_code(tx, engine.vault, key, knock.code, wall_now)
    if stronger is not None:
        people.rehash(tx, key, stronger)
    guesses.forgive(tx, guess.who, guess.id)
    accounts.open_login(tx, key, opened.session, wall_now, kind=accounts.SESSION_KIND, device=knock.label)
    devices.remember(tx, key, opened.device, wall_now)
    return True


# ── somebody who is logged in ────────────────────────────────────────────────────────────────────
def confirm(engine: Engine, secret: str, proof: Proof, address: str) -> str:
    """Prove again who one is; returns the session's new secret, good for signing for some minutes.

    Raises:
        NotAuthenticated, SessionNeeded: no session.
        TooManyAttempts: too many wrong guesses lately.
        WrongConfirmation: it is not the password, or not a code that works now.
    """
    return _prove(engine, secret, proof, address, lambda tx, login: None)


def change_password(engine: Engine, secret: str, current: str, new: str, address: str, tell: Tell) -> str:
    """Set another password; all other sessions end. Returns the session's new secret. tell: as for `redeem`.

    Raises:
        NotAuthenticated, SessionNeeded, TooManyAttempts, WrongConfirmation: as `confirm`.
        InvalidInput: the new one is not taken; with the sentence why. Only who knows the current one learns it.
    """
    hashed = ""

    def choose(login: Login) -> None:
        nonlocal hashed
        with engine.database.read() as tx:
            _must_be_strong(tx, login.person_id, new, "new")
        hashed = hash_password(new)

    def change(tx: Transaction, login: Login) -> None:
        people.set_password(tx, login.person_id, hashed, engine.wall(), session=login.session_id)
        cancel_all(tx, login.person_id, engine.wall())
        tell(engine.work(tx), login.person_id)

    return _prove(engine, secret, Proof(password=current), address, change, choose)


def remove_second_factor(engine: Engine, secret: str, code: str, address: str) -> str:
    """Ask for no code any more, after this last one. Returns the session's new secret.

    Raises:
        NotAuthenticated, SessionNeeded, TooManyAttempts, WrongConfirmation: as `confirm`.
    """
    return _prove(
        engine, secret, Proof(code=code), address, lambda tx, login: second_factor.remove(tx, login.person_id)
    )  # fmt: skip


def _prove(
    engine: Engine,
    secret: str,
    proof: Proof,
    address: str,
    then: Callable[[Transaction, Login], None],
    before: Callable[[Login], None] = lambda login: None,
) -> str:
    """Compare password or code with the session's person, then confirm the session and do `then` with it.

    before: what takes long and only somebody who gave the right password may ask for; outside the transaction.
    """
    with engine.database.read() as tx:
        login = accounts.own_session(tx, secret, engine.wall())
        stored = people.person_of(tx, login.person_id)["password_hash"]
    who, fresh = Guesser(login.username, address, f"session:{login.session_id}"), new_secret()

    def settle(tx: Transaction) -> None:
        if not proof.password:
            second_factor.use_code(tx, engine.vault, login.person_id, proof.code, engine.wall())
        guesses.forgive(tx, who, guess_id)
        sessions.confirm(tx, login, secret, fresh, engine.wall())
        then(tx, login)

    with _noting(engine, who.username, address):
        guess_id = engine.writer.call(lambda tx: guesses.note(tx, who, engine.wall()))
        if proof.password and not is_password(proof.password, stored):
            raise WrongConfirmation
        try:
            before(login)
        except InvalidInput:
            engine.writer.call(lambda tx: guesses.take_out(tx, guess_id))  # what was guessed was right
            raise
        try:
            engine.writer.call(settle)
        except WrongCode as wrong:
            raise WrongConfirmation from wrong
    return fresh


# ── setting a password through a link ────────────────────────────────────────────────────────────
def redeem(engine: Engine, given: Redemption, tell: Tell | None) -> str:
    """Set a password with the link of a mail, which is used up; every session and token of the person ends.

    tell: writes a letter to the person about it, in the same transaction.

    Returns the secret of the device, from now on the only one known as the person's: from there they get in
    although strangers have used up the account's guesses.

    Raises:
        LinkSpent: the link is used, replaced, too old or unknown.
        InvalidInput: the password is not taken; with the sentence why.
        SecondFactorNeeded, WrongCode, TooManyAttempts: a mail alone does not replace the second factor.
    """
    with engine.database.read() as tx:
        link = links.find(tx, given.kind, given.secret, engine.wall())
        _must_be_strong(tx, link.person_id, given.password, "password")
        needs_code = second_factor.has_second_factor(tx, link.person_id)
    if needs_code and not given.code:
        raise SecondFactorNeeded
    who, hashed = Guesser(link.username, given.address), hash_password(given.password)
    with _noting(engine, who.username, given.address):
        guess_id = engine.writer.call(lambda tx: guesses.note(tx, who, engine.wall())) if needs_code else None

        def settle(tx: Transaction) -> str:
            device = _set_password(engine, tx, link, given, hashed)
            if guess_id is not None:
                guesses.forgive(tx, who, guess_id)
            if tell is not None:
                tell(engine.work(tx), link.person_id)
            return device

        return engine.writer.call(settle)


def _set_password(engine: Engine, tx: Transaction, link: Link, given: Redemption, hashed: str) -> str:
    wall_now = engine.wall()
    links.use(tx, link.kind, given.secret, wall_now)
    if second_factor.has_second_factor(tx, link.person_id):
        second_factor.use_code(tx, engine.vault, link.person_id, given.code, wall_now)
    device = _device(tx, given.device)
    people.reset_password(tx, link.person_id, hashed, wall_now)
    cancel_all(tx, link.person_id, wall_now)
    devices.remember(tx, link.person_id, device, wall_now)
    return device


def _must_be_strong(tx: Transaction, person_id: int, password: str, place: str) -> None:
    with_code = second_factor.has_second_factor(tx, person_id)
    if why := weakness(password, people.names_about(tx, person_id), has_second_factor=with_code):
        raise InvalidInput({place: why})


@contextmanager
def _noting(engine: Engine, username: str, address: str) -> Iterator[None]:
    """Log what was refused to whom; a name that is no account's may be a password typed in the wrong place."""
    try:
        yield
    except (WrongPassword, WrongConfirmation, WrongCode, TooManyAttempts) as refusal:
        with engine.database.read() as tx:
            who = accounts.find_person(tx, username)
        account = ascii(who["username"]) if who is not None else "(none)"
        log.warning("%s: account %s, address %s", refusal.code, account, address)
        raise
