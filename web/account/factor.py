"""The second factor: set it up with a QR code that is shown once, turn it on with a first code, take it off."""

from functools import partial
from typing import Any

import segno
from anyio import to_thread
from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import Response

from api.dependencies import answered
from api.logins import remove_second_factor
from api.refusals import WrongConfirmation
from engine.accounts import second_factor
from engine.errors import ConfirmationNeeded, NotFound, WrongCode
from engine.runtime import accounts
from engine.runtime.database import Transaction
from web.account.overview import ACCOUNT
from web.doors import page_router
from web.visits import Visit, Visiting, in_thread

FACTOR = "/tai-khoan/xac-thuc"
SCALE = 5


def factor_routes() -> APIRouter:
    """GET and POST /tai-khoan/xac-thuc; POST …/bat, …/go."""
    router = page_router()

    @router.get(FACTOR)
    def show(visit: Visiting) -> Response:
        return _page(visit)

    @router.post(FACTOR)
    async def set_up(visit: Visiting) -> Response:
        form = await visit.form()
        try:
            await visit.asking(form)
            seed, uri = await answered(visit.engine.writer.submit(partial(_set_up, visit)))
        except (ConfirmationNeeded, WrongConfirmation):
            wrong = visit.tr("Nhập đúng mật khẩu để thiết lập.")
            return await in_thread(lambda: _page(visit, wrong=wrong))
        image = segno.make(uri, error="m").svg_data_uri(scale=SCALE, border=2)
        return await in_thread(lambda: _page(visit, seed=seed, image=image, is_waiting=True))

    @router.post(f"{FACTOR}/bat")
    async def turn_on(visit: Visiting) -> Response:
        form = await visit.form()
        code = _code(form)
        await visit.asking(form)
        try:
            await answered(visit.engine.writer.submit(lambda tx: _turn_on(visit, tx, code)))
        except (WrongCode, NotFound) as refused:
            wrong = visit.tr("Mã chưa đúng hoặc đã đổi: nhập mã đang hiện trong ứng dụng, hoặc thiết lập lại từ đầu.")
            is_waiting = isinstance(refused, WrongCode)
            return await in_thread(lambda: _page(visit, wrong=wrong, is_waiting=is_waiting))
        return visit.go(ACCOUNT, visit.tr("Đã bật xác thực hai lớp. Các phiên khác đã kết thúc."))

    @router.post(f"{FACTOR}/go")
    async def turn_off(visit: Visiting) -> Response:
        code = _code(await visit.form())
        try:
            removing = partial(remove_second_factor, visit.engine, visit.secret, code, visit.address)
            visit.secret = visit.fresh = await to_thread.run_sync(removing, limiter=visit.request.app.state.hashing)
        except WrongConfirmation:
            wrong = visit.tr("Mã chưa đúng: nhập mã đang hiện trong ứng dụng.")
            return await in_thread(lambda: _page(visit, wrong=wrong))
        return visit.go(ACCOUNT, visit.tr("Đã tắt xác thực hai lớp."))

    return router


def _code(form: FormData) -> str:
    return "".join(str(form.get("_code", "")).split())[:6]


def _set_up(visit: Visit, tx: Transaction) -> tuple[str, str]:
    login = accounts.own_session(tx, visit.secret, visit.engine.wall(), fresh=True)
    return second_factor.set_up(tx, visit.engine.vault, login.person_id, login.username)


def _turn_on(visit: Visit, tx: Transaction, code: str) -> None:
    wall_now = visit.engine.wall()
    login = accounts.own_session(tx, visit.secret, wall_now, fresh=True)
    second_factor.confirm(tx, visit.engine.vault, login.person_id, code, wall_now)
    accounts.revoke_all(tx, login.person_id, wall_now, but=login.session_id)


def _page(visit: Visit, **shown: Any) -> Response:
    with visit.look() as (work, actor):
        login = accounts.own_session(work.tx, visit.secret, visit.engine.wall())
        given: dict[str, Any] = {"wrong": "", "seed": "", "image": "", "is_waiting": False} | shown
        return visit.page(
            "account/factor.html.j2",
            visit.frame(work, actor),
            status=422 if given["wrong"] else 200,
            is_on=second_factor.has_second_factor(work.tx, login.person_id),
            is_confirmed=visit.is_confirmed(work),
            **given,
        )
