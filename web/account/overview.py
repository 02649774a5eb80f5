"""My account: who I am here, where I am logged in, what protects the account, and what is held about it."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from engine.accounts import second_factor, sessions
from engine.definition.performing import Actor
from engine.errors import NotFound
from engine.instants import from_micros, to_micros
from engine.privacy.account_data import my_data
from engine.runtime import accounts
from engine.runtime.database import Row, Transaction
from engine.runtime.work import Work
from web.doors import page_router
from web.visits import Visit, Visiting

ACCOUNT, SESSIONS, DATA = "/tai-khoan", "/tai-khoan/phien", "/tai-khoan/du-lieu"
COUNTED = {
    "sessions": "Phiên đăng nhập, kể cả đã kết thúc",
    "tokens": "Mã truy cập API, kể cả đã thu hồi",
    "second_factors": "Xác thực hai lớp",
    "known_devices": "Thiết bị đã nhận biết",
    "sign_ons": "Liên kết đăng nhập một lần",
    "mandates_given": "Ủy quyền đã giao",
    "mandates_received": "Ủy quyền đã nhận",
    "history_entries": "Việc đã làm, ghi trong lịch sử hồ sơ",
    "disclosures_made": "Lần xem dữ liệu cá nhân của người khác",
    "saved_views": "Bộ lọc danh sách đã lưu",
    "drafts": "Bản nháp chưa gửi, giữ nhiều nhất 30 ngày",
    "jobs": "Tác vụ đã đặt",
}
"""What `my_data` counts, in words."""


def account_routes() -> APIRouter:
    """GET /tai-khoan, /tai-khoan/du-lieu(.json); POST /tai-khoan/phien/…"""
    router = page_router()

    @router.get(ACCOUNT)
    def overview(visit: Visiting) -> Response:
        with visit.look() as (work, actor):
            frame = visit.frame(work, actor)
            return visit.page("account/overview.html.j2", frame, **_overview(visit, work, actor))

    @router.get(DATA)
    def data(visit: Visiting) -> Response:
        with visit.look() as (work, actor):
            held = my_data(work, actor)
            labels = {code: role.label for code, role in work.registry.roles.items()}
            return visit.page(
                "account/data.html.j2", visit.frame(work, actor), held=held, labels=labels, counted=COUNTED
            )  # fmt: skip

    @router.get(f"{DATA}.json")
    def data_file(visit: Visiting) -> Response:
        with visit.look() as (work, actor):
            held = my_data(work, actor)
        headers = {"Content-Disposition": 'attachment; filename="tai-khoan.json"', "Cache-Control": "no-store"}
        return JSONResponse(held, headers=headers)

    _ending(router)
    return router


def _ending(router: APIRouter) -> None:
    @router.post(f"{SESSIONS}/ket-thuc")
    async def end_others(visit: Visiting) -> Response:
        ended = await visit.write(lambda tx, person_id: _end_others(visit, tx))
        return visit.go(ACCOUNT, visit.tr("Đã đăng xuất ở {n} nơi khác.", n=ended))

    @router.post(f"{SESSIONS}/{{session_id}}/ket-thuc")
    async def end_one(visit: Visiting, session_id: str) -> Response:
        await visit.write(lambda tx, person_id: _end(visit, tx, person_id, session_id))
        return visit.go(ACCOUNT, visit.tr("Đã đăng xuất ở nơi đó."))


def _overview(visit: Visit, work: Work, actor: Actor) -> dict[str, Any]:
    wall_now = visit.engine.wall()
    login = accounts.own_session(work.tx, visit.secret, wall_now)
    held = my_data(work, actor)
    roles = work.registry.roles
    now = to_micros(wall_now)
    return {
        "person": held["person"],
        "mandates": [(mandate, roles[mandate.role].label, work.office.units[mandate.unit_id].name)
                     for mandate in actor.mandates],
        "sessions": [_session(row, login.session_id)
                     for row in sessions.open_sessions(work.tx, login.person_id, wall_now)],
        "has_factor": second_factor.has_second_factor(work.tx, login.person_id),
        "tokens": sum(row["expires_at"] > now for row in accounts.tokens_of(work.tx, login.person_id)),
        "signs_on": bool(visit.settings.sign_on.issuer),
        "is_linked": held["counts"]["sign_ons"] > 0,
    }  # fmt: skip


def _session(row: Row, current: int) -> dict[str, Any]:
    return {
        "id": row["id"],
        "device": row["device"],
        "created_at": from_micros(row["created_at"]),
        "seen_at": from_micros(row["seen_at"]),
        "is_current": row["id"] == current,
    }


def _end(visit: Visit, tx: Transaction, person_id: int, session_id: str) -> None:
    """End one of the person's own open sessions."""
    open_ones = sessions.open_sessions(tx, person_id, visit.engine.wall())
    if session_id not in {str(row["id"]) for row in open_ones}:
        raise NotFound(what="phiên đăng nhập này: có thể nó đã kết thúc")
    accounts.revoke(tx, int(session_id), person_id, visit.engine.wall())


def _end_others(visit: Visit, tx: Transaction) -> int:
    login = accounts.own_session(tx, visit.secret, visit.engine.wall())
    still_open = len(sessions.open_sessions(tx, login.person_id, visit.engine.wall())) - 1
    accounts.revoke_all(tx, login.person_id, visit.engine.wall(), but=login.session_id)
    return still_open
