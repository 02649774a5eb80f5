"""An office at work survives every upgrade: its rows are those of before, and its history holds."""

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Table, inspect, select

from api.installation import open_database
from api.settings import Settings
from engine.administration import log
from engine.runtime.database import Database
from engine.runtime.history import verify
from engine.runtime.queries import count_by_state
from engine.runtime.schema import edition, metadata
from migrations import chain
from tests.model_customer import opened

Rows = Mapping[str, list[dict[str, Any]]]
Columns = Mapping[Table, list[Column[Any]]]
REVISIONS = [one.revision for one in ScriptDirectory(str(chain.FOLDER)).walk_revisions()]


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The rows of the model customer on the morning after the launch of the campaign."""
    settings = Settings(data=tmp_path_factory.mktemp("campaign"))
    with opened(settings.data):
        pass
    with closing(open_database(settings)) as database:
        return rows_of(database, columns_in(database))


def columns_in(database: Database) -> Columns:
    """The columns of today that the database has."""
    seen = inspect(database.engine)
    return {
        table: [table.c[column["name"]] for column in seen.get_columns(table.name) if column["name"] in table.c]
        for table in metadata.sorted_tables
        if seen.has_table(table.name)
    }


def rows_of(database: Database, columns: Columns) -> Rows:
    with database.engine.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(*names).order_by(*names)).mappings()]
            for table, names in columns.items()
        }


def fill(database: Database, columns: Columns, rows: Rows) -> None:
    with database.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        connection.execute(edition.delete())  # there is none to raise by filling
        for table in sorted(columns, key=lambda table: table is edition):
            wanted = [{column.name: row[column.name] for column in columns[table]} for row in rows[table.name]]
            if wanted:
                connection.execute(table.insert(), wanted)
        connection.exec_driver_sql("COMMIT")


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_campaign_of_every_revision_goes_on_after_the_upgrade(
    revision: str, empty: Callable[[], Database], campaign: Rows
) -> None:
    database = empty()
    with chain.changing(database) as config:
        command.upgrade(config, revision)
    columns = columns_in(database)
    fill(database, columns, campaign)
    before = rows_of(database, columns)

    chain.upgrade(database)

    assert rows_of(database, columns) == before
    assert len(before["instance"]) == len(campaign["instance"]) > 60
    with database.read() as tx:
        assert sum(count_by_state(tx).values()) == len(campaign["instance"])
        assert [*verify(tx), *log.verify(tx)] == []
