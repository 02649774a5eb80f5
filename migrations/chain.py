"""Where a database stands on the chain of revisions, and how it gets to the newest."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from engine.runtime.database import Database

FOLDER = Path(__file__).parent
"""Of the chain: `env.py` and `versions`."""
_UPGRADE = "thidua upgrade"
_LOCK = 7_418_105_201  # any number that nothing else in the database locks


class Position(StrEnum):
    """How the revision of a database relates to the newest one that this release has."""

    EMPTY = "empty"
    """There are no tables."""
    OUTSIDE = "outside"
    """There are tables, and none says which revision they are of."""
    BEHIND = "behind"
    CURRENT = "current"
    AHEAD = "ahead"
    """This release does not know the revision."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a database stands. `revision`: empty for none; `newest`: the last of the chain."""

    position: Position
    revision: str
    newest: str

    def sentence(self, upgrade: str = _UPGRADE) -> str:
        """What that means, and what to do; `upgrade` is the command to run, as one types it."""
        if self.position is Position.EMPTY:
            return "there is nothing in the database; run thidua init"
        if self.position is Position.OUTSIDE:
            return (
                "the tables are of no release: they were made before databases could be upgraded (or by another "
                "program); make a new database with thidua init and enter the office there"
            )
        if self.position is Position.BEHIND:
            return f"the database is at revision {self.revision}, this release needs {self.newest}; run: {upgrade}"
        if self.position is Position.AHEAD:
            return (
                f"the database is at revision {self.revision}, which this release (up to {self.newest}) does not "
                "know: a newer release has upgraded it; install that release"
            )
        return f"the database is at revision {self.revision}, the newest"


class OutOfStep(Exception):
    """The database is of no use to this release as it stands; the message says what to do."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(standing.sentence())
        self.standing = standing


def standing(database: Database) -> Standing:
    """Where the database stands."""
    with database.engine.connect() as connection:
        return _standing(connection)


def must_be_current(database: Database) -> None:
    """Let only a database pass that this release can work with.

    Raises:
        OutOfStep: it is behind, ahead, empty, or not of the chain.
    """
    found = standing(database)
    if found.position is not Position.CURRENT:
        raise OutOfStep(found)


def upgrade(database: Database) -> Standing:
    """Bring an empty or older database to the newest revision, all of it or nothing; returns where it stood before.

    Raises:
        OutOfStep: it is ahead, or not of the chain.
    """
    with changing(database) as config:
        before = _standing(config.attributes["connection"])
        if before.position in (Position.OUTSIDE, Position.AHEAD):
            raise OutOfStep(before)
        if before.position is not Position.CURRENT:
            command.upgrade(config, "head")
    return before


@contextmanager
def changing(database: Database) -> Iterator[Config]:
    """A configuration with which alembic's own commands change that database: in one transaction, alone."""
    is_sqlite = database.name == "sqlite"
    with database.engine.connect() as connection:
        if is_sqlite:  # a table is changed by making it anew, which those that refer to it must bear
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_sqlite else "BEGIN")
        try:
            if not is_sqlite:
                _take_time(connection)
            yield _config(connection)
            if is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise RuntimeError("a revision leaves rows behind that refer to none")
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        finally:
            if is_sqlite:
                connection.exec_driver_sql("PRAGMA foreign_keys=ON")


def _take_time(connection: Connection) -> None:
    """One change at a time; it may last, but it waits only ten seconds for the locks of others."""
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def _standing(connection: Connection) -> Standing:
    scripts = ScriptDirectory.from_config(_config(connection))
    newest = str(scripts.get_current_head())
    tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
    revision = MigrationContext.configure(connection).get_current_revision() or ""
    if not revision:
        position = Position.OUTSIDE if tables else Position.EMPTY
    elif revision == newest:
        position = Position.CURRENT
    else:
        known = {one.revision for one in scripts.walk_revisions()}
        position = Position.BEHIND if revision in known else Position.AHEAD
    return Standing(position, revision, newest)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
