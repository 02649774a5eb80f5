"""What stands before the application: pure ASGI, so that nothing is parsed or held before it has passed.

Refuses bodies that are too large or too slow, cookie requests from other sites, and more requests than
anybody needs, and puts the security headers on every answer.
"""

import asyncio
from collections.abc import Iterator, Mapping
from math import ceil
from typing import NoReturn
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.clients import client_address
from api.credentials import SESSION_COOKIE, bearer_secret, cookie_name, secret_of
from api.errors import refusal
from api.refusals import BodyTooLarge, BodyTooSlow, CrossSite, TooManyRequests
from api.settings import Settings
from engine.runtime.accounts import hash_of

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
OWN_SITE = ("same-origin", "none")  # "none": typed or bookmarked by the person
UPLOADS = ("/attachments", "/giay-to", "/nhap-danh-sach")
LOOK_UP = "/tra-cuu"
LOOK_UPS_A_MINUTE = 20
"""Of one address: a receipt has 2**30 possible endings."""
MULTIPART_FRAME_BYTES = 64 * 1024  # what a multipart body adds around its file

SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders:
    """Adds the headers to every answer; an answer that sets one itself keeps its own."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._headers = dict(SECURITY_HEADERS)
        if settings.secure_cookies:
            self._headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sender(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, sender)


class Pace:
    """So many a minute for each key, all at once or spread out; kept in memory (generic cell rate algorithm)."""

    MOST_KEYS = 50_000

    def __init__(self, per_minute: int) -> None:
        self._apart = 60 / per_minute
        self._free_at: dict[str, float] = {}

    def wait(self, key: str, now: float) -> float:
        """Count one more at the instant `now`, in seconds; how many seconds it has to wait, 0 when it was counted."""
        if len(self._free_at) >= self.MOST_KEYS:
            self._free_at = {key: at for key, at in self._free_at.items() if at > now}
        if len(self._free_at) >= self.MOST_KEYS:  # rather nobody's pace than everybody's memory
            self._free_at = {}
        free_at = max(self._free_at.get(key, now), now) + self._apart
        if free_at - now > 60 + self._apart / 2:
            return free_at - now - 60
        self._free_at[key] = free_at
        return 0


class RequestBudgets:
    """Refuses what a session, a network address, or somebody without a session asks beyond their pace.

    What is asked with a secret counts for it, whether it opens anything or not, and for the address; so does
    a stranger's change, at a tenth of the pace.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self._settings = app, settings
        per_minute = settings.requests_per_minute
        self._session, self._address = Pace(per_minute), Pace(10 * per_minute)
        self._stranger, self._look_up = Pace(max(1, per_minute // 10)), Pace(LOOK_UPS_A_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            now = asyncio.get_running_loop().time()
            seconds = max((pace.wait(key, now) for pace, key in self._counted(scope)), default=0)
            if seconds > 0:
                await refusal(TooManyRequests(seconds=ceil(seconds)), scope["path"])(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _counted(self, scope: Scope) -> Iterator[tuple[Pace, str]]:
        headers, address = Headers(scope=scope), client_address(scope, self._settings.trusted_proxies)
        yield self._address, address
        if scope["path"] == LOOK_UP and scope["method"] not in SAFE_METHODS:
            yield self._look_up, address
        name = cookie_name(SESSION_COOKIE, secure=self._settings.secure_cookies)
        secret = secret_of(headers.get("authorization", ""), cookie_parser(headers.get("cookie", "")).get(name, ""))
        if secret:
            yield self._session, hash_of(secret)
        elif scope["method"] not in SAFE_METHODS:
            yield self._stranger, address


def guarded(app: ASGIApp, settings: Settings) -> ASGIApp:
    """The application as it is served to the world: at a bearable pace. Its refusals have the headers too."""
    return SecurityHeaders(RequestBudgets(app, settings), settings)


class SameSiteOnly:
    """Refuses changes that a page of another site makes with a person's cookie.

    Bearer tokens are exempt: no foreign page can send one. Without Sec-Fetch-Site and Origin the
    request does not come from a browser's page.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._public_host = urlsplit(settings.base_url).netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and self._is_foreign(Headers(scope=scope)):
            await refusal(CrossSite(), scope["path"])(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_foreign(self, headers: Headers) -> bool:
        if bearer_secret(headers.get("authorization", "")):
            return False
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in OWN_SITE
        origin = headers.get("origin")
        return origin is not None and _host_of(origin) not in (headers.get("host"), self._public_host)


class BodyLimits:
    """Refuses a body that is larger than its limit, announced or not, or that takes too long to arrive.

    Papers and lists have a limit of their own. A refusal while the body arrives is raised from `receive`, so that
    the application answers it like any other.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self._limit(scope)
        announced = Headers(scope=scope).get("content-length", "0")
        is_too_large = not (announced.isascii() and announced.isdigit()) or int(announced[:18]) > limit
        if is_too_large and not _is_page(scope["path"]):
            await refusal(BodyTooLarge(limit_bytes=limit), scope["path"])(scope, receive, send)
            return
        seconds = self._settings.body_deadline_seconds
        await self.app(scope, _Body(receive, limit, seconds).receive, send)

    def _limit(self, scope: Scope) -> int:
        if scope["method"] == "POST" and scope["path"].endswith(UPLOADS):
            return self._settings.upload_limit_bytes + MULTIPART_FRAME_BYTES
        return self._settings.body_limit_bytes


class _Body:
    """The body of one request while it arrives."""

    def __init__(self, receive: Receive, limit_bytes: int, seconds: float) -> None:
        self._receive, self._limit, self._seconds = receive, limit_bytes, seconds
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._arrived, self._complete = 0, False

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            self._refuse_slow()
        if message["type"] == "http.request":
            self._arrived += len(message.get("body", b""))
            self._complete = not message.get("more_body", False)
        if self._arrived > self._limit:
            raise BodyTooLarge(limit_bytes=self._limit)
        return message

    def _refuse_slow(self) -> NoReturn:
        raise BodyTooSlow(seconds=int(self._seconds))


def _is_page(path: str) -> bool:
    """Whether a person's browser waits for the answer: it gets a page that says so, made by the application."""
    return not path.startswith("/api/")


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""
