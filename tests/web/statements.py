"""Counting what a page asks of the database, and whether it builds a state machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from statemachine import StateChart

from engine.runtime.database.postgres import PostgresTransaction
from engine.runtime.database.sqlite import SqliteTransaction
from engine.runtime.database.statement import Rendered


@contextmanager
def counted() -> Iterator[list[str]]:
    """The SQL of every statement that runs meanwhile, in order, whoever runs it.

    Raises:
        AssertionError: a state machine is built meanwhile: reading decides nothing.
    """
    ran: list[str] = []

    def noting(execute: Callable[..., Any]) -> Callable[..., Any]:
        def noted(tx: Any, rendered: Rendered, values: dict[str, Any], **how: Any) -> Any:
            ran.append(rendered.text)
            return execute(tx, rendered, values, **how)

        return noted

    def machine(*_: Any, **__: Any) -> None:
        raise AssertionError("a page that only shows builds a state machine")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SqliteTransaction, "_execute", noting(SqliteTransaction._execute))
        patched.setattr(PostgresTransaction, "_send", noting(PostgresTransaction._send))
        patched.setattr(StateChart, "__init__", machine)
        yield ran
