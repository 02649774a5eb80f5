"""What is on file after the year, read with plain SQL: cases, history, people, seats, calendar, letters.

Instants are aware UTC, dates are dates; nothing of the engine's running part is used.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from engine.definition.model import ProcessModel
from engine.runtime.database import DRIVER
from workflows import ALL

MODELS: Mapping[str, ProcessModel] = {process.model_card.code: process.model_card for process in ALL}
VIETNAM = timedelta(hours=7)  # no daylight saving
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the history. `actor_id` None: the system."""

    id: int
    case_id: int
    at: datetime
    actor_id: int | None
    action: str
    source: str
    target: str
    patch: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaseRow:
    """What never changes about a case."""

    id: int
    process: str
    unit_id: int
    authority_id: int
    parent_id: int | None
    code: str

    @property
    def model(self) -> ProcessModel:
        return MODELS[self.process]


@dataclass(frozen=True, slots=True)
class Told:
    """A notice on file, with its letter: `sent_at` is when the letter was written, None when there was none."""

    recipient: str
    code: str
    kind: str
    facts: Mapping[str, Any]
    sent_at: datetime | None


class Ledger:
    """One database file after the year."""

    def __init__(self, path: Path) -> None:
        self._connection = DRIVER.connect(path)
        self._connection.row_factory = DRIVER.Row
        self.cases = {row["id"]: _case(row) for row in self.rows("SELECT * FROM instance ORDER BY id")}
        self.steps = [_step(row) for row in self.rows("SELECT * FROM history ORDER BY id")]
        self.usernames = {row["id"]: row["username"] for row in self.rows("SELECT * FROM person WHERE active")}
        self.working_days = _working_days(self.rows("SELECT * FROM calendar_day ORDER BY id"))

    def rows(self, sql: str) -> list[Any]:
        """All rows of a query."""
        found: list[Any] = self._connection.execute(sql).fetchall()
        return found

    def close(self) -> None:
        self._connection.close()

    def holders(self) -> dict[tuple[str, int], list[int]]:
        """The active people who may act in a role at a unit, by (role, unit); deputies through the whole year."""
        found: dict[tuple[str, int], list[int]] = {}
        deputies = "SELECT deputy_id AS person_id, role, unit_id FROM mandate"
        for row in self.rows(f"SELECT person_id, role, unit_id FROM membership UNION {deputies} ORDER BY 1"):
            if row["person_id"] in self.usernames:
                found.setdefault((row["role"], row["unit_id"]), []).append(row["person_id"])
        return found

    def seats(self) -> dict[tuple[str, int], int]:
        """The unit that holds a role for an authority, by (role, authority)."""
        return {(row["role"], row["authority_id"]): row["unit_id"] for row in self.rows("SELECT * FROM seat")}

    def limits(self) -> dict[str, int]:
        """The legal limits in working days by their key; the year knows one row for each."""
        rows = self.rows("SELECT * FROM reference WHERE kind = 'time_limit'")
        return {row["key"]: json.loads(row["value"])["working_days"] for row in rows}

    def told(self) -> list[Told]:
        """Every notice, in the order of writing."""
        rows = self.rows(
            "SELECT notice.*, as_written.facts AS written, message.created_at AS sent_at, person.username FROM notice "
            "JOIN as_written ON as_written.notice_id = notice.id "
            "LEFT JOIN message ON message.id = notice.message_id LEFT JOIN person ON person.id = notice.person_id "
            "ORDER BY notice.id"
        )
        return [_told(row) for row in rows]


def local_date(instant: datetime) -> date:
    """The date in Vietnam."""
    return (instant + VIETNAM).date()


def local_hours(instant: datetime) -> float:
    """The time of day in Vietnam, in hours."""
    at = instant + VIETNAM
    return at.hour + at.minute / 60 + at.second / 3600


def instant(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def _case(row: Any) -> CaseRow:
    year = local_date(instant(row["created_at"])).year
    code = f"{MODELS[row['process']].prefix}-{year}-{row['id']:05d}"
    return CaseRow(row["id"], row["process"], row["unit_id"], row["authority_id"], row["parent_id"], code)


def _step(row: Any) -> Step:
    patch = json.loads(row["payload"])["dossier"]
    return Step(
        row["id"], row["instance_id"], instant(row["at"]), row["actor_id"], row["action"], row["source"],
        row["target"], patch,
    )  # fmt: skip


def _told(row: Any) -> Told:
    facts = json.loads(row["written"])
    sent_at = instant(row["sent_at"]) if row["state"] == "composed" else None
    return Told(row["username"] or row["recipient"], facts["code"], row["kind"], facts, sent_at)


def _working_days(rows: list[Any]) -> list[date]:
    """Every working day from 2024 to 2026, by the rows of the calendar."""
    kinds = {date.fromisoformat(row["day"]): row["kind"] for row in rows}
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(3 * 366)]
    return [day for day in days if kinds.get(day, "working" if day.weekday() < 5 else "off") == "working"]
