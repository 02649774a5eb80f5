"""Who holds which roles where, for lists of people that mails go to: two queries, whatever is asked for."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Select, or_, select, tuple_

from engine.runtime.accounts import mandate_of
from engine.runtime.database import Statement
from engine.runtime.schema import mandate, membership, person
from engine.runtime.work import Work

Place = tuple[str, int]
"""A role's code and the unit in which it is held."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody whom notices for a role reach. instead_of: the holder whose deputy it is; processes: for
    those alone (empty: all)."""

    person_id: int
    name: str
    has_mail: bool
    instead_of: int | None = None
    processes: frozenset[str] = frozenset()


def holders(work: Work, places: Iterable[Place]) -> dict[Place, list[Holder]]:
    """The active people who hold each role there today, and after them their deputies."""
    wanted = sorted(set(places))
    found: dict[Place, list[Holder]] = {place: [] for place in wanted}
    for row in work.tx.all(Statement(_holding(work, wanted))):
        found[row["role"], row["unit_id"]].append(Holder(row["id"], row["name"], bool(row["mail"])))
    for row in work.tx.all(Statement(_standing_in(work, wanted))):
        given = mandate_of(row)
        held = found[given.role, given.unit_id]
        if any(one.person_id == given.principal_id for one in held):  # who has lost the role gives it to nobody
            deputy = Holder(
                row["deputy_id"], row["deputy"], bool(row["deputy_mail"]), given.principal_id, given.processes
            )  # fmt: skip
            held.append(deputy)
    return found


def reached(found: Iterable[Holder], process: str, assignee_id: int | None) -> list[Holder]:
    """Those of them who hear of a task of that process, each once: of one person's task they and their deputies."""
    fitting = [one for one in found if not one.processes or process in one.processes]
    held = {one.person_id for one in fitting if one.instead_of is None}
    only = assignee_id if assignee_id in held else None
    told = (one for one in fitting if only in (None, one.person_id if one.instead_of is None else one.instead_of))
    return list({one.person_id: one for one in told}.values())


def _holding(work: Work, wanted: list[Place]) -> Select[tuple[str, int, int, str, str]]:
    on = work.today.isoformat()
    return (
        select(membership.c.role, membership.c.unit_id, person.c.id, person.c.name, person.c.mail)
        .join_from(membership, person, membership.c.person_id == person.c.id)
        .where(
            tuple_(membership.c.role, membership.c.unit_id).in_(wanted),
            membership.c.valid_from <= on,
            or_(membership.c.valid_to.is_(None), membership.c.valid_to >= on),
            person.c.active,
        )
        .order_by(person.c.id)
    )


def _standing_in(work: Work, wanted: list[Place]) -> Select[tuple[object, ...]]:
    on, principal = work.today.isoformat(), person.alias("principal")
    return (
        select(
            mandate,
            person.c.name.label("deputy"),
            person.c.mail.label("deputy_mail"),
            principal.c.name.label("principal"),
            principal.c.staff_code,
        )
        .join_from(mandate, person, mandate.c.deputy_id == person.c.id)
        .join(principal, mandate.c.principal_id == principal.c.id)
        .where(
            tuple_(mandate.c.role, mandate.c.unit_id).in_(wanted),
            mandate.c.valid_from <= on,
            or_(mandate.c.valid_to.is_(None), mandate.c.valid_to >= on),
            person.c.active,
        )
        .order_by(person.c.id)
    )
