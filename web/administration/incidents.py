"""Incidents: what the engine could not do, why, and trying it again or saying that it is settled."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from engine.definition.performing import Actor
from engine.runtime import incidents
from engine.runtime.work import Work
from web.administration.rooms import Deed, Done, Look, Run, Sent, add_page, by_work
from web.doors import page_router
from web.visits import Visit


def incident_routes() -> APIRouter:
    """GET and POST /quan-tri/su-co."""
    router = page_router()
    add_page(
        router, "/su-co", "incidents", _list,
        {
            "thu-lai": Deed(_repairing(incidents.retry), _told_retried),
            "ket-thuc": Deed(_repairing(incidents.resolve), _told_resolved),
        },
    )  # fmt: skip
    return router


def _list(look: Look) -> dict[str, Any]:
    return {"title": look.visit.tr("Sự cố"), "incidents": incidents.open_incidents(look.work, look.actor)}


def _repairing(repair: Callable[[Work, int, Actor], dict[str, Any]]) -> Run:
    def perform(work: Work, actor: Actor, sent: Sent) -> Done:
        return repair(work, sent.key("about"), actor)

    return by_work(perform)


def _told_retried(visit: Visit, done: Done) -> str:
    return visit.tr("Đã thử lại việc của {code}. Nếu vẫn bị từ chối, một sự cố mới sẽ hiện ở đây.", code=done["code"])


def _told_resolved(visit: Visit, done: Done) -> str:
    return visit.tr("Đã kết thúc sự cố của {code}.", code=done["code"])
