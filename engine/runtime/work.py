"""What one command works with: its transaction, the office, the definitions, the business instant."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from engine.definition.registry import Registry
from engine.instants import local_date, to_micros
from engine.office.organisation import Office
from engine.runtime.database import Transaction


@dataclass(frozen=True)  # no slots: the two instants below are worked out once
class Work:
    """One command's surroundings. `now` is the business instant, aware UTC; `salt` gives 32 hex digits."""

    tx: Transaction
    office: Office
    registry: Registry
    now: datetime
    salt: Callable[[], str]

    @cached_property
    def today(self) -> date:
        """The legal date in Asia/Ho_Chi_Minh."""
        return local_date(self.now)

    @cached_property
    def micros(self) -> int:
        return to_micros(self.now)
