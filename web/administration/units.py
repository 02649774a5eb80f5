"""Units: the tree, one unit with its seats, changing it, ending it, and giving its waiting cases to others."""

from datetime import date
from typing import Any

from fastapi import APIRouter

from engine.administration import log, outlook, roles, sections, succession, units
from engine.administration.desk import Desk
from engine.administration.forms import Closing, NewKind, NewSeat, NewUnit, Transfer, UnitClosing, UnitPatch
from engine.definition.language import Seat
from engine.errors import InvalidInput, NotFound
from engine.instants import vn_date
from engine.runtime.present import brief
from web.administration.entries import entries_shown
from web.administration.rooms import ROOT, Deed, Done, Look, Sent, add_page, by_desk
from web.doors import page_router
from web.visits import Visit

MOST_ENTRIES = 20
ITSELF = "chinh-don-vi-nay"
"""Chosen as the authority of a unit that is not there yet: the unit itself."""


def unit_routes() -> APIRouter:
    """GET and POST /quan-tri/don-vi, /quan-tri/don-vi/{code}."""
    router = page_router()
    add_page(
        router, "/don-vi", "units", _tree,
        {
            "them": Deed(by_desk(_enter), _told_new, NewUnit, _to_unit),
            "them-loai": Deed(by_desk(_enter_kind), _told_kind, NewKind),
        },
    )  # fmt: skip
    add_page(
        router, "/don-vi/{code}", "unit", _unit,
        {
            "sua": Deed(by_desk(_revise), _told_change, UnitPatch),
            "ket-thuc": Deed(by_desk(_close), _told_end, UnitClosing),
            "giao-ghe": Deed(by_desk(lambda desk, sent: roles.take_seat(desk, sent.form)), _told_seat, NewSeat),
            "thoi-ghe": Deed(by_desk(_leave_seat), _told_no_seat, Closing),
            "chuyen": Deed(by_desk(_hand_over), _told_transfer, Transfer),
        },
    )  # fmt: skip
    return router


# ── looks ────────────────────────────────────────────────────────────────────────────────────────
def _tree(look: Look) -> dict[str, Any]:
    with_closed = look.asked("ca-da-ket-thuc") == "1"
    found = units.units(look.work, on=None if with_closed else look.work.today, kind=None, parent=None)
    may_change = sections.PEOPLE in sections.open_to(look.work, look.actor)
    seats: dict[str, list[dict[str, Any]]] = {}
    for seat in roles.seats(look.work, authority=None, on=look.work.today):
        seats.setdefault(seat["unit"]["code"], []).append(seat)
    return {
        "title": look.visit.tr("Đơn vị"),
        "rows": _in_tree(found),
        "with_closed": with_closed,
        "kinds": {kind["code"]: kind["name"] for kind in units.kinds(look.work.tx)},
        "seats": seats,
        "counts": outlook.people_per_unit(look.desk) if may_change else {},
        "choices": [(one["code"], f"{one['name']} ({one['code']})") for one in found if one["valid_to"] is None],
        "parents": _parents(look, found),
        "tops": _tops(look, found),
        "itself": ITSELF,
        "may_change": may_change,
    }


def _parents(look: Look, found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The units that may stand above a new one, each with who decides then unless another is chosen."""
    names = {unit.code: unit.name for unit in look.work.office.units.values()}
    return [
        (one["code"],
         look.visit.tr("{name} ({code}): {authority} quyết định", name=one["name"], code=one["code"],
                       authority=names[one["authority"]]))
        for one in found if one["valid_to"] is None
    ]  # fmt: skip


def _tops(look: Look, found: list[dict[str, Any]]) -> list[str]:
    """The living units of this administrator that stand highest: below none that they administer."""
    office, living = look.work.office, [one for one in found if one["valid_to"] is None]
    reached = {one["code"] for one in living if look.desk.reaches(office.by_code[one["code"]].authority_id)}
    return [one["code"] for one in living if one["code"] in reached and one["parent"] not in reached]


def _in_tree(found: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
    """Each unit with its depth, below the one above it; who stands below nobody shown begins anew."""
    below: dict[str | None, list[dict[str, Any]]] = {}
    codes = {one["code"] for one in found}
    for one in found:
        below.setdefault(one["parent"] if one["parent"] in codes else None, []).append(one)
    rows: list[tuple[int, dict[str, Any]]] = []
    waiting = [(0, one) for one in reversed(below.get(None, []))]
    while waiting:
        depth, one = waiting.pop()
        rows.append((depth, one))
        waiting.extend((depth + 1, child) for child in reversed(below.get(one["code"], [])))
    return rows


def _unit(look: Look) -> dict[str, Any]:
    code, desk = look.part("code"), look.desk
    one, office = units.unit_of(look.work, code), look.work.office
    open_to = sections.open_to(look.work, look.actor)
    found = units.units(look.work, on=look.work.today, kind=None, parent=None)
    living = [u for u in found if u["code"] != code]
    is_reached = desk.reaches(office.by_code[code].authority_id)
    seats = roles.seats(look.work, authority=None, on=None)
    return {
        "title": one["name"],
        "unit": one,
        "names": {u.code: u.name for u in office.units.values()},
        "kinds": {kind["code"]: kind["name"] for kind in units.kinds(look.work.tx)},
        "is_reached": is_reached,
        "held": outlook.held_in(desk, code) if is_reached else None,
        "waits": succession.waiting(look.work, office.by_code[code].id) if is_reached and one["valid_to"] else [],
        "seats": [s for s in seats if code in (s["authority"]["code"], s["unit"]["code"])],
        "seat_roles": [(r.code, r.label) for r in look.work.registry.roles.values() if r.seat is Seat.AUTHORITY],
        "choices": [(u["code"], f"{u['name']} ({u['code']})") for u in living],
        "bodies": [(u["code"], f"{u['name']} ({u['code']})") for u in living if u["authority"] == u["code"]],
        "entries": _entries(look, code) if sections.LOG in open_to else [],
    }


def _entries(look: Look, code: str) -> list[dict[str, Any]]:
    rows = log.entries(look.work.tx, None, MOST_ENTRIES, what="unit", subject=code)
    return entries_shown(look.visit, rows)


# ── changes ──────────────────────────────────────────────────────────────────────────────────────
def _enter(desk: Desk, sent: Sent) -> Done:
    """A new unit decides for itself only where that was chosen."""
    form: NewUnit = sent.form
    if form.authority == ITSELF:
        form = form.model_copy(update={"authority": form.code})
    elif form.parent is None and form.authority is None:
        raise InvalidInput({"authority": "Đơn vị không có cấp trên: hãy chọn cơ quan quyết định."})
    return units.enter(desk, form)


def _to_unit(done: Done) -> str:
    return f"{ROOT}/don-vi/{done['code']}"


def _told_new(visit: Visit, done: Done) -> str:
    return visit.tr("Đã thêm đơn vị {name} ({code}).", name=done["name"], code=done["code"])


def _enter_kind(desk: Desk, sent: Sent) -> Done:
    return units.add_kind(desk, sent.form)


def _told_kind(visit: Visit, done: Done) -> str:
    return visit.tr("Đã thêm loại đơn vị {name}.", name=done["name"])


def _revise(desk: Desk, sent: Sent) -> Done:
    """Only what differs is changed: the form shows everything."""
    code = sent.part("code")
    now = units.unit_of(desk.work, code)
    patch = {name: value for name, value in sent.form.given().items() if value != _comparable(now[name])}
    return units.revise(desk, code, UnitPatch(**patch))


def _comparable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _told_change(visit: Visit, done: Done) -> str:
    return visit.tr("Đã ghi thay đổi của {name}.", name=done["name"])


def _close(desk: Desk, sent: Sent) -> Done:
    return units.close(desk, sent.part("code"), sent.form)


def _told_end(visit: Visit, done: Done) -> str:
    return visit.tr(
        "{name} kết thúc hoạt động sau ngày {day}. Vai trò kết thúc: {roles}; giấy ủy quyền kết thúc: {mandates}; ghế "
        "chuyển cho đơn vị kế thừa: {seats}; hồ sơ đã chuyển: {moved}; hồ sơ còn chờ chuyển: {waiting}.",
        name=done["name"],
        day=vn_date(date.fromisoformat(done["valid_to"])),
        roles=len(done["memberships_ended"]),
        mandates=done["mandates_ended"],
        seats=len(done["seats_passed_on"]),
        moved=done["cases_transferred"],
        waiting=len(done["cases_waiting"]),
    )


def _told_seat(visit: Visit, done: Done) -> str:
    return visit.tr(
        "{unit} giữ vai trò {role} của {authority} từ ngày đã ghi. Việc đang chờ đã chuyển: {n}.",
        unit=done["unit"]["name"], role=visit.tr(done["role"]["label"]), authority=done["authority"]["name"],
        n=done["tasks_moved"],
    )  # fmt: skip


def _leave_seat(desk: Desk, sent: Sent) -> Done:
    return roles.leave_seat(desk, sent.key("about"), sent.form.last_day)


def _told_no_seat(visit: Visit, done: Done) -> str:
    return visit.tr(
        "{unit} thôi giữ vai trò {role} sau ngày đã ghi; sau đó chính {authority} giữ.",
        unit=done["unit"]["name"], role=visit.tr(done["role"]["label"]), authority=done["authority"]["name"],
    )  # fmt: skip


def _hand_over(desk: Desk, sent: Sent) -> Done:
    collection, _, key = sent.about.partition("/")
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        raise NotFound(what="hồ sơ này")
    return brief(desk.work, succession.hand_over(desk, collection, int(key), sent.form))


def _told_transfer(visit: Visit, done: Done) -> str:
    return visit.tr("Đã chuyển hồ sơ {code} cho {unit}.", code=done["code"], unit=done["unit"]["name"])
