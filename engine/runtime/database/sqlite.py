"""SQLite in a file: one writes, many read.

Each write transaction is BEGIN IMMEDIATE and each commit is synced; the journal is a WAL only with a library
that has the WAL-reset fix (docs/decisions/0004).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

from sqlalchemy import Engine, create_engine, event

from engine.runtime.database.checkpoints import PATIENCE_SECONDS, Checkpoints
from engine.runtime.database.statement import Rendered, Statement
from engine.runtime.database.transaction import Ask, Hook, Row, Transaction

try:
    from pysqlite3 import dbapi2 as _newer

    DRIVER: ModuleType = _newer
except ImportError:  # no wheel for this platform: the library that Python came with
    DRIVER = sqlite3


class SqliteTransaction(Transaction):
    """Statements on the driver's cursor.

    hook: called with the SQL before each statement; drills break a transaction there. The cursor is closed
    with the transaction: a traceback may keep it for a while, and when the driver collects an open cursor it
    resets its statement, which the connection may by then be using again: that row would come out empty.
    """

    __slots__ = ("_cursor", "_hook")

    def __init__(self, cursor: Any, hook: Hook | None) -> None:
        super().__init__()
        self._cursor, self._hook = cursor, hook

    def _execute(self, rendered: Rendered, values: dict[str, Any]) -> Any:
        if self._hook is not None:
            self._hook(rendered.text)
        defaults = rendered.defaults
        return self._cursor.execute(rendered.text, {**defaults, **values} if defaults else values)

    def run(self, statement: Statement, **values: Any) -> None:
        self._execute(statement.sqlite, values)

    def change(self, statement: Statement, **values: Any) -> int:
        count: int = self._execute(statement.sqlite, values).rowcount
        return count

    def one(self, statement: Statement, **values: Any) -> Row | None:
        row: Row | None = self._execute(statement.sqlite, values).fetchone()
        return row

    def all(self, statement: Statement, **values: Any) -> list[Row]:
        rows: list[Row] = self._execute(statement.sqlite, values).fetchall()
        return rows

    def gather(self, *asks: Ask) -> list[list[Row]]:
        return [self._execute(statement.sqlite, values).fetchall() for statement, values in asks]

    def draw(self, *tables: str) -> None:
        """Nothing: SQLite tells the key of an inserted row without being asked."""

    def insert(self, statement: Statement, **values: Any) -> int:
        key: int = self._execute(statement.sqlite, values).lastrowid  # RETURNING would build a table for each
        return key

    def take(self, name: str) -> bool:
        """Yes: one process has the file."""
        return True

    def settle(self) -> None:
        """Nothing: no statement is under way."""

    def command(self, text: str) -> None:
        if self._hook is not None:
            self._hook(text)
        self._cursor.execute(text)


class Sqlite:
    """One SQLite file."""

    name = "sqlite"

    def __init__(self, path: Path, hook: Hook | None) -> None:
        self.hook = hook
        self._path, self.engine = path, _create(path)
        self._writing = Lock()
        self._write_connection: Any = None
        self._checkpoints: Checkpoints | None = None

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A consistent view for reading only."""
        with closing(self.engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
            tx = SqliteTransaction(cursor, None)
            tx.command("BEGIN")
            try:
                yield tx
            finally:
                tx.command("ROLLBACK")

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A write transaction: committed at the end, rolled back on any error. One at a time."""
        with self._writing:
            if self._write_connection is None:
                self._begin_writing()
            with closing(self._write_connection.cursor()) as cursor:
                tx = SqliteTransaction(cursor, self.hook)
                tx.command("BEGIN IMMEDIATE")
                try:
                    yield tx
                    tx.command("COMMIT")
                except BaseException:
                    self._write_connection.rollback()
                    raise
            if self._checkpoints is not None:
                self._checkpoints.committed()

    def claim(self) -> AbstractContextManager[Transaction]:
        """The same as `write`."""
        return self.write()

    def let_go(self, seconds: int) -> int:
        """Nothing: whoever stands still has the file to itself."""
        return 0

    def _begin_writing(self) -> None:
        self._write_connection = self.engine.raw_connection()
        if has_wal_fix(DRIVER.sqlite_version_info):
            self._write_connection.driver_connection.execute("PRAGMA wal_autocheckpoint=0")
            self._checkpoints = Checkpoints(
                lambda: DRIVER.connect(str(self._path), isolation_level=None, timeout=PATIENCE_SECONDS)
            )

    def close(self) -> None:
        """Let go of all connections."""
        with self._writing:  # not under the hands of who still writes
            if self._checkpoints is not None:
                self._checkpoints.stop()
                self._checkpoints = None
            if self._write_connection is not None:
                self._write_connection.close()
                self._write_connection = None
        self.engine.dispose()


def has_wal_fix(version: tuple[int, int, int]) -> bool:
    """Whether that SQLite cannot corrupt a WAL that is reset while another process commits.

    Fixed in 3.51.3, and in the branches of 3.50.7 and 3.44.6 (sqlite.org/wal.html, "WAL-reset bug").
    """
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51, 0) or (3, 44, 6) <= version < (3, 45, 0)


def _create(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        module=DRIVER,
        pool_size=8,
        max_overflow=0,
        connect_args={"check_same_thread": False, "cached_statements": 1000},
    )
    journal = "WAL" if has_wal_fix(DRIVER.sqlite_version_info) else "DELETE"

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun by us, never by the driver
        connection.row_factory = DRIVER.Row
        for pragma in (
            f"journal_mode={journal}",
            "synchronous=FULL",
            "foreign_keys=ON",
            "recursive_triggers=ON",  # without it INSERT OR REPLACE passes the append-only triggers
            "busy_timeout=10000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine
