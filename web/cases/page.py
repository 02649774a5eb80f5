"""The page of a case for everybody: where it stands, what comes next, its dossier, papers, lines, history and mails.

Who works on it at a desk of the authority sees it in two panes: the dossier, and beside it what there is to do.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from engine.definition.audience import without
from engine.definition.case import Case
from engine.definition.language import Seat
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.runtime import case_view, commands
from engine.runtime.database import Row
from engine.runtime.listing import Place
from engine.runtime.present import actions_json, attachment_json, brief, is_open, is_personal
from engine.runtime.receipts import is_receipted, receipt_code
from engine.runtime.reminding import nudges_of
from engine.runtime.rights import hidden_from
from engine.runtime.snapshots import dossier_of, load_case
from engine.runtime.work import Work
from notifications.door import mails_of_case
from web.cases.asked import answered, asked_of
from web.cases.below import SUBMISSION, openings
from web.cases.checklist import checklist
from web.cases.reading import readable
from web.cases.timeline import NEWEST, timeline
from web.doors import page_router
from web.visits import Visit, Visiting
from web.words import PHASES

CaseKey = Annotated[int, Path(ge=1, lt=2**63)]
MOST_LINES, MOST_MAILS = 50, 6
DRAFTED = "drafted"
FOUND = {
    "same_subject": "cùng đối tượng trong đợt",
    "same_name": "trùng họ tên, năm sinh",
    "same_achievement": "cùng thành tích",
    "own_plan": "kế hoạch của đơn vị",
}


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of what is long is shown: history before an entry, lines after a place."""

    before: int = NEWEST
    after: Place | None = None


def case_page_routes() -> APIRouter:
    """GET /{collection}/{id} and /hang-doi/tiep."""
    router = page_router()

    @router.get("/hang-doi/tiep")
    def following(visit: Visiting, sau: Annotated[int, Query(ge=0, lt=2**63)] = 0) -> Response:
        return _following(visit, sau)

    @router.get("/{collection}/{case_id:int}")
    def case(
        visit: Visiting,
        collection: str,
        case_id: CaseKey,
        truoc: Annotated[int, Query(ge=1, le=NEWEST)] = NEWEST,
        sau: Annotated[str, Query(pattern="^([0-9]{1,17}-[0-9]{1,17})?$")] = "",
    ) -> Response:
        return _page(visit, collection, case_id, Part(truoc, _place(sau)))

    return router


def _place(given: str) -> Place | None:
    value, _, key = given.partition("-")
    return Place(int(value), int(key)) if key else None


def _following(visit: Visit, task_id: int) -> Response:
    """On to the case that waits after that task; back to the queue, with a word, when nothing else waits."""
    with visit.look() as (work, actor):
        found = case_view.next_in_queue(work, actor, task_id)
    if found is None:
        return visit.go("/hang-doi", visit.tr("Không còn hồ sơ nào khác đang chờ bạn."))
    return visit.go(f"/{found['collection']}/{found['id']}")


def _page(visit: Visit, collection: str, case_id: int, part: Part) -> Response:
    model = visit.engine.registry.collection(collection)
    with visit.look() as (work, actor):
        row = commands.load(work, model, case_id, actor)
        case, where = load_case(work, row), case_view.whereabouts(work, row)
        actions = [_offered(model, action) for action in actions_json(work, row, actor, case)]
        above = case_view.above(work, row, actor)
        shown, opened = brief(work, row), openings(work, row, case, actor)
        return visit.page(
            "cases/case.html.j2",
            visit.frame(work, actor),
            title=f"{shown['code']} {shown['headline']}",
            case=shown,
            process=model.title,
            receipt=receipt_code(work, row) if is_receipted(work, row) else "",
            above=above,
            papers_above=_papers_above(work, above),
            stages=_stages(case_view.phases(work, row, case)),
            where=where,
            nudges=nudges_of(work, case_id),
            actions=actions,
            at_desk=_is_at_desk(work, actor, where, actions),
            openings=opened,
            is_submission=row["process"] == SUBMISSION,
            checks=checklist(work, row, actor, case),
            asked=asked_of(model, case),
            answered=answered(work, row, actor),
            dossier=readable(model.dossier, without(dossier_of(row), hidden_from(work, actor, row))),
            papers=_papers(model, case_view.papers_of(work, case_id)),
            found=_found(work, case, actor),
            below=case_view.below(work, row, actor, part.after, MOST_LINES),
            timeline=timeline(work, row, actor, part.before),
            is_part=part.before < NEWEST,
            mails=mails_of_case(work.tx, row["id"]),
            most_mails=MOST_MAILS,
        )


def _stages(phases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**phase, "label": PHASES[phase["phase"]]} for phase in phases]


def _offered(model: ProcessModel, action: dict[str, Any]) -> dict[str, Any]:
    """The action with whether its page may be opened, and whether it is not for this person at all."""
    return {**action, "is_open": is_open(model, action), "is_personal": is_personal(action)}


def _is_at_desk(work: Work, actor: Actor, where: dict[str, Any], actions: list[dict[str, Any]]) -> bool:
    """Whether the actor checks, appraises or decides this case now, at a desk of the authority."""
    seated = {code for code, _ in actor.hats if code in work.registry.roles}
    desks = {code for code in seated if work.registry.roles[code].seat is Seat.AUTHORITY}
    task = where["task"]
    holds = task is not None and (task["role_code"], task["unit_id"]) in actor.hats and task["role_code"] in desks
    return holds or any(
        action["allowed"] and any(who["role"]["code"] in desks for who in action["who"]) for action in actions
    )


def _papers(model: ProcessModel, rows: list[Row]) -> list[dict[str, Any]]:
    """The papers by kind: the label, and the editions, the newest first."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        kinds.setdefault(row["kind"], []).append({**attachment_json(row), "added_by": row["added_by_name"]})
    return [{"label": model.papers.get(kind, kind), "editions": editions} for kind, editions in kinds.items()]


def _papers_above(work: Work, above: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The papers of the cases above, which are meant for those below too; the newest edition of each kind."""
    found, rows = [], case_view.papers_of(work, *(int(one["id"]) for one in above))
    for one in above:
        model = work.registry.by_collection[one["collection"]]
        newest = {row["kind"]: row for row in reversed(rows) if row["instance_id"] == int(one["id"])}
        papers = [{**attachment_json(row), "label": model.papers.get(kind, kind)} for kind, row in newest.items()]
        if papers:
            found.append({"case": one, "papers": papers})
    return found


def _found(work: Work, case: Case[Any], actor: Actor) -> list[dict[str, Any]]:
    found = case_view.found_json(work, case, actor)
    return [{**one, "why": [FOUND.get(why, why) for why in one["why"]]} for one in found]
