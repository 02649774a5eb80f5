"""From what is pasted or uploaded to cells, and from cells to dossiers: labels, dates, yes and no as people write."""

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from io import StringIO
from typing import Any, BinaryIO

from engine.administration.workbook import NO_VALUE, Sheet, Value, read_first, write
from engine.definition.model import ProcessModel
from engine.definition.words import fold
from engine.errors import InvalidInput
from web.entry.columns import Column, columns_of
from web.forms.fields import CHOOSING, Kind, fields_of
from web.forms.typed import TICKED, day_of, read

YES, NO = ("co", "x", "v", "1", "true", "yes", "dung"), ("", "khong", "0", "false", "no")
NOT_YES_OR_NO = "Hãy ghi «có», hoặc để trống."
IS_FORMULA = "Ô chứa công thức hoặc lỗi; hãy dán lại dưới dạng giá trị."
UNREADABLE = "Không đọc được danh sách này; hãy dán lại từ bảng tính, hoặc lưu thành tệp .xlsx."
SEPARATORS = "\t;,"
LONGEST = 5_000
TOO_LONG = "Ô dài quá 5.000 ký tự; hãy rút gọn."
LIST, REASONS = "Danh sách", "Lý do"


# ── in ───────────────────────────────────────────────────────────────────────────────────────────
def cells_of_text(text: str) -> list[list[str]]:
    """The cells of pasted text, or of a CSV: what separates them is what the first line has most of.

    Raises:
        InvalidInput: it cannot be read.
    """
    text = text.lstrip("\ufeff").replace("\x00", "")
    first = text.strip("\r\n").split("\n", 1)[0]
    separator = "\t" if "\t" in first else max(SEPARATORS, key=first.count)
    try:
        return [list(row) for row in csv.reader(StringIO(text, newline=""), delimiter=separator)]
    except csv.Error as wrong:
        raise InvalidInput({"list": UNREADABLE}) from wrong


def cells_of_file(file: BinaryIO, name: str) -> list[list[str]]:
    """The cells of an uploaded .xlsx or .csv.

    Raises:
        InvalidInput: it is neither, or not UTF-8.
        FileRefused, OfficeRefused: as `read_first`.
    """
    if name.lower().endswith((".csv", ".txt", ".tsv")):
        try:
            return cells_of_text(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError as wrong:
            raise InvalidInput({"list": "Tệp CSV phải lưu ở dạng UTF-8."}) from wrong
    return [[_shown(cell) for cell in row] for row in read_first(file, name)]


def dossier_of(model: ProcessModel, cells: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The first dossier that a row stands for, and what cannot be read in it, by the name of its column."""
    typed: dict[str, list[str]] = {}
    faults: dict[str, str] = {}
    for column, cell in zip(columns_of(model), cells, strict=False):
        if cell == NO_VALUE:
            faults[column.name] = IS_FORMULA
        elif len(cell) > LONGEST:
            faults[column.name] = TOO_LONG
        elif column.field.kind is Kind.TICK:
            if fold(cell) in YES:
                typed[column.name] = [TICKED]
            elif fold(cell) not in NO:
                faults[column.name] = NOT_YES_OR_NO
        elif cell:
            typed[column.name] = [_meant(column, cell)]
    dossier, wrong = read(fields_of(model.dossier, only=model.first_fields), typed)
    return _without_ticks(dossier), {**wrong, **faults}


def _meant(column: Column, cell: str) -> str:
    """The stored value of a choice that was written by its words; a whole number without its point."""
    if column.field.kind in CHOOSING:
        by_words = {fold(said): value for value, said in column.field.choices}
        by_words |= {fold(value): value for value, _ in column.field.choices if value}
        return by_words.get(fold(cell), cell)
    return cell.removesuffix(".0") if column.field.kind is Kind.NUMBER else cell


def _without_ticks(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document without what was left unticked: nobody said anything about it."""
    found: dict[str, Any] = {}
    for name, value in document.items():
        inner = _without_ticks(value) if isinstance(value, Mapping) else value
        if inner is not False and inner != {}:
            found[name] = inner
    return found


def _shown(cell: str | date | None) -> str:
    return f"{cell:%d/%m/%Y}" if isinstance(cell, date) else cell or ""


# ── out ──────────────────────────────────────────────────────────────────────────────────────────
def template(model: ProcessModel) -> bytes:
    """An empty list as .xlsx, with the words that choices know on a sheet beside it."""
    columns = columns_of(model)
    chosen = [column for column in columns if any(value for value, _ in column.field.choices)]
    said = [[words for value, words in column.field.choices if value] for column in chosen]
    longest = max((len(words) for words in said), default=0)
    rows: list[list[Value]] = [[words[n] if n < len(words) else None for words in said] for n in range(longest)]
    headings = tuple(column.heading for column in columns)
    return write([Sheet(LIST, headings, []), Sheet("Cách ghi", tuple(c.heading for c in chosen), rows)])


def with_reasons(model: ProcessModel, rows: Sequence[tuple[Sequence[str], str]]) -> Sheet:
    """Rows that were not taken, with what is wrong in a last column; the list can be read in again like this."""
    columns = columns_of(model)
    lines: list[list[Value]] = [[*(_written(c, cell) for c, cell in zip(columns, cells, strict=False)), why]
                                for cells, why in rows]  # fmt: skip
    return Sheet(LIST, (*(column.heading for column in columns), REASONS), lines)


def _written(column: Column, cell: str) -> Value:
    day = day_of(cell) if column.field.kind is Kind.DATE else None
    return day or cell
