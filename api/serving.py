"""How the application is served: one process, heads of requests that are small and come in time."""

import asyncio

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.limits import guarded
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


def server_config(app: ASGIApp, settings: Settings, grace_seconds: int) -> uvicorn.Config:
    """How uvicorn serves the application; what is under way at a signal has that many seconds to finish.

    Whose X-Forwarded-For counts is THIDUA_TRUSTED_PROXIES's to say: uvicorn by itself believes this machine's.
    """
    return uvicorn.Config(
        guarded(app, settings),
        http=PunctualProtocol,
        h11_max_incomplete_event_size=HEAD_BYTES,
        proxy_headers=False,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=grace_seconds,
    )
