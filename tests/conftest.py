"""Which database a test runs on, and PostgreSQL for the time of the run.

One server serves all workers of a run: the process that began the run starts it and ends it.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bench.postgres import NoPostgres, Server, running
from tests.databases import KINDS, MISSING, ONLY_POSTGRESQL, ONLY_SQLITE, POSTGRESQL, SQLITE, Home, at_home

FORGETFUL = {
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
    "autovacuum_naptime": "10s",
    "max_pred_locks_per_transaction": "1000",  # the matrix is asked for in one transaction
}
_TOLD = "postgresql"  # what a worker is told of the server: its address, or nothing
_server = pytest.StashKey[ExitStack]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=(*KINDS, "both"), default="both", help="which databases tests run on")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_server] = ExitStack()


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_server].close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Called for each worker, in the process that began the run."""
    if node.config.option.database != SQLITE:
        node.workerinput[_TOLD] = _start(node.config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "home" in metafunc.fixturenames:
        asked = metafunc.config.option.database
        kinds = KINDS if asked == "both" else (asked,)
        if any(metafunc.definition.nodeid.startswith(name) for name in ONLY_SQLITE):
            kinds = tuple(kind for kind in kinds if kind == SQLITE)
        if any(metafunc.definition.nodeid.startswith(name) for name in ONLY_POSTGRESQL):
            kinds = tuple(kind for kind in kinds if kind == POSTGRESQL)
        metafunc.parametrize("home", kinds, indirect=True, scope="session")


@pytest.fixture(scope="session")
def home(request: pytest.FixtureRequest) -> Iterator[Home]:
    """The kind of database of this test."""
    if request.param == SQLITE:
        yield Home(SQLITE)
        return
    told = getattr(request.config, "workerinput", {})
    address = told[_TOLD] if told else _start(request.config)
    if not address:
        pytest.fail(MISSING, pytrace=False)
    with ExitStack() as kept:
        yield Home(request.param, Server(address), kept)


@pytest.fixture
def folder(tmp_path: Path, home: Home) -> Iterator[Path]:
    """A folder of this test; the databases made in it are of the kind that the test runs on."""
    with at_home(home, tmp_path):
        yield tmp_path


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory: pytest.TempPathFactory, home: Home) -> Iterator[Path]:
    """Likewise, for what all tests of a module share."""
    made = tmp_path_factory.mktemp("module")
    with at_home(home, made):
        yield made


def _start(config: pytest.Config) -> str:
    """The address of the server, which runs from now on; nothing when there is none to be had."""
    stack = config.stash[_server]
    if not hasattr(config, "_postgres"):
        try:
            config._postgres = stack.enter_context(running(fsync=False, settings=FORGETFUL)).url  # type: ignore[attr-defined]
        except NoPostgres:
            config._postgres = ""  # type: ignore[attr-defined]
    return config._postgres  # type: ignore[attr-defined,no-any-return]
