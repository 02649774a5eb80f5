"""What a database says of its own tables, also what alembic's comparison does not look at."""

from typing import Any

from engine.runtime.database import Database

_POSTGRESQL = {
    "column": (
        "SELECT table_name, ordinal_position, column_name, data_type, is_nullable, column_default, collation_name "
        "FROM information_schema.columns WHERE table_schema = 'public'"
    ),
    "index": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "constraint": (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace"
    ),
    "trigger": "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "function": "SELECT 'none', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "sequence": "SELECT 'none', sequencename, data_type::text FROM pg_sequences WHERE schemaname = 'public'",
}
_SQLITE = "SELECT type, tbl_name, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
OF_ALEMBIC = "alembic_version"


def catalogue(database: Database) -> dict[str, list[Any]]:
    """Everything that is made of tables, by kind, in an order that does not depend on how it was made."""
    with database.engine.connect() as connection:
        if database.name == "sqlite":
            found: dict[str, list[Any]] = {}
            for kind, table, name, sql in connection.exec_driver_sql(_SQLITE).all():
                if table != OF_ALEMBIC:
                    found.setdefault(kind, []).append((table, name, *_parts(sql)))
        else:
            found = {
                kind: [tuple(row) for row in connection.exec_driver_sql(question) if row[0] != OF_ALEMBIC]
                for kind, question in _POSTGRESQL.items()
            }
        return {kind: sorted(rows, key=repr) for kind, rows in sorted(found.items()) if rows}


def _parts(sql: str) -> list[str]:
    """The columns of a table in their order, then its constraints; a statement of another kind as it is."""
    lines = [line.strip().rstrip(",") for line in sql.splitlines() if line.strip()]
    columns = [line for line in lines if not line.startswith("CONSTRAINT")]
    return [*columns, *sorted(line for line in lines if line.startswith("CONSTRAINT"))]
