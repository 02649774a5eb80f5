"""The coverage of a campaign: the matrix page, its files, and what can be done to a whole column."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.files import disposition
from engine.administration import units
from engine.administration.workbook import Sheet, write
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.definition.registry import Registry
from engine.jobs.exports import MEDIA_TYPES, csv_of
from engine.runtime import commands, reminding
from engine.runtime.database import Row
from engine.runtime.present import actions_json, brief
from engine.runtime.rights import overseen
from engine.runtime.work import Work
from web.campaign.matrix import LATE, MISSING, SHOWN, Matrix, View, matrix
from web.campaign.wording import line
from web.doors import page_router
from web.shell import moment
from web.visits import Guest, Visit, Visiting

CAMPAIGN, EXTEND = "campaign", "extend"
EXCUSES = {"ward_plan": "waive", "unit_obligation": "excuse"}
"""The action by which each obligation is let go, with a reason."""

CaseKey = Annotated[int, Path(ge=1, lt=2**63)]


def coverage_routes(registry: Registry) -> APIRouter:
    """GET /campaigns/{id}/do-phu, and the same as .xlsx and .csv."""
    router, model = page_router(), registry.by_code.get(CAMPAIGN)
    if model is None:
        return router
    base = f"/{model.collection}/{{case_id:int}}/do-phu"

    @router.get(base)
    def page(visit: Visiting, case_id: CaseKey, tt: str = "", loai: str = "") -> Response:
        return _page(visit, model, case_id, view_of(tt, loai))

    @router.get(f"{base}.xlsx")
    def sheet(visit: Visiting, case_id: CaseKey, tt: str = "", loai: str = "") -> Response:
        return _file(visit, model, case_id, view_of(tt, loai), "xlsx")

    @router.get(f"{base}.csv")
    def text(visit: Visiting, case_id: CaseKey, tt: str = "", loai: str = "") -> Response:
        return _file(visit, model, case_id, view_of(tt, loai), "csv")

    return router


def view_of(state: str, kind: str) -> View:
    """The view that an address asks for; what it does not know it leaves out."""
    plain = kind if kind.isascii() and kind.isidentifier() else ""
    return View(state if state in (MISSING, LATE) else "", plain)


def _page(visit: Visit, model: ProcessModel, case_id: int, view: View) -> Response:
    with visit.look() as (work, actor):
        row = commands.load(work, model, case_id, actor)
        shown = read_matrix(visit, work, actor, row, view)
        tended = reminding.tended(work, actor)
        reminds = {code for code, authority in tended if authority == row["authority_id"]}
        excuses = {code: verb for code, verb in EXCUSES.items() if _takes(work, actor, row, code, verb)}
        case = brief(work, row)
        return visit.page(
            "campaign/coverage.html.j2",
            visit.frame(work, actor),
            case=case,
            place=f"/{model.collection}/{case_id}/do-phu",
            matrix=shown,
            states=SHOWN,
            reminds=reminds,
            excuses=excuses,
            extension=extension_of(work, actor, row),
            is_whole=bool(reminds) or row["authority_id"] in overseen(work, actor),
            now=work.now,
        )


def read_matrix(guest: Guest, work: Work, actor: Actor, row: Row, view: View) -> Matrix:
    """The matrix of the campaign `row`, with the kinds of unit that the installation has."""
    kinds = {kind["code"]: kind["name"] for kind in units.kinds(work.tx)}
    return matrix(guest, work, actor, row, view, kinds)


def extension_of(work: Work, actor: Actor, row: Row) -> dict[str, Any] | None:
    """The action that moves the campaign's end, with who may take it; None where the state has none."""
    return next((one for one in actions_json(work, row, actor) if one["action"] == EXTEND), None)


def _takes(work: Work, actor: Actor, row: Row, process: str, verb: str) -> bool:
    """Whether the actor has a role for that action somewhere in the campaign's authority."""
    model = work.registry.by_code.get(process)
    if model is None or verb not in model.actions:
        return False
    return reminding.serves(work, actor, model, verb, model.actions[verb].by, row["authority_id"])


def _file(visit: Visit, model: ProcessModel, case_id: int, view: View, form: str) -> Response:
    with visit.look() as (work, actor):
        row = commands.load(work, model, case_id, actor)
        sheet = _sheet(visit, read_matrix(visit, work, actor, row, view))
        name = f"do-phu-{brief(work, row)['code']}-{work.today}.{form}"
    content = write([sheet]) if form == "xlsx" else csv_of(sheet)
    headers = {"Content-Disposition": disposition(name), "Cache-Control": "no-store"}
    return Response(content, media_type=MEDIA_TYPES[form], headers=headers)


def _sheet(visit: Visit, shown: Matrix) -> Sheet:
    titles = [visit.tr("Mã đơn vị"), visit.tr("Đơn vị"), visit.tr("Nhóm")]
    for column in shown.columns:
        title = visit.tr(column.title)
        titles += [title, visit.tr("Mã hồ sơ ({title})", title=title), visit.tr("Thư gần nhất ({title})", title=title)]
    rows: list[list[str]] = []
    for group, lines in shown.groups:
        for one in lines:
            found = [one.unit["code"], one.unit["name"], visit.tr(group)]
            for cell in one.cells:
                told = ([line(visit, one), one["code"], _mailed(one)] for one in cell)
                found += map("\n".join, zip(*told, strict=True)) if cell else ["", "", ""]
            rows.append(found)
    return Sheet(visit.tr("Độ phủ"), tuple(titles), rows)


def _mailed(cell: dict[str, Any]) -> str:
    return moment(cell["mailed_at"]).striptags() if cell["mailed_at"] else ""
