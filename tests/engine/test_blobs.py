"""Contents on a disk: each once, whole or not at all."""

import hashlib
import io
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from engine.office.files import FileRefused
from engine.runtime.blobs import Blob, BlobStore

CONTENT = b"To trinh so 12" * 100
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NOT_A_HASH = [
    "",
    "../../etc/passwd",
    SHA256[:-1],
    SHA256 + "\n",
    SHA256.upper(),
    "g" * 64,
    "٣" * 64,
    "/" + SHA256,
]
LIMIT = 10_000_000
NOW_SECONDS = 1_700_000_000.0


class BrokenStream(io.BytesIO):
    """Gives one chunk, then fails as a connection does."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > 0:
            raise ConnectionResetError
        return super().read(size)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def store(folder: Path) -> BlobStore:
    return BlobStore(folder)


def write(store: BlobStore, content: bytes = CONTENT) -> Blob:
    return store.write(io.BytesIO(content), LIMIT)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def leave_temporary(folder: Path, name: str, written_seconds: float) -> Path:
    """What a process that died while writing leaves behind."""
    path = folder / name
    path.write_bytes(b"half")
    os.utime(path, (written_seconds, written_seconds))
    return path


def test_written_content_lies_under_its_hash(store: BlobStore, folder: Path) -> None:
    blob = write(store)

    path = folder / SHA256[:2] / SHA256
    assert blob == Blob(SHA256, len(CONTENT), path)
    assert files_in(folder) == [path]
    assert path.read_bytes() == CONTENT


def test_empty_content_is_a_content(store: BlobStore) -> None:
    blob = write(store, b"")

    assert (blob.size, blob.sha256) == (0, hashlib.sha256().hexdigest())


def test_content_of_many_chunks_is_kept_whole(store: BlobStore) -> None:
    content = os.urandom(1024 * 1024) * 3 + b"end"

    blob = write(store, content)

    assert (blob.size, blob.path.read_bytes()) == (len(content), content)


def test_open_gives_the_content(store: BlobStore) -> None:
    blob = write(store)

    with store.open(blob.sha256) as file:
        assert file.read() == CONTENT


def test_open_of_an_unknown_blob_fails(store: BlobStore) -> None:
    with pytest.raises(FileNotFoundError):
        store.open(SHA256)


def test_same_content_again_keeps_the_file_that_is_there(store: BlobStore, folder: Path) -> None:
    first = write(store)
    before = first.path.stat()

    second = write(store)

    after = second.path.stat()
    assert second == first
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert files_in(folder) == [first.path]


def test_same_content_from_eight_threads_gives_one_blob(store: BlobStore, folder: Path) -> None:
    start = Barrier(8)

    def write_at_once(_: int) -> Blob:
        start.wait()
        return write(store)

    with ThreadPoolExecutor(8) as threads:
        blobs = set(threads.map(write_at_once, range(8)))

    path = folder / SHA256[:2] / SHA256
    assert blobs == {Blob(SHA256, len(CONTENT), path)}
    assert files_in(folder) == [path]
    assert path.read_bytes() == CONTENT


def test_content_as_large_as_the_limit_is_kept(store: BlobStore) -> None:
    assert store.write(io.BytesIO(CONTENT), len(CONTENT)).size == len(CONTENT)


def test_content_over_the_limit_is_refused_and_leaves_nothing(store: BlobStore, folder: Path) -> None:
    with pytest.raises(FileRefused) as caught:
        store.write(io.BytesIO(bytes(1024**2 + 1)), 1024**2)

    assert caught.value.code == "file_too_large"
    assert caught.value.params == {"limit_bytes": "1048576", "limit_mb": "1"}
    assert caught.value.message == "Tệp lớn hơn mức cho phép là 1 MB."
    assert list(folder.iterdir()) == []


def test_reading_stops_soon_after_the_limit(store: BlobStore) -> None:
    stream = io.BytesIO(bytes(5 * 1024**2))

    with pytest.raises(FileRefused):
        store.write(stream, 1024**2)

    assert stream.tell() == 2 * 1024**2


def test_stream_that_breaks_leaves_nothing(store: BlobStore, folder: Path) -> None:
    with pytest.raises(ConnectionResetError):
        store.write(BrokenStream(CONTENT), LIMIT)

    assert list(folder.iterdir()) == []


def test_blob_that_cannot_be_put_in_place_leaves_no_temporary_file(store: BlobStore, folder: Path) -> None:
    obstacle = folder / SHA256[:2]
    obstacle.write_bytes(b"")

    with pytest.raises(FileExistsError):
        write(store)

    assert list(folder.iterdir()) == [obstacle]


def test_only_the_owner_may_look_whatever_the_umask(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        blob = write(BlobStore(tmp_path / "blobs"))
    finally:
        os.umask(umask)

    paths = [blob.path, blob.path.parent, blob.path.parent.parent]
    modes = [stat.S_IMODE(path.stat().st_mode) for path in paths]
    assert modes == [0o600, 0o700, 0o700]


def test_store_opens_a_folder_that_is_there(folder: Path) -> None:
    blob = write(BlobStore(folder))

    assert BlobStore(folder).path(SHA256).read_bytes() == blob.path.read_bytes()


def test_store_is_not_made_where_the_disk_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        BlobStore(tmp_path / "not mounted" / "blobs")


@pytest.mark.parametrize("sha256", NOT_A_HASH)
def test_anything_but_a_hash_is_refused(store: BlobStore, sha256: str) -> None:
    for ask in (store.path, store.open, store.verify):
        with pytest.raises(ValueError, match="not a SHA-256"):
            ask(sha256)


def test_verify_accepts_what_was_written(store: BlobStore) -> None:
    assert store.verify(write(store).sha256) is True


def test_verify_notices_one_flipped_bit(store: BlobStore) -> None:
    blob = write(store)
    blob.path.write_bytes(bytes([CONTENT[0] ^ 1]) + CONTENT[1:])

    assert store.verify(blob.sha256) is False


def test_verify_notices_a_missing_blob(store: BlobStore) -> None:
    assert store.verify(SHA256) is False


def test_sweep_removes_only_old_temporary_files(store: BlobStore, folder: Path) -> None:
    blob = write(store)
    os.utime(blob.path, (0, 0))
    os.utime(blob.path.parent, (0, 0))
    leave_temporary(folder, "tmp-old", NOW_SECONDS - 3601)
    young = leave_temporary(folder, "tmp-young", NOW_SECONDS - 3600)

    removed = store.sweep_temporary(older_than_seconds=3600, now_seconds=NOW_SECONDS)

    assert removed == 1
    assert sorted(files_in(folder)) == sorted([blob.path, young])


def test_sweep_passes_over_a_file_that_vanishes_meanwhile(store: BlobStore, folder: Path) -> None:
    (folder / "tmp-gone").symlink_to(folder / "nowhere")  # listed, but not there when looked at

    assert store.sweep_temporary(older_than_seconds=0, now_seconds=NOW_SECONDS) == 0
