"""Prove again who one is, before something that counts as a signature. Refused forms come here by `web.doors`."""

from functools import partial

from anyio import to_thread
from fastapi import APIRouter
from starlette.responses import Response

from api.logins import Proof, confirm
from api.refusals import WrongConfirmation
from engine.errors import ConfirmationNeeded
from engine.runtime.accounts import CONFIRMED_FOR
from web.doors import CONFIRM, NEXT_FIELD, PASSWORD_FIELD, confirm_page, local_path, page_router
from web.visits import Visit, Visiting, in_thread


def confirming_routes() -> APIRouter:
    """GET and POST /xac-nhan."""
    router = page_router()
    minutes = int(CONFIRMED_FOR.total_seconds()) // 60

    @router.get(CONFIRM)
    async def ask(visit: Visiting, tiep: str = "/") -> Response:
        await in_thread(lambda: _must_be_in(visit))
        page = await confirm_page(visit, ConfirmationNeeded(minutes=minutes), local_path(tiep))
        page.status_code = 200
        return page

    @router.post(CONFIRM)
    async def prove(visit: Visiting) -> Response:
        form = await visit.form()
        onward = local_path(str(form.get(NEXT_FIELD, "/")))
        password, code = str(form.get(PASSWORD_FIELD, "")), str(form.get("_code", ""))[:6]
        try:
            proof = Proof(password, "" if password else code)
            proving = partial(confirm, visit.engine, visit.secret, proof, visit.address)
            visit.secret = visit.fresh = await to_thread.run_sync(proving, limiter=visit.request.app.state.hashing)
        except WrongConfirmation as wrong:
            return await confirm_page(visit, wrong, onward)
        said = visit.tr("Đã xác nhận. Trong {n} phút tới bạn ký được mà không phải nhập lại.", n=minutes)
        return visit.go(onward, said)

    return router


def _must_be_in(visit: Visit) -> None:
    with visit.look():
        pass
