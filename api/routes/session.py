"""Log in, log out, who am I."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.bodies import read_body
from api.credentials import COOKIE
from api.dependencies import EngineDep, Secret, SettingsDep, answered, looking
from api.documentation import Bodies
from api.errors import BODY, documented
from api.logins import log_in
from api.passwords import LONGEST
from api.refusals import CrossSite
from api.routes.collection import answer
from api.schemas import Me
from engine.definition.decide import Actor
from engine.errors import InvalidInput, NotAuthenticated, NotFound, TooManyAttempts, Unavailable
from engine.instants import to_micros
from engine.runtime import accounts
from engine.runtime.database import Transaction
from engine.runtime.present import instant, unit_json
from engine.runtime.service import Engine
from engine.runtime.work import Work

LOG_IN = documented(NotAuthenticated, InvalidInput, *BODY, TooManyAttempts, CrossSite, Unavailable)


class Credentials(BaseModel):
    username: Annotated[str, Field(min_length=1, max_length=200)]
    password: Annotated[str, Field(min_length=1, max_length=LONGEST, json_schema_extra={"format": "password"})]


def routes(bodies: Bodies) -> APIRouter:
    """The routes of the session."""
    router = APIRouter(tags=["session"])
    _open(router, bodies)
    _close(router)
    _me(router)
    return router


def _open(router: APIRouter, bodies: Bodies) -> None:
    @router.post(
        "/session",
        status_code=201,
        operation_id="session_open",
        summary="Đăng nhập",
        response_model=Me,
        responses=LOG_IN,
        openapi_extra=bodies.body("Credentials", Credentials),
    )
    async def open_session(request: Request, engine: EngineDep, settings: SettingsDep) -> Response:
        """The answer sets the session cookie."""
        given = await read_body(request, Credentials)
        secret = await to_thread.run_sync(
            log_in, engine, given.username, given.password, limiter=request.app.state.hashing
        )
        response = answer(await to_thread.run_sync(_who, engine, secret), 201)
        response.set_cookie(
            COOKIE,
            secret,
            max_age=int(accounts.LONGEST.total_seconds()),
            secure=settings.secure_cookies,
            httponly=True,
            samesite="lax",
        )
        return response


def _close(router: APIRouter) -> None:
    @router.delete(
        "/session",
        status_code=204,
        operation_id="session_close",
        summary="Đăng xuất",
        responses=documented(NotAuthenticated, NotFound, InvalidInput, CrossSite, Unavailable),
    )
    async def close_session(engine: EngineDep, settings: SettingsDep, secret: Secret) -> Response:
        """Ends the session that the request comes with; a token is ended under /tokens."""
        await answered(engine.writer.submit(lambda tx: _end(engine, tx, secret)))
        response = Response(None, 204, {"Clear-Site-Data": '"cache", "storage"'})
        response.delete_cookie(COOKIE, secure=settings.secure_cookies, httponly=True, samesite="lax")
        return response


def _end(engine: Engine, tx: Transaction, secret: str) -> None:
    login = accounts.login_of(tx, secret, engine.wall())
    if login.session_id in {row["id"] for row in accounts.tokens_of(tx, login.person_id)}:
        raise NotFound(what="phiên đăng nhập (yêu cầu này dùng mã truy cập)")
    accounts.revoke(tx, login.session_id, login.person_id, engine.wall())


def _me(router: APIRouter) -> None:
    @router.get(
        "/me",
        operation_id="me",
        summary="Tôi là ai",
        response_model=Me,
        responses=documented(NotAuthenticated, InvalidInput),
    )
    def me(engine: EngineDep, secret: Secret) -> Response:
        return answer(_who(engine, secret))


def _who(engine: Engine, secret: str) -> dict[str, object]:
    with looking(engine, secret) as (work, actor):
        login = accounts.login_of(work.tx, secret, engine.wall())
        return {
            "person": {"id": str(login.person_id), "username": login.username, "name": login.name},
            "memberships": _memberships(work, actor),
            "now": instant(to_micros(work.now)),
        }


def _memberships(work: Work, actor: Actor) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for code, unit_id in sorted(actor.memberships):
        role = work.registry.roles.get(code)
        label = role.label if role else code
        found.append({"role": {"code": code, "label": label}, "unit": unit_json(work, unit_id)})
    return found
