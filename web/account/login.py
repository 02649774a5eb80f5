"""Log in and out; the language of the pages.

What somebody had typed when their session ended comes along through the log-in and waits in its form again.
"""

import json
from datetime import timedelta
from functools import partial

from anyio import to_thread
from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from api.clients import device_label
from api.credentials import DEVICE_COOKIE, SESSION_COOKIE, drop_cookie
from api.dependencies import answered, cookie_of
from api.logins import Knock, Opened, log_in
from api.routes.session import welcome
from engine.errors import Refused, SecondFactorNeeded, WrongCode
from engine.runtime import accounts, drafts
from engine.runtime.database import Transaction
from web import languages
from web.doors import KEPT_FIELD, NEXT_FIELD, PASSWORD_FIELD, local_path, login_page, page_router
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
            LANGUAGE_COOKIE, chosen, max_age=int(LANGUAGE_KEPT.total_seconds()), samesite="lax", httponly=True
        )
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
        sentence = guest.tr(refused.sentence).format(**refused.params)
        return login_page(
            guest, onward=onward, kept=kept, username=username, wrong=sentence, needs_code=asks, status=401
        )  # fmt: skip
    response = RedirectResponse(onward, 303)
    if kept:
        await _keep(guest, opened, kept)
    welcome(response, guest.settings, opened)
    return response


async def _keep(guest: Guest, opened: Opened, kept: str) -> None:
    """Put what was typed before where its form looks for it."""
    try:
        place, version, typed = json.loads(kept)
        fields = {str(name): [str(value) for value in values] for name, values in typed.items()}
        seen = int(version) if str(version).isdigit() else 0
    except (ValueError, TypeError, AttributeError):
        return

    def keep(tx: Transaction) -> None:
        login = accounts.login_of(tx, opened.session, guest.engine.wall())
        drafts.keep(tx, login.person_id, local_path(str(place)), fields, seen, guest.engine.wall())

    await answered(guest.engine.writer.submit(keep))


def _end(visit: Guest, tx: Transaction) -> None:
    login = accounts.own_session(tx, visit.secret, visit.engine.wall())
    accounts.revoke(tx, login.session_id, login.person_id, visit.engine.wall())
