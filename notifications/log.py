"""The mail log: what was written to whom, why, and what became of it; for people who see the cases it is about.

A mail is listed for who sees one of its cases, and for its recipient. Of a digest's other cases they learn
only that there are some, and nothing of its text. Letters about accounts are in no log: they hold secrets.
"""

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true

from engine.definition.documents import canonical
from engine.definition.performing import Actor
from engine.definition.words import fold
from engine.errors import NotFound
from engine.instants import end_of_day, start_of_day, to_micros
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.notices import ABOUT_TASKS, DEADLINE_CHANGED, ESCALATION, RAISED, REMINDER, TASK_OPENED
from engine.runtime.present import instant
from engine.runtime.reminding import NUDGE, tended_rows
from engine.runtime.rights import overseen, visible_rows
from engine.runtime.schema import instance, membership, notice, person, unit
from engine.runtime.snapshots import code_of
from engine.runtime.work import Work
from notifications.drafts import DIGEST
from notifications.failures import masked
from notifications.listing import as_listed
from notifications.retry import State
from notifications.schema import message, message_attempt

DROPPED = "dropped"
"""Of a notice that became no mail: it said nothing any more when its time came."""
STATES = (*(state.value for state in State), DROPPED)
NEWS = "news"
KINDS = (TASK_OPENED, REMINDER, NUDGE, ESCALATION, DEADLINE_CHANGED, NEWS, RAISED, DIGEST)
"""What the log can be asked for: why something was written; a mail that says several things; NUDGE: by a person."""

TOLD = ("todo", "action", "due_on", "due_before", "days_late", "rung", "what")
"""Of the facts of a notice, what the log tells; beside them the "actor"."""

_CODE = re.compile(r"(?:([A-Za-zĐđ]+)-[0-9]{4}-)?([0-9]{1,17})")
_COLUMNS = [column for column in message.c if column.name not in ("bytes", "text")]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to list; what is empty or None leaves a filter out.

    state: one of `STATES`. kind: one of `KINDS`. text: in the recipient's name or their unit's. code: a case's.
    since, until: days of writing, both included. before: keys below it.
    """

    state: str = ""
    kind: str = ""
    text: str = ""
    code: str = ""
    since: date | None = None
    until: date | None = None
    before: int | None = None


def kept(facts: str) -> str:
    """Of the facts of a notice, as stored, what is kept when its mail is written: the mail itself has the rest."""
    found = json.loads(facts)
    return canonical({name: found[name] for name in ("actor", *TOLD) if name in found})


def log(work: Work, actor: Actor, wanted: Wanted, most: int) -> dict[str, Any]:
    """The newest mails that the filter lets through; `next` is the `before` of the page that follows."""
    if wanted.state == DROPPED:
        wanted = replace(wanted, kind="") if wanted.kind == DIGEST else wanted  # never were part of one
        return _page(_dropped(work, actor, wanted, most + 1), most, lambda rows: [_unsent(work, row) for row in rows])
    query = _messages(work, actor, wanted).order_by(message.c.id.desc()).limit(most + 1)
    return _page(work.tx.all(Statement(query)), most, lambda rows: items(work, actor, rows))


def find(work: Work, actor: Actor, message_id: int) -> dict[str, Any]:
    """One mail of the log, with its `text` when the actor may read it (else None).

    Raises:
        NotFound: there is none, or it is about nothing that the actor may see.
    """
    query = _messages(work, actor, Wanted()).add_columns(message.c.text, message.c.message_id)
    rows = work.tx.all(Statement(query.where(message.c.id == message_id)))
    if not rows:
        raise NotFound(what=f"thư số {message_id}")
    (item,) = items(work, actor, rows)
    return {**item, "text": rows[0]["text"] if item["is_readable"] else None}


def failed_count(work: Work, actor: Actor) -> int:
    """How many mails did not get through about cases that the actor looks after."""
    about = exists(_about().where(tended_rows(work, actor)))
    query = select(func.count().label("n")).where(message.c.state == State.FAILED.value, about)
    row = work.tx.one(Statement(query))
    return int(row["n"]) if row else 0


def last_to_units(tx: Transaction, cases: Collection[int]) -> dict[int, str | None]:
    """When the last mail about each of these cases went to somebody in the case's own unit."""
    is_there = exists().where(membership.c.person_id == notice.c.person_id, membership.c.unit_id == instance.c.unit_id)
    query = (
        select(notice.c.instance_id, func.max(message.c.settled_at).label("at"))
        .join_from(notice, message, notice.c.message_id == message.c.id)
        .join(instance, notice.c.instance_id == instance.c.id)
        .where(
            notice.c.instance_id.in_(sorted(set(cases))),
            message.c.state == State.SENT.value,
            or_(notice.c.unit_id == instance.c.unit_id, is_there),
        )
        .group_by(notice.c.instance_id)
    )
    return {row["instance_id"]: instant(row["at"]) for row in tx.all(Statement(query))}


def items(work: Work, actor: Actor, rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows of `message` as the log shows them: two queries, however many there are."""
    found = list(rows)
    keys = [row["id"] for row in found]
    told, tries = _told(work, actor, keys), _tries(work.tx, keys)
    return [_item(work, actor, row, told.get(row["id"], []), tries.get(row["id"], [])) for row in found]


# ── which ────────────────────────────────────────────────────────────────────────────────────────
def _about() -> Select[tuple[int]]:
    return (
        select(notice.c.id)
        .join_from(notice, instance, notice.c.instance_id == instance.c.id)
        .where(notice.c.message_id == message.c.id)
        .correlate(message)
    )


def _messages(work: Work, actor: Actor, wanted: Wanted) -> Select[Any]:
    is_seen = or_(visible_rows(work, actor), message.c.person_id == actor.person_id)
    about = exists(_about().where(is_seen, *_of_notice(work, wanted)))
    query = select(*_COLUMNS, (func.length(message.c.bytes) > 0).label("is_written")).where(about)
    if wanted.state:
        query = query.where(message.c.state == wanted.state)
    if wanted.kind == DIGEST:
        query = query.where(message.c.kind == DIGEST)
    return query.where(*_of_both(work, wanted, message))


def _dropped(work: Work, actor: Actor, wanted: Wanted, most: int) -> list[Row]:
    query = (
        select(
            notice,
            instance.c.process,
            instance.c.headline,
            instance.c.created_at.label("begun_at"),
            func.coalesce(person.c.name, unit.c.name).label("name"),
            func.coalesce(person.c.mail, unit.c.mail).label("address"),
        )
        .join_from(notice, instance, notice.c.instance_id == instance.c.id)
        .outerjoin(person, notice.c.person_id == person.c.id)
        .outerjoin(unit, notice.c.unit_id == unit.c.id)
        .where(
            notice.c.state == DROPPED,
            or_(visible_rows(work, actor), notice.c.person_id == actor.person_id),
            *_of_notice(work, wanted),
            *_of_both(work, wanted, notice),
        )
        .order_by(notice.c.id.desc())
        .limit(most)
    )
    return work.tx.all(Statement(query))


def _of_both(work: Work, wanted: Wanted, table: Any) -> list[ColumnElement[bool]]:
    """Conditions on whatever has a recipient and an instant of writing."""
    found: list[ColumnElement[bool]] = []
    if wanted.before is not None:
        found.append(table.c.id < wanted.before)
    if wanted.since is not None:
        found.append(table.c.created_at >= to_micros(start_of_day(wanted.since)))
    if wanted.until is not None:
        found.append(table.c.created_at < to_micros(end_of_day(wanted.until)))
    if fold(wanted.text):
        found.append(reaches(work, fold(wanted.text), table))
    return found


def _of_notice(work: Work, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Conditions on `notice` and its `instance`."""
    found: list[ColumnElement[bool]] = []
    is_by_hand = notice.c.event_key.startswith(f"{NUDGE}:")
    if wanted.kind == NUDGE:
        found.append(is_by_hand)
    elif wanted.kind == REMINDER:
        found.append(and_(notice.c.kind == REMINDER, ~is_by_hand))
    elif wanted.kind == NEWS:
        found.append(notice.c.kind.not_in((*ABOUT_TASKS, RAISED)))
    elif wanted.kind and wanted.kind != DIGEST:
        found.append(notice.c.kind == wanted.kind)
    if wanted.code.strip():
        found.append(is_case(work, wanted.code))
    return found


def is_case(work: Work, code: str) -> ColumnElement[bool]:
    """That `instance` is the case of that code, or of that number when there is no more."""
    given = _CODE.fullmatch(code.strip())
    if given is None:
        return instance.c.id < 0
    of = {fold(model.prefix): model.code for model in work.registry.models}.get(fold(given[1] or ""), "")
    return and_(instance.c.id == int(given[2]), instance.c.process == of if given[1] else true())


def units_named(work: Work, folded: str) -> list[int]:
    """The units with that in their name, or whose code it is."""
    units = work.office.units.values()
    return sorted(one.id for one in units if folded in fold(one.name) or folded == fold(one.code))


def reaches(work: Work, folded: str, table: Any) -> ColumnElement[bool]:
    """That the recipient is of that name, or somebody in a unit of that name, or its mail box."""
    people = work.tx.all(Statement(select(person.c.id, person.c.name, person.c.username)))
    named = [row["id"] for row in people if folded in fold(row["name"]) or folded == fold(row["username"])]
    units = units_named(work, folded)
    works_there = exists().where(
        membership.c.person_id == table.c.person_id,
        membership.c.unit_id.in_(units),
        or_(membership.c.valid_to.is_(None), membership.c.valid_to >= work.today.isoformat()),
    )
    return or_(table.c.person_id.in_(sorted(named)), table.c.unit_id.in_(units), works_there)


# ── how they look ────────────────────────────────────────────────────────────────────────────────
def _told(work: Work, actor: Actor, keys: Collection[int]) -> dict[int, list[Row]]:
    """The notices of each message, with what the actor may know of their cases."""
    query = (
        select(
            notice.c.message_id,
            notice.c.event_key,
            notice.c.kind,
            notice.c.facts,
            notice.c.request_id,
            instance.c.id.label("instance_id"),
            instance.c.process,
            instance.c.authority_id,
            instance.c.headline,
            instance.c.created_at.label("begun_at"),
            visible_rows(work, actor).label("is_visible"),
            tended_rows(work, actor).label("is_tended"),
        )
        .join_from(notice, instance, notice.c.instance_id == instance.c.id)
        .where(notice.c.message_id.in_(sorted(keys)))
        .order_by(notice.c.id)
    )
    return _grouped(work.tx.all(Statement(query)))


def _tries(tx: Transaction, keys: Collection[int]) -> dict[int, list[Row]]:
    query = select(message_attempt).where(message_attempt.c.message_id.in_(sorted(keys)))
    return _grouped(tx.all(Statement(query.order_by(message_attempt.c.message_id, message_attempt.c.n))))


def _grouped(rows: Iterable[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row["message_id"], []).append(row)
    return found


def _item(work: Work, actor: Actor, row: Row, told: list[Row], tries: list[Row]) -> dict[str, Any]:
    is_own = row["person_id"] == actor.person_id
    known = [one for one in told if one["is_visible"] or is_own]
    reads_all = all(one["kind"] != RAISED or one["authority_id"] in overseen(work, actor) for one in told)
    is_tended = bool(told) and all(one["is_tended"] for one in told)
    return {
        **as_listed(row, tries),
        "settled_at": instant(row["settled_at"]),
        "reasons": [_reason(work, one) for one in known],
        "others": len({one["instance_id"] for one in told} - {one["instance_id"] for one in known}),
        "is_readable": is_own or (bool(told) and len(known) == len(told) and reads_all),
        "is_tended": is_tended,
        "can_retry": is_tended and row["state"] == State.FAILED.value and bool(row["is_written"]),
    }


def _unsent(work: Work, row: Row) -> dict[str, Any]:
    """A notice that was dropped, in the shape of a mail."""
    return {
        "id": str(row["id"]), "at": instant(row["created_at"]), "recipient": row["name"],
        "address": masked(row["address"] or ""), "subject": "", "kind": row["kind"], "state": DROPPED, "fault": "",
        "request_id": row["request_id"],
        "next_attempt_at": None, "settled_at": None, "attempts": [], "reasons": [_reason(work, row)], "others": 0,
        "is_readable": False, "is_tended": False, "can_retry": False,
    }  # fmt: skip


def _reason(work: Work, row: Row) -> dict[str, Any]:
    """Why something was written, and about which case. by: who caused it; by_hand: whether they asked for it;
    request_id: as the history of the case calls what caused it."""
    facts, model = json.loads(row["facts"]), work.registry.by_code[row["process"]]
    case = {"id": row["instance_id"], "created_at": row["begun_at"]}
    return {
        "kind": row["kind"],
        "by_hand": row["event_key"].startswith(f"{NUDGE}:"),
        "by": facts.get("actor", ""),
        "request_id": row["request_id"],
        **{name: facts.get(name) for name in TOLD},
        "case": {
            "id": str(row["instance_id"]),
            "code": code_of(model, case),
            "collection": model.collection,
            "headline": row["headline"],
        },
    }


def _page(rows: list[Row], most: int, shown: Any) -> dict[str, Any]:
    return {"items": shown(rows[:most]), "next": str(rows[most - 1]["id"]) if len(rows) > most else None}
