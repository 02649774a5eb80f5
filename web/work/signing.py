"""Chờ ký: what waits for one's signature, as prepared lists that are looked through and signed in one go."""

from itertools import groupby
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from engine.definition.audience import without
from engine.runtime import signing
from engine.runtime.present import brief, reason_json
from engine.runtime.queries import AWARD
from engine.runtime.signing import Signable
from engine.runtime.work import Work
from web.cases.reading import gist_of, words_at
from web.doors import page_router
from web.visits import Visiting

MOST = 200


def signing_routes() -> APIRouter:
    """GET /cho-ky."""
    router = page_router()

    @router.get("/cho-ky")
    def waiting(visit: Visiting) -> Response:
        with visit.look() as (work, actor):
            found = signing.waiting(work, actor, MOST)
            ready = [one for one in found if not one.reasons]
            return visit.page(
                "work/signing.html.j2",
                visit.frame(work, actor),
                groups=_groups(work, ready),
                blocked=[_shown(work, one) for one in found if one.reasons],
                count=len(ready),
                is_more=len(found) == MOST,
            )

    return router


def _groups(work: Work, ready: list[Signable]) -> list[dict[str, Any]]:
    """By what is signed; within that by the paper above with which the cases came."""
    found = sorted(ready, key=lambda one: (one.case.process, one.action, _above(one), one.row["id"]))
    groups = []
    for (process, action), same in groupby(found, lambda one: (one.case.process, one.action)):
        several = list(same)
        papers = [
            {"above": above, "cases": [_shown(work, one) for one in cases]}
            for above, cases in groupby(several, lambda one: _paper(work, one))
        ]
        title = work.registry.by_code[process].title
        groups.append(
            {"action": action, "label": several[0].label, "process": title, "count": len(several), "papers": papers}
        )
    return groups


def _above(one: Signable) -> int:
    return one.row["parent_id"] or 0


def _paper(work: Work, one: Signable) -> dict[str, Any] | None:
    above = next(iter(one.case.ancestors.values()), None)
    if above is None:
        return None
    model = work.registry.by_code[above.process]
    return {
        "code": above.code, "title": model.title, "unit": above.unit.name, "collection": model.collection,
        "id": above.id,
    }  # fmt: skip


def _shown(work: Work, one: Signable) -> dict[str, Any]:
    model = work.registry.by_code[one.case.process]
    dossier = without(one.case.dossier.model_dump(), one.hidden)
    award = getattr(one.case.dossier, AWARD, None)
    return {
        **brief(work, one.row),
        "award": getattr(award, "label", ""),
        "said": gist_of(model, dossier),
        "result": words_at(dossier, model.outline.verdict),
        "lines": sum(child.is_open for child in one.case.children) if model.actions[one.action].carries else 0,
        "is_late": bool(one.due_on) and str(one.due_on) < work.today.isoformat(),
        "due_on": one.due_on,
        "reasons": [reason_json(reason) for reason in one.reasons],
        "warnings": [reason_json(reason) for reason in one.warnings],
    }
