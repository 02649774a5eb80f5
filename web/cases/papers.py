"""The papers of a case: what there is in all its versions, adding some, fetching one."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from api.dependencies import answered
from api.errors import status_of
from api.files import keep, served
from api.refusals import BodyTooLarge
from engine.definition.model import ProcessModel
from engine.errors import InvalidInput, NotAuthenticated, NotFound, Refused, StaleVersion
from engine.runtime import queries
from engine.runtime.commands import ATTACHING, Paper
from engine.runtime.database import Row
from engine.runtime.present import attachment_json, brief
from engine.runtime.service import Answer, Asking
from web.cases.reaching import At, CaseKey, done
from web.doors import local_path, page_router
from web.shell import size
from web.visits import MOST_FILES, Visit, Visiting, in_thread

KIND, FILES, BACK_FIELD = "kind", "file", "_back"


def papers_routes() -> APIRouter:
    """GET and POST /{collection}/{id}/giay-to, GET /{collection}/{id}/giay-to/{paper}."""
    router = page_router()

    @router.get("/{collection}/{case_id:int}/giay-to")
    def show(visit: Visiting, collection: str, case_id: CaseKey) -> Response:
        return _page(visit, At(collection, case_id))

    @router.post("/{collection}/{case_id:int}/giay-to")
    async def add(visit: Visiting, collection: str, case_id: CaseKey) -> Response:
        return await _add(visit, At(collection, case_id))

    @router.get("/{collection}/{case_id:int}/giay-to/{paper_id:int}")
    def fetch(visit: Visiting, collection: str, case_id: CaseKey, paper_id: CaseKey) -> Response:
        at = At(collection, case_id)
        with visit.look() as (work, actor):
            paper = queries.attachment_of(work.tx, at.row(visit, work, actor)["id"], paper_id)
        if paper is None:
            raise NotFound(what=f"giấy tờ số {paper_id} của hồ sơ này")
        return served(visit.engine, paper)

    return router


def open_kinds(model: ProcessModel, row: Row) -> dict[str, str]:
    """The kinds of paper that can be attached to the case now, with their labels."""
    wanted = model.open_papers(row["state"], model.dossier.model_validate_json(row["dossier"]))
    return {kind: label for kind, label in model.papers.items() if kind in wanted}


def by_kind(kinds: dict[str, str], papers: list[Row]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The papers under the labels of their kinds, the newest version first."""
    shown = [attachment_json(paper) for paper in reversed(papers)]
    named = {**kinds, **{paper["kind"]: kinds.get(paper["kind"], paper["kind"]) for paper in shown}}
    groups = [(label, [paper for paper in shown if paper["kind"] == kind]) for kind, label in named.items()]
    return [(label, found) for label, found in groups if found]


async def _add(visit: Visit, at: At) -> Response:
    def must_see() -> None:
        with visit.look() as (work, actor):
            at.row(visit, work, actor)

    await in_thread(must_see)
    try:
        form = await visit.form()
    except BodyTooLarge as refused:
        limit = size(visit.settings.upload_limit_bytes)
        sentence = visit.tr("Các tệp vượt quá {size}: hãy bớt tệp hoặc nén lại.", size=limit)
        return await in_thread(partial(_page, visit, at, "", refused, {FILES: sentence}))
    kind = str(form.get(KIND, ""))
    try:
        papers = await _stored(visit, at, kind, form)
        asking = await visit.asking(form)
        for index, paper in enumerate(papers):
            answer = await _attach(visit, at, asking, index, paper)
            asking = replace(asking, expected=int(answer.etag.strip('"')))
    except (NotAuthenticated, NotFound):
        raise
    except Refused as refused:
        refusal = refused
        return await in_thread(lambda: _page(visit, at, kind, refusal))
    finally:
        await form.close()
    said = await in_thread(lambda: done(visit, at, answer, ATTACHING))
    names = ", ".join(paper.name for paper in papers)
    back = local_path(str(form.get(BACK_FIELD, ""))) if form.get(BACK_FIELD) else f"{at.page}/giay-to"
    return visit.go(back, visit.tr("Đã đính kèm: {names}. {said}", names=names, said=said))


async def _attach(visit: Visit, at: At, asking: Asking, index: int, paper: Paper) -> Answer:
    """One of the papers; each is a change of its own, with a key of its own.

    It takes nothing away from what others have done to the case meanwhile, so it goes on any version.
    """
    asking = replace(asking, key=f"{asking.key}.{index}" if asking.key else "")
    try:
        return await answered(visit.engine.attach(asking, at.model(visit), at.case_id, paper))
    except StaleVersion as stale:
        now = replace(asking, expected=int(stale.params["actual"]))
        return await answered(visit.engine.attach(now, at.model(visit), at.case_id, paper))


async def _stored(visit: Visit, at: At, kind: str, form: FormData) -> list[Paper]:
    """The files of the form, each looked at and stored.

    Raises:
        InvalidInput: no kind, no file, or a file that cannot be taken: with its name.
    """
    files = [file for file in form.getlist(FILES) if isinstance(file, UploadFile) and file.filename]
    wrong = {}
    if kind not in at.model(visit).papers:
        wrong[KIND] = visit.tr("Hãy chọn loại giấy tờ.")
    if not files:
        wrong[FILES] = visit.tr("Hãy chọn ít nhất một tệp.")
    if wrong:
        raise InvalidInput(wrong)
    papers, refused = [], []
    for file in files:
        try:
            storing = partial(keep, visit.engine, kind, file, visit.settings.upload_limit_bytes)
            papers.append(await in_thread(storing))
        except Refused as refusal:
            sentence = visit.said(refusal)
            refused.append(visit.tr("«{name}»: {sentence}", name=file.filename, sentence=sentence))
    if refused:
        raise InvalidInput({FILES: " ".join([*refused, visit.tr("Chưa tệp nào được đính kèm.")])})
    return papers


def _page(
    visit: Visit, at: At, kind: str = "", refused: Refused | None = None, faults: Mapping[str, str] | None = None
) -> Response:
    with visit.look() as (work, actor):
        row = at.row(visit, work, actor)
        model = at.model(visit)
        wrong = faults or (refused.fields if isinstance(refused, InvalidInput) else {})
        return visit.page(
            "cases/papers.html.j2",
            visit.frame(work, actor),
            status=status_of(refused) if refused else 200,
            title=visit.tr("Giấy tờ của hồ sơ"),
            at=at,
            case=brief(work, row),
            groups=by_kind(dict(model.papers), queries.attachments_of(work.tx, row["id"])),
            kinds=open_kinds(model, row),
            kind=kind,
            faults=wrong,
            said=_said(visit, refused),
            limit=visit.settings.upload_limit_bytes,
            most=MOST_FILES,
        )


def _said(visit: Visit, refused: Refused | None) -> str:
    """What is said above the form; of files that are too large it is said in bytes nobody counts in, so not."""
    if refused is None:
        return ""
    sentence = InvalidInput.sentence if isinstance(refused, BodyTooLarge) else refused.sentence
    return visit.tr(sentence).format(**refused.params)
