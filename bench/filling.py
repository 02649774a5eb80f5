"""Fill a database with so many cases as the engine leaves them: copies of cases that it made, by bulk SQL.

The templates are made by the engine: a four-step case that went its whole way, and a ward plan that waits in its
draft below its campaign. A copy has a row wherever its template has one, of the same size and with keys of its own;
hashes and idempotency keys are random, deadlines are spread over the months to come. No mail has been written.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Table

from bench.four_steps.process import PERFORMERS, STEPS
from bench.raw import Raw, connect
from bench.stage import sit
from engine.runtime.beginning import NewCase
from engine.runtime.schema import metadata
from engine.runtime.service import Asking, Engine

TABLES = (
    "instance", "access", "fact", "user_task", "timer", "firing", "history", "involvement", "effect", "notice",
    "idempotency",
)  # fmt: skip
"""What a case consists of, each after what it refers to."""
NUMBERED = tuple(name for name in TABLES if "id" in metadata.tables[name].columns)
"""Those with a key of their own."""
PLANS_OF_A_CAMPAIGN = 66
CHUNK = 5_000
DAYS = 250
"""Deadlines are moved by 0 to so many days."""
FAST = ("PRAGMA synchronous=OFF", "PRAGMA foreign_keys=OFF", "PRAGMA cache_size=-200000")
FAST_ON_POSTGRES = ("SET synchronous_commit = off", "SET session_replication_role = replica")
Template = Mapping[str, list[dict[str, Any]]]
"""The rows of a case by table."""
ANSWERED = "template"
"""How the idempotency keys of the templates begin."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ward plan that waits in its draft, version 2: the keys of the case and of its open task."""

    case: int
    task: int


def fill(engine: Engine, where: Path | str, cases: int, *, open_of_ten: int = 1) -> Sequence[Waiting]:
    """Add so many cases, and the campaigns above the open ones of them; returns the open ones.

    engine: on that database, on the stage; nothing may be under way.
    """
    finished = finish(engine, desks(engine), ANSWERED)
    campaign, drafted = _drafted(engine, where)
    waiting: list[Waiting] = []
    with closing(connect(where)) as raw:
        for setting in FAST if isinstance(where, Path) else FAST_ON_POSTGRES:
            raw.run(setting)
        copier = _Copier(raw, isinstance(where, Path))
        left = cases
        while left:
            count = min(left, CHUNK)
            opened = max(1, count * open_of_ten // 10)
            raw.begin()
            if opened < count:
                copier.copy(finished, count - opened)
            above = copier.copy(campaign, -(-opened // PLANS_OF_A_CAMPAIGN))
            waiting.extend(copier.copy(drafted, opened, above[0].case))
            raw.commit()
            left -= count
        copier.end()
    return waiting


def finish(engine: Engine, secrets: Sequence[str], key: str) -> int:
    """Take a new four-step case its whole way; returns its key.

    secrets: as `desks` gives them. key: how the idempotency keys of its actions begin; none, when empty.
    """
    model = engine.registry.by_code["four_steps"]
    new = NewCase(None, None, {"subject": "Đề nghị khen thưởng", "amount": 1000})
    begun = engine.start(Asking(secrets[0], key and f"{key}-start", "f"), model, new).result()
    case = int(begun.location.rpartition("/")[2])
    for turn, (step, secret) in enumerate(zip(STEPS, secrets, strict=True), start=1):
        engine.act(Asking(secret, key and f"{key}-{step}", "f", turn), model, case, step, None).result()
    return case


def desks(engine: Engine) -> tuple[str, ...]:
    """Sessions of those who take the four steps, in their order."""
    return tuple(sit(engine, name) for name in PERFORMERS)


def _drafted(engine: Engine, where: Path | str) -> tuple[int, int]:
    """A campaign, and a ward plan below it in which something has been written."""
    with closing(connect(where)) as raw:
        plan = raw.run("SELECT id, parent_id FROM instance WHERE process = 'ward_plan' ORDER BY id LIMIT 1")[0]
    asking = Asking(sit(engine, "phuong1"), f"{ANSWERED}-edit", "f", 1)
    patch = {"organisation": "Phân công các bộ phận."}
    engine.edit(asking, engine.registry.by_code["ward_plan"], plan["id"], patch).result()
    return plan["parent_id"], plan["id"]


class _Copier:
    """Copies of cases through one connection; keys are counted on from the greatest of each table."""

    def __init__(self, raw: Raw, is_sqlite: bool) -> None:
        self._raw, self._is_sqlite = raw, is_sqlite
        self._next = {name: raw.run(f"SELECT max(id) AS id FROM {name}")[0]["id"] or 0 for name in NUMBERED}
        self._rows: dict[int, Template] = {}
        self._serial = 0

    def copy(self, case: int, count: int, parent: int | None = None) -> list[Waiting]:
        """Add copies; returns the keys of each, and of its last task.

        parent: the case above the first of them, the next ones above those that follow.
        """
        if case not in self._rows:
            self._rows[case] = self._template(case)
        rows = self._rows[case]
        first = {name: self._next[name] + 1 for name in NUMBERED}
        for name in TABLES:
            if rows[name]:
                self._raw.run(self._insertion(name, case, rows, first, parent), {"count": count})
        for name in NUMBERED:
            self._next[name] += count * len(rows[name])
        self._serial += count
        tasks = len(rows["user_task"])
        return [Waiting(first["instance"] + n, first["user_task"] + (n + 1) * tasks - 1) for n in range(count)]

    def end(self) -> None:
        """Let the database draw greater keys from now on, and look at what it has, as it does by itself in time."""
        if not self._is_sqlite:
            for name in NUMBERED:
                self._raw.run(f"SELECT setval('{name}_id_seq', (SELECT coalesce(max(id), 1) FROM {name}))")
            self._raw.run("VACUUM ANALYZE")

    def _template(self, case: int) -> Template:
        return {name: self._raw.run(f"SELECT * FROM {name} WHERE {_is_of(name, case)}") for name in TABLES}

    def _insertion(self, name: str, case: int, rows: Template, first: Mapping[str, int], parent: int | None) -> str:
        """The rows of all copies of a case in that table, copy by copy."""
        table = metadata.tables[name]
        values = {column.name: self._value(table, column.name, rows, first) for column in table.columns}
        if parent is not None and name == "instance":
            values["parent_id"] = f"{parent} + n / {PLANS_OF_A_CAMPAIGN}"
        keys = ", ".join(f"t.{column.name}" for column in table.primary_key)
        of_case = (
            f"id IN ({', '.join(str(row['id']) for row in rows[name])})" if name in NUMBERED else _is_of(name, case)
        )
        return (
            "WITH RECURSIVE copy(n) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM copy "
            "WHERE n < CAST(:count AS BIGINT) - 1) "
            f"INSERT INTO {name} ({', '.join(values)}) SELECT {', '.join(values.values())} "
            f"FROM copy CROSS JOIN (SELECT * FROM {name} WHERE {of_case}) AS t ORDER BY n, {keys}"
        )

    def _value(self, table: Table, name: str, rows: Template, first: Mapping[str, int]) -> str:
        """What stands in a column of a copy, in SQL: t is the template's row, n the number of the copy."""
        serial = f"({self._serial} + n)"
        if name == "id":
            return self._key("t.id", table.name, rows, first)
        of = {"instance_id": "instance", "task_id": "user_task", "history_id": "history"}.get(name)
        if of is not None:
            return self._key(f"t.{name}", of, rows, first)
        special = {
            ("instance", "start_key"): f"t.start_key || '-' || {serial}",
            ("fact", "text"): f"t.text || ' ' || {serial}",
            ("notice", "event_key"): f"t.event_key || '-' || {serial}",
            ("notice", "state"): "'composed'",
            ("firing", "key"): f"t.key || '-' || {serial}",
            ("idempotency", "key"): self._random(18),
            ("user_task", "due_on"): self._moved("t.due_on", serial),
            ("user_task", "due_at"): f"t.due_at + {serial} % {DAYS} * 86400000000",
            ("timer", "due_at"): f"t.due_at + {serial} % {DAYS} * 86400000000",
        } | {("history", one): self._hash() for one in ("payload_hash", "hash")}
        return special.get((table.name, name), f"t.{name}")

    def _key(self, old: str, of: str, rows: Template, first: Mapping[str, int]) -> str:
        """The key of a copy for that of a template's row: those of one copy stand beside each other."""
        if not rows[of]:
            return "NULL"
        ranks = " ".join(
            f"WHEN {row['id']} THEN {rank}" for rank, row in enumerate(sorted(rows[of], key=itemgetter("id")))
        )
        return f"{first[of]} + n * {len(rows[of])} + CASE {old} {ranks} END"

    def _random(self, size: int) -> str:
        """So many random bytes in hexadecimal."""
        if self._is_sqlite:
            return f"lower(hex(randomblob({size})))"
        return f"substr({' || '.join(['md5(random()::text)'] * (size // 16 + 1))}, 1, {2 * size})"

    def _hash(self) -> str:
        """A hash like no other."""
        return "randomblob(32)" if self._is_sqlite else "sha256(random()::text::bytea)"

    def _moved(self, day: str, serial: str) -> str:
        if self._is_sqlite:
            return f"date({day}, '+' || ({serial} % {DAYS}) || ' days')"
        return f"CAST(CAST({day} AS date) + CAST({serial} % {DAYS} AS int) AS text)"


def _is_of(table: str, case: int) -> str:
    """The rows of a template in that table, in SQL."""
    if table == "idempotency":
        return f"key LIKE '{ANSWERED}-%' AND body LIKE '%\"id\":\"{case}\"%'"
    return f"{'id' if table == 'instance' else 'instance_id'} = {case}"
