"""Legal numbers and rules as dated rows: each with its citation and how sure it is.

A row is looked up by kind, key and the legal date on which it must be in force.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class Mark(StrEnum):
    """How sure a row is: read in its source, seen once, not verified, or the product's own rule."""

    VERIFIED = "V"
    SEEN = "S"
    UNVERIFIED = "U"
    DESIGN = "D"


class NoLawInForce(LookupError):
    """No row of that kind and key is in force on that date."""


@dataclass(frozen=True, slots=True)
class LegalRow:
    """One dated row. In force from `valid_from` to `valid_to`, both included; an open end is None."""

    kind: str
    key: str
    value: Mapping[str, Any]
    citation: str
    mark: Mark
    valid_from: date = date(2024, 1, 1)
    valid_to: date | None = None
    confirmed: bool = False

    @property
    def may_block(self) -> bool:
        """Unverified law warns; it blocks only once an administrator has confirmed it."""
        return self.confirmed or self.mark in (Mark.VERIFIED, Mark.DESIGN)

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


class LawBook:
    """All legal rows, for look-up by kind, key and date. Immutable."""

    def __init__(self, rows: Iterable[LegalRow]) -> None:
        self.rows = tuple(rows)
        self._by_key: dict[tuple[str, str], list[LegalRow]] = {}
        for row in self.rows:
            self._by_key.setdefault((row.kind, row.key), []).append(row)

    def find(self, kind: str, key: str, on: date) -> LegalRow | None:
        """The row in force on that date; the latest begun when several are. None when there is none."""
        rows = [row for row in self._by_key.get((kind, key), ()) if row.in_force(on)]
        return max(rows, key=lambda row: row.valid_from, default=None)

    def get(self, kind: str, key: str, on: date) -> LegalRow:
        """Like `find`.

        Raises:
            NoLawInForce: there is none; a gap in the law book, not a fault of the person acting.
        """
        row = self.find(kind, key, on)
        if row is None:
            raise NoLawInForce(f"no row {kind}/{key} in force on {on.isoformat()}")
        return row
