"""The cases that a filter lets through as a spreadsheet or CSV: what the owner may see of them, and no more."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from io import StringIO
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from engine.administration.workbook import FORMULA_STARTS, Sheet, Value, write
from engine.definition.audience import without
from engine.definition.choices import Choice
from engine.definition.performing import Actor
from engine.errors import EngineError
from engine.instants import from_micros, local_date
from engine.jobs.orders import FILTER
from engine.office.files import FileKind
from engine.runtime import queries
from engine.runtime.database import Row
from engine.runtime.rights import hidden_from
from engine.runtime.snapshots import code_of
from engine.runtime.work import Work

MOST_CASES, A_PAGE = 20_000, 500
MEDIA_TYPES = {"xlsx": FileKind.XLSX.media_type, "csv": "text/csv; charset=utf-8"}
HEADINGS = ("Mã hồ sơ", "Loại", "Nội dung", "Đơn vị", "Trạng thái", "Ngày lập", "Cập nhật", "Ngày kết thúc")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field of a dossier that holds one value: its path, its title with those of what it lies in, its type."""

    path: tuple[str, ...]
    title: str
    type: Any


class TooMuch(EngineError):
    """The filter lets through more than one file should hold."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A file with what was exported; `count` cases."""

    name: str
    media_type: str
    content: bytes
    count: int


def exported(work: Work, actor: Actor, params: Mapping[str, Any]) -> Exported:
    """The file that `orders.export_cases` asked for.

    Raises:
        TooMuch: more than `MOST_CASES`.
    """
    wanted = FILTER.validate_python(params["filter"])
    rows = list(_rows(work, actor, wanted))
    codes = {row["process"] for row in rows}
    fields = tuple(_leaves(work.registry.by_code[codes.pop()].dossier)) if len(codes) == 1 else ()
    sheet = Sheet("Hồ sơ", (*HEADINGS, *(leaf.title for leaf in fields)), [_line(work, actor, r, fields) for r in rows])
    content = write([sheet]) if params["form"] == "xlsx" else csv_of(sheet)
    name = f"ho-so-{work.today.isoformat()}.{params['form']}"
    return Exported(name, MEDIA_TYPES[params["form"]], content, len(rows))


def csv_of(sheet: Sheet) -> bytes:
    """The sheet as CSV that spreadsheets open as UTF-8; what looks like a formula is text there."""
    file = StringIO()
    out = csv.writer(file)
    out.writerow(sheet.columns)
    out.writerows([_plain(value) for value in row] for row in sheet.rows)
    return b"\xef\xbb\xbf" + file.getvalue().encode()


def _rows(work: Work, actor: Actor, wanted: queries.CaseFilter) -> Iterator[Row]:
    count, before = 0, wanted.before
    while page := queries.cases(work, actor, replace(wanted, before=before), A_PAGE):
        count += len(page)
        if count > MOST_CASES:
            most = f"{MOST_CASES:,}".replace(",", ".")
            raise TooMuch(f"Bộ lọc cho ra hơn {most} hồ sơ; hãy thu hẹp rồi xuất lại.")
        yield from page
        before = page[-1]["id"]


def _leaves(model: type[BaseModel], path: tuple[str, ...] = (), above: str = "") -> Iterator[Leaf]:
    """Every field with one value, or with several texts; tables are left out."""
    for name, info in model.model_fields.items():
        inner, title = _given(info.annotation), f"{above}{info.title or name}"
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _leaves(inner, (*path, name), f"{title}: ")
        elif get_origin(inner) in (tuple, list):
            if issubclass(_given(get_args(inner)[0]), str):
                yield Leaf((*path, name), title, list)
        elif isinstance(inner, type):
            yield Leaf((*path, name), title, inner)


def _given(annotation: Any) -> Any:
    """The type without `Annotated` and `| None`."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _given(parts[0])
    if origin in (Union, UnionType):
        return _given(next(part for part in parts if part is not type(None)))
    return annotation


def _value_at(document: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = document
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _line(work: Work, actor: Actor, row: Row, fields: tuple[Leaf, ...]) -> list[Value]:
    model = work.registry.by_code[row["process"]]
    shown = without(json.loads(row["dossier"]), hidden_from(work, actor, row)) if fields else {}
    return [
        code_of(model, row),
        model.title,
        row["headline"],
        work.office.units[row["unit_id"]].name,
        model.states[row["state"]].status,
        _day(row["created_at"]),
        _day(row["updated_at"]),
        _day(row["closed_at"]),
        *(_cell(leaf, _value_at(shown, leaf.path)) for leaf in fields),
    ]


def _day(micros: int | None) -> date | None:
    return local_date(from_micros(micros)) if micros is not None else None


def _cell(leaf: Leaf, value: Any) -> Value:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if issubclass(leaf.type, date):
        return date.fromisoformat(value)
    return leaf.type(value).label if issubclass(leaf.type, Choice) else str(value)


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return f"'{value}" if value and value.startswith(FORMULA_STARTS) else value or ""
