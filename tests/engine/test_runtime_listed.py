"""Statements about a list of keys find the same as one question a key, however long the list is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from engine.runtime import schema
from engine.runtime.database import Database, Listed, Transaction, gathered
from engine.runtime.database.listed import MOST
from engine.runtime.statements import insertion
from tests.databases import new_database

setting = schema.setting
MANY = 3 * MOST
VALUES = Listed(lambda keys: select(setting.c.value).where(setting.c.name.in_(keys)).order_by(setting.c.name))
NAMES = Listed(lambda keys: select(setting.c.name).where(setting.c.value.in_(keys)).order_by(setting.c.name))


def fill(tx: Transaction) -> None:
    for n in range(MANY):
        tx.run(insertion(setting), name=f"{n:05}", value=str(n))


@pytest.fixture
def database(folder: Path) -> Iterator[Database]:
    database = new_database(folder, "listed", fill)
    yield database
    database.close()


@pytest.mark.parametrize("many", [0, 1, 2, 4, 5, MOST, MOST + 1, MANY])
def test_each_key_is_found_once(database: Database, many: int) -> None:
    with database.read() as tx:
        (rows,) = gathered(tx, VALUES.about([f"{n:05}" for n in range(many)]))

    assert [row["value"] for row in rows] == [str(n) for n in range(many)]


def test_a_key_that_is_asked_for_twice_is_found_once(database: Database) -> None:
    with database.read() as tx:
        (rows,) = gathered(tx, VALUES.about(["00007", "00003", "00007", "none"]))

    assert [row["value"] for row in rows] == ["3", "7"]


def test_lists_asked_together_are_told_apart(database: Database) -> None:
    some = [str(n) for n in range(MOST + 2)]
    with database.read() as tx:
        none, values, names = gathered(tx, NAMES.about([]), VALUES.about(["00001"]), NAMES.about(some))

    assert (none, [row["value"] for row in values]) == ([], ["1"])
    assert [row["name"] for row in names] == [f"{n:05}" for n in range(MOST + 2)]
