"""Carry out what was ordered: a chunk of rows a transaction, each row in a savepoint, until nothing is left.

What became of a row is written in the transaction that does it: whatever breaks off, no row happens twice and
none is left out. A row is taken as its owner, with the rights they have at that moment, through the same commands
as everybody's.

Several nodes share the work: each takes a turn for the next job that nobody has in hand.
"""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import bindparam, select, update

from engine.definition.performing import Actor
from engine.errors import GuardUnmet, InvalidInput, LinesRefused, Refused, StaleVersion
from engine.jobs.exports import TooMuch, exported
from engine.jobs.orders import Kind
from engine.jobs.reading import IS_OPEN, OPEN, JobState, Outcome, drop_expired, has_expired, next_turn
from engine.runtime import beginning, commands
from engine.runtime.accounts import Login, actor_of
from engine.runtime.beginning import NewCase
from engine.runtime.database import FAULTS, Row, Statement, Transaction, is_constraint
from engine.runtime.schema import job, job_row, person
from engine.runtime.service import Engine
from engine.runtime.work import Work

AT_ONCE = 20
MOST_TRIES = 3
GIVEN_UP = f"Đã thử {MOST_TRIES} lần mà chưa làm được tệp. Hãy lọc ít hồ sơ hơn, hoặc báo quản trị."
ACCOUNT_CLOSED = "Tài khoản của người giao tác vụ đã bị khóa, nên các dòng còn lại không được thực hiện."
BROKEN = "Hệ thống không thực hiện được ({fault}). Hãy báo quản trị."

p = bindparam
_NEXT = Statement(
    select(job.c.id, job.c.kind)
    .where(IS_OPEN)
    .order_by(job.c.turn, job.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_SERVE = Statement(update(job).where(job.c.id == p("which")).values(turn=p("turn")))
_OPEN_JOB = Statement(select(job).where(job.c.id == p("which"), IS_OPEN))
_FREE_JOB = Statement(select(job).where(job.c.id == p("which"), IS_OPEN).with_for_update(skip_locked=True))
_OWNER = Statement(
    select(person.c.id, person.c.username, person.c.name, person.c.staff_code).where(
        person.c.id == p("which"), person.c.active
    )
)
_WAITING = Statement(
    select(job_row)
    .where(job_row.c.job_id == p("which"), job_row.c.outcome == Outcome.WAITING)
    .order_by(job_row.c.position)
    .limit(AT_ONCE)
)
_SETTLE = Statement(
    update(job_row)
    .where(job_row.c.id == p("which"))
    .values(outcome=p("outcome"), sentence=p("sentence"), instance_id=p("instance_id"))
)
_MOVE = Statement(
    update(job)
    .where(job.c.id == p("which"))
    .values(state=p("state"), done=p("done"), reason=p("reason"), ended_at=p("ended_at"))
)
_FILE = Statement(
    update(job)
    .where(job.c.id == p("which"), IS_OPEN)
    .values(
        state=JobState.READY, done=p("done"), total=p("done"), ended_at=p("ended_at"), file_name=p("file_name"),
        media_type=p("media_type"), content=p("content"),
    )
)  # fmt: skip
_TRY = Statement(update(job).where(job.c.id == p("which"), IS_OPEN).values(tries=job.c.tries + 1))
log = logging.getLogger(__name__)


def work_off(engine: Engine, goes_on: Callable[[], bool] = lambda: True) -> None:
    """Carry out everything that is ordered, a chunk of each in turn, but for what other nodes are at; blocks.

    goes_on: asked before each chunk; False leaves the rest for later.
    """
    with engine.database.read() as tx:
        is_old = has_expired(tx, engine.wall())
    if is_old:
        engine.writer.call(lambda tx: drop_expired(tx, engine.wall()))
    of_others: set[int] = set()
    while goes_on() and (found := engine.writer.claim(_take_turn)) is not None:
        if found["id"] in of_others:  # every other job has had its turn since
            return
        chunk = _export if found["kind"] == Kind.EXPORT else _chunk
        if chunk(engine, found["id"]):
            of_others.clear()
        else:
            of_others.add(found["id"])


def _take_turn(tx: Transaction) -> Row | None:
    """The job that was served longest ago, and that nobody has locked; it goes behind all others."""
    found = tx.one(_NEXT)
    if found is not None:
        tx.run(_SERVE, which=found["id"], turn=next_turn(tx))
    return found


def _chunk(engine: Engine, job_id: int) -> bool:
    return engine.writer.call(lambda tx: carry_out_chunk(engine.work(tx, f"job-{job_id}"), job_id))


def carry_out_chunk(work: Work, job_id: int) -> bool:
    """Carry out the next rows of a job; False when it was cancelled meanwhile, or another node is at it."""
    given = work.tx.one(_FREE_JOB, which=job_id)
    if given is None:
        return False
    actor = _owner(work, given)
    if actor is None:
        _end(work, given, JobState.FAILED, given["done"], ACCOUNT_CLOSED)
        return True
    rows, params = work.tx.all(_WAITING, which=job_id), json.loads(given["params"])
    for row in rows:
        _carry_out(work, given["kind"], params, row, actor)
    done = given["done"] + len(rows)
    state = JobState.READY if done >= given["total"] or not rows else JobState.RUNNING
    _end(work, given, state, done)
    return True


def _owner(work: Work, given: Row) -> Actor | None:
    """Who ordered it, with the roles they hold today; None when their account is closed."""
    row = work.tx.one(_OWNER, which=given["owner_id"])
    if row is None:
        return None
    login = Login(0, row["id"], row["username"], row["name"], staff_code=row["staff_code"])
    return actor_of(work.tx, login, work.today)


def _end(work: Work, given: Row, state: JobState, done: int, reason: str = "") -> None:
    ended_at = None if state in OPEN else work.micros
    work.tx.run(_MOVE, which=given["id"], state=state, done=done, reason=reason, ended_at=ended_at)


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────
def _carry_out(work: Work, kind: str, params: Mapping[str, Any], row: Row, actor: Actor) -> None:
    """Do what a row says, or write down why not; a fault of the database undoes the whole chunk instead."""
    work.tx.command("SAVEPOINT one_row")
    try:
        case = _PERFORM[Kind(kind)](work, params, row, actor)
        work.tx.settle()
    except Exception as wrong:
        if isinstance(wrong, FAULTS) and not is_constraint(wrong):
            raise
        work.tx.command("ROLLBACK TO one_row")
        outcome, sentence, case_id = *_said(wrong), row["instance_id"]
    else:
        model = work.registry.by_code[case["process"]]
        outcome, sentence, case_id = Outcome.DONE, model.states[case["state"]].status, case["id"]
    work.tx.command("RELEASE one_row")
    work.tx.run(_SETTLE, which=row["id"], outcome=outcome, sentence=sentence, instance_id=case_id)


def _start(work: Work, params: Mapping[str, Any], row: Row, actor: Actor) -> Row:
    dossier = json.loads(row["input"])["dossier"]
    new = NewCase(None, params["parent_id"], dossier)
    return beginning.start(work, work.registry.by_code[params["process"]], new, actor)


def _act(work: Work, params: Mapping[str, Any], row: Row, actor: Actor) -> Row:
    model, seen = work.registry.by_code[params["process"]], json.loads(row["input"])["version"]
    case = commands.load(work, model, row["instance_id"], actor)
    if case["version"] != seen:
        raise StaleVersion(expected=seen, actual=case["version"])
    return commands.act(work, case, params["action"], params["form"], actor)


_PERFORM: Mapping[Kind, Callable[[Work, Mapping[str, Any], Row, Actor], Row]] = {Kind.START: _start, Kind.ACT: _act}


def _said(wrong: Exception) -> tuple[Outcome, str]:
    if isinstance(wrong, Refused):
        return Outcome.REFUSED, " ".join((str(wrong), *_reasons(wrong)))
    log.error("a row of work could not be carried out", exc_info=wrong)
    return Outcome.FAILED, BROKEN.format(fault=type(wrong).__name__)


def _reasons(refused: Refused) -> list[str]:
    """The single reasons of a refusal, as sentences."""
    if isinstance(refused, InvalidInput):
        return [f"{field}: {sentence}" for field, sentence in refused.fields.items()]
    if isinstance(refused, LinesRefused):
        return [f"{line}: {reason.sentence}." for line, why in refused.lines.items() for reason in why]
    return [f"{reason.sentence}." for reason in refused.reasons] if isinstance(refused, GuardUnmet) else []


# ── exports ──────────────────────────────────────────────────────────────────────────────────────
def _export(engine: Engine, job_id: int) -> bool:
    """Make the file beside the writer, then keep it; broken off, it is made again from the beginning, a few times.
    False when another node is at it, or it was cancelled."""
    reason, name = "", f"job {job_id}"
    with engine.database.read() as tx:
        if not tx.take(name):
            return False
    engine.writer.call(lambda tx: tx.run(_TRY, which=job_id))
    try:
        with engine.database.read() as tx:
            if not tx.take(name):  # at the same moment
                return False
            work, given = engine.work(tx), tx.one(_OPEN_JOB, which=job_id)
            actor = _owner(work, given) if given is not None else None
            is_tried = given is not None and actor is not None and given["tries"] <= MOST_TRIES
            made = exported(work, actor, json.loads(given["params"])) if given and actor and is_tried else None
        if given is None:
            return False
        reason = "" if made else GIVEN_UP if actor else ACCOUNT_CLOSED
    except FAULTS:
        raise
    except TooMuch as much:
        made, reason = None, str(much)
    except Exception as wrong:
        made, reason = None, _said(wrong)[1]

    def keep(work: Work) -> None:
        if made is not None:
            work.tx.run(
                _FILE, which=job_id, done=made.count, ended_at=work.micros, file_name=made.name,
                media_type=made.media_type, content=made.content,
            )  # fmt: skip
        elif (there := work.tx.one(_OPEN_JOB, which=job_id)) is not None:
            _end(work, there, JobState.FAILED, 0, reason)

    engine.writer.call(lambda tx: keep(engine.work(tx)))
    return True
