"""Remind the units that still owe something: first who would get what, then it goes out."""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.dependencies import answered
from api.installation import letterhead
from engine.definition.documents import canonical
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.definition.registry import Registry
from engine.errors import NotFound
from engine.instants import LOCAL
from engine.runtime import commands, reminding
from engine.runtime.present import brief
from engine.runtime.reminding import Line
from engine.runtime.service import Answer
from engine.runtime.work import Work
from notifications.door import current_head, last_to_units, reminder_letter, words_of
from web.campaign.coverage import CAMPAIGN, CaseKey
from web.campaign.wording import standing
from web.doors import page_router
from web.visits import Visit, Visiting, in_thread

MOST_NAMED = 8

ProcessCode = Annotated[str, Path(pattern="^[a-z_]{1,60}$")]
Chosen = Annotated[list[str] | None, Query(alias="case", max_length=500)]


def reminder_routes(registry: Registry) -> APIRouter:
    """GET and POST /campaigns/{id}/do-phu/don-doc/{process}."""
    router, model = page_router(), registry.by_code.get(CAMPAIGN)
    if model is None:
        return router
    address = f"/{model.collection}/{{case_id:int}}/do-phu/don-doc/{{process}}"

    @router.get(address)
    def recap(visit: Visiting, case_id: CaseKey, process: ProcessCode, chosen: Chosen = None) -> Response:
        return _recap(visit, model, case_id, process, keys_of(chosen or ()))

    @router.post(address)
    async def send(visit: Visiting, case_id: CaseKey, process: ProcessCode) -> Response:
        form = await visit.form()
        cases = keys_of(str(value) for value in form.getlist("case"))
        if not cases:
            wrong = visit.tr("Chưa đánh dấu đơn vị nào: đánh dấu ít nhất một đơn vị rồi gửi.")
            return await in_thread(lambda: _recap(visit, model, case_id, process, cases, wrong))
        asking = await visit.asking(form)

        def perform(work: Work, actor: Actor) -> Answer:
            row = commands.load(work, model, case_id, actor)
            return Answer(200, canonical(reminding.remind(work, actor, row, cases)))

        answer = await answered(visit.engine.change(asking, perform))
        done = json.loads(answer.body)
        note = await in_thread(lambda: _said(visit, done))
        return visit.go(f"/{model.collection}/{case_id}/do-phu", note, "done" if done["reminded"] else "warn")

    return router


def keys_of(given: Iterable[str]) -> set[int]:
    """The keys of cases that stand as "ward-plans/5" or "5"."""
    keys = (one.rpartition("/")[2] for one in given)
    return {int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 18}


def _recap(
    visit: Visit, model: ProcessModel, case_id: int, process: str, chosen: set[int], wrong: str = ""
) -> Response:
    with visit.look() as (work, actor):
        row = commands.load(work, model, case_id, actor)
        owed = work.registry.by_code.get(process)
        if owed is None:
            raise NotFound(what=visit.tr("loại hồ sơ này"))
        lines = reminding.plan(work, actor, row, (process,))
        ready = [line for line in lines if not line.against]
        ticked = chosen or {line.cell["id"] for line in ready if line.is_due}
        mailed = last_to_units(work.tx, [line.cell["id"] for line in lines])
        opens = work.office.calendar.waking_hour(work.now)
        return visit.page(
            "campaign/reminders.html.j2",
            visit.frame(work, actor),
            status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
            case=brief(work, row),
            process=owed,
            place=f"/{model.collection}/{case_id}/do-phu",
            ready=[_shown(visit, line, mailed, line.cell["id"] in ticked) for line in ready],
            left_out=[_shown(visit, line, mailed, False) for line in lines if line.against],
            preview=_preview(visit, work, actor, [one for one in ready if one.cell["id"] in ticked] or ready),
            opens_at=opens if opens > work.now else None,
            wrong=wrong,
        )


def _shown(visit: Visit, line: Line, mailed: Mapping[int, str | None], is_ticked: bool) -> dict[str, Any]:
    return {
        "cell": line.cell,
        "said": standing(visit, line.cell),
        "to": line.to,
        "against": line.against,
        "mailed_at": mailed.get(line.cell["id"]),
        "is_ticked": is_ticked,
    }


def _preview(visit: Visit, work: Work, actor: Actor, lines: list[Line]) -> dict[str, str] | None:
    """The first of the letters, word by word; the others differ in names and codes."""
    found = reminding.sample(work, actor, lines[0].cell) if lines else None
    if found is None:
        return None
    case, facts = found
    head = current_head(work.tx, letterhead(visit.settings))
    to = lines[0].to
    name = to[0].name if to else case.unit.name
    letter = reminder_letter(work, words_of(work.registry), head, name, case, facts, to_unit=not to)
    return {"subject": letter.subject, "text": letter.text, "name": name}


def _said(visit: Visit, done: dict[str, Any]) -> str:
    """What became of it, for the note on the page that follows."""
    names = [line["unit"]["name"] for line in done["reminded"]]
    shown = ", ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    if more > 0:
        shown = visit.tr("{names} và {n} đơn vị khác", names=shown, n=more)
    said = [visit.tr("Đã đôn đốc {n} đơn vị: {names}.", n=len(names), names=shown)] if names else []
    if names:
        said.append(_when(visit))
    if done["left_out"]:
        why = "; ".join(f"{line['unit']['name']}: {line['against']}" for line in done["left_out"][:MOST_NAMED])
        said.append(visit.tr("Không gửi {n}: {why}.", n=len(done["left_out"]), why=why))
    return " ".join(said)


def _when(visit: Visit) -> str:
    with visit.look() as (work, _):
        opens = work.office.calendar.waking_hour(work.now)
        if opens > work.now:
            local = opens.astimezone(LOCAL)
            return visit.tr("Thư đi lúc {at} (giờ làm việc).", at=f"{local:%H:%M %d/%m/%Y}")
        return visit.tr("Thư đi trong ít phút; kết quả gửi ở mục Thư.")
