"""DBOS: a workflow that receives a message per step and records it in a step; its own tables are the history."""

import sqlite3
from threading import Semaphore
from typing import Any

import psycopg
from dbos import DBOS, DBOSConfig

from bench.peers.answering import ROLES, SQLITE_SETTINGS, STATES, STEPS, answer, sqlite_path

WAITS = 60.0  # seconds
OFTEN = 0.01  # seconds between two looks of its listener, where it has to poll; its default is 1
_durable: dict[str, Semaphore] = {}


@DBOS.step()
def record(action: str, actor: str, source: str, target: str) -> dict[str, str]:
    return {"action": action, "actor": actor, "source": source, "target": target}


@DBOS.workflow()
def four_steps(subject: str, amount: int) -> str:
    state = STATES[0]
    for turn, action in enumerate(STEPS):
        told = DBOS.recv(action, timeout_seconds=WAITS)
        if told["by"] != ROLES[turn]:
            raise PermissionError(told["by"])
        state = record(action, told["by"], state, STATES[turn + 1])["target"]
        _durable[str(DBOS.workflow_id)].release()  # the step's row is committed
    return state


class Dbos:
    def __init__(self, where: str) -> None:
        self._where, self._path, self._handles = where, sqlite_path(where), list[Any]()
        if self._path is not None:
            with sqlite3.connect(self._path) as connection:
                connection.execute(f"PRAGMA {SQLITE_SETTINGS[0]}")  # stays with the file; FULL is its default
        config: DBOSConfig = {
            "name": "bench",
            "system_database_url": f"sqlite:///{self._path}" if self._path is not None else where,
            "notification_listener_polling_interval_sec": OFTEN,
            "log_level": "ERROR",
        }
        DBOS(config=config)
        DBOS.launch()

    def begin(self) -> Any:
        handle = DBOS.start_workflow(four_steps, "Đề nghị khen thưởng", 1000)
        _durable.setdefault(handle.workflow_id, Semaphore(0))
        self._handles.append(handle)
        return handle

    def step(self, case: Any, turn: int) -> None:
        self.steps([case], turn)

    def steps(self, cases: list[Any], turn: int) -> None:
        """The same step of many cases that are under way at once."""
        for case in cases:
            DBOS.send(case.workflow_id, {"by": ROLES[turn]}, STEPS[turn])
        for case in cases:
            if not _durable[case.workflow_id].acquire(timeout=WAITS):
                raise TimeoutError(f"{STEPS[turn]} of {case.workflow_id}")

    def counted(self) -> dict[str, int]:
        for handle in self._handles:
            handle.get_result()
        return {
            "finished": self._count("workflow_status", "status = 'SUCCESS'"),
            "history": self._count("operation_outputs", "function_name LIKE '%record%'"),
        }

    def _count(self, table: str, condition: str) -> int:
        if self._path is not None:
            with sqlite3.connect(self._path) as connection:
                found = connection.execute(f"SELECT count(*) FROM {table} WHERE {condition}").fetchone()
        else:
            with psycopg.connect(self._where) as there:
                found = there.execute(f"SELECT count(*) FROM dbos.{table} WHERE {condition}".encode()).fetchone()
        assert found is not None
        return int(found[0])

    def close(self) -> None:
        DBOS.destroy()


if __name__ == "__main__":
    answer(Dbos, "dbos")
