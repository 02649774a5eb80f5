"""Long work as its owner sees it: the list, one job as it goes on, its file, stopping it."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.dependencies import answered
from api.files import disposition
from engine.definition.documents import canonical
from engine.definition.performing import Actor
from engine.jobs import reading
from engine.jobs.orders import MOST_ROWS, Kind
from engine.jobs.reading import OPEN, Outcome
from engine.jobs.results import file_of
from engine.runtime.accounts import Scope
from engine.runtime.service import Answer
from engine.runtime.work import Work
from web.doors import page_router
from web.visits import Visit, Visiting

JOBS = "/tac-vu"
A_PAGE = 30
TONES = {
    Outcome.DONE: ("✓", "đã thực hiện", "good"),
    Outcome.REFUSED: ("!", "bị từ chối", "due"),
    Outcome.FAILED: ("✗", "lỗi hệ thống", "late"),
    Outcome.WAITING: ("·", "chưa thực hiện", ""),
}
"""An outcome's sign, word and colour."""
ORDER = (Outcome.FAILED, Outcome.REFUSED, Outcome.WAITING, Outcome.DONE)

JobId = Annotated[int, Path(ge=1, lt=2**63)]


def job_routes() -> APIRouter:
    """GET /tac-vu, /tac-vu/{id}, its tien-do and tep; POST /tac-vu/{id}/dung."""
    router = page_router()

    @router.get(JOBS)
    def mine(visit: Visiting, truoc: str = "") -> Response:
        before = int(truoc) if truoc.isascii() and truoc.isdigit() and len(truoc) < 18 else None
        with visit.look() as (work, actor):
            jobs = reading.jobs_of(work, actor, before, A_PAGE + 1)
            onward = jobs[A_PAGE - 1]["id"] if len(jobs) > A_PAGE else None
            return visit.page(
                "jobs/jobs.html.j2", visit.frame(work, actor), title=visit.tr("Tác vụ của tôi"), jobs=jobs[:A_PAGE],
                onward=onward,
            )  # fmt: skip

    @router.get(JOBS + "/{job_id}")
    def one(visit: Visiting, job_id: JobId) -> Response:
        with visit.look() as (work, actor):
            shown = _shown(work, actor, job_id)
            return visit.page("jobs/job.html.j2", visit.frame(work, actor), title=shown["job"]["title"], **shown)

    @router.get(JOBS + "/{job_id}/tien-do")
    def progress(visit: Visiting, job_id: JobId) -> Response:
        with visit.look() as (work, actor):
            return visit.page("jobs/progress.html.j2", **_shown(work, actor, job_id))

    @router.get(JOBS + "/{job_id}/tep")
    def file(visit: Visiting, job_id: JobId) -> Response:
        with visit.look() as (work, actor):
            found = file_of(work, actor, job_id)
        headers = {"Content-Disposition": disposition(found.name), "Cache-Control": "no-store"}
        return Response(found.content, 200, headers, found.media_type)

    @router.post(JOBS + "/{job_id}/dung")
    async def stop(visit: Visiting, job_id: JobId) -> Response:
        return await _stop(visit, job_id)

    return router


async def _stop(visit: Visit, job_id: int) -> Response:
    def perform(work: Work, actor: Actor) -> Answer:
        return Answer(200, canonical({"state": reading.cancel(work, actor, job_id)["state"]}))

    asking = await visit.asking(await visit.form())
    await answered(visit.engine.change(asking, perform, Scope.ACT))
    return visit.go(f"{JOBS}/{job_id}", visit.tr("Tác vụ dừng lại; những dòng đã thực hiện vẫn giữ nguyên."))


def _shown(work: Work, actor: Actor, job_id: int) -> dict[str, Any]:
    """What the page and its progress show: what wants a look comes first; counts until the work has ended."""
    job = reading.job_of(work, actor, job_id)
    is_open = job["state"] in OPEN
    rows = [] if is_open else reading.rows_of(work, job_id, 0, MOST_ROWS)
    groups = [(outcome, TONES[outcome], [row for row in rows if row["outcome"] == outcome]) for outcome in ORDER]
    left = [row for row in rows if row["outcome"] != Outcome.DONE]
    return {
        "job": job,
        "is_open": is_open,
        "is_export": job["kind"] == Kind.EXPORT,
        "groups": [group for group in groups if group[2]],
        "left": left,
    }
