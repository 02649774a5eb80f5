"""PostgreSQL behind an address: many write, each as if alone.

A write transaction is SERIALIZABLE: what was decided on what was read still holds at the commit, or the commit is
refused and the same commands are run again (`faults.is_conflict`). So what is right with one writer is right with
many, on any number of nodes (docs/decisions/0017).

Statements travel in a pipeline: the server is waited for only where an answer is needed.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from queue import SimpleQueue
from typing import Any

import psycopg
from sqlalchemy import Engine, bindparam, create_engine, event, func, select, text
from sqlalchemy.exc import DisconnectionError

from engine.runtime.database.faults import is_lost
from engine.runtime.database.pipe import Pipe
from engine.runtime.database.statement import Rendered, Statement
from engine.runtime.database.transaction import Ask, Hook, Row, Transaction

READERS, WRITERS = 8, 2  # connections; the writer needs one, who writes beside it another
SETTINGS = {
    "timezone": "UTC",
    "statement_timeout": "60s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "20s",  # a node that was paused holds no row back, and can commit nothing
    "jit": "off",  # our statements are short
    "enable_seqscan": "off",  # a scan of a small table would conflict with whoever writes a row of it
}
BEGIN_WRITE = "BEGIN ISOLATION LEVEL SERIALIZABLE"
BEGIN_CLAIM = "BEGIN ISOLATION LEVEL READ COMMITTED"
BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_TAKE = Statement(select(func.pg_try_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0)).label("taken")))


_LET_GO = Statement(  # the server itself counts only between syncs of a pipeline, not in the middle of one
    text(
        "SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name = 'thidua' AND xact_start IS NOT NULL AND wait_event = 'ClientRead' "
        "AND greatest(query_start, state_change) < clock_timestamp() - make_interval(secs => :seconds)"
    )
)


class PostgresTransaction(Transaction):
    """Statements in the pipeline of one connection.

    hook: called with the SQL before each statement; drills break a transaction there.
    """

    __slots__ = ("_drawn", "_hook", "_pipe")

    def __init__(self, pipe: Pipe, hook: Hook | None) -> None:
        super().__init__()
        self._pipe, self._hook = pipe, hook
        self._drawn: dict[str, list[tuple[int, str]]] = {}

    def _send(self, rendered: Rendered, values: dict[str, Any], *, wanted: bool) -> int:
        text, defaults = rendered.text, rendered.defaults
        if self._hook is not None:
            self._hook(text)
        if defaults:
            values = {**defaults, **values}
        return self._pipe.send(text, [values[name] for name in rendered.order], wanted=wanted)

    def run(self, statement: Statement, **values: Any) -> None:
        self._send(statement.postgres, values, wanted=False)

    def change(self, statement: Statement, **values: Any) -> int:
        return self._pipe.changed(self._send(statement.postgres, values, wanted=True))

    def one(self, statement: Statement, **values: Any) -> Row | None:
        return next(iter(self.all(statement, **values)), None)

    def all(self, statement: Statement, **values: Any) -> list[Row]:
        rendered = statement.postgres
        return self._pipe.rows(self._send(rendered, values, wanted=True), rendered.text)

    def gather(self, *asks: Ask) -> list[list[Row]]:
        asked = [(self._send(one.postgres, values, wanted=True), one.postgres.text) for one, values in asks]
        return [self._pipe.rows(*ask) for ask in asked]

    def draw(self, *tables: str) -> None:
        for table in tables:
            text = f"SELECT nextval('{table}_id_seq') AS key"
            self._drawn.setdefault(table, []).append((self._pipe.send(text, wanted=True), text))

    def insert(self, statement: Statement, **values: Any) -> int:
        drawn = self._drawn.get(statement.clause.table.name) if self._drawn else None  # type: ignore[attr-defined]
        if not drawn:
            return next(iter(self.all(statement, **values)[0].values()))  # type: ignore[no-any-return]
        key: int = self._pipe.rows(*drawn.pop(0))[0]["key"]
        self._send(statement.keyed, {**values, "id": key}, wanted=False)
        return key

    def take(self, name: str) -> bool:
        taken: bool = self.all(_TAKE, name=name)[0]["taken"]
        return taken

    def settle(self) -> None:
        self._pipe.sync()

    def command(self, text: str) -> None:
        if self._hook is not None:
            self._hook(text)
        if text.startswith("ROLLBACK TO"):
            self._pipe.sync()  # what went wrong unnoticed may be older than the savepoint: then all of it is undone
        elif text == "ROLLBACK":
            with suppress(psycopg.Error):  # whatever went wrong before is what is rolled back
                self._pipe.sync()
        self._pipe.tell(text)

    def undo(self) -> None:
        """Roll back whatever was begun."""
        self._hook = None
        self.command("ROLLBACK")
        self.settle()


class Postgres:
    """One PostgreSQL database, shared with other nodes."""

    name = "postgresql"

    def __init__(self, address: str, hook: Hook | None) -> None:
        self.hook = hook
        self.engine, self._era = _create(address), 0
        event.listen(self.engine, "connect", self._date)
        event.listen(self.engine, "checkout", self._check)
        self._slots: SimpleQueue[Any] = SimpleQueue()
        for _ in range(WRITERS):
            self._slots.put(None)  # connected when first needed

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A consistent view for reading only."""
        with closing(self.engine.raw_connection()) as pooled:
            try:
                yield from _inside(pooled, BEGIN_READ, "ROLLBACK", None)
            except Exception as fault:
                if is_lost(fault):
                    self._forget(pooled)
                raise

    def write(self) -> AbstractContextManager[Transaction]:
        """A write transaction: committed at the end, rolled back on any error. Others write at the same time."""
        return self._writing(BEGIN_WRITE)

    def claim(self) -> AbstractContextManager[Transaction]:
        """Likewise, without the view as if alone: what it locks is its own, what it reads beside that may change."""
        return self._writing(BEGIN_CLAIM)

    @contextmanager
    def _writing(self, begin: str) -> Iterator[Transaction]:
        pooled = self._slots.get()
        try:
            if pooled is None or not pooled.is_valid or pooled.info["era"] != self._era:
                if pooled is not None and pooled.is_valid:
                    pooled.invalidate()
                pooled = None  # what follows may fail
                pooled = self.engine.raw_connection()
            yield from _inside(pooled, begin, "COMMIT", self.hook)
        except BaseException as fault:
            if pooled is not None and is_lost(fault):
                self._forget(pooled)
                pooled = None
            raise
        finally:
            self._slots.put(pooled)

    def _date(self, _: Any, record: Any) -> None:
        record.info["era"] = self._era

    def _check(self, _: Any, record: Any, __: Any) -> None:
        if record.info["era"] != self._era:
            raise DisconnectionError  # the pool connects anew

    def let_go(self, seconds: int) -> int:
        """End what a node has begun and has stood still in for so long; returns how many transactions."""
        with self.read() as tx:
            return len(tx.all(_LET_GO, seconds=seconds))

    def _forget(self, pooled: Any) -> None:
        """The server went away: none of the connections of before is good any more."""
        self._era += 1
        if pooled.is_valid:
            pooled.invalidate()

    def close(self) -> None:
        """Let go of all connections."""
        for _ in range(WRITERS):  # not under the hands of who still writes
            pooled = self._slots.get()
            if pooled is not None and pooled.is_valid:
                pooled.close()
            self._slots.put(None)
        self.engine.dispose()


def _inside(pooled: Any, begin: str, end: str, hook: Hook | None) -> Iterator[Transaction]:
    """A transaction on that connection: ended in that way, rolled back on any error."""
    pipe = pooled.info.get(Pipe)
    if pipe is None:
        pipe = pooled.info[Pipe] = Pipe(pooled.driver_connection)
    pipe.open()
    tx = PostgresTransaction(pipe, hook)
    try:
        tx.command(begin)
        yield tx
        tx.command(end)
        tx.settle()
    except BaseException:
        with suppress(psycopg.Error):
            tx.undo()
        raise
    finally:
        if not pipe.close():  # nobody is given what is left of another's transaction
            pooled.invalidate()


def _create(address: str) -> Engine:
    return create_engine(
        address.replace("postgresql://", "postgresql+psycopg://", 1),
        isolation_level="AUTOCOMMIT",  # transactions are begun by us, never by the driver
        pool_size=READERS + WRITERS,
        max_overflow=0,
        connect_args={
            "application_name": "thidua",
            "options": " ".join(f"-c {name}={value}" for name, value in SETTINGS.items()),
            "connect_timeout": 10,
            "keepalives_idle": 30,
            "tcp_user_timeout": 30_000,  # milliseconds
        },
    )
