"""Checkpoints of SQLite's write-ahead log, in a thread of their own instead of in the middle of somebody's commit.

By itself SQLite copies the log into the database within the commit that makes it a thousand pages long: every few
hundred actions one waits for all of that (docs/performance.md). A log that is begun anew is overwritten in place, which
syncs faster than one that grows.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

COMMITS = 250
"""So many commits between two checkpoints: some megabytes of log."""
PAUSE_SECONDS = 0.2
PATIENCE_SECONDS = 0.02
"""So long it waits for a writer or a reader, and keeps others waiting; then the log is begun anew another time."""

log = logging.getLogger(__name__)


class Checkpoints:
    """Checkpoints the log of one database after every few commits; `stop` ends it."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._due, self._stopped = threading.Event(), threading.Event()
        self._commits = 0
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    def committed(self) -> None:
        """To be called after each commit."""
        self._commits += 1
        if self._commits >= COMMITS:
            self._commits = 0
            self._due.set()

    def stop(self) -> None:
        """End after the checkpoint that runs."""
        self._stopped.set()
        self._due.set()
        self._thread.join()

    def _run(self) -> None:
        while self._due.wait() and not self._stopped.is_set():
            self._due.clear()
            try:
                with closing(self._connect()) as connection:
                    for how in ("PASSIVE", "RESTART"):  # beside the writers; then the rest, and the log anew
                        connection.execute(f"PRAGMA wal_checkpoint({how})").fetchone()
            except Exception:  # the log goes on growing, and the next one tries again
                log.exception("checkpoint failed")
            self._stopped.wait(PAUSE_SECONDS)
