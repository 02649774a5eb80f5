"""Spreadsheets: what is written is text, what is read comes from anywhere."""

import time
import zipfile
from datetime import date, datetime
from io import BytesIO
from typing import Any

import pytest
from xlsxwriter import Workbook

from engine.administration import package, workbook
from engine.administration.refusals import OfficeRefused, RowProblem
from engine.administration.workbook import ReadRow, Sheet
from engine.office.files import FileRefused

COLUMNS = {"Trang": ("Mã", "Ngày", "Ghi chú")}


def book(*rows: tuple[Any, ...], sheet: str = "Trang", titles: tuple[str, ...] = COLUMNS["Trang"]) -> bytes:
    """A workbook as somebody's Excel would write it."""
    file = BytesIO()
    with Workbook(file, {"default_date_format": "dd/mm/yyyy"}) as made:
        page = made.add_worksheet(sheet)
        for number, row in enumerate((titles, *rows)):
            for column, value in enumerate(row):
                page.write(number, column, value)
    return file.getvalue()


def read(content: bytes) -> tuple[list[ReadRow], list[RowProblem]]:
    return workbook.read(BytesIO(content), "a.xlsx", COLUMNS)


def with_part(content: bytes, name: str, text: bytes) -> bytes:
    """The workbook with another content of one of its parts."""
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as before, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as after:
        for part in {**dict.fromkeys(before.namelist()), name: None}:
            after.writestr(part, text if part == name else before.read(part))
    return file.getvalue()


def part(content: bytes, name: str) -> str:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return archive.read(name).decode()


HEADINGS = '<row r="1"><c t="str"><v>Mã</v></c><c t="str"><v>Ngày</v></c><c t="str"><v>Ghi chú</v></c></row>'


def sheet(data: str, headings: str = HEADINGS) -> bytes:
    """A workbook whose sheet holds this XML below the headings."""
    start = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    made = f"{start}{headings}{data}</sheetData></worksheet>".encode()
    return with_part(book(("P1", None, None)), "xl/worksheets/sheet1.xml", made)


def codes(content: bytes) -> list[Any]:
    return [row.values["Mã"] for row in read(content)[0]]


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

    page, styles = part(content, "xl/worksheets/sheet1.xml"), part(content, "xl/styles.xml")
    assert "<f" not in page
    assert 't="s"' in page.partition('<c r="A2"')[2].partition(">")[0]
    assert 'quotePrefix="1"' in styles
    assert codes(content) == [" ".join(start.split())]


def test_text_that_is_no_formula_bears_no_mark() -> None:
    content = workbook.write([Sheet("Trang", COLUMNS["Trang"], [("P1", None, None)])])

    cell = part(content, "xl/worksheets/sheet1.xml").partition('<c r="A2" s="')[2].partition('"')[0]
    forms = part(content, "xl/styles.xml").partition("<cellXfs")[2].split("<xf ")[1:]
    assert "quotePrefix" not in forms[int(cell)]


@pytest.mark.parametrize(
    "text", ["_x0041_", "a & <b> \"c\" 'd'", "Nguyễn Thị Ánh", "001", "12.0", "https://x.vn/a", "1e5"]
)
def test_text_goes_out_and_comes_back_as_it_is(text: str) -> None:
    assert codes(workbook.write([Sheet("Trang", COLUMNS["Trang"], [(text, None, None)])])) == [text]


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(1900, 3, 1), date(2024, 2, 29), date(9999, 12, 31)])
def test_days_go_out_and_come_back_as_they_are(day: date) -> None:
    rows, _ = read(workbook.write([Sheet("Trang", COLUMNS["Trang"], [("P1", day, None)])]))

    assert [row.values["Ngày"] for row in rows] == [day]


def test_a_day_that_no_cell_can_hold_goes_out_as_text() -> None:
    rows, _ = read(workbook.write([Sheet("Trang", COLUMNS["Trang"], [("P1", date(1890, 5, 19), None)])]))

    assert [row.values["Ngày"] for row in rows] == ["1890-05-19"]


def test_characters_that_no_file_can_hold_are_left_out() -> None:
    content = workbook.write([Sheet("Trang", COLUMNS["Trang"], [("P\x00\x0b1", None, None)])])

    assert codes(content) == ["P1"]
    assert "<t>P1</t>" in part(content, "xl/sharedStrings.xml")


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
    "cell",
    [
        '<c r="A2"><f>B2</f></c>',
        '<c r="A2" t="str"><f>HYPERLINK("http://x")</f><v>P1</v></c>',
        '<c r="A2"><f t="shared" si="0" ref="A2:A1048576">1</f><v>1</v></c>',
        '<c r="A2"><f>[1]Other!A1</f><v>5</v></c>',
        '<c r="A2" t="e"><v>#N/A</v></c>',
        "<c><f>B2</f><v>5</v></c>",
    ],
)
def test_formulas_and_errors_are_found_wherever_they_stand(cell: str) -> None:
    rows, problems = read(sheet(f'<row r="2">{cell}</row><row r="3"><c r="A3"><v>7</v></c></row>'))

    assert [row.values["Mã"] for row in rows] == ["7"]
    assert [(p.row, p.column) for p in problems] == [(2, "Mã")]
    rows, problems = read(sheet(f'<row r="3"/><row r="2">{cell}</row>'))
    assert (rows, [(p.row, p.column) for p in problems]) == ([], [(2, "Mã")])


def test_a_heading_is_no_formula() -> None:
    titles = HEADINGS.replace("<v>Mã", "<f>1</f><v>Mã")

    assert [(p.row, p.column) for p in read(sheet("", titles))[1]] == [(1, "Mã"), (1, "(công thức)")]


@pytest.mark.parametrize(
    ("number", "text"),
    [("12", "12"), ("12.0", "12"), ("1.2E1", "12"), ("079123456789", "79123456789"), ("0.1", "0.1"), ("-3", "-3")],
)
def test_a_code_typed_as_a_number_has_no_point(number: str, text: str) -> None:
    assert codes(sheet(f'<row r="2"><c r="A2"><v>{number}</v></c></row>')) == [text]


def test_days_are_read_from_cells_of_days_and_from_text() -> None:
    rows, _ = read(
        book(
            ("P1", date(2024, 7, 1), None),
            ("P2", datetime.fromisoformat("2024-07-01 08:30"), None),
            ("P3", "01/07/2024", None),
        )
    )

    assert [row.values["Ngày"] for row in rows] == [date(2024, 7, 1), date(2024, 7, 1), "01/07/2024"]
    typed = sheet('<row r="2"><c r="B2" t="d"><v>2024-07-01</v></c></row>')
    assert [row.values["Ngày"] for row in read(typed)[0]] == [date(2024, 7, 1)]


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


@pytest.mark.parametrize("text", [b"<worksheet", b"", b"\xff\xfe", b"<a/>"])
def test_a_damaged_part_is_said_and_no_fault(text: bytes) -> None:
    with pytest.raises(OfficeRefused, match="Không đọc được bảng tính"):
        read(with_part(book(("P1", None, None)), "xl/workbook.xml", text))


def test_what_would_fill_the_memory_is_refused_before_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    huge = with_part(book(("P1", None, None)), "xl/worksheets/sheet1.xml", b" " * 60_000_000)

    with pytest.raises((FileRefused, OfficeRefused)):
        read(huge)
    monkeypatch.setattr(package, "MOST_INFLATED_BYTES", 1000)
    with pytest.raises(OfficeRefused, match="quá lớn"):
        read(book(("P1", None, None)))


def test_more_rows_than_an_office_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MOST_ROWS", 3)

    assert len(read(book(*[("P", None, None)] * 3))[0]) == 3
    with pytest.raises(OfficeRefused, match="tối đa 3 dòng"):
        read(book(*[("P", None, None)] * 4))


def test_a_panic_of_the_reader_is_a_damaged_file(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        pass

    class Panicking:
        @staticmethod
        def from_filelike(_: object) -> None:
            raise PanicException

    monkeypatch.setattr(workbook, "CalamineWorkbook", Panicking)
    with pytest.raises(OfficeRefused, match="nội dung hỏng"):
        read(book(("P1", None, None)))


def test_a_full_sheet_is_read_in_seconds() -> None:
    content = workbook.write(
        [Sheet("Trang", COLUMNS["Trang"], [(f"P{n}", date(2024, 7, 1), "x") for n in range(package.MOST_ROWS)])]
    )

    began = time.perf_counter()
    assert len(codes(content)) == package.MOST_ROWS
    assert time.perf_counter() - began < 10
