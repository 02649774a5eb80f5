"""API tokens of the person asking: for programs that act in their name."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from api.bodies import body_of
from api.dependencies import ID_PATTERN, EngineDep, Secret, answered, looking, reply
from api.documentation import Bodies
from api.errors import BODY, documented
from api.refusals import CrossSite
from api.routes.collection import answer
from api.schemas import NewToken, Page, Token
from api.tokens import TokenWish, open_token
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
from engine.runtime.database import Row
from engine.runtime.present import instant
from engine.runtime.service import Answer, Asking
from engine.runtime.work import Work

CREATE = documented(
    NotAuthenticated, SessionNeeded, ConfirmationNeeded, InvalidInput, *BODY, CrossSite, Unavailable
)  # fmt: skip
TokenId = Annotated[str, Path(alias="id", pattern=ID_PATTERN)]


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
