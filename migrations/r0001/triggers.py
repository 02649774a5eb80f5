"""Revision 0001: rows that never change, and the edition that counts every change of the office."""

from collections.abc import Iterator

FIRST_EDITION = "INSERT INTO edition (id, number) VALUES (1, 1)"
APPEND_ONLY = ("administration", "archival", "disclosure", "history", "nudge")
IN_EDITION = {
    "calendar_day": "UPDATE",
    "mandate": "UPDATE",
    "membership": "UPDATE",
    "person": "UPDATE OF username, name, staff_code, active",
    "reference": "UPDATE",
    "seat": "UPDATE",
    "unit": "UPDATE",
}
"""By table: which updates count, beside every new and every deleted row."""
FUNCTIONS = ("refuse_change", "raise_edition")
"""Of PostgreSQL."""


def triggers(database: str) -> Iterator[str]:
    """What sets them up on "sqlite" or on "postgresql", in order."""
    yield from _on_sqlite() if database == "sqlite" else _on_postgresql()


def _on_sqlite() -> Iterator[str]:
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    for table, update in IN_EDITION.items():
        for verb in ("INSERT", update, "DELETE"):
            yield (
                f"CREATE TRIGGER {table}_edition_{verb.split()[0].lower()} AFTER {verb} ON {table} "
                "BEGIN UPDATE edition SET number = number + 1; END"
            )


def _on_postgresql() -> Iterator[str]:
    yield (
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation'; END $$"
    )
    for table in APPEND_ONLY:
        yield (
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    yield (
        "CREATE FUNCTION raise_edition() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN UPDATE edition SET number = number + 1; RETURN NULL; END $$"
    )
    for table, update in IN_EDITION.items():
        yield (
            f"CREATE TRIGGER {table}_edition AFTER INSERT OR {update} OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION raise_edition()"
        )
