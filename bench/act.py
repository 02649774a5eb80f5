"""One durable action on SQLite beside a raw floor that writes the same rows. Run: python -m bench.act

The action is a ward's draft going to its chair and back: both close a task with its timers, open another,
append history, write a notice and remember the answer under an idempotency key. The floor is hand-written
SQL on the driver, the same rows in one transaction; each round measures both, in turn, in one file.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bench.stage import build, sit
from engine.runtime.database import Database, Statement
from engine.runtime.schema import instance, metadata
from engine.runtime.service import Asking, Engine

WRITTEN = ("history", "user_task", "timer", "notice", "idempotency")
FLOOR = (
    "SELECT * FROM instance WHERE id = :id",
    "UPDATE instance SET state = :state, phase = 'drafted', version = version + 1, headline = :text, "
    "dossier = :dossier, history_hash = :hash, updated_at = :now, closed_at = NULL "
    "WHERE id = :id AND version = :version",
    "INSERT INTO history (instance_id, seq, at, actor_id, role, action, source, target, payload, salt, payload_hash, "
    "previous_hash, hash) VALUES (:id, :version + 1, :now, 1, 'ward_officer', 'draft', 'to_start', 'drafted', "
    ":payload, :hash, :hash, :hash, :hash)",
    "INSERT OR IGNORE INTO involvement (instance_id, person_id, duty) VALUES (:id, 1, 'draft')",
    "UPDATE user_task SET clock = 'closed', closed_at = :now WHERE id = :task",
    "DELETE FROM timer WHERE task_id = :task",
    "INSERT INTO user_task (instance_id, kind, state, todo, role, unit_id, opened_at, due_on, due_at, due_source, "
    "clock) VALUES (:id, 'state', :state, :text, 'ward_chair', 5, :now, '2024-07-31', :now, 'campaign', 'running')",
    "INSERT OR IGNORE INTO access (instance_id, unit_id, relation) VALUES (:id, 5, 'holder')",
    "INSERT INTO timer (task_id, instance_id, kind, day_offset, due_at) VALUES (:task, :id, 'rung', -10, :now + 9e14)",
    "INSERT INTO notice (event_key, instance_id, task_id, person_id, recipient, kind, facts, created_at, not_before, "
    "state) VALUES (:key, :id, :task, 1, 'person:1', 'task_opened', :facts, :now, :now, 'waiting')",
    "INSERT INTO idempotency (principal, key, fingerprint, status, body, etag, location, at) "
    "VALUES ('1', :key, :hash, 200, :body, '1', '', :now)",
)


class Floor:
    """The hand-written transaction, on one ward plan that the engine does not touch.

    It writes the texts that the engine wrote last, so that its rows are as large.
    """

    def __init__(self, database: Database, instance_id: int) -> None:
        self._cursor = database.engine.raw_connection().cursor()
        self._id, self._turn = instance_id, 0
        row = self._one("SELECT version, dossier, headline FROM instance WHERE id = ?", instance_id)
        self._version, self._dossier, self._text = row[0], row[1], row[2]
        self._task = self._one("SELECT max(id) FROM user_task WHERE instance_id = ?", instance_id)[0]
        texts = ("SELECT payload FROM history", "SELECT facts FROM notice", "SELECT body FROM idempotency")
        self._payload, self._facts, self._body = (
            self._one(f"{text} WHERE id >= ? ORDER BY id DESC", 1)[0] for text in texts
        )

    def _one(self, sql: str, key: int) -> Any:
        return self._cursor.execute(sql, (key,)).fetchone()

    def __call__(self) -> None:
        values = {
            "id": self._id, "state": ("drafted", "to_start")[self._turn % 2], "text": self._text,
            "now": 1720576800000000, "dossier": self._dossier, "hash": "0" * 64, "version": self._version,
            "task": self._task, "payload": self._payload, "facts": self._facts, "body": self._body,
            "key": f"floor-{self._turn}",
        }  # fmt: skip
        self._cursor.execute("BEGIN IMMEDIATE")
        for sql in FLOOR:
            self._cursor.execute(sql, values).fetchone()
            if sql.startswith("INSERT INTO user_task"):
                values["task"] = self._cursor.lastrowid
        self._cursor.execute("COMMIT")
        self._task, self._version, self._turn = values["task"], self._version + 1, self._turn + 1


class Acting:
    """The same through the engine: the officer presents the draft, the chair sends it back."""

    def __init__(self, engine: Engine, instance_id: int) -> None:
        self._engine, self._id, self._turn = engine, instance_id, 0
        self._model = engine.registry.by_code["ward_plan"]
        self._secrets = sit(engine, "phuong1"), sit(engine, "ct.phuong1")
        self._version = 1
        asking = Asking(self._secrets[0], expected=self._version)
        engine.edit(asking, self._model, instance_id, {"organisation": "Phân công các bộ phận."}).result()
        self._version += 1

    def __call__(self) -> None:
        back = self._turn % 2
        asking = Asking(self._secrets[back], f"engine-{self._turn}", "f", self._version)
        form = {"reason": "Cần bổ sung phân công"} if back else None
        self._engine.act(asking, self._model, self._id, "redraft" if back else "draft", form).result()
        self._turn, self._version = self._turn + 1, self._version + 1


def timed(perform: Callable[[], None], times: int) -> float:
    """The median time of a call, in microseconds."""
    spent = []
    for _ in range(times):
        begun = time.perf_counter_ns()
        perform()
        spent.append((time.perf_counter_ns() - begun) / 1000)
    return statistics.median(spent)


def rows(database: Database) -> dict[str, int]:
    """How many rows the tables have that an action writes to."""
    with database.read() as tx:
        counts = {}
        for name in WRITTEN:
            found = tx.one(Statement(select(func.count().label("n")).select_from(metadata.tables[name])))
            counts[name] = found["n"] if found else 0
        return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="pairs of measurements; the ratio is their median")
    parser.add_argument("--times", type=int, default=60, help="actions per measurement")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(Path(folder), given.rounds, given.times), indent=2))


def measure(folder: Path, rounds: int, times: int) -> dict[str, Any]:
    """Ratios of neighbouring rounds, floor ÷ engine (1: as fast as raw SQL), and the medians behind them."""
    engine = build(folder)
    first, second = _ward_plans(engine)
    acting = Acting(engine, first)
    before = rows(engine.database)
    acting()
    acting()
    between = rows(engine.database)
    floor = Floor(engine.database, second)
    floor()
    floor()
    after = rows(engine.database)
    pairs = [(timed(floor, times), timed(acting, times)) for _ in range(rounds)]
    engine.close()
    return {
        "ratio": round(statistics.median(f / e for f, e in pairs), 3),
        "floor_us": round(statistics.median(f for f, _ in pairs)),
        "engine_us": round(statistics.median(e for _, e in pairs)),
        "rows_of_two_actions": {
            "engine": {name: between[name] - before[name] for name in WRITTEN},
            "floor": {name: after[name] - between[name] for name in WRITTEN},
        },
    }


def _ward_plans(engine: Engine) -> tuple[int, int]:
    with engine.database.read() as tx:
        found = tx.all(
            Statement(select(instance.c.id).where(instance.c.process == "ward_plan").order_by(instance.c.id))
        )
    return found[0]["id"], found[1]["id"]


if __name__ == "__main__":
    main()
