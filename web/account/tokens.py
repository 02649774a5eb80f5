"""API tokens of one's own: what there is, a new one, shown once, and an end to one."""

from typing import Any

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import Response

from api.dependencies import answered
from api.refusals import WrongConfirmation
from api.tokens import TokenWish, open_token
from engine.errors import ConfirmationNeeded, NotFound
from engine.instants import from_micros, to_micros
from engine.runtime import accounts
from engine.runtime.accounts import Scope
from engine.runtime.database import Row, Transaction
from web.doors import page_router
from web.visits import Visit, Visiting, in_thread

TOKENS = "/tai-khoan/ma-truy-cap"
USES = {
    Scope.READ: "Xem",
    Scope.ACT: "Làm việc trên hồ sơ",
    Scope.SIGN: "Ký, quyết định (cần mật khẩu)",
    Scope.ADMINISTER: "Quản trị (cần mật khẩu)",
}
DAYS = (7, 30, 90, 365)
USUAL = {"name": "", "days": "30", "scopes": [Scope.READ.value, Scope.ACT.value]}


def token_routes() -> APIRouter:
    """GET and POST /tai-khoan/ma-truy-cap; POST …/{id}/thu-hoi."""
    router = page_router()

    @router.get(TOKENS)
    def show(visit: Visiting) -> Response:
        return _page(visit)

    @router.post(TOKENS)
    async def create(visit: Visiting) -> Response:
        form = await visit.form()
        given = {"name": str(form.get("name", "")).strip(), "days": str(form.get("days", "")), "scopes": _scopes(form)}
        faults = _faults(visit, given)
        if faults:
            return await in_thread(lambda: _page(visit, given=given, faults=faults))
        try:
            await visit.asking(form)
            wish = TokenWish.model_validate(given)
            made = await answered(
                visit.engine.writer.submit(lambda tx: open_token(visit.engine, tx, visit.secret, wish))
            )
        except (ConfirmationNeeded, WrongConfirmation):
            wrong = {"_password": visit.tr("Nhập đúng mật khẩu để tạo mã có quyền này.")}
            return await in_thread(lambda: _page(visit, given=given, faults=wrong))
        return await in_thread(lambda: _page(visit, made=made))

    @router.post(f"{TOKENS}/{{token_id}}/thu-hoi")
    async def revoke(visit: Visiting, token_id: str) -> Response:
        await visit.write(lambda tx, person_id: _revoke(visit, tx, person_id, token_id))
        return visit.go(TOKENS, visit.tr("Đã thu hồi mã: chương trình dùng nó không vào được nữa."))

    return router


def _scopes(form: FormData) -> list[str]:
    return [value for value in form.getlist("scopes") if isinstance(value, str)]


def _faults(visit: Visit, given: dict[str, Any]) -> dict[str, str]:
    try:
        TokenWish.model_validate(given)
    except ValidationError as wrong:
        said = {
            "name": visit.tr("Nhập tên để nhớ mã dùng vào việc gì, tối đa 100 ký tự."),
            "days": visit.tr("Chọn thời hạn từ 1 đến 365 ngày."),
            "scopes": visit.tr("Chọn ít nhất một quyền."),
        }
        return {str(fault["loc"][0]): said[str(fault["loc"][0])] for fault in wrong.errors()}
    return {} if given["name"] else {"name": visit.tr("Nhập tên để nhớ mã dùng vào việc gì, tối đa 100 ký tự.")}


def _revoke(visit: Visit, tx: Transaction, person_id: int, token_id: str) -> None:
    if token_id not in {str(row["id"]) for row in accounts.tokens_of(tx, person_id)}:
        raise NotFound(what="mã truy cập này: có thể nó đã bị thu hồi")
    accounts.revoke(tx, int(token_id), person_id, visit.engine.wall())


def _page(visit: Visit, **shown: Any) -> Response:
    with visit.look() as (work, actor):
        login = accounts.own_session(work.tx, visit.secret, visit.engine.wall())
        now = to_micros(visit.engine.wall())
        given = {"given": USUAL, "faults": {}, "made": None} | shown
        return visit.page(
            "account/tokens.html.j2",
            visit.frame(work, actor),
            status=422 if given["faults"] else 200,
            tokens=[_token(row) for row in accounts.tokens_of(work.tx, login.person_id) if row["expires_at"] > now],
            uses={use.value: said for use, said in USES.items()},
            days=DAYS,
            is_confirmed=visit.is_confirmed(work),
            **given,
        )


def _token(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "scopes": row["scopes"].split(),
        "expires_at": from_micros(row["expires_at"]),
        "used_at": from_micros(row["seen_at"]) if row["seen_at"] else None,
    }
