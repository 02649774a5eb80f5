"""What a file is: real small files of each kind, and the ways in which people lie about them."""

import io
import struct
import tempfile
import unicodedata
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.office.files import (
    MAX_INFLATED_BYTES,
    MAX_INFLATION_RATIO,
    MAX_NAME_CHARACTERS,
    MAX_ZIP_ENTRIES,
    FileKind,
    FileRefused,
    clean_name,
    sniff,
)

CONTENT_TYPES = "[Content_Types].xml"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OOXML_TYPE = "application/vnd.openxmlformats-officedocument"


def pdf() -> bytes:
    """One blank page, with a cross-reference table that is right."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    ]
    body, table = b"%PDF-1.4\n", b"0000000000 65535 f \n"
    for number, content in enumerate(objects, start=1):
        table += b"%010d 00000 n \n" % len(body)
        body += b"%d 0 obj%sendobj\n" % (number, content)
    return body + b"xref\n0 4\n%strailer<</Root 1 0 R/Size 4>>\nstartxref\n%d\n%%%%EOF\n" % (table, len(body))


def png() -> bytes:
    """One white pixel."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\xff")),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def jpg() -> bytes:
    """One grey pixel, baseline: start, JFIF, quantisation, frame, two Huffman tables, scan, end."""
    parts = [
        "ffd8",
        "ffe00010 4a46494600 0101 00 0001 0001 0000",
        "ffdb0043 00" + "ff" * 64,
        "ffc0000b 08 0001 0001 01 01 11 00",
        "ffc40014 00 01" + "00" * 15 + "03",
        "ffc40014 10 01" + "00" * 15 + "00",
        "ffda0008 01 01 00 00 3f 00 37",
        "ffd9",
    ]
    return bytes.fromhex("".join(parts))


def zipped(parts: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


def office_parts(main_part: str, main_type: str, main_xml: str) -> dict[str, str]:
    return {
        CONTENT_TYPES: f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/{main_part}" ContentType="{OOXML_TYPE}.{main_type}.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="{main_part}"/></Relationships>',
        main_part: main_xml,
    }


def docx_parts(main_part: str = "word/document.xml") -> dict[str, str]:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    text = f'<w:document xmlns:w="{space}"><w:body><w:p><w:r><w:t>Tờ trình</w:t></w:r></w:p></w:body></w:document>'
    return office_parts(main_part, "wordprocessingml.document", text)


def xlsx_parts() -> dict[str, str]:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    book = (
        f'<workbook xmlns="{space}" xmlns:r="{OFFICE}">'
        '<sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>'
    )
    parts = office_parts("xl/workbook.xml", "spreadsheetml.sheet", book)
    parts["xl/_rels/workbook.xml.rels"] = (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    )
    parts["xl/worksheets/sheet1.xml"] = f'<worksheet xmlns="{space}"><sheetData/></worksheet>'
    return parts


def docx() -> bytes:
    return zipped(docx_parts())


def xlsx() -> bytes:
    return zipped(xlsx_parts())


def docx_declaring(inflated_bytes: int, padding_bytes: int = 0) -> bytes:
    """A DOCX whose directory claims `inflated_bytes` in all, whatever is really in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in docx_parts().items():
            archive.writestr(name, text)
        archive.writestr("word/media/image1.png", bytes(padding_bytes))
        others = sum(entry.file_size for entry in archive.filelist[1:])
        archive.filelist[0].file_size = inflated_bytes - others
    return file.getvalue()


def docx_of(entries: int) -> bytes:
    """A DOCX with so many rows in its directory; most of them tell of the same part."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in docx_parts().items():
            archive.writestr(name, text)
        archive.filelist += [archive.filelist[0]] * (entries - len(archive.filelist))
    return file.getvalue()


def refusal(content: bytes, filename: str) -> tuple[str, dict[str, str]]:
    with pytest.raises(FileRefused) as caught:
        sniff(io.BytesIO(content), filename)
    return caught.value.code, caught.value.params


EXE = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8" + bytes(43) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0" + bytes(99)
HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"
STRANGERS = {
    "exe": (EXE, "quyet dinh.pdf", "application/vnd.microsoft.portable-executable"),
    "html": (HTML, "quyet dinh.pdf", "text/html"),
    "doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "cu.docx", "application/msword"),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99), "anh.jpg", "image/heif"),
    "text": (b"To trinh", "a.pdf", "application/octet-stream"),
    "pdf after a line": (b"\n" + pdf(), "a.pdf", "application/octet-stream"),
    "zip": (zipped({"readme.txt": "x"}), "a.docx", "application/zip"),
    "no types": (zipped({"word/document.xml": "x"}), "a.docx", "application/zip"),
    "pptx": (zipped({CONTENT_TYPES: "x", "ppt/presentation.xml": "x"}), "a.docx", "application/zip"),
    "xlsb": (zipped({CONTENT_TYPES: "x", "xl/workbook.bin": "x"}), "a.xlsx", "application/zip"),
    "two in one": (zipped(docx_parts() | xlsx_parts()), "a.docx", "application/zip"),
}
DAMAGED_ZIPS = {
    "cut short": docx()[:-30],
    "signature only": b"PK\x03\x04",
    "version 25.5": docx().replace(b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\xff"),
    "name not in UTF-8": zipped({"é": "x"}).replace("é".encode(), b"\xff\xff"),
}
MACRO_PARTS = ["word/vbaProject.bin", "word/VBAPROJECT.BIN", "xl/vbaProject.bin", "vbaProject.bin"]


@pytest.mark.parametrize(
    ("content", "filename", "kind", "media_type"),
    [
        (pdf(), "to trinh.pdf", FileKind.PDF, "application/pdf"),
        (png(), "anh.png", FileKind.PNG, "image/png"),
        (jpg(), "anh.jpg", FileKind.JPG, "image/jpeg"),
        (jpg(), "IMG_0001.JPEG", FileKind.JPG, "image/jpeg"),
        (docx(), "Báo cáo.docx", FileKind.DOCX, f"{OOXML_TYPE}.wordprocessingml.document"),
        (xlsx(), "Danh sách.XLSX", FileKind.XLSX, f"{OOXML_TYPE}.spreadsheetml.sheet"),
    ],
)
def test_each_kind_is_known_by_its_content(content: bytes, filename: str, kind: FileKind, media_type: str) -> None:
    found = sniff(io.BytesIO(content), filename)

    assert (found, found.extension, found.media_type) == (kind, kind.value, media_type)


@pytest.mark.parametrize("filename", ["a.pdf. ", "a.pdf\u200f", "a.\u202dpdf"])
def test_extension_is_that_of_the_name_as_it_will_be_kept(filename: str) -> None:
    assert (sniff(io.BytesIO(pdf()), filename), clean_name(filename)) == (FileKind.PDF, "a.pdf")


def test_main_part_numbered_by_word_on_the_web_is_known() -> None:
    content = zipped(docx_parts("word/document2.xml"))

    assert sniff(io.BytesIO(content), "a.docx") == FileKind.DOCX


@pytest.mark.parametrize(("content", "filename"), [(pdf(), "a.pdf"), (docx(), "a.docx")])
def test_sniff_leaves_the_file_at_its_start(content: bytes, filename: str) -> None:
    with tempfile.SpooledTemporaryFile(max_size=16) as file:  # what Starlette hands over
        file.write(content)

        sniff(cast(BinaryIO, file), filename)

        assert file.read() == content


def test_sniff_leaves_a_refused_file_at_its_start() -> None:
    file = io.BytesIO(EXE)
    with pytest.raises(FileRefused):
        sniff(file, "a.pdf")

    assert file.read() == EXE


def test_empty_file_is_refused() -> None:
    assert refusal(b"", "a.pdf") == ("file_empty", {})


@pytest.mark.parametrize(("content", "filename", "found"), STRANGERS.values(), ids=STRANGERS)
def test_content_of_another_kind_is_refused_and_named(content: bytes, filename: str, found: str) -> None:
    assert refusal(content, filename) == ("file_kind_refused", {"found": found})


@pytest.mark.parametrize(
    ("content", "filename", "extension", "expected"),
    [
        (png(), "a.pdf", "pdf", "png"),
        (xlsx(), "a.docx", "docx", "xlsx"),
        (pdf(), "a.pdf.exe", "exe", "pdf"),
        (pdf(), "a", "", "pdf"),
        (pdf(), ".pdf", "", "pdf"),
        (pdf(), "bao cao \u202efdp.exe", "exe", "pdf"),
        (pdf(), "a.pdf\0.exe", "exe", "pdf"),
    ],
)
def test_name_that_disagrees_with_the_content_is_refused(
    content: bytes, filename: str, extension: str, expected: str
) -> None:
    params = {"extension": extension, "expected": expected}

    assert refusal(content, filename) == ("file_extension_mismatch", params)


def test_pdf_without_its_end_is_damaged() -> None:
    assert refusal(pdf().replace(b"%%EOF", b""), "a.pdf") == ("file_damaged", {})


def test_pdf_end_is_looked_for_in_the_last_1024_bytes() -> None:
    content = pdf().rstrip(b"\n")

    kind = sniff(io.BytesIO(content + bytes(1024 - 5)), "a.pdf")

    assert kind == FileKind.PDF
    assert refusal(content + bytes(1024 - 4), "a.pdf") == ("file_damaged", {})


@pytest.mark.parametrize("content", DAMAGED_ZIPS.values(), ids=DAMAGED_ZIPS)
def test_zip_without_a_readable_directory_is_damaged(content: bytes) -> None:
    assert refusal(content, "a.docx") == ("file_damaged", {})


@pytest.mark.parametrize("part", MACRO_PARTS)
def test_macros_are_refused_wherever_they_hide(part: str) -> None:
    content = zipped(docx_parts() | {part: "x"})

    assert refusal(content, "a.docx") == ("file_has_macros", {"part": "vbaproject.bin"})


def test_macro_sheets_are_refused() -> None:
    content = zipped(xlsx_parts() | {"xl/macrosheets/sheet1.xml": "x"})

    assert refusal(content, "a.xlsx") == ("file_has_macros", {"part": "sheet1.xml"})


def test_entries_are_accepted_up_to_the_limit() -> None:
    kind = sniff(io.BytesIO(docx_of(MAX_ZIP_ENTRIES)), "a.docx")

    assert kind == FileKind.DOCX
    assert refusal(docx_of(MAX_ZIP_ENTRIES + 1), "a.docx") == ("file_too_many_parts", {"limit": "10000"})


def test_entries_are_counted_even_where_one_lies_across_two_chunks() -> None:
    content = docx_of(MAX_ZIP_ENTRIES + 1)
    first_entry = content.index(b"PK\x01\x02")
    across = content[:first_entry] + bytes(1024 * 1024 - 2 - first_entry) + content[first_entry:]

    assert refusal(across, "a.docx") == ("file_too_many_parts", {"limit": "10000"})


def test_declared_size_is_accepted_up_to_the_limit() -> None:
    padding_bytes = MAX_INFLATED_BYTES // MAX_INFLATION_RATIO  # so that the ratio is no obstacle

    kind = sniff(io.BytesIO(docx_declaring(MAX_INFLATED_BYTES, padding_bytes)), "a.docx")

    assert kind == FileKind.DOCX
    over = docx_declaring(MAX_INFLATED_BYTES + 1, padding_bytes)
    assert refusal(over, "a.docx") == ("file_inflates_too_much", {})


def test_declared_ratio_is_accepted_up_to_the_limit() -> None:
    limit_bytes = MAX_INFLATION_RATIO * len(docx_declaring(0xFFFF))

    kind = sniff(io.BytesIO(docx_declaring(limit_bytes)), "a.docx")

    assert kind == FileKind.DOCX
    assert refusal(docx_declaring(limit_bytes + 1), "a.docx") == ("file_inflates_too_much", {})


def test_real_bomb_is_refused() -> None:
    content = zipped(docx_parts() | {"word/media/zeros.bin": "\0" * 5_000_000})

    assert refusal(content, "a.docx") == ("file_inflates_too_much", {})


def test_refusal_is_a_sentence_with_its_values() -> None:
    refused = FileRefused("file_extension_mismatch", {"extension": "doc", "expected": "pdf"})

    sentence = "Tên tệp phải kết thúc bằng “.pdf” cho đúng với nội dung của tệp."
    assert (refused.message, str(refused)) == (sentence, sentence)


def test_name_of_a_file_on_this_server_is_never_opened(tmp_path: Path) -> None:
    here = tmp_path / "a.pdf"
    here.write_bytes(pdf())

    assert refusal(b"To trinh", str(here)) == ("file_kind_refused", {"found": "application/octet-stream"})


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("Tờ trình số 12.pdf", "Tờ trình số 12.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        (r"C:\fakepath\Báo cáo.docx", "Báo cáo.docx"),
        ("bao cao \u202efdp.exe", "bao cao fdp.exe"),
        ("a\0b\x1b\x7f.pdf", "ab.pdf"),
        ("dòng 1\r\nSet-Cookie: a\t\u2028b.pdf", "dòng 1 Set-Cookie: a b.pdf"),
        (unicodedata.normalize("NFD", "Quyết định.pdf"), "Quyết định.pdf"),
        ("e\u200b\u0301.pdf", "é.pdf"),
        ("..\u200b./.htaccess", "htaccess"),
        ("\ud800a.pdf", "a.pdf"),
        ("  a  b .pdf. . ", "a b .pdf"),
        ("", "tệp"),
        ("...", "tệp"),
        ("a/", "tệp"),
        ("\u202e\0", "tệp"),
        ("a" * 400 + ".pdf", "a" * 196 + ".pdf"),
        ("a" * 195 + " .b" + ".pdf", "a" * 195 + ".pdf"),
        ("a" * 400, "a" * 200),
        ("a." + "b" * 400, "a." + "b" * 198),
    ],
)
def test_clean_name(name: str, clean: str) -> None:
    assert clean_name(name) == clean


AWKWARD = st.sampled_from([*"./\\ \0\n\u00a0\u2028\u202e\u200b\u0301\u0323\ud800eơ", ".pdf", "a" * 99])
ANY_CHARACTER = st.characters(exclude_categories=())


@given(st.lists(AWKWARD | ANY_CHARACTER).map("".join))
def test_clean_name_keeps_its_promises_for_any_name(name: str) -> None:
    clean = clean_name(name)

    categories = {unicodedata.category(char) for char in clean}
    assert categories & {"Cc", "Cf", "Cs", "Zl", "Zp"} == set()
    assert set(clean) & set("/\\\0") == set()
    assert 1 <= len(clean) <= MAX_NAME_CHARACTERS
    assert clean == clean.strip(". ")
    assert unicodedata.is_normalized("NFC", clean)
    assert clean.encode("utf-8").decode("utf-8") == clean
    assert clean_name(clean) == clean


@given(st.text(min_size=1, max_size=9), st.sampled_from([kind.extension for kind in FileKind]))
def test_clean_name_keeps_the_extension_of_a_named_file(stem: str, extension: str) -> None:
    clean = clean_name(f"a{stem.replace('/', '').replace(chr(92), '') * 40}.{extension}")

    assert clean.rpartition(".")[2] == extension
