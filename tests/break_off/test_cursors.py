"""A transaction that is over holds nothing any more, however long a traceback keeps it alive."""

from pathlib import Path

import pytest
from sqlalchemy import select

from engine.runtime.database import DRIVER, Database, Statement, Transaction
from engine.runtime.schema import unit
from migrations.chain import upgrade

UNITS = Statement(select(unit))


@pytest.mark.parametrize("kind", ["read", "write"])
def test_cursor_of_a_broken_transaction_is_closed(kind: str, tmp_path: Path) -> None:
    """Left open, it resets a statement in use when it is collected: the driver then crashes on an empty row."""
    database = Database(tmp_path / "thidua.db")
    upgrade(database)
    kept: list[Transaction] = []

    with pytest.raises(ZeroDivisionError):
        _break(database, kind, kept)

    with pytest.raises(DRIVER.ProgrammingError):
        kept[0].one(UNITS)
    database.close()


def _break(database: Database, kind: str, kept: list[Transaction]) -> None:
    with getattr(database, kind)() as tx:
        kept.append(tx)
        tx.one(UNITS)
        raise ZeroDivisionError
