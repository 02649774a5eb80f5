"""Look at long work: only its owner sees it. Cancel it; delete what has been kept long enough."""

import json
from collections import Counter
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, delete, func, or_, select, update

from engine.definition.performing import Actor
from engine.errors import NotFound
from engine.instants import to_micros
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.present import instant
from engine.runtime.schema import instance, job, job_row
from engine.runtime.snapshots import code_of
from engine.runtime.work import Work


class JobState(StrEnum):
    """How far the work has come."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """What became of a row: refused says that a rule spoke against it, failed that the engine could not."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


OPEN = (JobState.WAITING, JobState.RUNNING)
IS_OPEN = or_(*(job.c.state == state for state in OPEN))
"""That a job has not ended, as a condition on `job`."""

p = bindparam
_BRIEF = [column for column in job.c if column.name != "content"]
_JOB = Statement(select(*_BRIEF).where(job.c.id == p("which"), job.c.owner_id == p("owner")))
_JOBS = Statement(
    select(*_BRIEF)
    .where(job.c.owner_id == p("owner"), job.c.id < p("before"))
    .order_by(job.c.id.desc())
    .limit(p("most"))
)
_ROWS = Statement(
    select(job_row, instance.c.process, instance.c.created_at)
    .outerjoin_from(job_row, instance, job_row.c.instance_id == instance.c.id)
    .where(job_row.c.job_id == p("which"), job_row.c.position > p("after"))
    .order_by(job_row.c.position)
    .limit(p("most"))
)
_OUTCOMES = Statement(
    select(job_row.c.job_id, job_row.c.outcome, func.count().label("n"))
    .where(job_row.c.job_id >= p("lowest"), job_row.c.job_id <= p("highest"))
    .group_by(job_row.c.job_id, job_row.c.outcome)
)
_LAST_TURN = Statement(select(func.max(job.c.turn).label("turn")))
_CANCEL = Statement(
    update(job)
    .where(job.c.id == p("which"), job.c.owner_id == p("owner"), IS_OPEN)
    .values(state=JobState.CANCELLED, ended_at=p("at"))
)
_CANCEL_ALL = Statement(
    update(job).where(job.c.owner_id == p("owner"), IS_OPEN).values(state=JobState.CANCELLED, ended_at=p("at"))
)
_OLD = Statement(select(job.c.id).where(job.c.expires_at <= p("now")).limit(1))
_IS_OLD = job.c.expires_at <= p("now")
_DROP_ROWS = Statement(delete(job_row).where(job_row.c.job_id.in_(select(job.c.id).where(_IS_OLD))))
_DROP = Statement(delete(job).where(_IS_OLD))
_BEYOND = 2**63 - 1


def next_turn(tx: Transaction) -> int:
    """The turn behind everybody else's: a chunk each, so that no work waits for the end of another."""
    last = tx.one(_LAST_TURN)
    return (last["turn"] or 0) + 1 if last else 1


def job_of(work: Work, actor: Actor, job_id: int) -> dict[str, Any]:
    """A job of the actor.

    Raises:
        NotFound: it is nobody's, or somebody else's.
    """
    row = work.tx.one(_JOB, which=job_id, owner=actor.person_id)
    if row is None:
        raise NotFound(what=f"tác vụ số {job_id}")
    return _job_json(row, _outcomes(work.tx, [row]))


def jobs_of(work: Work, actor: Actor, before: int | None, limit: int) -> list[dict[str, Any]]:
    """The actor's jobs, the newest first; before: keys below this one."""
    rows = work.tx.all(_JOBS, owner=actor.person_id, before=_BEYOND if before is None else before, most=limit)
    outcomes = _outcomes(work.tx, rows)
    return [_job_json(row, outcomes) for row in rows]


def rows_of(work: Work, job_id: int, after: int, limit: int) -> list[dict[str, Any]]:
    """The rows of a job that `job_of` gave, from the position that follows `after`, with what became of each."""
    return [_row_json(work, row) for row in work.tx.all(_ROWS, which=job_id, after=after, most=limit)]


def cancel(work: Work, actor: Actor, job_id: int) -> dict[str, Any]:
    """Stop a job of the actor after the chunk that runs; one that has ended stays as it is. Returns the job.

    Raises:
        NotFound: as `job_of`.
    """
    work.tx.run(_CANCEL, which=job_id, owner=actor.person_id, at=work.micros)
    return job_of(work, actor, job_id)


def cancel_all(tx: Transaction, person_id: int, at: datetime) -> None:
    """Stop whatever that person has ordered and that has not ended: somebody else may have ordered it as them."""
    tx.run(_CANCEL_ALL, owner=person_id, at=to_micros(at))


def has_expired(tx: Transaction, wall_now: datetime) -> bool:
    """Whether there is something for `drop_expired`."""
    return tx.one(_OLD, now=to_micros(wall_now)) is not None


def drop_expired(tx: Transaction, wall_now: datetime) -> None:
    """Delete the jobs that were kept long enough, with what their rows and files say of people."""
    tx.run(_DROP_ROWS, now=to_micros(wall_now))
    tx.run(_DROP, now=to_micros(wall_now))


def _outcomes(tx: Transaction, rows: list[Row]) -> dict[int, Counter[str]]:
    found: dict[int, Counter[str]] = {row["id"]: Counter() for row in rows}
    if found:
        for row in tx.all(_OUTCOMES, lowest=min(found), highest=max(found)):
            if row["job_id"] in found:
                found[row["job_id"]][row["outcome"]] = row["n"]
    return found


def _job_json(row: Row, outcomes: dict[int, Counter[str]]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "kind": row["kind"],
        "title": row["title"],
        "state": row["state"],
        "done": row["done"],
        "total": row["total"],
        "outcomes": {outcome.value: outcomes[row["id"]][outcome] for outcome in Outcome},
        "reason": row["reason"],
        "created_at": instant(row["created_at"]),
        "ended_at": instant(row["ended_at"]),
        "expires_at": instant(row["expires_at"]),
        "file": row["file_name"],
        "media_type": row["media_type"],
        "params": json.loads(row["params"]),
    }


def _row_json(work: Work, row: Row) -> dict[str, Any]:
    model = work.registry.by_code.get(row["process"] or "")
    case = None
    if model is not None:
        code = code_of(model, {"id": row["instance_id"], "created_at": row["created_at"]})
        case = {"id": str(row["instance_id"]), "collection": model.collection, "code": code}
    return {
        "position": row["position"],
        "what": row["what"],
        "outcome": row["outcome"],
        "sentence": row["sentence"],
        "case": case,
        "given": json.loads(row["input"]),
    }
