"""Statements sent to PostgreSQL one behind the other, answered in order: libpq's pipeline, prepared once.

A cursor of the driver waits for each statement. Here only questions wait for their answers; what answers nothing
leaves at once, and the server works on it while Python goes on (docs/performance.md). Parameters travel as text, bytes
as bytes.
"""

import select
from collections import deque
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

import psycopg
from psycopg import pq
from psycopg.adapt import Transformer

from engine.errors import InvalidInput

INT8, BOOL, BYTEA, INFERRED = 20, 16, 17, 0  # object identifiers of types
TEXT, BINARY = pq.Format.TEXT, pq.Format.BINARY
GOOD = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.PIPELINE_SYNC)
ABORTED, SYNCED = pq.ExecStatus.PIPELINE_ABORTED, pq.ExecStatus.PIPELINE_SYNC
UNWANTED = 0
PATIENCE = 65_000  # milliseconds without a word from the server, which itself ends a statement after 60 seconds
MOST_PREPARED = 500  # on one connection, between transactions; a page's filters make statements of their own

Key = tuple[str, tuple[int, ...]]
"""A prepared statement: its text and the types of its parameters."""


class Pipe:
    """The pipeline of one connection; it lives as long, because the statements prepared on it do."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._link, self._loading = connection.pgconn, Transformer(connection)
        self._prepared: dict[Key, bytes] = {}
        self._names = count(1)
        self._columns: dict[str, tuple[str, ...]] = {}
        self._expected: deque[int | Key] = deque()  # of the answers to come: a ticket, or what was prepared
        self._answers: dict[int, Any] = {}
        self._ticket = UNWANTED
        self._poll = select.poll()
        self._poll.register(connection.pgconn.socket, select.POLLIN)

    def open(self) -> None:
        """Take the connection over."""
        self._link.enter_pipeline_mode()

    def close(self) -> bool:
        """Give it back, with room for more prepared statements; False: it is not as it was, and no use to anybody."""
        try:
            while len(self._prepared) > MOST_PREPARED:  # the one that was not asked for longest
                self.tell(f"DEALLOCATE {self._prepared.pop(next(iter(self._prepared))).decode()}")
            if self._expected:
                self.sync()
            self._answers.clear()
            self._link.exit_pipeline_mode()
        except psycopg.Error:
            return False
        return bool(self._link.transaction_status == pq.TransactionStatus.IDLE)

    def tell(self, text: str) -> None:
        """Send a command without parameters and answer, which is not prepared: BEGIN, COMMIT and their like."""
        self._link.send_query_params(text.encode(), None)
        self._expected.append(UNWANTED)

    def send(self, text: str, values: Iterable[Any] = (), *, wanted: bool = False) -> int:
        """Send a statement; its answer can be asked for by what is returned, when it is wanted."""
        given, types, formats = _dumped(values)
        name = self._prepared.pop((text, types), None)
        if name is None:
            name = f"s{next(self._names)}".encode()
            self._link.send_prepare(name, text.encode(), types)
            self._expected.append((text, types))
        self._prepared[text, types] = name  # the last one that was asked for
        self._link.send_query_prepared(name, given, formats)
        self._ticket += 1
        self._expected.append(self._ticket if wanted else UNWANTED)
        if not wanted:
            self._link.flush()  # the server works on it while we go on; what does not fit leaves with the next
        return self._ticket

    def rows(self, ticket: int, text: str) -> list[Mapping[str, Any]]:
        """The rows that answer the statement with that ticket and text; waits for it, and for what is before it.

        Raises:
            psycopg.Error: this one, or one before it, went wrong; then nothing works until `sync`.
        """
        result = self._answer(ticket)
        if not result.ntuples:
            return []
        columns = self._columns.get(text)
        if columns is None:
            columns = self._columns[text] = tuple(result.fname(n).decode() for n in range(result.nfields))
        self._loading.set_pgresult(result)
        rows: list[Mapping[str, Any]] = self._loading.load_rows(
            0, result.ntuples, lambda row: dict(zip(columns, row, strict=True))
        )
        return rows

    def changed(self, ticket: int) -> int:
        """How many rows the statement with that ticket has changed; waits and raises like `rows`."""
        count: int = self._answer(ticket).command_tuples or 0
        return count

    def sync(self) -> None:
        """Wait for everything; afterwards the pipeline works again, whatever went wrong.

        Raises:
            psycopg.Error: the first that went wrong since the last `sync`, and was not raised yet.
        """
        self._link.pipeline_sync()
        self._expected.append(UNWANTED)
        self._flush()
        fault: psycopg.Error | None = None
        while self._expected:
            result = self._next()
            if result.status not in (*GOOD, ABORTED):
                fault = fault or _fault_of(result)
        if fault is not None:
            raise fault

    def _answer(self, ticket: int) -> Any:
        if ticket not in self._answers:
            self._link.send_flush_request()
            self._flush()
        while ticket not in self._answers:
            result = self._next()
            if result.status not in GOOD:
                raise _fault_of(result)
        return self._answers.pop(ticket)

    def _next(self) -> Any:
        """The next answer, without its end mark; kept, when it is wanted."""
        while (result := self._get()) is None:
            pass
        of = self._expected.popleft()
        if isinstance(of, tuple):
            if result.status not in GOOD:  # it was not prepared, be it for what went wrong before it
                self._prepared.pop(of, None)
        elif of != UNWANTED:
            self._answers[of] = result
        return result

    def _get(self) -> Any:
        while self._link.is_busy():
            if not self._poll.poll(PATIENCE):  # other threads run meanwhile
                raise psycopg.OperationalError("the server does not answer")
            self._link.consume_input()
        return self._link.get_result()

    def _flush(self) -> None:
        while self._link.flush():  # the server's buffer is full: take what it has to say
            self._poll.poll(1)
            self._link.consume_input()


def _fault_of(result: Any) -> psycopg.Error:
    if result.status == ABORTED:
        return psycopg.errors.InFailedSqlTransaction("an earlier statement of this transaction went wrong")
    return psycopg.errors.error_from_result(result)


def _dumped(values: Iterable[Any]) -> tuple[list[bytes | None], tuple[int, ...], list[pq.Format]]:
    given: list[bytes | None] = []
    types: list[int] = []
    formats: list[pq.Format] = []
    for value in values:
        kind, form = INFERRED, TEXT
        if value is None:
            given.append(None)
        elif isinstance(value, str):
            if "\0" in value:
                raise InvalidInput({"text": "Có ký tự NUL, mà không văn bản nào được chứa."})
            given.append(value.encode())
        elif isinstance(value, bool):
            kind = BOOL
            given.append(b"t" if value else b"f")
        elif isinstance(value, int):
            kind = INT8
            given.append(b"%d" % value)
        elif isinstance(value, bytes):
            kind, form = BYTEA, BINARY
            given.append(value)
        else:
            raise TypeError(f"no column takes a {type(value).__name__}")
        types.append(kind)
        formats.append(form)
    return given, tuple(types), formats
