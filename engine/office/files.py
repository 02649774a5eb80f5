"""What a file is, told by its bytes: never by its name, never by what the browser claims.

Pure on bytes and names: knows no folder, no database and no upload form.
"""

import os
import re
import unicodedata
import zipfile
from enum import StrEnum
from pathlib import PurePosixPath
from typing import BinaryIO

import puremagic

from engine.errors import Refused

MAX_NAME_CHARACTERS = 200
MAX_ZIP_ENTRIES = 10_000
MAX_INFLATED_BYTES = 200 * 1024 * 1024
MAX_INFLATION_RATIO = 200

_SENTENCES = {
    "file_empty": "Tệp không có nội dung.",
    "file_too_large": "Tệp lớn hơn mức cho phép là {limit_mb} MB.",
    "file_kind_refused": "Chỉ nhận tệp PDF, DOCX, XLSX, JPG và PNG; nội dung tệp này thuộc loại {found}.",
    "file_extension_mismatch": "Tên tệp phải kết thúc bằng “.{expected}” cho đúng với nội dung của tệp.",
    "file_damaged": "Tệp bị hỏng hoặc bị cắt cụt; hãy mở lại, lưu thành bản mới rồi gửi bản mới.",
    "file_too_many_parts": "Tệp chứa quá {limit} thành phần bên trong nên không được nhận.",
    "file_inflates_too_much": "Tệp nén nhiều bất thường so với nội dung khai bên trong nên không được nhận.",
    "file_has_macros": "Tệp có chứa macro ({part}); hãy lưu thành bản không có macro rồi gửi lại.",
}


class FileRefused(Refused):
    """This file may not be attached; nothing was kept of it.

    `code` is a key of `_SENTENCES`, `params` are the values of its sentence, and `message` is that
    sentence in Vietnamese, addressed to the person who sent the file.
    """

    def __init__(self, code: str, params: dict[str, str]) -> None:
        self.code, self.sentence = code, _SENTENCES[code]  # type: ignore[misc]  # of the instance: one class, many codes
        super().__init__(**params)
        self.message = str(self)


class FileKind(StrEnum):
    """A kind of paper that may be attached; the value is its extension, without the dot."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    JPG = "jpg"
    PNG = "png"

    @property
    def extension(self) -> str:
        """The extension that a file of this kind is stored and sent with, without the dot."""
        return self.value

    @property
    def media_type(self) -> str:
        """The media type to send it with; the one that the browser claimed is not to be trusted."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    FileKind.PDF: "application/pdf",
    FileKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileKind.JPG: "image/jpeg",
    FileKind.PNG: "image/png",
}

# Our own short list, not puremagic's table: that one has over a thousand rows, changes with every
# release, and calls each zip a DOCX.
_SIGNATURES = {
    b"%PDF-": FileKind.PDF,
    b"\xff\xd8\xff": FileKind.JPG,
    b"\x89PNG\r\n\x1a\n": FileKind.PNG,
}
_ZIP_SIGNATURE = b"PK\x03\x04"
_ZIP_ENTRY_SIGNATURE = b"PK\x01\x02"
_PDF_END = b"%%EOF"
_PDF_END_WINDOW_BYTES = 1024  # as far from the end as Acrobat looks for it
_SPELLINGS = {"jpeg": "jpg"}

# Names of parts are compared in lower case, as OPC does. Word on the web numbers its main part.
_CONTENT_TYPES = "[content_types].xml"
_MAIN_PARTS = {
    FileKind.DOCX: re.compile(r"word/document\d*\.xml"),
    FileKind.XLSX: re.compile(r"xl/workbook\d*\.xml"),
}
_MACRO_PART = re.compile(r".*vbaproject\.bin|xl/macrosheets/.*")

_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})  # controls with NUL; bidi and zero width; lone surrogates
_NAMELESS = "tệp"
_LONGEST_EXTENSION = 10
_CHUNK_BYTES = 1024 * 1024


def sniff(file: BinaryIO, filename: str) -> FileKind:
    """Tell what `file` is by its content, and that `filename` says the same.

    `file` is the whole file, seekable; it is left at its start, also after a refusal.

    Raises:
        FileRefused: `file_empty`; `file_kind_refused` (`found`, a media type); `file_damaged` (a PDF
            without its end, a zip without a readable directory); `file_too_many_parts` (`limit`) or
            `file_inflates_too_much` (a zip made to exhaust whoever opens it); `file_has_macros`
            (`part`); `file_extension_mismatch` (`extension`, `expected`).
    """
    size_bytes = file.seek(0, os.SEEK_END)
    if size_bytes == 0:
        raise FileRefused("file_empty", {})
    try:
        kind = _kind_of_content(file, size_bytes)
    finally:
        file.seek(0)
    extension = PurePosixPath(clean_name(filename)).suffix.removeprefix(".").lower()
    if _SPELLINGS.get(extension, extension) != kind.extension:
        params = {"extension": extension, "expected": kind.extension}
        raise FileRefused("file_extension_mismatch", params)
    return kind


def clean_name(name: str) -> str:
    """Make a name that is safe to store, list and send: NFC, 1 to 200 characters, no path.

    White space becomes single spaces; controls, bidi and zero-width characters go; so do dots and
    spaces at either end. A long name loses the end of its stem, not its extension. Never fails: a
    name with nothing left becomes “tệp”. Cleaning a clean name changes nothing.
    """
    visible = "".join(
        " " if char.isspace() else char
        for char in name
        if char.isspace() or unicodedata.category(char) not in _INVISIBLE
    )
    # Composed only now: a zero-width character may have stood between a letter and its mark.
    composed = unicodedata.normalize("NFC", visible)
    last_part = re.split(r"[/\\]", composed)[-1]
    return _shorten(" ".join(last_part.split()).strip(". ")) or _NAMELESS


def _shorten(name: str) -> str:
    if len(name) <= MAX_NAME_CHARACTERS:
        return name
    extension = PurePosixPath(name).suffix
    if len(extension) > _LONGEST_EXTENSION:
        extension = ""
    return name[: MAX_NAME_CHARACTERS - len(extension)].rstrip(". ") + extension


def _kind_of_content(file: BinaryIO, size_bytes: int) -> FileKind:
    file.seek(0)
    head = file.read(max(map(len, _SIGNATURES)))
    if head.startswith(_ZIP_SIGNATURE):
        return _kind_of_zip(file, size_bytes)
    for signature, kind in _SIGNATURES.items():
        if head.startswith(signature):
            if kind is FileKind.PDF:
                _require_pdf_end(file, size_bytes)
            return kind
    raise FileRefused("file_kind_refused", {"found": _media_type_of_stranger(file)})


def _require_pdf_end(file: BinaryIO, size_bytes: int) -> None:
    file.seek(max(0, size_bytes - _PDF_END_WINDOW_BYTES))
    if _PDF_END not in file.read():
        raise FileRefused("file_damaged", {})


def _kind_of_zip(file: BinaryIO, size_bytes: int) -> FileKind:
    entries = _zip_directory(file)
    # Measured against the file's own size, because a compressed size is only a claim.
    inflated_bytes = sum(entry.file_size for entry in entries)
    if inflated_bytes > min(MAX_INFLATED_BYTES, MAX_INFLATION_RATIO * size_bytes):
        raise FileRefused("file_inflates_too_much", {})
    names = [entry.filename.lower() for entry in entries]
    kinds = [kind for kind, part in _MAIN_PARTS.items() if any(map(part.fullmatch, names))]
    if _CONTENT_TYPES not in names or len(kinds) != 1:
        raise FileRefused("file_kind_refused", {"found": "application/zip"})
    for name in names:
        if _MACRO_PART.fullmatch(name):
            raise FileRefused("file_has_macros", {"part": clean_name(name)})
    return kinds[0]


def _zip_directory(file: BinaryIO) -> list[zipfile.ZipInfo]:
    # Counted before zipfile reads it: zipfile builds an object for each entry and does not believe
    # the count in the archive either: a million entries cost it 7 seconds and 400 MB.
    if _count_in(file, _ZIP_ENTRY_SIGNATURE) > MAX_ZIP_ENTRIES:
        raise FileRefused("file_too_many_parts", {"limit": str(MAX_ZIP_ENTRIES)})
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        # Besides its own error zipfile lets through an unknown version and a name that is not UTF-8.
        raise FileRefused("file_damaged", {}) from error


def _count_in(file: BinaryIO, wanted: bytes) -> int:
    file.seek(0)
    found, tail = 0, b""
    while chunk := file.read(_CHUNK_BYTES):
        window = tail + chunk
        found += window.count(wanted)
        tail = window[-(len(wanted) - 1) :]
    return found


def _media_type_of_stranger(file: BinaryIO) -> str:
    # Never given the name: puremagic believes an extension, and from 2.0 on it would open a file of
    # that name on this server's own disk.
    file.seek(0)
    try:
        guesses = puremagic.magic_stream(file)
    except puremagic.PureError:
        guesses = []
    return next((guess.mime_type for guess in guesses if guess.mime_type), "application/octet-stream")
