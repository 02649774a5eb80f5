"""Databases that nobody has made tables in yet."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path

import pytest

from engine.runtime.database import Database
from tests.databases import SQLITE, Home

Empty = Callable[[], Database]


@pytest.fixture
def empty(home: Home, tmp_path: Path) -> Iterator[Empty]:
    """Makes an empty database of the kind that the test runs on."""
    numbers = count(1)
    with ExitStack() as until:

        def make() -> Database:
            if home.kind == SQLITE:
                return until.enter_context(closing(Database(tmp_path / f"{next(numbers)}.db")))
            assert home.server is not None
            return until.enter_context(closing(Database(until.enter_context(home.server.database()))))

        yield make
