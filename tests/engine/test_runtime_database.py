"""The database: who may write when, what a reader sees, and what can never be written."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, nullcontext
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import bindparam, select, update

from engine.runtime import schema
from engine.runtime.database import DRIVER, Database, Statement, has_wal_fix
from engine.runtime.database import sqlite as module
from engine.runtime.history import ORIGIN, Entry, append
from engine.runtime.offices import add_unit
from engine.runtime.statements import NEW_INSTANCE, insertion
from migrations.chain import upgrade

STORE = insertion(schema.setting)
NAMES = Statement(select(schema.setting.c.name).order_by(schema.setting.c.name))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "office.db")
    upgrade(database)
    yield database
    database.close()


def stored(database: Database) -> list[str]:
    with database.read() as tx:
        return [row["name"] for row in tx.all(NAMES)]


def pragma(database: Database, name: str) -> object:
    with closing(database.engine.raw_connection()) as connection:
        return connection.cursor().execute(f"PRAGMA {name}").fetchone()[0]


# ── writing ──────────────────────────────────────────────────────────────────────────────────────


def test_a_write_transaction_holds_the_lock_from_its_first_moment(database: Database) -> None:
    """BEGIN IMMEDIATE: a transaction that only turns out to write later would overwrite what it has not seen."""
    with (
        closing(DRIVER.connect(str(database.path), timeout=0, isolation_level=None)) as other,
        database.write(),
        pytest.raises(DRIVER.OperationalError, match="database is locked"),
    ):
        other.execute("BEGIN IMMEDIATE")


def test_a_write_is_committed_at_the_end(database: Database) -> None:
    with database.write() as tx:
        tx.run(STORE, name="a", value="")
        assert stored(database) == []

    assert stored(database) == ["a"]


def test_a_failing_write_leaves_nothing_and_the_next_one_works(database: Database) -> None:
    def store_twice() -> None:
        with database.write() as tx:
            tx.run(STORE, name="a", value="")
            tx.run(STORE, name="a", value="")

    with pytest.raises(DRIVER.IntegrityError, match="UNIQUE"):
        store_twice()

    with database.write() as tx:
        tx.run(STORE, name="b", value="")
    assert stored(database) == ["b"]


@pytest.mark.parametrize("driver", [DRIVER, sqlite3], ids=["ours", "python's"])
def test_the_journal_is_a_wal_only_with_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, driver: ModuleType
) -> None:
    monkeypatch.setattr(module, "DRIVER", driver)

    with closing(Database(tmp_path / "office.db")) as database:
        assert pragma(database, "journal_mode") == ("wal" if has_wal_fix(driver.sqlite_version_info) else "delete")


@pytest.mark.parametrize(
    ("version", "fixed"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 44, 7), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_versions_with_the_wal_fix(version: tuple[int, int, int], fixed: bool) -> None:
    assert has_wal_fix(version) is fixed


@pytest.mark.parametrize(
    ("name", "value"), [("synchronous", 2), ("foreign_keys", 1), ("recursive_triggers", 1), ("busy_timeout", 10_000)]
)
def test_every_connection_is_set_up(database: Database, name: str, value: int) -> None:
    assert pragma(database, name) == value


def test_a_row_must_refer_to_one_that_is_there(database: Database) -> None:
    with pytest.raises(DRIVER.IntegrityError, match="FOREIGN KEY"), database.write() as tx:
        tx.insert(
            insertion(schema.membership), person_id=1, unit_id=1, role="officer", valid_from="2024-01-01", valid_to=None
        )


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("driver", [DRIVER, sqlite3], ids=["ours", "python's"])
def test_a_view_stays_as_it_was_whatever_is_written_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, driver: ModuleType
) -> None:
    """With a WAL the write commits beside the view; without one it is refused as long as somebody reads."""
    monkeypatch.setattr(module, "DRIVER", driver)
    beside = has_wal_fix(driver.sqlite_version_info)
    with closing(Database(tmp_path / "office.db")) as database:
        upgrade(database)
        with database.read() as view:
            before = view.all(NAMES)
            fate = nullcontext() if beside else pytest.raises(driver.OperationalError, match="database is locked")
            with fate, database.write() as tx:
                tx.command("PRAGMA busy_timeout=0")  # else it waits for the reader
                tx.run(STORE, name="a", value="")
            after = view.all(NAMES)

        assert (before, after, stored(database)) == ([], [], ["a"] if beside else [])


def test_nothing_that_a_view_writes_is_kept(database: Database) -> None:
    with database.read() as tx:
        tx.run(STORE, name="a", value="")

    assert stored(database) == []


def test_a_view_that_fails_gives_its_connection_back(database: Database) -> None:
    for _ in range(9):  # one more than the pool has
        with pytest.raises(ValueError, match="broken off"), database.read():
            raise ValueError("broken off")

    assert stored(database) == []


# ── statements ───────────────────────────────────────────────────────────────────────────────────


def test_a_statement_carries_the_values_that_were_written_into_it(database: Database) -> None:
    rename = Statement(
        update(schema.setting).where(schema.setting.c.name == bindparam("which")).values(name="b", value=bindparam("v"))
    )

    with database.write() as tx:
        tx.run(STORE, name="a", value="")
        counts = [tx.change(rename, which="a", v="x"), tx.change(rename, which="a", v="x")]

    assert (rename.sqlite.defaults, counts, stored(database)) == ({"name": "b"}, [1, 0], ["b"])


def test_an_insert_gives_its_key(database: Database) -> None:
    with database.write() as tx:
        keys = [add_unit(tx, name, name, "office", mail="", since=date(2020, 1, 1)) for name in "ab"]

    assert keys == [1, 2]


# ── history is append-only ───────────────────────────────────────────────────────────────────────


@pytest.fixture
def history(database: Database) -> Database:
    """A database with one entry in its history."""
    with database.write() as tx:
        unit = add_unit(tx, "Q", "Quận", "district", mail="", since=date(2020, 1, 1))
        case = tx.insert(
            NEW_INSTANCE, authority_id=unit, process="errand", definition_version=1, unit_id=unit, parent_id=None,
            start_key=None, state="drafted", phase="drafted", version=1, headline="", dossier="{}", history_hash=b"",
            created_at=0, updated_at=0, closed_at=None,
        )  # fmt: skip
        append(tx, Entry(case, 1, 0, None, "start", "", "drafted", {}), ORIGIN, bytes(16))
    return database


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE history SET action = 'edit'",
        "DELETE FROM history",
        "INSERT OR REPLACE INTO history SELECT * FROM history",
        "UPDATE OR REPLACE history SET id = id",
    ],
)
def test_history_is_never_changed(history: Database, sql: str) -> None:
    with pytest.raises(DRIVER.IntegrityError, match="history is append-only"), history.write() as tx:
        tx.command(sql)

    with history.read() as tx:
        assert [row["action"] for row in tx.all(Statement(select(schema.history.c.action)))] == ["start"]


def test_history_has_one_entry_for_each_number(history: Database) -> None:
    with pytest.raises(DRIVER.IntegrityError, match="UNIQUE"), history.write() as tx:
        append(tx, Entry(1, 1, 1, None, "edit", "drafted", "drafted", {}), ORIGIN, bytes(16))
