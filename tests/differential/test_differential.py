"""SQLite and PostgreSQL give the same answers, mails and rows; a short walk, and that it notices a difference.

`python -m tests.differential.walk` walks further.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from engine.runtime.database.postgres import PostgresTransaction
from engine.runtime.database.statement import Rendered
from tests.databases import SQLITE, Home
from tests.differential.walk import walk

STEPS, SEED = 240, 20241122
LEAST = {"200": 25, "201": 6, "invalid_input": 20, "not_found": 10, "not_performer": 5, "look 200": 8}
STATES, MAILS = 12, 50


def test_both_databases_say_the_same(tmp_path: Path, home: Home) -> None:
    journal = walk(tmp_path, Home(SQLITE), home, STEPS, SEED)

    assert journal.wrong == []
    assert not journal.faults
    assert {what: n for what, least in LEAST.items() if (n := journal.outcomes[what]) < least} == {}
    assert len(journal.states) >= STATES, journal.states
    assert journal.mails >= MAILS


def _other(words: str, instead: str) -> Any:
    """PostgreSQL is asked in other words."""
    send = PostgresTransaction._send

    def sent(tx: Any, rendered: Rendered, values: dict[str, Any], **how: Any) -> Any:
        other = Rendered(rendered.text.replace(words, instead), rendered.defaults, rendered.order)
        return send(tx, other, values, **how)

    return patch.object(PostgresTransaction, "_send", sent)


MUTANTS: dict[str, Callable[[], Any]] = {
    "lists come in another order": lambda: _other(" DESC", ""),
    "what was answered is not found again": lambda: _other("idempotency.key = ", "idempotency.key || 'x' = "),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_walk_notices(tmp_path: Path, home: Home, name: str) -> None:
    with MUTANTS[name]():
        assert walk(tmp_path, Home(SQLITE), home, STEPS, SEED).wrong
