"""What a database says of its own tables, also what alembic's comparison does not look at."""

from typing import Any

from engine.runtime.database import Database

_POSTGRESQL = {
    "column": (
        "SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name "
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
_TABLES = "FROM sqlite_master AS made JOIN {} AS found WHERE made.type = 'table'"
_SQLITE = {
    "table": "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'",
    "column": (
        'SELECT made.name, found.name, found.type, found."notnull", found.dflt_value, found.pk '
        + _TABLES.format("pragma_table_xinfo(made.name)")
    ),
    "reference": (
        'SELECT made.name, found."from", found."table", found."to", found.on_update, found.on_delete '
        + _TABLES.format("pragma_foreign_key_list(made.name)")
    ),
    "unique": (
        "SELECT made.name, (SELECT group_concat(name) FROM pragma_index_info(found.name)) "
        + _TABLES.format("pragma_index_list(made.name)")
        + " AND found.origin = 'u'"
    ),
    "index": "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "trigger": "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'",
}
OF_ALEMBIC = "alembic_version"


def catalogue(database: Database) -> dict[str, list[Any]]:
    """Everything that is made of tables, by kind, in an order that does not depend on how it was made."""
    questions = _SQLITE if database.name == "sqlite" else _POSTGRESQL
    with database.engine.connect() as connection:
        found = {
            kind: [tuple(row) for row in connection.exec_driver_sql(question) if row[0] != OF_ALEMBIC]
            for kind, question in questions.items()
        }
    return {kind: sorted(rows, key=repr) for kind, rows in found.items() if rows}
