"""Fixtures of the browser tests: Debian's Chromium, and the demo after its story on a port of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.axe import TOTALS
from tests.browser.house import House, find_chromium, make_story, open_house
from tests.browser.people import JOURNEYS

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """How pytest-playwright starts the browser: no download, the system's."""
    return {**browser_type_launch_args, "executable_path": find_chromium(), "args": FLAGS}


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a demo after its story; to be copied, not used."""
    return make_story(tmp_path_factory.mktemp("story") / "data")


@pytest.fixture
def house(story: Path, tmp_path: Path, browser: Browser) -> Iterator[House]:
    """That demo, in a copy of its own; no script of a page may fail."""
    shutil.copytree(story, tmp_path / "data")
    with open_house(tmp_path / "data", browser) as opened:
        yield opened
        assert opened.faults == []


@pytest.fixture(scope="session")
def museum(story: Path, tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[House]:
    """That demo for tests that only look."""
    folder = tmp_path_factory.mktemp("museum") / "data"
    shutil.copytree(story, folder)
    with open_house(folder, browser) as opened:
        yield opened


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How much was looked at with axe, and how many actions the journeys took."""
    if TOTALS.pages:
        told = f"axe: {TOTALS.pages} pages, {TOTALS.looked_at} with something new, {TOTALS.looks} looks"
        terminalreporter.write_line(told)
    for journey in sorted(set(JOURNEYS)):
        terminalreporter.write_line(journey)
