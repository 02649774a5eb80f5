"""Statements about a list of keys, whose text is fixed all the same: lists are filled up to a few sizes."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import BindParameter, bindparam
from sqlalchemy.sql.expression import ClauseElement

from engine.runtime.database.statement import Statement
from engine.runtime.database.transaction import Ask

Keys = list[BindParameter[Any]]
GROWTH = 4  # from one size to the next
MOST = 1024  # keys that one statement asks about in `parts`; PostgreSQL takes 65,535 parameters, SQLite 32,766


class Listed:
    """A statement with `column IN (keys)`; `build` is given the keys as parameters, and called once for each size.

    no_key: a value that no key has, of their type; nothing is found of an empty list.
    """

    __slots__ = ("_build", "_no_key", "_sizes")

    def __init__(self, build: Callable[[Keys], ClauseElement], no_key: Any = 0) -> None:
        self._build, self._no_key = build, no_key
        self._sizes: dict[int, tuple[Statement, tuple[str, ...]]] = {}

    def about(self, keys: Sequence[Any], **others: Any) -> Ask:
        """The question about these keys: the last one is repeated until the list has a known size. others: the
        statement's other parameters."""
        size = 1
        while size < len(keys):
            size *= GROWTH
        if size not in self._sizes:
            names = tuple(f"k{n}" for n in range(size))
            self._sizes[size] = Statement(self._build([bindparam(name) for name in names])), names
        statement, names = self._sizes[size]
        filled = (*keys, *[keys[-1] if keys else self._no_key] * (size - len(keys)))
        return statement, {**dict(zip(names, filled, strict=True)), **others}

    def parts(self, keys: Sequence[Any], **others: Any) -> list[Ask]:
        """As `about`, for any number of keys: a question about each `MOST` of them, none about none."""
        return [self.about(keys[start : start + MOST], **others) for start in range(0, len(keys), MOST)]
