"""What is inside an .xlsx (an OPC package), measured before a native parser builds a grid of it.

calamine allocates what a file declares, and an allocation that fails ends the whole process (calamine issue
693): no far cell, no large count and no text repeated by reference may reach it. It does not tell formulas
either, so they are found here. What is handed on is a new package that holds only what was measured.
"""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO
from xml.etree import ElementTree
from xml.parsers import expat

from engine.administration.refusals import OfficeRefused

MOST_ROWS = 5_000  # they are taken in at one go, and nobody else writes meanwhile
MOST_COLUMNS = 50
MOST_INFLATED_BYTES = 50 * 1024 * 1024
MOST_TEXT_BYTES = 100 * 1024 * 1024  # of shared text, counted for each cell that refers to it

_WORKBOOK, _RELATIONSHIPS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_READ = re.compile(r"(xl/|_rels/|\[content_types\]).*\.(xml|rels)", re.IGNORECASE)  # no pictures, nobody's own XML
_MOST_DIRECTORY_BYTES = 5 * 1024 * 1024
_MOST_COUNT_DIGITS = 7
_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)
_ROW = re.compile(r"[1-9][0-9]{0,6}", re.ASCII)
# A start tag that reads the same to every parser: no character reference in any of its values.
_PLAIN_TAG = re.compile(rb"""<[^<>&"']*(?:"[^"&]*"[^<>&"']*|'[^'&]*'[^<>&"']*)*>""")

Place = tuple[int, int]  # row and column, both from 0


@dataclass(frozen=True, slots=True)
class Package:
    """A workbook that is safe to parse, and by each wanted sheet that it has the cells that are no values."""

    file: BytesIO
    not_values: Mapping[str, Collection[Place]]


@dataclass(slots=True)
class _Part:
    name: str
    content: bytes
    not_values: set[Place] = field(default_factory=set)
    last_row: int = -1
    last_column: int = -1
    references: int = 0
    longest_text: int = 0

    @property
    def fits(self) -> bool:
        return self.last_row <= MOST_ROWS and self.last_column < MOST_COLUMNS


def unpack(file: BinaryIO, wanted: Collection[str] | None) -> Package:
    """The parts of an .xlsx that a reader of the wanted sheets needs, all of them measured; None: of the first sheet.

    A sheet that nobody wants may have any size; it is left out.

    Raises:
        OfficeRefused: `workbook_too_large`; `workbook_unreadable` (a damaged archive, XML that is not well-formed
            UTF-8, a document type, a cell beyond the last column that is read).
    """
    parts = {name.lower(): _measured(name, content) for name, content in _contents(file)}
    known = _sheets(parts)
    wanted = tuple(known)[:1] if wanted is None else wanted
    sheets = {sheet: parts[name] for sheet, name in known.items() if sheet in wanted and name in parts}
    for sheet, part in sheets.items():
        if part.last_row > MOST_ROWS:
            raise too_large()
        if not part.fits:
            raise OfficeRefused("workbook_unreadable", why=f"trang «{sheet}» có ô ngoài {MOST_COLUMNS} cột đầu")
    kept = [part for part in parts.values() if part.fits]
    if max(part.longest_text for part in kept) * max(part.references for part in kept) > MOST_TEXT_BYTES:
        raise too_large()
    return Package(_packed(kept), {sheet: part.not_values for sheet, part in sheets.items()})


def damaged(what: str) -> OfficeRefused:
    """The refusal of a file whose content contradicts itself; `what` names the error, never a value of the file."""
    return OfficeRefused("workbook_unreadable", why=f"nội dung hỏng ({what})")


def too_large() -> OfficeRefused:
    """The refusal of a file that would take too much to read."""
    return OfficeRefused("workbook_too_large", rows=MOST_ROWS, megabytes=MOST_INFLATED_BYTES // 1024**2)


def _contents(file: BinaryIO) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        # A declared size is a promise that zipfile holds an entry to: it reads no more of it.
        if sum(entry.file_size for entry in entries) > MOST_INFLATED_BYTES:
            raise too_large()
        try:
            return [(one.filename, archive.read(one)) for one in entries if _READ.fullmatch(one.filename)]
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError) as wrong:
            raise OfficeRefused("workbook_unreadable", why="tệp nén hỏng") from wrong


def _packed(parts: Iterable[_Part]) -> BytesIO:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for part in parts:
            archive.writestr(part.name, part.content)
    file.seek(0)
    return file


def _sheets(parts: Mapping[str, _Part]) -> dict[str, str]:
    """Sheets by name → the name of their part."""
    if not {_WORKBOOK, _RELATIONSHIPS} <= parts.keys():
        raise damaged("thiếu danh mục trang")
    if max(len(parts[name].content) for name in (_WORKBOOK, _RELATIONSHIPS)) > _MOST_DIRECTORY_BYTES:
        raise too_large()
    targets = {
        given.get("Id"): posixpath.normpath(posixpath.join("/xl", given.get("Target", ""))).lstrip("/").lower()
        for given in ElementTree.fromstring(parts[_RELATIONSHIPS].content).findall(".//{*}Relationship")
    }
    return {
        given.get("name", ""): targets.get(next((value for key, value in given.items() if key.endswith("}id")), ""), "")
        for given in ElementTree.fromstring(parts[_WORKBOOK].content).findall(".//{*}sheet")
    }


def _measured(name: str, content: bytes) -> _Part:
    try:
        return _Measuring(_Part(name, content)).part
    except expat.ExpatError as wrong:
        raise damaged("XML") from wrong


class _Measuring:
    """One pass over a part, counting cells where calamine counts them: by address, or else after the one before."""

    def __init__(self, part: _Part) -> None:
        self.part = part
        self._row = self._column = 0
        self._cell: Place | None = None
        self._text_from: int | None = None
        if b"\0" in part.content:  # expat would read UTF-16 as such, whatever it was told
            raise damaged("XML")
        self._parser = expat.ParserCreate("UTF-8")
        self._parser.XmlDeclHandler = self._declaration
        self._parser.StartDoctypeDeclHandler = self._document_type
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.Parse(part.content, True)

    def _declaration(self, _: str, encoding: str | None, __: int) -> None:
        if (encoding or "UTF-8").upper() != "UTF-8":
            raise damaged("XML")

    def _document_type(self, *_: object) -> None:
        raise OfficeRefused("workbook_unreadable", why="có khai báo DOCTYPE")

    def _start(self, qualified: str, given: dict[str, str]) -> None:
        name = qualified.rpartition(":")[2]
        if max(len(given.get("count", "")), len(given.get("uniqueCount", ""))) > _MOST_COUNT_DIGITS:
            raise too_large()
        if name in ("row", "c"):
            if self._cell or not _PLAIN_TAG.match(self.part.content, self._parser.CurrentByteIndex):
                raise damaged(name)
            if name == "row":
                self._start_row(given)
            else:
                self._start_cell(given)
        elif self._cell:
            self._fill_cell(self._cell, name)
        elif name == "si" and self._text_from is None:
            self._text_from = self._parser.CurrentByteIndex

    def _start_row(self, given: Mapping[str, str]) -> None:
        if "r" in given:
            if not _ROW.fullmatch(given["r"]):
                raise damaged("row")
            self._row = int(given["r"]) - 1

    def _start_cell(self, given: Mapping[str, str]) -> None:
        row = self._row
        if "r" in given:
            address = _ADDRESS.fullmatch(given["r"])
            if not address:
                raise damaged("c")
            row, self._column = int(address[2]) - 1, _column(address[1])
        self._cell = row, self._column
        if given.get("t") == "e":
            self.part.not_values.add(self._cell)
        self.part.references += given.get("t") == "s"

    def _fill_cell(self, cell: Place, name: str) -> None:
        part = self.part
        part.last_row, part.last_column = max(part.last_row, cell[0]), max(part.last_column, cell[1])
        if name == "f":
            part.not_values.add(cell)

    def _end(self, qualified: str) -> None:
        name = qualified.rpartition(":")[2]
        if name == "c":
            self._cell = None
            self._column += 1
        elif name == "row":
            self._row, self._column = self._row + 1, 0
        elif name == "si" and self._text_from is not None:
            self.part.longest_text = max(self.part.longest_text, self._parser.CurrentByteIndex - self._text_from)
            self._text_from = None


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
