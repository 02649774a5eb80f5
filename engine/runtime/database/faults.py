"""What the drivers raise, in words that fit both databases."""

import psycopg
from sqlalchemy.exc import OperationalError as CannotConnect
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from engine.runtime.database.sqlite import DRIVER

FAULTS: tuple[type[Exception], ...] = (DRIVER.Error, psycopg.Error)
"""Every fault of a database."""

SERIALIZATION, DEADLOCK = "40001", "40P01"
OUT_OF_ORDER = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")
GONE = ("08", "57P")  # classes of SQLSTATE: connection, shutdown; a statement that took too long (57014) is none
SERVER_OUT_OF_ORDER = ("08", "25P03", "53", "55P03", "57", "58")  # classes of SQLSTATE: connection, resources, shutdown


def is_constraint(fault: BaseException) -> bool:
    """Whether a row was refused by a constraint: a fault of what was to be written, not of the database."""
    return isinstance(fault, DRIVER.IntegrityError | psycopg.IntegrityError)


def is_conflict(fault: BaseException) -> bool:
    """Whether another transaction came in between, so that the same commands may succeed when run again.

    A unique key counts: two transactions that both looked and found nothing insert it at the same time.
    """
    if isinstance(fault, psycopg.errors.UniqueViolation):
        return True
    return isinstance(fault, psycopg.Error) and fault.sqlstate in (SERIALIZATION, DEADLOCK)


def is_lost(fault: BaseException) -> bool:
    """Whether the server went away, or ended the connection."""
    return isinstance(fault, CannotConnect) or (
        isinstance(fault, psycopg.OperationalError) and (fault.sqlstate or "08").startswith(GONE)
    )


def is_out_of_order(fault: BaseException) -> bool:
    """Whether the database is at fault, and not the program: it may go the next time."""
    if isinstance(fault, NoConnectionLeft | CannotConnect):
        return True
    if isinstance(fault, psycopg.Error):
        return is_conflict(fault) or is_lost(fault) or (fault.sqlstate or "").startswith(SERVER_OUT_OF_ORDER)
    return getattr(fault, "sqlite_errorname", "").startswith(OUT_OF_ORDER)
