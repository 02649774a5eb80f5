"""One database, wherever it is."""

from contextlib import AbstractContextManager
from pathlib import Path

from engine.runtime.database.postgres import Postgres
from engine.runtime.database.sqlite import Sqlite
from engine.runtime.database.transaction import Hook, Transaction


class Database:
    """A SQLite file (a path) or PostgreSQL (an address, `postgresql://…`).

    hook: called with the SQL before each statement of a write transaction; drills break one there.
    """

    def __init__(self, where: Path | str, hook: Hook | None = None) -> None:
        self.where = where
        self._home = Sqlite(where, hook) if isinstance(where, Path) else Postgres(where, hook)
        self.name, self.engine = self._home.name, self._home.engine

    @property
    def path(self) -> Path:
        """The file of a SQLite database."""
        assert isinstance(self.where, Path), "PostgreSQL is no file"
        return self.where

    @property
    def hook(self) -> Hook | None:
        return self._home.hook

    @hook.setter
    def hook(self, hook: Hook | None) -> None:
        self._home.hook = hook

    def read(self) -> AbstractContextManager[Transaction]:
        """A consistent view for reading only."""
        return self._home.read()

    def write(self) -> AbstractContextManager[Transaction]:
        """A write transaction: committed at the end, rolled back on any error.

        On PostgreSQL it may be refused because another came in between (`is_conflict`): the writer runs its
        commands again, other callers begin anew.
        """
        return self._home.write()

    def claim(self) -> AbstractContextManager[Transaction]:
        """A write transaction that decides on nothing but rows that it has locked, and never conflicts over others.

        On PostgreSQL it sees what others commit while it runs (READ COMMITTED): for taking from a queue what is due
        (docs/decisions/0019). On SQLite it is a write transaction like any other.
        """
        return self._home.claim()

    def let_go(self, seconds: int) -> int:
        """End the transactions in which a paused node has stood still for so many seconds, so that what it has locked
        is free again and it can commit nothing any more; returns how many."""
        return self._home.let_go(seconds)

    def close(self) -> None:
        """Let go of all connections."""
        self._home.close()
