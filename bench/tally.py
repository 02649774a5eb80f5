"""Which rows a change writes, of how many bytes, in every table: counted by triggers in the database itself.

So that a floor can be held to write what the engine writes: a ratio to one that writes less would mean
nothing. The triggers are dropped before anything is timed.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.raw import Raw, connect
from engine.runtime.schema import metadata

TALLY = "bench_tally"
VERBS = ("insert", "update", "delete")
BYTES_APART = 0.05  # names and numbers in the texts may differ in length by so much


class Unequal(Exception):
    """The floor does not write what the engine writes; says in which table."""


@dataclass(frozen=True, slots=True)
class Written:
    """Rows written, and the bytes of their columns as text (of a deleted row: as it was)."""

    rows: int
    size: int


Count = Mapping[str, Written]
"""Per "table verb"."""


def written_by(perform: Callable[[], object], where: Path | str) -> Count:
    """What a call writes into that database."""
    raw = connect(where)
    try:
        with _counting(raw, where):
            perform()
            rows = raw.run(f"SELECT name, count(*) AS n, sum(size) AS size FROM {TALLY} GROUP BY name ORDER BY name")
    finally:
        raw.close()
    return {row["name"]: Written(int(row["n"]), int(row["size"])) for row in rows}


def must_be_equal(engine: Count, floor: Count) -> None:
    """Hold the floor to the engine's rows.

    Raises:
        Unequal: another number of rows somewhere, or bytes further apart than 5 %.
    """
    nothing = Written(0, 0)
    for name in sorted({*engine, *floor}):
        wanted, found = engine.get(name, nothing), floor.get(name, nothing)
        if wanted.rows != found.rows or abs(wanted.size - found.size) > BYTES_APART * wanted.size:
            raise Unequal(f"{name}: the engine wrote {wanted}, the floor {found}")


def described(count: Count, actions: int) -> str:
    """The rows of one action in words: "history insert 1 (812 B), …"."""
    return ", ".join(
        f"{name} {written.rows / actions:g} ({written.size / actions:,.0f} B)" for name, written in count.items()
    )


@contextmanager
def _counting(raw: Raw, where: Path | str) -> Iterator[None]:
    made, undone = _on_sqlite() if isinstance(where, Path) else _on_postgres()
    raw.run(f"CREATE TABLE {TALLY} (name TEXT, size BIGINT)")
    for sql in made:
        raw.run(sql)
    try:
        yield
    finally:
        for sql in (*undone, f"DROP TABLE {TALLY}"):
            raw.run(sql)


def _on_sqlite() -> tuple[list[str], list[str]]:
    made, undone = [], []
    for table in metadata.tables.values():
        for verb in VERBS:
            row = "old" if verb == "delete" else "new"
            size = " + ".join(f"coalesce(length(CAST({row}.{c.name} AS BLOB)), 0)" for c in table.columns)
            name = f"{TALLY}_{table.name}_{verb}"
            made.append(
                f"CREATE TRIGGER {name} AFTER {verb} ON {table.name} "
                f"BEGIN INSERT INTO {TALLY} VALUES ('{table.name} {verb}', {size}); END"
            )
            undone.append(f"DROP TRIGGER {name}")
    return made, undone


def _on_postgres() -> tuple[list[str], list[str]]:
    made = [
        f"CREATE FUNCTION {TALLY}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO {TALLY} VALUES "
        "(TG_TABLE_NAME || ' ' || lower(TG_OP), octet_length(CASE TG_OP WHEN 'DELETE' THEN old::text "
        "ELSE new::text END)); RETURN NULL; END $$"
    ]
    made += [
        f"CREATE TRIGGER {TALLY} AFTER INSERT OR UPDATE OR DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION {TALLY}()"
        for name in metadata.tables
    ]
    return made, [f"DROP FUNCTION {TALLY}() CASCADE"]
