"""The writer of this process: every change goes through its thread, or through a caller while nobody writes.

What has queued up commits together: a savepoint per command, the answers after the commit. No two threads of a
process starve each other or conflict, and one sync to disk serves many (docs/decisions/0005). On PostgreSQL other
processes write at the same time: what they came in between of is run again (docs/decisions/0017).
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from engine.errors import Unavailable
from engine.runtime.database import FAULTS, Database, Transaction, is_conflict, is_constraint, is_out_of_order

T = TypeVar("T")
Command = Callable[[Transaction], T]
FollowUp = Callable[[Transaction, int], bool]
Item = tuple[Command[Any], Future[Any]]
Outcome = tuple[Future[Any], Any, BaseException | None]

MOST_AT_ONCE = 64
MOST_TRIES = 12
FIRST_PAUSE, LONGEST_PAUSE = 0.002, 0.1  # seconds
log = logging.getLogger(__name__)


class Writer:
    """Runs commands one after the other in a thread of its own.

    follow_up: called in transactions of its own after a commit, with each key that its commands have left for it
    (`tx.follow_up`), until it answers False; the answers of that commit wait for it.

    A command may be run more than once; what it does outside its transaction must bear that. `commands` and
    `commits` count what was carried out, `conflicts` how often another process came in between.
    """

    def __init__(self, database: Database, follow_up: FollowUp | None = None) -> None:
        self._database, self._follow_up = database, follow_up
        self._queue: SimpleQueue[Item | None] = SimpleQueue()
        self._turn, self._door = threading.Lock(), threading.Lock()
        self._stopped, self._waiting = False, 0
        self.commands = self.commits = self.conflicts = 0
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many commands have queued up."""
        return self._waiting

    @property
    def is_alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def submit(self, command: Command[T]) -> "Future[T]":
        """Queue a command; the future has its result after the commit, or the exception that undid it.

        Raises:
            Unavailable: the writer has been stopped.
        """
        future: Future[T] = Future()
        with self._door:
            if self._stopped:
                raise Unavailable(seconds=5)
            self._waiting += 1
            self._queue.put((command, future))
        return future

    def call(self, command: Command[T]) -> T:
        """Like `submit`, and wait; while nobody writes, the caller does so itself, which saves two hand-overs."""
        if self._waiting or not self._turn.acquire(blocking=False):  # nobody is overtaken
            return self.submit(command).result()
        try:
            if self._stopped:
                raise Unavailable(seconds=5)
            future: Future[T] = Future()
            self._commit([(command, future)])
            return future.result()
        finally:
            self._turn.release()

    def claim(self, command: Command[T]) -> T:
        """Run a command that decides on nothing but rows that it locks (`Database.claim`), in the caller's thread.

        It does not wait for what has queued up. What it leaves for the follow-up is not followed: it takes no action.

        Raises:
            Unavailable: the writer has been stopped.
        """
        if self._stopped:
            raise Unavailable(seconds=5)
        return self._again(command, claims=True)[0]

    def stop(self) -> None:
        """Finish what has queued up, then end the thread."""
        with self._door:
            self._stopped = True
            self._queue.put(None)  # nothing comes after it
        self._thread.join()
        with self._turn:  # a caller that writes itself
            pass

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            with self._turn:
                batch, ended = self._batch(first)
                if batch:
                    self._commit(batch)
            if ended:
                break

    def _batch(self, first: Item) -> tuple[list[Item], bool]:
        """What has queued up and is still wanted; and whether the writer is to stop after it."""
        batch: list[Item] = []
        item: Item | None = first
        while item is not None:
            with self._door:
                self._waiting -= 1
            if item[1].set_running_or_notify_cancel():  # from here on it cannot be cancelled
                batch.append(item)
            if len(batch) == MOST_AT_ONCE:
                return batch, False
            try:
                item = self._queue.get_nowait()
            except Empty:
                return batch, False
        return batch, True

    def _commit(self, batch: list[Item]) -> None:
        """Commit these together, then give the answers; each alone when the database refuses one of them."""
        try:
            outcomes, follows = self._again(lambda tx: _outcomes(tx, batch))
        except BaseException as fault:  # nothing of the batch was committed
            if len(batch) > 1 and _is_surely_undone(fault):
                for item in batch:
                    self._commit([item])
                return
            for _, future in batch:
                future.set_exception(fault)
            return
        self.commands += len(batch)
        if follows and self._follow_up is not None:
            self._follow(self._follow_up, follows)
        for future, result, fault_of_one in outcomes:
            if fault_of_one is None:
                future.set_result(result)
            else:
                future.set_exception(fault_of_one)

    def _again(self, perform: Command[T], *, claims: bool = False) -> tuple[T, list[int]]:
        """Perform in a transaction, again when another one came in between; and what it left for the follow-up."""
        begin = self._database.claim if claims else self._database.write
        tries = 0
        while True:
            tries += 1
            try:
                with begin() as tx:
                    result = perform(tx)
                self.commits += 1
                return result, tx.follow_up
            except Exception as fault:
                most = 3 if is_constraint(fault) else MOST_TRIES  # the same row again: it is no conflict
                if not is_conflict(fault) or tries >= most:
                    raise
            self.conflicts += 1
            time.sleep(random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**tries)))

    def _follow(self, follow_up: FollowUp, keys: list[int]) -> None:
        left = deque(keys)
        try:
            while left:
                goes_on, more = self._again(lambda tx: follow_up(tx, left[0]))
                left.extend(more)
                if not goes_on:
                    left.popleft()
        except BaseException:  # its rows are still pending: the ticker takes what is left, and this thread goes on
            log.exception("follow-up failed")


def _is_surely_undone(fault: BaseException) -> bool:
    """Whether the database refused something; where it went away, the commit may have been carried out."""
    return isinstance(fault, FAULTS) and (is_conflict(fault) or not is_out_of_order(fault))


def _outcomes(tx: Transaction, batch: list[Item]) -> list[Outcome]:
    """Run the commands of a batch: alone, one needs no savepoint, for its failure undoes the transaction."""
    if len(batch) == 1:
        command, future = batch[0]
        return [(future, command(tx), None)]
    return [(future, *_attempt(tx, command)) for command, future in batch]


def _attempt(tx: Transaction, command: Command[Any]) -> tuple[Any, BaseException | None]:
    """Run one command in a savepoint; a failure undoes that command alone, but for a fault of the database: it may
    come late, and be another command's."""
    asked = len(tx.follow_up)
    tx.command("SAVEPOINT command")
    try:
        result = command(tx)
    except FAULTS:
        raise
    except Exception as fault:
        tx.command("ROLLBACK TO command")
        tx.command("RELEASE command")
        del tx.follow_up[asked:]
        return None, fault
    tx.command("RELEASE command")
    return result, None
