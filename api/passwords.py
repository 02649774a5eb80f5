"""Password hashes: argon2id, and a check that takes as long for a name that nobody has."""

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from engine.accounts.password_rules import normal

LONGEST = 1024  # characters taken to be compared; longer input costs the server more than any person types

# What OWASP asks for at least; more would let a burst of log-ins fill a small office's server.
_HASHER = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))
_NOBODYS = _HASHER.hash("nobody's password, hashed to be compared with")


def hash_password(password: str) -> str:
    """What is stored of a password. Takes a twentieth of a second: not for the writer's thread."""
    return _HASHER.hash(normal(password))


def renewed(password: str, stored: str) -> str | None:
    """A hash of the right password by today's parameters; None when the stored one has them already."""
    return hash_password(password) if _HASHER.current_hasher.check_needs_rehash(stored) else None


def is_password(given: str, stored: str | None) -> bool:
    """Whether it is that password; None and unusable hashes take as long and are never right."""
    password = normal(given)
    try:
        return _HASHER.verify(password, stored or _NOBODYS) and bool(stored)
    except UnknownHashError:
        _HASHER.verify(password, _NOBODYS)
        return False
