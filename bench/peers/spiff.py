"""SpiffWorkflow: the case loaded from JSON, its task completed, the case stored as JSON, with a history row.

With the word `cached` as second argument the definition is kept in memory and out of the JSON.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.serializer.config import DEFAULT_CONFIG
from SpiffWorkflow.bpmn.serializer.default.workflow import BpmnWorkflowConverter, WorkflowConverter
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from bench.peers.answering import ROLES, STATES, STEPS, answer, sqlite_path
from bench.raw import connect

DEFINITION = Path(__file__).parent / "four_steps.bpmn"
KEY = {False: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", True: "INTEGER PRIMARY KEY"}
TABLES = (
    "CREATE TABLE cases (id {key}, state TEXT NOT NULL, role TEXT, document TEXT NOT NULL, updated_at BIGINT NOT NULL)",
    "CREATE TABLE history (id {key}, case_id BIGINT NOT NULL REFERENCES cases (id), seq BIGINT NOT NULL, "
    "at BIGINT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL, "
    "UNIQUE (case_id, seq))",
)
NEW = "INSERT INTO cases (state, role, document, updated_at) VALUES (:state, :role, :document, :at)"
LOAD = "SELECT state, role, document FROM cases WHERE id = :id"
STORE = "UPDATE cases SET state = :state, role = :role, document = :document, updated_at = :at WHERE id = :id"
NOTE = (
    "INSERT INTO history (case_id, seq, at, actor, action, source, target) "
    "VALUES (:id, :seq, :at, :actor, :action, :source, :target)"
)


class Spiff:
    def __init__(self, where: str) -> None:
        path = sqlite_path(where)
        self._raw = connect(path or where)
        for table in TABLES:
            self._raw.run(table.format(key=KEY[path is not None]))
        parser = BpmnParser()
        parser.add_bpmn_file(str(DEFINITION))
        self._spec = parser.get_spec("four_steps")
        config = {**DEFAULT_CONFIG, BpmnWorkflow: _keeping(self._spec)} if "cached" in sys.argv else DEFAULT_CONFIG
        self._serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(config))

    def begin(self) -> int:
        workflow = BpmnWorkflow(self._spec)
        workflow.data.update({"subject": "Đề nghị khen thưởng", "amount": 1000})
        workflow.do_engine_steps()
        self._raw.begin()
        case = self._raw.insert(NEW, {"state": STATES[0], "role": ROLES[0], **self._document(workflow)})
        self._raw.commit()
        return case

    def step(self, case: int, turn: int) -> None:
        self._raw.begin()
        row = self._raw.run(LOAD, {"id": case})[0]
        if (row["state"], row["role"]) != (STATES[turn], ROLES[turn]):
            raise RuntimeError(f"case {case} is {row['state']} and waits for {row['role']}")
        workflow = self._serializer.deserialize_json(row["document"])
        task = next(t for t in workflow.get_tasks(state=TaskState.READY) if t.task_spec.name == STEPS[turn])
        task.data["by"] = ROLES[turn]
        task.run()
        workflow.do_engine_steps()
        role = None if workflow.is_completed() else ROLES[turn + 1]
        new = {"id": case, "state": STATES[turn + 1], "role": role, **self._document(workflow)}
        self._raw.run(STORE, new)
        self._raw.run(
            NOTE,
            {
                "id": case, "seq": turn + 1, "at": new["at"], "actor": ROLES[turn], "action": STEPS[turn],
                "source": STATES[turn], "target": STATES[turn + 1],
            },
        )  # fmt: skip
        self._raw.commit()

    def _document(self, workflow: Any) -> dict[str, Any]:
        at = int(datetime.now(UTC).timestamp() * 1_000_000)
        return {"document": self._serializer.serialize_json(workflow), "at": at}

    def counted(self) -> dict[str, int]:
        finished = 0
        for row in self._raw.run("SELECT document FROM cases WHERE state = 'forwarded'"):
            finished += self._serializer.deserialize_json(row["document"]).is_completed()
        return {"finished": finished, "history": self._raw.run("SELECT count(*) AS n FROM history")[0]["n"]}

    def close(self) -> None:
        self._raw.close()


def _keeping(spec: Any) -> type[Any]:
    """A converter whose JSON is without the definition, which is this one for every case."""

    class Converter(BpmnWorkflowConverter):
        def to_dict(self, workflow: Any) -> Any:
            return {
                **WorkflowConverter.to_dict(self, workflow),
                "subprocesses": {},
                "bpmn_events": self.registry.convert(workflow.bpmn_events),
            }

        def from_dict(self, dct: Any) -> Any:
            return super().from_dict({**dct, "spec": spec, "subprocess_specs": {}})

    return Converter


if __name__ == "__main__":
    answer(Spiff, "SpiffWorkflow")
