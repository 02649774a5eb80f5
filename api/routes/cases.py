"""Cases of one process: start, list, look at, edit."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query
from pydantic import BaseModel, Field, create_model
from starlette.responses import Response

from api.bodies import JSON, MERGE_PATCH, body_of
from api.dependencies import (
    ID_PATTERN,
    IDEMPOTENCY_KEY,
    Asked,
    CaseId,
    EngineDep,
    Secret,
    answered,
    looking,
    reply,
)
from api.documentation import Bodies
from api.errors import BODY, documented
from api.paging import Cursor, Limit, before
from api.partials import partial
from api.routes import actions, attachments, mails, records, retention, subjects
from api.routes.collection import CHANGE, CHANGE_HEADERS, READ, Collection, answer, collection
from api.schemas import CaseBrief, Page
from api.shortcut import Shortcuts
from engine.definition.language import Phase
from engine.definition.model import ProcessModel
from engine.errors import (
    GuardUnmet,
    InvalidInput,
    KeyReused,
    NotAuthenticated,
    NotPerformer,
    Unavailable,
)
from engine.runtime import commands, queries
from engine.runtime.beginning import NewCase
from engine.runtime.present import brief, whole
from engine.runtime.queries import CaseFilter
from engine.runtime.work import Work

START = documented(NotAuthenticated, NotPerformer, GuardUnmet, InvalidInput, KeyReused, *BODY, Unavailable)
EDIT = documented(*CHANGE, *BODY)


def routes(model: ProcessModel, bodies: Bodies, shortcuts: Shortcuts) -> APIRouter:
    """Every route of a process."""
    place = collection(model, bodies, shortcuts)
    parts = (records, actions, attachments, mails, subjects, retention)
    for add in (_start, _list, _get, _edit, *(part.add for part in parts)):
        add(place)
    return place.router


def _start(place: Collection) -> None:
    model = place.model
    new = _new_case(place)

    @place.router.post(
        f"/{model.collection}",
        status_code=201,
        operation_id=place.operation("start"),
        summary=f"Lập: {model.title}",
        responses={**START, **place.answers(201)},
        openapi_extra={**place.bodies.body(new.__name__, new), "parameters": [IDEMPOTENCY_KEY]},
    )
    async def start(engine: EngineDep, asked: Asked, body: Annotated[Any, Depends(body_of(new))]) -> Response:
        dossier = body.dossier.model_dump(mode="json", exclude_unset=True)
        wanted = NewCase(body.unit, int(body.parent) if body.parent else None, dossier)
        return reply(await answered(engine.start(asked, model, wanted)))


def _new_case(place: Collection) -> type[BaseModel]:
    """The body that begins a case: for which unit, below which case, with what may be filled in at first."""
    dossier = partial("Dossier", place.model.dossier, place.model.first_fields)
    fields: dict[str, Any] = {
        "unit": (str | None, Field(None, description="Code; needed when you may begin it for several units")),
        "parent": _parent(place.model),
        "dossier": (dossier, Field(default_factory=dossier)),
    }
    return create_model(f"{place.name}New", **fields)


def _parent(model: ProcessModel) -> tuple[Any, Any]:
    """The field that names the case above: needed, possible, or always null."""
    above = " or ".join(model.begin.below)
    key = Annotated[str, Field(pattern=ID_PATTERN)]
    if not above:
        return None, Field(None, description="This process lies below no other")
    if not model.begin.by:
        return key, Field(description=f"Key of the {above}")
    return key | None, Field(None, description=f"Key of the {above}, if any")


def _list(place: Collection) -> None:
    model = place.model

    @place.router.get(
        f"/{model.collection}",
        operation_id=place.operation("list"),
        summary=f"Danh sách: {model.title}",
        response_model=Page[CaseBrief],
        responses=documented(NotAuthenticated, InvalidInput),
    )
    def list_cases(
        engine: EngineDep,
        secret: Secret,
        state: Annotated[str | None, Query(json_schema_extra={"enum": list(model.states)})] = None,
        phase: Phase | None = None,
        unit: Annotated[str | None, Query(description="Code of the unit")] = None,
        parent: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
        is_open: Annotated[Literal["true", "false"] | None, Query(alias="open")] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response:
        if state is not None and state not in model.states:
            raise InvalidInput({"state": f"Phải là một trong: {', '.join(model.states)}."})
        with looking(engine, secret) as (work, actor):
            unit_id = _unit_id(work, unit)
            wanted = CaseFilter(
                processes=(model.code,),
                state=state,
                phase=phase,
                unit_id=unit_id,
                parent_id=int(parent) if parent else None,
                is_open=is_open == "true" if is_open else None,
                before=before(cursor),
            )
            rows = queries.cases(work, actor, wanted, limit + 1)
            items = [brief(work, row) for row in rows[:limit]]
        return answer({"items": items, "next": items[-1]["id"] if len(rows) > limit else None})


def _unit_id(work: Work, code: str | None) -> int | None:
    """The unit to filter by; 0, which no unit has, when nobody knows that code."""
    if code is None:
        return None
    unit = work.office.by_code.get(code)
    return unit.id if unit else 0


def _get(place: Collection) -> None:
    @place.router.get(
        place.one,
        operation_id=place.operation("get"),
        summary=f"Xem: {place.model.title}",
        responses={**READ, **place.answers(), 304: {"description": "The case is still at the version named"}},
    )
    def get_case(
        engine: EngineDep,
        secret: Secret,
        case_id: CaseId,
        seen: Annotated[str, Header(alias="If-None-Match", description="ETags that you have")] = "",
    ) -> Response:
        with looking(engine, secret) as (work, actor):
            row = commands.load(work, place.model, int(case_id), actor)
            headers = {"ETag": f'"{row["version"]}"'}
            if _is_among(headers["ETag"], seen):
                return Response(None, 304, headers)
            return answer(whole(work, row, actor), 200, headers)


def _is_among(etag: str, seen: str) -> bool:
    """Weak comparison, as If-None-Match asks for (RFC 9110 §13.1.2)."""
    return seen.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in seen.split(","))


def _edit(place: Collection) -> None:
    model = place.model
    editable = {field for state in model.states.values() for field in state.edits}
    if not editable:
        return
    patch = partial(f"{place.name}Patch", model.dossier, editable)
    media_types = (MERGE_PATCH, JSON)

    @place.router.patch(
        place.one,
        operation_id=place.operation("edit"),
        summary=f"Sửa: {model.title}",
        responses={**EDIT, **place.answers()},
        openapi_extra={**place.bodies.body(patch.__name__, patch, media_types), **CHANGE_HEADERS},
    )
    async def edit(
        engine: EngineDep,
        asked: Asked,
        case_id: CaseId,
        body: Annotated[BaseModel, Depends(body_of(patch, *media_types))],
    ) -> Response:
        """Merge a patch (RFC 7396) into the dossier; null empties a field."""
        given = body.model_dump(mode="json", exclude_unset=True)
        return reply(await answered(engine.edit(asked, model, int(case_id), given)))
