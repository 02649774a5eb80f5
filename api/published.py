"""What is published to anybody: answers that may be kept for some minutes, and the register as a table."""

from collections.abc import Iterable
from hashlib import sha256

from fastapi import Request
from starlette.responses import Response

from engine.administration.workbook import Sheet
from engine.jobs.exports import MEDIA_TYPES, csv_of
from engine.runtime.register import Line

CACHED = "public, max-age=300"
CSV, JSON = MEDIA_TYPES["csv"], "application/json"
MOST_IN_FILE = 20_000
NO_TRACE = {"X-Robots-Tag": "noindex"}
"""Lists name people; no search engine is to keep a name after it has been taken back here."""
HEADINGS = (
    "Mã", "Tên", "Đối tượng", "Danh hiệu, hình thức", "Đơn vị", "Số quyết định", "Ngày quyết định", "Phong trào",
)  # fmt: skip


def register_csv(lines: Iterable[Line]) -> bytes:
    """The lines as CSV that spreadsheets open as UTF-8; what looks like a formula is text there."""
    rows = [
        (
            line.code, line.about.name or line.about.unnamed, line.about.kind_label, line.about.award_label, line.unit,
            line.about.number, line.about.signed_on, line.about.campaign,
        )
        for line in lines
    ]  # fmt: skip
    return csv_of(Sheet("Sổ khen thưởng", HEADINGS, rows))


def kept(request: Request, body: bytes, media_type: str, headers: dict[str, str] | None = None) -> Response:
    """An answer that anybody may keep for some minutes, and ask whether it is still the same."""
    tag = f'"{sha256(body).hexdigest()[:24]}"'
    given = {"Cache-Control": CACHED, "ETag": tag, **(NO_TRACE if headers is None else headers)}
    if tag in request.headers.get("if-none-match", "").replace("W/", ""):
        return Response(None, 304, given)
    return Response(body, 200, given, media_type)
