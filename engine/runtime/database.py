"""The database: connections set up safely, transactions, and statements rendered once from SQLAlchemy Core.

On SQLite each write transaction is BEGIN IMMEDIATE and each commit is synced; the journal is a WAL only
with a library that has the WAL-reset fix (docs/decisions/0004).
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.sql.expression import ClauseElement

from engine.runtime.schema import metadata

try:
    from pysqlite3 import dbapi2 as _newer

    DRIVER: ModuleType = _newer
except ImportError:  # no wheel for this platform: the library that Python came with
    DRIVER = sqlite3

Row = Mapping[str, Any]
Hook = Callable[[str], None]

_DIALECT = sqlite_dialect.dialect(paramstyle="named")


class Statement:
    """One SQL statement: text rendered once, parameters by name."""

    __slots__ = ("defaults", "text")

    def __init__(self, clause: ClauseElement) -> None:
        compiled = clause.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        self.text = str(compiled)
        self.defaults = {name: value for name, value in compiled.params.items() if value is not None}


class Transaction:
    """What runs inside one database transaction: statements on the driver's cursor.

    hook: called with the SQL before each statement; drills break a transaction there. The cursor is closed
    with the transaction: a traceback may keep it for a while, and when the driver collects an open cursor it
    resets its statement, which the connection may by then be using again: that row would come out empty.
    """

    __slots__ = ("_cursor", "_hook", "follow_up", "outdates")

    def __init__(self, cursor: Any, hook: Hook | None) -> None:
        self._cursor, self._hook = cursor, hook
        self.follow_up = False  # something is to be done right after the commit
        self.outdates = False  # what is shared in memory must be read again after it

    def _execute(self, statement: Statement, values: dict[str, Any]) -> Any:
        if self._hook is not None:
            self._hook(statement.text)
        defaults = statement.defaults
        return self._cursor.execute(statement.text, {**defaults, **values} if defaults else values)

    def run(self, statement: Statement, **values: Any) -> int:
        """Execute; returns the number of rows changed."""
        count: int = self._execute(statement, values).rowcount
        return count

    def one(self, statement: Statement, **values: Any) -> Row | None:
        """The first row, or None."""
        row: Row | None = self._execute(statement, values).fetchone()
        return row

    def all(self, statement: Statement, **values: Any) -> list[Row]:
        """All rows."""
        rows: list[Row] = self._execute(statement, values).fetchall()
        return rows

    def insert(self, statement: Statement, **values: Any) -> int:
        """Execute an INSERT of one row; returns its key.

        SQLite tells it without RETURNING, which would build a table of its own for each statement.
        """
        key: int = self._execute(statement, values).lastrowid
        return key

    def command(self, text: str) -> None:
        """BEGIN, COMMIT, SAVEPOINT and their like."""
        if self._hook is not None:
            self._hook(text)
        self._cursor.execute(text)


class Database:
    """One SQLite file. `hook` is handed to every write transaction."""

    def __init__(self, path: Path, hook: Hook | None = None) -> None:
        self.path, self.hook = path, hook
        self.engine = _create(path)
        self._writing = Lock()
        self._write_connection: Any = None

    def create_tables(self) -> None:
        metadata.create_all(self.engine)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A consistent view for reading only."""
        with self._connection() as connection, closing(connection.cursor()) as cursor:
            tx = Transaction(cursor, None)
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
                self._write_connection = self.engine.raw_connection()
            with closing(self._write_connection.cursor()) as cursor:
                tx = Transaction(cursor, self.hook)
                tx.command("BEGIN IMMEDIATE")
                try:
                    yield tx
                    tx.command("COMMIT")
                except BaseException:
                    self._write_connection.rollback()
                    raise

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        connection = self.engine.raw_connection()
        try:
            yield connection
        finally:
            connection.close()

    def close(self) -> None:
        """Let go of all connections."""
        with self._writing:  # not under the hands of who still writes
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
    url = f"sqlite:///{path}"
    engine = create_engine(
        url,
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
