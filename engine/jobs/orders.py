"""Order long work: a list of cases to begin, an action on many cases, an export of what a filter shows.

The order is one transaction; the work begins at once, in chunks of its own (`engine.jobs.carrying_out`).
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import and_, bindparam, delete, func, not_, select

from engine.definition.documents import canonical
from engine.definition.performing import Actor
from engine.errors import InvalidInput
from engine.instants import to_micros
from engine.jobs.reading import IS_OPEN, JobState, Outcome, next_turn
from engine.runtime.accounts import Scope
from engine.runtime.database import Statement
from engine.runtime.queries import CaseFilter
from engine.runtime.schema import job, job_row
from engine.runtime.service import Answer, Asking, Engine
from engine.runtime.statements import insertion
from engine.runtime.work import Work

MOST_ROWS = 500
MOST_OPEN = 5
MOST_KEPT = 50
"""How many jobs a person has at most; of those that have ended the oldest go."""
KEPT_FOR, FILE_KEPT_FOR = timedelta(days=30), timedelta(days=3)
HATS = "hats"
"""The parameter of an export that says with which rights it was ordered."""
FILTER: TypeAdapter[CaseFilter] = TypeAdapter(CaseFilter)

p = bindparam
_NEW_JOB, _NEW_ROW = insertion(job), insertion(job_row)
_NEWEST = select(job.c.id).where(job.c.owner_id == p("owner")).order_by(job.c.id.desc()).limit(MOST_KEPT - 1)
_BEYOND = and_(job.c.owner_id == p("owner"), not_(IS_OPEN), job.c.id.not_in(_NEWEST))
_DROP_ROWS = Statement(delete(job_row).where(job_row.c.job_id.in_(select(job.c.id).where(_BEYOND))))
_DROP = Statement(delete(job).where(_BEYOND))
_COUNT_OPEN = Statement(select(func.count().label("n")).where(job.c.owner_id == p("owner"), IS_OPEN))


class Kind(StrEnum):
    """What a job does with each of its rows; an export has none."""

    START = "start"
    ACT = "act"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class OrderedRow:
    """A row of work. what: as people call it. given: what its kind needs. instance_id: the case it acts on."""

    what: str
    given: Mapping[str, Any]
    instance_id: int | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done. title: what people call it. signs: whether each row counts as a signature.

    params: of the kind; `back` in them is the page that the work was ordered on, `again` the one on which rows that
    did not go are worked on.
    """

    kind: Kind
    title: str
    params: Mapping[str, Any]
    rows: tuple[OrderedRow, ...] = field(default=(), repr=False)
    signs: bool = False


def begin_cases(
    process: str, parent_id: int | None, title: str, rows: Iterable[OrderedRow], **pages: str
) -> Order:  # fmt: skip
    """Begin a case for each row, whose `given` has its "dossier"."""
    return Order(Kind.START, title, {"process": process, "parent_id": parent_id, **pages}, tuple(rows))


def act_on_cases(
    process: str, action: str, form: Mapping[str, Any] | None, title: str, rows: Iterable[OrderedRow], *,
    signs: bool, **pages: str,
) -> Order:  # fmt: skip
    """Take an action on each row's case, whose `given` has the "version" that was seen; the form is the same."""
    params = {"process": process, "action": action, "form": form, **pages}
    return Order(Kind.ACT, title, params, tuple(rows), signs)


def export_cases(wanted: CaseFilter, form: str, title: str, **pages: str) -> Order:
    """The cases that the filter lets through when the work is done, as a file: `form` is xlsx or csv."""
    return Order(Kind.EXPORT, title, {"filter": FILTER.dump_python(wanted, mode="json"), "form": form, **pages})


def order(
    engine: Engine, asking: Asking, wanted: Order, also: Callable[[Work, Actor], None] = lambda work, actor: None
) -> "Future[Answer]":
    """Queue the order of whoever asks, and wake what carries it out. The answer is 202; its location, the job.

    also: done in the same transaction.

    Raises (the future):
        NotAuthenticated, ScopeMissing, ConfirmationNeeded: as `Engine.change`.
        InvalidInput: no rows, too many rows, or too much work of that person is still open.
    """

    def perform(work: Work, actor: Actor) -> Answer:
        key = place_order(work, actor, wanted, engine.wall())
        also(work, actor)
        return Answer(202, canonical({"id": str(key)}), location=f"/api/v1/jobs/{key}")

    future = engine.change(asking, perform, Scope.SIGN if wanted.signs else Scope.ACT)
    future.add_done_callback(lambda _: engine.ordered.set())
    return future


def hats_of(actor: Actor) -> str:
    """Names the memberships and mandates that the actor has now."""
    mandates = sorted((one.id, one.role, one.unit_id, sorted(one.powers)) for one in actor.mandates)
    return sha256(canonical({"hats": sorted(actor.memberships), "mandates": mandates}).encode()).hexdigest()[:16]


def place_order(work: Work, actor: Actor, wanted: Order, wall_now: datetime) -> int:
    """Write the order down; returns the job's key.

    Raises:
        InvalidInput: as `order`.
    """
    if wanted.kind is not Kind.EXPORT and not wanted.rows:
        raise InvalidInput({"rows": "Chưa chọn dòng nào."})
    if len(wanted.rows) > MOST_ROWS:
        raise InvalidInput({"rows": f"Mỗi lần làm được nhiều nhất {MOST_ROWS} dòng; hãy chia thành nhiều lần."})
    there = work.tx.one(_COUNT_OPEN, owner=actor.person_id)
    if there is not None and there["n"] >= MOST_OPEN:
        raise InvalidInput({"rows": f"Bạn đang có {MOST_OPEN} tác vụ chưa xong; hãy chờ hoặc dừng bớt."})
    work.tx.run(_DROP_ROWS, owner=actor.person_id)
    work.tx.run(_DROP, owner=actor.person_id)
    is_export = wanted.kind is Kind.EXPORT
    params = {**wanted.params, HATS: hats_of(actor)} if is_export else dict(wanted.params)
    kept_for = FILE_KEPT_FOR if is_export else KEPT_FOR
    key = work.tx.insert(
        _NEW_JOB, kind=wanted.kind, title=wanted.title, params=canonical(params),
        owner_id=actor.person_id, state=JobState.WAITING, done=0, total=len(wanted.rows), turn=next_turn(work.tx),
        tries=0, reason="",
        created_at=work.micros, ended_at=None, expires_at=to_micros(wall_now + kept_for), file_name="", media_type="",
        content=None,
    )  # fmt: skip
    for position, row in enumerate(wanted.rows, start=1):
        work.tx.insert(
            _NEW_ROW, job_id=key, position=position, what=row.what, input=canonical(dict(row.given)),
            outcome=Outcome.WAITING, sentence="", instance_id=row.instance_id,
        )  # fmt: skip
    return key
