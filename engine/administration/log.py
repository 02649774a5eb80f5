"""The administration's log: every change of what the office has, append-only, in one chain of hashes.

A payload says what was before and what is after. Names stand in it, never secrets or personal data.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import bindparam, func, select

from engine.definition.documents import canonical
from engine.errors import NotPerformer
from engine.instants import end_of_day, start_of_day, to_micros
from engine.runtime.administering import HIGHEST, Reach
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.history import ORIGIN, digits, is_linked, is_whole, link_of, payload_hash_of
from engine.runtime.schema import administration, person, setting
from engine.runtime.statements import insertion
from engine.runtime.work import Work

HEAD = "administration.head"
"""The setting that keeps the last hash: without it a log whose end was cut off would look whole."""

p = bindparam
_LAST = Statement(select(administration).order_by(administration.c.seq.desc()).limit(1))
_ALL = Statement(select(administration).order_by(administration.c.seq))
_COUNT = Statement(select(func.count().label("n")).select_from(administration))
_NEW = insertion(administration)
_HEAD = Statement(select(setting.c.value).where(setting.c.name == HEAD))
_DROP_HEAD = Statement(setting.delete().where(setting.c.name == HEAD))
_NEW_HEAD = Statement(setting.insert().values(name=HEAD, value=p("value")))
_PART = (
    select(administration, person.c.name.label("actor_name"))
    .outerjoin_from(administration, person, administration.c.actor_id == person.c.id)
    .order_by(administration.c.seq.desc())
)
_KINDS = Statement(select(administration.c.what).distinct().order_by(administration.c.what))
_BEYOND = 2**63 - 1


def append(work: Work, actor_id: int | None, what: str, subject: str, payload: dict[str, Any]) -> None:
    """Write one change. `actor_id`: None for the command line; `what`: like "unit.add"; `subject`: its code or name."""
    last = work.tx.one(_LAST)
    seq, previous = (last["seq"] + 1, last["hash"]) if last else (1, ORIGIN)
    text, salt = canonical(payload), work.salt()
    payload_hash = payload_hash_of(salt, text)
    link = link_of(payload_hash, previous, seq, work.micros, actor_id, what, subject)
    work.tx.insert(
        _NEW, seq=seq, at=work.micros, actor_id=actor_id, what=what, subject=subject, payload=text, salt=salt,
        payload_hash=payload_hash, hash=link,
    )  # fmt: skip
    work.tx.run(_DROP_HEAD)
    work.tx.run(_NEW_HEAD, value=digits(link))


def must_read(reach: Reach) -> None:
    """Refuse who is neither an administrator with none above nor an auditor of such a body: entries tell of
    people and units of all authorities.

    Raises:
        NotPerformer: with who could.
    """
    if not reach.is_head and not any(map(reach.has_none_above, _audited(reach))):
        roles = [role.label for role in reach.work.registry.roles.values() if role.sees_all and role != reach.role]
        who = "; ".join(f"{label}{HIGHEST}" for label in (reach.role.label, *roles))
        raise NotPerformer(action="Xem nhật ký quản trị", who=who)


def _audited(reach: Reach) -> Iterator[int]:
    """The bodies all of whose cases the actor sees in another role than the administrator's."""
    work, actor = reach.work, reach.actor
    for code, unit_id in actor.unlimited().hats if actor else ():
        role = work.registry.roles.get(code)
        if role is not None and role.sees_all and role != reach.role:
            yield from work.office.served(code, unit_id, work.today)


def entries(
    tx: Transaction, before: int | None, most: int, *, what: str = "", subject: str = "", actor: str = "",
    since: date | None = None, until: date | None = None,
) -> list[Row]:  # fmt: skip
    """The newest entries below that number, each with the `actor_name` (None: the command line).

    what: how the change's name begins ("unit", "unit.add"). subject, actor: all of the subject, of the user name.
    since, until: days in Asia/Ho_Chi_Minh, both included. What is empty or None leaves a filter out.
    """
    query = _PART.where(administration.c.seq < (_BEYOND if before is None else before)).limit(most)
    if what:
        query = query.where(administration.c.what.startswith(what, autoescape=True))
    if subject:
        query = query.where(administration.c.subject == subject)
    if actor:
        query = query.where(person.c.username == actor)
    if since:
        query = query.where(administration.c.at >= to_micros(start_of_day(since)))
    if until:
        query = query.where(administration.c.at < to_micros(end_of_day(until)))
    return tx.all(Statement(query))


def kinds(tx: Transaction) -> list[str]:
    """The names of all changes that the log has, in order: "unit.add"."""
    return [row["what"] for row in tx.all(_KINDS)]


def count(tx: Transaction) -> int:
    """How many entries there are."""
    row = tx.one(_COUNT)
    assert row is not None, "a count has a row"
    return int(row["n"])


def verify(tx: Transaction) -> Iterator[str]:
    """Walk the chain; yields a sentence for each fault, nothing when all is well."""
    previous = ORIGIN
    for seq, row in enumerate(tx.all(_ALL), start=1):
        if row["seq"] != seq:
            yield f"administration: entry {seq} is missing"
            return
        if not is_whole(row):
            yield f"administration: the payload of entry {seq} was changed"
        if not is_linked(row, previous, seq, row["at"], row["actor_id"], row["what"], row["subject"]):
            yield f"administration: the chain is broken at entry {seq}"
        previous = row["hash"]
    head = tx.one(_HEAD)
    if (head["value"] if head else "") != digits(previous):
        yield "administration: the head does not match the last entry"
