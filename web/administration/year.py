"""The working calendar: a year at a glance, and the days that somebody announced."""

import calendar as months
from datetime import date
from typing import Any

from fastapi import APIRouter

from engine.administration import calendar
from engine.administration.forms import NewDay
from engine.instants import vn_date
from engine.runtime.administering import Reach
from web.administration.rooms import ROOT, Deed, Done, Look, add_page, by_desk
from web.doors import page_router
from web.visits import Visit

FIRST, LAST = 2000, 2100


def calendar_routes() -> APIRouter:
    """GET and POST /quan-tri/lich."""
    router = page_router()
    add = Deed(by_desk(lambda desk, sent: calendar.add_day(desk, sent.form)), _told, NewDay, _to_year)
    add_page(router, "/lich", "calendar", _year, {"ghi": add})
    return router


def _year(look: Look) -> dict[str, Any]:
    asked = look.asked("nam")
    year = int(asked) if asked.isascii() and asked.isdigit() and FIRST <= int(asked) <= LAST else look.work.today.year
    found = calendar.days(look.work.tx, year)
    return {
        "title": look.visit.tr("Lịch làm việc {year}", year=year),
        "year": year,
        "first": FIRST,
        "last": LAST,
        "days": found,
        "due": calendar.due_by_day(look.work.tx, year),
        "months": _months(year, {one["day"]: one["kind"] for one in found}),
        "must_enter": calendar.must_be_entered(look.work.tx, look.work.today),
        "is_head": Reach(look.work, look.actor).is_head,
    }


def _months(year: int, kinds: dict[str, str]) -> list[list[list[tuple[int, str]]]]:
    """Twelve months of weeks from Monday of days: (number, kind); 0 stands for a day of another month."""
    by_week = months.Calendar()
    return [
        [
            [(day, _kind(date(year, month, day), kinds)) if day else (0, "") for day in week]
            for week in by_week.monthdayscalendar(year, month)
        ]
        for month in range(1, 13)
    ]


def _kind(day: date, kinds: dict[str, str]) -> str:
    said = kinds.get(day.isoformat())
    if said is not None:
        return "worked" if said == "working" else "off"
    return "rest" if day.weekday() >= months.SATURDAY else ""


def _to_year(done: Done) -> str:
    return f"{ROOT}/lich?nam={done['day'][:4]}"


def _told(visit: Visit, done: Done) -> str:
    return visit.tr(
        "Đã ghi {day}: {name}. Có {n} việc đang chạy có hạn từ ngày đó trở đi; hạn đã ghi được giữ nguyên.",
        day=vn_date(date.fromisoformat(done["day"])), name=done["name"], n=done["tasks_due_from_then"],
    )  # fmt: skip
