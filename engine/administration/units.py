"""Units and their kinds: what there is, adding, changing, and ending with or without successors."""

import json
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update

from engine.administration.desk import GIVES_POWER, Desk, must_live
from engine.administration.forms import NewKind, NewUnit, UnitClosing, UnitPatch
from engine.administration.holdings import end_holdings
from engine.administration.refusals import OfficeRefused
from engine.administration.succession import settle, waiting
from engine.definition.documents import canonical
from engine.errors import InvalidInput, NotFound
from engine.instants import vn_date
from engine.runtime import offices
from engine.runtime.administering import authority_of
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.schema import succession, unit, unit_kind
from engine.runtime.statements import insertion
from engine.runtime.work import Work

p = bindparam
_KINDS = Statement(select(unit_kind).order_by(unit_kind.c.rank, unit_kind.c.code))
_KIND = Statement(select(unit_kind).where(unit_kind.c.code == p("code")))
_IDENTIFIED = Statement(select(unit.c.code).where(unit.c.identifier == p("identifier"), unit.c.id != p("other")))
_CHANGE = Statement(
    update(unit)
    .where(unit.c.id == p("which"))
    .values({name: p(name) for name in ("name", "mail", "identifier", "groups", "parent_id", "authority_id")})
)
_CLOSE = Statement(update(unit).where(unit.c.id == p("which")).values(valid_to=p("last_day")))
_LIVES_AFTER = or_(unit.c.valid_to.is_(None), unit.c.valid_to > p("day"))
_DECIDED = Statement(select(unit).where(unit.c.authority_id == p("which"), _LIVES_AFTER).order_by(unit.c.id))
_BELOW = Statement(
    select(unit)
    .where(or_(unit.c.authority_id == p("which"), unit.c.parent_id == p("which")), _LIVES_AFTER)
    .order_by(unit.c.id)
)
_LEVEL = Statement(
    select(func.max(unit_kind.c.rank).label("own"))
    .join_from(unit, unit_kind, unit_kind.c.code == unit.c.kind)
    .where(unit.c.id == p("which"))
)
_NEW_SUCCESSION = insertion(succession)
_SUCCESSIONS = Statement(select(succession).order_by(succession.c.id))
NAMED_AT_MOST = 5  # units that a refusal names
MOST_LEVELS = 20  # of the tree: every change of it walks up all of them


# ── looks ────────────────────────────────────────────────────────────────────────────────────
def kinds(tx: Transaction) -> list[dict[str, Any]]:
    """The kinds of units, the highest level first."""
    return [{"code": row["code"], "name": row["name"], "rank": row["rank"]} for row in tx.all(_KINDS)]


def units(work: Work, *, on: date | None, kind: str | None, parent: str | None) -> list[dict[str, Any]]:
    """The units that exist on a date (None: all there ever were), of a kind, below a unit; oldest entry first."""
    found = [
        one
        for one in work.office.units.values()
        if (on is None or one.exists(on))
        and kind in (None, one.kind)
        and (parent is None or (one.parent_id is not None and work.office.units[one.parent_id].code == parent))
    ]
    after, before = _succession(work)
    return [_shown(work, one.id, after, before) for one in found]


def unit_of(work: Work, code: str) -> dict[str, Any]:
    """One unit.

    Raises:
        NotFound: no unit has that code.
    """
    one = work.office.by_code.get(code)
    if one is None:
        raise NotFound(what=f"đơn vị «{code}»")
    return _shown(work, one.id, *_succession(work))


def _succession(work: Work) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    after: dict[int, list[str]] = {}
    before: dict[int, list[str]] = {}
    for row in work.tx.all(_SUCCESSIONS):
        after.setdefault(row["unit_id"], []).append(work.office.units[row["successor_id"]].code)
        before.setdefault(row["successor_id"], []).append(work.office.units[row["unit_id"]].code)
    return after, before


def _shown(work: Work, unit_id: int, after: dict[int, list[str]], before: dict[int, list[str]]) -> dict[str, Any]:
    one = work.office.units[unit_id]
    return {
        "code": one.code,
        "name": one.name,
        "kind": one.kind,
        "mail": one.mail or None,
        "identifier": one.identifier,
        "groups": list(one.groups),
        "parent": work.office.units[one.parent_id].code if one.parent_id is not None else None,
        "authority": work.office.units[one.authority_id].code,
        "valid_from": one.valid_from.isoformat(),
        "valid_to": one.valid_to.isoformat() if one.valid_to else None,
        "successors": after.get(unit_id, []),
        "predecessors": before.get(unit_id, []),
    }


# ── changes ──────────────────────────────────────────────────────────────────────────────────
def add_kind(desk: Desk, new: NewKind) -> dict[str, Any]:
    """A further kind of unit.

    Raises:
        NotPerformer: not an administrator with none above.
        OfficeRefused: `kind_taken`.
    """
    desk.must_head("Thêm loại đơn vị")
    offices.write_kinds(desk.tx)
    if desk.tx.one(_KIND, code=new.code) is not None:
        raise OfficeRefused("kind_taken", code=new.code)
    offices.write_kinds(desk.tx, [(new.code, new.name, new.rank)])
    shown = {"code": new.code, "name": new.name, "rank": new.rank}
    desk.note("unit_kind.add", new.code, after=shown)
    return shown


def add(desk: Desk, new: NewUnit) -> int:
    """A new unit; returns its key. Without `authority` the parent's decides for it, without either it does itself.

    Raises:
        NotPerformer: the actor does not administer its authority, and that of the unit above it.
        InvalidInput: unknown kind, parent or authority.
        OfficeRefused: a code or identifier that is taken, a unit above that does not live then.
    """
    parent = desk.named(new.parent, "parent") if new.parent else None
    authority_id = _authority(desk, new.code, new.authority, parent, new.valid_from)
    if authority_id is not None:
        desk.must_reach(authority_id, "Thêm đơn vị")
    if parent is not None:
        desk.must_reach(authority_of(parent), "Thêm đơn vị")
    elif authority_id is None:
        desk.must_head("Thêm đơn vị")
    must_be_kind(desk.tx, new.kind)
    if desk.coded(new.code) is not None:
        raise OfficeRefused("unit_code_taken", code=new.code)
    _identifier_free(desk.tx, new.identifier, 0)
    unit_id = offices.add_unit(
        desk.tx, new.code, new.name, new.kind, mail=new.mail or "", since=new.valid_from, groups=new.groups,
        parent_id=parent["id"] if parent else None, authority_id=authority_id, identifier=new.identifier,
    )  # fmt: skip
    if parent is not None:
        _must_stand(desk, desk.unit(unit_id), parent, new.valid_from)
    desk.note("unit.add", new.code, after=new.model_dump(mode="json"))
    return unit_id


def enter(desk: Desk, new: NewUnit) -> dict[str, Any]:
    """As `add`; gives the unit as it is shown.

    Raises:
        NotPerformer, InvalidInput, OfficeRefused: as `add`.
    """
    add(desk, new)
    desk.reload()
    return unit_of(desk.work, new.code)


def revise(desk: Desk, code: str, patch: UnitPatch) -> dict[str, Any]:
    """As `change`; gives the unit as it is shown.

    Raises:
        NotFound, NotPerformer, InvalidInput, OfficeRefused, ConfirmationNeeded, ScopeMissing: as `change`.
    """
    change(desk, code, patch)
    desk.reload()
    return unit_of(desk.work, code)


def change(desk: Desk, code: str, patch: UnitPatch) -> None:
    """Change what was named.

    Raises:
        NotFound: no unit has that code.
        NotPerformer: the actor does not administer its authority, or what it leaves or comes to: see `_must_move`.
        InvalidInput, OfficeRefused: as `add`; also `unit_above_itself`, `authority_in_use`.
        ConfirmationNeeded, ScopeMissing: another authority or mail address; see `GIVES_POWER`.
    """
    row = _existing(desk, code)
    desk.must_reach(authority_of(row), "Sửa đơn vị")
    given = patch.given()
    before = {name: row[name] for name in ("name", "mail", "identifier", "parent_id", "authority_id")}
    after: dict[str, Any] = before | {name: given[name] for name in ("name", "identifier") if name in given}
    if "mail" in given:
        after["mail"] = patch.mail or ""
    if "parent" in given:
        after["parent_id"] = _new_parent(desk, row, patch.parent)
    if "authority" in given:
        after["authority_id"] = _new_authority(desk, row, patch.authority)
    _must_move(desk, row, after["parent_id"], after["authority_id"])
    _identifier_free(desk.tx, after["identifier"], row["id"])
    groups = canonical(list(patch.groups)) if "groups" in given else row["groups"]
    if after == before and groups == row["groups"]:
        return
    if any(after[name] != before[name] for name in ("authority_id", "mail")):
        desk.must_allow(*GIVES_POWER)
    desk.tx.run(_CHANGE, which=row["id"], groups=groups, **after)
    desk.note("unit.change", code, before=_told(desk, row), after=_told(desk, desk.unit(row["id"])))


def close(desk: Desk, code: str, closing: UnitClosing) -> dict[str, Any]:
    """End a unit after a day, with its memberships, mandates and seats; says what passed on to whom.

    What a sole successor takes over: seats from the next day on, open cases once the last day is over.

    Raises:
        NotFound, NotPerformer, InvalidInput, OfficeRefused: as `end`.
    """
    ended = end(desk, code, closing)
    settled = settle_ends(desk)
    left = waiting(desk.work, desk.work.office.by_code[code].id)
    return {**unit_of(desk.work, code), **ended, **settled, "cases_waiting": left}


def settle_ends(desk: Desk) -> dict[str, Any]:
    """What has to follow once units were ended; says how much moved."""
    desk.reload()
    return settle(desk.work, desk.acting)


def end(desk: Desk, code: str, closing: UnitClosing) -> dict[str, Any]:
    """The part of `close` that comes before `settle_ends`: many units can be ended before one settling.

    Raises:
        NotFound: no unit has that code.
        NotPerformer: the actor does not administer it, or not the authority of a successor: its people get the
            seats and the cases. Administrators with none above close into any unit.
        InvalidInput: an unknown successor.
        OfficeRefused: `unit_closed_already`, `day_too_early`, `units_below`, `unit_not_alive` (a successor),
            `last_administrator`.
    """
    row = _existing(desk, code)
    desk.must_reach(authority_of(row), "Kết thúc đơn vị")
    successors = [desk.named(name, "successors") for name in closing.successors]
    if not desk.is_head:
        for successor in successors:
            desk.must_reach(authority_of(successor), "Kết thúc đơn vị")
    next_day = closing.last_day + timedelta(days=1)
    _must_be_closable(desk, row, closing, successors, next_day)
    heir = successors[0]["id"] if len(successors) == 1 else None
    ended: dict[str, Any] = {}

    def write() -> None:
        desk.tx.run(_CLOSE, which=row["id"], last_day=closing.last_day.isoformat())
        ended.update(end_holdings(desk, row["id"], closing.last_day, heir))

    desk.keep_administered({authority_of(row)} - {row["id"]}, next_day, write)
    for successor in successors:
        desk.tx.insert(
            _NEW_SUCCESSION, unit_id=row["id"], successor_id=successor["id"], on_day=next_day.isoformat(),
            paper=closing.paper,
        )  # fmt: skip
    desk.note("unit.close", code, after=closing.model_dump(mode="json"), ended=ended)
    return ended


def _must_be_closable(desk: Desk, row: Row, closing: UnitClosing, successors: list[Row], next_day: date) -> None:
    last_day = closing.last_day
    if row["valid_to"] is not None:
        raise OfficeRefused(
            "unit_closed_already", unit=row["code"], day=vn_date(date.fromisoformat(row["valid_to"]))
        )  # fmt: skip
    if last_day < (since := date.fromisoformat(row["valid_from"])):
        raise OfficeRefused("day_too_early", day=vn_date(last_day), since=vn_date(since))
    below = [one for one in desk.tx.all(_BELOW, which=row["id"], day=last_day.isoformat()) if one["id"] != row["id"]]
    if below:
        raise OfficeRefused(
            "units_below", count=len(below), unit=row["code"], day=vn_date(last_day), units=_listed(below)
        )  # fmt: skip
    if row["code"] in closing.successors or len(set(closing.successors)) != len(closing.successors):
        raise InvalidInput({"successors": "Phải là các đơn vị khác nhau, và khác đơn vị kết thúc."})
    for successor in successors:
        must_live(successor, next_day)


def must_be_kind(tx: Transaction, code: str) -> None:
    """Refuse a kind that there is not.

    Raises:
        InvalidInput: with the kinds that there are.
    """
    if tx.one(_KIND, code=code) is None:
        known = "; ".join(f"{kind['code']} ({kind['name']})" for kind in kinds(tx))
        raise InvalidInput({"kind": f"Không có loại đơn vị «{code}». Các loại: {known}."})


def _existing(desk: Desk, code: str) -> Row:
    row = desk.coded(code)
    if row is None:
        raise NotFound(what=f"đơn vị «{code}»")
    return row


def _identifier_free(tx: Transaction, identifier: str | None, own_id: int) -> None:
    taken = tx.one(_IDENTIFIED, identifier=identifier, other=own_id) if identifier else None
    if taken is not None:
        raise OfficeRefused("unit_identifier_taken", identifier=identifier or "", unit=taken["code"])


def _authority(desk: Desk, own: str, named: str | None, parent: Row | None, on: date) -> int | None:
    """The key of the body that decides; None when the unit does so itself."""
    if named is None:
        return authority_of(parent) if parent else None
    if named == own:
        return None
    row = desk.named(named, "authority")
    if row["authority_id"] is not None:
        raise OfficeRefused("no_authority", authority=named)
    must_live(row, on)
    return int(row["id"])


def _new_authority(desk: Desk, row: Row, named: str) -> int | None:
    today = desk.work.today
    authority_id = _authority(desk, row["code"], named, None, today)
    decided = desk.tx.all(_DECIDED, which=row["id"], day=today.isoformat())
    if authority_id is not None:
        desk.must_reach(authority_id, "Đổi cơ quan quyết định")
        if decided:
            raise OfficeRefused("authority_in_use", unit=row["code"], count=len(decided), units=_listed(decided))
    return authority_id


def _new_parent(desk: Desk, row: Row, named: str | None) -> int | None:
    if named is None:
        return None
    parent = desk.named(named, "parent")
    _must_stand(desk, row, parent, desk.work.today)
    return int(parent["id"])


def _must_move(desk: Desk, row: Row, parent_id: int | None, authority_id: int | None) -> None:
    """Refuse who administers not all that the unit leaves or comes to.

    The unit above says who looks after an authority without administrators, and who has none above: nobody may
    lift a unit out of reach of those who are above it. Its own authority it becomes only by their word.

    Raises:
        NotPerformer: with who could.
    """
    label = "Chuyển đơn vị"
    moves = parent_id != row["parent_id"]
    for above in {row["parent_id"], parent_id} - {None} if moves else ():
        desk.must_reach(authority_of(desk.unit(above)), label)
    if authority_id is not None or not (moves or row["authority_id"] is not None):
        return
    keeper = authority_of(desk.unit(parent_id)) if parent_id is not None else row["id"]
    if keeper == row["id"]:
        desk.must_head(label)
    else:
        desk.must_reach(keeper, label)


def _must_stand(desk: Desk, row: Row, parent: Row, on: date) -> None:
    """Whether the unit may stand below that parent: it lives, is not of a lower level, and makes no circle."""
    must_live(parent, max(on, date.fromisoformat(row["valid_from"])))
    above: Row | None = parent
    levels_above = 0
    while above is not None:
        if above["id"] == row["id"]:
            raise OfficeRefused("unit_above_itself", parent=parent["code"], unit=row["code"])
        if (levels_above := levels_above + 1) >= MOST_LEVELS:
            raise OfficeRefused("unit_too_deep", unit=row["code"], most=MOST_LEVELS)
        above = desk.unit(above["parent_id"]) if above["parent_id"] is not None else None
    levels = [found["own"] for one in (parent, row) if (found := desk.tx.one(_LEVEL, which=one["id"]))]
    if levels[0] > levels[1]:
        raise OfficeRefused("unit_level", parent=parent["code"], unit=row["code"])


def _listed(rows: list[Row]) -> str:
    names = ", ".join(row["code"] for row in rows[:NAMED_AT_MOST])
    return f"{names}, …" if len(rows) > NAMED_AT_MOST else names


def _told(desk: Desk, row: Row) -> dict[str, Any]:
    """A unit as the log tells it: codes, no keys."""
    codes = {name: desk.unit(row[f"{name}_id"])["code"] for name in ("parent", "authority") if row[f"{name}_id"]}
    return {
        **{name: row[name] for name in ("name", "mail", "identifier")},
        **codes,
        "groups": json.loads(row["groups"]),
    }
