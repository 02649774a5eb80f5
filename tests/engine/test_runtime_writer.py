"""The one writer: what commits together, what a failure takes along, and how it stops."""

import itertools
import logging
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from engine.errors import NotFound, Unavailable
from engine.runtime.database import Database, Transaction
from engine.runtime.schema import setting
from engine.runtime.statements import insertion
from engine.runtime.writer import FollowUp, Writer
from tests.databases import new_database

STORE = insertion(setting)


Command = Callable[[Transaction], object]


def storing(name: str) -> Command:
    """A command that stores a row of that name, and answers it."""

    def command(tx: Transaction) -> str:
        tx.run(STORE, name=name, value="")
        return name

    return command


def asking(name: str) -> Command:
    """A command that stores and wants a follow-up."""

    def command(tx: Transaction) -> object:
        tx.follow_up.append(7)
        return storing(name)(tx)

    return command


def refused_after(name: str, *, asks: bool = False) -> Command:
    """A command that is refused when it has written already."""

    def command(tx: Transaction) -> str:
        (asking if asks else storing)(name)(tx)
        raise NotFound(what=name)

    return command


class Desk:
    """A writer over a file, with every statement that its transactions ran, and every future it gave."""

    def __init__(self, folder: Path, follow_up: FollowUp | None) -> None:
        self.heard: list[str] = []
        self.futures: list[Future[object]] = []
        self.breaks = ""  # the statement that fails, once
        self.database = new_database(folder, "desk", hook=self.hear)
        self.writer = Writer(self.database, follow_up)

    def hear(self, sql: str) -> None:
        self.heard.append("BEGIN" if sql.startswith("BEGIN") else sql.split(" (")[0])
        if sql == self.breaks:
            self.breaks = ""
            raise sqlite3.OperationalError(f"{sql} failed")

    def submit(self, command: Command) -> Future[object]:
        self.futures.append(self.writer.submit(command))
        return self.futures[-1]

    def queued(self, *commands: Command) -> list[Future[object]]:
        """The futures of commands that queued up while the writer was busy."""
        with self.busy():
            return [self.submit(command) for command in commands]

    @contextmanager
    def busy(self) -> Iterator[None]:
        """While the block lasts, the writer is kept from taking more."""
        begun, release = threading.Event(), threading.Event()

        def hold(_: Transaction) -> None:
            begun.set()
            assert release.wait(30)

        held = self.submit(hold)
        assert begun.wait(30)
        try:
            yield
        finally:
            release.set()
            held.result(30)

    def stored(self) -> list[str]:
        with self.database.engine.connect() as connection:
            return [name for (name,) in connection.exec_driver_sql("SELECT name FROM setting ORDER BY name")]


@contextmanager
def open_desk(folder: Path, follow_up: FollowUp | None = None) -> Iterator[Desk]:
    desk = Desk(folder, follow_up)
    try:
        yield desk
    finally:
        desk.writer.stop()
        desk.database.close()


@pytest.fixture
def desk(folder: Path) -> Iterator[Desk]:
    with open_desk(folder) as desk:
        yield desk


def told(future: Future[object]) -> object:
    """The answer, or what was raised instead."""
    return future.exception(30) or future.result(30)


# ── what commits together ────────────────────────────────────────────────────────────────────────


def test_commands_queued_together_commit_together(desk: Desk) -> None:
    futures = desk.queued(storing("a"), storing("b"))

    assert [told(future) for future in futures] == ["a", "b"]
    savepoint = ["SAVEPOINT command", "INSERT INTO setting", "RELEASE command"]
    assert desk.heard == ["BEGIN", "COMMIT", "BEGIN", *savepoint, *savepoint, "COMMIT"]


def test_a_command_alone_needs_no_savepoint(desk: Desk) -> None:
    assert desk.writer.call(storing("a")) == "a"

    assert desk.heard == ["BEGIN", "INSERT INTO setting", "COMMIT"]


def test_at_most_so_many_commit_at_once(desk: Desk) -> None:
    names = [f"{n:02}" for n in range(66)]

    futures = desk.queued(*(storing(name) for name in names))

    assert [told(future) for future in futures] == names
    assert desk.stored() == names
    assert desk.heard.count("COMMIT") == 3  # the busy one, a batch of 64, the rest


# ── what a failure takes along ───────────────────────────────────────────────────────────────────


def test_a_refused_command_does_not_undo_the_others(desk: Desk) -> None:
    first, refused, last = desk.queued(storing("a"), refused_after("b"), storing("c"))

    assert (told(first), type(told(refused)), told(last)) == ("a", NotFound, "c")
    assert desk.stored() == ["a", "c"]


def test_a_refused_command_alone_leaves_nothing(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.writer.call(refused_after("a"))

    assert desk.stored() == []


def test_a_failing_commit_fails_everything_in_it(desk: Desk) -> None:
    futures = desk.queued(storing("a"), refused_after("b"), lambda tx: setattr(desk, "breaks", "COMMIT"))

    assert [type(told(future)) for future in futures] == [sqlite3.OperationalError] * 3
    assert desk.writer.call(storing("c")) == "c"
    assert desk.stored() == ["c"]


def test_a_batch_that_is_broken_off_fails_as_a_whole_and_the_thread_lives(desk: Desk) -> None:
    def die(_: Transaction) -> None:
        raise SystemExit

    futures = desk.queued(storing("a"), die)

    assert [type(told(future)) for future in futures] == [SystemExit] * 2
    assert desk.writer.call(storing("b")) == "b"
    assert desk.stored() == ["b"]


def test_a_future_cancelled_while_it_queues_is_passed_over(desk: Desk) -> None:
    with desk.busy():
        futures = [desk.submit(storing(name)) for name in "abc"]
        cancelled = [futures[0].cancel(), futures[1].cancel()]

    assert (cancelled, told(futures[2])) == ([True, True], "c")
    assert desk.writer.call(storing("d")) == "d"
    assert desk.stored() == ["c", "d"]


def test_a_batch_of_cancelled_futures_is_none(desk: Desk) -> None:
    with desk.busy():
        desk.writer.submit(storing("a")).cancel()

    assert desk.writer.call(storing("b")) == "b"
    assert desk.heard.count("COMMIT") == 2


def test_a_command_under_way_cannot_be_cancelled(desk: Desk) -> None:
    begun, release = threading.Event(), threading.Event()

    def command(tx: Transaction) -> object:
        begun.set()
        assert release.wait(30)
        return storing("a")(tx)

    future = desk.submit(command)
    assert begun.wait(30)

    assert not future.cancel()
    release.set()
    assert told(future) == "a"


# ── stopping ─────────────────────────────────────────────────────────────────────────────────────


def test_stop_answers_what_is_queued_and_refuses_what_comes_later(desk: Desk) -> None:
    futures = desk.queued(storing("a"), storing("b"))

    desk.writer.stop()

    assert [future.result(0) for future in futures] == ["a", "b"]
    with pytest.raises(Unavailable) as refusal:
        desk.writer.submit(storing("c"))
    assert refusal.value.params == {"seconds": 5}
    assert desk.stored() == ["a", "b"]


def test_stopping_twice_is_stopping_once(desk: Desk) -> None:
    desk.writer.stop()
    desk.writer.stop()

    with pytest.raises(Unavailable):
        desk.writer.call(storing("a"))


def test_no_command_gets_lost_while_the_writer_stops(desk: Desk) -> None:
    """Whoever got a future gets an answer, however close to the end the command came in."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        left = [future for _ in range(60) for future in taken_while_stopping(desk.database) if not future.done()]
    finally:
        sys.setswitchinterval(usual)

    assert left == []


def taken_while_stopping(database: Database) -> list[Future[None]]:
    """The futures that four threads got from a writer which was stopped meanwhile."""
    writer = Writer(database)
    taken: list[Future[None]] = []

    def keep_asking() -> None:
        with suppress(Unavailable):
            for _ in range(50):
                taken.append(writer.submit(lambda tx: None))

    threads = [threading.Thread(target=keep_asking) for _ in range(4)]
    for thread in threads:
        thread.start()
    writer.stop()
    for thread in threads:
        thread.join()
    return taken


# ── follow-ups ───────────────────────────────────────────────────────────────────────────────────


def test_follow_ups_run_after_the_commit_and_before_the_answers(folder: Path) -> None:
    seen: list[object] = []

    def follow_up(tx: Transaction, key: int) -> bool:
        seen.append((place.stored(), [future.done() for future in place.futures[1:]]))
        storing(f"follow-up {len(seen)}")(tx)
        return len(seen) < 2

    with open_desk(folder, follow_up) as place:
        answers = [told(future) for future in place.queued(storing("a"), asking("b"))]

        assert answers == ["a", "b"]
        assert seen == [(["a", "b"], [False, False]), (["a", "b", "follow-up 1"], [False, False])]
        assert place.stored() == ["a", "b", "follow-up 1", "follow-up 2"]
        assert place.heard.count("COMMIT") == 4  # the busy one, the batch, each follow-up its own


@pytest.mark.parametrize(
    "commands",
    [(storing("a"), storing("b")), (storing("a"), refused_after("b", asks=True)), (refused_after("b", asks=True),)],
    ids=["nobody asked", "who asked was refused", "who asked was refused alone"],
)
def test_without_a_wish_nothing_follows(folder: Path, commands: tuple[Command, ...]) -> None:
    turns = itertools.count()

    with open_desk(folder, lambda tx, key: next(turns) < 0) as place:
        for future in place.queued(*commands):
            future.exception(30)

    assert next(turns) == 0


def test_a_wish_is_kept_though_the_next_command_is_refused(folder: Path) -> None:
    turns = itertools.count()

    with open_desk(folder, lambda tx, key: next(turns) < 0) as place:
        for future in place.queued(asking("a"), refused_after("b")):
            future.exception(30)

    assert next(turns) == 1


def test_a_failing_follow_up_is_logged_and_the_answers_are_given(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def follow_up(tx: Transaction, key: int) -> bool:
        storing("lost")(tx)
        raise ValueError("no")

    with open_desk(folder, follow_up) as place:
        assert place.writer.call(asking("a")) == "a"
        assert place.writer.call(storing("b")) == "b"
        assert place.stored() == ["a", "b"]

    assert [(record.levelno, record.message) for record in caplog.records] == [(logging.ERROR, "follow-up failed")]
