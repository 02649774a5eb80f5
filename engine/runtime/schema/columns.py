"""What every table shares: one MetaData, keys drawn by the database, instants as integers, triggers."""

from collections.abc import Iterator

from sqlalchemy import DDL, BigInteger, Column, ForeignKey, Integer, MetaData, Table, event
from sqlalchemy import Text as AnyText

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
Text = AnyText().with_variant(AnyText(collation="C"), "postgresql")  # by code point on both, also in ranges and order


def own_key() -> Column[int]:
    """The primary key, a BIGINT that the database draws."""
    return Column("id", Key, primary_key=True)


def ref(name: str, table: str, *, null: bool = False) -> Column[int]:
    """A foreign key to a table's key."""
    return Column(name, Key, ForeignKey(f"{table}.id"), nullable=null)


def append_only(table: Table) -> None:
    """Let the database itself refuse to change or delete rows of the table."""
    _after_create(table, append_only_triggers(table.name))


def raises_edition(table: Table, columns: tuple[str, ...] = ()) -> None:
    """Let the database itself count a change of the table as a new edition of the office.

    columns: of an update, only these matter; all, when empty.
    """
    _after_create(table, edition_triggers(table.name, columns))


def append_only_triggers(table: str) -> Iterator[tuple[str, str]]:
    """What `append_only` sets up, as (database, DDL)."""
    for verb in ("UPDATE", "DELETE"):
        yield (
            "sqlite",
            (
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            ),
        )
    yield (
        "postgresql",
        (
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation'; END $$"
        ),
    )
    yield (
        "postgresql",
        (
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        ),
    )


def edition_triggers(table: str, columns: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """What `raises_edition` sets up, as (database, DDL)."""
    update = f"UPDATE OF {', '.join(columns)}" if columns else "UPDATE"
    for verb in ("INSERT", update, "DELETE"):
        yield (
            "sqlite",
            (
                f"CREATE TRIGGER {table}_edition_{verb.split()[0].lower()} AFTER {verb} ON {table} "
                "BEGIN UPDATE edition SET number = number + 1; END"
            ),
        )
    yield (
        "postgresql",
        (
            "CREATE OR REPLACE FUNCTION raise_edition() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN UPDATE edition SET number = number + 1; RETURN NULL; END $$"
        ),
    )
    yield (
        "postgresql",
        (
            f"CREATE TRIGGER {table}_edition AFTER INSERT OR {update} OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION raise_edition()"
        ),
    )


def _after_create(table: Table, ddl: Iterator[tuple[str, str]]) -> None:
    for database, text in ddl:
        event.listen(table, "after_create", DDL(text.replace("%", "%%")).execute_if(dialect=database))  # type: ignore[no-untyped-call]
