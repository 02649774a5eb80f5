"""Receipts of what was handed in: a code with which anybody who holds it asks how the case stands.

The code is the case's own with six signs after it, taken from the hash of the case's first entry. That hash covers
random salt, so that from one code no other can be worked out, and nothing has to be stored. Whoever holds a receipt
learns stages and dates, no names.
"""

import re
from base64 import b32encode
from dataclasses import dataclass
from datetime import date, datetime
from hmac import compare_digest

from sqlalchemy import bindparam, select

from engine.definition.language import Phase
from engine.definition.publishing import DAY
from engine.instants import from_micros
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.schema import fact, history
from engine.runtime.snapshots import code_of
from engine.runtime.statements import INSTANCE, OPEN_TASKS
from engine.runtime.tasks import STATE
from engine.runtime.work import Work

SIGNS = 6
_GIVEN = re.compile(rf"[A-Z]{{1,8}}-[0-9]{{4}}-(?P<key>[0-9]{{5,17}})-(?P<signs>[A-Z2-7]{{{SIGNS}}})")
_MISREAD = str.maketrans("018", "OIB")  # base32 has none of the three

_FIRST = Statement(select(history.c.hash).where(history.c.instance_id == bindparam("which"), history.c.seq == 1))
_IS_PUBLIC = Statement(select(fact.c.id).where(fact.c.instance_id == bindparam("which"), fact.c.key == DAY))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a case stands, for whoever holds its receipt. Instants are aware UTC.

    since: when the present step began, or the case ended. todo: what is done in this step; empty at the end.
    is_with_unit: whether the unit that handed it in has to do it. is_paused: the office's own time stands still
    meanwhile. due_on: when it is to be done. days_left: working days until then, negative when late.
    is_public: whether the public register has it.
    """

    code: str
    process: str
    phase: Phase
    is_over: bool
    since: datetime
    todo: str = ""
    is_with_unit: bool = False
    is_paused: bool = False
    due_on: date | None = None
    days_left: int | None = None
    is_public: bool = False


def receipt_code(work: Work, row: Row) -> str:
    """What stands on the receipt of that case: "KT-2024-00017-Q4ZT7C"."""
    return f"{code_of(work.registry.by_code[row['process']], row)}-{_signs(work.tx, row['id'])}"


def is_receipted(work: Work, row: Row) -> bool:
    """Whether the case was handed in by a unit, which has a receipt of it."""
    return bool(work.registry.by_code[row["process"]].outline.handed_in) and row["phase"] != Phase.DRAFTED


def look_up(work: Work, given: str) -> Standing | None:
    """How the case of that receipt stands; None for a code of no receipt. Case, blanks and 0, 1, 8 are forgiven."""
    found = _GIVEN.fullmatch(_tidy(given))
    row = work.tx.one(INSTANCE, which=int(found["key"])) if found else None
    if row is None or not is_receipted(work, row):
        return None
    if not compare_digest(receipt_code(work, row), _tidy(given)):
        return None
    return _standing(work, row)


def _tidy(given: str) -> str:
    """As it stands on the receipt: the signs at the end have letters that people read as digits."""
    plain = "".join(given[:60].split()).upper().replace("–", "-").replace("—", "-")
    head, dash, signs = plain.rpartition("-")
    return f"{head}{dash}{signs.translate(_MISREAD)}"


def _signs(tx: Transaction, instance_id: int) -> str:
    first = tx.one(_FIRST, which=instance_id)
    assert first is not None, "a case begins with an entry"
    return b32encode(first["hash"]).decode()[:SIGNS]


def _standing(work: Work, row: Row) -> Standing:
    model = work.registry.by_code[row["process"]]
    code, phase = code_of(model, row), Phase(row["phase"])
    is_public = work.tx.one(_IS_PUBLIC, which=row["id"]) is not None
    tasks = [task for task in work.tx.all(OPEN_TASKS, which=row["id"]) if task["kind"] == STATE]
    running = next((task for task in tasks if task["clock"] == "running"), None)
    if running is None:
        since = from_micros(row["closed_at"] or row["updated_at"])
        return Standing(code, row["process"], phase, True, since, is_public=is_public)
    due_on = date.fromisoformat(running["due_on"]) if running["due_on"] else None
    return Standing(
        code=code,
        process=row["process"],
        phase=phase,
        is_over=False,
        since=from_micros(running["opened_at"]),
        todo=running["todo"],
        is_with_unit=running["unit_id"] == row["unit_id"],
        is_paused=any(task["clock"] == "paused" for task in tasks),
        due_on=due_on,
        days_left=None if due_on is None else work.office.calendar.between(work.today, due_on),
        is_public=is_public,
    )
