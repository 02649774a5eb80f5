"""Mandates (giấy ủy quyền): from one day to another a deputy acts in a role of the principal."""

import json
from datetime import date, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import and_, bindparam, or_, select

from engine.administration.desk import GIVES_POWER, Desk, must_live
from engine.administration.forms import NewMandate
from engine.administration.holdings import MEMBERSHIPS_OF, end_row, overlapping, overlaps
from engine.administration.people import PERSON
from engine.administration.refusals import OfficeRefused
from engine.administration.roles import in_order, must_end_earlier, role_named, spoken
from engine.definition.language import ATTACH, EDIT, START, Role
from engine.definition.model import ProcessModel
from engine.definition.registry import Registry
from engine.errors import InvalidInput, NotFound
from engine.instants import vn_date
from engine.runtime import offices
from engine.runtime.accounts import Scope
from engine.runtime.administering import authority_of
from engine.runtime.database import Row, Statement
from engine.runtime.schema import mandate, membership, person
from engine.runtime.work import Work

p = bindparam
_PRINCIPAL, _DEPUTY = person.alias("principal"), person.alias("deputy")
_SHOWN = (
    select(mandate, _PRINCIPAL.c.name.label("principal"), _DEPUTY.c.name.label("deputy"))
    .join_from(mandate, _PRINCIPAL, mandate.c.principal_id == _PRINCIPAL.c.id)
    .join(_DEPUTY, mandate.c.deputy_id == _DEPUTY.c.id)
    .order_by(mandate.c.id)
)
_ALL, _ONE = Statement(_SHOWN), Statement(_SHOWN.where(mandate.c.id == p("which")))
_HELD = Statement(
    select(membership)
    .where(
        membership.c.person_id == p("person_id"),
        membership.c.unit_id == p("unit_id"),
        membership.c.role == p("role"),
        overlaps(membership),
    )
    .order_by(membership.c.valid_from)
)
_BETWEEN = Statement(
    select(mandate).where(
        mandate.c.principal_id == p("principal_id"),
        mandate.c.deputy_id == p("deputy_id"),
        mandate.c.role == p("role"),
        mandate.c.unit_id == p("unit_id"),
        mandate.c.valid_from <= p("last"),
        mandate.c.valid_to >= p("first"),
    )
)
_HELD_ON = and_(
    membership.c.valid_from <= p("on"), or_(membership.c.valid_to.is_(None), membership.c.valid_to >= p("on"))
)
_PLACES = Statement(
    select(membership.c.role, membership.c.unit_id)
    .where(_HELD_ON)
    .distinct()
    .order_by(membership.c.unit_id, membership.c.role)
)
_HOLDING = Statement(
    select(person.c.id, person.c.name, membership.c.role, membership.c.unit_id)
    .join_from(membership, person)
    .where(_HELD_ON, person.c.active)
    .order_by(person.c.name, person.c.id)
)
_ENGINE_VERBS = {START: "Lập hồ sơ", EDIT: "Sửa hồ sơ", ATTACH: "Đính kèm giấy tờ"}
LABEL = "Lập giấy ủy quyền"


def powers(registry: Registry, role_code: str) -> list[dict[str, str]]:
    """What a mandate of that role may be limited to, by process: its power, and what people call it."""
    role = registry.roles.get(role_code)
    return [
        {"power": f"{model.code}.{verb}", "label": label, "process": model.title}
        for model in registry.models
        for verb, label in (*_actions_of_people(model), *_ENGINE_VERBS.items())
        if role in _performers(model, verb)
    ]


def _actions_of_people(model: ProcessModel) -> list[tuple[str, str]]:
    return [(name, one.label) for name, one in model.actions.items() if one.at is None and not one.carried]


def givable(desk: Desk) -> list[dict[str, Any]]:
    """The roles, each with its unit, that a mandate of the actor could be about: what they hold today themself,
    and what anybody holds where they administer; never the administrator's."""
    roles, units = desk.work.registry.roles, desk.work.office.units
    own = desk.actor.memberships if desk.actor else frozenset[tuple[str, int]]()
    reached = desk.reached_units
    return [
        {
            "role": {"code": row["role"], "label": roles[row["role"]].label},
            "unit": {"code": units[row["unit_id"]].code, "name": units[row["unit_id"]].name},
        }
        for row in desk.tx.all(_PLACES, on=desk.work.today.isoformat())
        if row["role"] in roles and row["role"] != desk.role.code
        if row["unit_id"] in reached or (row["role"], row["unit_id"]) in own
    ]


def parties(desk: Desk, role: str, unit_code: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Who could give a mandate of that role in that unit, and to whom: whoever holds it today (the actor alone,
    where they do not administer), and everybody who works for the same authority (in the same unit, likewise)."""
    one = desk.work.office.by_code.get(unit_code)
    if one is None:
        return [], []
    is_reached, own = desk.reaches(one.authority_id), desk.actor.person_id if desk.actor else None
    around = {u.id for u in desk.work.office.units.values() if u.authority_id == one.authority_id}
    principals: dict[int, dict[str, str]] = {}
    deputies: dict[int, dict[str, str]] = {}
    for row in desk.tx.all(_HOLDING, on=desk.work.today.isoformat()):
        shown = {"id": str(row["id"]), "name": row["name"], "unit": desk.work.office.units[row["unit_id"]].name}
        is_there = row["unit_id"] == one.id
        if is_there and row["role"] == role and (is_reached or row["id"] == own):
            principals.setdefault(row["id"], shown)
        if is_there or (is_reached and row["unit_id"] in around):
            deputies.setdefault(row["id"], shown)
    return list(principals.values()), list(deputies.values())


def mandates(desk: Desk, *, on: date | None) -> list[dict[str, Any]]:
    """The mandates that the actor gave or was given, and those in units that the actor administers."""
    office = desk.work.office
    own = desk.actor.person_id if desk.actor else None
    return [
        _shown(desk.work, row)
        for row in desk.tx.all(_ALL)
        if own in (row["principal_id"], row["deputy_id"]) or desk.reaches(office.units[row["unit_id"]].authority_id)
        if on is None or row["valid_from"] <= on.isoformat() <= row["valid_to"]
    ]


def give(desk: Desk, new: NewMandate) -> dict[str, Any]:
    """A mandate, given by the principal themself or written down by the administrator.

    Raises:
        InvalidInput: an unknown unit or role; nobody of that authority, or whom the actor reaches.
        NotPerformer: the actor is neither the principal nor administers the unit.
        ConfirmationNeeded, ScopeMissing: the administrator, without what `GIVES_POWER` takes.
        OfficeRefused: see the sentences that begin with `mandate_`; `person_not_active`, `day_too_early`,
            `unit_not_alive`.
    """
    if desk.actor is None or str(desk.actor.person_id) != new.principal:
        desk.must_administer(LABEL)
    unit, role = desk.named(new.unit, "unit"), role_named(desk, new.role)
    if desk.actor is None or str(desk.actor.person_id) != new.principal:
        desk.must_reach(authority_of(unit), LABEL)
        desk.must_allow(*GIVES_POWER)
        if desk.actor is not None and str(desk.actor.person_id) == new.deputy:
            raise OfficeRefused("mandate_to_the_writer")
    principal = _person(desk, new.principal, "principal", authority_of(unit))
    deputy = _person(desk, new.deputy, "deputy", authority_of(unit))
    in_order(new.since, new.until)
    must_live(unit, new.since)
    if principal["id"] == deputy["id"]:
        raise OfficeRefused("mandate_to_oneself")
    if role.code == desk.role.code:
        raise OfficeRefused("mandate_of_administration")
    for one in (principal, deputy):
        if not one["active"]:
            raise OfficeRefused("person_not_active", username=one["username"])
    _must_hold_throughout(desk, principal, role, unit, new)
    _must_not_collide(desk, principal, deputy, role, unit, new)
    _must_have_powers(desk.work.registry, role, new.powers)
    key = offices.add_mandate(
        desk.tx, principal["id"], deputy["id"], role.code, unit["id"], powers=sorted(new.powers),
        capacity=new.capacity, paper=new.paper, since=new.since, until=new.until,
    )  # fmt: skip
    told = {**new.model_dump(mode="json", by_alias=True), "principal": principal["name"], "deputy": deputy["name"]}
    desk.note("mandate.give", principal["username"], after=told)
    return _one(desk, key)


def end(desk: Desk, mandate_id: int, last_day: date) -> dict[str, Any]:
    """End a mandate after a day, earlier than it says.

    Raises:
        NotFound: no such mandate, or neither the actor's own nor in a unit that the actor administers.
        NotPerformer: the deputy, who cannot end it.
        ScopeMissing: the administrator, by a token that may not administer.
        OfficeRefused: `day_too_early`, `ended_already`.
    """
    row = desk.tx.one(_ONE, which=mandate_id)
    own = desk.actor.person_id if desk.actor else None
    unknown = NotFound(what=f"giấy ủy quyền số {mandate_id}")
    if row is None:
        raise unknown
    authority_id = authority_of(desk.unit(row["unit_id"]))
    if own not in (row["principal_id"], row["deputy_id"]) and not desk.reaches(authority_id):
        raise unknown
    if own is None or own != row["principal_id"]:
        desk.must_reach(authority_id, "Kết thúc ủy quyền")
        desk.must_allow(Scope.ADMINISTER)
    must_end_earlier(row, last_day, desk.work.today)
    end_row(desk, mandate, row, last_day)
    desk.note(
        "mandate.end", row["principal"], deputy=row["deputy"], before=row["valid_to"], after=last_day.isoformat()
    )  # fmt: skip
    return _shown(desk.work, {**row, "valid_to": last_day.isoformat()})


def _one(desk: Desk, key: int) -> dict[str, Any]:
    row = desk.tx.one(_ONE, which=key)
    assert row is not None, "written before"
    return _shown(desk.work, row)


def _shown(work: Work, row: Row) -> dict[str, Any]:
    role, unit = work.registry.roles.get(row["role"]), work.office.units[row["unit_id"]]
    return {
        "id": str(row["id"]),
        "principal": {"id": str(row["principal_id"]), "name": row["principal"]},
        "deputy": {"id": str(row["deputy_id"]), "name": row["deputy"]},
        "role": {"code": row["role"], "label": role.label if role else row["role"]},
        "unit": {"code": unit.code, "name": unit.name},
        "powers": json.loads(row["powers"]),
        "capacity": row["capacity"],
        "paper": row["paper"],
        "from": row["valid_from"],
        "to": row["valid_to"],
    }


def _person(desk: Desk, key: str, field: str, authority_id: int) -> Row:
    """Somebody whose name the actor may learn; of others it is not even said that there are such people."""
    row = desk.tx.one(PERSON, which=int(key))
    if row is None or not _known(desk, row, authority_id):
        raise InvalidInput({field: f"Không có người dùng số {key} tại cơ quan này."})
    return row


def _known(desk: Desk, row: Row, authority_id: int) -> bool:
    """Whether it is the actor, somebody who works or worked for that authority, or one whom the desk reaches."""
    if desk.actor is not None and desk.actor.person_id == row["id"]:
        return True
    held = desk.tx.all(MEMBERSHIPS_OF, person_id=row["id"])
    bodies = {authority_of(desk.unit(one["unit_id"])) for one in held}
    return authority_id in bodies or any(map(desk.reaches, bodies or {authority_id}))


def _must_hold_throughout(desk: Desk, principal: Row, role: Role, unit: Row, new: NewMandate) -> None:
    """The principal is a member in that role every day of the span; what was given by mandate does not count."""
    place = {"person_id": principal["id"], "unit_id": unit["id"], "role": role.code}
    day = new.since
    for held in desk.tx.all(_HELD, **place, **overlapping(new.since, new.until)):
        if date.fromisoformat(held["valid_from"]) > day:
            break
        if held["valid_to"] is None:
            return
        day = max(day, date.fromisoformat(held["valid_to"]) + timedelta(days=1))
    if day <= new.until:
        raise OfficeRefused(
            "mandate_without_role", principal=principal["name"], role=role.label, unit=unit["code"],
            since=vn_date(new.since), until=vn_date(new.until),
        )  # fmt: skip


def _must_not_collide(desk: Desk, principal: Row, deputy: Row, role: Role, unit: Row, new: NewMandate) -> None:
    span = {"role": role.code, "unit_id": unit["id"], **overlapping(new.since, new.until)}
    if desk.tx.one(_BETWEEN, principal_id=deputy["id"], deputy_id=principal["id"], **span):
        raise OfficeRefused("mandate_both_ways", deputy=deputy["name"], principal=principal["name"])
    if there := desk.tx.one(_BETWEEN, principal_id=principal["id"], deputy_id=deputy["id"], **span):
        raise OfficeRefused(
            "mandate_overlaps", deputy=deputy["name"], since=spoken(there["valid_from"]),
            until=spoken(there["valid_to"]),
        )  # fmt: skip


def _must_have_powers(registry: Registry, role: Role, powers: tuple[str, ...]) -> None:
    for power in powers:
        code, _, verb = power.partition(".")
        model = registry.by_code.get(code)
        if model is None or role not in _performers(model, verb):
            raise OfficeRefused("mandate_power", role=role.label, power=power)


def _performers(model: ProcessModel, verb: str) -> set[Role]:
    """The roles that may do that in some state: an action, or what the engine lets people do."""
    owners = {state.owner for state in model.states.values() if state.owner and (verb != EDIT or state.edits)}
    if verb == START:
        return {*model.begin.by, *chain(*model.begin.below.values())}
    if verb in (EDIT, ATTACH):
        return owners
    return set(chain(*(model.performers(state, action) for state, action in model.table if action == verb)))
