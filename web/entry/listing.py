"""A list that somebody is entering: kept as their draft at the page's address until its rows are taken."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from engine.errors import InvalidInput
from engine.jobs.orders import MOST_ROWS
from engine.runtime import drafts
from engine.runtime.database import Transaction

ROWS, UNKNOWN, TEXT = "row", "unknown", "list"
STAMP_FIELD = "_stamp"
CELLS = "?o=1"
"""Below the page's address with this, cells wait that were typed when a session had ended."""
_CELL = re.compile(r"c-(?P<row>[0-9]{1,4})-(?P<column>[0-9]{1,3})")


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of cells; headings that were not understood; text that was pasted and not read yet."""

    rows: tuple[tuple[str, ...], ...] = ()
    unknown: tuple[str, ...] = ()
    text: str = ""

    @property
    def stamp(self) -> str:
        """Names these very rows: what was typed into others is not meant for them."""
        return sha256(json.dumps(self.rows).encode()).hexdigest()[:16]

    def with_rows(self, more: Iterable[Iterable[str]], unknown: tuple[str, ...] = ()) -> "Listing":
        """The list with further rows below.

        Raises:
            InvalidInput: it would have too many.
        """
        rows = (*self.rows, *(tuple(row) for row in more))
        if len(rows) > MOST_ROWS:
            told = f"Danh sách có {len(rows)} dòng; mỗi lần nhập nhiều nhất {MOST_ROWS} dòng. Hãy chia thành nhiều lần."
            raise InvalidInput({TEXT: told})
        return replace(self, rows=rows, unknown=unknown, text="")

    def edited(self, typed: Mapping[str, str], without: int = 0) -> "Listing":
        """The list with what was typed into its cells, when it was typed into these rows.

        without: the number of a row, from 1, that goes; so do rows in which nothing is left.
        """
        if typed.get(STAMP_FIELD) != self.stamp:
            return self
        rows = [list(row) for row in self.rows]
        for name, value in typed.items():
            place = _CELL.fullmatch(name)
            row, column = (int(place["row"]) - 1, int(place["column"])) if place else (-1, 0)
            if 0 <= row < len(rows) and column < len(rows[row]):
                rows[row][column] = " ".join(value.split())
        left = (tuple(row) for number, row in enumerate(rows, start=1) if number != without and any(row))
        return replace(self, rows=tuple(left))


def find(tx: Transaction, person_id: int, place: str, wall_now: datetime) -> Listing:
    """The list that this person is entering at that address; an empty one when there is none."""
    draft = drafts.find(tx, person_id, place, wall_now)
    if draft is None:
        return Listing()
    rows = (tuple(json.loads(row)) for row in draft.typed.get(ROWS, ()))
    text = next(iter(draft.typed.get(TEXT, ())), "")
    found = Listing(tuple(rows), tuple(draft.typed.get(UNKNOWN, ())), text)
    cells = drafts.find(tx, person_id, place + CELLS, wall_now)
    return found.edited({name: values[0] for name, values in cells.typed.items() if values}) if cells else found


def keep(tx: Transaction, person_id: int, place: str, listing: Listing, wall_now: datetime) -> None:
    """Keep the list instead of what was kept there; an empty one is forgotten."""
    drafts.drop(tx, person_id, place + CELLS)
    if not listing.rows and not listing.text:
        drafts.drop(tx, person_id, place)
        return
    rows = [json.dumps(row, ensure_ascii=False) for row in listing.rows]
    typed = {ROWS: rows, UNKNOWN: list(listing.unknown), TEXT: [listing.text] if listing.text else []}
    drafts.keep(tx, person_id, place, typed, 0, wall_now)
