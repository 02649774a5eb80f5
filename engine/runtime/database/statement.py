"""One SQL statement: written in SQLAlchemy Core, rendered to text once for each database that asks for it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Insert, Integer, bindparam
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql.expression import ClauseElement

SQLITE: Dialect = sqlite_dialect.dialect(paramstyle="named")
POSTGRES: Dialect = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
POSTGRES.colspecs = {kind: own for kind, own in POSTGRES.colspecs.items() if not issubclass(kind, Integer)}
"""Without casts of whole numbers: they travel as BIGINT, and a cast to a column's INTEGER would refuse large ones."""
OF_PARAMETERS = ' COLLATE "C"'
"""The column beside a parameter says how to compare; said of the parameter, BETWEEN would not be understood."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """Text for a driver: `defaults` are the values that stand in the statement itself, `order` the names of the
    parameters by position (empty: the driver takes them by name)."""

    text: str
    defaults: dict[str, Any]
    order: tuple[str, ...] = ()


class Statement:
    """A statement with parameters by name; `clause` is what it was rendered from."""

    __slots__ = ("_keyed", "_postgres", "_sqlite", "clause")

    def __init__(self, clause: ClauseElement) -> None:
        self.clause = clause
        self._sqlite: Rendered | None = None
        self._postgres: Rendered | None = None
        self._keyed: Rendered | None = None

    @property
    def sqlite(self) -> Rendered:
        if self._sqlite is None:
            self._sqlite = _rendered(self.clause, SQLITE)
        return self._sqlite

    @property
    def postgres(self) -> Rendered:
        if self._postgres is None:
            self._postgres = _rendered(self.clause, POSTGRES)
        return self._postgres

    @property
    def keyed(self) -> Rendered:
        """An INSERT on PostgreSQL of a row whose key was drawn before, as parameter `id`."""
        if self._keyed is None:
            assert isinstance(self.clause, Insert), "only a new row has a new key"
            self._keyed = _rendered(self.clause.values(id=bindparam("id")).inline(), POSTGRES)
        return self._keyed

    @property
    def text(self) -> str:
        """As SQLite reads it, for people who look at statements."""
        return self.sqlite.text


def _rendered(clause: ClauseElement, dialect: Dialect) -> Rendered:
    compiled = clause.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    defaults = {name: value for name, value in compiled.params.items() if value is not None}
    text = str(compiled).replace(OF_PARAMETERS, "")
    return Rendered(text, defaults, tuple(getattr(compiled, "positiontup", None) or ()))
