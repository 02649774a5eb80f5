"""Personal data: which cases are due for archiving, which are held back, who looked at what and why."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from api.reasons import ReasonWish
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.errors import NotFound
from engine.privacy import disclosures, holds, retention
from engine.runtime import commands
from engine.runtime.accounts import Scope
from engine.runtime.administering import Reach
from engine.runtime.database import Row
from engine.runtime.present import brief
from engine.runtime.service import check_version
from engine.runtime.work import Work
from web.administration.rooms import Deed, Done, Look, Run, Sent, add_page, by_work, is_key
from web.doors import page_router
from web.visits import Visit

A_PAGE = 50
Hold = Callable[[Work, ProcessModel, Row, str, Actor], Row]


def privacy_routes() -> APIRouter:
    """GET and POST /quan-tri/du-lieu-ca-nhan, …/dang-giu; GET …/nhat-ky."""
    router = page_router()
    hold, release = _holding(holds.hold), _holding(holds.release)
    add_page(
        router, "/du-lieu-ca-nhan", "retention", _due,
        {
            "luu-tru": Deed(by_work(_archive, Scope.ADMINISTER), _told_archived),
            "giu": Deed(hold, _told_held, ReasonWish),
        },
    )  # fmt: skip
    add_page(router, "/du-lieu-ca-nhan/dang-giu", "holds", _held, {"thoi-giu": Deed(release, _told_free, ReasonWish)})
    add_page(router, "/du-lieu-ca-nhan/nhat-ky", "disclosures", _disclosures)
    return router


def _due(look: Look) -> dict[str, Any]:
    items = retention.due(look.work, look.actor, look.before, A_PAGE + 1)
    reach = Reach(look.work, look.actor)
    administers = any(reach.reaches(one.authority_id) for one in look.work.office.units.values())
    ready = retention.archive(look.work, look.actor, dry_run=True) if administers else None
    return {
        "title": look.visit.tr("Dữ liệu cá nhân và lưu trữ"),
        "items": items[:A_PAGE],
        "next": items[A_PAGE - 1]["case"]["id"] if len(items) > A_PAGE else None,
        "ready": ready,
    }


def _held(look: Look) -> dict[str, Any]:
    found = holds.held_page(look.work, look.actor, look.before, A_PAGE + 1)
    return {
        "title": look.visit.tr("Hồ sơ đang giữ lại"),
        "items": found[:A_PAGE],
        "next": found[A_PAGE - 1]["id"] if len(found) > A_PAGE else None,
    }


def _disclosures(look: Look) -> dict[str, Any]:
    found = disclosures.overseen_page(look.work, look.actor, look.before, A_PAGE + 1)
    return {
        "title": look.visit.tr("Ai đã xem dữ liệu cá nhân"),
        "items": found[:A_PAGE],
        "next": found[A_PAGE - 1]["id"] if len(found) > A_PAGE else None,
        "kinds": {"unmask": "xem", "export": "sao", "search": "tìm theo số định danh"},
    }


def _archive(work: Work, actor: Actor, sent: Sent) -> Done:
    done = retention.archive(work, actor, dry_run=False)
    return {"count": len(done["items"]), "more": done["more"]}


def _told_archived(visit: Visit, done: Done) -> str:
    if done["more"]:
        return visit.tr("Đã đưa {n} hồ sơ vào lưu trữ; còn nữa, hãy bấm tiếp.", n=done["count"])
    return visit.tr("Đã đưa {n} hồ sơ vào lưu trữ.", n=done["count"])


def _holding(change: Hold) -> Run:
    """A hold or its end, of the case that the form is about: collection/key, at the version that was seen."""

    def perform(work: Work, actor: Actor, sent: Sent) -> Done:
        collection, _, key = sent.about.partition("/")
        if not is_key(key):
            raise NotFound(what="hồ sơ này")
        model = work.registry.collection(collection)
        row = commands.load(work, model, int(key), actor)
        check_version(row, sent.asking)
        return brief(work, change(work, model, row, sent.form.reason, actor))

    return by_work(perform, Scope.ADMINISTER)


def _told_held(visit: Visit, done: Done) -> str:
    return visit.tr("Hồ sơ {code} được giữ lại, không đưa vào lưu trữ.", code=done["code"])


def _told_free(visit: Visit, done: Done) -> str:
    return visit.tr("Hồ sơ {code} thôi giữ.", code=done["code"])
