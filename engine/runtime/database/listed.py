"""Statements about a list of keys, whose text is fixed all the same: lists are filled up to a few sizes."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import BindParameter, bindparam
from sqlalchemy.sql.expression import ClauseElement

from engine.runtime.database.statement import Statement
from engine.runtime.database.transaction import Ask, Row, Transaction

Keys = list[BindParameter[Any]]
GROWTH = 4  # from one size to the next
MOST = 1024  # keys in one statement; PostgreSQL takes 65,535 parameters, SQLite 32,766


class Listed:
    """A statement with `column IN (keys)`; `build` is given the keys as parameters, and called once for each size."""

    __slots__ = ("_build", "_sizes")

    def __init__(self, build: Callable[[Keys], ClauseElement]) -> None:
        self._build = build
        self._sizes: dict[int, tuple[Statement, tuple[str, ...]]] = {}

    def about(self, keys: Sequence[Any], **others: Any) -> list[Ask]:
        """The questions about these keys, `MOST` in each; none about none. others: the statement's other parameters.

        A row that several of the keys lead to may be found by several questions.
        """
        return [self._ask(keys[start : start + MOST], others) for start in range(0, len(keys), MOST)]

    def _ask(self, keys: Sequence[Any], others: dict[str, Any]) -> Ask:
        size = 1
        while size < len(keys):
            size *= GROWTH
        if size not in self._sizes:
            names = tuple(f"k{n}" for n in range(size))
            self._sizes[size] = Statement(self._build([bindparam(name) for name in names])), names
        statement, names = self._sizes[size]
        filled = (*keys, *[keys[-1]] * (size - len(keys)))  # the last one again is found once
        return statement, {**dict(zip(names, filled, strict=True)), **others}


def gathered(tx: Transaction, *wanted: list[Ask]) -> Iterator[list[Row]]:
    """Everything asked together; the rows that answer each list of questions."""
    answers = iter(tx.gather(*chain.from_iterable(wanted)))
    return (list(chain.from_iterable(next(answers) for _ in asks)) for asks in wanted)
