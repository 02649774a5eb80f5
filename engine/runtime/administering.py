"""Who administers what: the one answer for units, people, incidents, tasks and archives.

A body is administered by its own administrators; one that has none, by those of the body above it in the tree;
what stands under nobody, by those who have none above them. That power is never given by mandate.
"""

from datetime import date
from functools import cached_property

from sqlalchemy import Select, bindparam, exists, literal, or_, select

from engine.definition.performing import Actor
from engine.errors import NotFound, NotPerformer
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.schema import administration, mandate, membership, person, seat, unit
from engine.runtime.statements import HOLDERS
from engine.runtime.work import Work

HIGHEST = " cấp cao nhất"
PERSON_ADDED = "person.add"
"""What the administration's log calls a new person; its subject is the user name."""

p = bindparam
_PERSON = Statement(select(person).where(person.c.id == p("which")))
_UNIT = Statement(select(unit).where(unit.c.id == p("which")))
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
_WORKS_IN: Select[tuple[int]] = select(membership.c.unit_id).where(
    membership.c.person_id == p("which"), or_(membership.c.valid_to.is_(None), membership.c.valid_to >= p("on"))
)
_STANDS_IN: Select[tuple[int]] = select(mandate.c.unit_id).where(
    mandate.c.deputy_id == p("which"), mandate.c.valid_to >= p("on")
)
_ACTS_IN = Statement(_WORKS_IN.union(_STANDS_IN))  # now or later, for themself or for somebody else
_ADDED_BY = Statement(
    select(administration.c.id).where(
        administration.c.what == PERSON_ADDED,
        administration.c.subject == p("username"),
        administration.c.actor_id == p("actor_id"),
    )
)
_NEVER_IN = Statement(  # administrators who have no password yet
    select(person.c.id).where(
        person.c.password_hash == "",
        exists(select(literal(1)).where(membership.c.person_id == person.c.id, membership.c.role == p("role"))),
    )
)


class Reach:
    """What an actor administers; `actor` None: the command line, which reaches everything.

    unheeded: people who do not count as administrators of anything.
    """

    def __init__(self, work: Work, actor: Actor | None, unheeded: frozenset[int] = frozenset()) -> None:
        self.work, self.actor = work, actor
        self.tx: Transaction = work.tx
        self.role = work.registry.administrator
        self._own = self._bodies_of(actor) if actor else frozenset[int]()
        self._unheeded = unheeded
        self._keepers: dict[int, int | None] = {}

    def _bodies_of(self, actor: Actor) -> frozenset[int]:
        served = (
            self.work.office.served(role, unit_id, self.work.today)
            for role, unit_id in actor.memberships
            if role == self.role.code
        )
        return frozenset[int]().union(*served)

    # ── authorities ──────────────────────────────────────────────────────────────────────────
    def reaches(self, authority_id: int) -> bool:
        """Whether what that authority decides for may be changed from here."""
        if self.actor is None:
            return True
        if not self._own:
            return False
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
        return self.actor is None or any(self.has_none_above(body) for body in self._own)

    def has_none_above(self, body: int) -> bool:
        """Whether the body has administrators of its own, and nobody administers what is above it."""
        if authority_of(self.unit(body)) != body or self._keeper(body) != body:
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
        found = self.tx.all(HOLDERS, unit_id=unit_id, role=self.role.code, on=on.isoformat())
        return [row for row in found if row["id"] not in self._unheeded]

    # ── people ───────────────────────────────────────────────────────────────────────────────
    def must_reach_person(self, person_id: int, label: str) -> Row:
        """The row of a person who may be changed from here: all units in which they act, now or later, for
        themself or for somebody else, are within reach. Who changes a mail box could let themself in with all that.

        Who acts nowhere is for administrators with none above, and for who added them.

        Raises:
            NotFound: there is none.
            NotPerformer: the actor does not administer every authority that the person works for.
        """
        self.must_administer(label)
        row = self.existing(person_id)
        units = self.tx.all(_ACTS_IN, which=person_id, on=self.work.today.isoformat())
        for held in units:
            self.must_reach(authority_of(self.unit(held["unit_id"])), label)
        if not units and not self._has_added(row):
            self.must_head(label)
        return row

    def must_reach_to_invite(self, person_id: int, label: str) -> Row:
        """As `must_reach_person`; as long as the person has no password, administrators who have none either
        do not count: somebody must be able to let a body's first ones in.

        Raises:
            NotFound, NotPerformer: as `must_reach_person`.
        """
        try:
            return self.must_reach_person(person_id, label)
        except NotPerformer:
            if self.actor is None or not self._own or self.existing(person_id)["password_hash"]:
                raise
        unheeded = {row["id"] for row in self.tx.all(_NEVER_IN, role=self.role.code)} - {self.actor.person_id}
        return Reach(self.work, self.actor, frozenset(unheeded)).must_reach_person(person_id, label)

    def existing(self, person_id: int) -> Row:
        """The row of a person.

        Raises:
            NotFound: there is none.
        """
        row = self.tx.one(_PERSON, which=person_id)
        if row is None:
            raise NotFound(what=f"người dùng số {person_id}")
        return row

    def _has_added(self, row: Row) -> bool:
        own = self.actor.person_id if self.actor else None
        return own is not None and self.tx.one(_ADDED_BY, username=row["username"], actor_id=own) is not None

    # ── units ────────────────────────────────────────────────────────────────────────────────
    def unit(self, unit_id: int) -> Row:
        """The row of a unit that is known to be there."""
        row = self.tx.one(_UNIT, which=unit_id)
        assert row is not None, "units are foreign keys"
        return row


def administers(work: Work, actor: Actor, authority_id: int) -> bool:
    """Whether the actor, who is a person, administers that authority."""
    return Reach(work, actor).reaches(authority_id)


def authority_of(row: Row) -> int:
    """The key of the body that decides for a unit's row."""
    key: int = row["authority_id"] or row["id"]
    return key
