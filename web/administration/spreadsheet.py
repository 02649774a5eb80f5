"""The organisation as a spreadsheet: out; in by way of a preview that is kept until it is taken or thrown away."""

import base64
import binascii
import json
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from api.dependencies import answered
from api.errors import status_of
from api.files import disposition
from api.installation import letterhead
from api.letters import told_and_answered
from api.refusals import WrongConfirmation
from engine.administration import exchange, sections
from engine.administration.desk import Desk, administer
from engine.administration.refusals import RowProblem, RowsRefused
from engine.administration.workbook import ReadRow
from engine.definition.sentences import field_sentences
from engine.errors import ConfirmationNeeded, InvalidInput, NotAuthenticated, Refused
from engine.office.files import FileKind, FileRefused
from engine.runtime import drafts
from engine.runtime.service import Asking
from web.administration.filled import WHICH, Filled
from web.administration.rooms import ROOT, SECTIONS, STEP_UP
from web.doors import page_router
from web.visits import Visit, Visiting, in_thread

PLACE = f"{ROOT}/bang-tinh"
LOOK_FIRST, TAKE, DROP = "xem-truoc", "ghi", "bo"
FILE, NAME, FOUND = "file", "name", "found"
Read = tuple[Sequence[ReadRow], Sequence[RowProblem]]
Wrong = Sequence[RowProblem]


def spreadsheet_routes() -> APIRouter:
    """GET and POST /quan-tri/bang-tinh, GET /quan-tri/bang-tinh/to-chuc.xlsx."""
    router = page_router()

    @router.get(PLACE)
    def show(visit: Visiting) -> Response:
        return _page(visit)

    @router.get(f"{PLACE}/to-chuc.xlsx")
    def export(visit: Visiting) -> Response:
        with visit.look() as (work, actor):
            content = exchange.export(Desk(work, actor))
        headers = {"Content-Disposition": disposition("to-chuc.xlsx"), "Cache-Control": "no-store"}
        return Response(content, 200, headers, FileKind.XLSX.media_type)

    @router.post(PLACE)
    async def change(visit: Visiting) -> Response:
        form = await visit.form()
        try:
            return await _take(visit, form)
        except RowsRefused as refused:
            shown, wrong, status = Filled(LOOK_FIRST, sentence=str(refused)), refused.rows, status_of(refused)
            return await in_thread(lambda: _page(visit, shown, wrong, status))
        except Refused as refused:
            if isinstance(refused, NotAuthenticated) and not isinstance(refused, WrongConfirmation):
                raise
            again, code = _refused(visit, str(form.get(WHICH, "")), refused), status_of(refused)
            return await in_thread(lambda: _page(visit, again, status=code))
        finally:
            await form.close()

    return router


async def _take(visit: Visit, form: FormData) -> Response:
    await in_thread(lambda: _must_administer(visit))
    which = str(form.get(WHICH, ""))
    if which == DROP:
        await visit.write(lambda tx, person_id: drafts.drop(tx, person_id, PLACE))
        return visit.go(PLACE, visit.tr("Đã bỏ bảng tính đang xem trước; chưa dòng nào được ghi."))
    asking = await visit.asking(form)
    if which == TAKE:
        return await _write(visit, asking)
    return await _look_first(visit, asking, form.get(FILE))


async def _look_first(visit: Visit, asking: Asking, file: Any) -> Response:
    """Say what the file would change, and keep both until somebody decides."""
    if not isinstance(file, UploadFile) or not file.filename:
        raise InvalidInput({FILE: "Hãy chọn một tệp .xlsx."})
    content, name = await file.read(), file.filename
    found = await _run(visit, asking, await _read(content, name), dry_run=True)
    kept = {FILE: [base64.b64encode(content).decode()], NAME: [name], FOUND: [json.dumps(found)]}
    await visit.write(lambda tx, person_id: drafts.keep(tx, person_id, PLACE, kept, 0, visit.engine.wall()))
    return visit.go(PLACE)


async def _write(visit: Visit, asking: Asking) -> Response:
    """Take in the file that was looked at before."""
    content, name = await in_thread(lambda: _kept(visit))
    done = await _run(visit, asking, await _read(content, name), dry_run=False)
    await visit.write(lambda tx, person_id: drafts.drop(tx, person_id, PLACE))
    said = visit.tr("Đã ghi bảng tính: thêm {added}, sửa {changed}, kết thúc {ended}.", **_counted(done))
    return visit.go(PLACE, said)


async def _read(content: bytes, name: str) -> Read:
    return await in_thread(lambda: exchange.read(BytesIO(content), name))


async def _run(visit: Visit, asking: Asking, read: Read, *, dry_run: bool) -> dict[str, Any]:
    change = told_and_answered(
        letterhead(visit.settings), lambda desk: exchange.take_in(desk, *read, field_sentences, dry_run=dry_run)
    )
    found: dict[str, Any] = json.loads((await answered(administer(visit.engine, asking, change))).body)
    return found


def _counted(found: dict[str, Any]) -> dict[str, int]:
    return {name: found[name] for name in (exchange.ADDED, exchange.CHANGED, exchange.ENDED)}


def _must_administer(visit: Visit) -> None:
    with visit.look() as (work, actor):
        Desk(work, actor).must_administer("Nhập bảng tính")


def _kept(visit: Visit) -> tuple[bytes, str]:
    with visit.look() as (work, actor):
        draft = drafts.find(work.tx, actor.person_id or 0, PLACE, visit.engine.wall())
    try:
        typed = draft.typed if draft else {}
        return base64.b64decode(typed[FILE][0]), typed[NAME][0]
    except (KeyError, IndexError, binascii.Error) as gone:
        raise InvalidInput({FILE: "Bảng tính xem trước không còn; hãy chọn tệp lại."}) from gone


def _refused(visit: Visit, which: str, refused: Refused) -> Filled:
    faults = (
        {name: visit.tr(said) for name, said in refused.fields.items()} if isinstance(refused, InvalidInput) else {}
    )
    said = str(refused) if isinstance(refused, FileRefused) else visit.said(refused)
    wants_proof = isinstance(refused, ConfirmationNeeded)
    place = which if which == TAKE else LOOK_FIRST
    return Filled(place, {}, faults, visit.tr(STEP_UP) if wants_proof else said, wants_proof)


def _page(visit: Visit, filled: Filled | None = None, wrong: Wrong = (), status: int = 200) -> Response:
    with visit.look() as (work, actor):
        Desk(work, actor).must_administer("Nhập bảng tính")
        draft = drafts.find(work.tx, actor.person_id or 0, PLACE, visit.engine.wall())
        found = draft.typed.get(FOUND, ()) if draft else ()
        is_open = sections.open_to(work, actor)
        return visit.page(
            "administration/spreadsheet.html.j2",
            visit.frame(work, actor),
            status=status,
            title=visit.tr("Nhập, xuất bảng tính"),
            menu=[(address, label) for section, address, label in SECTIONS if section in is_open],
            filled=filled or Filled(),
            is_confirmed=visit.is_confirmed(work),
            wrong=wrong,
            found=json.loads(found[0]) if found else None,
            name=draft.typed[NAME][0] if draft and found else "",
            roles=work.registry.roles.values(),
            columns=exchange.COLUMNS,
        )
