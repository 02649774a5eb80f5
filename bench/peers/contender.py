"""A peer in a process of its own, asked line by line; see `bench.peers.answering` for the other side.

It is stopped while nobody asks it: what polls in the background must not slow down whose turn it is.
"""

import json
import signal
import subprocess
from pathlib import Path
from threading import Timer
from typing import Any

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 600.0  # seconds for one answer


class Broken(Exception):
    """A peer ended, or gave no answer in time; says the last thing that it said."""


class Contender:
    """A running peer. `asked` counts the cases that it was given."""

    def __init__(self, python: Path, module: str, where: Path | str, words: tuple[str, ...], log: Path) -> None:
        """Start it on an empty database.

        Raises:
            Broken: it did not come up.
        """
        self._log, self.asked = log, 0
        address = f"sqlite:{where}" if isinstance(where, Path) else where
        with log.open("wb") as errors:
            self._child = subprocess.Popen(
                [python, "-m", module, address, *words],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
            )  # fmt: skip
        try:
            self.versions: str = self._hear()["versions"]
        except Broken:
            self.close()
            raise

    def cases(self, how_many: int, how: str = "cases") -> tuple[float, ...]:
        """The microseconds of each step of so many new cases.

        how: `cases`, one after the other; or `together`, the time of a step when all are under way at once.

        Raises:
            Broken: it failed.
        """
        self.asked += how_many
        return tuple(self._ask({how: how_many})["spent"])

    def check(self) -> str:
        """What is wrong with its database after all that was asked; empty when all is there.

        Raises:
            Broken: it failed.
        """
        wanted = {"finished": self.asked, "history": 4 * self.asked}
        found = self._ask({"check": True})
        return "" if found == wanted else f"its database has {found}, not {wanted}"

    def close(self) -> None:
        """Let it end by itself, or end it."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        try:
            self._child.send_signal(signal.SIGCONT)
            self._child.stdin.close()
            self._child.wait(30)
        except (OSError, subprocess.TimeoutExpired):
            self._child.kill()
            self._child.wait()
        self._child.stdout.close()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._child.stdin is not None
        self._child.send_signal(signal.SIGCONT)
        try:
            self._child.stdin.write(json.dumps(request) + "\n")
            self._child.stdin.flush()
        except OSError as fault:
            raise Broken(self._last_words()) from fault
        return self._hear()

    def _hear(self) -> dict[str, Any]:
        assert self._child.stdout is not None
        patience = Timer(PATIENCE, self._child.kill)
        patience.start()
        try:
            line = self._child.stdout.readline()
        finally:
            patience.cancel()
        if not line:
            self._child.wait()
            raise Broken(self._last_words())
        self._child.send_signal(signal.SIGSTOP)
        heard: dict[str, Any] = json.loads(line)
        return heard

    def _last_words(self) -> str:
        said = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return said[-1].strip() if said else f"no answer, exit status {self._child.poll()}"
