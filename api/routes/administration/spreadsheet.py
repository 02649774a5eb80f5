"""The organisation as one spreadsheet, out and in."""

from hashlib import sha256
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response

from api.dependencies import (
    IDEMPOTENCY_KEY,
    EngineDep,
    Secret,
    SettingsDep,
    answered,
    asking,
    change_headers,
    looking,
    reply,
)
from api.errors import documented
from api.files import MULTIPART, disposition, upload_form
from api.installation import letterhead
from api.letters import told_and_answered
from api.refusals import MalformedForm, WrongMediaType
from api.routes.administration.changes import REFUSED
from engine.administration import exchange
from engine.administration.desk import Desk, administer
from engine.administration.refusals import RowsRefused
from engine.definition.sentences import field_sentences
from engine.errors import InvalidInput, NotAuthenticated, NotPerformer
from engine.office.files import FileKind, FileRefused
from engine.runtime.service import Engine

XLSX = FileKind.XLSX.media_type
FORM = {
    "type": "object",
    "required": ["file"],
    "additionalProperties": False,
    "properties": {"file": {"type": "string", "format": "binary", "description": "XLSX"}},
}


class RowChange(BaseModel):
    """What a row changed, or would change; rows are counted as people see them, 1 is the heading."""

    sheet: str
    row: int
    what: Literal["added", "changed", "ended"]
    name: str


class Imported(BaseModel):
    dry_run: bool
    added: int
    changed: int
    ended: int
    changes: list[RowChange]


def routes() -> APIRouter:
    """The two routes."""
    router = APIRouter(tags=["administration"])
    _export(router)
    _import(router)
    return router


def _export(router: APIRouter) -> None:
    @router.get(
        "/organisation.xlsx",
        operation_id="organisation_export",
        summary="Bảng tính: đơn vị, người, vai trò",
        response_class=Response,
        responses={
            **documented(NotAuthenticated, NotPerformer, InvalidInput),
            200: {"description": "The spreadsheet", "content": {XLSX: {}}},
        },
    )
    def export(engine: EngineDep, secret: Secret) -> Response:
        with looking(engine, secret) as (work, actor):
            content = exchange.export(Desk(work, actor))
        return Response(content, 200, {"Content-Disposition": disposition("to-chuc.xlsx")}, XLSX)


def _import(router: APIRouter) -> None:
    @router.post(
        "/organisation.xlsx",
        operation_id="organisation_import",
        summary="Nhập bảng tính: ghi tất cả các dòng, hoặc không dòng nào",
        response_model=Imported,
        responses=documented(*REFUSED, RowsRefused, FileRefused, MalformedForm),
        openapi_extra={
            **change_headers(IDEMPOTENCY_KEY),
            "requestBody": {"required": True, "content": {MULTIPART: {"schema": FORM}}},
        },
    )
    async def take_in(
        request: Request,
        engine: EngineDep,
        settings: SettingsDep,
        secret: Secret,
        dry_run: Annotated[Literal["true", "false"], Query(description="true: only say what would change")] = "false",
    ) -> Response:
        await run_in_threadpool(_must_administer, engine, secret)
        if not request.headers.get("content-type", "").lower().startswith(MULTIPART):
            raise WrongMediaType(expected=MULTIPART)
        async with upload_form(request) as form:
            file = form.get("file")
            wrong = {name: "Không có mục này." for name in form if name != "file"}
            if not isinstance(file, UploadFile):
                raise InvalidInput({**wrong, "file": "Phải là một tệp."})
            if wrong:
                raise InvalidInput(wrong)
            digest = sha256(await file.read()).hexdigest()
            rows, problems = await run_in_threadpool(exchange.read, file.file, file.filename or "")

        perform = told_and_answered(
            letterhead(settings),
            lambda desk: exchange.take_in(desk, rows, problems, field_sentences, dry_run=dry_run == "true"),
        )
        asked = asking(request, secret, f"{dry_run}\n{digest}".encode())
        return reply(await answered(administer(engine, asked, perform)))


def _must_administer(engine: Engine, secret: str) -> None:
    with looking(engine, secret) as (work, actor):
        Desk(work, actor).must_administer("Nhập bảng tính")
