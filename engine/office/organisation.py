"""The office as it stands: units, who holds which seat, the working calendar and the law. Immutable.

Loaded once and shared by every command; a change of the organisation makes a new one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from engine.office.calendar import WorkingCalendar
from engine.office.law import LawBook


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation unit. `groups`: the addressee groups of a plan that it belongs to.

    `authority_id` is the body whose head decides for it; the top of the tree is its own. `identifier`: mã
    định danh of the electronic document system. `parent_id`: the unit above it in the tree.
    """

    id: int
    code: str
    name: str
    kind: str
    mail: str
    authority_id: int
    groups: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    identifier: str | None = None
    parent_id: int | None = None

    def exists(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class SeatRow:
    """From one date to another, `unit_id` holds the role for the authority."""

    authority_id: int
    role: str
    unit_id: int
    valid_from: date
    valid_to: date | None

    def holds(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


class Office:
    """Look-ups over the organisation."""

    def __init__(
        self, units: Iterable[Unit], seats: Iterable[SeatRow], calendar: WorkingCalendar, law: LawBook
    ) -> None:
        self.units: Mapping[int, Unit] = {unit.id: unit for unit in units}
        self.by_code: Mapping[str, Unit] = {unit.code: unit for unit in self.units.values()}
        self.calendar, self.law = calendar, law
        self._seated = lru_cache(maxsize=1024)(self._find_seats)  # asked several times for each action
        self._seats: dict[int, list[SeatRow]] = {}
        for seat in seats:
            self._seats.setdefault(seat.authority_id, []).append(seat)

    def seats(self, authority_id: int, on: date) -> Mapping[str, Unit]:
        """Role code → the unit that holds it for the authority on that date."""
        return self._seated(authority_id, on)

    def _find_seats(self, authority_id: int, on: date) -> Mapping[str, Unit]:
        rows = self._seats.get(authority_id, ())
        return {row.role: self.units[row.unit_id] for row in rows if row.holds(on)}

    def served(self, role: str, unit_id: int, on: date) -> frozenset[int]:
        """The authorities whose seat of that role is the unit; without a seat row, an authority sits itself."""
        rows = [row for rows in self._seats.values() for row in rows if row.role == role and row.holds(on)]
        by_row = {row.authority_id for row in rows if row.unit_id == unit_id}
        return frozenset(by_row if any(row.authority_id == unit_id for row in rows) else by_row | {unit_id})

    def below(self, authority_id: int, on: date) -> tuple[Unit, ...]:
        """The units of the authority on that date, without itself."""
        return tuple(
            unit
            for unit in self.units.values()
            if unit.authority_id == authority_id and unit.id != authority_id and unit.exists(on)
        )

    def circle(self, unit_ids: Iterable[int]) -> frozenset[int]:
        """The authorities that people of these units belong to: their units', and units that are one."""
        ids = list(unit_ids)
        return frozenset(ids) | {self.units[unit_id].authority_id for unit_id in ids}

    def overseen(self, authority_id: int) -> frozenset[int]:
        """The authority and the lower authorities within it (a district and its wards)."""
        inside = {unit.id for unit in self.units.values() if unit.authority_id == authority_id}
        return frozenset(inside | {authority_id})
