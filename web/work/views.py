"""A list at an address: what it asks, by what it is sorted, where this part of it begins, and the ways on from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from engine.runtime.listing import Order, Place, Sorting
from web.work.filters import FILTERS, LONGEST_TEXT

SORT, FROM = "sap", "tu"
ORDERS: Mapping[str, Order] = {"ma": Order.BEGUN, "han": Order.DUE, "don_vi": Order.UNIT, "nhan": Order.RECEIVED}


@dataclass(frozen=True, slots=True)
class View:
    """A list at an address. given: what its query asks, as far as lists know it."""

    path: str
    given: Mapping[str, str]
    preset: Mapping[str, str] = field(default_factory=dict)
    """What the list asks when its address does not say."""

    @property
    def asked(self) -> dict[str, str]:
        return {**self.preset, **self.given}

    @property
    def query(self) -> str:
        """The query of the view itself: no place in it."""
        return urlencode({name: value for name, value in self.given.items() if name != FROM})

    def link(self, **changed: str) -> str:
        """The address with something else asked ("" for no longer asked), from the beginning."""
        left = {**self.given, **changed}
        query = urlencode({name: value for name, value in left.items() if value and (name != FROM or FROM in changed)})
        return f"{self.path}?{query}" if query else self.path

    @property
    def sorting(self) -> Sorting:
        name = self.asked.get(SORT, "")
        return Sorting(ORDERS.get(name.removeprefix("-"), Order.DUE), name.startswith("-"))

    def sort_link(self, name: str) -> str:
        """The address sorted by that; turned round when it is already."""
        return self.link(**{SORT: f"-{name}" if self.asked.get(SORT, "han") == name else name})

    @property
    def sorted_by(self) -> tuple[str, bool]:
        """The name of the order in addresses, and whether it goes down."""
        sorting = self.sorting
        return next(name for name, order in ORDERS.items() if order is sorting.order), sorting.descends

    @property
    def place(self) -> tuple[Place | None, int]:
        """Where this part of the list begins, and how many rows come before it."""
        parts = self.given.get(FROM, "").split(".")
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 20 for part in parts):
            return None, 0
        value, key, before = map(int, parts)
        return (Place(value, key), min(before, 10**9)) if max(value, key) < 2**63 else (None, 0)


def view_of(path: str, params: Mapping[str, str], **preset: str) -> View:
    """The view that an address with these parameters stands for."""
    known = {name: params.get(name, "").strip()[:LONGEST_TEXT] for name in (*FILTERS, SORT, FROM)}
    return View(path, {name: value for name, value in known.items() if value not in ("", preset.get(name))}, preset)
