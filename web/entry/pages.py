"""Enter a whole list of proposals: paste or upload it, put right what is wrong in its cells, take the good rows."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from api.dependencies import answered
from api.errors import status_of
from api.files import disposition
from engine.administration.workbook import write
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.errors import InvalidInput, NotFound, Refused
from engine.jobs import reading
from engine.jobs.exports import MEDIA_TYPES, csv_of
from engine.jobs.orders import MOST_ROWS, Kind, Order, OrderedRow, begin_cases, order
from engine.jobs.reading import Outcome
from engine.jobs.rehearsing import signed_with
from engine.runtime.beginning import NewCase, rehearse
from engine.runtime.database import Row
from engine.runtime.snapshots import code_of
from engine.runtime.work import Work
from web.cases.reaching import At, CaseKey
from web.doors import page_router
from web.entry import listing
from web.entry.cells import cells_of_file, cells_of_text, template, with_reasons
from web.entry.checking import Checked, CheckedRow, Checks
from web.entry.columns import PROCESS, arranged, columns_of
from web.entry.listing import STAMP_FIELD, TEXT, Listing
from web.jobs.pages import JOBS
from web.visits import Visit, Visiting, in_thread

HERE = "nhap-danh-sach"
EDITED_AT_ONCE = 50  # rows with their cells open: a form has a bound number of fields
TAKE, EDIT, OUT, DROP, FROM_JOB = "take", "edit:", "out:", "drop", "job:"
NAME, AWARD = "subject.name", "award"
MOST_BYTES = 1_000_000
CHANGED = "Danh sách đã thay đổi ở nơi khác nên chưa bỏ dòng nào. Dưới đây là danh sách hiện nay; hãy xem rồi bỏ lại."


def entry_routes() -> APIRouter:
    """GET and POST /{collection}/{id}/nhap-danh-sach; GET its mau.xlsx and dong-loi.xlsx, dong-loi.csv."""
    router = page_router()

    @router.get(f"/{{collection}}/{{case_id:int}}/{HERE}")
    async def show(visit: Visiting, collection: str, case_id: CaseKey, sua: str = "") -> Response:
        opened = int(sua) if sua.isascii() and sua.isdigit() and len(sua) < 5 else 0
        return await _checks(visit).alone(lambda: _page(visit, At(collection, case_id), opened=opened))

    @router.post(f"/{{collection}}/{{case_id:int}}/{HERE}")
    async def change(visit: Visiting, collection: str, case_id: CaseKey) -> Response:
        at = At(collection, case_id)
        await in_thread(lambda: _must_enter(visit, at))
        form = await visit.form()
        try:
            return await _change(visit, at, form)
        finally:
            await form.close()

    @router.get(f"/{{collection}}/{{case_id:int}}/{HERE}/mau.xlsx")
    def empty(visit: Visiting, collection: str, case_id: CaseKey) -> Response:
        with visit.look() as (work, actor):
            model, _ = _parent(visit, work, actor, At(collection, case_id))
            return _download(template(model), "danh-sach-mau.xlsx")

    @router.get(f"/{{collection}}/{{case_id:int}}/{HERE}/dong-loi.{{form}}")
    async def bad_rows(visit: Visiting, collection: str, case_id: CaseKey, form: str) -> Response:
        if form not in MEDIA_TYPES:
            raise NotFound(what=f"tệp dạng {form}")
        return await _checks(visit).alone(lambda: _bad_rows(visit, At(collection, case_id), form))

    return router


def _place(at: At) -> str:
    return f"{at.page}/{HERE}"


def _parent(visit: Visit, work: Work, actor: Actor, at: At) -> tuple[ProcessModel, Row]:
    """The process of the list and the case that it goes below.

    Raises:
        NotFound: no such case, or not visible, or nothing of that process goes below it.
        NotPerformer, GuardUnmet: the actor may not begin one there, or not now.
    """
    model = visit.engine.registry.by_code.get(PROCESS)
    row = at.row(visit, work, actor)
    if model is None or row["process"] not in model.begin.below:
        raise NotFound(what="trang nhập danh sách")
    rehearse(work, model, NewCase(None, row["id"], {}), actor)
    return model, row


def _must_enter(visit: Visit, at: At) -> None:
    with visit.look() as (work, actor):
        _parent(visit, work, actor, at)


def _checks(visit: Visit) -> Checks:
    """Those of this process."""
    state = visit.request.app.state
    if not hasattr(state, "checks"):
        state.checks = Checks()
    found: Checks = state.checks
    return found


def _bad_rows(visit: Visit, at: At, form: str) -> Response:
    with visit.look() as (work, actor):
        model, row = _parent(visit, work, actor, at)
        kept = listing.find(work.tx, actor.person_id or 0, _place(at), visit.engine.wall())
        checked = _checks(visit).check(work, actor, model, row, kept)
    sheet = with_reasons(model, [(row.cells, row.why(checked.columns)) for row in checked.bad])
    return _download(write([sheet]) if form == "xlsx" else csv_of(sheet), f"dong-loi.{form}")


# ── the page ─────────────────────────────────────────────────────────────────────────────────────
def _page(visit: Visit, at: At, *, opened: int = 0, refused: Refused | None = None, text: str = "") -> Response:
    with visit.look() as (work, actor):
        model, row = _parent(visit, work, actor, at)
        kept = listing.find(work.tx, actor.person_id or 0, _place(at), visit.engine.wall())
        checked = _checks(visit).check(work, actor, model, row, kept)
        opens = [one for one in checked.rows if not one.is_good or one.number == opened]
        return visit.page(
            "entry/list.html.j2",
            visit.frame(work, actor),
            status=status_of(refused) if refused else 200,
            title=visit.tr("Nhập danh sách vào {code}", code=code_of(work.registry.by_code[row["process"]], row)),
            at=at,
            place=_place(at),
            most=MOST_ROWS,
            columns=columns_of(model),
            checked=checked,
            opens=opens[:EDITED_AT_ONCE],
            hidden=len(opens) - EDITED_AT_ONCE,
            closed=[one for one in checked.good if one.number != opened],
            kept=kept,
            text=text or kept.text,
            fault=_said(visit, refused),
        )  # fmt: skip


def _said(visit: Visit, refused: Refused | None) -> str:
    if refused is None:
        return ""
    sentences = refused.fields.values() if isinstance(refused, InvalidInput) else ()
    return " ".join(sentences) or visit.said(refused)


def _download(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": disposition(name), "Cache-Control": "no-store"}
    return Response(content, 200, headers, MEDIA_TYPES[name.rpartition(".")[2]])


# ── changes ──────────────────────────────────────────────────────────────────────────────────────
async def _change(visit: Visit, at: At, form: FormData) -> Response:
    do, place = str(form.get("do", "")), _place(at)
    try:
        changed = await in_thread(lambda: _changed(visit, at, form, do))
        if do == TAKE:
            return await _take(visit, at, form, changed)
        await visit.write(lambda tx, owner: listing.keep(tx, owner, place, changed, visit.engine.wall()))
    except InvalidInput as refused:
        return await _checks(visit).alone(_refused(visit, at, form, refused))
    except Refused as refused:
        if isinstance(form.get("file"), UploadFile) and _uploaded(form) is not None:
            return await _checks(visit).alone(_refused(visit, at, form, refused))
        raise
    number = do.removeprefix(EDIT)
    return visit.go(f"{place}?sua={number}#dong-{number}" if do.startswith(EDIT) and number.isdigit() else place)


def _refused(visit: Visit, at: At, form: FormData, refused: Refused) -> Callable[[], Response]:
    return lambda: _page(visit, at, refused=refused, text=str(form.get(TEXT, "")))


def _changed(visit: Visit, at: At, form: FormData, do: str) -> Listing:
    """The list after what the form says was done to it; blocks.

    Raises:
        InvalidInput, FileRefused, OfficeRefused: what was pasted or uploaded is no list, or too long.
    """
    with visit.look() as (work, actor):
        model, _ = _parent(visit, work, actor, at)
        kept = listing.find(work.tx, actor.person_id or 0, _place(at), visit.engine.wall())
        if do == DROP:
            return Listing()
        given = {name: value for name, value in form.items() if isinstance(value, str)}
        out = int(do.removeprefix(OUT)) if re.fullmatch(f"{OUT}[0-9]{{1,4}}", do) else 0
        if out and given.get(STAMP_FIELD) != kept.stamp:
            raise InvalidInput({TEXT: CHANGED})
        kept = replace(kept, text="").edited(given, without=out)
        if do.startswith(FROM_JOB):
            return kept.with_rows(_left_of_job(work, actor, do.removeprefix(FROM_JOB), kept))
    return kept if out else _with_more(model, kept, form)


def _with_more(model: ProcessModel, kept: Listing, form: FormData) -> Listing:
    """The list with what was pasted and uploaded below it."""
    file, text = _uploaded(form), str(form.get(TEXT, ""))
    if len(text.encode()) > MOST_BYTES:
        raise InvalidInput({TEXT: "Danh sách dán vào dài quá 1 MB; hãy chia thành nhiều lần."})
    cells = cells_of_file(file.file, file.filename or "") if file else []
    more = [arranged(columns_of(model), given) for given in (cells, cells_of_text(text)) if given]
    if not kept.rows and not any(table.rows for table in more):
        raise InvalidInput({TEXT: "Chưa có dòng nào. Hãy dán danh sách từ bảng tính, hoặc chọn tệp .xlsx, .csv."})
    for table in more:
        kept = kept.with_rows(table.rows, table.unknown)
    return kept


def _uploaded(form: FormData) -> UploadFile | None:
    file = form.get("file")
    return file if isinstance(file, UploadFile) and file.filename else None


def _left_of_job(work: Work, actor: Actor, job_id: str, kept: Listing) -> list[list[str]]:
    """The rows that a job of this person could not begin and that are not in the list again already."""
    if not job_id.isascii() or not job_id.isdigit() or len(job_id) > 17:
        raise NotFound(what="tác vụ")
    if reading.job_of(work, actor, int(job_id))["kind"] != Kind.START:
        raise InvalidInput({TEXT: "Tác vụ này không nhập danh sách nên không có dòng nào để sửa."})
    rows = [row for row in reading.rows_of(work, int(job_id), 0, MOST_ROWS) if row["outcome"] != Outcome.DONE]
    return [row["given"]["cells"] for row in rows if tuple(row["given"].get("cells", ())) not in kept.rows]


# ── taking ───────────────────────────────────────────────────────────────────────────────────────
async def _take(visit: Visit, at: At, form: FormData, changed: Listing) -> Response:
    """Order that the good rows be begun; the others stay in the list."""
    wanted, left = await _checks(visit).alone(lambda: _taken(visit, at, changed))
    asking = await visit.asking(form)

    def keep_the_others(work: Work, actor: Actor) -> None:
        assert actor.person_id is not None, "who enters a list is a person"
        listing.keep(work.tx, actor.person_id, _place(at), left, visit.engine.wall())

    answer = await answered(order(visit.engine, asking, wanted, keep_the_others))
    return visit.go(f"{JOBS}/{json.loads(answer.body)['id']}")


def _taken(visit: Visit, at: At, changed: Listing) -> tuple[Order, Listing]:
    with visit.look() as (work, actor):
        model, row = _parent(visit, work, actor, at)
        checked = _checks(visit).check(work, actor, model, row, changed)
        above = work.registry.by_code[row["process"]]
        signing = signed_with(above, model, row["state"])
        title = visit.tr(
            "Nhập danh sách vào {code}: {n} hồ sơ", code=code_of(above, row), n=len(checked.good)
        )  # fmt: skip
        rows = [OrderedRow(_called(checked, one), _given(one)) for one in checked.good]
        onward = {"next": f"{at.page}/viec/{signing}"} if signing else {}
    wanted = begin_cases(PROCESS, row["id"], title, rows, back=at.page, again=_place(at), **onward)
    return wanted, Listing(tuple(one.cells for one in checked.bad))


def _called(checked: Checked, row: CheckedRow) -> str:
    """What people call a row: the name, and the award as it was written."""
    places = {column.name: n for n, column in enumerate(checked.columns)}
    said = [row.cells[places[name]] for name in (NAME, AWARD) if name in places]
    return ", ".join(filter(None, said))


def _given(row: CheckedRow) -> dict[str, Any]:
    return {"dossier": dict(row.dossier), "cells": list(row.cells)}
