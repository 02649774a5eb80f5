"""Spreadsheets: what is written is text, what is read comes from anywhere."""

import zipfile
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from engine.administration import workbook
from engine.administration.refusals import OfficeRefused, RowProblem
from engine.administration.workbook import ReadRow, Sheet
from engine.office.files import FileRefused

COLUMNS = {"Trang": ("Mã", "Ngày", "Ghi chú")}


def book(*rows: tuple[Any, ...], sheet: str = "Trang", titles: tuple[str, ...] = COLUMNS["Trang"]) -> bytes:
    """A workbook as somebody's Excel would write it."""
    made = Workbook()
    page = made.active
    assert page is not None
    page.title = sheet
    page.append(titles)
    for row in rows:
        page.append(row)
    file = BytesIO()
    made.save(file)
    return file.getvalue()


def read(content: bytes) -> tuple[list[ReadRow], list[RowProblem]]:
    return workbook.read(BytesIO(content), "a.xlsx", COLUMNS)


def with_part(content: bytes, name: str, text: bytes) -> bytes:
    """The workbook with another content of one of its parts."""
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as before, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as after:
        for entry in before.infolist():
            after.writestr(entry.filename, text if entry.filename == name else before.read(entry.filename))
    return file.getvalue()


def test_what_is_written_reads_back_the_same() -> None:
    rows: list[tuple[Any, ...]] = [("P1", date(2024, 7, 1), "một"), ("P2", None, True), ("P3", date(2030, 1, 31), None)]

    found, problems = read(workbook.write([Sheet("Trang", COLUMNS["Trang"], rows)]))

    assert problems == []
    assert [(row.number, *row.values.values()) for row in found] == [
        (2, "P1", date(2024, 7, 1), "một"), (3, "P2", None, "có"), (4, "P3", date(2030, 1, 31), None),
    ]  # fmt: skip


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "=cmd|' /C calc'!A0"])
def test_no_cell_that_is_written_is_a_formula(start: str) -> None:
    content = workbook.write([Sheet("Trang", COLUMNS["Trang"], [(start, None, None)])])

    cell = load_workbook(BytesIO(content))["Trang"]["A2"]
    assert (cell.data_type, cell.quotePrefix, cell.value) == ("s", True, start)


def test_characters_that_no_file_can_hold_are_left_out() -> None:
    content = workbook.write([Sheet("Trang", COLUMNS["Trang"], [("P\x00\x0b1", None, None)])])

    assert load_workbook(BytesIO(content))["Trang"]["A2"].value == "P1"


def test_numbers_spaces_and_empty_rows_are_taken_as_people_mean_them() -> None:
    rows, problems = read(book((123, None, "  hai   từ "), (None, None, None), (4.0, date(2024, 7, 1), 1.5)))

    assert problems == []
    assert [(row.number, *row.values.values()) for row in rows] == [
        (2, "123", None, "hai từ"), (4, "4", date(2024, 7, 1), "1.5"),
    ]  # fmt: skip


def test_a_formula_is_no_value() -> None:
    rows, problems = read(book(("P1", None, "=A1"), ("P2", None, None)))

    assert [row.values["Mã"] for row in rows] == ["P2"]
    assert [(p.sheet, p.row, p.column) for p in problems] == [("Trang", 2, "Ghi chú")]


@pytest.mark.parametrize(
    ("titles", "wrong"),
    [
        (("Mã", "Ngày"), ["Ghi chú"]),
        (("Mã", "Ngày", "Ghi chú", "Khác"), ["Khác"]),
        (("Mã", "Ngày", "Ghi chú", "Mã"), ["Mã"]),
        ((), ["Mã", "Ngày", "Ghi chú"]),
    ],
)
def test_headings_must_be_the_known_ones(titles: tuple[str, ...], wrong: list[str]) -> None:
    rows, problems = read(book(("P1", None, None), titles=titles))

    assert rows == []
    assert [(p.row, p.column) for p in problems] == [(1, title) for title in wrong]


def test_the_order_of_columns_is_free_and_other_sheets_are_left_alone() -> None:
    assert [row.values["Mã"] for row in read(book((None, "x", "P1"), titles=("Ngày", "Ghi chú", "Mã")))[0]] == ["P1"]
    with pytest.raises(OfficeRefused, match="không có trang nào tên là Trang"):
        read(book(("P1",), sheet="Khác"))


def test_what_is_no_workbook_is_refused() -> None:
    with pytest.raises(FileRefused):
        read(b"Not a workbook at all")
    with pytest.raises(OfficeRefused, match=r"không phải tệp \.xlsx"):
        workbook.read(BytesIO(b"%PDF-1.4\n%%EOF"), "a.pdf", COLUMNS)


@pytest.mark.parametrize("name", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "_rels/.rels"])
def test_a_document_type_is_refused(name: str) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>'

    with pytest.raises(OfficeRefused, match="DOCTYPE"):
        read(with_part(book(("P1", None, None)), name, bomb))


def test_entities_are_refused_in_any_encoding() -> None:
    bomb = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16")

    with pytest.raises(OfficeRefused, match="nội dung hỏng"):
        read(with_part(book(("P1", None, None)), "xl/workbook.xml", bomb))


@pytest.mark.parametrize("text", [b"<worksheet", b"", b"\xff\xfe", b"<a/>"])
def test_a_damaged_part_is_said_and_no_fault(text: bytes) -> None:
    with pytest.raises(OfficeRefused, match="Không đọc được bảng tính"):
        read(with_part(book(("P1", None, None)), "xl/workbook.xml", text))


def test_what_would_fill_the_memory_is_refused_before_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    huge = with_part(book(("P1", None, None)), "xl/worksheets/sheet1.xml", b" " * 60_000_000)

    with pytest.raises((FileRefused, OfficeRefused)):
        read(huge)
    monkeypatch.setattr(workbook, "MOST_INFLATED_BYTES", 1000)
    with pytest.raises(OfficeRefused, match="quá lớn"):
        read(book(("P1", None, None)))


def test_more_rows_than_an_office_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)

    assert len(read(book(*[("P", None, None)] * 3))[0]) == 3
    with pytest.raises(OfficeRefused, match="tối đa 3 dòng"):
        read(book(*[("P", None, None)] * 4))
