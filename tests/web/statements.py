"""Counting what a page asks of the database, and whether it builds a state machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from statemachine import StateChart

from engine.runtime.database import Statement, Transaction


@contextmanager
def counted() -> Iterator[list[str]]:
    """The SQL of every statement that runs meanwhile, in order, whoever runs it.

    Raises:
        AssertionError: a state machine is built meanwhile: reading decides nothing.
    """
    ran: list[str] = []
    execute = Transaction._execute

    def noting(tx: Transaction, statement: Statement, values: dict[str, Any]) -> Any:
        ran.append(statement.text)
        return execute(tx, statement, values)

    def machine(*_: Any, **__: Any) -> None:
        raise AssertionError("a page that only shows builds a state machine")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Transaction, "_execute", noting)
        patched.setattr(StateChart, "__init__", machine)
        yield ran
