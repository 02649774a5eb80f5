"""Ask something slow, one question at a time: whoever asks meanwhile waits for the same answer, for a while."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Probe(Generic[T]):
    """A question that may stay unanswered. `ask` starts it, and must not block."""

    def __init__(self, ask: Callable[[], "Future[T]"]) -> None:
        self._ask, self._asked_at = ask, 0.0
        self._pending: Future[T] | None = None

    async def answer(self, seconds: float) -> T:
        """The answer to the question under way, or to a new one.

        Raises:
            TimeoutError: none within so many seconds; the question stays open.
            Exception: what the question ended with.
        """
        if self._pending is None or self._pending.done():
            self._asked_at, self._pending = time.monotonic(), None  # when asking fails, nothing is under way
            self._pending = self._ask()
        async with asyncio.timeout(seconds):
            return await asyncio.shield(asyncio.wrap_future(self._pending))

    def open_for(self) -> float:
        """For how many seconds a question has been unanswered; 0 when none is."""
        return time.monotonic() - self._asked_at if self._pending is not None and not self._pending.done() else 0.0
