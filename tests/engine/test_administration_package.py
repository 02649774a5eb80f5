"""Workbooks made to harm whoever opens them: refused, or harmless, before a native parser sees them."""

import time
from io import BytesIO
from zipfile import ZipFile

import pytest
from xlsxwriter import Workbook

from engine.administration.package import unpack
from engine.administration.refusals import OfficeRefused
from tests.engine.test_administration_workbook import COLUMNS, book, codes, part, read, sheet, with_part


@pytest.mark.parametrize("name", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "_rels/.rels"])
def test_a_document_type_is_refused(name: str) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>'

    with pytest.raises(OfficeRefused, match="DOCTYPE"):
        read(with_part(book(("P1", None, None)), name, bomb))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_entities_are_refused_in_any_encoding(encoding: str) -> None:
    bomb = '\ufeff<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode(encoding)

    with pytest.raises(OfficeRefused, match="nội dung hỏng"):
        read(with_part(book(("P1", None, None)), "xl/workbook.xml", bomb))


@pytest.mark.parametrize("name", ["xl/sharedStrings.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml"])
def test_xml_declares_utf_8_and_nothing_else(name: str) -> None:
    content = book(("P1", None, None))
    text = part(content, name)

    assert codes(with_part(content, name, text.replace('"UTF-8"', '"utf-8"').encode())) == ["P1"]
    with pytest.raises(OfficeRefused, match="nội dung hỏng"):
        read(with_part(content, name, text.replace('"UTF-8"', '"ISO-2022-JP"').encode()))


def test_billion_laughs_are_refused_at_once() -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    laughs = f'<!DOCTYPE sst [<!ENTITY l0 "ha">{entities}]><sst><si><t>&l9;</t></si></sst>'

    began = time.perf_counter()
    with pytest.raises(OfficeRefused, match="DOCTYPE"):
        read(with_part(book(("P1", None, None)), "xl/sharedStrings.xml", laughs.encode()))
    assert time.perf_counter() - began < 10


FAR = '<row r="1048576"><c r="{address}"><v>1</v></c></row>'


@pytest.mark.parametrize("address", ["A1048576", "A9999999", "C5002", "XFD1048576"])
def test_a_cell_far_below_is_refused_before_a_grid_is_made(address: str) -> None:
    with pytest.raises(OfficeRefused, match="tối đa 5000 dòng"):
        read(sheet(FAR.format(address=address)))


@pytest.mark.parametrize("address", ["AY2", "XFD2", "ZZZ2"])
def test_a_cell_far_to_the_right_is_refused_before_a_grid_is_made(address: str) -> None:
    with pytest.raises(OfficeRefused, match="ngoài 50 cột đầu"):
        read(sheet(FAR.format(address=address)))


@pytest.mark.parametrize(
    "data",
    [
        '<row r="99999999999"><c><v>1</v></c></row>',
        '<row r="4294967295"><c><v>1</v></c></row><row><c><v>1</v></c></row>',
        '<row r="0"><c><v>1</v></c></row>',
        '<row r="2"><c r="A99999999999"><v>1</v></c></row>',
        '<row r="2"><c r="AAAAAAAAAAAA1"><v>1</v></c></row>',
        '<row r="2"><c r="A&#50;"><v>1</v></c></row>',
        '<row r="2"><c x=">" r="&#65;2"><v>1</v></c></row>',
        '<row r="2"><c r="XFD1048576"><c r="A2"/><v>1</v></c></row>',
    ],
)
def test_addresses_that_parsers_may_read_differently_are_refused(data: str) -> None:
    with pytest.raises(OfficeRefused, match=r"nội dung hỏng \((row|c)\)"):
        read(sheet(data))


def test_a_reference_to_no_text_is_refused() -> None:
    with pytest.raises(OfficeRefused, match="nội dung hỏng"):
        read(sheet('<row r="2"><c r="A2" t="s"><v>99</v></c></row>'))


def test_cells_without_an_address_are_counted() -> None:
    assert codes(sheet("<row><c><v>1</v></c></row><row/><row><c><v>2</v></c></row>")) == ["1", "2"]
    with pytest.raises(OfficeRefused, match="ngoài 50 cột đầu"):
        read(sheet(f"<row>{'<c><v>1</v></c>' * 51}</row>"))
    with pytest.raises(OfficeRefused, match="tối đa 5000 dòng"):
        read(sheet("<row/>" * 5_000 + "<row><c><v>1</v></c></row>"))


def test_formatting_far_away_is_no_content() -> None:
    data = (
        '<row r="2"><c r="A2"><v>1</v></c><c r="XFD2" s="0"/></row><row r="1048576" s="0"><c r="A1048576" s="0"/></row>'
    )

    assert codes(sheet(data)) == ["1"]


def test_a_declared_size_is_not_believed() -> None:
    strings = part(book(("P1", None, None)), "xl/sharedStrings.xml")
    boast = strings.replace('uniqueCount="4"', 'uniqueCount="99999999999999"')
    assert boast != strings
    with pytest.raises(OfficeRefused, match="quá lớn"):
        read(with_part(book(("P1", None, None)), "xl/sharedStrings.xml", boast.encode()))
    dimension = part(book(("P1", None, None)), "xl/worksheets/sheet1.xml").replace(
        'ref="A1:C2"', 'ref="A1:XFD10000000"'
    )
    assert "XFD10000000" in dimension
    assert codes(with_part(book(("P1", None, None)), "xl/worksheets/sheet1.xml", dimension.encode())) == ["P1"]


def test_one_long_text_repeated_by_reference_is_refused() -> None:
    laughs = (
        f"<sst xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><si><t>{'ha' * 16_000}</t></si></sst>"
    )
    cells = '<row><c t="s"><v>0</v></c></row>'

    few = with_part(sheet(cells * 10), "xl/sharedStrings.xml", laughs.encode())
    many = with_part(sheet(cells * 15_000), "xl/sharedStrings.xml", laughs.encode())

    assert len(codes(few)) == 10
    with pytest.raises(OfficeRefused, match="quá lớn"):
        read(many)


def test_other_sheets_may_have_any_size() -> None:
    file = BytesIO()
    with Workbook(file) as made:
        made.add_worksheet("Khác").write("XFD1048576", "=1")
        made.add_worksheet("Trang").write_row(0, 0, COLUMNS["Trang"])
    assert read(file.getvalue()) == ([], [])
    kept = ZipFile(unpack(file, COLUMNS).file).namelist()
    assert [name for name in kept if "worksheets/" in name] == ["xl/worksheets/sheet2.xml"]


def test_links_to_other_files_lead_nowhere() -> None:
    content = book(("P1", None, None))
    relations = part(content, "xl/_rels/workbook.xml.rels")
    for target in ("file:///etc/passwd", "http://127.0.0.1:1/sheet1.xml", "../../../etc/passwd"):
        outside = relations.replace('Target="worksheets/sheet1.xml"', f'TargetMode="External" Target="{target}"')
        assert outside != relations
        with pytest.raises(OfficeRefused):
            read(with_part(content, "xl/_rels/workbook.xml.rels", outside.encode()))
    link = b"<externalLink><externalBook><sheetNames/></externalBook></externalLink>"
    assert codes(with_part(content, "xl/externalLinks/externalLink1.xml", link)) == ["P1"]


@pytest.mark.parametrize(
    "sheets", ["", "<sheet/>", '<sheet name="Trang"/>', '<sheet name="" sheetId="1" r:id="rId1"/>']
)
def test_sheets_without_a_name_or_a_part_are_refused(sheets: str) -> None:
    content = book(("P1", None, None))
    directory = part(content, "xl/workbook.xml")
    before, _, rest = directory.partition("<sheets>")
    changed = f"{before}<sheets>{sheets}</sheets>{rest.partition('</sheets>')[2]}"

    with pytest.raises(OfficeRefused, match="Không đọc được bảng tính"):
        read(with_part(content, "xl/workbook.xml", changed.encode()))
