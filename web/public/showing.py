"""Public pages as answers: the same for everybody, so that anybody may keep them for some minutes.

Somebody who is logged in gets them inside their own frame, and then nobody may keep them.
"""

from typing import Any

from starlette.responses import Response

from api.published import kept
from web.visits import NOTE_COOKIE, Guest, frame_for

INDEXED: dict[str, str] = {}
NOT_INDEXED = {"X-Robots-Tag": "noindex"}


def public_page(guest: Guest, template: str, *, robots: dict[str, str] = NOT_INDEXED, **context: Any) -> Response:
    """The template as an answer. robots: what search engines are told (`INDEXED`, `NOT_INDEXED`)."""
    frame = frame_for(guest)
    page = guest.page(template, frame, **context)
    if frame is not None or NOTE_COOKIE in guest.request.cookies:
        page.headers.update(robots)
        return page
    return kept(guest.request, bytes(page.body), "text/html; charset=utf-8", {"Vary": "Cookie", **robots})
