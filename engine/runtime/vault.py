"""Sealing of what must not lie open in the database: identity numbers, birth dates, secrets of second factors.

AES-256-GCM with the place of use as associated data, so that a sealed value cannot be moved to another row;
keyed fingerprints (HMAC-SHA-256) for search, with a key of their own that never rotates. The keys live
outside the database.
"""

import hmac
import json
import os
import secrets
import tempfile
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


class Unsealable(Exception):
    """The value was sealed with another key, for another place, or has been changed."""


class Vault:
    """The keys of an installation by name; new values are sealed with the current one.

    print_key: makes the fingerprints. It stays when keys rotate, or nothing stored could be found any more.
    """

    def __init__(self, keys: Mapping[str, bytes], current: str, print_key: bytes) -> None:
        if any(len(key) != KEY_BYTES for key in (*keys.values(), print_key)) or current not in keys:
            raise ValueError(f"every key must have {KEY_BYTES} bytes, and the current one must be among them")
        self._keys, self._current, self._print_key = dict(keys), current, print_key

    def seal(self, text: str, place: str) -> str:
        """The text as "key name.base64"; `place` names table, column and row, and is needed to open it."""
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
        """The same text gives the same hex digits, also after a rotation; nobody without the keys can compute them."""
        return hmac.new(self._print_key, text.encode(), sha256).hexdigest()

    def is_current(self, sealed: str) -> bool:
        """Whether the value was sealed with the newest key."""
        return sealed.partition(".")[0] == self._current

    def rotated(self) -> "Vault":
        """A vault with one more key, which seals from now on; the old ones still open what they sealed."""
        name = next(name for n in count(len(self._keys) + 1) if (name := f"k{n}") not in self._keys)
        return Vault({**self._keys, name: secrets.token_bytes(KEY_BYTES)}, name, self._print_key)

    @classmethod
    def fresh(cls) -> "Vault":
        """A vault with new keys."""
        return cls({"k1": secrets.token_bytes(KEY_BYTES)}, "k1", secrets.token_bytes(KEY_BYTES))

    @classmethod
    def at(cls, path: Path) -> "Vault":
        """The vault whose keys the file holds; makes file and first keys when there is none, for the owner's eyes only.

        Raises:
            ValueError: the file is no key file.
        """
        if not path.exists():
            cls.fresh().save(path)
        try:
            stored = json.loads(path.read_text())
            keys = {name: urlsafe_b64decode(key) for name, key in stored["keys"].items()}
            return cls(keys, stored["current"], urlsafe_b64decode(stored["print"]))
        except (ValueError, KeyError, TypeError, AttributeError) as wrong:
            raise ValueError(f"{path} is no key file") from wrong

    def save(self, path: Path) -> None:
        """Write a new key file.

        Raises:
            FileExistsError: there is one already; a key file is only ever replaced by one with more keys.
        """
        self._write(path, os.link)

    def replace(self, path: Path) -> None:
        """Put these keys in the place of an earlier key file: after a crash there is the old one or the new one."""
        self._write(path, os.replace)

    def _write(self, path: Path, put: Callable[[Any, Path], None]) -> None:
        keys = {name: urlsafe_b64encode(key).decode() for name, key in self._keys.items()}
        text = json.dumps(
            {"current": self._current, "keys": keys, "print": urlsafe_b64encode(self._print_key).decode()}
        )
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".keys-") as folder:
            draft = Path(folder) / path.name
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            put(draft, path)
        _sync(path.parent)


def _sync(folder: Path) -> None:
    """Make the name of a new file last."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
