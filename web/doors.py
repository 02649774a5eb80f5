"""How pages are reached, and what is shown instead of a page that cannot be: every refusal as a page.

A route of `page_router` answers with HTML whatever happens: who is not logged in sees the log-in, with what they
had typed kept; who is refused reads what is wrong, which rule says so, and what to do next.
"""

import json
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from api.credentials import SESSION_COOKIE, set_cookie
from api.errors import TITLES, is_out_of_order, noted, status_of
from api.refusals import WrongConfirmation
from engine.errors import (
    ConfirmationNeeded,
    GuardUnmet,
    InvalidInput,
    LinesRefused,
    NotAuthenticated,
    NotFound,
    Reason,
    Refused,
    Unavailable,
)
from engine.runtime import accounts
from web.shell import Frame
from web.visits import (
    OWN_FIELDS,
    PASSWORD_FIELD,
    PLACE_FIELD,
    SECRET_FIELDS,
    Guest,
    frame_for,
    guest_of,
    in_thread,
    local_path,
    version_of,
)

KEPT_FIELD, NEXT_FIELD = "_kept", "tiep"
LOGIN, CONFIRM = "/dang-nhap", "/xac-nhan"
LONGEST_KEPT = 900_000
NOWHERE = "Địa chỉ này không có, hoặc đã đổi. Hãy bắt đầu lại từ trang đầu hoặc tìm theo mã hồ sơ."


class PageRoute(APIRoute):
    """A route whose refusals are pages, and whose answers carry a session's new secret."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                response = await handler(request)
            except ClientDisconnect:
                raise
            except Exception as fault:
                response = await _instead(request, fault)
            finally:
                await request.close()  # the files of a form
            return _with_new_secret(request, response)

        return answer


async def _instead(request: Request, fault: Exception) -> Response:
    """The page for what a route raised."""
    guest = guest_of(request)
    try:
        if isinstance(fault, ConfirmationNeeded | WrongConfirmation):  # is logged in
            return await confirm_page(guest, fault)
        if isinstance(fault, NotAuthenticated):
            return await _log_in_first(guest)
    except Refused as unreadable:  # the form itself
        fault = unreadable
    if isinstance(fault, Refused):
        return await refusal_page(guest, fault)
    if isinstance(fault, HTTPException | RequestValidationError):
        return await failure_page(guest, getattr(fault, "status_code", HTTPStatus.NOT_FOUND))
    correlation = noted(fault, guest.request.scope)
    if is_out_of_order(fault):
        return await refusal_page(guest, Unavailable(seconds=5))
    said = guest.tr("Lỗi hệ thống. Khi báo lỗi, hãy nêu mã {code}.", code=correlation)
    return await failure_page(guest, HTTPStatus.INTERNAL_SERVER_ERROR, said)


async def _framed(guest: Guest) -> Frame | None:
    """The frame of who is logged in; a guest's when it cannot be known: the page has to be shown."""
    try:
        return await in_thread(lambda: frame_for(guest))
    except Exception as fault:
        noted(fault, guest.request.scope)
        return None


def page_router() -> APIRouter:
    """A router for pages; they are no part of the OpenAPI document."""
    return APIRouter(include_in_schema=False, route_class=PageRoute)


def reasons_of(refused: Refused) -> list[tuple[str, Any]]:
    """The single reasons of a refusal: (about what, reason or sentence)."""
    if isinstance(refused, GuardUnmet):
        return [("", reason) for reason in refused.reasons]
    if isinstance(refused, LinesRefused):
        return [(line, reason) for line, why in refused.lines.items() for reason in why]
    if isinstance(refused, InvalidInput):
        return [(field, Reason("", sentence)) for field, sentence in refused.fields.items()]
    return []


async def refusal_page(guest: Guest, refused: Refused) -> Response:
    """What was refused and why, with the ways on."""
    status = status_of(refused)
    return guest.page(
        "refused.html.j2",
        await _framed(guest),
        status=status,
        title=guest.tr(TITLES.get(status, "Yêu cầu bị từ chối")),
        sentence=guest.said(refused),
        reasons=reasons_of(refused),
        is_missing=isinstance(refused, NotFound),
    )


async def failure_page(guest: Guest, status: int, sentence: str = "") -> Response:
    """A page for an address that is none; with a sentence, for what went wrong."""
    return guest.page(
        "refused.html.j2",
        await _framed(guest),
        status=status,
        title=guest.tr(TITLES.get(status, HTTPStatus(status).phrase)),
        sentence=sentence or guest.tr(NOWHERE),
        reasons=[],
        is_missing=not sentence,
    )


async def lost(request: Request) -> Response:
    """The page for an address that no route has."""
    return await failure_page(guest_of(request), HTTPStatus.NOT_FOUND)


async def _log_in_first(guest: Guest) -> Response:
    """The log-in page; what a form had sent is kept in it, so that it is there again afterwards."""
    if guest.request.method in ("GET", "HEAD"):
        query = f"?{guest.request.url.query}" if guest.request.url.query else ""
        return login_page(guest, onward=f"{guest.request.url.path}{query}", status=HTTPStatus.UNAUTHORIZED)
    form = await guest.form()
    place = local_path(str(form.get(PLACE_FIELD, "")) or "/")
    typed: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str) and name not in OWN_FIELDS:
            typed.setdefault(name, []).append(value)
    kept = json.dumps([place, version_of(form) or 0, typed], ensure_ascii=False)
    fits = len(kept.encode()) <= LONGEST_KEPT
    return login_page(guest, onward=place, kept=kept if fits else "", status=HTTPStatus.UNAUTHORIZED)


def login_page(
    guest: Guest, *, onward: str = "/", kept: str = "", username: str = "", wrong: str = "", needs_code: bool = False,
    status: int = 200,
) -> Response:  # fmt: skip
    """The log-in. onward: where to go then. kept: what was typed before, as `_log_in_first` packs it."""
    return guest.page(
        "account/login.html.j2",
        status=status,
        onward=onward,
        kept=kept,
        username=username,
        wrong=wrong,
        needs_code=needs_code,
        sign_on=bool(guest.settings.sign_on.issuer),
    )


async def confirm_page(guest: Guest, refused: Refused, onward: str = "") -> Response:
    """Asks for the password again. What a form had sent stands in the page and goes to its address once more with it.

    onward: where to go then, when no form waits.
    """
    is_form = guest.request.method == "POST" and guest.request.url.path != CONFIRM
    form = await guest.form() if is_form else FormData()
    typed = [(name, value) for name, value in form.multi_items() if name not in SECRET_FIELDS]
    return guest.page(
        "account/confirm.html.j2",
        await _framed(guest),
        status=status_of(refused),
        wrong=guest.tr(refused.sentence) if isinstance(refused, WrongConfirmation) else "",
        action=guest.request.url.path if is_form else CONFIRM,
        typed=[(name, value) for name, value in typed if isinstance(value, str)],
        has_files=any(not isinstance(value, str) and value.filename for _, value in typed),
        place=local_path(str(form.get(PLACE_FIELD, "")) or "/"),
        onward="" if is_form else onward or guest.request.url.path,
        sign_on=bool(guest.settings.sign_on.issuer),
    )


def _with_new_secret(request: Request, response: Response) -> Response:
    visit = getattr(request.state, "visit", None)
    if visit is not None and visit.fresh:
        secure = visit.settings.secure_cookies
        set_cookie(response, SESSION_COOKIE, visit.fresh, accounts.LONGEST, secure=secure)
    return response


__all__ = [
    "CONFIRM", "KEPT_FIELD", "LOGIN", "NEXT_FIELD", "PASSWORD_FIELD", "PageRoute", "confirm_page", "failure_page",
    "local_path", "login_page", "lost", "page_router", "reasons_of", "refusal_page",
]  # fmt: skip
