"""Change one's password. All other sessions end; this one goes on under a new secret."""

from functools import partial

from anyio import to_thread
from fastapi import APIRouter
from starlette.responses import Response

from api.installation import letterhead
from api.letters import tell_of_change
from api.logins import change_password
from api.refusals import WrongConfirmation
from engine.accounts import second_factor
from engine.accounts.password_rules import LONGEST, SHORTEST, SHORTEST_WITH_SECOND_FACTOR
from engine.errors import InvalidInput
from engine.runtime import accounts
from web.account.overview import ACCOUNT
from web.doors import PASSWORD_FIELD, page_router
from web.visits import Visit, Visiting, in_thread

PASSWORD = "/tai-khoan/mat-khau"


def password_routes() -> APIRouter:
    """GET and POST /tai-khoan/mat-khau."""
    router = page_router()

    @router.get(PASSWORD)
    def show(visit: Visiting) -> Response:
        return _form(visit, {})

    @router.post(PASSWORD)
    async def change(visit: Visiting) -> Response:
        form = await visit.form()
        current, new, again = (str(form.get(name, "")) for name in (PASSWORD_FIELD, "_new", "_again"))
        if faults := _faults(visit, current, new, again):
            return await in_thread(lambda: _form(visit, faults))
        tell = partial(tell_of_change, letterhead(visit.settings))
        changing = partial(change_password, visit.engine, visit.secret, current, new, visit.address, tell)
        try:
            visit.secret = visit.fresh = await to_thread.run_sync(changing, limiter=visit.request.app.state.hashing)
        except WrongConfirmation:
            wrong = {PASSWORD_FIELD: visit.tr("Mật khẩu hiện tại không đúng.")}
            return await in_thread(lambda: _form(visit, wrong))
        except InvalidInput as refused:
            weak = {"_new": visit.tr(refused.fields.get("new", refused.sentence))}
            return await in_thread(lambda: _form(visit, weak))
        said = visit.tr("Đã đổi mật khẩu. Mọi phiên khác đã kết thúc, và một thư báo vừa được gửi tới hộp thư của bạn.")
        return visit.go(ACCOUNT, said)

    return router


def _faults(visit: Visit, current: str, new: str, again: str) -> dict[str, str]:
    """What can be told without looking at the stored password."""
    faults: dict[str, str] = {}
    if not current:
        faults[PASSWORD_FIELD] = visit.tr("Nhập mật khẩu hiện tại.")
    if not new:
        faults["_new"] = visit.tr("Nhập mật khẩu mới.")
    elif len(new) > LONGEST:
        faults["_new"] = visit.tr("Mật khẩu không được quá {n} ký tự.", n=LONGEST)
    elif new != again:
        faults["_again"] = visit.tr("Hai lần nhập chưa giống nhau.")
    return faults


def _form(visit: Visit, faults: dict[str, str]) -> Response:
    with visit.look() as (work, actor):
        login = accounts.own_session(work.tx, visit.secret, visit.engine.wall())
        with_code = second_factor.has_second_factor(work.tx, login.person_id)
        return visit.page(
            "account/password.html.j2",
            visit.frame(work, actor),
            status=422 if faults else 200,
            faults=faults,
            username=login.username,
            shortest=SHORTEST_WITH_SECOND_FACTOR if with_code else SHORTEST,
            sentence=visit.tr("Chưa đổi được mật khẩu."),
        )
