"""The administration's log with filters, and checking the chains of hashes on demand, a part at a time."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter

from engine.administration import log
from engine.runtime import history
from engine.runtime.administering import Reach
from web.administration.entries import GROUPS, entries_shown
from web.administration.rooms import Look, add_page, is_key
from web.doors import page_router

A_PAGE = 50
CASES_AT_ONCE = 300
"""So many cases are checked for one click: about a second's work."""


def log_routes() -> APIRouter:
    """GET /quan-tri/nhat-ky, /quan-tri/nhat-ky/kiem-tra."""
    router = page_router()
    add_page(router, "/nhat-ky", "log", _log)
    add_page(router, "/nhat-ky/kiem-tra", "verified", _verified)
    return router


def _log(look: Look) -> dict[str, Any]:
    log.must_read(Reach(look.work, look.actor))
    asked = {name: look.asked(name) for name in ("loai", "ve", "ai", "tu", "den")}
    rows = log.entries(
        look.work.tx, look.before, A_PAGE + 1, what=f"{asked['loai']}." if asked["loai"] in GROUPS else "",
        subject=asked["ve"], actor=asked["ai"], since=_day(asked["tu"]), until=_day(asked["den"]),
    )  # fmt: skip
    return {
        "title": look.visit.tr("Nhật ký quản trị"),
        "entries": entries_shown(look.visit, rows[:A_PAGE]),
        "next": rows[A_PAGE - 1]["seq"] if len(rows) > A_PAGE else None,
        "asked": asked,
        "query": urlencode({name: value for name, value in asked.items() if value}),
        "groups": GROUPS,
    }


def _day(given: str) -> date | None:
    try:
        return date.fromisoformat(given)
    except ValueError:
        return None


def _verified(look: Look) -> dict[str, Any]:
    log.must_read(Reach(look.work, look.actor))
    after = int(look.asked("sau")) if is_key(look.asked("sau")) else 0
    done = int(look.asked("da")) if is_key(look.asked("da")) else 0
    faults, looked_at, onward = history.verify_part(look.work.tx, after, CASES_AT_ONCE)
    return {
        "title": look.visit.tr("Kiểm tra lịch sử"),
        "faults": [*([] if after else log.verify(look.work.tx)), *faults],
        "entries": 0 if after else log.count(look.work.tx),
        "checked": done + looked_at,
        "onward": onward,
    }
