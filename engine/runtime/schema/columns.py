"""What every table shares: one MetaData, keys drawn by the database, instants as integers."""

from sqlalchemy import DDL, BigInteger, Column, ForeignKey, Integer, MetaData, Table, event

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Key = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only as INTEGER
Instant = BigInteger


def own_key() -> Column[int]:
    """The primary key, a BIGINT that the database draws."""
    return Column("id", Key, primary_key=True)


def ref(name: str, table: str, *, null: bool = False) -> Column[int]:
    """A foreign key to a table's key."""
    return Column(name, Key, ForeignKey(f"{table}.id"), nullable=null)


def append_only(table: Table) -> None:
    """Let the database itself refuse to change or delete rows of the table."""
    for verb in ("UPDATE", "DELETE"):
        event.listen(
            table,
            "after_create",
            DDL(  # type: ignore[no-untyped-call]
                f"CREATE TRIGGER {table.name}_no_{verb.lower()} BEFORE {verb} ON {table.name} "
                f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only'); END"
            ).execute_if(dialect="sqlite"),
        )
