"""What one command works with: its transaction, the office, the definitions, the business instant."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from engine.definition.registry import Registry
from engine.instants import local_date, to_micros
from engine.office.organisation import Office
from engine.runtime.database import Transaction
from engine.runtime.known import Known


@dataclass(frozen=True)  # no slots: the two instants below are worked out once
class Work:
    """One command's surroundings. `now` is the business instant, aware UTC; `salt` gives 16 bytes.

    request_id: what it follows from, for the history and the mail log: a request, tick-…, job-…; empty when unknown.
    known: what has been asked about people in this edition of the office.
    """

    tx: Transaction
    office: Office
    registry: Registry
    now: datetime
    salt: Callable[[], bytes]
    request_id: str = ""
    known: Known = field(default_factory=Known)

    @cached_property
    def today(self) -> date:
        """The legal date in Asia/Ho_Chi_Minh."""
        return local_date(self.now)

    @cached_property
    def micros(self) -> int:
        return to_micros(self.now)
