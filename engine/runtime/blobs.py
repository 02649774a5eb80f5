"""Where the bytes of papers lie: one folder, one file per content, named by its SHA-256.

Knows no case, no file name and no database; who may read a blob is decided elsewhere.
"""

import contextlib
import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from engine.office.files import FileRefused

_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEMPORARY_PREFIX = "tmp-"
_FOLDER_MODE = 0o700
_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Blob:
    """A content that is on the disk for good."""

    sha256: str  # 64 lower-case hexadecimal digits
    size: int  # bytes
    path: Path


class BlobStore:
    """Contents in a folder, each once, at `<first two digits>/<sha256>`; never changed afterwards.

    The order that makes it safe: `write` first, commit the row that names the blob after it. A blob
    is synced, and so are the folders that lead to it, when `write` returns; a crash can then leave a
    blob without a row (harmless) but no row without its blob. Safe for many threads and processes.
    """

    def __init__(self, folder: Path) -> None:
        """Use `folder`, made with mode 0700 if it is not there.

        Raises:
            FileNotFoundError: the folder above it is missing: a disk that is not mounted must not
                turn into a new, empty store.
        """
        folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        _sync_folder(folder.parent)
        self._folder = folder

    def write(self, stream: BinaryIO, limit_bytes: int) -> Blob:
        """Keep what is left to read in `stream`; the same content again gives the blob already there.

        Must return before any database row names the blob. After an error no temporary file is left.

        Raises:
            FileRefused: `file_too_large` (`limit_bytes`, `limit_mb`): there is more than
                `limit_bytes`; no more than one chunk past it was read.
            OSError: the disk is full or failing, or `stream` broke.
        """
        handle, name = tempfile.mkstemp(prefix=_TEMPORARY_PREFIX, dir=self._folder)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                sha256, size = _copy(stream, file, limit_bytes)
                file.flush()
                os.fsync(file.fileno())
            self._settle(temporary, sha256)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return Blob(sha256, size, self.path(sha256))

    def open(self, sha256: str) -> BinaryIO:
        """The content, from its start; the caller closes it.

        Raises:
            ValueError: `sha256` is not 64 lower-case hexadecimal digits.
            FileNotFoundError: there is no such blob.
        """
        return self.path(sha256).open("rb")

    def path(self, sha256: str) -> Path:
        """Where the blob lies, or would lie.

        Raises:
            ValueError: `sha256` is not 64 lower-case hexadecimal digits.
        """
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"not a SHA-256 in lower-case hexadecimal: {sha256!r}")
        return self._folder / sha256[:2] / sha256

    def verify(self, sha256: str) -> bool:
        """Whether the blob is there and its bytes still have this hash; reads all of them.

        Raises:
            ValueError: `sha256` is not 64 lower-case hexadecimal digits.
        """
        try:
            with self.path(sha256).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            return False

    def sweep_temporary(self, older_than_seconds: float, now_seconds: float) -> int:
        """Remove what a crash left half-written; gives how many files went.

        `now_seconds` is the wall clock in Unix seconds. Let `older_than_seconds` exceed the longest
        upload: a file that another process still writes looks the same, only younger.
        """
        removed = 0
        for path in self._folder.glob(f"{_TEMPORARY_PREFIX}*"):
            # Another process may finish or sweep this very file meanwhile.
            with contextlib.suppress(FileNotFoundError):
                if now_seconds - path.stat().st_mtime > older_than_seconds:
                    path.unlink()
                    removed += 1
        return removed

    def _settle(self, temporary: Path, sha256: str) -> None:
        path = self.path(sha256)
        path.parent.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        if path.exists():
            temporary.unlink()
        else:
            temporary.replace(path)
        # Also when the blob was there: whoever renamed it may not have synced the folders yet, and
        # our caller is about to commit a row that relies on it.
        _sync_folder(path.parent)
        _sync_folder(self._folder)


def _copy(stream: BinaryIO, file: BinaryIO, limit_bytes: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK_BYTES):
        size += len(chunk)
        if size > limit_bytes:
            limit_mb = f"{limit_bytes / 1024**2:g}"
            raise FileRefused("file_too_large", {"limit_bytes": str(limit_bytes), "limit_mb": limit_mb})
        digest.update(chunk)
        file.write(chunk)
    return digest.hexdigest(), size


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
