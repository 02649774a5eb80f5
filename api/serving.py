"""How the application is served: one process, heads of requests that are small and come in time."""

import asyncio
import signal
import time
from collections.abc import Callable
from types import FrameType

import h11
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.limits import SecurityHeaders
from api.operating import Observed, Operations
from api.settings import Settings

HEAD_BYTES = 16 * 1024
"""Of request line and headers together."""
HEAD_SECONDS = 10
"""From the connection, or the first byte of a later request, until its head is complete."""


class PunctualProtocol(H11Protocol):
    """Closes a connection on which the head of a request is begun and not finished: uvicorn would wait for ever."""

    _give_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._wait_for_head()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        if self._give_up is None:
            self._give_up = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._give_up is not None:
            self._give_up.cancel()
            self._give_up = None


class Server(uvicorn.Server):
    """Serves until a signal. After SIGTERM it says on /health/ready that it is leaving, goes on for the settings'
    drain_seconds, then finishes what is under way; any further signal ends the waiting.

    app: answered beside the operators' questions; None: only these are. grace_seconds: from SIGTERM until what
    still runs is given up. leaving: called at the first signal.
    """

    def __init__(
        self,
        app: FastAPI | None,
        settings: Settings,
        operations: Operations,
        grace_seconds: int,
        leaving: Callable[[], None] = lambda: None,
    ) -> None:
        self._health, self._leaving = operations.health, leaving
        self._drain_seconds, self._drained_at = settings.drain_seconds, float("inf")
        served = Observed(app, settings, operations) if app is not None else SecurityHeaders(operations, settings)
        super().__init__(_config(served, grace_seconds - int(settings.drain_seconds)))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        is_first = not self._health.is_leaving
        self._health.is_leaving = True
        if is_first:
            self._leaving()
        if is_first and sig == signal.SIGTERM and self._drain_seconds:
            self._drained_at = time.monotonic() + self._drain_seconds
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or time.monotonic() >= self._drained_at


def _config(app: ASGIApp, grace_seconds: int) -> uvicorn.Config:
    """Whose X-Forwarded-For counts is THIDUA_TRUSTED_PROXIES's to say: uvicorn by itself believes this machine's."""
    return uvicorn.Config(
        app,
        http=PunctualProtocol,
        h11_max_incomplete_event_size=HEAD_BYTES,
        proxy_headers=False,
        server_header=False,
        log_config=None,  # `api.logs` is everybody's
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=max(grace_seconds, 1),
    )
