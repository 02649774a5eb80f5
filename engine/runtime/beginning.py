"""Begin an instance: for which unit, below which case, with what, and who may."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from pydantic import BaseModel

from engine.definition.case import Case
from engine.definition.decide import apply_patch, check_begin
from engine.definition.documents import canonical
from engine.definition.language import START, Role, Seat
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor, seat_of
from engine.errors import InvalidInput, NotPerformer
from engine.office.organisation import Unit
from engine.runtime.database import Row
from engine.runtime.history import ORIGIN
from engine.runtime.performers import deed_of, must_have
from engine.runtime.recording import Deed, advance, announce_task
from engine.runtime.rights import OWN, STARTER, WATCHER, visible
from engine.runtime.snapshots import Stored, above, code_of, with_found
from engine.runtime.statements import GRANT, INSTANCE, NEW_INSTANCE, STARTED
from engine.runtime.tasks import open_task
from engine.runtime.work import Work

Hats = frozenset[tuple[str, int]]
"""(role code, unit id) pairs."""


@dataclass(frozen=True, slots=True)
class NewCase:
    """The wish to begin an instance. `start_key` is set by effects: a parent starts each key once."""

    unit_code: str | None
    parent_id: int | None
    dossier: Mapping[str, Any]
    start_key: str | None = None


def start(work: Work, model: ProcessModel, new: NewCase, actor: Actor) -> Row:
    """Begin an instance; returns its row.

    Raises:
        NotPerformer: none of the actor's roles may begin this process for that unit.
        InvalidInput: unknown unit, wrong parent, or a dossier that does not fit.
        GuardUnmet: a condition of beginning does not hold.
    """
    parent = _parent(work, model, new.parent_id, actor)
    if new.start_key is not None:
        there = work.tx.one(STARTED, parent_id=new.parent_id, process=model.code, start_key=new.start_key)
        if there:
            return there
    case, deed = _prepared(work, model, new, parent, actor)
    return _insert(work, model, case, parent, new.start_key, deed)


def rehearse(work: Work, model: ProcessModel, new: NewCase, actor: Actor) -> Case[Any]:
    """The case as it would begin, without a key of its own; nothing is written.

    Raises:
        NotPerformer, InvalidInput, GuardUnmet: as `start`.
    """
    return _prepared(work, model, new, _parent(work, model, new.parent_id, actor), actor)[0]


def _prepared(
    work: Work, model: ProcessModel, new: NewCase, parent: Row | None, actor: Actor
) -> tuple[Case[Any], Deed]:
    begin_roles = model.begin.roles(parent["process"] if parent else None)
    unit = _unit(work, model, begin_roles, new.unit_code, actor)
    dossier = _first_dossier(model, new.dossier, actor)
    case = _newborn(work, model, unit, parent, dossier)
    deed = deed_of(work, model, case, START, f"Lập {model.title.lower()}", begin_roles, actor)
    check_begin(model, case)
    return case, deed


def must_begin(model: ProcessModel, actor: Actor) -> None:
    """Part of standing: the actor holds a role that may begin the process somewhere.

    Raises:
        NotPerformer: none.
    """
    must_have(f"Lập {model.title.lower()}", (*model.begin.by, *chain(*model.begin.below.values())), actor)


def places(
    work: Work, model: ProcessModel, parent_id: int | None, actor: Actor
) -> tuple[Row | None, list[Unit], list[Unit]]:
    """The case below which an instance would begin, and the units for which the actor may begin it there.

    First those of the actor's own, of which a single one need not be named; then those that must be.

    Raises:
        InvalidInput: wrong parent, or none where one is needed.
    """
    parent = _parent(work, model, parent_id, actor)
    return parent, *units_for(work, model, parent["process"] if parent else None, actor)


def units_for(work: Work, model: ProcessModel, above: str | None, actor: Actor) -> tuple[list[Unit], list[Unit]]:
    """The units for which the actor's roles may begin an instance below a case of that process (None: below none):
    their own, and those that must be named.
    """
    roles, hats = model.begin.roles(above), actor.hats_for(model.code, START)
    mine = [work.office.units[unit] for unit in _mine(work, roles, hats)]
    there = (unit for unit in work.office.units.values() if unit.exists(work.today) and unit not in mine)
    return mine, [unit for unit in there if _directs(work, roles, unit, hats)]


def _parent(work: Work, model: ProcessModel, parent_id: int | None, actor: Actor) -> Row | None:
    if not model.begin.below:
        if parent_id is not None:
            raise InvalidInput({"parent": "loại hồ sơ này không thuộc hồ sơ nào khác"})
        return None
    if parent_id is None and model.begin.by:
        return None
    row = work.tx.one(INSTANCE, which=parent_id) if parent_id is not None else None
    if row is None or not visible(work, actor, row):
        raise InvalidInput({"parent": f"cần id của một hồ sơ {' hoặc '.join(model.begin.below)} mà bạn xem được"})
    if row["process"] not in model.begin.below:
        raise InvalidInput({"parent": f"phải là hồ sơ {' hoặc '.join(model.begin.below)}, không phải {row['process']}"})
    return row


def _unit(work: Work, model: ProcessModel, roles: tuple[Role, ...], code: str | None, actor: Actor) -> Unit:
    """The unit that the case is for: the one named, else the only one where the actor may begin it.

    Whoever holds a seat of an authority begins cases of the authority itself unless another unit is named.
    """
    if actor.is_system:
        return _named_unit(work, code or "")
    hats = actor.hats_for(model.code, START)
    mine = _mine(work, roles, hats)
    if code is None:
        if len(mine) == 1:
            return work.office.units[mine[0]]
        if len(mine) > 1:
            raise InvalidInput({"unit": "bạn thuộc nhiều đơn vị: hãy chọn một"})
    unit = _named_unit(work, code) if code is not None else None
    if unit is not None and (unit.id in mine or _directs(work, roles, unit, hats)):
        return unit
    who = "; ".join(role.label for role in roles) or "hệ thống"
    raise NotPerformer(action=f"Lập {model.title.lower()}", who=who)


def _mine(work: Work, roles: tuple[Role, ...], hats: Hats) -> list[int]:
    own = {role.code for role in roles if role.seat is Seat.OWN_UNIT}
    return sorted({unit for role, unit in hats if role in own} or _own_bodies(work, roles, hats))


def _named_unit(work: Work, code: str) -> Unit:
    unit = work.office.by_code.get(code)
    if unit is None or not unit.exists(work.today):
        raise InvalidInput({"unit": f"không có đơn vị «{code}»"})
    return unit


def _own_bodies(work: Work, roles: tuple[Role, ...], hats: Hats) -> set[int]:
    """The authorities for which somebody with these hats holds a seat among these roles."""
    bodies = {work.office.units[unit].authority_id for _, unit in hats}
    return {body for body in bodies if _directs(work, roles, work.office.units[body], hats)}


def _directs(work: Work, roles: tuple[Role, ...], unit: Unit, hats: Hats) -> bool:
    """Whether one of the hats is a role of the unit's authority that may begin the process for it."""
    authority = work.office.units[unit.authority_id]
    seats = work.office.seats(authority.id, work.today)
    wanted = {(role.code, seats.get(role.code, authority).id) for role in roles if role.seat is Seat.AUTHORITY}
    return bool(wanted & hats)


def _first_dossier(model: ProcessModel, given: Mapping[str, Any], actor: Actor) -> BaseModel:
    if not actor.is_system:
        only(given, model.first_fields)
    return apply_patch(model.dossier, model.dossier(), given)


def _newborn(work: Work, model: ProcessModel, unit: Unit, parent: Row | None, dossier: Any) -> Case[Any]:
    authority_id = parent["authority_id"] if parent else unit.authority_id
    if model.begin.own_authority and model.begin.own_authority(dossier):
        authority_id = unit.id
    case: Case[Any] = Case(
        id=0,
        code="",
        process=model.code,
        state=model.initial,
        version=0,
        dossier=dossier,
        unit=unit,
        authority=work.office.units[authority_id],
        now=work.now,
        calendar=work.office.calendar,
        law=work.office.law,
        ancestors=above(work, parent["id"] if parent else None),
        units=work.office.below(authority_id, work.today) if model.needs_units else (),
    )
    return with_found(work, model, case)


def _insert(
    work: Work, model: ProcessModel, case: Case[Any], parent: Row | None, start_key: str | None, deed: Deed
) -> Row:
    state = model.states[case.state]
    first = {
        "authority_id": case.authority.id, "process": model.code, "definition_version": model.version,
        "unit_id": case.unit.id, "parent_id": parent["id"] if parent else None, "start_key": start_key,
        "state": case.state, "phase": state.phase, "version": 0, "headline": "", "dossier": canonical({}),
        "history_hash": ORIGIN, "created_at": work.micros, "updated_at": work.micros, "closed_at": None,
    }  # fmt: skip
    key = work.tx.insert(NEW_INSTANCE, **first)
    row: Row = {"id": key, **first}
    case = case.but(id=key, code=code_of(model, row))
    row, history_id = advance(work, model, row, None, case, deed)
    _grant(work, model, case, model.begin.roles(parent["process"] if parent else None))
    waiting = open_task(work, model, case, Stored())
    announce_task(work, model, case, f"h{history_id}", waiting, deed.actor, set())
    return row


def _grant(work: Work, model: ProcessModel, case: Case[Any], begin_roles: tuple[Role, ...]) -> None:
    """Who sees the case from the start: its unit, the watchers, and those who may begin such a case there."""
    work.tx.run(GRANT, instance_id=case.id, unit_id=case.unit.id, relation=OWN)
    seats = work.office.seats(case.authority.id, work.today)
    for role in model.watchers:
        work.tx.run(GRANT, instance_id=case.id, unit_id=seat_of(role, case, seats).id, relation=WATCHER)
    for role in begin_roles:
        work.tx.run(GRANT, instance_id=case.id, unit_id=seat_of(role, case, seats).id, relation=STARTER)


def only(given: Mapping[str, Any], editable: frozenset[str]) -> None:
    """Refuse fields that may not be filled in here.

    Raises:
        InvalidInput: with a sentence for each.
    """
    strangers = sorted(set(given) - editable)
    if strangers:
        allowed = ", ".join(sorted(editable))
        raise InvalidInput(dict.fromkeys(strangers, f"không sửa được ở bước này (được sửa: {allowed})"))
