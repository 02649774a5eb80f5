"""Who holds which role: memberships of people, seats of units."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, select

from engine.administration.desk import GIVES_POWER, Desk, must_live
from engine.administration.forms import NewMembership, NewSeat
from engine.administration.holdings import MEMBERSHIP, end_membership, end_row, overlapping, overlaps
from engine.administration.people import membership_json
from engine.administration.refusals import OfficeRefused
from engine.administration.succession import settle
from engine.definition.language import Role, Seat
from engine.errors import InvalidInput, NotFound
from engine.instants import vn_date
from engine.runtime import offices
from engine.runtime.administering import authority_of
from engine.runtime.database import Row, Statement
from engine.runtime.schema import membership, seat
from engine.runtime.work import Work

OPEN = "chưa định ngày"

p = bindparam
_OVERLAPPING = Statement(
    select(membership).where(
        membership.c.person_id == p("person_id"),
        membership.c.unit_id == p("unit_id"),
        membership.c.role == p("role"),
        overlaps(membership),
    )
)
_SEAT = Statement(select(seat).where(seat.c.id == p("which")))
_SEATS = Statement(select(seat).order_by(seat.c.authority_id, seat.c.role, seat.c.valid_from))
_FROM_THEN_ON = Statement(
    select(seat)
    .where(
        seat.c.authority_id == p("authority_id"),
        seat.c.role == p("role"),
        (seat.c.valid_to.is_(None)) | (seat.c.valid_to >= p("day")),
    )
    .order_by(seat.c.valid_from)
)


def role_named(desk: Desk, code: str) -> Role:
    """The role that a form names.

    Raises:
        InvalidInput: no definition knows it.
    """
    role = desk.work.registry.roles.get(code)
    if role is None:
        known = "; ".join(f"{one.code} ({one.label})" for one in desk.work.registry.roles.values())
        raise InvalidInput({"role": f"Không có vai trò «{code}». Các vai trò: {known}."})
    return role


def in_order(since: date, until: date | None) -> None:
    """Refuse a span that ends before it begins.

    Raises:
        OfficeRefused: `day_too_early`.
    """
    if until is not None and until < since:
        raise OfficeRefused("day_too_early", day=vn_date(until), since=vn_date(since))


def spoken(day: str | None) -> str:
    """A stored date in a sentence; an open end in words."""
    return vn_date(date.fromisoformat(day)) if day else OPEN


# ── memberships ──────────────────────────────────────────────────────────────────────────────
def grant(desk: Desk, person_id: int, new: NewMembership) -> dict[str, Any]:
    """The person holds a role in a unit from one day to another.

    Raises:
        NotFound: no such person.
        InvalidInput: an unknown unit or role.
        NotPerformer: the actor does not administer the unit, or may not change the person: their own administrator
            could then no longer do so either. Administrators with none above give roles to anybody.
        ConfirmationNeeded, ScopeMissing: see `GIVES_POWER`.
        OfficeRefused: `person_not_active`, `unit_not_alive`, `day_too_early`, `day_too_late` (the unit ends before),
            `membership_overlaps`.
    """
    desk.must_administer("Giao vai trò")
    row, unit = desk.existing(person_id), desk.named(new.unit, "unit")
    desk.must_reach(authority_of(unit), "Giao vai trò")
    if not desk.is_head:
        desk.must_reach_person(person_id, "Giao vai trò")
    desk.must_allow(*GIVES_POWER)
    role = role_named(desk, new.role)
    if not row["active"]:
        raise OfficeRefused("person_not_active", username=row["username"])
    in_order(new.since, new.until)
    must_live(unit, new.since)
    if unit["valid_to"] is not None and (new.until is None or new.until.isoformat() > unit["valid_to"]):
        day = vn_date(new.until) if new.until else OPEN
        raise OfficeRefused("day_too_late", day=day, until=spoken(unit["valid_to"]), what=unit["code"])
    place = {"person_id": person_id, "unit_id": unit["id"], "role": role.code}
    if there := desk.tx.one(_OVERLAPPING, **place, **overlapping(new.since, new.until)):
        raise OfficeRefused(
            "membership_overlaps", name=row["name"], role=role.label, unit=unit["code"],
            since=spoken(there["valid_from"]), until=spoken(there["valid_to"]),
        )  # fmt: skip
    key = offices.add_membership(desk.tx, person_id, unit["id"], role.code, since=new.since, until=new.until)
    desk.note("membership.add", row["username"], after=new.model_dump(mode="json", by_alias=True))
    written = desk.tx.one(MEMBERSHIP, which=key)
    assert written is not None, "written before"
    return membership_json(desk.work, written)


def end(desk: Desk, membership_id: int, last_day: date) -> dict[str, Any]:
    """End a membership after a day, with the mandates that rest on it; an end only ever comes earlier.

    Raises:
        NotFound: no such membership.
        NotPerformer: the actor does not administer its unit.
        OfficeRefused: `day_too_early`, `ended_already`, `last_administrator`.
    """
    desk.must_administer("Kết thúc vai trò")
    row = desk.tx.one(MEMBERSHIP, which=membership_id)
    if row is None:
        raise NotFound(what=f"vai trò đã giao số {membership_id}")
    authority_id = authority_of(desk.unit(row["unit_id"]))
    desk.must_reach(authority_id, "Kết thúc vai trò")
    must_end_earlier(row, last_day, desk.work.today)
    guarded = {authority_id, row["unit_id"]} if row["role"] == desk.role.code else set()
    next_day = max(last_day + timedelta(days=1), desk.work.today)
    mandates = 0

    def write() -> None:
        nonlocal mandates
        mandates = end_membership(desk, row, last_day)

    desk.keep_administered(guarded, next_day, write)
    desk.note(
        "membership.end", row["username"], role=row["role"], unit=row["code"], before=row["valid_to"],
        after=last_day.isoformat(), mandates=mandates,
    )  # fmt: skip
    return membership_json(desk.work, {**row, "valid_to": last_day.isoformat()})


def must_end_earlier(row: Row, last_day: date, today: date) -> None:
    """Refuse an end before the beginning, or after the end that there is; what has not begun may never begin.

    Raises:
        OfficeRefused: `day_too_early`, `ended_already`.
    """
    if (since := date.fromisoformat(row["valid_from"])) <= today:
        in_order(since, last_day)
    if row["valid_to"] is not None and last_day.isoformat() >= row["valid_to"]:
        raise OfficeRefused("ended_already", day=spoken(row["valid_to"]))


# ── seats ────────────────────────────────────────────────────────────────────────────────────
def seats(work: Work, *, authority: str | None, on: date | None) -> list[dict[str, Any]]:
    """Which unit holds which role for an authority, by authority and role; None: any, ever."""
    shown = (seat_json(work, row) for row in work.tx.all(_SEATS))
    return [
        one
        for one in shown
        if authority in (None, one["authority"]["code"])
        and (on is None or one["from"] <= on.isoformat() <= (one["to"] or "9999-12-31"))
    ]


def seat_json(work: Work, row: Row) -> dict[str, Any]:
    role = work.registry.roles.get(row["role"])
    units = {name: work.office.units[row[f"{name}_id"]] for name in ("authority", "unit")}
    return {
        "id": str(row["id"]),
        "role": {"code": row["role"], "label": role.label if role else row["role"]},
        **{name: {"code": one.code, "name": one.name} for name, one in units.items()},
        "from": row["valid_from"],
        "to": row["valid_to"],
    }


def take_seat(desk: Desk, new: NewSeat) -> dict[str, Any]:
    """A unit holds a role for an authority from a day on, and who held it before does so to the day before.

    Open tasks of the role move to it once that day has come.

    Raises:
        InvalidInput: an unknown unit or role.
        NotPerformer: the actor does not administer the authority.
        ConfirmationNeeded, ScopeMissing: see `GIVES_POWER`.
        OfficeRefused: `no_authority`, `unit_not_alive`, `seat_role`, `seat_overlaps`, `last_administrator`.
    """
    desk.must_administer("Giao cơ quan giữ vai trò")
    authority, unit = desk.named(new.authority, "authority"), desk.named(new.unit, "unit")
    desk.must_reach(authority_of(authority), "Giao cơ quan giữ vai trò")
    desk.must_allow(*GIVES_POWER)
    role = role_named(desk, new.role)
    if authority["authority_id"] is not None:
        raise OfficeRefused("no_authority", authority=authority["code"])
    for one in (authority, unit):
        must_live(one, new.since)
    if role.seat is not Seat.AUTHORITY:
        raise OfficeRefused("seat_role", role=role.label)
    there = desk.tx.all(_FROM_THEN_ON, authority_id=authority["id"], role=role.code, day=new.since.isoformat())
    if late := next((row for row in there if row["valid_from"] >= new.since.isoformat()), None):
        raise OfficeRefused(
            "seat_overlaps", role=role.label, authority=authority["name"], since=spoken(late["valid_from"])
        )  # fmt: skip
    key = 0

    def write() -> None:
        nonlocal key
        _end_seats(desk, there, new.since - timedelta(days=1))
        key = offices.add_seat(desk.tx, authority["id"], role.code, unit["id"], since=new.since)

    guarded = {int(authority["id"])} if role.code == desk.role.code else set()
    desk.keep_administered(guarded, max(new.since, desk.work.today), write)
    desk.note("seat.take", f"{new.authority}/{new.role}", after=new.model_dump(mode="json", by_alias=True))
    taken = desk.tx.one(_SEAT, which=key)
    assert taken is not None, "written before"
    return _settled(desk, taken, fresh=key)


def leave_seat(desk: Desk, seat_id: int, last_day: date) -> dict[str, Any]:
    """End a seat after a day; then the authority itself holds the role.

    Raises:
        NotFound: no such seat.
        NotPerformer: the actor does not administer the authority.
        ConfirmationNeeded, ScopeMissing: see `GIVES_POWER`.
        OfficeRefused: `day_too_early`, `ended_already`, `last_administrator`.
    """
    desk.must_administer("Kết thúc cơ quan giữ vai trò")
    row = desk.tx.one(_SEAT, which=seat_id)
    if row is None:
        raise NotFound(what=f"cơ quan giữ vai trò số {seat_id}")
    desk.must_reach(row["authority_id"], "Kết thúc cơ quan giữ vai trò")
    desk.must_allow(*GIVES_POWER)  # the authority itself holds the role then
    must_end_earlier(row, last_day, desk.work.today)
    guarded = {int(row["authority_id"])} if row["role"] == desk.role.code else set()
    next_day = max(last_day + timedelta(days=1), desk.work.today)
    desk.keep_administered(guarded, next_day, lambda: _end_seats(desk, [row], last_day))
    subject = f"{desk.unit(row['authority_id'])['code']}/{row['role']}"
    desk.note("seat.end", subject, before=row["valid_to"], after=last_day.isoformat())
    return _settled(desk, {**row, "valid_to": last_day.isoformat()})


def _end_seats(desk: Desk, rows: Iterable[Row], last_day: date) -> None:
    for row in rows:
        end_row(desk, seat, row, last_day)


def _settled(desk: Desk, row: Row, fresh: int | None = None) -> dict[str, Any]:
    desk.reload()
    moved = settle(desk.work, desk.acting, fresh)
    return {**seat_json(desk.work, row), "tasks_moved": moved["tasks_moved"]}
