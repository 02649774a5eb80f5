"""The chain of revisions makes what the models say, takes it back, and moves all of it or nothing."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import notifications.schema  # noqa: F401 - its tables stand on the engine's own MetaData
from engine.runtime.database import Database
from engine.runtime.schema import metadata
from migrations import chain
from migrations.chain import OutOfStep, Position
from tests.migrations.catalogue import catalogue

Empty = Callable[[], Database]
SECOND = '''
"""A unit gets a motto, and every person a mail address of one line."""
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade():
    op.add_column("unit", sa.Column("motto", sa.Text, nullable=False, server_default=""))
    with op.batch_alter_table("person") as table:
        table.alter_column("name", existing_type=sa.Text, existing_nullable=False, server_default="nobody")
    {more}


def downgrade():
    op.drop_column("unit", "motto")
'''


@pytest.fixture
def second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a revision behind the first one, which does some more."""
    folder = tmp_path / "chain"
    versions = shutil.copytree(chain.FOLDER, folder) / "versions"
    monkeypatch.setattr(chain, "FOLDER", folder)

    for path in versions.glob("r*.py"):
        if not path.name.startswith("r0001"):
            path.unlink()

    def put(more: str) -> None:
        (versions / "r0002_motto.py").write_text(SECOND.replace("{more}", more), encoding="utf-8")

    return put


def rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    with database.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # SQLAlchemy does not read them; the catalogue does
def test_what_the_chain_makes_is_what_the_models_say(empty: Empty) -> None:
    migrated, modelled = empty(), empty()
    chain.upgrade(migrated)
    metadata.create_all(modelled.engine)

    made, wanted = catalogue(migrated), catalogue(modelled)

    assert len(made["trigger"]) >= 12
    assert made == wanted
    with migrated.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_up_down_and_up_again_is_the_same(empty: Empty) -> None:
    database = empty()
    assert chain.standing(database).position is Position.EMPTY
    assert chain.upgrade(database).position is Position.EMPTY
    once = catalogue(database)

    with chain.changing(database) as config:
        command.downgrade(config, "base")
    gone = catalogue(database), chain.standing(database).position
    chain.upgrade(database)

    assert gone == ({}, Position.EMPTY)
    assert catalogue(database) == once
    assert rows(database, "SELECT id, number FROM edition") == [(1, 1)]


def test_an_upgrade_says_where_it_began_and_the_next_one_has_nothing_to_do(
    empty: Empty, second: Callable[[str], None]
) -> None:
    database = empty()
    chain.upgrade(database)
    second("pass")

    stood = [chain.upgrade(database), chain.upgrade(database)]

    assert [(one.position, one.revision, one.newest) for one in stood] == [
        (Position.BEHIND, "0001", "0002"), (Position.CURRENT, "0002", "0002"),
    ]  # fmt: skip
    assert rows(database, "SELECT motto FROM unit") == []


def test_an_upgrade_keeps_what_refers_to_a_table_that_is_made_anew(empty: Empty, second: Callable[[str], None]) -> None:
    database = empty()
    chain.upgrade(database)
    with database.write() as tx:
        tx.command("INSERT INTO person (id, username, name, mail, password_hash) VALUES (1, 'a', 'A', '', '')")
        tx.command("INSERT INTO departure (id, person_id, last_day) VALUES (1, 1, '2024-01-01')")
    second("pass")

    chain.upgrade(database)

    assert rows(database, "SELECT username, name FROM departure JOIN person ON person.id = person_id") == [("a", "A")]


def test_a_revision_that_fails_leaves_nothing_of_itself(empty: Empty, second: Callable[[str], None]) -> None:
    database = empty()
    chain.upgrade(database)
    before = catalogue(database)
    second('op.execute("INSERT INTO unit_kind (code) VALUES (NULL)")')

    with pytest.raises(Exception, match=r"(?i)null"):
        chain.upgrade(database)

    assert catalogue(database) == before
    assert chain.standing(database).revision == "0001"


def test_a_revision_that_leaves_rows_without_what_they_refer_to_is_undone(
    empty: Empty, second: Callable[[str], None]
) -> None:
    database = empty()
    chain.upgrade(database)
    second("op.execute(\"INSERT INTO departure (id, person_id, last_day) VALUES (1, 7, '2024-01-01')\")")

    with pytest.raises(Exception, match=r"refer|foreign key"):
        chain.upgrade(database)

    assert chain.standing(database).revision == "0001"


def test_a_database_of_a_newer_release_is_left_alone(empty: Empty, second: Callable[[str], None]) -> None:
    database = empty()
    second("pass")
    chain.upgrade(database)
    (chain.FOLDER / "versions" / "r0002_motto.py").unlink()

    with pytest.raises(OutOfStep, match=r"at revision 0002, which this release \(up to 0001\) does not know"):
        chain.upgrade(database)
    with pytest.raises(OutOfStep, match="a newer release has upgraded it"):
        chain.must_be_current(database)


def test_tables_that_nobody_numbered_are_refused(empty: Empty) -> None:
    database = empty()
    metadata.create_all(database.engine)

    with pytest.raises(OutOfStep, match="they were made before databases could be upgraded"):
        chain.upgrade(database)


def test_changes_are_alone_one_after_the_other(empty: Empty) -> None:
    database = empty()
    with ThreadPoolExecutor(4) as pool:
        stood = list(pool.map(lambda _: chain.upgrade(database).position, range(4)))

    assert sorted(stood) == [Position.CURRENT] * 3 + [Position.EMPTY]
