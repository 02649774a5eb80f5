"""Single sign-on: to the provider and back. There only when a provider is named in the settings."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.credentials import SIGN_ON_COOKIE, drop_cookie, set_cookie
from api.dependencies import EngineDep, SettingsDep, answered, cookie_of
from api.errors import documented
from api.logins import new_secret
from api.refusals import SignOnFailed
from api.routes.session import label_of
from api.sign_on import BEGUN_FOR, LEEWAY_SECONDS, Begun, Identity, Provider
from api.welcome import give_session
from engine.accounts.second_factor import has_second_factor
from engine.accounts.sign_on import person_signed_on
from engine.errors import InvalidInput, Unavailable
from engine.runtime import accounts
from engine.runtime.database import Transaction
from engine.runtime.service import Engine

CALLBACK = "/sign-on/callback"
AT_ONCE = 4  # threads that may wait for the provider
NEVER = datetime.fromtimestamp(0, UTC)
LEEWAY = timedelta(seconds=LEEWAY_SECONDS)


def routes(provider: Provider) -> APIRouter:
    """The two routes over that provider."""
    router = APIRouter(tags=["session"])
    limiter = CapacityLimiter(AT_ONCE)
    _begin(router, provider, limiter)
    _finish(router, provider, limiter)
    return router


def _begin(router: APIRouter, provider: Provider, limiter: CapacityLimiter) -> None:
    @router.get(
        "/sign-on",
        status_code=303,
        operation_id="sign_on_begin",
        summary="Đăng nhập một lần: tới máy chủ đăng nhập",
        responses=documented(SignOnFailed, InvalidInput, Unavailable),
    )
    async def begin(
        engine: EngineDep,
        settings: SettingsDep,
        again: Annotated[Literal["true"] | None, Query(description="To sign: who it is must be asked anew")] = None,
    ) -> Response:
        beginning = partial(provider.begin, again=again is not None)
        url, begun = await to_thread.run_sync(beginning, limiter=limiter)
        response = RedirectResponse(url, 303)
        set_cookie(response, SIGN_ON_COOKIE, begun.sealed(engine.vault), BEGUN_FOR, secure=settings.secure_cookies)
        return response


def _finish(router: APIRouter, provider: Provider, limiter: CapacityLimiter) -> None:
    @router.get(
        CALLBACK,
        status_code=303,
        operation_id="sign_on_finish",
        summary="Đăng nhập một lần: trở về",
        responses=documented(SignOnFailed, InvalidInput, Unavailable),
    )
    async def finish(
        request: Request,
        engine: EngineDep,
        settings: SettingsDep,
        state: Annotated[str, Query(max_length=200)] = "",
        code: Annotated[str, Query(max_length=4000)] = "",
    ) -> Response:
        """Sets the session cookie and leads to the front page."""
        begun = Begun.opened(engine.vault, cookie_of(request, SIGN_ON_COOKIE), engine.wall())
        if not code:
            raise SignOnFailed(why="bạn đã dừng ở máy chủ đăng nhập, hoặc nơi đó từ chối")
        who = await to_thread.run_sync(provider.finish, begun, state, code, limiter=limiter)
        secret, label = new_secret(), label_of(request)
        await answered(engine.writer.submit(lambda tx: _open(engine, tx, who, secret, label)))
        response = RedirectResponse(f"{settings.base_url}/", 303)
        give_session(response, settings, secret)
        drop_cookie(response, SIGN_ON_COOKIE, secure=settings.secure_cookies)
        return response


def _open(engine: Engine, tx: Transaction, who: Identity, secret: str, label: str) -> None:
    person = person_signed_on(tx, who.issuer, who.subject, who.mail)
    if person is None:
        raise SignOnFailed(why="không có đúng một tài khoản đang hoạt động ứng với bạn; hãy hỏi quản trị")
    accounts.open_login(
        tx, person["id"], secret, engine.wall(), kind=accounts.SESSION_KIND, device=label,
        confirmed_at=_confirmed_at(engine, tx, person["id"], who.authenticated_at),
    )  # fmt: skip


def _confirmed_at(engine: Engine, tx: Transaction, person_id: int, said_at: datetime | None) -> datetime:
    """When the provider last asked who it is; that never counts in place of a second factor."""
    wall_now = engine.wall()
    if said_at is None or said_at > wall_now + LEEWAY or has_second_factor(tx, person_id):
        return NEVER
    return min(said_at, wall_now)
