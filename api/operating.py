"""What those who run a process ask of it, before everything else and at no pace: /health/live, /health/ready, /metrics.

And what they are told unasked: a line in the log and a figure for each request.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from secrets import compare_digest
from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.clients import client_address
from api.credentials import bearer_secret
from api.health import Health, told
from api.limits import SecurityHeaders, guarded
from api.metrics import Metrics
from api.request_ids import HEADER, request_id_of
from api.settings import LOOPBACK, Settings
from api.ticker import Ticker
from engine.runtime.service import Engine

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
NO_ROUTE = "(none)"
"""Stands for every address that is none: people type no end of them."""
log = logging.getLogger("api.access")

Answer = Callable[[Request], Awaitable[Response]]


class Operations:
    """Answers operators' questions without the pages, the API, their limits and their threads."""

    def __init__(self, engine: Engine, settings: Settings, ticker: Ticker | None = None) -> None:
        self.health = Health(engine, ticker, settings.tick_seconds)
        self.metrics = Metrics(engine, ticker)
        self._settings = settings
        self._answers: Mapping[str, Answer] = {
            "/health/live": self._live,
            "/health/ready": self._ready,
            "/metrics": self._metrics,
        }

    def answers(self, scope: Scope) -> bool:
        """Whether the request is an operator's question."""
        return scope["type"] == "http" and scope["path"] in self._answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.answers(scope):
            response = Response(status_code=404)
        elif scope["method"] not in ("GET", "HEAD"):
            response = Response(status_code=405, headers={"Allow": "GET, HEAD"})
        else:
            response = await self._answers[scope["path"]](Request(scope))
        response.headers["Cache-Control"] = "no-store"
        await response(scope, receive, send)

    async def _live(self, _request: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def _ready(self, _request: Request) -> Response:
        faults = await self.health.faults()
        return JSONResponse(told(faults), 503 if faults else 200)

    async def _metrics(self, request: Request) -> Response:
        token = self._settings.metrics_token
        if token:
            given = bearer_secret(request.headers.get("authorization", ""))
            if not compare_digest(given.encode(), token.encode()):
                return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        elif not self._is_of_this_machine(request):
            return Response("Set THIDUA_METRICS_TOKEN to read this from elsewhere.\n", 403, media_type="text/plain")
        content, media_type = await self.metrics.page(request.headers.get("accept", ""))
        return Response(content, media_type=media_type)

    def _is_of_this_machine(self, request: Request) -> bool:
        """Whether a program of this machine asks, and no proxy of it for somebody else."""
        if any(name in request.headers for name in FORWARDED):
            return False
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        return host in LOOPBACK and _is_loopback(client_address(request.scope, self._settings.trusted_proxies))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


class Observed:
    """The application as it is run: operators' questions answered beside it, each other request named, timed, logged.

    Once the process is leaving, each answer ends its connection, so that the next request goes elsewhere.
    """

    def __init__(self, app: FastAPI, settings: Settings, operations: Operations) -> None:
        self._app: ASGIApp = guarded(app, settings)
        self._operations, self._beside = operations, SecurityHeaders(operations, settings)
        self._templates = {one.endpoint: one.path for one in iter_route_contexts(app.routes) if one.path is not None}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._operations.answers(scope):
            await self._beside(scope, receive, send)
        else:
            await self._observe(scope, receive, send)

    async def _observe(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id, status, began = request_id_of(scope), 0, time.perf_counter()

        async def sender(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), *self._headers(request_id)]}
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, sender)
            finally:
                self._note(scope, status, time.perf_counter() - began)

    def _headers(self, request_id: str) -> list[tuple[bytes, bytes]]:
        own = [(HEADER.lower().encode(), request_id.encode())]
        return [*own, (b"connection", b"close")] if self._operations.health.is_leaving else own

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = self._templates.get(scope.get("endpoint"), NO_ROUTE)
        self._operations.metrics.count_request(route, scope["method"], status, seconds)
        shown = {
            "method": scope["method"][:10],
            "route": route,
            "status": status,
            "milliseconds": round(seconds * 1000, 1),
        }
        log.info("request", extra=shown)
