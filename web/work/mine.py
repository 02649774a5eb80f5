"""The first page: of everybody who is logged in what waits for them, of anybody else the way in."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from engine.definition.language import Seat
from engine.definition.performing import Actor
from engine.errors import NotAuthenticated
from engine.runtime import coverage, first_page, incidents, listing, signing
from engine.runtime.listing import Order, Sorting
from engine.runtime.queries import CaseFilter, Whose
from engine.runtime.work import Work
from notifications.door import failed_count
from web import navigation
from web.doors import page_router
from web.visits import Anybody, Guest, Visit
from web.work.filters import DECIDED, SECTION, SECTIONS, steps

MOST, MOST_OWN, MOST_DATES, MOST_SIGNED, MOST_UNITS = 100, 10, 12, 100, 3
DAYS_AHEAD = timedelta(days=30)
WEEK = 5  # working days
OVERDUE, TODAY, THIS_WEEK, LATER = "Đã quá hạn", "Hôm nay", "Trong 5 ngày làm việc tới", "Sau đó"

TILES: tuple[tuple[str, tuple[tuple[str, str], ...], str], ...] = (
    ("Đã đưa ra Hội đồng", (("award_proposal", "appraised"),), "/ho-so?loai=award-proposals&trang_thai=appraised"),
    ("Chờ chuyển lên thành phố", (("award_proposal", "endorsed"),), "/ho-so?loai=award-proposals&trang_thai=endorsed"),
)
"""What people of an authority keep an eye on beside their own tasks: its name, its steps, its list."""


def my_work_routes() -> APIRouter:
    """GET /."""
    router = page_router()

    @router.get("/")
    def first(guest: Anybody) -> Response:
        if not guest.secret:
            return guest.page("public/front.html.j2")
        try:
            return _mine(Visit(guest.request, guest.engine, guest.settings, guest.secret, guest.language))
        except NotAuthenticated:
            return guest.page("public/front.html.j2")

    return router


def _mine(visit: Visit) -> Response:
    with visit.look() as (work, actor):
        tasks, is_more = _tasks(work, actor)
        dates = first_page.dates_ahead(work, actor, work.today + DAYS_AHEAD, MOST_DATES)
        return visit.page(
            "work/mine.html.j2",
            visit.frame(work, actor),
            groups=_grouped(task for task in tasks if not task["away"]),
            away=[task for task in tasks if task["away"]],
            is_more=is_more,
            dates=dates,
            beginnings=first_page.beginnings(work, actor),
            own=_own(work, actor, visit) if listing.own_units(work, actor) else None,
            office=_office(work, actor) if navigation.works_for_an_authority(work, actor) else None,
            to_sign=_to_sign(work, actor),
            incidents=len(incidents.open_incidents(work, actor)) if navigation.administers(work, actor) else 0,
        )


def _tasks(work: Work, actor: Actor) -> tuple[list[dict[str, Any]], bool]:
    """The tasks of the actor's roles on which people can do something, and whether there are more."""
    models = work.registry.models
    alive = tuple((m.code, s.id) for m in models for s in m.states.values() if not s.final and m.waits_for_people(s.id))
    wanted = CaseFilter(whose=Whose.ROLES, steps=alive)
    rows = listing.rows(work, actor, wanted, Sorting(Order.DUE), None, MOST + 1)
    away = listing.kept_away(work, actor, rows[:MOST])
    tasks = [
        {
            **listing.shown(work, row),
            "away": away.get(row["id"], ""),
            "is_mine": row["task_assignee_id"] is not None and row["task_assignee_id"] == actor.person_id,
        }
        for row in rows[:MOST]
    ]
    return tasks, len(rows) > MOST


def _grouped(tasks: Iterable[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The tasks by when they are due; in each group those that were given to the person first."""
    groups: dict[str, list[dict[str, Any]]] = {OVERDUE: [], TODAY: [], THIS_WEEK: [], LATER: []}
    for found in tasks:
        groups[_group(found["task"])].append(found)
    return [(name, sorted(of_it, key=lambda one: not one["is_mine"])) for name, of_it in groups.items() if of_it]


def _group(task: dict[str, Any]) -> str:
    if task["is_late"]:
        return OVERDUE
    left = task["days_left"]
    if left is None or left > WEEK:
        return LATER
    return TODAY if left == 0 else THIS_WEEK


def _own(work: Work, actor: Actor, guest: Guest) -> dict[str, Any]:
    """What the person's units have brought themselves, by how far it has come."""
    units = listing.own_units(work, actor)
    models = [m for m in work.registry.models if any(r.seat is Seat.OWN_UNIT for r in first_page.beginners(m))]
    parts = {
        name: CaseFilter(units=units, steps=steps(models, name), is_open=None if name == DECIDED else True)
        for name in SECTIONS
    }
    tabs = listing.tally(work, actor, parts)
    asked = guest.request.query_params.get(SECTION, "")
    chosen = asked if asked in SECTIONS else next((name for name in ("bo_sung", *SECTIONS) if tabs[name]), "nhap")
    sorting = Sorting(Order.BEGUN if chosen == DECIDED else Order.RECEIVED)
    rows = listing.rows(work, actor, parts[chosen], sorting, None, MOST_OWN + 1) if tabs[chosen] else []
    return {
        "tabs": [(name, label, tabs[name]) for name, label in SECTIONS.items()],
        "chosen": chosen,
        "rows": [listing.shown(work, row) for row in rows[:MOST_OWN]],
        "is_more": len(rows) > MOST_OWN,
        "unit": work.office.units[min(units)].code if len(units) == 1 else "",
        "collections": ",".join(model.collection for model in models),
    }


def _office(work: Work, actor: Actor) -> dict[str, Any]:
    """What stands elsewhere: with units, with the council, before the city; mail that did not get through."""
    served = first_page.served(work, actor)
    of_tile = {"back": steps(work.registry.models, "bo_sung"), **{name: of_it for name, of_it, _ in TILES}}
    parts = {name: CaseFilter(steps=of_it, authorities=served, is_open=True) for name, of_it in of_tile.items()}
    counted = listing.tally(work, actor, parts)
    tiles = [("Đã trả, chờ đơn vị bổ sung", counted["back"], "/ho-so?muc=bo_sung")]
    tiles += [(name, counted[name], address) for name, _, address in TILES]
    tiles.append(("Thư không gửi được", failed_count(work, actor), "/thu?trang_thai=failed"))
    running = first_page.newest_owed(work, actor)
    own = coverage.coverage(work, actor, int(running["id"]))["totals"]["units"] if running else 0
    return {
        "tiles": [tile for tile in tiles if tile[1]],
        "campaign": running,
        "totals": coverage.totals_of_all(work, int(running["id"])) if running else None,
        "sees_units": own > 0,
        "late": first_page.overdue_by_unit(work, actor, MOST_UNITS),
    }


def _to_sign(work: Work, actor: Actor) -> int:
    if not navigation.signs(work, actor):
        return 0
    return sum(not one.reasons for one in signing.waiting(work, actor, MOST_SIGNED))
