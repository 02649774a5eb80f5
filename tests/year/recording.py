"""Keeps, for each move of each definition, the database as it was before it first happened, and the command.

A copy leaves out what no command looks at: letters, stored answers, what is told, closed or done already.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.instants import from_micros, to_micros
from engine.runtime.database import DRIVER, Database
from engine.runtime.schema import metadata
from migrations.chain import upgrade
from tests.year.ledger import MODELS

Triple = tuple[str, str, str]
"""Process, state, action. Beginning a case has no state; saving and attaching are told apart by process only."""

KEYS: frozenset[Triple] = frozenset((model.code, *key) for model in MODELS.values() for key in model.table)
EMPTY, MANIFEST = "empty.db", "manifest.json"
_OF_OPEN_TASKS = "task_id IN (SELECT id FROM main.user_task WHERE clock != 'closed')"
_ASKING = ", ".join(f"'{state.id}'" for model in MODELS.values() for state in model.states.values() if state.asked)
KEPT = {
    "message": "0",
    "message_attempt": "0",
    "idempotency": "0",
    "login_attempt": "0",
    "notice": f"state = 'waiting' AND (task_id IS NULL OR {_OF_OPEN_TASKS})",
    "effect": "state = 'pending'",
    "firing": _OF_OPEN_TASKS,
    # the last one of each, too: keys go on from it
    "user_task": "clock != 'closed' OR id = (SELECT max(id) FROM main.user_task)",
    "history": "id = (SELECT max(id) FROM main.history) "
    f"OR instance_id IN (SELECT id FROM main.instance WHERE state IN ({_ASKING})) "  # what has changed since the slip
    "OR id IN (SELECT history_id FROM main.effect WHERE state = 'pending')",
}
"""Which rows of a table a copy takes over; all, when it is not named."""

_BESIDE_THE_TABLE = {"edit": "", "attach": "", "start": ""}


@dataclass(frozen=True, slots=True)
class Command:
    """What a person sent to the engine, or the clock that stood at an instant; everything as JSON holds it."""

    kind: str  # start, act, edit, attach, tick
    now: int = 0
    secret: str = ""
    process: str = ""
    case_id: int = 0
    expected: int | None = None
    action: str = ""
    body: Mapping[str, Any] | None = None
    parent_id: int | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """A copy of the database, the command that comes next, and the moves that were first made by it."""

    file: str
    command: Command
    moves: tuple[Triple, ...] = ()


@dataclass
class Recorder:
    """Writes captures to a folder beside the database. `claimed`: the moves that have one."""

    database: Path
    folder: Path
    claimed: set[Triple] = field(default_factory=set)
    kept: list[Capture] = field(default_factory=list)
    _pending: Capture | None = None
    _last: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        template = Database(self.folder / EMPTY)
        upgrade(template)
        template.close()
        self._connection = DRIVER.connect(self.database, isolation_level=None)

    def before(self, command: Command) -> None:
        """To be called before a command is sent: copies the database when it may bring a move that has no capture."""
        own = self._move(command)
        meta = MODELS[command.process].actions.get(command.action)
        reaches = meta is not None and bool(meta.effects or meta.carries) and not self.claimed >= KEYS
        if own in self.claimed and not reaches:
            return
        self._last = self._value("SELECT max(id) FROM history") or 0
        self._pending = Capture(self._copy(), command, (own,))

    def after(self) -> None:
        """To be called when it was answered, before time goes on: keeps the copy if it brought something new."""
        if self._pending is None:
            return
        pending, self._pending = self._pending, None
        rows = self._connection.execute(
            "SELECT process, source, action FROM history JOIN instance ON instance.id = instance_id "
            f"WHERE history.id > {self._last} ORDER BY history.id"
        ).fetchall()
        made = dict.fromkeys([*pending.moves, *((p, _BESIDE_THE_TABLE.get(a, s), a) for p, s, a in rows)])
        self._keep(pending, tuple(move for move in made if move not in self.claimed))

    def before_time(self, until: datetime) -> None:
        """To be called before time goes on: copies the database for each new move that the clock will make."""
        rows = self._connection.execute(
            "SELECT process, user_task.state, timer.due_at FROM timer JOIN user_task ON user_task.id = task_id "
            "JOIN instance ON instance.id = timer.instance_id WHERE timer.kind = 'time_out' "
            f"AND timer.due_at <= {to_micros(until)} ORDER BY timer.due_at"
        ).fetchall()
        for process, state, due_at in rows:
            move = (process, state, MODELS[process].states[state].time_out)
            if move not in self.claimed:
                self._keep(Capture(self._copy(), Command("tick", due_at)), (move,))

    def finish(self) -> None:
        """Write down what there is."""
        self._connection.close()
        (self.folder / MANIFEST).write_text(json.dumps([asdict(capture) for capture in self.kept]), encoding="utf-8")

    def _move(self, command: Command) -> Triple:
        if command.kind != "act":
            return command.process, "", command.kind
        state = self._value(f"SELECT state FROM instance WHERE id = {command.case_id}")
        return command.process, state, command.action

    def _keep(self, capture: Capture, moves: tuple[Triple, ...]) -> None:
        if not moves:
            (self.folder / capture.file).unlink()
            return
        self.claimed.update(moves)
        self.kept.append(replace(capture, moves=moves))

    def _copy(self) -> str:
        name = f"{len(self.kept):03}.db"
        shutil.copyfile(self.folder / EMPTY, self.folder / name)
        self._connection.execute("ATTACH ? AS copy", (str(self.folder / name),))
        self._connection.execute("BEGIN")
        for table in metadata.sorted_tables:
            where = KEPT.get(table.name, "1")
            rows = f"SELECT * FROM main.{table.name} WHERE {where}"
            self._connection.execute(f"INSERT OR REPLACE INTO copy.{table.name} {rows}")  # the edition has a row
        self._connection.execute("COMMIT")
        self._connection.execute("DETACH copy")
        return name

    def _value(self, sql: str) -> Any:
        return self._connection.execute(sql).fetchone()[0]


def captures_in(folder: Path) -> list[Capture]:
    """What a recorder has kept there."""
    found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return [
        Capture(item["file"], Command(**item["command"]), tuple(tuple(move) for move in item["moves"]))
        for item in found
    ]


def instant_of(command: Command) -> datetime:
    """The business instant of a command, aware UTC."""
    return from_micros(command.now)
