"""One shape for every change of administration: a form in, through the desk, the changed thing out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel
from starlette.responses import Response

from api.bodies import body_of, no_body
from api.dependencies import ID_PATTERN, IDEMPOTENCY_KEY, Asked, EngineDep, SettingsDep, answered, change_headers, reply
from api.documentation import Bodies
from api.errors import BODY, documented
from api.installation import letterhead
from api.letters import told_and_answered
from api.refusals import CrossSite
from api.routes.collection import type_name
from engine.administration.desk import Desk, administer
from engine.administration.forms import UNIT_CODE
from engine.administration.refusals import OfficeRefused
from engine.errors import (
    ConfirmationNeeded,
    KeyReused,
    NotAuthenticated,
    NotFound,
    NotPerformer,
    ScopeMissing,
    Unavailable,
)
from engine.runtime.accounts import Scope

REFUSED = (
    NotAuthenticated, ConfirmationNeeded, ScopeMissing, NotPerformer, CrossSite, OfficeRefused, KeyReused, Unavailable,
    *BODY,
)  # fmt: skip
"""What any change of administration may refuse."""
PATTERNS = {"id": ID_PATTERN, "code": UNIT_CODE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A route that changes something. `perform` gets the desk, the path's key ("" without one) and the form."""

    operation: str
    path: str
    summary: str
    perform: Callable[[Desk, str, Any], Mapping[str, Any]]
    shown: type[BaseModel]
    form: type[BaseModel] | None = None
    method: str = "POST"
    status: int = 200
    needs: Scope = Scope.ADMINISTER


def add(router: APIRouter, bodies: Bodies, *changes: Change) -> None:
    """The routes of these changes."""
    for change in changes:
        _add(router, bodies, change)


def _add(router: APIRouter, bodies: Bodies, change: Change) -> None:
    key = next((name for name in PATTERNS if f"{{{name}}}" in change.path), "")
    form = change.form
    filled_form = Depends(body_of(form)) if form else Depends(no_body)

    async def keyed(
        engine: EngineDep,
        settings: SettingsDep,
        asked: Asked,
        which: Annotated[str, Path(alias=key or "id", pattern=PATTERNS.get(key))],
        filled: Annotated[Any, filled_form],
    ) -> Response:
        perform = told_and_answered(
            letterhead(settings), lambda desk: change.perform(desk, which, filled), change.status
        )
        return reply(await answered(administer(engine, asked, perform, change.needs)))

    async def plain(
        engine: EngineDep, settings: SettingsDep, asked: Asked, filled: Annotated[Any, filled_form]
    ) -> Response:
        return await keyed(engine, settings, asked, "", filled)

    body = bodies.body(f"{type_name(change.operation)}Form", form) if form else {}
    if not form and change.method != "DELETE":
        body = Bodies.nothing()
    router.add_api_route(
        change.path,
        keyed if key else plain,
        methods=[change.method],
        status_code=change.status,
        operation_id=change.operation,
        summary=change.summary,
        response_model=change.shown,
        responses=documented(*REFUSED, *((NotFound,) if key else ())),
        openapi_extra={**change_headers(IDEMPOTENCY_KEY), **body},
    )
