"""An administrator at work: what a change of the office may reach, and that it is logged."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, union

from engine.administration import log
from engine.administration.refusals import OfficeRefused
from engine.definition.performing import SYSTEM, Actor
from engine.errors import InvalidInput
from engine.instants import vn_date
from engine.runtime.accounts import Login, Scope, check_scope, login_of
from engine.runtime.administering import Reach
from engine.runtime.database import Row, Statement
from engine.runtime.known import Unknown
from engine.runtime.offices import load_office
from engine.runtime.schema import membership, seat, unit
from engine.runtime.service import Answer, Asking, Engine
from engine.runtime.work import Work

LABEL = "Quản trị"
_DAY = timedelta(days=1)

p = bindparam
_UNIT_CODED = Statement(select(unit).where(unit.c.code == p("code")))
_ENDS = Statement(  # the days on which somebody, or some unit, may cease to administer
    union(
        select(membership.c.valid_to.label("last")).where(membership.c.role == p("role")),
        select(seat.c.valid_to).where(seat.c.role == p("role")),
    )
)
_TAKEN = Statement(select(seat.c.valid_from).where(seat.c.role == p("role")))  # the unit before ceases the day before


GIVES_POWER = (Scope.ADMINISTER, Scope.SIGN)
"""What it takes to let somebody in or to give away power: a session confirmed lately, or a token that may do both."""


class Desk(Reach):
    """An administrator at work in one transaction; `actor` None: the command line, which reaches everything."""

    def __init__(
        self, work: Work, actor: Actor | None, wall: datetime | None = None, login: Login | None = None
    ) -> None:
        # The office as it is within this transaction, whatever it changes.
        super().__init__(replace(work, office=load_office(work.tx), known=Unknown()), actor)
        self.wall = wall or work.now  # real time: sessions end by it
        self.login = login  # by which the actor is here; None: nothing but the roles is asked for
        self.moved: list[Row] = []  # the people whose mail box was changed, as they were before

    @property
    def acting(self) -> Actor:
        """Who stands in a case's history."""
        return self.actor or SYSTEM

    def must_allow(self, *needs: Scope) -> None:
        """Refuse a login that is not good for all of that; see `GIVES_POWER`.

        Raises:
            ScopeMissing: a token without one of them.
            ConfirmationNeeded: a session that was confirmed too long ago to sign.
        """
        if self.login is not None:
            for scope in needs:
                check_scope(self.login, scope, self.wall)

    def reload(self) -> None:
        """See the office as this transaction has changed it."""
        self.work = replace(self.work, office=load_office(self.tx))

    def keep_administered(self, authority_ids: set[int], on: date, change: Callable[[], None]) -> None:
        """Make a change, unless it takes the last administrator from one of these authorities, on that day or
        on a later one when somebody else ceases to be one.

        Raises:
            OfficeRefused: `last_administrator`; the transaction must be undone.
        """
        ended, taken = self.tx.gather((_ENDS, {"role": self.role.code}), (_TAKEN, {"role": self.role.code}))
        ends = {date.fromisoformat(row["last"]) for row in ended if row["last"]}
        ends |= {date.fromisoformat(row["valid_from"]) - _DAY for row in taken}
        days = sorted({on} | {end + _DAY for end in ends if on <= end < date.max})
        before = [(day, body) for day in days for body in sorted(authority_ids) if self.administrators(body, day)]
        change()
        for day, body in before:
            if not self.administrators(body, day):
                when = f"Sau ngày {vn_date(day - _DAY)}" if day > self.work.today else "Từ hôm nay"
                raise OfficeRefused("last_administrator", when=when, authority=self.unit(body)["name"])

    # ── units ────────────────────────────────────────────────────────────────────────────────
    @property
    def reached_units(self) -> frozenset[int]:
        """The keys of all units, also closed ones, that may be changed from here."""
        units = self.work.office.units.values()
        bodies = {body for body in {one.authority_id for one in units} if self.reaches(body)}
        return frozenset(one.id for one in units if one.authority_id in bodies)

    def coded(self, code: str) -> Row | None:
        """The unit of that code, also one that is closed."""
        return self.tx.one(_UNIT_CODED, code=code)

    def named(self, code: str, field: str) -> Row:
        """The unit that a form's field names.

        Raises:
            InvalidInput: there is none.
        """
        row = self.coded(code)
        if row is None:
            raise InvalidInput({field: f"Không có đơn vị «{code}»."})
        return row

    # ── the log ──────────────────────────────────────────────────────────────────────────────
    def note(self, what: str, subject: str, **payload: Any) -> None:
        """Log a change; `payload` says before and after."""
        log.append(self.work, self.actor.person_id if self.actor else None, what, subject, payload)


def must_live(row: Row, on: date) -> None:
    """Refuse a unit that does not exist on that day.

    Raises:
        OfficeRefused: `unit_not_alive`.
    """
    day = on.isoformat()
    if row["valid_from"] > day or (row["valid_to"] is not None and row["valid_to"] < day):
        raise OfficeRefused("unit_not_alive", unit=row["code"], day=vn_date(on))


def administer(
    engine: Engine, asking: Asking, perform: Callable[[Desk], Answer], needs: Scope = Scope.ADMINISTER
) -> "Future[Answer]":
    """Queue a change of what the office has; every node reads the office again after the commit.

    What was answered before is given again only to somebody who still administers something.
    """

    def change(work: Work, actor: Actor) -> Answer:
        wall_now = engine.wall()
        return perform(Desk(work, actor, wall_now, login_of(work.tx, asking.secret, wall_now)))

    def must(work: Work, actor: Actor) -> None:
        if needs is Scope.ADMINISTER:
            Reach(work, actor).must_administer(LABEL)

    return engine.change(asking, change, needs, must)
