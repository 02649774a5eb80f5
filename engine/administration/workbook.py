"""Spreadsheets as rows of plain values, and back (.xlsx). Knows no database.

What is written is text, never a formula. What is read comes from anywhere: its size is measured before
it is opened, document type declarations are refused, and formulas are no values.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from itertools import zip_longest
from typing import Any, BinaryIO

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from engine.administration.refusals import OfficeRefused, RowProblem
from engine.office.files import FileKind, sniff

MOST_ROWS = 20_000
MOST_COLUMNS = 50
MOST_INFLATED_BYTES = 50 * 1024 * 1024
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
YES, NO = "có", "không"

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # not in any XML, so in no cell either
_COLUMN_WIDTH = 24
_HEADING = Font(bold=True)

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
    book = Workbook(write_only=True)
    for sheet in sheets:
        page: Any = book.create_sheet(sheet.name)
        page.freeze_panes = "A2"
        for number, _ in enumerate(sheet.columns):
            page.column_dimensions[chr(ord("A") + number)].width = _COLUMN_WIDTH
        page.append([_cell(page, title, heading=True) for title in sheet.columns])
        for row in sheet.rows:
            page.append([_cell(page, value) for value in row])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def read(file: BinaryIO, name: str, wanted: Mapping[str, tuple[str, ...]]) -> tuple[list[ReadRow], list[RowProblem]]:
    """The rows of the wanted sheets (name → headings, in any order), and what is wrong with the sheets themselves.

    A sheet that is missing has no rows, as long as one is there.

    Raises:
        FileRefused: no .xlsx, or one made to exhaust whoever opens it.
        OfficeRefused: `workbook_too_large`, `workbook_unreadable`.
    """
    if sniff(file, name) is not FileKind.XLSX:
        raise OfficeRefused("workbook_unreadable", why="không phải tệp .xlsx")
    _measure(file)
    try:
        book = load_workbook(file, read_only=True)
        pages = {sheet: list(_cells(book[sheet])) for sheet in wanted if sheet in book.sheetnames}
        book.close()
    except OfficeRefused:
        raise
    except Exception as wrong:  # of a damaged file, the library lets through whatever its parts raise
        raise OfficeRefused("workbook_unreadable", why=f"nội dung hỏng ({type(wrong).__name__})") from wrong
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


def _cell(page: Any, value: Value, *, heading: bool = False) -> Any:
    if isinstance(value, bool):
        value = YES if value else NO
    if isinstance(value, str):
        value = _UNPRINTABLE.sub("", value)
    cell: Any = WriteOnlyCell(page)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"  # a leading "=" would have made it a formula
        cell.number_format = "@"
        cell.quotePrefix = value.startswith(FORMULA_STARTS)  # so that it stays text when somebody edits it
    elif isinstance(value, date):
        cell.number_format = "dd/mm/yyyy"
    if heading:
        cell.font = _HEADING
    return cell


def _measure(file: BinaryIO) -> None:
    """Refuse what would take too much to open, and XML that declares a document type."""
    with zipfile.ZipFile(file) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MOST_INFLATED_BYTES:
            raise OfficeRefused("workbook_too_large", rows=MOST_ROWS, megabytes=MOST_INFLATED_BYTES // 1024**2)
        for entry in archive.infolist():
            if not entry.filename.lower().endswith((".xml", ".rels")):
                continue
            try:
                with archive.open(entry) as part:
                    declares = b"<!DOCTYPE" in part.read(MOST_INFLATED_BYTES)
            except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as wrong:
                raise OfficeRefused("workbook_unreadable", why="tệp nén hỏng") from wrong
            if declares:
                raise OfficeRefused("workbook_unreadable", why="có khai báo DOCTYPE")
    file.seek(0)


def _cells(page: Any) -> Iterator[list[Any]]:
    for number, row in enumerate(page.iter_rows(max_col=MOST_COLUMNS), start=1):
        if number > MOST_ROWS + 1:
            raise OfficeRefused("workbook_too_large", rows=MOST_ROWS, megabytes=MOST_INFLATED_BYTES // 1024**2)
        yield list(row)


def _rows(sheet: str, wanted: tuple[str, ...], cells: list[list[Any]]) -> Iterator[ReadRow | RowProblem]:
    titles = [_text(cell.value) or "" for cell in cells[0]] if cells else []
    while titles and not titles[-1]:
        titles.pop()
    wrong = [*(t for t in wanted if titles.count(t) != 1), *(t for t in titles if t not in wanted)]
    if wrong:
        known = ", ".join(wanted)
        for title in dict.fromkeys(wrong):
            yield RowProblem(sheet, 1, title, f"Dòng đầu phải có đúng các cột: {known}.")
        return
    for number, row in enumerate(cells[1:], start=2):
        formulas = [title for title, cell in zip_longest(titles, row) if title and cell and cell.data_type in "fe"]
        if formulas:
            for title in formulas:
                yield RowProblem(sheet, number, title, "Ô chứa công thức hoặc lỗi; hãy dán lại dưới dạng giá trị.")
            continue
        values = {
            title: _value(cell.value) if cell else None for title, cell in zip_longest(titles, row[: len(titles)])
        }
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
