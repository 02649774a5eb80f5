"""What runs inside one database transaction."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from engine.runtime.database.statement import Statement

Row = Mapping[str, Any]
Hook = Callable[[str], None]
Ask = tuple[Statement, dict[str, Any]]


class Transaction(ABC):
    """Statements with parameters by name, inside one transaction.

    Where statements travel to a server, those that answer nothing (`run`) do not wait for it: a fault of theirs is
    raised by a later statement, at the latest by the commit. So one commit costs few round trips.
    """

    __slots__ = ("follow_up",)

    def __init__(self) -> None:
        self.follow_up: list[int] = []  # keys of what is to be done right after the commit

    @abstractmethod
    def run(self, statement: Statement, **values: Any) -> None:
        """Execute; nothing is answered."""

    @abstractmethod
    def change(self, statement: Statement, **values: Any) -> int:
        """Execute; returns the number of rows changed."""

    @abstractmethod
    def one(self, statement: Statement, **values: Any) -> Row | None:
        """The first row, or None."""

    @abstractmethod
    def all(self, statement: Statement, **values: Any) -> list[Row]:
        """All rows."""

    @abstractmethod
    def gather(self, *asks: Ask) -> list[list[Row]]:
        """All rows of several questions that do not depend on each other, asked together."""

    @abstractmethod
    def draw(self, *tables: str) -> None:
        """Have the database draw the keys of one new row in each of these tables, together with what is asked next:
        inserting them then waits for nothing. For what is sure to be inserted; a key not used leaves a gap."""

    @abstractmethod
    def insert(self, statement: Statement, **values: Any) -> int:
        """Execute an INSERT of one row; returns its key."""

    @abstractmethod
    def take(self, name: str) -> bool:
        """Whether nobody else has taken what is called so: then it is this transaction's until it ends.

        That is for sharing work, not for keeping it right: a node that was paused has lost what it took.
        """

    @abstractmethod
    def settle(self) -> None:
        """Wait until everything so far was carried out; raises what went wrong with it."""

    @abstractmethod
    def command(self, text: str) -> None:
        """BEGIN, COMMIT, SAVEPOINT and their like."""
