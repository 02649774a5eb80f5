"""Logging in: count the guess, check the password, open a session. API and pages use the same."""

import secrets

from api.passwords import is_password
from api.refusals import WrongPassword
from engine.runtime import accounts
from engine.runtime.database import Row, Transaction
from engine.runtime.service import Engine


def new_secret() -> str:
    """256 random bits, as text for cookies and headers."""
    return secrets.token_urlsafe(32)


def log_in(engine: Engine, username: str, password: str) -> str:
    """Open a session; returns its secret. Blocks for the hash and two commits: for a thread.

    Raises:
        TooManyAttempts: too many wrong passwords for that name lately.
        WrongPassword: no such active person, or another password.
    """
    person = engine.writer.call(lambda tx: _count(engine, tx, username))
    stored = person["password_hash"] if person is not None and person["active"] else None
    if not is_password(password, stored):
        raise WrongPassword
    assert person is not None, "nobody's password is never right"
    secret = new_secret()
    engine.writer.call(
        lambda tx: accounts.open_login(tx, person["id"], username, secret, engine.wall(), kind="session")
    )
    return secret


def _count(engine: Engine, tx: Transaction, username: str) -> Row | None:
    """Every attempt counts as wrong until it was right, or guesses sent at once would all pass the limit."""
    accounts.check_guesses(tx, username, engine.wall())
    accounts.note_guess(tx, username, engine.wall())
    return accounts.find_person(tx, username)
