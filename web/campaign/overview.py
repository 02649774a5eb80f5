"""Campaigns: the list of those that somebody sees, and one of them with everything that hangs on it."""

from datetime import date
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Path
from starlette.responses import Response

from engine.definition.audience import without
from engine.definition.choices import Choice
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.definition.registry import Registry
from engine.runtime import commands, coverage, queries
from engine.runtime.beginning import units_for
from engine.runtime.database import Row
from engine.runtime.overview import phases_below
from engine.runtime.present import actions_json, attachment_json, brief
from engine.runtime.queries import CaseFilter
from engine.runtime.rights import hidden_from
from engine.runtime.snapshots import dossier_of
from engine.runtime.work import Work
from web.campaign.coverage import CAMPAIGN
from web.doors import page_router
from web.visits import Visit, Visiting
from web.words import PHASES

PROPOSAL, RECEIPT = "award_proposal", "plan_receipt"
FACTS = (
    "slogan", "aims", "contents", "plan", "parent_plan", "extension", "city_guidance", "ward_plans_due_on",
    "reports_due_on", "summary_due_on",
)  # fmt: skip
"""What the overview tells of the plan, where there is such a field."""
A_PAGE = 20
PLACE = "/phong-trao"

CaseKey = Annotated[int, Path(ge=1, lt=2**63)]


def overview_routes(registry: Registry) -> APIRouter:
    """GET /phong-trao and /phong-trao/{id}."""
    router, model = page_router(), registry.by_code.get(CAMPAIGN)
    if model is None:
        return router

    @router.get(PLACE)
    def every(visit: Visiting, truoc: str = "") -> Response:
        before = int(truoc) if truoc.isascii() and truoc.isdigit() and len(truoc) < 18 else None
        with visit.look() as (work, actor):
            wanted = CaseFilter(processes=(model.code,), before=before)
            rows = queries.cases(work, actor, wanted, A_PAGE + 1)
            shown = [{**brief(work, row), **_period(work, dossier_of(row))} for row in rows[:A_PAGE]]
            onward = shown[-1]["id"] if len(rows) > A_PAGE else None
            return visit.page(
                "campaign/campaigns.html.j2", visit.frame(work, actor), campaigns=shown, onward=onward,
                may_begin=any(units_for(work, model, None, actor)),
                collection=model.collection,
            )  # fmt: skip

    @router.get(f"{PLACE}/{{case_id:int}}")
    def one(visit: Visiting, case_id: CaseKey) -> Response:
        return _one(visit, model, case_id)

    return router


def _one(visit: Visit, model: ProcessModel, case_id: int) -> Response:
    with visit.look() as (work, actor):
        row = commands.load(work, model, case_id, actor)
        plan = dict.fromkeys(FACTS) | without(dossier_of(row), hidden_from(work, actor, row))
        cells = coverage.cells(work, actor, row)
        return visit.page(
            "campaign/overview.html.j2",
            visit.frame(work, actor),
            case=brief(work, row),
            plan=plan,
            labels={name: field.title or name for name, field in model.dossier.model_fields.items()},
            rounds=_rounds(model, work, plan),
            totals=coverage.totals(cell for cell in cells if cell["counts"]),
            receipts=[{**cell, "received": _received(work, cell)} for cell in cells if cell["process"] == RECEIPT],
            proposals=_proposals(work, actor, row),
            phases=PHASES,
            papers=[attachment_json(paper) for paper in queries.attachments_of(work.tx, row["id"])],
            kinds=dict(model.papers),
            actions=actions_json(work, row, actor),
            **_period(work, plan),
        )


def _period(work: Work, plan: dict[str, Any]) -> dict[str, Any]:
    """When it runs; `left`: working days until its last day, negative after it, None without one."""
    starts, ends = plan.get("starts_on"), plan.get("ends_on")
    left = work.office.calendar.between(work.today, date.fromisoformat(ends)) if ends else None
    return {"starts_on": starts, "ends_on": ends, "left": left}


def _rounds(model: ProcessModel, work: Work, plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Every round of the campaign with its last day, and whether it is open."""
    field = model.dossier.model_fields.get("round_closes")
    kinds = get_args(field.annotation)[:1] if field else ()
    if not kinds or not issubclass(kinds[0], Choice):
        return []
    closes, opened = plan.get("round_closes") or {}, plan.get("open_rounds") or ()
    return [
        {
            "label": one.label,
            "closes_on": closes.get(one.value),
            "is_open": one.value in opened,
            "left": work.office.calendar.between(work.today, date.fromisoformat(closes[one.value]))
            if closes.get(one.value)
            else None,
        }
        for one in kinds[0]
    ]


def _proposals(work: Work, actor: Actor, row: Row) -> list[dict[str, Any]]:
    """The units with their proposals by phase, those with most first."""
    if PROPOSAL not in work.registry.by_code:
        return []
    found = phases_below(work, actor, row["id"], PROPOSAL)
    lines = [
        {"unit": work.office.units[unit_id].name, "counts": counts, "total": sum(counts.values())}
        for unit_id, counts in found.items()
    ]
    return sorted(lines, key=lambda line: (-line["total"], line["unit"]))


def _received(work: Work, cell: dict[str, Any]) -> str | None:
    """When the addressee says that the plan came in."""
    return cell["closed_at"] if work.registry.by_code[cell["process"]].states[cell["state"]["id"]].final else None
