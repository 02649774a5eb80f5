"""Papers of a case: attach one, list them, fetch one.

A paper is looked at, stored and synced before the engine hears of it; to keep strangers from filling the
disk, who may see the case is asked before that already, and again by the engine.
"""

from typing import Annotated, Any

from fastapi import Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response, StreamingResponse

from api.dependencies import ID_PATTERN, CaseId, EngineDep, Secret, SettingsDep, answered, asking, looking, reply
from api.errors import documented
from api.files import MULTIPART, keep, served, upload_form
from api.refusals import BodyTooLarge, BodyTooSlow, MalformedForm, WrongMediaType
from api.routes.collection import CHANGE, CHANGE_HEADERS, READ, Collection, answer
from api.schemas import Attachment, Page
from engine.definition.model import ProcessModel
from engine.errors import InvalidInput, NotFound
from engine.office.files import FileKind, FileRefused
from engine.runtime import commands, queries
from engine.runtime.present import attachment_json
from engine.runtime.service import Engine

ATTACH = documented(*CHANGE, MalformedForm, WrongMediaType, FileRefused, BodyTooLarge, BodyTooSlow)
PAPERS: dict[str, Any] = {kind.media_type: {} for kind in FileKind}

AttachmentId = Annotated[str, Path(pattern=ID_PATTERN)]


def add(place: Collection) -> None:
    """The routes; a process that takes no papers can still be asked for them."""
    _list(place)
    _fetch(place)
    if place.model.papers:
        _attach(place)


def _list(place: Collection) -> None:
    @place.router.get(
        f"{place.one}/attachments",
        operation_id=place.operation("attachments"),
        summary="Giấy tờ đã đính kèm",
        response_model=Page[Attachment],
        responses=READ,
    )
    def attachments(engine: EngineDep, secret: Secret, case_id: CaseId) -> Response:
        with looking(engine, secret) as (work, actor):
            row = commands.load(work, place.model, int(case_id), actor)
            items = [attachment_json(paper) for paper in queries.attachments_of(work.tx, row["id"])]
        return answer({"items": items, "next": None})


def _fetch(place: Collection) -> None:
    @place.router.get(
        f"{place.one}/attachments/{{attachment_id}}",
        operation_id=place.operation("attachment"),
        summary="Tải giấy tờ",
        response_class=StreamingResponse,
        responses={**READ, 200: {"description": "The paper", "content": PAPERS}},
    )
    def attachment(engine: EngineDep, secret: Secret, case_id: CaseId, attachment_id: AttachmentId) -> Response:
        with looking(engine, secret) as (work, actor):
            row = commands.load(work, place.model, int(case_id), actor)
            paper = queries.attachment_of(work.tx, row["id"], int(attachment_id))
        if paper is None:
            raise NotFound(what=f"giấy tờ số {attachment_id} của hồ sơ này")
        return served(engine, paper)


def _attach(place: Collection) -> None:
    model = place.model

    @place.router.post(
        f"{place.one}/attachments",
        operation_id=place.operation("attach"),
        summary="Đính kèm giấy tờ",
        responses={**ATTACH, **place.answers()},
        openapi_extra={**_documented_form(model), **CHANGE_HEADERS},
    )
    async def attach(
        request: Request, engine: EngineDep, settings: SettingsDep, secret: Secret, case_id: CaseId
    ) -> Response:
        await run_in_threadpool(_check_may_see, engine, model, secret, int(case_id))
        if not request.headers.get("content-type", "").lower().startswith(MULTIPART):
            raise WrongMediaType(expected=MULTIPART)
        async with upload_form(request) as form:
            kind, file = _parts(model, form)
            paper = await run_in_threadpool(keep, engine, kind, file, settings.upload_limit_bytes)
        # The bytes of a multipart body differ with each sending: its boundary is drawn anew.
        asked = asking(request, secret, f"{paper.kind}\n{paper.name}\n{paper.sha256}".encode())
        return reply(await answered(engine.attach(asked, model, int(case_id), paper)))


def _check_may_see(engine: Engine, model: ProcessModel, secret: str, case_id: int) -> None:
    with looking(engine, secret) as (work, actor):
        commands.load(work, model, case_id, actor)


def _parts(model: ProcessModel, form: FormData) -> tuple[str, UploadFile]:
    kind, file = form.get("kind"), form.get("file")
    wrong = {name: "Không có mục này." for name in form if name not in ("kind", "file")}
    if not isinstance(kind, str) or kind not in model.papers:
        wrong["kind"] = f"Phải là một trong: {', '.join(model.papers)}."
    if not isinstance(file, UploadFile):
        wrong["file"] = "Phải là một tệp."
    if wrong:
        raise InvalidInput(wrong)
    assert isinstance(kind, str), "asked above"
    assert isinstance(file, UploadFile), "asked above"
    return kind, file


def _documented_form(model: ProcessModel) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["kind", "file"],
        "additionalProperties": False,
        "properties": {
            "kind": {"type": "string", "enum": list(model.papers)},
            "file": {"type": "string", "format": "binary", "description": "PDF, DOCX, XLSX, JPG or PNG"},
        },
    }
    return {"requestBody": {"required": True, "content": {MULTIPART: {"schema": schema}}}}
