"""The one writer: every change of this process goes through its thread.

What has queued up commits together: a savepoint per command, the answers after the commit. No two
writers starve each other, and one sync to disk serves many (docs/decisions/0005).
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from engine.errors import Unavailable
from engine.runtime.database import Database, Transaction

T = TypeVar("T")
Command = Callable[[Transaction], T]
FollowUp = Callable[[Transaction], bool]
Item = tuple[Command[Any], Future[Any]]

MOST_AT_ONCE = 64
log = logging.getLogger(__name__)


class Writer:
    """Runs commands one after the other in a thread of its own.

    follow_up: called in transactions of its own after a commit whose command asked for it
    (`tx.follow_up`), until it answers False; the answers of that commit wait for it. renew: called after the
    commit of a command that outdates what is shared in memory (`tx.outdates`), before anything else runs.
    """

    def __init__(
        self, database: Database, follow_up: FollowUp | None = None, renew: Callable[[], None] | None = None
    ) -> None:
        self._database, self._follow_up, self._renew = database, follow_up, renew
        self._queue: SimpleQueue[Item | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._stopped, self._door = False, threading.Lock()
        self._thread.start()

    def submit(self, command: Command[T]) -> "Future[T]":
        """Queue a command; the future has its result after the commit, or the exception that undid it.

        Raises:
            Unavailable: the writer has been stopped.
        """
        future: Future[T] = Future()
        with self._door:
            if self._stopped:
                raise Unavailable(seconds=5)
            self._queue.put((command, future))
        return future

    def call(self, command: Command[T]) -> T:
        """Like `submit`, and wait."""
        return self.submit(command).result()

    def stop(self) -> None:
        """Finish what has queued up, then end the thread."""
        with self._door:
            self._stopped = True
            self._queue.put(None)  # nothing comes after it
        self._thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, ended = self._batch(first)
            while batch:
                batch = batch[self._commit(batch) :]
            if ended:
                break

    def _batch(self, first: Item) -> tuple[list[Item], bool]:
        """What has queued up and is still wanted; and whether the writer is to stop after it."""
        batch: list[Item] = []
        item: Item | None = first
        while item is not None:
            if item[1].set_running_or_notify_cancel():  # from here on it cannot be cancelled
                batch.append(item)
            if len(batch) == MOST_AT_ONCE:
                return batch, False
            try:
                item = self._queue.get_nowait()
            except Empty:
                return batch, False
        return batch, True

    def _commit(self, batch: list[Item]) -> int:
        """Commit what has queued up, as far as the first that outdates what the others know; returns how many."""
        answers: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with self._database.write() as tx:
                if len(batch) == 1:  # alone, it needs no savepoint: its failure undoes the transaction
                    answers.append((batch[0][1], batch[0][0](tx), None))
                else:
                    for command, future in batch:
                        answers.append((future, *_attempt(tx, command)))
                        if tx.outdates:
                            break
        except BaseException as fault:  # nothing of the batch was committed
            for _, future in batch:
                future.set_exception(fault)
            return len(batch)
        if tx.outdates and self._renew is not None:
            self._renew()
        if tx.follow_up and self._follow_up is not None:
            self._follow()
        for future, result, fault_of_one in answers:
            if fault_of_one is None:
                future.set_result(result)
            else:
                future.set_exception(fault_of_one)
        return len(answers)

    def _follow(self) -> None:
        assert self._follow_up is not None
        try:
            more = True
            while more:
                with self._database.write() as tx:
                    more = self._follow_up(tx)
        except BaseException:  # its rows are still pending: the ticker takes what is left, and this thread goes on
            log.exception("follow-up failed")


def _attempt(tx: Transaction, command: Command[Any]) -> tuple[Any, BaseException | None]:
    """Run one command in a savepoint; a failure undoes that command alone."""
    asked = tx.follow_up, tx.outdates
    tx.command("SAVEPOINT command")
    try:
        result = command(tx)
    except Exception as fault:
        tx.command("ROLLBACK TO command")
        tx.command("RELEASE command")
        tx.follow_up, tx.outdates = asked
        return None, fault
    tx.command("RELEASE command")
    return result, None
