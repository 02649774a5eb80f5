"""What is known of people and their seats: asked of the database once for each edition of the office.

Only what an edition fixes may be kept here (docs/decisions/0016): who holds which role where, by which mandate, and
what follows from it. What must hold at once, such as whether a session or a case is open, is read each time.
"""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
MOST = 20_000


class Known:
    """Answers by their question. Forgets everything when there are too many: they are cheap to find again."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[tuple[Any, ...], Any] = {}

    def of(self, question: tuple[Any, ...], find: Callable[[], T]) -> T:
        """The answer to a question; `find` works it out the first time."""
        kept = self._kept
        if question in kept:
            answer: T = kept[question]
            return answer
        if len(kept) >= MOST:
            kept.clear()
        kept[question] = found = find()
        return found


class Unknown(Known):
    """Keeps nothing: for a command that itself changes what people hold."""

    def of(self, question: tuple[Any, ...], find: Callable[[], T]) -> T:
        return find()
