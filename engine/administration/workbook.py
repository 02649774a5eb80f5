"""Spreadsheets as rows of plain values, and back (.xlsx). Knows no database.

What is written is text, never a formula. What is read comes from anywhere: it is measured before it is
parsed, document type declarations are refused, and formulas are no values.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from itertools import zip_longest
from typing import Any, BinaryIO

from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from engine.administration.package import Place, damaged, unpack
from engine.administration.refusals import OfficeRefused, RowProblem
from engine.office.files import FileKind, sniff

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
YES, NO = "có", "không"
NO_VALUE = "(công thức)"
"""The text of a cell that is no value: a formula, an error."""

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # not in any XML, so in no cell either
_COLUMN_WIDTH = 24
_FIRST_YEAR = 1900  # that a cell can hold as a date
_FORMATS = {
    "heading": {"bold": True, "num_format": "@"},
    "text": {"num_format": "@"},
    "quoted": {"num_format": "@", "quote_prefix": True},  # so that it stays text when somebody edits it
    "day": {"num_format": "dd/mm/yyyy"},
}

Value = str | date | bool | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet with its headings."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Value]]


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row that says something: its number as people see it, and text or dates by heading; empty cells are None."""

    sheet: str
    number: int
    values: Mapping[str, str | date | None]


def write(sheets: Sequence[Sheet]) -> bytes:
    """The sheets as the bytes of an .xlsx file; no cell of it is a formula."""
    file = BytesIO()
    with Workbook(file, {"in_memory": True}) as book:
        formats = {name: book.add_format(how) for name, how in _FORMATS.items()}
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            page.freeze_panes(1, 0)
            page.set_column(0, len(sheet.columns) - 1, _COLUMN_WIDTH)
            for column, title in enumerate(sheet.columns):
                page.write_string(0, column, title, formats["heading"])
            for number, row in enumerate(sheet.rows, start=1):
                for column, value in enumerate(row):
                    _put(page, number, column, value, formats)
    return file.getvalue()


def read(file: BinaryIO, name: str, wanted: Mapping[str, tuple[str, ...]]) -> tuple[list[ReadRow], list[RowProblem]]:
    """The rows of the wanted sheets (name → headings, in any order), and what is wrong with the sheets themselves.

    A sheet that is missing has no rows, as long as one is there.

    Raises:
        FileRefused: no .xlsx, or one made to exhaust whoever opens it.
        OfficeRefused: `workbook_too_large`, `workbook_unreadable`.
    """
    pages = _pages(file, name, wanted)
    if not pages:
        raise OfficeRefused("workbook_unreadable", why=f"không có trang nào tên là {', '.join(wanted)}")
    rows: list[ReadRow] = []
    problems: list[RowProblem] = []
    for sheet, cells in pages.items():
        for found in _rows(sheet, wanted[sheet], cells):
            if isinstance(found, ReadRow):
                rows.append(found)
            else:
                problems.append(found)
    return rows, problems


def read_first(file: BinaryIO, name: str) -> list[list[str | date | None]]:
    """The cells of the first sheet as text or dates, row by row; `NO_VALUE` where a formula or an error stood.

    Raises:
        FileRefused, OfficeRefused: as `read`.
    """
    cells = next(iter(_pages(file, name, None).values()), [])
    return [[_value(cell) for cell in row] for row in cells]


def _pages(file: BinaryIO, name: str, wanted: Collection[str] | None) -> dict[str, list[list[Any]]]:
    """The cells of the wanted sheets that are there, as `_grid` gives them; None: of the first sheet."""
    if sniff(file, name) is not FileKind.XLSX:
        raise OfficeRefused("workbook_unreadable", why="không phải tệp .xlsx")
    try:
        package = unpack(file, wanted)
        with CalamineWorkbook.from_filelike(package.file) as book:
            return {
                sheet: _grid(book.get_sheet_by_name(sheet).to_python(skip_empty_area=False), package.not_values[sheet])
                for sheet in (package.not_values if wanted is None else wanted)
                if sheet in package.not_values
            }
    except (OfficeRefused, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as wrong:  # of a damaged file calamine may even panic, and a panic is no Exception
        raise damaged(type(wrong).__name__) from wrong


class _NoValue:
    """Stands where a formula or an error stood."""

    def __str__(self) -> str:
        return NO_VALUE


_NO_VALUE = _NoValue()


def _put(page: Any, row: int, column: int, value: Value, formats: Mapping[str, Any]) -> None:
    if isinstance(value, bool):
        value = YES if value else NO
    if isinstance(value, date) and value.year < _FIRST_YEAR:
        value = value.isoformat()
    if isinstance(value, date):
        page.write_datetime(row, column, value, formats["day"])
    elif value:
        text = _UNPRINTABLE.sub("", value)
        page.write_string(row, column, text, formats["quoted" if text.startswith(FORMULA_STARTS) else "text"])


def _grid(cells: list[list[Any]], not_values: Collection[Place]) -> list[list[Any]]:
    """The cells with those marked that are no values, also where a formula without a result left no cell at all."""
    for row, column in not_values:
        cells.extend([] for _ in range(row + 1 - len(cells)))
        cells[row].extend([None] * (column + 1 - len(cells[row])))
        cells[row][column] = _NO_VALUE
    return cells


def _rows(sheet: str, wanted: tuple[str, ...], cells: list[list[Any]]) -> Iterator[ReadRow | RowProblem]:
    titles = [_text(cell) or "" for cell in cells[0]] if cells else []
    while titles and not titles[-1]:
        titles.pop()
    wrong = [*(t for t in wanted if titles.count(t) != 1), *(t for t in titles if t not in wanted)]
    if wrong:
        known = ", ".join(wanted)
        for title in dict.fromkeys(wrong):
            yield RowProblem(sheet, 1, title, f"Dòng đầu phải có đúng các cột: {known}.")
        return
    for number, row in enumerate(cells[1:], start=2):
        formulas = [title for title, cell in zip_longest(titles, row) if title and cell is _NO_VALUE]
        if formulas:
            for title in formulas:
                yield RowProblem(sheet, number, title, "Ô chứa công thức hoặc lỗi; hãy dán lại dưới dạng giá trị.")
            continue
        values = {title: _value(cell) for title, cell in zip_longest(titles, row[: len(titles)])}
        if any(value is not None for value in values.values()):
            yield ReadRow(sheet, number, values)


def _value(value: Any) -> str | date | None:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else _text(value)


def _text(value: Any) -> str | None:
    """A cell as the text that stands in it; whole numbers without a point."""
    if value is None:
        return None
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).split()) or None
