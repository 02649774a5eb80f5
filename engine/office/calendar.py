"""The days on which Vietnamese state offices work, and how legal time limits count them.

Days are dates in Vietnam. Knows no tables and no clock; whoever stores the rows hands them in.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from importlib.metadata import version
from itertools import islice
from types import MappingProxyType

import holidays

from engine.instants import at_local, local_date

# Local time. MAIL_CLOSES is already too late; what was held goes at HELD_MAIL_AT, when people are in.
MAIL_OPENS = time(7)
MAIL_CLOSES = time(18)
HELD_MAIL_AT = time(8)

_SATURDAY = 5  # date.weekday()
_DAY = timedelta(days=1)


class DayKind(StrEnum):
    """What a dated row says about its day."""

    WORKING = "working"  # offices are open, even on a weekend
    OFF = "off"  # offices are closed, even from Monday to Friday


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day that somebody announced, and who (`source`)."""

    day: date
    kind: DayKind
    name: str
    source: str


class WorkingCalendar:
    """Monday to Friday, corrected by dated rows; of two rows for one day the later holds.

    Immutable. Counting follows Bộ luật Dân sự 2015, Điều 147-148: the first day is not counted,
    the last one is.
    """

    __slots__ = ("_add", "_between", "_kinds")

    def __init__(self, days: Iterable[CalendarDay] = ()) -> None:
        self._kinds = MappingProxyType({row.day: row.kind for row in days})
        self._add = lru_cache(maxsize=4096)(self._count_on)  # the same few days are asked for all day long
        self._between = lru_cache(maxsize=4096)(self._count_between)

    def is_working(self, day: date) -> bool:
        """Whether offices work on `day`."""
        if day in self._kinds:
            return self._kinds[day] == DayKind.WORKING
        return day.weekday() < _SATURDAY

    def add(self, day: date, n: int) -> date:
        """The working day `n` places along from `day`, which is itself not counted.

        Places are counted from the last working day on or before `day`, and `n = 0` is that day.
        So one working day after a Saturday off is Monday, and one before it is Thursday: a
        reminder a day ahead of a deadline that fell on the weekend still leaves all of Friday.
        """
        return self._add(day, n)

    def between(self, start: date, end: date) -> int:
        """How many working days come after `start`, up to and including `end`.

        Negative when `end` is before `start`. Undoes `add`: `between(day, add(day, n)) == n`.
        """
        return -self._between(end, start) if end < start else self._between(start, end)

    def next_working(self, day: date) -> date:
        """`day` when offices work on it, else the first day after it on which they do."""
        return next(self._working_days(day, _DAY))

    def waking_hour(self, instant: datetime) -> datetime:
        """`instant` itself when office mail may go out then, else the aware UTC instant it is held to.

        Held mail goes at 08:00 local: the same day if it is a working day and still before 07:00,
        else the next working day.

        Raises:
            ValueError: `instant` is naive.
        """
        day = local_date(instant)
        if self.is_working(day):
            if instant < at_local(day, MAIL_OPENS):
                return at_local(day, HELD_MAIL_AT)
            if instant < at_local(day, MAIL_CLOSES):
                return instant
        return at_local(self.next_working(day + _DAY), HELD_MAIL_AT)

    def _count_on(self, day: date, n: int) -> date:
        if n > 0:
            return next(islice(self._working_days(day + _DAY, _DAY), n - 1, None))
        return next(islice(self._working_days(day, -_DAY), -n, None))

    def _count_between(self, start: date, end: date) -> int:
        return sum(self.is_working(start + offset * _DAY) for offset in range(1, (end - start).days + 1))

    def _working_days(self, start: date, step: timedelta) -> Iterator[date]:
        day = start
        while True:
            if self.is_working(day):
                yield day
            day += step


def seed_days(first_year: int, last_year: int) -> tuple[CalendarDay, ...]:
    """The rows the `holidays` package knows for these years, both included, by date.

    Named holidays are listed even on a weekend. Swapped days appear only once the government has
    announced them and the package has followed: a year still to be announced looks complete but
    is computed by formula.
    """
    source = f"holidays {version('holidays')}"
    public = holidays.country_holidays("VN", years=range(first_year, last_year + 1), language="vi")
    off = [CalendarDay(day, DayKind.OFF, name, source) for day, name in public.items()]
    worked = [
        CalendarDay(day, DayKind.WORKING, "Ngày làm việc bù", source)
        # The package adds swaps across a year's end (2014, 2019) whatever years it is asked for.
        for day in public.weekend_workdays
        if first_year <= day.year <= last_year
    ]
    return tuple(sorted(off + worked, key=lambda row: row.day))
