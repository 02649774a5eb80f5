"""Log in and out; the language of the pages.

What somebody had typed when their session ended comes along through the log-in and waits in its form again.
"""

from datetime import timedelta
from functools import partial

from anyio import to_thread
from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from api.clients import device_label
from api.credentials import DEVICE_COOKIE, SESSION_COOKIE, drop_cookie
from api.dependencies import answered, cookie_of
from api.errors import noted
from api.logins import Knock, Opened, log_in
from api.welcome import welcome
from engine.errors import Refused, SecondFactorNeeded, WrongCode
from engine.runtime import accounts, drafts
from engine.runtime.database import Transaction
from web import languages
from web.cases.drafting import place_of
from web.doors import (
    KEPT_FIELD,
    LONGEST_KEPT,
    NEXT_FIELD,
    PASSWORD_FIELD,
    local_path,
    login_page,
    page_router,
)
from web.given import loaded, number
from web.visits import LANGUAGE_COOKIE, Anybody, Guest, Visiting

LANGUAGE_KEPT = timedelta(days=365)


def login_routes() -> APIRouter:
    """GET and POST /dang-nhap; POST /dang-xuat, /ngon-ngu."""
    router = page_router()

    @router.get("/dang-nhap")
    def show(guest: Anybody, tiep: str = "/") -> Response:
        return login_page(guest, onward=local_path(tiep))

    @router.post("/dang-nhap")
    async def enter(guest: Anybody) -> Response:
        return await _enter(guest, await guest.form())

    @router.post("/dang-xuat")
    async def leave(visit: Visiting) -> Response:
        await visit.write(lambda tx, person_id: _end(visit, tx))
        response = visit.go("/", visit.tr("Bạn đã đăng xuất."))
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        drop_cookie(response, SESSION_COOKIE, secure=visit.settings.secure_cookies)
        return response

    @router.post("/ngon-ngu")
    async def speak(guest: Anybody) -> Response:
        form = await guest.form()
        response = RedirectResponse(local_path(str(form.get(NEXT_FIELD, "/"))), 303)
        chosen = languages.chosen(str(form.get("ngon_ngu", "")))
        response.set_cookie(
            LANGUAGE_COOKIE, chosen, max_age=int(LANGUAGE_KEPT.total_seconds()), samesite="lax", httponly=True,
            secure=guest.settings.secure_cookies,
        )  # fmt: skip
        return response

    return router


async def _enter(guest: Guest, form: FormData) -> Response:
    username, code = str(form.get("username", ""))[:200], str(form.get("code", ""))[:6]
    kept, onward = str(form.get(KEPT_FIELD, "")), local_path(str(form.get(NEXT_FIELD, "/")))
    device, label = cookie_of(guest.request, DEVICE_COOKIE), device_label(guest.request.headers.get("user-agent", ""))
    knock = Knock(username, str(form.get(PASSWORD_FIELD, "")), code, guest.address, device, label)
    try:
        entering = partial(log_in, guest.engine, knock)
        opened = await to_thread.run_sync(entering, limiter=guest.request.app.state.hashing)
    except Refused as refused:
        asks = isinstance(refused, SecondFactorNeeded | WrongCode)
        return login_page(
            guest, onward=onward, kept=kept, username=username, wrong=guest.said(refused), needs_code=asks, status=401
        )  # fmt: skip
    response = RedirectResponse(onward, 303)
    if kept:
        await _keep(guest, opened, kept)
    welcome(response, guest.settings, opened)
    return response


async def _keep(guest: Guest, opened: Opened, kept: str) -> None:
    """Put what was typed before where its form looks for it."""
    found = loaded(kept) if len(kept) <= LONGEST_KEPT else None
    place, version, typed = found if isinstance(found, list) and len(found) == 3 else ("", 0, None)
    place = place_of(guest, str(place))
    if not place or not isinstance(typed, dict):
        return
    fields = {name: [str(value) for value in values] for name, values in typed.items() if isinstance(values, list)}
    seen = number(str(version)) or 0

    def keep(tx: Transaction) -> None:
        login = accounts.login_of(tx, opened.session, guest.engine.wall())
        drafts.keep(tx, login.person_id, place, fields, seen, guest.engine.wall())

    try:
        await answered(guest.engine.writer.submit(keep))
    except Exception as fault:  # they are logged in, with or without their draft
        noted(fault, guest.request.scope)


def _end(visit: Guest, tx: Transaction) -> None:
    login = accounts.own_session(tx, visit.secret, visit.engine.wall())
    accounts.revoke(tx, login.session_id, login.person_id, visit.engine.wall())
