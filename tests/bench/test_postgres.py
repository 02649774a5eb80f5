"""The throw-away PostgreSQL."""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from bench import postgres
from bench.postgres import NoPostgres, Server, running
from tests.databases import SQLITE

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def server(pytestconfig: pytest.Config) -> Iterator[Server]:
    """Missing, it is passed by only by who asked for SQLite alone."""
    with ExitStack() as until:
        try:
            server = until.enter_context(running(fsync=False))
        except NoPostgres as fault:
            if pytestconfig.getoption("database") != SQLITE:
                raise
            pytest.skip(str(fault))
        yield server


def test_database_lives_as_long_as_it_is_wanted(server: Server) -> None:
    with server.database() as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE a (b TEXT)")

    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_database_can_be_copied_from_another(server: Server) -> None:
    with server.database() as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE a (b TEXT)")
            connection.execute("INSERT INTO a VALUES ('ộ')")
        with server.database(url) as copy, psycopg.connect(copy) as connection:
            assert connection.execute("SELECT b FROM a").fetchall() == [("ộ",)]


ABANDONED = """
import os, signal
from bench.postgres import running
with running(fsync=False) as server:
    print(server.url, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.usefixtures("server")
def test_server_does_not_outlive_a_parent_that_was_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # another account runs the server
        monkeypatch.setenv("TMPDIR", folder)
        killed = subprocess.run(
            [sys.executable, "-c", ABANDONED], cwd=ROOT, capture_output=True, text=True, check=False
        )
        until = time.monotonic() + 10
        while _answers(killed.stdout.strip()) and time.monotonic() < until:
            time.sleep(0.05)

        assert killed.returncode == -signal.SIGKILL
        assert killed.stdout.startswith("postgresql://")
        assert not _answers(killed.stdout.strip())


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def test_server_that_is_given_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody@192.0.2.1/office")

    with running(fsync=True) as server:
        assert server.url == "postgresql://somebody@192.0.2.1/office"


def test_machine_without_any_is_told_what_was_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(postgres, "DEBIAN", tmp_path)
    monkeypatch.setattr(postgres, "WHEEL", "no_such_wheel")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NoPostgres, match="no pg_config with an initdb, no no_such_wheel"), running(fsync=True):
        pass
