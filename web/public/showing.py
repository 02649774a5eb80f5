"""Public pages as answers: the same for everybody, so that anybody may keep them for some minutes.

Somebody who is logged in gets them inside their own frame, and then nobody may keep them.
"""

from typing import Any

from starlette.responses import Response

from api.routes.register import kept
from engine.errors import NotAuthenticated
from web.shell import Frame
from web.visits import NOTE_COOKIE, Guest, Visit

INDEXED: dict[str, str] = {}
NOT_INDEXED = {"X-Robots-Tag": "noindex"}


def frame_for(guest: Guest) -> Frame | None:
    """The frame of somebody who is logged in; None for anybody else."""
    if not guest.secret:
        return None
    visit = Visit(guest.request, guest.engine, guest.settings, guest.secret, guest.language)
    try:
        with visit.look() as (work, actor):
            return visit.frame(work, actor)
    except NotAuthenticated:
        return None


def public_page(guest: Guest, template: str, *, robots: dict[str, str] = NOT_INDEXED, **context: Any) -> Response:
    """The template as an answer. robots: what search engines are told (`INDEXED`, `NOT_INDEXED`)."""
    frame = frame_for(guest)
    page = guest.page(template, frame, **context)
    if frame is not None or NOTE_COOKIE in guest.request.cookies:
        page.headers.update(robots)
        return page
    return kept(guest.request, bytes(page.body), "text/html; charset=utf-8", {"Vary": "Cookie", **robots})
