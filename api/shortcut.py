"""The short way to an action of a case: one look into a table instead of a walk through every route.

FastAPI tries the routes one after the other and resolves a tree of dependencies for the one that fits; together
that costs more than the action (docs/performance.md). A request for an action that looks as it should is taken
here; every other one goes on to the route, which documents the action and says what is wrong. Both end in the same
endpoint.
"""

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from api.bodies import no_body, read_body
from api.dependencies import asking, secret_of_request

Endpoint = Callable[..., Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Shortcut:
    """The endpoint of an action, and the form that its body must be; None: no body."""

    endpoint: Endpoint
    form: type[BaseModel] | None


class Shortcuts(BaseRoute):
    """The actions by collection and name; `endpoint` is what FastAPI calls, too."""

    def __init__(self, prefix: str) -> None:
        self._path = re.compile(rf"{prefix}/([a-z-]+)/([1-9][0-9]{{0,17}})/actions/([a-z_]+)")
        self._table: dict[tuple[str, str], Shortcut] = {}

    def add(self, collection: str, action: str, endpoint: Endpoint, form: type[BaseModel] | None) -> None:
        """Take requests for the action here."""
        self._table[collection, action] = Shortcut(endpoint, form)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or scope["method"] != "POST" or scope["query_string"]:
            return Match.NONE, {}
        asked = self._path.fullmatch(scope["path"])
        found = self._table.get((asked[1], asked[3])) if asked else None
        if asked is None or found is None:
            return Match.NONE, {}
        return Match.FULL, {"endpoint": found.endpoint, "path_params": {"id": asked[2]}, "shortcut": found}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, taken = Request(scope, receive, send), scope["shortcut"]
        secret = secret_of_request(request)
        asked = asking(request, secret, await request.body())
        given = {"engine": request.app.state.engine, "asked": asked, "case_id": scope["path_params"]["id"]}
        if taken.form is None:
            await no_body(request)
        else:
            given["filled"] = await read_body(request, taken.form)
        response = await taken.endpoint(**given)
        await response(scope, receive, send)
