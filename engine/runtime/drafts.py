"""What somebody has typed into a form and not yet sent: kept per person and form, so that no word is lost.

A draft is no part of a case: nothing decides on it, history does not know it, and it goes when its form is sent.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select

from engine.errors import InvalidInput
from engine.instants import from_micros, to_micros
from engine.runtime.database import Statement, Transaction
from engine.runtime.schema import form_draft
from engine.runtime.statements import insertion

KEPT_FOR = timedelta(days=30)
MOST, MOST_BYTES = 50, 1_000_000
"""How many drafts a person has at most, and how long each may be."""
TOO_LONG = "bản nháp dài quá 1 MB nên không giữ được; hãy chia nhỏ."
Typed = Mapping[str, Sequence[str]]
"""Field → what was typed or chosen there; several values for fields that take several."""

p = bindparam
_FIND = Statement(
    select(form_draft).where(
        form_draft.c.person_id == p("owner"), form_draft.c.place == p("form"), form_draft.c.at >= p("since")
    )
)
_DROP = Statement(delete(form_draft).where(form_draft.c.person_id == p("owner"), form_draft.c.place == p("form")))
_DROP_OLD = Statement(delete(form_draft).where(form_draft.c.at < p("before")))
_NEWEST = (
    select(form_draft.c.id)
    .where(form_draft.c.person_id == p("owner"))
    .order_by(form_draft.c.at.desc(), form_draft.c.id.desc())
    .limit(MOST)
)
_DROP_OLDEST = Statement(
    delete(form_draft).where(form_draft.c.person_id == p("owner"), form_draft.c.id.not_in(_NEWEST))
)
_NEW = insertion(form_draft)


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed, on which version of the case (0: on none), and when; aware UTC."""

    typed: Typed
    version: int
    at: datetime


def find(tx: Transaction, person_id: int, place: str, wall_now: datetime) -> Draft | None:
    """The draft of that person for the form at that address, unless it is too old."""
    row = tx.one(_FIND, owner=person_id, form=place, since=to_micros(wall_now - KEPT_FOR))
    return Draft(json.loads(row["typed"]), row["version"], from_micros(row["at"])) if row else None


def keep(tx: Transaction, person_id: int, place: str, typed: Typed, version: int, wall_now: datetime) -> None:
    """Keep what was typed, instead of what was kept there before; of too many drafts the oldest go.

    Raises:
        InvalidInput: it is longer than `MOST_BYTES`.
    """
    content = json.dumps({name: list(values) for name, values in typed.items()}, ensure_ascii=False)
    if len(content.encode()) > MOST_BYTES:
        raise InvalidInput({"draft": TOO_LONG})
    tx.run(_DROP, owner=person_id, form=place)
    tx.insert(_NEW, person_id=person_id, place=place, typed=content, version=version, at=to_micros(wall_now))
    tx.run(_DROP_OLDEST, owner=person_id)


def drop_old(tx: Transaction, wall_now: datetime) -> None:
    """Forget the drafts of everybody that are too old."""
    tx.run(_DROP_OLD, before=to_micros(wall_now - KEPT_FOR))


def drop(tx: Transaction, person_id: int, place: str) -> None:
    """Forget what was typed there: it was sent, or its author does not want it."""
    tx.run(_DROP, owner=person_id, form=place)
