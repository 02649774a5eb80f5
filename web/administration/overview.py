"""The first page of administration: what waits for the administrator, each with its one way on."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter

from engine.administration import calendar, law, log, outlook, sections
from engine.administration.exchange import IMPORTED
from engine.runtime import incidents
from notifications.door import traffic
from web.administration.entries import entries_shown
from web.administration.rooms import ROOT, Look, add_page
from web.doors import page_router


@dataclass(frozen=True, slots=True)
class Matter:
    """Something to look at: what it is, how many, where, and why it matters. `is_urgent`: cases wait for it."""

    label: str
    count: int
    address: str
    why: str
    is_urgent: bool = False


def overview_routes() -> APIRouter:
    """GET /quan-tri."""
    router = page_router()
    add_page(router, "", "overview", _overview)
    return router


def _overview(look: Look) -> dict[str, Any]:
    is_open = sections.open_to(look.work, look.actor)
    matters = _matters(look) if sections.OVERVIEW in is_open else []
    last = log.entries(look.work.tx, None, 1, what=IMPORTED) if sections.LOG in is_open else []
    return {
        "title": look.visit.tr("Quản trị"),
        "matters": [one for one in matters if one.count],
        "settled": [one for one in matters if not one.count],
        "last_import": next(iter(entries_shown(look.visit, last)), None),
        "is_administrator": sections.OVERVIEW in is_open,
    }


def _matters(look: Look) -> list[Matter]:
    desk, work = look.desk, look.work
    vacancies = outlook.vacancies(desk)
    found = [
        Matter(
            "Sự cố chưa xử lý", len(incidents.open_incidents(work, look.actor)), f"{ROOT}/su-co",
            "Hệ thống không tự làm được việc của một hồ sơ.", is_urgent=True,
        ),
        Matter(
            "Vai trò chưa có người giữ", len(vacancies), f"{ROOT}/nguoi-dung/thieu-nguoi",
            "Việc của vai trò đó không ai làm được.", is_urgent=any(one["tasks"] for one in vacancies),
        ),
        Matter(
            "Giấy ủy quyền hết hạn trong 30 ngày", len(outlook.mandates_ending(desk)), f"{ROOT}/uy-quyen",
            "Sau ngày đó người được ủy quyền không ký thay được nữa.",
        ),
    ]  # fmt: skip
    if desk.is_head:
        found += _for_the_highest(look)
    return found


def _for_the_highest(look: Look) -> list[Matter]:
    """What holds for everybody: calendar, law, mail."""
    tx, today = look.work.tx, look.work.today
    year = calendar.must_be_entered(tx, today)
    return [
        Matter(
            "Lịch năm sau chưa được ghi", 1 if year else 0, f"{ROOT}/lich?nam={today.year + 1}",
            "Hạn rơi vào năm sau đang tính theo công thức, chưa theo ngày nghỉ được công bố.",
        ),
        Matter(
            "Quy định chờ xác nhận", len(law.unconfirmed(tx, today)), f"{ROOT}/quy-dinh?dau=chua",
            "Nếu được xác nhận, chúng chặn hoặc cho lưu trữ; hiện chỉ nhắc.",
        ),
        Matter(
            "Thư không gửi được", traffic(tx)["messages"]["failed"], f"{ROOT}/thu",
            "Người nhận chưa biết việc của mình.",
        ),
    ]  # fmt: skip
