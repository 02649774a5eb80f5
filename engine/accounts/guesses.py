"""How often a password or a code may be guessed: for one account, from one address, and altogether.

A guess is a row before anything is compared, or many sent at once would all pass; the right one is taken out
again. A stranger's guesses never use up those of the owner: each device on which that person has logged in, and
each session that confirms itself, has a small budget of its own, and never waits longer than a burst. On a device
that colleagues share it is used only once the strangers' is gone. Nothing is ever locked for good.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, select, update

from engine.errors import TooManyAttempts
from engine.instants import to_micros
from engine.runtime.database import Statement, Transaction
from engine.runtime.schema import login_attempt
from engine.runtime.statements import insertion

STRANGER = ""
BURST, DAY = timedelta(minutes=15), timedelta(days=1)

_SECOND = 1_000_000
_row, p = login_attempt.c, bindparam
_NEW = insertion(login_attempt)
_TAKE_OUT = Statement(delete(login_attempt).where(_row.id == p("which")))
_FORGIVE = Statement(
    update(login_attempt)
    .where(_row.username == p("who"), _row.origin == p("whence"), _row.address == p("place"))
    .values(forgiven=True)
)
_FORGET = Statement(delete(login_attempt).where(_row.at <= p("until")))


@dataclass(frozen=True, slots=True)
class Guesser:
    """Who guesses at what. `origin`: "device:…" or "session:…" when known to the account, else STRANGER."""

    username: str
    address: str
    origin: str = STRANGER


class _Budget:
    """So many guesses within a time; `counted`: those that it counts, by the parameters of a `Guesser`.

    then: once they are used up, one more guess each time that this has passed since the last; None: no more.
    """

    def __init__(
        self, most: int, within: timedelta, *counted: ColumnElement[bool], then: timedelta | None = None
    ) -> None:
        self.within, self.then = within, then
        newest = select(_row.at).where(and_(*counted)).order_by(_row.at.desc()).limit(1)
        self.newest, self.nth_newest = Statement(newest), Statement(newest.offset(most - 1))

    def wait(self, tx: Transaction, given: Mapping[str, Any], now: int) -> int:
        """Microseconds until the next guess may be looked at; none are left to wait when not above 0."""
        nth, newest = tx.one(self.nth_newest, **given), tx.one(self.newest, **given)
        if nth is None or newest is None:
            return 0
        left = int(nth["at"]) + _micros(self.within) - now
        return min(left, int(newest["at"]) + _micros(self.then) - now) if self.then is not None else left


_LATELY: ColumnElement[bool] = _row.forgiven.is_(False)
_FROM_STRANGERS: ColumnElement[bool] = _row.origin == STRANGER
_AT_ACCOUNT: ColumnElement[bool] = _row.username == p("username")

# Strangers guess at an account less than a hundred times a day: SP 800-63B-4 §3.2.2 allows as many in a row. A known
# place slows down to about as many, instead of closing: whoever sits there could else lock the owner out for a day.
FOR_STRANGERS = (
    _Budget(10, BURST, _AT_ACCOUNT, _FROM_STRANGERS, _LATELY),
    _Budget(80, DAY, _AT_ACCOUNT, _FROM_STRANGERS),
    _Budget(100, BURST, _row.address == p("address"), _FROM_STRANGERS, _LATELY),  # an office behind one address
    _Budget(1000, BURST, _FROM_STRANGERS, _LATELY),
)
FOR_KNOWN = (
    _Budget(10, BURST, _AT_ACCOUNT, _row.origin == p("origin"), _LATELY),
    _Budget(20, DAY, _AT_ACCOUNT, _row.origin == p("origin"), then=BURST),
)


def note(tx: Transaction, who: Guesser, wall_now: datetime) -> int:
    """Count a guess that is about to be looked at; returns its key.

    Raises:
        TooManyAttempts: a budget is used up; nothing was counted. `seconds`: until it is not.
    """
    now = to_micros(wall_now)
    tx.run(_FORGET, until=now - _micros(DAY))
    given: dict[str, Any] = {"username": who.username, "address": who.address, "origin": who.origin}
    for budget in FOR_STRANGERS if who.origin == STRANGER else FOR_KNOWN:
        if (left := budget.wait(tx, given, now)) > 0:
            raise TooManyAttempts(seconds=-(-left // _SECOND))
    return tx.insert(_NEW, **given, forgiven=False, at=now)


def take_out(tx: Transaction, guess_id: int) -> None:
    """It was no guess: the person knew."""
    tx.run(_TAKE_OUT, which=guess_id)


def forgive(tx: Transaction, who: Guesser, guess_id: int) -> None:
    """The guess was right: the wrong ones before it from the same place count for the day only."""
    take_out(tx, guess_id)
    tx.run(_FORGIVE, who=who.username, whence=who.origin, place=who.address)


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
