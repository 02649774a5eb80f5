"""A node that was paused does nothing that another one has done meanwhile: real processes, SIGSTOP and SIGCONT."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bench.workers_drill import MAILS, Ledger
from bench.workers_office import HEAD, FileClock, fill, mornings, opened
from engine.runtime.database import Database
from engine.runtime.service import Engine
from migrations.chain import upgrade
from notifications.compose import compose_due
from notifications.delivery import BROKEN_OFF, deliver_due
from notifications.door import prove
from tests.databases import Home, rows
from tests.errands.office import REGISTRY
from tests.notifications.smtp_server import misbehaving_smtp
from tests.paused import CLOCK

CASES = 30
SECONDS = 60.0


@pytest.fixture
def where(home: Home, tmp_path: Path) -> Iterator[Path | str]:
    """A database with an office of one ward, whose reminders are due."""
    FileClock(tmp_path / CLOCK).move(mornings(1)[0])
    if home.server is None:
        yield _filled(tmp_path / "thidua.db")
    else:
        with home.server.database() as address:
            yield _filled(address)


def _filled(where: Path | str) -> Path | str:
    with closing(Database(where)) as database:
        upgrade(database)
        fill(database, 1, CASES)
    return where


@pytest.fixture
def engine(where: Path | str, tmp_path: Path) -> Iterator[Engine]:
    """The node that is not paused."""
    with opened(where, tmp_path, FileClock(tmp_path / CLOCK)) as made:
        yield made


@contextmanager
def paused(what: str, engine: Engine, folder: Path, *more: str) -> Iterator[None]:
    """A node that has stopped itself; it goes on, and ends, with the block."""
    node = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.paused", what, str(engine.database.where), str(folder), *more],
        cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    try:
        _, status = os.waitpid(node.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), "it has ended before its time"
        yield
        node.send_signal(signal.SIGCONT)
        assert node.wait(SECONDS) == 0
    finally:
        node.kill()
        node.wait()


def counted(engine: Engine, of: str) -> int:
    ((count,),) = rows(engine.database, f"SELECT count(*) FROM {of}")
    return int(count)


def test_what_a_paused_node_has_in_hand_is_fired_by_another_one_alone(engine: Engine, tmp_path: Path) -> None:
    with paused("fire", engine, tmp_path):
        while_locked = engine.fire_due()
        too_early = engine.database.let_go(20)
        time.sleep(1.1)
        ended = engine.database.let_go(1)
        afterwards = engine.fire_due()

    assert (while_locked, too_early, ended, afterwards) == (0, 0, 1, CASES)
    assert (counted(engine, "firing"), counted(engine, "notice"), counted(engine, "timer")) == (CASES, CASES, CASES)


def test_a_paused_node_sends_no_letter_that_another_one_has_taken_over(engine: Engine, tmp_path: Path) -> None:
    engine.fire_due()
    assert compose_due(engine, prove(REGISTRY), HEAD, engine.clock()) == 1

    with paused("send", engine, tmp_path):
        FileClock(tmp_path / CLOCK).move(engine.clock() + timedelta(minutes=31))
        deliver_due(engine, Ledger(tmp_path / MAILS), HEAD.sender, engine.clock())

    assert len((tmp_path / MAILS).read_text().split()) == 1
    assert rows(engine.database, "SELECT n, outcome, reply FROM message_attempt ORDER BY n") == [
        (1, "unknown", BROKEN_OFF.reply),
        (2, "sent", "250 taken"),
    ]


def test_a_letter_whose_sender_was_paused_for_too_long_is_never_ended(engine: Engine, tmp_path: Path) -> None:
    engine.fire_due()
    compose_due(engine, prove(REGISTRY), HEAD, engine.clock())

    with misbehaving_smtp() as server:
        with paused("talk", engine, tmp_path, str(server.port)):
            time.sleep(1.1)
        assert server.accepted == []
        assert rows(engine.database, "SELECT outcome FROM message_attempt") == [("temporary",)]

        FileClock(tmp_path / CLOCK).move(engine.clock() + timedelta(minutes=1))
        deliver_due(engine, Ledger(tmp_path / MAILS), HEAD.sender, engine.clock())
    assert rows(engine.database, "SELECT outcome FROM message_attempt ORDER BY n") == [("temporary",), ("sent",)]
