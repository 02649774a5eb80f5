"""Legal holds: while one is open, the case is not archived whatever the retention rules say."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select, update

from engine.definition.model import ProcessModel
from engine.definition.performing import Actor, Capacity
from engine.errors import GuardUnmet, NotPerformer, Reason
from engine.privacy.circle import checked_reason
from engine.runtime.database import Row, Statement
from engine.runtime.present import brief, instant
from engine.runtime.queries import cases_by_id
from engine.runtime.recording import Deed, advance
from engine.runtime.rights import overseeing, overseen
from engine.runtime.schema import instance, legal_hold, person
from engine.runtime.snapshots import load_case
from engine.runtime.statements import insertion
from engine.runtime.work import Work

HOLD, RELEASE = "hold", "release"
LABELS = {HOLD: "Giữ hồ sơ", RELEASE: "Thôi giữ hồ sơ"}

_OPEN = Statement(
    select(legal_hold).where(legal_hold.c.instance_id == bindparam("case"), legal_hold.c.released_at.is_(None))
)
_NEW_HOLD = insertion(legal_hold)
_RELEASE = Statement(
    update(legal_hold)
    .where(legal_hold.c.id == bindparam("which"))
    .values(released_by=bindparam("new_by"), release_reason=bindparam("new_reason"), released_at=bindparam("new_at"))
)


def is_held(work: Work, instance_id: int) -> bool:
    return work.tx.one(_OPEN, case=instance_id) is not None


def held_among(work: Work, ids: Iterable[int]) -> set[int]:
    """Those of the cases that are held."""
    query = select(legal_hold.c.instance_id).where(
        legal_hold.c.released_at.is_(None), legal_hold.c.instance_id.in_(sorted(set(ids)))
    )
    return {row["instance_id"] for row in work.tx.all(Statement(query))}


def held_page(work: Work, actor: Actor, before: int | None, limit: int) -> list[dict[str, Any]]:
    """The newest open holds below that key, of cases that the actor oversees: key, since when, by whom, why, case.

    Raises:
        NotPerformer: the actor oversees no authority.
    """
    bodies = overseen(work, actor)
    if not bodies:
        raise NotPerformer(action="Xem hồ sơ đang giữ", who=overseeing_labels(work))
    query = (
        select(legal_hold, person.c.name.label("by"))
        .join_from(legal_hold, person, legal_hold.c.person_id == person.c.id)
        .join(instance, legal_hold.c.instance_id == instance.c.id)
        .where(legal_hold.c.released_at.is_(None), instance.c.authority_id.in_(sorted(bodies)))
        .order_by(legal_hold.c.id.desc())
        .limit(limit)
    )
    rows = work.tx.all(Statement(query if before is None else query.where(legal_hold.c.id < before)))
    cases = cases_by_id(work.tx, (row["instance_id"] for row in rows))
    return [
        {
            "id": str(row["id"]), "at": instant(row["at"]), "by": row["by"], "reason": row["reason"],
            "case": brief(work, cases[row["instance_id"]]),
        }
        for row in rows
    ]  # fmt: skip


def hold(work: Work, model: ProcessModel, row: Row, reason: str, actor: Actor) -> Row:
    """Keep the case from being archived, for a reason that its history tells; returns its row.

    Raises:
        NotPerformer: the actor does not oversee the authority.
        GuardUnmet: it is held already. ReadOnly: it is archived. InvalidInput: as `checked_reason`.
    """
    capacity, reason = _overseer(work, row, actor, HOLD), checked_reason(reason)
    if is_held(work, row["id"]):
        raise GuardUnmet((Reason("already_held", "Hồ sơ đang được giữ; hãy thôi giữ trước"),), action=LABELS[HOLD])
    work.tx.insert(
        _NEW_HOLD, instance_id=row["id"], person_id=actor.person_id, reason=reason, at=work.micros, released_by=None,
        release_reason="", released_at=None,
    )  # fmt: skip
    return _told(work, model, row, Deed(HOLD, actor, capacity, more={"reason": reason}))


def release(work: Work, model: ProcessModel, row: Row, reason: str, actor: Actor) -> Row:
    """End the hold, for a reason that the history tells; returns the case's row.

    Raises:
        NotPerformer: the actor does not oversee the authority.
        GuardUnmet: it is not held. InvalidInput: as `checked_reason`.
    """
    capacity, reason = _overseer(work, row, actor, RELEASE), checked_reason(reason)
    open_one = work.tx.one(_OPEN, case=row["id"])
    if open_one is None:
        raise GuardUnmet((Reason("not_held", "Hồ sơ không bị giữ"),), action=LABELS[RELEASE])
    work.tx.run(_RELEASE, which=open_one["id"], new_by=actor.person_id, new_reason=reason, new_at=work.micros)
    return _told(work, model, row, Deed(RELEASE, actor, capacity, more={"reason": reason}))


def overseeing_labels(work: Work) -> str:
    """The roles that see all cases of an authority, for a sentence."""
    return "; ".join(role.label for role in work.registry.roles.values() if role.sees_all)


def _overseer(work: Work, row: Row, actor: Actor, verb: str) -> Capacity:
    label = LABELS[verb]
    own = overseeing(work, replace(actor, mandates=()), row["authority_id"])
    if own:
        return Capacity(min(own))
    for mandate in actor.mandates:
        by_it = replace(actor, memberships=frozenset(), mandates=(mandate,))
        if mandate.covers(row["process"], verb) and overseeing(work, by_it, row["authority_id"]):
            return Capacity(mandate.role, mandate)
    raise NotPerformer(action=label, who=overseeing_labels(work))


def _told(work: Work, model: ProcessModel, row: Row, deed: Deed) -> Row:
    case = load_case(work, row)
    return advance(work, model, row, case, case, deed)[0]
