"""The whole organisation as a spreadsheet: out, and in again through the same changes that people make.

Each row is added, changed or ended as it differs from what there is; what a sheet does not name stays.
Rows are told apart by code, by user name, and by user name, role, unit and first day.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from graphlib import CycleError, TopologicalSorter
from typing import Any, BinaryIO

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from sqlalchemy import bindparam, select

from engine.administration import people, roles, units, workbook
from engine.administration.desk import Desk
from engine.administration.forms import Closing, NewMembership, NewPerson, NewUnit, PersonPatch, UnitClosing, UnitPatch
from engine.administration.refusals import RowProblem, RowsRefused
from engine.administration.workbook import NO, YES, ReadRow, Sheet
from engine.errors import ConfirmationNeeded, InvalidInput, Refused, ScopeMissing
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
IMPORTED = "organisation.import"
"""What the log calls an import as a whole; each row has entries of its own."""
MOST_PROBLEMS = 200
"""So many places that are wrong are told; rows after them are not looked at."""
EMPTY = "Chưa điền mục này."
TOLD = ""
"""Stands for what is wrong because another row is, which that row's own problem says."""
LAST_DAY = {UNITS: "valid_to", ROLES: "to"}
"""Sheet → the field of the row that becomes the last day of a form."""

_NOTHING: Mapping[str, str] = {}

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


@dataclass
class _Import:
    """One import while it runs. `wrong`: the sheet and code of each row that could not be taken."""

    desk: Desk
    explain: Explain
    problems: list[RowProblem] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    wrong: set[tuple[str, str | None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._unread = {problem.sheet for problem in self.problems}

    def take(self, row: ReadRow, apply: Callable[["_Import", dict[str, Any]], Iterable[tuple[str, str]]]) -> None:
        """Apply a row; what it changes is listed, what is wrong with it too."""
        values = _values(row)
        try:
            for what, name in apply(self, values):
                self.changes.append({"sheet": row.sheet, "row": row.number, "what": what, "name": name})
        except InvalidInput as wrong:
            self._wrong(row, values, wrong.fields)
        except (ConfirmationNeeded, ScopeMissing):
            raise  # no fault of the row
        except Refused as wrong:
            self._wrong(row, values, {"": str(wrong)})

    def form(self, model: type[BaseModel], values: Mapping[str, Any], found: Mapping[str, str] = _NOTHING) -> Any:
        """The filled form of a row in which so much was found wrong already.

        Raises:
            InvalidInput: all that is wrong with the row's cells.
        """
        wrong: Mapping[str, str] = {}
        try:
            form = model.model_validate_json(json.dumps(values), strict=True)
        except ValidationError as refused:
            wrong = self.explain(refused.errors(include_url=False, include_input=False))
        if wrong or found:
            empty = {name: EMPTY for name in wrong if values.get(name, "") is None}
            raise InvalidInput({**wrong, **empty, **found})
        return form

    def missing(self, sheet: str, code: str | None, sentence: str) -> str:
        """What to say of a thing that is not there: nothing new when it should have come from a row that is wrong."""
        return TOLD if (sheet, code) in self.wrong or sheet in self._unread else sentence

    def unit(self, values: Mapping[str, Any], name: str, found: dict[str, str]) -> Row | None:
        """The unit that a cell names; None with an entry in `found` when there is none of that code."""
        code = values[name]
        row = self.desk.coded(code) if code else None
        if code and row is None:
            found[name] = self.missing(UNITS, code, f"Không có đơn vị «{code}».")
        return row

    def _wrong(self, row: ReadRow, values: Mapping[str, Any], fields: Mapping[str, str]) -> None:
        titles = COLUMNS[row.sheet]
        self.wrong.add((row.sheet, values[next(iter(titles))]))
        for name, sentence in fields.items():
            title = titles.get(LAST_DAY[row.sheet] if name == "last_day" else name.partition(".")[0], "")
            if sentence != TOLD:
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

    Units come in the order in which `take_in` can add them.

    Raises:
        FileRefused, OfficeRefused: as `workbook.read`.
    """
    rows, problems = workbook.read(file, name, {sheet: tuple(titles.values()) for sheet, titles in COLUMNS.items()})
    in_order = _parents_first([row for row in rows if row.sheet == UNITS])
    return [*in_order, *(row for row in rows if row.sheet != UNITS)], problems


def take_in(
    desk: Desk, rows: Sequence[ReadRow], problems: Sequence[RowProblem], explain: Explain, *, dry_run: bool
) -> dict[str, Any]:
    """Take in the rows as `read` gives them, all or none; a dry run takes none and says what it would have done.

    Raises:
        NotPerformer: the actor administers nothing.
        ConfirmationNeeded, ScopeMissing: a row takes what `GIVES_POWER` says.
        RowsRefused: some rows are wrong, with what is wrong in each (of many: the first); nothing was changed.
    """
    desk.must_administer("Nhập bảng tính")
    running = _Import(desk, explain, list(problems))
    desk.tx.command("SAVEPOINT taking_in")
    try:
        by_sheet = {sheet: [row for row in rows if row.sheet == sheet] for sheet in COLUMNS}
        steps = ((by_sheet[UNITS], _unit), (by_sheet[PEOPLE], _person), (by_sheet[ROLES], _role))
        for found, apply in (*steps, (by_sheet[UNITS][::-1], _unit_end)):
            for row in found:
                if len(running.problems) < MOST_PROBLEMS:
                    running.take(row, apply)
        if any(one["sheet"] == UNITS and one["what"] == ENDED for one in running.changes):
            units.settle_ends(desk)
    finally:
        if dry_run or running.problems:
            desk.tx.command("ROLLBACK TO taking_in")
            desk.moved.clear()
        desk.tx.command("RELEASE taking_in")
    if running.problems:
        raise RowsRefused(running.problems, MOST_PROBLEMS)
    counted = {what: sum(one["what"] == what for one in running.changes) for what in (ADDED, CHANGED, ENDED)}
    if running.changes and not dry_run:
        desk.note(IMPORTED, "xlsx", **counted)
    return {"dry_run": dry_run, **counted, "changes": running.changes}


def _parents_first(rows: Sequence[ReadRow]) -> list[ReadRow]:
    """The units in an order in which each comes after those it names; what goes in circles comes last."""
    code, *above = (COLUMNS[UNITS][name] for name in ("code", "parent", "authority"))
    by_code: dict[Any, list[ReadRow]] = {}
    for row in rows:
        by_code.setdefault(row.values[code], []).append(row)
    sorter = TopologicalSorter[Any](dict.fromkeys(by_code, ()))
    for row in rows:
        sorter.add(row.values[code], *{row.values[name] for name in above} & by_code.keys() - {row.values[code]})
    with suppress(CycleError):  # what is in no circle can still be had
        sorter.prepare()
    ordered: dict[Any, None] = {}
    while ready := sorter.get_ready():
        ordered.update(dict.fromkeys(ready))
        sorter.done(*ready)
    return [row for one in ordered | dict.fromkeys(by_code) for row in by_code[one]]


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


def _given(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names if values[name] is not None}


def _unit(running: _Import, values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    values["groups"] = _LIST.split(values["groups"]) if values["groups"] else []
    desk, code = running.desk, values["code"] or ""
    row = desk.coded(code)
    if row is None:
        names = ("code", "name", "kind", "mail", "identifier", "groups", "parent", "authority", "valid_from")
        found = _unknown_in_unit(running, values)
        units.add(desk, running.form(NewUnit, _given(values, *names), found))
        yield ADDED, code
        return
    found = {
        name: f"Không đổi được của đơn vị đã có (đang là {row[name]})."
        for name in ("kind", "valid_from")
        if values[name] not in (None, row[name])
    }
    now = {
        "name": row["name"], "mail": row["mail"] or None, "identifier": row["identifier"],
        "groups": json.loads(row["groups"]),
        "parent": desk.unit(row["parent_id"])["code"] if row["parent_id"] else None,
        "authority": desk.unit(row["authority_id"])["code"] if row["authority_id"] else code,
    }  # fmt: skip
    if values["authority"] is None:
        values["authority"] = now["authority"]
    patch = {name: values[name] for name in now if values[name] != now[name]}
    if found or patch:
        form = running.form(UnitPatch, patch, _unknown_in_unit(running, {**patch, "kind": None}) | found)
        units.change(desk, code, form)
        yield CHANGED, code


def _unknown_in_unit(running: _Import, values: Mapping[str, Any]) -> dict[str, str]:
    """What a unit's row names and is not there."""
    found: dict[str, str] = {}
    for name in ("parent", "authority"):
        if values.get(name) not in (None, values.get("code")):
            running.unit(values, name, found)
    if values["kind"] is not None:
        _look(found, lambda: units.must_be_kind(running.desk.tx, values["kind"]))
    return found


def _look(found: dict[str, str], look: Callable[[], object]) -> None:
    """Take up what somebody else finds wrong with a cell."""
    try:
        look()
    except InvalidInput as wrong:
        found.update(wrong.fields)


def _unit_end(running: _Import, values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    row = running.desk.coded(values["code"] or "")
    if row is None or values["valid_to"] == row["valid_to"]:
        return
    if row["valid_to"] is not None:
        raise InvalidInput({"valid_to": f"Đơn vị đã kết thúc từ {row['valid_to']}; không đổi được ngày này."})
    units.end(running.desk, row["code"], running.form(UnitClosing, {"last_day": values["valid_to"], "paper": PAPER}))
    yield ENDED, row["code"]


def _person(running: _Import, values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    desk, username = running.desk, values["username"] or ""
    found = {"active": f"Phải là «{YES}» hoặc «{NO}»."} if values["active"] not in (None, YES, NO) else {}
    active = values["active"] != NO
    row = desk.tx.one(people.PERSON_NAMED, username=username)
    if row is None:
        form = running.form(NewPerson, _given(values, "username", "name", "mail", "staff_code"), found)
        key = people.add(desk, form)
        if not active:
            people.change(desk, key, PersonPatch(active=False))
        yield ADDED, username
        return
    now = {"name": row["name"], "mail": row["mail"] or None, "staff_code": row["staff_code"]}
    patch: dict[str, Any] = {name: values[name] for name in now if values[name] != now[name]}
    if active != bool(row["active"]):
        patch["active"] = active
    if found or patch:
        people.change(desk, row["id"], running.form(PersonPatch, patch, found))
        yield CHANGED, username


def _role(running: _Import, values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    desk, found = running.desk, dict[str, str]()
    person = desk.tx.one(people.PERSON_NAMED, username=values["username"] or "")
    if person is None:
        sentence = "Không có người dùng này; hãy ghi ở trang «Người»."
        found["username"] = running.missing(PEOPLE, values["username"], sentence)
    unit = running.unit(values, "unit", found)
    if values["role"] is not None:
        _look(found, lambda: roles.role_named(desk, values["role"]))
    form = running.form(NewMembership, _given(values, "unit", "role", "from", "to"), found)
    assert person is not None, "or it was found missing"
    assert unit is not None, "likewise"
    name = f"{person['username']}/{form.role}/{form.unit}"
    held = desk.tx.one(
        _HELD, person_id=person["id"], unit_id=unit["id"], role=form.role, first=form.since.isoformat()
    )  # fmt: skip
    if held is None:
        roles.grant(desk, person["id"], form)
        yield ADDED, name
    elif values["to"] != held["valid_to"]:
        if values["to"] is None:
            until = held["valid_to"]
            raise InvalidInput({"to": f"Vai trò đã kết thúc từ {until}; muốn giao lại, hãy ghi dòng mới."})
        roles.end(desk, held["id"], running.form(Closing, {"last_day": values["to"]}).last_day)
        yield ENDED, name
