"""PostgreSQL behind an address: many write, each as if alone.

A write transaction is SERIALIZABLE: what was decided on what was read still holds at the commit, or the commit is
refused and the same commands are run again (`faults.is_conflict`). So what is right with one writer is right with
many, on any number of nodes (docs/decisions/0017).

Statements travel in a pipeline: the server is waited for only where an answer is needed.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from queue import SimpleQueue
from typing import Any

import psycopg
from psycopg import RawCursor
from psycopg.rows import dict_row
from psycopg.types.numeric import Int8Dumper
from sqlalchemy import Engine, create_engine, event

from engine.runtime.database.faults import is_lost
from engine.runtime.database.statement import Rendered, Statement
from engine.runtime.database.transaction import Ask, Hook, Row, Transaction

WRITERS = 4
SETTINGS = {
    "timezone": "UTC",
    "statement_timeout": "60s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "20s",  # a node that was paused holds no row back, and can commit nothing
    "jit": "off",  # our statements are short
}
BEGIN_WRITE = "BEGIN ISOLATION LEVEL SERIALIZABLE"
BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class PostgresTransaction(Transaction):
    """Statements in a pipeline of one connection, each on a cursor of its own.

    hook: called with the SQL before each statement; drills break a transaction there.
    """

    __slots__ = ("_connection", "_drawn", "_hook", "_pipeline")

    def __init__(self, connection: Any, pipeline: Any, hook: Hook | None) -> None:
        super().__init__()
        self._connection, self._pipeline, self._hook = connection, pipeline, hook
        self._drawn: dict[str, list[RawCursor[Any]]] = {}

    def _execute(self, rendered: Rendered, values: dict[str, Any]) -> RawCursor[Any]:
        text, defaults = rendered.text, rendered.defaults
        if self._hook is not None:
            self._hook(text)
        if defaults:
            values = {**defaults, **values}
        cursor: RawCursor[Any] = RawCursor(self._connection, row_factory=dict_row)
        return cursor.execute(text, [values[name] for name in rendered.order])

    def run(self, statement: Statement, **values: Any) -> None:
        self._execute(statement.postgres, values)

    def change(self, statement: Statement, **values: Any) -> int:
        cursor = self._execute(statement.postgres, values)
        self._pipeline.sync()
        return cursor.rowcount

    def one(self, statement: Statement, **values: Any) -> Row | None:
        return self._execute(statement.postgres, values).fetchone()

    def all(self, statement: Statement, **values: Any) -> list[Row]:
        return self._execute(statement.postgres, values).fetchall()

    def gather(self, *asks: Ask) -> list[list[Row]]:
        cursors = [self._execute(statement.postgres, values) for statement, values in asks]
        return [cursor.fetchall() for cursor in cursors]

    def draw(self, *tables: str) -> None:
        for table in tables:
            sequence = Rendered(f"SELECT nextval('{table}_id_seq') AS key", {})
            self._drawn.setdefault(table, []).append(self._execute(sequence, {}))

    def insert(self, statement: Statement, **values: Any) -> int:
        drawn = self._drawn.get(statement.clause.table.name) if self._drawn else None  # type: ignore[attr-defined]
        if drawn:
            key: int = drawn.pop().fetchone()["key"]  # type: ignore[index]
            self._execute(statement.keyed, {**values, "id": key})
            return key
        row = self._execute(statement.postgres, values).fetchone()
        assert row is not None, "an inserted row has a key"
        return next(iter(row.values()))  # type: ignore[no-any-return]

    def settle(self) -> None:
        self._pipeline.sync()

    def undo(self) -> None:
        """Roll back whatever was begun."""
        self.command("ROLLBACK")
        self._pipeline.sync()

    def command(self, text: str) -> None:
        if self._hook is not None:
            self._hook(text)
        if text.startswith("ROLLBACK"):
            with suppress(psycopg.Error):  # whatever went wrong before is what is rolled back
                self._pipeline.sync()
        self._execute_plain(text)

    def _execute_plain(self, text: str) -> None:
        RawCursor(self._connection).execute(text)


class Postgres:
    """One PostgreSQL database, shared with other nodes."""

    name = "postgresql"
    writers = WRITERS
    at_once = 1
    """A transaction a command: what conflicts is run again alone."""

    def __init__(self, address: str, hook: Hook | None) -> None:
        self.hook = hook
        self.engine = _create(address)
        self._slots: SimpleQueue[Any] = SimpleQueue()
        for _ in range(WRITERS):
            self._slots.put(None)  # connected when first needed

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A consistent view for reading only."""
        with closing(self.engine.raw_connection()) as pooled:
            yield from _inside(pooled, BEGIN_READ, "ROLLBACK", None)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A write transaction: committed at the end, rolled back on any error. Others write at the same time."""
        pooled = self._slots.get()
        try:
            if pooled is None or pooled.driver_connection is None or pooled.driver_connection.closed:
                pooled = None
                pooled = self.engine.raw_connection()
            yield from _inside(pooled, BEGIN_WRITE, "COMMIT", self.hook)
        except BaseException as fault:
            if pooled is not None and is_lost(fault):
                pooled.invalidate()
                pooled = None
            raise
        finally:
            self._slots.put(pooled)

    def close(self) -> None:
        """Let go of all connections."""
        for _ in range(WRITERS):  # not under the hands of who still writes
            pooled = self._slots.get()
            if pooled is not None:
                pooled.close()
            self._slots.put(None)
        self.engine.dispose()


def _inside(pooled: Any, begin: str, end: str, hook: Hook | None) -> Iterator[Transaction]:
    """A transaction on that connection: ended in that way, rolled back on any error."""
    connection = pooled.driver_connection
    with connection.pipeline() as pipeline:
        tx = PostgresTransaction(connection, pipeline, hook)
        try:
            tx.command(begin)
            yield tx
            tx.command(end)
            tx.settle()
        except BaseException:
            with suppress(psycopg.Error):
                tx.undo()
            raise


def _create(address: str) -> Engine:
    engine = create_engine(
        address.replace("postgresql://", "postgresql+psycopg://", 1),
        isolation_level="AUTOCOMMIT",  # transactions are begun by us, never by the driver
        pool_size=8 + WRITERS,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={"application_name": "thidua", "options": " ".join(f"-c {k}={v}" for k, v in SETTINGS.items())},
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.adapters.register_dumper(int, Int8Dumper)  # one plan for a statement, whatever the number
        connection.prepare_threshold, connection.prepared_max = 2, 1000

    return engine
