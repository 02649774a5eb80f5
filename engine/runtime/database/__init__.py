"""The database: SQLite in a file or PostgreSQL behind an address; statements, transactions, and what both refuse.

Rooms: `statement` (SQL rendered once for each database), `listed` (the same about a list of keys), `transaction`
(what runs inside one), `sqlite` and `postgres` (what differs), `faults` (what went wrong, in words that fit both).
"""

from engine.runtime.database.database import Database
from engine.runtime.database.faults import FAULTS, is_conflict, is_constraint, is_out_of_order
from engine.runtime.database.listed import Listed, gathered
from engine.runtime.database.sqlite import DRIVER, has_wal_fix
from engine.runtime.database.statement import Statement
from engine.runtime.database.transaction import Ask, Hook, Row, Transaction

__all__ = [
    "DRIVER", "FAULTS", "Ask", "Database", "Hook", "Listed", "Row", "Statement", "Transaction", "gathered",
    "has_wal_fix", "is_conflict", "is_constraint", "is_out_of_order",
]  # fmt: skip
