"""Opening sealed data, searching it, and the record of who did so and why."""

from typing import Any

from sqlalchemy import bindparam, or_, select

from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.errors import NotPerformer
from engine.privacy.circle import (
    APPRAISING,
    checked_reason,
    has_nominee,
    is_in_circle,
    may_open,
    must_appraise,
    must_be_in_circle,
    must_see_disclosures,
)
from engine.privacy.holds import overseeing_labels
from engine.privacy.subjects import opened_json, unsealed
from engine.runtime.database import Row, Statement
from engine.runtime.present import brief, instant
from engine.runtime.queries import cases_by_id
from engine.runtime.rights import overseen, visible_rows
from engine.runtime.schema import disclosure, instance, person, subject
from engine.runtime.snapshots import load_case
from engine.runtime.statements import insertion
from engine.runtime.vault import Vault
from engine.runtime.work import Work

UNMASK, EXPORT, SEARCH = "unmask", "export", "search"
MOST_FOUND = 50

_NEW_DISCLOSURE = insertion(disclosure)
_OF_CASE = Statement(
    select(disclosure, person.c.name.label("by"))
    .join_from(disclosure, person)
    .where(disclosure.c.instance_id == bindparam("case"))
    .order_by(disclosure.c.id)
)


def disclose(
    work: Work, vault: Vault, model: ProcessModel, row: Row, reason: str, actor: Actor
) -> dict[str, str | None]:  # fmt: skip
    """Identity number and birth date of the case's nominee, this once; who saw them and why is recorded.

    Raises:
        NotFound: the actor is none of those the data is for, or there is none.
        NotPerformer: the actor may only see it masked.
        InvalidInput: the reason holds an identity number.
    """
    must_be_in_circle(work, model, row, actor)
    may_open(work, model, load_case(work, row), actor, "Xem dữ liệu cá nhân")
    found = opened_json(unsealed(work, vault, row["id"]))
    record(work, UNMASK, reason, actor, row["id"])
    return found


def search(work: Work, vault: Vault, identity_number: str, reason: str, actor: Actor) -> list[dict[str, Any]]:
    """The newest cases with that nominee that lie with the actor's appraising office, at most fifty.

    Recorded, without the number.

    Raises:
        NotPerformer: the actor works in no appraising office.
        InvalidInput: the reason holds an identity number.
    """
    must_appraise(work, actor, "Tìm theo số định danh")
    for office_id in sorted({unit_id for code, unit_id in actor.unlimited().hats if code in APPRAISING}):
        record(work, SEARCH, reason, actor, unit_id=office_id)
    found = _with_print(work, actor, vault.fingerprint(identity_number))
    return [brief(work, row) for row in found if is_in_circle(work, row, actor, APPRAISING)][:MOST_FOUND]


def cases_of(work: Work, vault: Vault, identity_number: str, actor: Actor) -> list[Row]:
    """The cases with that nominee whose data is for the actor."""
    found = _with_print(work, actor, vault.fingerprint(identity_number))
    return [row for row in found if is_in_circle(work, row, actor)]


def record(
    work: Work, what: str, reason: str, actor: Actor, instance_id: int | None = None, unit_id: int | None = None
) -> None:  # fmt: skip
    """Put down who opened, exported or searched sealed data, and why; of a search, in which office.

    Raises:
        InvalidInput: the reason holds an identity number.
    """
    work.tx.insert(
        _NEW_DISCLOSURE, instance_id=instance_id, unit_id=unit_id, person_id=actor.person_id, what=what,
        reason=checked_reason(reason), at=work.micros,
    )  # fmt: skip


def listed(work: Work, model: ProcessModel, row: Row, actor: Actor) -> list[dict[str, Any]]:
    """Who opened the data of the case's nominee, oldest first.

    Raises:
        NotFound: the actor is neither of the own unit nor oversees the authority.
    """
    must_see_disclosures(work, model, row, actor)
    return of_case(work, row["id"])


def of_case(work: Work, instance_id: int) -> list[dict[str, Any]]:
    """The record of a case, for whoever has been found to be allowed to read it."""
    return [_told(entry) for entry in work.tx.all(_OF_CASE, case=instance_id)]


def overseen_page(work: Work, actor: Actor, before: int | None, limit: int) -> list[dict[str, Any]]:
    """The newest disclosures below that key, of all cases that the actor oversees, each with its case.

    Searches belong to no case: they are for those who oversee the office in which they were made.

    Raises:
        NotPerformer: the actor oversees no authority.
    """
    bodies = overseen(work, actor)
    if not bodies:
        raise NotPerformer(action="Xem nhật ký tiết lộ", who=overseeing_labels(work))
    query = (
        select(disclosure, person.c.name.label("by"))
        .join_from(disclosure, person)
        .outerjoin(instance, disclosure.c.instance_id == instance.c.id)
        .where(or_(instance.c.authority_id.in_(sorted(bodies)), disclosure.c.unit_id.in_(_offices(work, bodies))))
        .order_by(disclosure.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(disclosure.c.id < before)
    rows = work.tx.all(Statement(query))
    cases = cases_by_id(work.tx, (row["instance_id"] for row in rows if row["instance_id"] is not None))
    return [
        {
            "id": str(row["id"]),
            **_told(row),
            "case": brief(work, cases[row["instance_id"]]) if row["instance_id"] else None,
        }
        for row in rows
    ]


def _offices(work: Work, bodies: frozenset[int]) -> list[int]:
    """The keys of the units that appraise for these authorities: their own, and those that have the seat."""
    seated = {
        unit.id for body in bodies for role, unit in work.office.seats(body, work.today).items() if role in APPRAISING
    }
    return sorted(seated | {unit.id for unit in work.office.units.values() if unit.authority_id in bodies})


def _told(row: Row) -> dict[str, Any]:
    return {"at": instant(row["at"]), "by": row["by"], "what": row["what"], "reason": row["reason"]}


def _with_print(work: Work, actor: Actor, printed: str) -> list[Row]:
    proposing = sorted(model.code for model in work.registry.models if has_nominee(model))
    query = (
        select(instance)
        .join_from(subject, instance, subject.c.instance_id == instance.c.id)
        .where(subject.c.identity_print == printed, instance.c.process.in_(proposing), visible_rows(work, actor))
        .order_by(instance.c.id.desc())
    )
    return work.tx.all(Statement(query))
