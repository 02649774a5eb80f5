"""Fixtures for the mail of one small office."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notifications.small_office import SmallOffice, small_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[SmallOffice]:
    with small_office(tmp_path) as made:
        yield made
