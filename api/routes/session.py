"""Log in, confirm, log out, who am I."""

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from api.bodies import body_of, read_body
from api.clients import client_address, device_label
from api.credentials import DEVICE_COOKIE, SESSION_COOKIE, drop_cookie
from api.dependencies import EngineDep, Secret, SettingsDep, answered, cookie_of, looking
from api.documentation import Bodies
from api.errors import BODY, documented
from api.logins import Knock, Proof, confirm, log_in
from api.passwords import LONGEST
from api.refusals import CrossSite
from api.routes.collection import answer
from api.schemas import Me
from api.settings import Settings
from api.welcome import give_session, welcome
from engine.definition.performing import Actor, Mandate
from engine.errors import InvalidInput, NotAuthenticated, SessionNeeded, TooManyAttempts, Unavailable
from engine.instants import to_micros
from engine.runtime import accounts
from engine.runtime.database import Transaction
from engine.runtime.present import instant, unit_json
from engine.runtime.service import Engine
from engine.runtime.work import Work

LOG_IN = documented(NotAuthenticated, InvalidInput, *BODY, TooManyAttempts, CrossSite, Unavailable)
CONFIRM = documented(
    NotAuthenticated, SessionNeeded, InvalidInput, *BODY, TooManyAttempts, CrossSite, Unavailable
)  # fmt: skip
CODE_PATTERN = "^[0-9]{6}$"
Password = Annotated[str, Field(min_length=1, max_length=LONGEST, json_schema_extra={"format": "password"})]
Code = Annotated[str, Field(pattern=CODE_PATTERN, description="Of the second factor: six digits, each good once")]


class Credentials(BaseModel):
    username: Annotated[str, Field(min_length=1, max_length=200)]
    password: Password
    code: Code | None = None


class Confirmation(BaseModel):
    """Password or code: one of the two."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    password: Password = ""
    code: Code = ""

    @model_validator(mode="after")
    def _is_one(self) -> "Confirmation":
        if bool(self.password) == bool(self.code):
            raise ValueError("Hãy nhập mật khẩu hoặc mã xác thực: một trong hai.")
        return self


class Confirmed(BaseModel):
    """How long the session is good for signing and deciding."""

    seconds: int


def routes(bodies: Bodies) -> APIRouter:
    """The routes of the session."""
    router = APIRouter(tags=["session"])
    _open(router, bodies)
    _confirm(router, bodies)
    _close(router)
    _me(router)
    return router


def address_of(request: Request) -> str:
    """The address that the request's guesses count for."""
    settings: Settings = request.app.state.settings
    return client_address(request.scope, settings.trusted_proxies)


def label_of(request: Request) -> str:
    """By what the person will recognise the device of the request."""
    return device_label(request.headers.get("user-agent", ""))


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
        """The answer sets the session cookie, and one by which the device is known the next time."""
        given = await read_body(request, Credentials)
        device = cookie_of(request, DEVICE_COOKIE)
        knock = Knock(given.username, given.password, given.code or "", address_of(request), device, label_of(request))
        opened = await to_thread.run_sync(log_in, engine, knock, limiter=request.app.state.hashing)
        response = answer(await to_thread.run_sync(_who, engine, opened.session), 201)
        welcome(response, settings, opened)
        return response


def _confirm(router: APIRouter, bodies: Bodies) -> None:
    @router.post(
        "/session/confirmation",
        operation_id="session_confirm",
        summary="Xác nhận lại trước khi ký",
        response_model=Confirmed,
        responses=CONFIRM,
        openapi_extra=bodies.body("Confirmation", Confirmation),
    )
    async def confirm_session(
        request: Request,
        engine: EngineDep,
        settings: SettingsDep,
        secret: Secret,
        given: Annotated[Confirmation, Depends(body_of(Confirmation))],
    ) -> Response:
        """The session goes on under a new secret: the answer sets the cookie anew."""
        proof = Proof(given.password, given.code)
        proving = partial(confirm, engine, secret, proof, address_of(request))
        fresh = await to_thread.run_sync(proving, limiter=request.app.state.hashing)
        response = answer({"seconds": int(accounts.CONFIRMED_FOR.total_seconds())})
        give_session(response, settings, fresh)
        return response


def _close(router: APIRouter) -> None:
    @router.delete(
        "/session",
        status_code=204,
        operation_id="session_close",
        summary="Đăng xuất",
        responses=documented(NotAuthenticated, SessionNeeded, InvalidInput, CrossSite, Unavailable),
    )
    async def close_session(engine: EngineDep, settings: SettingsDep, secret: Secret) -> Response:
        """Ends the session that the request comes with; a token is ended under /tokens."""
        await answered(engine.writer.submit(lambda tx: _end(engine, tx, secret)))
        response = Response(None, 204, {"Clear-Site-Data": '"cache", "storage"'})
        drop_cookie(response, SESSION_COOKIE, secure=settings.secure_cookies)
        return response


def _end(engine: Engine, tx: Transaction, secret: str) -> None:
    login = accounts.own_session(tx, secret, engine.wall())
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
            "mandates": [_mandate(work, mandate) for mandate in actor.mandates],
            "now": instant(to_micros(work.now)),
        }


def _memberships(work: Work, actor: Actor) -> list[dict[str, object]]:
    return [_hat(work, code, unit_id) for code, unit_id in sorted(actor.memberships)]


def _mandate(work: Work, mandate: Mandate) -> dict[str, object]:
    return {
        **_hat(work, mandate.role, mandate.unit_id),
        "principal": mandate.principal,
        "capacity": mandate.capacity,
        "paper": mandate.paper,
        "powers": sorted(mandate.powers),
    }


def _hat(work: Work, code: str, unit_id: int) -> dict[str, object]:
    role = work.registry.roles.get(code)
    return {"role": {"code": code, "label": role.label if role else code}, "unit": unit_json(work, unit_id)}
