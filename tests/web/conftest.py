"""Fixtures of the page tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.site import Site, open_site


@pytest.fixture
def site(folder: Path) -> Iterator[Site]:
    """The pages over a fresh office."""
    with open_site(folder) as opened:
        yield opened
