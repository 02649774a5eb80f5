"""An office of its own for each test of the HTTP door."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.api.office import Office, launch_campaign, open_office


@pytest.fixture
def office(folder: Path) -> Iterator[Office]:
    office = open_office(folder)
    yield office
    office.close()


@pytest.fixture
def an(office: Office) -> TestClient:
    """The officer of ward 1."""
    return office.client("an")


@pytest.fixture
def binh(office: Office) -> TestClient:
    """The head of ward 1."""
    return office.client("binh")


@pytest.fixture
def office_duty(office: Office) -> tuple[TestClient, str]:
    """Somebody with every role, and a duty of ward 1 that was just assigned."""
    tat = office.client("tat")
    return tat, launch_campaign(tat)[1]
