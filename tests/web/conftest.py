"""Fixtures of the page tests."""

from collections.abc import Iterator

import pytest

from tests.web.site import Site, open_site


@pytest.fixture
def site() -> Iterator[Site]:
    """The pages over a fresh office."""
    with open_site() as opened:
        yield opened
