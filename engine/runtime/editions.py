"""What is read once and kept in memory: the office, for as long as the database says that it is the same.

Whoever changes units, seats, roles, people, calendar or law raises the `edition` (a trigger does, so nobody can
forget). Each transaction reads its number, and memory of another edition is not used in it: no node is special.
"""

from dataclasses import dataclass, field
from threading import Lock

from sqlalchemy import select

from engine.office.organisation import Office
from engine.runtime.database import Database, Statement, Transaction
from engine.runtime.known import Known
from engine.runtime.offices import load_office
from engine.runtime.schema import edition

NUMBER = Statement(select(edition.c.number))


@dataclass(frozen=True, slots=True)
class Edition:
    """The office as its rows say in that edition, and what has been asked about its people."""

    number: int
    office: Office
    known: Known = field(default_factory=Known)


class Editions:
    """`current`: the newest committed edition that this node has read."""

    def __init__(self, database: Database) -> None:
        self._database, self._turn = database, Lock()
        self.current = self.renew()

    def of(self, tx: Transaction, number: int | None = None) -> Edition:
        """The edition that the transaction sees, with its own uncommitted changes; number: when it was asked."""
        number = number_of(tx) if number is None else number
        current = self.current  # looked at once: another thread may renew it at any moment
        if number != current.number:
            with self._turn:
                current = self.current if number == self.current.number else self.renew()
        return current if number == current.number else Edition(number, load_office(tx))

    def renew(self) -> Edition:
        """Read what is committed now."""
        with self._database.read() as tx:
            renewed = Edition(number_of(tx), load_office(tx))
        self.current = renewed
        return renewed


def number_of(tx: Transaction) -> int:
    """The number of the edition that the transaction sees."""
    row = tx.one(NUMBER)
    assert row is not None, "the first edition is written with the table"
    number: int = row["number"]
    return number
