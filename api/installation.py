"""One installation put together: the folder, the database, the definitions, the engine, the mail, the ticker.

On SQLite the folder holds everything, and one process has it open. On PostgreSQL any number of nodes work on one
database, and share the papers and the keys beside it (`sharing`)."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

import workflows
from api import sharing
from api.settings import Settings
from api.ticker import Ticker
from engine.definition.registry import Registry
from engine.privacy.sealing import open_vault
from engine.runtime.blobs import BlobStore
from engine.runtime.database import Database, Transaction
from engine.runtime.service import Engine
from engine.runtime.vault import Vault
from migrations.chain import must_be_current, upgrade
from notifications.door import Letterhead, Post, prove
from notifications.mime import Sender
from notifications.transport import Attempt, FolderTransport, Outcome, SmtpTransport, Transport
from workflows import law, roles

DATABASE, BLOBS, LOCK, MAILS, KEYS = "thidua.db", "papers", "thidua.lock", "mails", "thidua.keys"
STALE_UPLOAD_SECONDS = 24 * 3600


class InUse(Exception):
    """Another process writes to this folder; one process writes on SQLite."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What the application, the ticker and the commands work with."""

    settings: Settings
    engine: Engine
    ticker: Ticker
    sends_mail: bool
    """Whether there is a way for mail to leave."""


def registry() -> Registry:
    """All process definitions, checked.

    Raises:
        DefinitionError: a definition is wrong; the message names it.
    """
    return Registry(workflows.ALL, administrator=roles.ADMINISTRATOR, roles=roles.ALL, law=law.ALL)


@contextmanager
def installation(
    settings: Settings,
    *,
    clock: Callable[[], datetime],
    wall: Callable[[], datetime],
    transport: Transport | None = None,
    salt: Callable[[], bytes] = lambda: secrets.token_bytes(16),
) -> Iterator[Installation]:
    """Open the database for writing, and the folder, and close them at the end.

    clock: the business instant; wall: real time. transport: how mail leaves, the settings' when None.

    Raises:
        InUse: another process has it open (SQLite).
        OutOfStep: the database is not at the newest revision.
        DefinitionError: a definition or a mail template is wrong.
        KeysUnusable: something is sealed, and the key file is gone or none; or it is not the other nodes'.
        NotShared: the folder has not the papers of the other nodes.
    """
    definitions = registry()
    words = prove(definitions)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with alone(settings), closing(open_database(settings)) as database:
        must_be_current(database)
        with database.read() as tx:
            vault = _vault(tx, settings)
        blobs = BlobStore(settings.data / BLOBS)
        blobs.sweep_temporary(STALE_UPLOAD_SECONDS, wall().timestamp())
        engine = Engine(database, definitions, blobs, vault=vault, clock=clock, wall=wall, salt=salt)
        way = transport or smtp(settings)
        ticker = Ticker(engine, Post(words, letterhead(settings), way))
        try:
            yield Installation(settings, engine, ticker, sends_mail=not isinstance(way, NoServer))
        finally:
            engine.close()


def found(settings: Settings) -> Database:
    """The database of a new installation, with its tables and no rows; the caller closes it."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = open_database(settings)
    upgrade(database)
    return database


def open_database(settings: Settings) -> Database:
    """The database that the settings name; the caller closes it."""
    return Database(settings.database_url or settings.data / DATABASE)


def key_file(settings: Settings) -> Path:
    """Where the keys of the installation are."""
    return settings.key_file or settings.data / KEYS


def whereabouts(settings: Settings) -> str:
    """Which database it is, for people: the file, or the address without anything secret."""
    if not settings.database_url:
        return str(settings.data / DATABASE)
    parts = urlsplit(settings.database_url)
    user = f"{parts.username}@" if parts.username else ""
    return f"postgresql://{user}{parts.netloc.rpartition('@')[2]}{parts.path}"


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Keep other processes from the folder, where the database lies in it.

    Raises:
        InUse: another process has it open.
    """
    if settings.database_url:
        yield
        return
    try:
        with FileLock(settings.data / LOCK, timeout=0):
            yield
    except Timeout as taken:
        raise InUse(f"{settings.data} is in use by another process; stop it first") from taken


def _vault(tx: Transaction, settings: Settings) -> Vault:
    if settings.database_url:
        sharing.must_have_papers(tx, settings.data / BLOBS)
        return sharing.shared_vault(tx, key_file(settings))
    return open_vault(tx, key_file(settings))


def letterhead(settings: Settings) -> Letterhead:
    """What stands on every letter."""
    given = settings.sender
    reply_to = given.reply_to or given.address
    sender = Sender(given.name, given.address, reply_to, given.address.rpartition("@")[2], given.address)
    return Letterhead(sender, settings.base_url, given.name)


def smtp(settings: Settings) -> Transport:
    """Delivery over the mail server of the settings; without one, mail waits and says why."""
    server = settings.smtp
    if not server.host:
        return NoServer()
    return SmtpTransport(
        host=server.host,
        port=server.port,
        username=server.user or None,
        password=server.password or None,
        starttls=server.starttls,
    )


class NoServer:
    """Stands in for a mail server that nobody has named yet."""

    def send(self, envelope_from: str, recipient: str, message: bytes) -> Attempt:
        return Attempt(Outcome.TEMPORARY, "no mail server: set THIDUA_SMTP_HOST")


def folder_transport(settings: Settings) -> Transport:
    """Mail as files in the data folder, where a person can read it."""
    return FolderTransport(settings.data / MAILS)
