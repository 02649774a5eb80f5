"""What endpoints ask for: the engine, who is calling, and how a change may be repeated."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from hashlib import sha256
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Path, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from starlette.responses import Response

from api.credentials import SESSION_COOKIE, cookie_name, secret_of
from api.request_ids import request_id_of
from api.settings import Settings
from engine.definition.decide import Actor
from engine.errors import InvalidInput, NotAuthenticated
from engine.runtime import accounts, queries
from engine.runtime.service import Answer, Asking, Engine
from engine.runtime.work import Work

T = TypeVar("T")

ID_PATTERN = "^[1-9][0-9]{0,17}$"  # below 2**63, so that every database can hold it
KEY_PATTERN = "^[!-~]{1,200}$"
ETAG_PATTERN = '^(W/)?"[1-9][0-9]{0,14}"$'

_VERSION = re.compile(r'(?:W/)?"([1-9][0-9]{0,14})"')  # a proxy that compresses makes the tag weak
_ENTITY_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_KEY = re.compile(r"[!-~]{1,200}")
NO_VERSION = 0  # versions count from 1

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A repeat with the same key and the same request gets the stored answer; nothing happens twice.",
    "schema": {"type": "string", "pattern": KEY_PATTERN},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the case as you saw it. Missing: 428. Somebody was faster: 412.",
    "schema": {"type": "string", "pattern": ETAG_PATTERN},
}


async def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


# These two only document; `credentials` reads the headers, for the middleware by the same rule.
_cookie = APIKeyCookie(
    name=SESSION_COOKIE,
    scheme_name="session",
    auto_error=False,
    description="From POST /session; over HTTPS its name is __Host-thidua",
)
_bearer = HTTPBearer(scheme_name="token", auto_error=False, description="From POST /tokens")


def cookie_of(request: Request, cookie: str) -> str:
    """The value of one of our cookies; empty when the request has none."""
    settings: Settings = request.app.state.settings
    return request.cookies.get(cookie_name(cookie, secure=settings.secure_cookies), "")


async def require_secret(
    request: Request,
    _by_cookie: Annotated[str | None, Depends(_cookie)],
    _by_token: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> str:
    """The secret that the request carries; whether it opens anything is the engine's to say.

    Raises:
        NotAuthenticated: it carries none.
    """
    return secret_of_request(request)


def secret_of_request(request: Request) -> str:
    """As `require_secret`, for who is no dependency."""
    secret = secret_of(request.headers.get("authorization", ""), cookie_of(request, SESSION_COOKIE))
    if not secret:
        raise NotAuthenticated
    return secret


async def exact_query(request: Request) -> None:
    """Refuse query parameters that the operation does not have, and any given twice.

    Raises:
        InvalidInput: with a sentence for each.
    """
    known = {field.alias for field in request.scope["route"].dependant.query_params}
    given = [name for name, _ in request.query_params.multi_items()]
    wrong = {name: "Không có tham số này." for name in given if name not in known}
    wrong |= {name: "Tham số này chỉ được nêu một lần." for name in known if given.count(name) > 1}
    wrong |= {name: "Có ký tự NUL." for name, value in request.query_params.multi_items() if "\0" in value}
    if wrong:
        raise InvalidInput(wrong)


EngineDep = Annotated[Engine, Depends(_engine)]
SettingsDep = Annotated[Settings, Depends(_settings)]
Secret = Annotated[str, Depends(require_secret)]
CaseId = Annotated[str, Path(alias="id", pattern=ID_PATTERN, description="Key of the case")]


async def _asking(request: Request, secret: Secret) -> Asking:
    return asking(request, secret, await request.body())


Asked = Annotated[Asking, Depends(_asking)]


def asking(request: Request, secret: str, content: bytes) -> Asking:
    """Who asks for a change, on which version, and what makes a repeat the same request.

    content: the body, or what stands for it when its bytes differ from one sending to the next.

    Raises:
        InvalidInput: If-Match or Idempotency-Key cannot be read.
    """
    key, tag = request.headers.get("idempotency-key"), request.headers.get("if-match")
    if key is not None and not _KEY.fullmatch(key):
        raise InvalidInput({"Idempotency-Key": "Phải gồm 1 đến 200 ký tự ASCII nhìn thấy được."})
    digest = sha256()
    for part in (request.method.encode(), request.url.path.encode(), (tag or "").encode(), content):
        digest.update(b"%d:" % len(part) + part)
    return Asking(secret, key or "", digest.hexdigest(), _expected(tag), request_id_of(request.scope))


def _expected(tag: str | None) -> int | None:
    if tag is None or tag.strip() == "*":
        return None
    if version := _VERSION.fullmatch(tag.strip()):
        return int(version[1])
    if _ENTITY_TAG.fullmatch(tag.strip()):
        return NO_VERSION
    raise InvalidInput({"If-Match": 'Phải là ETag của hồ sơ, trong ngoặc kép, như "3".'})


async def answered(future: "Future[T]") -> T:
    """The result of a change once it is committed.

    Shielded: a request that is cancelled must not cancel the change that the writer is about to answer.
    """
    return await asyncio.shield(asyncio.wrap_future(future))


def reply(answer: Answer) -> Response:
    """The engine's stored answer as it is, byte for byte."""
    headers = {"ETag": answer.etag, "Location": answer.location}
    return Response(answer.body, answer.status, {k: v for k, v in headers.items() if v}, "application/json")


@contextmanager
def looking(engine: Engine, secret: str) -> Iterator[tuple[Work, Actor]]:
    """A consistent view for the person asking; now and then notes that the session is in use.

    Raises:
        NotAuthenticated: no valid session or token.
    """
    with engine.look(secret) as (work, actor):
        is_stale = queries.session_wants_touch(work.tx, secret, engine.wall())
        yield work, actor
    if is_stale:
        engine.writer.submit(lambda tx: accounts.touch(tx, secret, engine.wall()))


def change_headers(*parameters: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI of the headers that a change takes; FastAPI would make them nullable."""
    return {"parameters": list(parameters)}
