"""People: who there is, adding, changing, and leaving."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, or_, select, update

from engine.administration.desk import GIVES_POWER, Desk
from engine.administration.forms import Leaving, NewPerson, PersonPatch
from engine.administration.holdings import MEMBERSHIPS_BETWEEN, MEMBERSHIPS_OF, end_memberships_of
from engine.administration.leaving import plan, see_off
from engine.administration.refusals import OfficeRefused
from engine.definition.words import fold
from engine.errors import InvalidInput, NotFound
from engine.runtime import offices
from engine.runtime.accounts import revoke_all, void_links
from engine.runtime.administering import PERSON_ADDED, authority_of
from engine.runtime.database import Row, Statement
from engine.runtime.schema import membership, person
from engine.runtime.statements import HOLDERS
from engine.runtime.work import Work

_DAY = timedelta(days=1)

p = bindparam
PERSON = Statement(select(person).where(person.c.id == p("which")))
PERSON_NAMED = Statement(select(person).where(person.c.username == p("username")))
_STAFF = Statement(select(person.c.username).where(person.c.staff_code == p("staff_code"), person.c.id != p("other")))
_CHANGE = Statement(
    update(person)
    .where(person.c.id == p("which"))
    .values({name: p(name) for name in ("name", "mail", "staff_code", "active", "password_hash")})
)


# ── looks ────────────────────────────────────────────────────────────────────────────────────
def people(
    desk: Desk, *, unit: str | None, active: bool | None, after: int, most: int | None, role: str | None = None,
    text: str = "",
) -> list[dict[str, Any]]:  # fmt: skip
    """The people of the units that the desk reaches, and those who hold nothing yet, in order of entry.

    role: whom it was ever given there. text: words, each in the name, user name, mail box or staff code; marks and
    case do not count.

    Raises:
        NotPerformer: the actor administers nothing.
    """
    desk.must_administer("Xem danh sách người dùng")
    reached = desk.reached_units
    held = exists().where(membership.c.person_id == person.c.id)
    query = select(person).where(person.c.id > after).order_by(person.c.id)
    if unit is not None or role is not None:
        one = desk.work.office.by_code.get(unit) if unit is not None else None
        ids = sorted(reached) if unit is None else [one.id] if one is not None and one.id in reached else []
        there = held.where(membership.c.unit_id.in_(ids))
        query = query.where(there.where(membership.c.role == role) if role is not None else there)
    else:
        query = query.where(or_(held.where(membership.c.unit_id.in_(sorted(reached))), ~held))
    if active is not None:
        query = query.where(person.c.active.is_(active))
    words = fold(text).split()
    rows = desk.tx.all(Statement(query if most is None or words else query.limit(most)))
    rows = [row for row in rows if _mentions(row, words)] if words else rows
    return _all_shown(desk.work, rows if most is None else rows[:most])


def _mentions(row: Row, words: Iterable[str]) -> bool:
    said = fold(" ".join(row[name] or "" for name in ("name", "username", "mail", "staff_code")))
    return all(word in said for word in words)


def _all_shown(work: Work, rows: list[Row]) -> list[dict[str, Any]]:
    """The people with what they hold, which is asked for once for all of them."""
    if not rows:
        return []
    held: dict[int, list[Row]] = {}
    for one in work.tx.all(MEMBERSHIPS_BETWEEN, first=rows[0]["id"], last=rows[-1]["id"]):
        held.setdefault(one["person_id"], []).append(one)
    return [_shown(work, row, held.get(row["id"], [])) for row in rows]


def person_of(desk: Desk, person_id: int) -> dict[str, Any]:
    """One person as administrators see them; whether they may is asked before."""
    return _shown(desk.work, desk.existing(person_id), desk.tx.all(MEMBERSHIPS_OF, person_id=person_id))


def must_see(desk: Desk, person_id: int) -> None:
    """Refuse who administers none of the units that the person belongs to; who belongs to none is open to all.

    Raises:
        NotFound: there is no such person, or not within reach.
        NotPerformer: the actor administers nothing.
    """
    desk.must_administer("Xem người dùng")
    held = desk.tx.all(MEMBERSHIPS_OF, person_id=desk.existing(person_id)["id"])
    if held and not any(desk.reaches(authority_of(desk.unit(row["unit_id"]))) for row in held):
        raise NotFound(what=f"người dùng số {person_id}")


def _shown(work: Work, row: Row, held: list[Row]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "username": row["username"],
        "name": row["name"],
        "mail": row["mail"],
        "staff_code": row["staff_code"],
        "active": bool(row["active"]),
        "has_password": bool(row["password_hash"]),
        "memberships": [membership_json(work, one) for one in held],
    }


def membership_json(work: Work, row: Row) -> dict[str, Any]:
    """A membership, with its key; `row` as `holdings.MEMBERSHIP` gives it."""
    role = work.registry.roles.get(row["role"])
    return {
        "id": str(row["id"]),
        "role": {"code": row["role"], "label": role.label if role else row["role"]},
        "unit": {"code": row["code"], "name": row["unit_name"]},
        "from": row["valid_from"],
        "to": row["valid_to"],
    }


# ── changes ──────────────────────────────────────────────────────────────────────────────────
def add(desk: Desk, new: NewPerson) -> int:
    """A new person, who can log in once a password was set by invitation; returns the key.

    Raises:
        NotPerformer: the actor administers nothing.
        OfficeRefused: a user name or staff code that is taken.
    """
    desk.must_administer("Thêm người dùng")
    if desk.tx.one(PERSON_NAMED, username=new.username) is not None:
        raise OfficeRefused("username_taken", username=new.username)
    _staff_code_free(desk, new.staff_code, 0)
    person_id = offices.add_person(desk.tx, new.username, new.name, mail=new.mail, staff_code=new.staff_code)
    desk.note(PERSON_ADDED, new.username, after={"name": new.name, "staff_code": new.staff_code})
    return person_id


def enter(desk: Desk, new: NewPerson) -> dict[str, Any]:
    """As `add`; gives the person as administrators see them.

    Raises:
        NotPerformer, OfficeRefused: as `add`.
    """
    return person_of(desk, add(desk, new))


def revise(desk: Desk, person_id: int, patch: PersonPatch) -> dict[str, Any]:
    """As `change`; gives the person as administrators see them.

    Raises:
        NotFound, NotPerformer, ConfirmationNeeded, ScopeMissing, OfficeRefused: as `change`.
    """
    change(desk, person_id, patch)
    return person_of(desk, person_id)


def change(desk: Desk, person_id: int, patch: PersonPatch) -> None:
    """Change what was named. Whose account is closed or opened again is logged out and has no password any more.

    Another mail box is a key to the account: links in older letters are void, sessions end, and `desk.moved` has the
    person as they were, to be told at the old address.

    Raises:
        NotFound: there is no such person.
        NotPerformer: the actor does not administer every authority that the person works for.
        ConfirmationNeeded, ScopeMissing: another mail box, or opening again, without what `GIVES_POWER` takes.
        OfficeRefused: `staff_code_taken`, `last_administrator`.
    """
    row = desk.must_reach_person(person_id, "Sửa người dùng")
    before = {name: row[name] for name in ("name", "mail", "staff_code", "active")}
    before["active"] = bool(before["active"])
    after = before | patch.given()
    if after == before:
        return
    is_moved, is_turned = after["mail"] != before["mail"], after["active"] is not before["active"]
    if is_moved or (is_turned and after["active"]):
        desk.must_allow(*GIVES_POWER)
    _staff_code_free(desk, after["staff_code"], person_id)

    def write() -> None:
        desk.tx.run(_CHANGE, which=person_id, password_hash="" if is_turned else row["password_hash"], **after)
        if is_turned:
            _shut_out(desk, person_id)
        elif is_moved:
            void_links(desk.tx, person_id, desk.wall)
            revoke_all(desk.tx, person_id, desk.wall, but=desk.login.session_id if desk.login else 0)
        if is_moved:
            desk.moved.append(row)

    desk.keep_administered(_authorities_of(desk, person_id), desk.work.today, write)
    changed = sorted(name for name in after if after[name] != before[name])
    told = {name: (before[name], after[name]) for name in ("name", "staff_code", "active") if name in changed}
    desk.note("person.change", row["username"], changed=changed, **told)


def leave(desk: Desk, person_id: int, leaving: Leaving) -> dict[str, Any]:
    """End all that a person holds after a day; says what ended and to whom the assigned tasks went.

    Once that day is over the account is closed, and tasks go to the successor where that person holds the role and
    is not kept from the case, else back to all who hold it: at once, or on the first tick of the next day.

    Raises:
        NotFound: no such person.
        InvalidInput: an unknown successor.
        NotPerformer: the actor does not administer every authority that the person works for.
        OfficeRefused: `successor_is_leaver`, `person_not_active` (the successor), `last_administrator`.
    """
    row = desk.must_reach_person(person_id, "Cho người dùng thôi việc")
    successor = _successor(desk, person_id, leaving.successor)
    held: list[Row] = []
    mandates = 0

    def end() -> None:
        nonlocal mandates
        ended, mandates = end_memberships_of(desk, person_id, leaving.last_day)
        held.extend(ended)

    first_day_without = max(leaving.last_day + _DAY, desk.work.today)
    desk.keep_administered(_authorities_of(desk, person_id), first_day_without, end)
    plan(desk.work, person_id, leaving.last_day, successor)
    tasks, last_day = see_off(desk.work, desk.acting, desk.wall).get(person_id, []), leaving.last_day.isoformat()
    desk.note(
        "person.leave", row["username"], last_day=last_day,
        memberships=[f"{one['code']}/{one['role']}" for one in held], mandates=mandates, tasks=len(tasks),
        successor=successor["username"] if successor else None,
    )  # fmt: skip
    return {
        "person": person_of(desk, person_id),
        "memberships_ended": [membership_json(desk.work, {**one, "valid_to": last_day}) for one in held],
        "mandates_ended": mandates,
        "tasks": tasks,
        "without_holder": list(_without_holder(desk, held, leaving.last_day + _DAY)),
    }


def _shut_out(desk: Desk, person_id: int) -> None:
    void_links(desk.tx, person_id, desk.wall)
    revoke_all(desk.tx, person_id, desk.wall, tokens=True)


def _successor(desk: Desk, person_id: int, wanted: str | None) -> Row | None:
    if wanted is None:
        return None
    row = desk.tx.one(PERSON, which=int(wanted))
    if row is None:
        raise InvalidInput({"successor": f"Không có người dùng số {wanted}."})
    if row["id"] == person_id:
        raise OfficeRefused("successor_is_leaver")
    if not row["active"]:
        raise OfficeRefused("person_not_active", username=row["username"])
    return row


def _without_holder(desk: Desk, held: Iterable[Row], on: date) -> Iterable[dict[str, Any]]:
    """The roles that nobody holds any more from that day on."""
    for row in held:
        if not desk.tx.all(HOLDERS, unit_id=row["unit_id"], role=row["role"], on=on.isoformat()):
            shown = membership_json(desk.work, row)
            yield {"role": shown["role"], "unit": shown["unit"]}


def _authorities_of(desk: Desk, person_id: int) -> set[int]:
    """The authorities that the person may be an administrator of."""
    held = desk.tx.all(MEMBERSHIPS_OF, person_id=person_id)
    units = {row["unit_id"] for row in held if row["role"] == desk.role.code}
    return units | {authority_of(desk.unit(unit_id)) for unit_id in units}


def _staff_code_free(desk: Desk, staff_code: str | None, own_id: int) -> None:
    taken = desk.tx.one(_STAFF, staff_code=staff_code, other=own_id) if staff_code else None
    if taken is not None:
        raise OfficeRefused("staff_code_taken", staff_code=staff_code or "", username=taken["username"])
