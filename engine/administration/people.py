"""People: who there is, adding, changing, and leaving."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, or_, select, update

from engine.administration.desk import Desk, authority_of
from engine.administration.forms import Leaving, NewPerson, PersonPatch
from engine.administration.holdings import MEMBERSHIPS_OF, end_memberships_of
from engine.administration.refusals import OfficeRefused
from engine.errors import InvalidInput, NotFound
from engine.runtime import offices
from engine.runtime.accounts import revoke_all
from engine.runtime.database import Row, Statement
from engine.runtime.schema import instance, membership, person, user_task
from engine.runtime.snapshots import code_of
from engine.runtime.statements import HOLDERS, INSTANCE
from engine.runtime.work import Work

_DAY = timedelta(days=1)

p = bindparam
PERSON = Statement(select(person).where(person.c.id == p("which")))
PERSON_NAMED = Statement(select(person).where(person.c.username == p("username")))
_STAFF = Statement(select(person.c.username).where(person.c.staff_code == p("staff_code"), person.c.id != p("other")))
_CHANGE = Statement(
    update(person)
    .where(person.c.id == p("which"))
    .values({name: p(name) for name in ("name", "mail", "staff_code", "active")})
)
_ASSIGNED = Statement(
    select(user_task)
    .join_from(user_task, instance, user_task.c.instance_id == instance.c.id)
    .where(user_task.c.assignee_id == p("person_id"), user_task.c.clock != "closed")
    .order_by(user_task.c.id)
)
_ASSIGN = Statement(update(user_task).where(user_task.c.id == p("which")).values(assignee_id=p("assignee_id")))
_HOLDS = Statement(
    select(membership.c.id).where(
        membership.c.person_id == p("person_id"),
        membership.c.unit_id == p("unit_id"),
        membership.c.role == p("role"),
        membership.c.valid_from <= p("on"),
        or_(membership.c.valid_to.is_(None), membership.c.valid_to >= p("on")),
    )
)


# ── looks ────────────────────────────────────────────────────────────────────────────────────
def people(
    desk: Desk, *, unit: str | None, active: bool | None, after: int, most: int | None
) -> list[dict[str, Any]]:  # fmt: skip
    """The people of the units that the desk reaches, and those who hold nothing yet, in order of entry.

    Raises:
        NotPerformer: the actor administers nothing.
    """
    desk.must_administer("Xem danh sách người dùng")
    units = desk.work.office.units
    reached = [one.id for one in units.values() if desk.reaches(one.authority_id)]
    held = exists().where(membership.c.person_id == person.c.id)
    query = select(person).where(person.c.id > after).order_by(person.c.id)
    if unit is not None:
        one = desk.work.office.by_code.get(unit)
        ids = [one.id] if one is not None and one.id in reached else []
        query = query.where(held.where(membership.c.unit_id.in_(ids)))
    else:
        query = query.where(or_(held.where(membership.c.unit_id.in_(reached)), ~held))
    if active is not None:
        query = query.where(person.c.active.is_(active))
    return [_shown(desk.work, row) for row in desk.tx.all(Statement(query if most is None else query.limit(most)))]


def person_of(desk: Desk, person_id: int) -> dict[str, Any]:
    """One person as administrators see them; whether they may is asked before."""
    return _shown(desk.work, existing(desk, person_id))


def existing(desk: Desk, person_id: int) -> Row:
    """The row of a person.

    Raises:
        NotFound: there is none.
    """
    row = desk.tx.one(PERSON, which=person_id)
    if row is None:
        raise NotFound(what=f"người dùng số {person_id}")
    return row


def must_reach_person(desk: Desk, person_id: int, label: str) -> Row:
    """The row of a person all of whose units, past ones left out, the desk reaches: who may change a mail box
    could let themself in with every power that the person has.

    Raises:
        NotFound: there is none.
        NotPerformer: the actor does not administer every authority that the person works for.
    """
    desk.must_administer(label)
    row = existing(desk, person_id)
    today = desk.work.today.isoformat()
    for held in desk.tx.all(MEMBERSHIPS_OF, person_id=person_id):
        if held["valid_to"] is None or held["valid_to"] >= today:
            desk.must_reach(authority_of(desk.unit(held["unit_id"])), label)
    return row


def must_see(desk: Desk, person_id: int) -> None:
    """Refuse who administers none of the units that the person belongs to; who belongs to none is open to all.

    Raises:
        NotFound: there is no such person, or not within reach.
        NotPerformer: the actor administers nothing.
    """
    desk.must_administer("Xem người dùng")
    held = desk.tx.all(MEMBERSHIPS_OF, person_id=existing(desk, person_id)["id"])
    if held and not any(desk.reaches(authority_of(desk.unit(row["unit_id"]))) for row in held):
        raise NotFound(what=f"người dùng số {person_id}")


def _shown(work: Work, row: Row) -> dict[str, Any]:
    held = work.tx.all(MEMBERSHIPS_OF, person_id=row["id"])
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
    desk.note("person.add", new.username, after={"name": new.name, "staff_code": new.staff_code})
    return person_id


def change(desk: Desk, person_id: int, patch: PersonPatch) -> None:
    """Change what was named. A person who is not active is logged out at once.

    Raises:
        NotFound: there is no such person.
        NotPerformer: the actor does not administer every authority that the person works for.
        OfficeRefused: `staff_code_taken`, `last_administrator`.
    """
    row = must_reach_person(desk, person_id, "Sửa người dùng")
    before = {name: row[name] for name in ("name", "mail", "staff_code", "active")}
    before["active"] = bool(before["active"])
    after = before | patch.given()
    if after == before:
        return
    _staff_code_free(desk, after["staff_code"], person_id)

    def write() -> None:
        desk.tx.run(_CHANGE, which=person_id, **after)
        if not after["active"]:
            revoke_all(desk.tx, person_id, desk.wall, tokens=True)

    desk.keep_administered(_authorities_of(desk, person_id), desk.work.today, write)
    changed = sorted(name for name in after if after[name] != before[name])
    told = {name: (before[name], after[name]) for name in ("name", "staff_code", "active") if name in changed}
    desk.note("person.change", row["username"], changed=changed, **told)


def leave(desk: Desk, person_id: int, leaving: Leaving) -> dict[str, Any]:
    """End all that a person holds after a day; says what ended and to whom the assigned tasks went.

    Tasks go to the successor where that person holds the role, else back to all who hold it. From the first
    day without any role on the account is closed.

    Raises:
        NotFound: no such person.
        InvalidInput: an unknown successor.
        NotPerformer: the actor does not administer every authority that the person works for.
        OfficeRefused: `successor_is_leaver`, `person_not_active` (the successor), `last_administrator`.
    """
    row = must_reach_person(desk, person_id, "Cho người dùng thôi việc")
    successor = _successor(desk, person_id, leaving.successor)
    is_over = leaving.last_day < desk.work.today
    held: list[Row] = []
    mandates = 0

    def end() -> None:
        nonlocal mandates
        ended, mandates = end_memberships_of(desk, person_id, leaving.last_day)
        held.extend(ended)
        if is_over:
            kept = {name: row[name] for name in ("name", "mail", "staff_code")}
            desk.tx.run(_CHANGE, which=person_id, active=False, **kept)
            revoke_all(desk.tx, person_id, desk.wall, tokens=True)

    first_day_without = max(leaving.last_day + _DAY, desk.work.today)
    desk.keep_administered(_authorities_of(desk, person_id), first_day_without, end)
    tasks, last_day = _hand_over_tasks(desk, person_id, successor), leaving.last_day.isoformat()
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


def _hand_over_tasks(desk: Desk, person_id: int, successor: Row | None) -> list[dict[str, Any]]:
    """Give the open tasks assigned to a person to the successor, or to nobody in particular; says what went where."""
    on = desk.work.today.isoformat()
    told: list[dict[str, Any]] = []
    for task in desk.tx.all(_ASSIGNED, person_id=person_id):
        place = {"unit_id": task["unit_id"], "role": task["role"], "on": on}
        takes_it = successor is not None and desk.tx.one(_HOLDS, person_id=successor["id"], **place) is not None
        desk.tx.run(_ASSIGN, which=task["id"], assignee_id=successor["id"] if takes_it and successor else None)
        case = desk.tx.one(INSTANCE, which=task["instance_id"])
        assert case is not None, "tasks belong to cases"
        model = desk.work.registry.by_code[case["process"]]
        told.append(
            {
                "id": str(task["id"]), "todo": task["todo"], "case": str(case["id"]), "code": code_of(model, case),
                "collection": model.collection, "given_to": successor["name"] if takes_it and successor else None,
            }
        )  # fmt: skip
    return told


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
