"""The business clock: real time, or in the demo a virtual instant that only people move."""

from datetime import UTC, datetime

from sqlalchemy import bindparam, insert, select, update

from engine.errors import InvalidInput
from engine.instants import LOCAL, from_micros, to_micros
from engine.runtime.database import Statement, Transaction
from engine.runtime.schema import setting

_NAME = "demo_clock"
_READ = Statement(select(setting.c.value).where(setting.c.name == bindparam("which")))
_NEW = Statement(insert(setting).values(name=bindparam("name"), value=bindparam("value")))
_MOVE = Statement(update(setting).where(setting.c.name == bindparam("which")).values(value=bindparam("value")))


def wall_clock() -> datetime:
    """Real time, aware UTC."""
    return datetime.now(UTC)


class DemoClock:
    """A virtual instant, aware UTC, that stands still until it is moved forward. Call it for the instant."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def __call__(self) -> datetime:
        return self._now

    def move(self, to: datetime) -> None:
        """Go forward to `to`.

        Raises:
            InvalidInput: `to` lies in the past.
        """
        if to < self._now:
            raise InvalidInput({"now": f"đồng hồ chỉ đi tới; bây giờ là {self._now.astimezone(LOCAL).isoformat()}"})
        self._now = to.astimezone(UTC)


def stored_clock(tx: Transaction) -> datetime | None:
    """Where the demo's clock stood when it was last moved."""
    row = tx.one(_READ, which=_NAME)
    return from_micros(int(row["value"])) if row else None


def store_clock(tx: Transaction, now: datetime) -> None:
    """Remember where the demo's clock stands."""
    if not tx.change(_MOVE, which=_NAME, value=str(to_micros(now))):
        tx.run(_NEW, name=_NAME, value=str(to_micros(now)))
