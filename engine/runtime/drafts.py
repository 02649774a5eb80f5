"""What somebody has typed into a form and not yet sent: kept per person and form, so that no word is lost.

A draft is no part of a case: nothing decides on it, history does not know it, and it goes when its form is sent.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select

from engine.instants import from_micros, to_micros
from engine.runtime.database import Statement, Transaction
from engine.runtime.schema import form_draft
from engine.runtime.statements import insertion

KEPT_FOR = timedelta(days=30)
Typed = Mapping[str, Sequence[str]]
"""Field → what was typed or chosen there; several values for fields that take several."""

p = bindparam
_FIND = Statement(select(form_draft).where(form_draft.c.person_id == p("owner"), form_draft.c.place == p("form")))
_DROP = Statement(delete(form_draft).where(form_draft.c.person_id == p("owner"), form_draft.c.place == p("form")))
_DROP_OLD = Statement(delete(form_draft).where(form_draft.c.at < p("before")))
_NEW = insertion(form_draft)


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed, on which version of the case (0: on none), and when; aware UTC."""

    typed: Typed
    version: int
    at: datetime


def find(tx: Transaction, person_id: int, place: str) -> Draft | None:
    """The draft of that person for the form at that address."""
    row = tx.one(_FIND, owner=person_id, form=place)
    return Draft(json.loads(row["typed"]), row["version"], from_micros(row["at"])) if row else None


def keep(tx: Transaction, person_id: int, place: str, typed: Typed, version: int, wall_now: datetime) -> None:
    """Keep what was typed, instead of what was kept there before. Drafts that are too old go."""
    tx.run(_DROP_OLD, before=to_micros(wall_now - KEPT_FOR))
    tx.run(_DROP, owner=person_id, form=place)
    content = json.dumps({name: list(values) for name, values in typed.items()}, ensure_ascii=False)
    tx.insert(_NEW, person_id=person_id, place=place, typed=content, version=version, at=to_micros(wall_now))


def drop(tx: Transaction, person_id: int, place: str) -> None:
    """Forget what was typed there: it was sent, or its author does not want it."""
    tx.run(_DROP, owner=person_id, form=place)
