"""Mandates: who acts for whom, as what, for which work, by which paper; giving one in two steps, and ending it."""

from typing import Any

from fastapi import APIRouter

from engine.administration import mandates
from engine.administration.desk import Desk
from engine.administration.forms import Closing, NewMandate
from engine.runtime.accounts import Scope
from web.administration.rooms import ROOT, Deed, Done, Look, Sent, add_page, by_desk
from web.doors import page_router
from web.visits import Visit

CAPACITIES = (
    ("KT.", "KT. (ký thay: cấp phó ký thay cấp trưởng)"),
    ("TL.", "TL. (thừa lệnh)"),
    ("TUQ.", "TUQ. (thừa ủy quyền)"),
)


def mandate_routes() -> APIRouter:
    """GET and POST /quan-tri/uy-quyen, /quan-tri/uy-quyen/moi."""
    router = page_router()
    add_page(router, "/uy-quyen", "mandates", _list, {"thoi": Deed(by_desk(_end, Scope.ACT), _told_end, Closing)})
    give = by_desk(lambda desk, sent: mandates.give(desk, sent.form), Scope.SIGN)
    add_page(
        router, "/uy-quyen/moi", "mandate", _new,
        {"lap": Deed(give, _told_given, NewMandate, lambda done: f"{ROOT}/uy-quyen")},
    )  # fmt: skip
    return router


def _list(look: Look) -> dict[str, Any]:
    desk, with_ended = look.desk, look.asked("ca-da-het") == "1"
    found = mandates.mandates(desk, on=None)
    today = look.work.today.isoformat()
    labels = {
        one["power"]: look.visit.tr(one["label"])
        for role in {m["role"]["code"] for m in found}
        for one in mandates.powers(look.work.registry, role)
    }
    return {
        "title": look.visit.tr("Ủy quyền"),
        "mandates": [m for m in found if with_ended or m["to"] >= today],
        "with_ended": with_ended,
        "labels": labels,
        "may_give": bool(mandates.givable(desk)),
        "own": str(look.actor.person_id),
        "administers": {m["id"] for m in found if desk.reaches(_authority(look, m))},
    }


def _authority(look: Look, mandate: dict[str, Any]) -> int:
    return look.work.office.by_code[mandate["unit"]["code"]].authority_id


def _new(look: Look) -> dict[str, Any]:
    """The first step names the role and its unit, by the address; the second shows who and what fits them."""
    desk, filled = look.desk, look.filled
    role = filled.value("lap", "role") or look.asked("vai").partition("@")[0]
    unit = filled.value("lap", "unit") or look.asked("vai").partition("@")[2]
    places = mandates.givable(desk)
    place = next((one for one in places if (one["role"]["code"], one["unit"]["code"]) == (role, unit)), None)
    principals, deputies = mandates.parties(desk, role, unit) if place else ([], [])
    return {
        "title": look.visit.tr("Lập giấy ủy quyền"),
        "places": [_choice(look.visit, one) for one in places],
        "place": place,
        "principals": [(one["id"], one["name"]) for one in principals],
        "deputies": [(one["id"], f"{one['name']} ({one['unit']})") for one in deputies],
        "powers": _by_process(mandates.powers(look.work.registry, role)) if place else {},
        "capacities": [(code, look.visit.tr(label)) for code, label in CAPACITIES],
    }  # fmt: skip


def _choice(visit: Visit, one: dict[str, Any]) -> tuple[str, str]:
    role, unit = one["role"], one["unit"]
    return f"{role['code']}@{unit['code']}", f"{visit.tr(role['label'])}, {unit['name']}"


def _by_process(powers: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for one in powers:
        found.setdefault(one["process"], []).append(one)
    return found


def _told_given(visit: Visit, done: Done) -> str:
    return visit.tr(
        "{deputy} được ký {capacity} {principal}: {role}, {unit}.",
        deputy=done["deputy"]["name"], capacity=done["capacity"], principal=done["principal"]["name"],
        role=visit.tr(done["role"]["label"]), unit=done["unit"]["name"],
    )  # fmt: skip


def _end(desk: Desk, sent: Sent) -> Done:
    return mandates.end(desk, sent.key("about"), sent.form.last_day)


def _told_end(visit: Visit, done: Done) -> str:
    return visit.tr(
        "Ủy quyền của {principal} cho {deputy} kết thúc sau ngày đã ghi.",
        principal=done["principal"]["name"], deputy=done["deputy"]["name"],
    )  # fmt: skip
