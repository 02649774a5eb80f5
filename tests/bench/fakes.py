"""Peers for testing how a peer is asked: one that keeps its word, one that forgets, one that dies. Run as modules."""

import sys
from typing import Any

from bench.peers.answering import answer


class Fake:
    def __init__(self, where: str) -> None:
        sys.stdout.write("said by the peer itself, not an answer\n")
        if "dies" in sys.argv:
            raise RuntimeError("no such library")
        self._cases, self._steps = 0, 0

    def begin(self) -> int:
        self._cases += 1
        return self._cases

    def step(self, case: int, turn: int) -> None:
        if "breaks" in sys.argv and turn == 3:
            raise RuntimeError("the last step failed")
        self._steps += 1

    def steps(self, cases: list[Any], turn: int) -> None:
        for case in cases:
            self.step(case, turn)

    def counted(self) -> dict[str, int]:
        forgotten = 1 if "forgets" in sys.argv else 0
        return {"finished": self._cases, "history": self._steps - forgotten}

    def close(self) -> None:
        pass


if __name__ == "__main__":
    answer(Fake, "pytest")
