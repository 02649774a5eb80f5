"""Revision 0001: what its tables share."""

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, text
from sqlalchemy import Text as AnyText

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Key = BigInteger().with_variant(Integer, "sqlite")
Instant = BigInteger
Text = AnyText().with_variant(AnyText(collation="C"), "postgresql")


def own_key() -> Column[int]:
    """The primary key."""
    return Column("id", Key, primary_key=True)


def ref(name: str, table: str, *, null: bool = False) -> Column[int]:
    """A foreign key to a table's key."""
    return Column(name, Key, ForeignKey(f"{table}.id"), nullable=null)


def where(condition: str) -> dict[str, Any]:
    """Options of an index over the rows of that condition alone."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}
