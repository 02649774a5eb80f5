"""The own account: where one is logged in, the password, the second factor. For people, never for tokens."""

from functools import partial
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.bodies import body_of, no_body, read_body
from api.dependencies import ID_PATTERN, EngineDep, Secret, SettingsDep, answered, looking
from api.documentation import Bodies
from api.errors import BODY, documented
from api.installation import letterhead
from api.letters import tell_of_change
from api.logins import change_password, remove_second_factor
from api.refusals import CrossSite
from api.routes.collection import answer
from api.routes.session import Code, Password, address_of
from api.schemas import Key, Page
from api.welcome import give_session
from engine.accounts import second_factor, sessions
from engine.accounts.password_rules import LONGEST, SHORTEST_WITH_SECOND_FACTOR
from engine.errors import (
    ConfirmationNeeded,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    SecondFactorNeeded,
    SecondFactorStands,
    SessionNeeded,
    TooManyAttempts,
    Unavailable,
    WrongCode,
)
from engine.runtime import accounts
from engine.runtime.accounts import Login
from engine.runtime.database import Row, Transaction
from engine.runtime.present import instant
from engine.runtime.service import Engine

LOOK = documented(NotAuthenticated, SessionNeeded, InvalidInput)
CHANGE = (NotAuthenticated, SessionNeeded, InvalidInput, CrossSite, Unavailable)
SessionId = Annotated[str, Path(alias="id", pattern=ID_PATTERN)]
NewPassword = Annotated[
    str,
    Field(
        min_length=SHORTEST_WITH_SECOND_FACTOR,
        max_length=LONGEST,
        json_schema_extra={"format": "password"},
        description="12 characters or more (8 with a second factor), and not one that others would guess",
    ),
]


class OwnSession(BaseModel):
    """A place where the person is logged in. Times are of the real clock."""

    id: Key
    device: str
    created_at: str
    seen_at: str
    current: bool


class PasswordChange(BaseModel):
    current: Password
    new: NewPassword


class SecondFactor(BaseModel):
    """What the authenticator app needs, shown this once. `uri`: the same as an otpauth link or QR code."""

    secret: str
    uri: str


class CodeGiven(BaseModel):
    code: Code


def routes(bodies: Bodies) -> APIRouter:
    """The routes of one's own account."""
    router = APIRouter(tags=["account"])
    _list(router)
    _end(router)
    _password(router, bodies)
    _second_factor(router, bodies)
    _no_second_factor(router, bodies)
    return router


def _own(engine: Engine, tx: Transaction, secret: str, *, fresh: bool = False) -> Login:
    return accounts.own_session(tx, secret, engine.wall(), fresh=fresh)


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────
def _list(router: APIRouter) -> None:
    @router.get(
        "/sessions",
        operation_id="sessions_list",
        summary="Những nơi tôi đang đăng nhập",
        response_model=Page[OwnSession],
        responses=LOOK,
    )
    def list_sessions(engine: EngineDep, secret: Secret) -> Response:
        with looking(engine, secret) as (work, _):
            login = _own(engine, work.tx, secret)
            rows = sessions.open_sessions(work.tx, login.person_id, engine.wall())
            return answer({"items": [_session(row, login) for row in rows], "next": None})


def _session(row: Row, login: Login) -> dict[str, object]:
    return {
        "id": str(row["id"]),
        "device": row["device"],
        "created_at": instant(row["created_at"]),
        "seen_at": instant(row["seen_at"]),
        "current": row["id"] == login.session_id,
    }


def _end(router: APIRouter) -> None:
    @router.delete(
        "/sessions/{id}",
        status_code=204,
        operation_id="sessions_end",
        summary="Đăng xuất ở một nơi",
        responses=documented(*CHANGE, NotFound),
    )
    async def end_one(engine: EngineDep, secret: Secret, session_id: SessionId) -> Response:
        def end(tx: Transaction) -> None:
            login = _own(engine, tx, secret)
            rows = sessions.open_sessions(tx, login.person_id, engine.wall())
            if session_id not in {str(row["id"]) for row in rows}:
                raise NotFound(what=f"phiên đăng nhập số {session_id}")
            accounts.revoke(tx, int(session_id), login.person_id, engine.wall())

        await answered(engine.writer.submit(end))
        return Response(None, 204)

    @router.delete(
        "/sessions",
        status_code=204,
        operation_id="sessions_end_others",
        summary="Đăng xuất ở mọi nơi khác",
        responses=documented(*CHANGE),
    )
    async def end_others(engine: EngineDep, secret: Secret) -> Response:
        def end(tx: Transaction) -> None:
            login = _own(engine, tx, secret)
            accounts.revoke_all(tx, login.person_id, engine.wall(), but=login.session_id)

        await answered(engine.writer.submit(end))
        return Response(None, 204)


# ── the password ─────────────────────────────────────────────────────────────────────────────────
def _password(router: APIRouter, bodies: Bodies) -> None:
    @router.put(
        "/me/password",
        status_code=204,
        operation_id="me_password",
        summary="Đổi mật khẩu",
        responses=documented(*CHANGE, *BODY, TooManyAttempts),
        openapi_extra=bodies.body("PasswordChange", PasswordChange),
    )
    async def change(
        request: Request,
        engine: EngineDep,
        settings: SettingsDep,
        secret: Secret,
        given: Annotated[PasswordChange, Depends(body_of(PasswordChange))],
    ) -> Response:
        """All other sessions end; this one goes on under a new secret. Tokens stay: look through them too."""
        tell = partial(tell_of_change, letterhead(settings))
        changing = partial(change_password, engine, secret, given.current, given.new, address_of(request), tell)
        fresh = await to_thread.run_sync(changing, limiter=request.app.state.hashing)
        response = Response(None, 204)
        give_session(response, settings, fresh)
        return response


# ── the second factor ────────────────────────────────────────────────────────────────────────────
def _second_factor(router: APIRouter, bodies: Bodies) -> None:
    @router.post(
        "/me/second-factor",
        status_code=201,
        operation_id="second_factor_set_up",
        summary="Thiết lập xác thực hai lớp",
        response_model=SecondFactor,
        responses=documented(*CHANGE, *BODY, ConfirmationNeeded, SecondFactorStands),
        dependencies=[Depends(no_body)],
        openapi_extra=bodies.nothing(),
    )
    async def set_up(engine: EngineDep, secret: Secret) -> Response:
        """It counts once a code of it was given to …/confirmation. Setting up again replaces what waits for one."""

        def begin(tx: Transaction) -> tuple[str, str]:
            login = _own(engine, tx, secret, fresh=True)
            return second_factor.set_up(tx, engine.vault, login.person_id, login.username)

        seed, uri = await answered(engine.writer.submit(begin))
        return answer({"secret": seed, "uri": uri}, 201)

    @router.post(
        "/me/second-factor/confirmation",
        status_code=204,
        operation_id="second_factor_confirm",
        summary="Bật xác thực hai lớp",
        responses=documented(*CHANGE, *BODY, ConfirmationNeeded, NotFound, SecondFactorStands, WrongCode),
        openapi_extra=bodies.body("CodeGiven", CodeGiven),
    )
    async def confirm(
        engine: EngineDep, secret: Secret, given: Annotated[CodeGiven, Depends(body_of(CodeGiven))]
    ) -> Response:
        """From now on logging in takes a code too. Other sessions end."""

        def turn_on(tx: Transaction) -> None:
            login = _own(engine, tx, secret, fresh=True)
            second_factor.confirm(tx, engine.vault, login.person_id, given.code, engine.wall())
            accounts.revoke_all(tx, login.person_id, engine.wall(), but=login.session_id)

        await answered(engine.writer.submit(turn_on))
        return Response(None, 204)


def _no_second_factor(router: APIRouter, bodies: Bodies) -> None:
    @router.delete(
        "/me/second-factor",
        status_code=204,
        operation_id="second_factor_remove",
        summary="Tắt xác thực hai lớp",
        responses=documented(*CHANGE, *BODY, ConfirmationNeeded, NotFound, SecondFactorNeeded, TooManyAttempts),
        openapi_extra=_optional(bodies.body("LastCode", CodeGiven)),
    )
    async def remove(request: Request, engine: EngineDep, settings: SettingsDep, secret: Secret) -> Response:
        """Takes a code: the password alone opens nothing that two should guard. None for one never turned on."""
        response = Response(None, 204)
        if await request.body():
            code = (await read_body(request, CodeGiven)).code
            removing = partial(remove_second_factor, engine, secret, code, address_of(request))
            fresh = await to_thread.run_sync(removing, limiter=request.app.state.hashing)
            give_session(response, settings, fresh)
        else:
            await answered(engine.writer.submit(lambda tx: _forget_unconfirmed(engine, tx, secret)))
        return response


def _forget_unconfirmed(engine: Engine, tx: Transaction, secret: str) -> None:
    login = _own(engine, tx, secret, fresh=True)
    if second_factor.has_second_factor(tx, login.person_id):
        raise SecondFactorNeeded
    second_factor.remove(tx, login.person_id)


def _optional(operation: dict[str, Any]) -> dict[str, Any]:
    return {**operation, "requestBody": {**operation["requestBody"], "required": False}}
