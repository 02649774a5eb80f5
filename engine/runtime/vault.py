"""Sealing of what must not lie open in the database: identity numbers, birth dates, secrets of second factors.

AES-256-GCM with the place of use as associated data, so that a sealed value cannot be moved to another row;
keyed fingerprints (HMAC-SHA-256) for search. The keys live outside the database.
"""

import hmac
import json
import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


class Unsealable(Exception):
    """The value was sealed with another key, for another place, or has been changed."""


class Vault:
    """The keys of an installation by name; new values are sealed with the current one."""

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        if any(len(key) != KEY_BYTES for key in keys.values()) or current not in keys:
            raise ValueError(f"every key must have {KEY_BYTES} bytes, and the current one must be among them")
        self._keys, self._current = dict(keys), current

    def seal(self, text: str, place: str) -> str:
        """The text as "key name.base64"; `place` names table, row and column, and is needed to open it."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + AESGCM(self._keys[self._current]).encrypt(nonce, text.encode(), place.encode())
        return f"{self._current}.{urlsafe_b64encode(sealed).decode()}"

    def open(self, sealed: str, place: str) -> str:
        """The text again.

        Raises:
            Unsealable: not by these keys, not for that place, or changed since.
        """
        name, _, encoded = sealed.partition(".")
        try:
            content = urlsafe_b64decode(encoded)
            key = self._keys[name]
            return AESGCM(key).decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], place.encode()).decode()
        except (KeyError, ValueError, InvalidTag) as wrong:
            raise Unsealable(f"cannot open what was sealed for {place}") from wrong

    def fingerprint(self, text: str) -> str:
        """The same text gives the same hex digits, and nobody without the oldest key can compute them."""
        first = self._keys[min(self._keys)]
        return hmac.new(first, text.encode(), sha256).hexdigest()

    @classmethod
    def fresh(cls) -> "Vault":
        """A vault with one new key."""
        return cls({"k1": secrets.token_bytes(KEY_BYTES)}, "k1")

    @classmethod
    def at(cls, path: Path) -> "Vault":
        """The vault whose keys the file holds; makes file and first key when there is none, for the owner's eyes only.

        Raises:
            ValueError: the file is no key file.
        """
        if not path.exists():
            cls.fresh().save(path)
        stored = json.loads(path.read_text())
        return cls({name: urlsafe_b64decode(key) for name, key in stored["keys"].items()}, stored["current"])

    def save(self, path: Path) -> None:
        """Write a new key file.

        Raises:
            FileExistsError: there is one already; keys are never overwritten.
        """
        keys = {name: urlsafe_b64encode(key).decode() for name, key in self._keys.items()}
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"current": self._current, "keys": keys}, file)
