"""API tokens of the person asking: for programs that act in their name."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.bodies import body_of
from api.dependencies import ID_PATTERN, EngineDep, Secret, answered, looking, reply
from api.documentation import Bodies
from api.errors import BODY, documented
from api.logins import new_secret
from api.refusals import CrossSite
from api.routes.collection import answer
from api.schemas import NewToken, Page, Token
from engine.definition.performing import Actor
from engine.errors import (
    ConfirmationNeeded,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    ScopeMissing,
    SessionNeeded,
    Unavailable,
)
from engine.instants import to_micros
from engine.runtime import accounts
from engine.runtime.accounts import TOKEN_KIND, Scope
from engine.runtime.database import Row, Transaction
from engine.runtime.present import instant
from engine.runtime.service import Answer, Asking, Engine
from engine.runtime.work import Work

CREATE = documented(
    NotAuthenticated, SessionNeeded, ConfirmationNeeded, InvalidInput, *BODY, CrossSite, Unavailable
)  # fmt: skip
POWERFUL = {Scope.SIGN, Scope.ADMINISTER}
TokenId = Annotated[str, Path(alias="id", pattern=ID_PATTERN)]


class TokenWish(BaseModel):
    name: str = Field(min_length=1, max_length=100, description="What it is for")
    days: int = Field(ge=1, le=365, description="How long it lasts")
    scopes: list[Scope] = Field(
        default_factory=lambda: [Scope.READ, Scope.ACT],
        min_length=1,
        max_length=len(Scope),
        json_schema_extra={"default": [Scope.READ, Scope.ACT]},
        description="What it may be used for. With sign or administer, password or code must have been given lately",
    )


def routes(bodies: Bodies) -> APIRouter:
    """The routes of tokens."""
    router = APIRouter(prefix="/tokens", tags=["tokens"])
    _create(router, bodies)
    _list(router)
    _revoke(router)
    return router


def _create(router: APIRouter, bodies: Bodies) -> None:
    @router.post(
        "",
        status_code=201,
        operation_id="tokens_create",
        summary="Tạo mã truy cập",
        response_model=NewToken,
        responses=CREATE,
        openapi_extra=bodies.body("TokenWish", TokenWish),
    )
    async def create(
        engine: EngineDep, secret: Secret, wish: Annotated[TokenWish, Depends(body_of(TokenWish))]
    ) -> Response:
        """The secret is in this answer and nowhere else. A token cannot make tokens."""
        # No idempotency key: an answer that holds a secret is never stored.
        return answer(await answered(engine.writer.submit(lambda tx: open_token(engine, tx, secret, wish))), 201)


def open_token(engine: Engine, tx: Transaction, secret: str, wish: TokenWish) -> dict[str, Any]:
    """Make a token for whoever sits behind that secret; its own secret is in what is returned and nowhere else.

    Raises:
        NotAuthenticated, SessionNeeded: no session. ConfirmationNeeded: for sign and administer, if it was long ago.
    """
    wall_now, token, scopes = engine.wall(), new_secret(), frozenset(wish.scopes)
    login = accounts.own_session(tx, secret, wall_now, fresh=not scopes.isdisjoint(POWERFUL))
    lasts = timedelta(days=wish.days)
    key = accounts.open_login(
        tx, login.person_id, token, wall_now, kind=TOKEN_KIND, name=wish.name, lasts=lasts, scopes=scopes
    )
    return {
        "id": str(key),
        "name": wish.name,
        "scopes": sorted(scopes),
        "created_at": instant(to_micros(wall_now)),
        "expires_at": instant(to_micros(wall_now + lasts)),
        "last_used_at": None,
        "token": token,
    }


def _list(router: APIRouter) -> None:
    @router.get(
        "",
        operation_id="tokens_list",
        summary="Mã truy cập còn hiệu lực",
        response_model=Page[Token],
        responses=documented(NotAuthenticated, InvalidInput),
    )
    def tokens(engine: EngineDep, secret: Secret) -> Response:
        with looking(engine, secret) as (work, actor):
            now = to_micros(engine.wall())
            open_ones = [row for row in _of(work, actor) if row["expires_at"] > now]
            return answer({"items": [_token(row) for row in open_ones], "next": None})


def _of(work: Work, actor: Actor) -> list[Row]:
    assert actor.person_id is not None, "only people log in"
    return accounts.tokens_of(work.tx, actor.person_id)


def _token(row: Row) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "name": row["name"],
        "scopes": row["scopes"].split(),
        "created_at": instant(row["created_at"]),
        "expires_at": instant(row["expires_at"]),
        "last_used_at": instant(row["seen_at"]) if row["seen_at"] else None,
    }


def _revoke(router: APIRouter) -> None:
    @router.delete(
        "/{id}",
        status_code=204,
        operation_id="tokens_revoke",
        summary="Thu hồi mã truy cập",
        responses=documented(NotAuthenticated, ScopeMissing, NotFound, InvalidInput, CrossSite, Unavailable),
    )
    async def revoke(engine: EngineDep, secret: Secret, token_id: TokenId) -> Response:
        def end(work: Work, actor: Actor) -> Answer:
            if token_id not in {str(row["id"]) for row in _of(work, actor)}:
                raise NotFound(what=f"mã truy cập số {token_id}")
            assert actor.person_id is not None, "only people log in"
            accounts.revoke(work.tx, int(token_id), actor.person_id, engine.wall())
            return Answer(204, "")

        return reply(await answered(engine.change(Asking(secret), end)))
