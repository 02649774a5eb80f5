"""Fixtures for the mail of one small office."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notifications.small_office import SmallOffice, small_office


@pytest.fixture
def office(folder: Path) -> Iterator[SmallOffice]:
    with small_office(folder) as made:
        yield made
