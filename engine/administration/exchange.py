"""The whole organisation as a spreadsheet: out, and in again through the same changes that people make.

Each row is added, changed or ended as it differs from what there is; what a sheet does not name stays.
Rows are told apart by code, by user name, and by user name, role, unit and first day.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, BinaryIO

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from sqlalchemy import bindparam, select

from engine.administration import people, roles, units, workbook
from engine.administration.desk import Desk
from engine.administration.forms import Closing, NewMembership, NewPerson, NewUnit, PersonPatch, UnitClosing, UnitPatch
from engine.administration.refusals import RowProblem, RowsRefused
from engine.administration.workbook import NO, YES, ReadRow, Sheet
from engine.errors import InvalidInput, Refused
from engine.runtime.database import Row, Statement
from engine.runtime.schema import membership

UNITS, PEOPLE, ROLES = "Đơn vị", "Người", "Vai trò"
COLUMNS: Mapping[str, Mapping[str, str]] = {
    UNITS: {
        "code": "Mã", "name": "Tên", "kind": "Loại", "mail": "Thư điện tử", "identifier": "Mã định danh",
        "groups": "Nhóm nơi nhận", "parent": "Mã đơn vị cấp trên", "authority": "Mã cơ quan quyết định",
        "valid_from": "Từ ngày", "valid_to": "Đến ngày",
    },
    PEOPLE: {
        "username": "Tên đăng nhập", "name": "Họ và tên", "mail": "Thư điện tử", "staff_code": "Mã cán bộ",
        "active": "Đang dùng",
    },
    ROLES: {
        "username": "Tên đăng nhập", "role": "Vai trò", "unit": "Mã đơn vị", "from": "Từ ngày", "to": "Đến ngày",
    },
}  # fmt: skip
"""Sheet → field of the form → heading."""
PAPER = "Nhập từ bảng tính"
ADDED, CHANGED, ENDED = "added", "changed", "ended"

_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_LIST = re.compile(r"[,;\s]+")
_HELD = Statement(
    select(membership).where(
        membership.c.person_id == bindparam("person_id"),
        membership.c.unit_id == bindparam("unit_id"),
        membership.c.role == bindparam("role"),
        membership.c.valid_from == bindparam("first"),
    )
)

Explain = Callable[[Iterable[ErrorDetails]], Mapping[str, str]]
"""Gives the findings of a form as {field: sentence}; the wording is the caller's."""


class _Cell(Exception):
    """A row that cannot be, because of one of its fields."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name, self.sentence = name, sentence


@dataclass
class _Import:
    """One import while it runs."""

    desk: Desk
    explain: Explain
    problems: list[RowProblem] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)

    def take(self, row: ReadRow, apply: Callable[["_Import", dict[str, Any]], Iterable[tuple[str, str]]]) -> None:
        """Apply a row; what it changes is listed, what is wrong with it too."""
        try:
            for what, name in apply(self, _values(row)):
                self.changes.append({"sheet": row.sheet, "row": row.number, "what": what, "name": name})
        except ValidationError as wrong:
            self._wrong(row, self.explain(wrong.errors(include_url=False, include_input=False)))
        except InvalidInput as wrong:
            self._wrong(row, wrong.fields)
        except _Cell as wrong:
            self._wrong(row, {wrong.name: wrong.sentence})
        except Refused as wrong:
            self._wrong(row, {"": str(wrong)})

    def _wrong(self, row: ReadRow, fields: Mapping[str, str]) -> None:
        titles = COLUMNS[row.sheet]
        for name, sentence in fields.items():
            title = titles.get(name.partition(".")[0], "")
            self.problems.append(RowProblem(row.sheet, row.number, title, sentence))


# ── out ──────────────────────────────────────────────────────────────────────────────────────
def export(desk: Desk) -> bytes:
    """An .xlsx file of all units, and of the people and roles that the desk reaches.

    Raises:
        NotPerformer: the actor administers nothing.
    """
    shown = people.people(desk, unit=None, active=None, after=0, most=None)
    reached = {one.code for one in desk.work.office.units.values() if desk.reaches(one.authority_id)}
    rows: dict[str, list[list[Any]]] = {UNITS: [], PEOPLE: [], ROLES: []}
    for unit in units.units(desk.work, on=None, kind=None, parent=None):
        days = {name: _day(unit[name]) for name in ("valid_from", "valid_to")}
        rows[UNITS].append(_row(UNITS, {**unit, **days, "groups": ", ".join(unit["groups"])}))
    for person in shown:
        rows[PEOPLE].append(_row(PEOPLE, person))
        for held in person["memberships"]:
            if held["unit"]["code"] in reached:
                days = {name: _day(held[name]) for name in ("from", "to")}
                codes = {"role": held["role"]["code"], "unit": held["unit"]["code"]}
                rows[ROLES].append(_row(ROLES, {"username": person["username"], **codes, **days}))
    return workbook.write([Sheet(name, tuple(COLUMNS[name].values()), rows[name]) for name in COLUMNS])


def _row(sheet: str, values: Mapping[str, Any]) -> list[Any]:
    return [values[name] for name in COLUMNS[sheet]]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


# ── in ───────────────────────────────────────────────────────────────────────────────────────
def read(file: BinaryIO, name: str) -> tuple[list[ReadRow], list[RowProblem]]:
    """The rows of an .xlsx file, without looking at the office: for a thread other than the writer's.

    Raises:
        FileRefused, OfficeRefused: as `workbook.read`.
    """
    return workbook.read(file, name, {sheet: tuple(titles.values()) for sheet, titles in COLUMNS.items()})


def take_in(
    desk: Desk, rows: Sequence[ReadRow], problems: Sequence[RowProblem], explain: Explain, *, dry_run: bool
) -> dict[str, Any]:
    """Take in the rows, all or none; a dry run takes none and says what it would have done.

    Raises:
        NotPerformer: the actor administers nothing.
        RowsRefused: some rows are wrong, with what is wrong in each; nothing was changed.
    """
    desk.must_administer("Nhập bảng tính")
    running = _Import(desk, explain, list(problems))
    desk.tx.command("SAVEPOINT taking_in")
    try:
        by_sheet = {sheet: [row for row in rows if row.sheet == sheet] for sheet in COLUMNS}
        for row in _parents_first(by_sheet[UNITS]):
            running.take(row, _unit)
        for row in by_sheet[PEOPLE]:
            running.take(row, _person)
        for row in by_sheet[ROLES]:
            running.take(row, _role)
        for row in reversed(_parents_first(by_sheet[UNITS])):
            running.take(row, _unit_end)
    finally:
        if dry_run or running.problems:
            desk.tx.command("ROLLBACK TO taking_in")
        desk.tx.command("RELEASE taking_in")
    if running.problems:
        raise RowsRefused(running.problems)
    counted = {what: sum(one["what"] == what for one in running.changes) for what in (ADDED, CHANGED, ENDED)}
    return {"dry_run": dry_run, **counted, "changes": running.changes}


def _parents_first(rows: Sequence[ReadRow]) -> list[ReadRow]:
    """The units in an order in which each comes after those it names; what goes in circles comes last."""
    title = COLUMNS[UNITS]
    left, ordered = list(rows), list[ReadRow]()
    while left:
        codes = {row.values[title["code"]] for row in left}
        ready = [
            row
            for row in left
            if not {row.values[title["parent"]], row.values[title["authority"]]} & codes - {row.values[title["code"]]}
        ]
        ordered += ready or left
        left = [row for row in left if row not in ready] if ready else []
    return ordered


def _values(row: ReadRow) -> dict[str, Any]:
    """The row by the form's fields, as JSON values; empty cells are None."""
    found: dict[str, Any] = {}
    for name, title in COLUMNS[row.sheet].items():
        value = row.values[title]
        if name in ("valid_from", "valid_to", "from", "to"):
            found[name] = _iso(value)
        else:
            found[name] = value.isoformat() if isinstance(value, date) else value
    return found


def _iso(value: str | date | None) -> str | None:
    """A date as ISO text; a text that is none stays what it is, for the form to refuse."""
    if isinstance(value, date):
        return value.isoformat()
    if value and (match := _DAY.fullmatch(value)):
        return f"{match[3]}-{int(match[2]):02d}-{int(match[1]):02d}"
    return value


def _form(model: type[BaseModel], values: Mapping[str, Any]) -> Any:
    return model.model_validate_json(json.dumps(values), strict=True)


def _given(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names if values[name] is not None}


def _unit(running: _Import, values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    values["groups"] = _LIST.split(values["groups"]) if values["groups"] else []
    desk, code = running.desk, values["code"] or ""
    row = desk.coded(code)
    if row is None:
        names = ("code", "name", "kind", "mail", "identifier", "groups", "parent", "authority", "valid_from")
        units.add(desk, _form(NewUnit, _given(values, *names)))
        yield ADDED, code
        return
    for name in ("kind", "valid_from"):
        if values[name] not in (None, row[name]):
            raise _Cell(name, f"Không đổi được của đơn vị đã có (đang là {row[name]}).")
    now = {
        "name": row["name"], "mail": row["mail"] or None, "identifier": row["identifier"],
        "groups": json.loads(row["groups"]),
        "parent": desk.unit(row["parent_id"])["code"] if row["parent_id"] else None,
        "authority": desk.unit(row["authority_id"])["code"] if row["authority_id"] else code,
    }  # fmt: skip
    if values["authority"] is None:
        values["authority"] = now["authority"]
    if patch := {name: values[name] for name in now if values[name] != now[name]}:
        units.change(desk, code, _form(UnitPatch, patch))
        yield CHANGED, code


def _unit_end(running: _Import, values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    row = running.desk.coded(values["code"] or "")
    if row is None or values["valid_to"] == row["valid_to"]:
        return
    if row["valid_to"] is not None:
        raise _Cell("valid_to", f"Đơn vị đã kết thúc từ {row['valid_to']}; không đổi được ngày này.")
    units.close(running.desk, row["code"], _form(UnitClosing, {"last_day": values["valid_to"], "paper": PAPER}))
    yield ENDED, row["code"]


def _person(running: _Import, values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    desk, username = running.desk, values["username"] or ""
    if values["active"] not in (None, YES, NO):
        raise _Cell("active", f"Phải là «{YES}» hoặc «{NO}».")
    active = values["active"] != NO
    row = desk.tx.one(people.PERSON_NAMED, username=username)
    if row is None:
        key = people.add(desk, _form(NewPerson, _given(values, "username", "name", "mail", "staff_code")))
        if not active:
            people.change(desk, key, PersonPatch(active=False))
        yield ADDED, username
        return
    now = {"name": row["name"], "mail": row["mail"] or None, "staff_code": row["staff_code"]}
    patch: dict[str, Any] = {name: values[name] for name in now if values[name] != now[name]}
    if active != bool(row["active"]):
        patch["active"] = active
    if patch:
        people.change(desk, row["id"], _form(PersonPatch, patch))
        yield CHANGED, username


def _role(running: _Import, values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    desk = running.desk
    person = desk.tx.one(people.PERSON_NAMED, username=values["username"] or "")
    if person is None:
        raise _Cell("username", "Không có người dùng này; hãy ghi ở trang «Người».")
    form = _form(NewMembership, _given(values, "unit", "role", "from", "to"))
    name = f"{person['username']}/{form.role}/{form.unit}"
    held = _held(desk, person, form)
    if held is None:
        roles.grant(desk, person["id"], form)
        yield ADDED, name
    elif values["to"] != held["valid_to"]:
        if values["to"] is None:
            raise _Cell("to", f"Vai trò đã kết thúc từ {held['valid_to']}; muốn giao lại, hãy ghi dòng mới.")
        roles.end(desk, held["id"], _form(Closing, {"last_day": values["to"]}).last_day)
        yield ENDED, name


def _held(desk: Desk, person: Row, form: NewMembership) -> Row | None:
    unit = desk.named(form.unit, "unit")
    return desk.tx.one(
        _HELD, person_id=person["id"], unit_id=unit["id"], role=form.role, first=form.since.isoformat()
    )  # fmt: skip
