"""Setting a password with a link of a mail: asking for one, inviting somebody, using it.

Nobody learns here whether a name has an account: the answer is the same, and so is the time it takes.
"""

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from api import logins
from api.bodies import no_body, read_body
from api.credentials import DEVICE_COOKIE
from api.dependencies import (
    ID_PATTERN,
    IDEMPOTENCY_KEY,
    Asked,
    EngineDep,
    Secret,
    SettingsDep,
    answered,
    cookie_of,
    reply,
)
from api.documentation import Bodies
from api.errors import BODY, documented
from api.installation import letterhead
from api.letters import ASKED, ask_for_reset, invite, tell_of_change
from api.refusals import CrossSite
from api.routes.accounts import NewPassword
from api.routes.collection import answer
from api.routes.session import Code, address_of
from api.welcome import give_device
from engine.accounts import second_factor
from engine.accounts.links import LinkKind
from engine.administration import log
from engine.definition.performing import Actor
from engine.errors import (
    ConfirmationNeeded,
    InvalidInput,
    KeyReused,
    LinkSpent,
    NotAuthenticated,
    NotFound,
    NotInvitable,
    NotPerformer,
    ScopeMissing,
    SecondFactorNeeded,
    SessionNeeded,
    TooManyAttempts,
    Unavailable,
    WrongCode,
)
from engine.runtime import accounts
from engine.runtime.accounts import Scope
from engine.runtime.administering import Reach
from engine.runtime.service import Answer, Asking
from engine.runtime.work import Work
from notifications.door import AccountLetter

ASK = documented(*BODY, CrossSite, Unavailable)
REDEEM = documented(*BODY, LinkSpent, SecondFactorNeeded, WrongCode, TooManyAttempts, CrossSite, Unavailable)
ADMINISTER = (
    NotAuthenticated, ScopeMissing, NotPerformer, NotFound, InvalidInput, KeyReused, CrossSite, Unavailable,
)  # fmt: skip
PersonId = Annotated[str, Path(alias="id", pattern=ID_PATTERN, description="Key of the person")]


class ResetWish(BaseModel):
    username: Annotated[str, Field(min_length=1, max_length=200)]


class Redemption(BaseModel):
    """secret: what stands behind the # of the link."""

    secret: Annotated[str, Field(min_length=1, max_length=200)]
    password: NewPassword
    code: Code | None = None


class Said(BaseModel):
    detail: str


def routes(bodies: Bodies) -> APIRouter:
    """The routes of links."""
    router = APIRouter(tags=["account"])
    _ask(router, bodies)
    for kind, place, summary in (
        (LinkKind.RESET, "password-resets", "Đặt lại mật khẩu bằng liên kết"),
        (LinkKind.INVITATION, "invitations", "Nhận lời mời: đặt mật khẩu đầu tiên"),
    ):
        _redeem(router, bodies, kind, place, summary)
    _invite(router)
    _take_away(router)
    return router


def _ask(router: APIRouter, bodies: Bodies) -> None:
    @router.post(
        "/password-resets",
        status_code=202,
        operation_id="password_resets_ask",
        summary="Xin đặt lại mật khẩu",
        response_model=Said,
        responses=ASK,
        openapi_extra=bodies.body("ResetWish", ResetWish),
    )
    async def ask(request: Request, engine: EngineDep, settings: SettingsDep) -> Response:
        """The answer is the same whether there is such an account or not. At most three letters an hour."""
        wish = await read_body(request, ResetWish)
        await ask_for_reset(engine, letterhead(settings), wish.username)
        return answer({"detail": ASKED}, 202)


def _redeem(router: APIRouter, bodies: Bodies, kind: LinkKind, place: str, summary: str) -> None:
    name = f"{kind.value.capitalize()}Redemption"

    @router.post(
        f"/{place}/redemption",
        status_code=204,
        operation_id=f"{kind.value}_redeem",
        summary=summary,
        responses=REDEEM,
        openapi_extra=bodies.body(name, Redemption),
    )
    async def use(request: Request, engine: EngineDep, settings: SettingsDep) -> Response:
        """Uses the link up. Every session and token of the person ends; a second factor is still asked for.

        The answer sets a cookie by which this device is known the next time.
        """
        given = await read_body(request, Redemption)
        redemption = logins.Redemption(
            kind, given.secret, given.password, given.code or "", address_of(request), cookie_of(request, DEVICE_COOKIE)
        )
        tell = partial(tell_of_change, letterhead(settings)) if kind is LinkKind.RESET else None
        using = partial(logins.redeem, engine, redemption, tell)
        device = await to_thread.run_sync(using, limiter=request.app.state.hashing)
        response = Response(None, 204)
        give_device(response, settings, device)
        return response


def _invite(router: APIRouter) -> None:
    @router.post(
        "/people/{id}/invitation",
        status_code=204,
        operation_id="people_invite",
        summary="Mời đặt mật khẩu đầu tiên",
        responses=documented(*ADMINISTER, NotInvitable, *BODY),
        openapi_extra={**Bodies.nothing(), "parameters": [IDEMPOTENCY_KEY]},
    )
    async def invite_person(
        request: Request, engine: EngineDep, settings: SettingsDep, asked: Asked, person_id: PersonId
    ) -> Response:
        """A letter with a link that is good for a day goes to the person; an older link is void.

        Without a mail server: 409.
        """
        await no_body(request)
        head, sends_mail = letterhead(settings), request.app.state.sends_mail

        def perform(work: Work, actor: Actor) -> Answer:
            who = invite(engine, head, work, actor, int(person_id), sends_mail=sends_mail)
            log.append(work, actor.person_id, "person.invite", who["username"], {})
            return Answer(204, "")

        return reply(await answered(engine.change(asked, perform, Scope.ADMINISTER)))


def _take_away(router: APIRouter) -> None:
    @router.delete(
        "/people/{id}/second-factor",
        status_code=204,
        operation_id="people_second_factor_remove",
        summary="Gỡ xác thực hai lớp của người mất điện thoại",
        responses=documented(*ADMINISTER, SessionNeeded, ConfirmationNeeded),
    )
    async def take_away(engine: EngineDep, settings: SettingsDep, secret: Secret, person_id: PersonId) -> Response:
        """For somebody who has lost the device; make sure that it is they who ask. They are told by mail."""
        head = letterhead(settings)

        def perform(work: Work, actor: Actor) -> Answer:
            accounts.own_session(work.tx, secret, engine.wall(), fresh=True)
            who = Reach(work, actor).must_reach_person(int(person_id), "Gỡ xác thực hai lớp")
            second_factor.remove(work.tx, who["id"])
            tell_of_change(head, work, who["id"], AccountLetter.FACTOR_REMOVED)
            log.append(work, actor.person_id, "person.second_factor_remove", who["username"], {})
            return Answer(204, "")

        return reply(await answered(engine.change(Asking(secret), perform, Scope.ADMINISTER)))
