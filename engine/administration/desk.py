"""Who administers: what a change of the office may reach, and that it is logged."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import bindparam, select

from engine.administration import log
from engine.administration.refusals import OfficeRefused
from engine.definition.performing import SYSTEM, Actor
from engine.errors import InvalidInput, NotPerformer
from engine.instants import vn_date
from engine.runtime.accounts import Scope
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.offices import load_office
from engine.runtime.rights import administered
from engine.runtime.schema import seat, unit
from engine.runtime.service import Answer, Asking, Engine
from engine.runtime.statements import HOLDERS
from engine.runtime.work import Work

HIGHEST = " cấp cao nhất"

p = bindparam
_UNIT = Statement(select(unit).where(unit.c.id == p("which")))
_UNIT_CODED = Statement(select(unit).where(unit.c.code == p("code")))
_SEAT = Statement(
    select(seat.c.unit_id)
    .where(
        seat.c.authority_id == p("authority_id"),
        seat.c.role == p("role"),
        seat.c.valid_from <= p("on"),
        (seat.c.valid_to.is_(None)) | (seat.c.valid_to >= p("on")),
    )
    .order_by(seat.c.id.desc())
)


class Desk:
    """An administrator at work in one transaction; `actor` None: the command line, which reaches everything.

    A body is administered by its own administrators; one that has none, by those of the body above it in the
    tree; what stands under nobody, by those who have none above them.
    """

    def __init__(self, work: Work, actor: Actor | None, wall: datetime | None = None) -> None:
        self.wall = wall or work.now  # real time: sessions end by it
        self.tx: Transaction = work.tx
        self.work = replace(work, office=load_office(work.tx))  # the shared one is renewed after the commit only
        self.actor = actor
        self.role = work.registry.administrator
        self._own = administered(self.work, actor) if actor else frozenset[int]()
        self._keepers: dict[int, int | None] = {}

    @property
    def acting(self) -> Actor:
        """Who stands in a case's history."""
        return self.actor or SYSTEM

    def reload(self) -> None:
        """See the office as this transaction has changed it."""
        self.work = replace(self.work, office=load_office(self.tx))

    # ── reach ────────────────────────────────────────────────────────────────────────────────
    def reaches(self, authority_id: int) -> bool:
        """Whether what that authority decides for may be changed from here."""
        if self.actor is None:
            return True
        keeper = self._keeper(authority_id)
        return keeper in self._own if keeper is not None else self.is_head

    def must_reach(self, authority_id: int, label: str) -> None:
        """Refuse who does not administer that authority; `label` is what was to be done.

        Raises:
            NotPerformer: with who could.
        """
        if not self.reaches(authority_id):
            keeper = self._keeper(authority_id)
            where = f", {self.unit(keeper)['name']}" if keeper is not None else HIGHEST
            raise NotPerformer(action=label, who=f"{self.role.label}{where}")

    def must_administer(self, label: str) -> None:
        """Refuse who administers nothing at all.

        Raises:
            NotPerformer: with who could.
        """
        if self.actor is not None and not self._own:
            raise NotPerformer(action=label, who=self.role.label)

    def must_head(self, label: str) -> None:
        """Refuse who is not an administrator with none above: calendar, law and settings are everybody's.

        Raises:
            NotPerformer: with who could.
        """
        if not self.is_head:
            raise NotPerformer(action=label, who=f"{self.role.label}{HIGHEST}")

    @cached_property
    def is_head(self) -> bool:
        """Whether no administrator stands above this one."""
        return self.actor is None or any(self._has_none_above(body) for body in self._own)

    def _has_none_above(self, body: int) -> bool:
        if self.work.office.units[body].authority_id != body or self._keeper(body) != body:
            return False
        above = self.unit(body)["parent_id"]
        return above is None or self._keeper(authority_of(self.unit(above))) is None

    def _keeper(self, authority_id: int) -> int | None:
        """The body whose administrators look after that authority; as it was when first asked."""
        if authority_id not in self._keepers:
            self._keepers[authority_id] = self._find_keeper(authority_id)
        return self._keepers[authority_id]

    def _find_keeper(self, authority_id: int) -> int | None:
        body: int | None = authority_id
        passed: set[int] = set()
        while body is not None and body not in passed:
            if self.administrators(body, self.work.today):
                return body
            passed.add(body)
            above = self.unit(body)["parent_id"]
            body = authority_of(self.unit(above)) if above is not None else None
        return None

    def administrators(self, authority_id: int, on: date) -> list[Row]:
        """The active people who administer an authority itself on that date."""
        given = self.tx.one(_SEAT, authority_id=authority_id, role=self.role.code, on=on.isoformat())
        unit_id = given["unit_id"] if given else authority_id
        return self.tx.all(HOLDERS, unit_id=unit_id, role=self.role.code, on=on.isoformat())

    def keep_administered(self, authority_ids: set[int], on: date, change: Callable[[], None]) -> None:
        """Make a change, unless it takes the last administrator from one of these authorities.

        Raises:
            OfficeRefused: `last_administrator`; the transaction must be undone.
        """
        before = [body for body in sorted(authority_ids) if self.administrators(body, on)]
        change()
        for body in before:
            if not self.administrators(body, on):
                raise OfficeRefused("last_administrator", day=vn_date(on), authority=self.unit(body)["name"])

    # ── units ────────────────────────────────────────────────────────────────────────────────
    def unit(self, unit_id: int) -> Row:
        """The row of a unit that is known to be there."""
        row = self.tx.one(_UNIT, which=unit_id)
        assert row is not None, "units are foreign keys"
        return row

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


def authority_of(row: Row) -> int:
    """The key of the body that decides for a unit's row."""
    key: int = row["authority_id"] or row["id"]
    return key


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
    """Queue a change of what the office has; the shared office is renewed after the commit, before the answer."""

    def change(work: Work, actor: Actor) -> Answer:
        work.tx.outdates = True
        return perform(Desk(work, actor, engine.wall()))

    return engine.change(asking, change, needs)
