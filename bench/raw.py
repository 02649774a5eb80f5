"""A plain connection of the driver to either database: what the floor and the counting of rows are written on.

Statements are SQLite's and PostgreSQL's common part, parameters `:by_name`. SQLite is set up as the engine
sets it up (WAL, every commit synced); PostgreSQL is psycopg as it comes.
"""

import re
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import psycopg
from psycopg.rows import dict_row

try:
    from pysqlite3 import dbapi2 as _newer

    DRIVER: ModuleType = _newer
except ImportError:
    DRIVER = sqlite3

Values = Mapping[str, Any]
PARAMETER = re.compile(r"(?<!:):(\w+)")
SETTINGS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON", "busy_timeout=10000")


class Raw(Protocol):
    """One connection, used by one thread."""

    def begin(self) -> None:
        """Begin a transaction that will write."""

    def commit(self) -> None:
        """Returns when it is on the disk."""

    def run(self, sql: str, values: Values | None = None) -> list[dict[str, Any]]:
        """One statement in one round trip; its rows, when it gives any."""
        ...

    def insert(self, sql: str, values: Values) -> int:
        """Insert one row; its key."""
        ...

    def close(self) -> None: ...


def connect(where: Path | str) -> Raw:
    """A connection to a SQLite file or a PostgreSQL URL, outside of any transaction."""
    return _Sqlite(where) if isinstance(where, Path) else _Postgres(where)


class _Sqlite:
    def __init__(self, path: Path) -> None:
        self._connection = DRIVER.connect(path, isolation_level=None)
        for setting in SETTINGS:
            self._connection.execute(f"PRAGMA {setting}")
        self._cursor = self._connection.cursor()

    def begin(self) -> None:
        self._cursor.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._cursor.execute("COMMIT")

    def run(self, sql: str, values: Values | None = None) -> list[dict[str, Any]]:
        found = self._cursor.execute(sql, values or {})
        if found.description is None:
            return []
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found]

    def insert(self, sql: str, values: Values) -> int:
        key: int = self._cursor.execute(sql, values).lastrowid
        return key

    def close(self) -> None:
        self._connection.close()


class _Postgres:
    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True, row_factory=dict_row)
        self._cursor = self._connection.cursor()
        self._rendered: dict[str, bytes] = {}

    def _render(self, sql: str) -> bytes:
        if sql not in self._rendered:
            escaped = sql.replace("%", "%%")
            self._rendered[sql] = PARAMETER.sub(r"%(\1)s", escaped).encode()
        return self._rendered[sql]

    def begin(self) -> None:
        self._cursor.execute("BEGIN")

    def commit(self) -> None:
        self._cursor.execute("COMMIT")

    def run(self, sql: str, values: Values | None = None) -> list[dict[str, Any]]:
        found = self._cursor.execute(self._render(sql), values or {})
        return found.fetchall() if found.description else []

    def insert(self, sql: str, values: Values) -> int:
        row = self._cursor.execute(self._render(f"{sql} RETURNING id"), values).fetchone()
        assert row is not None, "an insert returns its key"
        key: int = row["id"]
        return key

    def close(self) -> None:
        self._connection.close()
