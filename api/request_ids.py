"""The id of a request: what a log line, a history entry, a mail and a report of a fault have in common."""

import re
import secrets

from starlette.datastructures import Headers
from starlette.types import Scope

HEADER = "X-Request-ID"
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id_of(scope: Scope) -> str:
    """The id of the request: the client's when it is well-formed, else one of our own; always the same for a scope."""
    state = scope.setdefault("state", {})
    if "request_id" not in state:
        given = Headers(scope=scope).getlist(HEADER)
        state["request_id"] = given[0] if len(given) == 1 and _WELL_FORMED.fullmatch(given[0]) else fresh_id()
    found: str = state["request_id"]
    return found


def fresh_id(kind: str = "") -> str:
    """A new id: 16 hex digits, after the kind of work and a dash when that is no request."""
    return f"{kind}-{secrets.token_hex(8)}" if kind else secrets.token_hex(8)
