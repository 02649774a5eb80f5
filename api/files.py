"""Files over the door: one that comes in a form, a paper that is stored, a stored one as a download."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import BinaryIO
from urllib.parse import quote

from fastapi import Request
from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from api.refusals import MalformedForm
from engine.office.files import clean_name, sniff
from engine.runtime.commands import Paper
from engine.runtime.database import Row
from engine.runtime.service import Engine

MULTIPART = "multipart/form-data"
CHUNK_BYTES = 64 * 1024
NEVER_SHOWN = {"Content-Security-Policy": "sandbox; default-src 'none'"}  # a paper is saved, never rendered here

_NOT_PLAIN = re.compile(r"[^ !#-$&-\[\]-~]")  # what a quoted ASCII file name cannot hold, and "%"


@asynccontextmanager
async def upload_form(request: Request) -> AsyncIterator[FormData]:
    """The form, its file spooled to the disk; closed at the end.

    Raises:
        MalformedForm: it cannot be read, or holds more than one field and one file.
    """
    try:
        form = await request.form(max_files=1, max_fields=1, max_part_size=1024)
    except (HTTPException, FormParserError, ValueError) as wrong:
        raise MalformedForm(why=str(getattr(wrong, "detail", wrong))) from wrong
    try:
        yield form
    finally:
        await form.close()


def keep(engine: Engine, kind: str, upload: UploadFile, limit_bytes: int) -> Paper:
    """Store the file. Blocks: for a thread.

    Raises:
        FileRefused: too large, or of no kind that is taken.
    """
    file: BinaryIO = upload.file
    found = sniff(file, upload.filename or "")
    blob = engine.blobs.write(file, limit_bytes)
    return Paper(kind, clean_name(upload.filename or ""), found.media_type, blob.size, blob.sha256)


def served(engine: Engine, paper: Row) -> Response:
    """A stored paper as a download: saved, never rendered here."""
    headers = {
        "Content-Disposition": disposition(paper["name"]),
        "Content-Length": str(paper["size"]),
        "Cache-Control": "no-store",
        **NEVER_SHOWN,
    }
    return StreamingResponse(_chunks(engine.blobs.open(paper["sha256"])), 200, headers, paper["media_type"])


def disposition(name: str) -> str:
    """Content-Disposition that saves under that name, with a plain spelling for old clients (RFC 6266)."""
    return f"attachment; filename=\"{_NOT_PLAIN.sub('_', name)}\"; filename*=UTF-8''{quote(name, safe='')}"


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
