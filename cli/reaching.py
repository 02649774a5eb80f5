"""The installation that a command works on: found as the settings say, and refused with what to do next."""

import shlex
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy.exc import SQLAlchemyError

from api.clock import wall_clock
from api.installation import DATABASE, Installation, installation, open_database, whereabouts
from api.settings import Settings
from demo.run import is_demo
from engine.runtime.database import FAULTS, Database
from migrations import chain

DATABASE_FAULTS: tuple[type[Exception], ...] = (*FAULTS, SQLAlchemyError)
"""What a driver raises, or the pool of its connections."""


class CannotStart(Exception):
    """The command cannot do its work; the message says what to do."""


def command_line(words: str, settings: Settings) -> str:
    """A command to run next on the same data folder, as one types it."""
    return f"thidua {words} --data {shlex.quote(str(settings.data))}"


@contextmanager
def opened(settings: Settings) -> Iterator[Installation]:
    """The installation that `init` has made.

    Raises:
        CannotStart: there is none, it is a demo's, or of another revision.
        InUse: another process has it open.
        NotShared, KeysUnusable: this node has not what the others share.
    """
    if not settings.database_url and not (settings.data / DATABASE).exists():
        raise nothing_there(settings)
    with closing(existing(settings)) as database, database.read() as tx:
        if is_demo(tx):
            raise CannotStart(
                f"{place_name(settings)} is a demo, whose passwords everybody knows; choose another folder"
            )
    with installation(settings, clock=wall_clock, wall=wall_clock) as place:
        yield place


def existing(settings: Settings) -> Database:
    """The database of an installation, of the revision that this release needs; the caller closes it.

    Raises:
        CannotStart: there is none, or it is at another revision.
    """
    database = there(settings)
    try:
        chain.must_be_current(database)
    except BaseException as wrong:
        database.close()
        if isinstance(wrong, chain.OutOfStep):
            raise out_of_step(wrong.standing, settings) from wrong
        raise
    return database


def there(settings: Settings) -> Database:
    """The database that the settings name, whatever is in it; the caller closes it.

    Raises:
        CannotStart: there is no file.
    """
    if not settings.database_url and not (settings.data / DATABASE).exists():
        raise CannotStart(f"{settings.data / DATABASE} does not exist; name the data folder with --data")
    return open_database(settings)


def place_name(settings: Settings) -> str:
    """What people call the installation: its database, or the folder that has everything."""
    return whereabouts(settings) if settings.database_url else str(settings.data)


def nothing_there(settings: Settings) -> CannotStart:
    """That there is no installation yet."""
    return CannotStart(
        f"there is nothing in {place_name(settings)}; run: {command_line('init', settings)} --authority …"
    )


def out_of_step(standing: chain.Standing, settings: Settings) -> CannotStart:
    """That the database is of no use to this release as it stands, and what to do."""
    if standing.position is chain.Position.EMPTY:
        return nothing_there(settings)
    return CannotStart(f"{whereabouts(settings)}: {standing.sentence(command_line('upgrade', settings))}")


def said_of(fault: BaseException) -> str:
    """What a database said, on one line."""
    return " ".join(str(getattr(fault, "orig", None) or fault).split())
