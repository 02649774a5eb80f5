"""The raw floor of an action: hand-written SQL on the driver that writes the engine's rows in one transaction.

It asks nobody whether they may, decides nothing and computes no hash. It reads the case, then writes with one
statement per row and one round trip per statement what the engine has written before, with keys of its own.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.raw import Raw, connect

LOAD = "SELECT * FROM instance WHERE id = :id"
ADVANCE = (
    "UPDATE instance SET state = :state, phase = :phase, version = version + 1, headline = :headline, "
    "dossier = :dossier, history_hash = :history_hash, updated_at = :updated_at, closed_at = :closed_at "
    "WHERE id = :id AND version = :version"
)
INVOLVE = (
    "INSERT INTO involvement (instance_id, person_id, duty) VALUES (:instance_id, :person_id, 'draft') "
    "ON CONFLICT DO NOTHING"
)
CLOSE = (
    "UPDATE user_task SET clock = 'closed', due_on = :due_on, due_at = :due_at, due_source = :due_source, "
    "days_left = NULL, closed_at = :opened_at WHERE id = :task_id"
)
STOP = "DELETE FROM timer WHERE task_id = :task_id"
GRANT = (
    "INSERT INTO access (instance_id, unit_id, relation) VALUES (:instance_id, :unit_id, 'holder') "
    "ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """The rows that one action of the engine left behind."""

    instance: dict[str, Any]
    history: dict[str, Any]
    task: dict[str, Any]
    timers: list[dict[str, Any]]
    notices: list[dict[str, Any]]
    answer: dict[str, Any]


def sample(where: Path | str, instance_id: int, key: str) -> Sample:
    """The rows of the action that was the last on the case; `key` is its idempotency key."""
    raw = connect(where)
    try:
        last = {"id": instance_id}
        history = raw.run("SELECT * FROM history WHERE instance_id = :id ORDER BY seq DESC LIMIT 1", last)[0]
        task = raw.run("SELECT * FROM user_task WHERE instance_id = :id ORDER BY id DESC LIMIT 1", last)[0]
        return Sample(
            raw.run(LOAD, last)[0],
            history,
            task,
            raw.run("SELECT * FROM timer WHERE task_id = :id", {"id": task["id"]}),
            raw.run("SELECT * FROM notice WHERE event_key = :key ORDER BY id", {"key": f"h{history['id']}"}),
            raw.run("SELECT * FROM idempotency WHERE key = :key", {"key": key})[0],
        )
    finally:
        raw.close()


class Floor:
    """The hand-written transaction, on one ward plan of a database that no engine uses.

    samples: what the engine wrote for the one action and for the other; they take turns.
    """

    def __init__(self, raw: Raw, samples: tuple[Sample, Sample]) -> None:
        self._raw, self._samples, self._turn = raw, samples, 0
        self._id = samples[0].instance["id"]
        self._version = raw.run(LOAD, {"id": self._id})[0]["version"]
        tasks = raw.run("SELECT max(id) AS id FROM user_task WHERE instance_id = :id", {"id": self._id})
        self._task = tasks[0]["id"]
        self._last = samples[1]
        self._inserts = {name: _insert(name, row) for name, row in _rows(samples[0])}

    def __call__(self) -> None:
        raw, inserts, wanted = self._raw, self._inserts, self._samples[self._turn % 2]
        raw.begin()
        raw.run(LOAD, {"id": self._id})
        raw.run(ADVANCE, {**wanted.instance, "id": self._id, "version": self._version})
        history = {**wanted.history, "instance_id": self._id, "seq": self._version + 1}
        entry = raw.insert(inserts["history"], history)
        raw.run(INVOLVE, {"instance_id": self._id, "person_id": history["actor_id"]})
        raw.run(CLOSE, {**self._last.task, "task_id": self._task})
        raw.run(STOP, {"task_id": self._task})
        self._task = raw.insert(inserts["user_task"], {**wanted.task, "instance_id": self._id})
        raw.run(GRANT, wanted.task)
        for timer in wanted.timers:
            raw.run(inserts["timer"], {**timer, "task_id": self._task, "instance_id": self._id})
        for notice in wanted.notices:
            told = {**notice, "event_key": f"h{entry}", "instance_id": self._id, "task_id": self._task}
            raw.run(inserts["notice"], told)
        raw.run(inserts["idempotency"], {**wanted.answer, "key": f"floor-{self._turn}"})
        raw.commit()
        self._last, self._version, self._turn = wanted, self._version + 1, self._turn + 1


class CommitOnly:
    """The least that can be durable: one small row changed, and a commit that waits for the disk."""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        raw.run("CREATE TABLE bench_commit (id BIGINT PRIMARY KEY, n BIGINT)")
        raw.run("INSERT INTO bench_commit VALUES (1, 0)")

    def __call__(self) -> None:
        self._raw.begin()
        self._raw.run("UPDATE bench_commit SET n = n + 1 WHERE id = 1")
        self._raw.commit()


def _rows(of: Sample) -> list[tuple[str, dict[str, Any]]]:
    rows = [("history", of.history), ("user_task", of.task), ("idempotency", of.answer)]
    return rows + [("timer", row) for row in of.timers[:1]] + [("notice", row) for row in of.notices[:1]]


def _insert(table: str, row: dict[str, Any]) -> str:
    """An INSERT of all columns but the key, which the database draws."""
    names = [name for name in row if name != "id"]
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"
