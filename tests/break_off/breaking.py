"""Runs a captured command on a copy of its database, and breaks it off at a chosen statement.

A transaction is counted from its BEGIN (statement 1); what the engine does after the commit, one
transaction for each effect, are the further ones. Salts and clock stand still, so that the same command
leaves the same rows, whatever was broken off before.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from engine.runtime.beginning import NewCase
from engine.runtime.blobs import BlobStore
from engine.runtime.commands import Paper
from engine.runtime.database import DRIVER, Database, Hook, Transaction
from engine.runtime.schema import metadata
from engine.runtime.service import Answer, Asking, Engine
from engine.runtime.vault import Vault
from tests.year.ledger import MODELS
from tests.year.recording import Command, instant_of
from tests.year.stage import REGISTRY, WALL

Content = dict[str, str]
"""A hash of the rows of each table."""

LONGEST_SECONDS = 60  # a writer that died would keep its callers waiting for ever
KEY, FINGERPRINT = "broken-off", "the same request"
TABLES = [table.name for table in metadata.sorted_tables]


class Fault(Exception):
    """Something that a program may expect."""


class Abort(BaseException):
    """Something that no `except Exception` catches."""


class Breaker:
    """Breaks the next transaction at a statement, or the one after it at once when it has no such statement.

    Expected and unexpected faults take turns from statement to statement. `reached`: the statement in the
    first transaction since `arm`; `passed`: whether that transaction came to its end.
    """

    def __init__(self) -> None:
        self.arm(0)

    def arm(self, at: int) -> None:
        """Begin to count anew, and break at that statement; 0 breaks nothing."""
        self._at, self._transactions, self.reached = at, 0, 0

    @property
    def passed(self) -> bool:
        return self._transactions != 1 or self.reached != self._at

    def __call__(self, sql: str) -> None:
        self._transactions += sql == "BEGIN IMMEDIATE"
        self.reached += self._transactions == 1
        if self._at and (self._transactions > 1 or self.reached == self._at):
            raise (Fault, Abort)[self._at % 2](sql)


class Deaf(Database):
    """A database that commits and then fails to say so, once it is made `deaf`."""

    deaf = False

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        with super().write() as tx:
            yield tx
        if self.deaf:
            raise Fault("the answer to COMMIT was lost")


class Copy:
    """A copied database with an engine on it; `hook` is called before each statement of a change."""

    def __init__(self, path: Path, command: Command, hook: Hook) -> None:
        self.command = command
        self.database = Deaf(path, hook)
        now, papers = instant_of(command), BlobStore(path.parent / "papers")
        self.engine = Engine(
            self.database,
            REGISTRY,
            papers,
            clock=lambda: now,
            wall=lambda: WALL,
            vault=Vault.fresh(),
            salt=lambda: bytes(16),
        )
        self._reader = DRIVER.connect(path, isolation_level=None, check_same_thread=False)

    def perform(self) -> Answer:
        """The command, with its idempotency key; a tick answers how many timers it fired."""
        command, engine = self.command, self.engine
        if command.kind == "tick":
            return Answer(200, str(engine.fire_due()))
        asking = Asking(command.secret, KEY, FINGERPRINT, command.expected)
        model, body, case = MODELS[command.process], command.body, command.case_id
        if command.kind == "start":
            return engine.start(asking, model, NewCase(command.unit, command.parent_id, body or {})).result(
                LONGEST_SECONDS
            )
        if command.kind == "edit":
            return engine.edit(asking, model, case, body or {}).result(LONGEST_SECONDS)
        if command.kind == "attach":
            return engine.attach(asking, model, case, Paper(**(body or {}))).result(LONGEST_SECONDS)
        return engine.act(asking, model, case, command.action, body).result(LONGEST_SECONDS)

    def content(self) -> Content:
        """What is committed, as another connection sees it."""
        return {name: _hash(repr(self._reader.execute(f"SELECT * FROM {name}").fetchall())) for name in TABLES}

    def pending(self) -> int:
        """How many effects are still to be carried out."""
        found: int = self._reader.execute("SELECT count(*) FROM effect WHERE state = 'pending'").fetchone()[0]
        return found

    def finish(self) -> None:
        """What a restart does: the effects and timers that are left."""
        self.engine.run_effects()
        if self.command.kind == "tick":
            self.engine.fire_due()

    def close(self) -> None:
        self._reader.close()
        self.engine.close()


@contextmanager
def copied(captured: Path, path: Path, command: Command, hook: Hook) -> Iterator[Copy]:
    """A `Copy` at that path for as long as the block lasts."""
    shutil.copyfile(captured, path)
    with opened(path, command, hook) as copy:
        yield copy


@contextmanager
def opened(path: Path, command: Command, hook: Hook) -> Iterator[Copy]:
    """The same on a copy that is there already."""
    copy = Copy(path, command, hook)
    try:
        yield copy
    finally:
        copy.close()


def _hash(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()
