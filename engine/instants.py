"""Points in time and legal dates: stored as whole microseconds, decided in UTC, read in Vietnam.

Knows no calendar of holidays and no clock; `now` always comes from the caller.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(instant: datetime) -> int:
    """Whole microseconds from the epoch to `instant`; negative before 1970.

    Raises:
        ValueError: `instant` is naive.
    """
    # Not datetime.timestamp(): a float loses the last microsecond.
    return (_aware(instant) - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware UTC instant that `to_micros` turned into `micros`."""
    return _EPOCH + micros * _MICROSECOND


def local_date(instant: datetime) -> date:
    """The date on a Vietnamese wall at `instant`.

    Raises:
        ValueError: `instant` is naive.
    """
    return _aware(instant).astimezone(LOCAL).date()


@lru_cache(maxsize=4096)  # the same few days are asked for all day long
def at_local(day: date, time: time) -> datetime:
    """The aware UTC instant at which Vietnamese clocks show `time` on `day`.

    Raises:
        ValueError: `time` already belongs to a zone.
    """
    if time.tzinfo is not None:
        raise ValueError(f"{time!r} must be a plain wall-clock time, without a zone.")
    return datetime.combine(day, time, tzinfo=LOCAL).astimezone(UTC)


def start_of_day(day: date) -> datetime:
    """The aware UTC instant at which `day` begins in Vietnam, 00:00 local."""
    return at_local(day, time.min)


def end_of_day(day: date) -> datetime:
    """The aware UTC instant at which a deadline on `day` expires, 24:00 local.

    It is the first instant of the next day, so what happens at it is already late.
    """
    return start_of_day(day + timedelta(days=1))


def vn_date(day: date) -> str:
    """`day` as Vietnamese papers write it: 31/07/2024."""
    return f"{day:%d/%m/%Y}"


def _aware(instant: datetime) -> datetime:
    # astimezone() would read a naive value in the server's own zone and say nothing.
    if instant.utcoffset() is None:
        raise ValueError(f"{instant!r} must carry a time zone.")
    return instant
