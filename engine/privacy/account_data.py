"""What the system holds about the account of the person asking."""

from typing import Any

from sqlalchemy import bindparam, func, select

from engine.definition.performing import Actor
from engine.errors import NotAuthenticated
from engine.runtime.database import Statement
from engine.runtime.present import unit_json
from engine.runtime.schema import (
    disclosure,
    form_draft,
    history,
    job,
    known_device,
    mandate,
    membership,
    person,
    saved_view,
    second_factor,
    session,
    sign_on,
)
from engine.runtime.work import Work

_ME = Statement(select(person).where(person.c.id == bindparam("me")))
_MEMBERSHIPS = Statement(
    select(membership)
    .where(membership.c.person_id == bindparam("me"))
    .order_by(membership.c.valid_from, membership.c.id)
)
_COUNTS = {
    "sessions": (session.c.person_id, session.c.kind == "session"),
    "tokens": (session.c.person_id, session.c.kind == "token"),
    "second_factors": (second_factor.c.person_id, None),
    "known_devices": (known_device.c.person_id, None),
    "sign_ons": (sign_on.c.person_id, None),
    "mandates_given": (mandate.c.principal_id, None),
    "mandates_received": (mandate.c.deputy_id, None),
    "history_entries": (history.c.actor_id, None),
    "disclosures_made": (disclosure.c.person_id, None),
    "saved_views": (saved_view.c.person_id, None),
    "drafts": (form_draft.c.person_id, None),
    "jobs": (job.c.owner_id, None),
}
"""What is counted: the column that names the person, and a further condition."""


def _count(name: str) -> Statement:
    column, condition = _COUNTS[name]
    query = select(func.count().label("n")).where(column == bindparam("me"))
    return Statement(query if condition is None else query.where(condition))


_COUNTED = {name: _count(name) for name in _COUNTS}


def my_data(work: Work, actor: Actor) -> dict[str, Any]:
    """Name, addresses, every membership past and present, and how many rows of each other kind; no secret.

    Raises:
        NotAuthenticated: the system itself has no account.
    """
    row = work.tx.one(_ME, me=actor.person_id)
    if row is None:
        raise NotAuthenticated
    counts = {name: work.tx.one(counted, me=actor.person_id) for name, counted in _COUNTED.items()}
    return {
        "person": {
            "id": str(row["id"]),
            "username": row["username"],
            "name": row["name"],
            "mail": row["mail"],
            "staff_code": row["staff_code"],
        },
        "memberships": [
            {
                "role": held["role"],
                "unit": unit_json(work, held["unit_id"]),
                "from": held["valid_from"],
                "to": held["valid_to"],
            }
            for held in work.tx.all(_MEMBERSHIPS, me=actor.person_id)
        ],
        "counts": {name: count["n"] for name, count in counts.items() if count is not None},
    }
