"""What was read for everybody, remembered for a moment: whoever asks again makes the database read nothing twice."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

from engine.runtime import register
from engine.runtime.service import Engine
from engine.runtime.work import Work

T = TypeVar("T")
LASTS = timedelta(minutes=1)
MOST = 8  # a whole register as a file is some megabytes


class Memory(Generic[T]):
    """Answers from the public register, at most `MOST`, each for a minute or until a case has changed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, tuple[datetime, T]] = OrderedDict()

    def recall(self, engine: Engine, query: Hashable, read: Callable[[Work], T]) -> T:
        """What `read` gives for that query, or gave a moment ago."""
        with engine.database.read() as tx:
            work, now = engine.work(tx), engine.wall()
            key = (engine, query, register.stamp(work))
            with self._lock:
                found = self._kept.get(key)
            if found is not None and now - found[0] < LASTS:
                return found[1]
            made = read(work)
        with self._lock:
            self._kept[key] = (now, made)
            self._kept.move_to_end(key)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return made
