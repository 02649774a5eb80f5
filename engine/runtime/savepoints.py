"""Perform something that may fail for one case without harming the rest of the transaction."""

import logging
from collections.abc import Callable

from engine.errors import Refused
from engine.runtime.database import Transaction

# What is wrong with one case: a refusal, a number or a date out of range, no law in force, a value of
# another shape. A fault of the database or of the machine is none of these and undoes everything.
OF_ONE_CASE = (Refused, LookupError, ArithmeticError, TypeError, ValueError)

log = logging.getLogger(__name__)


def pass_over(tx: Transaction, refusals: tuple[type[Refused], ...], perform: Callable[[], object]) -> None:
    """Perform in a savepoint; after one of these refusals nothing of it stays, and that is all."""
    tx.command("SAVEPOINT optional")
    try:
        perform()
    except refusals:
        tx.command("ROLLBACK TO optional")
    tx.command("RELEASE optional")


def spared(tx: Transaction, perform: Callable[[], object]) -> str | None:
    """Perform in a savepoint; None when it went well, else why it did not, and nothing of it stays."""
    tx.command("SAVEPOINT spared")
    try:
        perform()
    except OF_ONE_CASE as wrong:
        tx.command("ROLLBACK TO spared")
        tx.command("RELEASE spared")
        if isinstance(wrong, Refused):
            return str(wrong)
        log.exception("a case could not be worked on")
        return f"Hệ thống không xử lý được hồ sơ này ({type(wrong).__name__})"
    tx.command("RELEASE spared")
    return None
