"""Set a password with the link of an account letter; ask for such a letter.

The secret stands behind the # of the link, which browsers send to nobody: no log, no Referer has it. A script puts it
into the form; without one, people paste link or code into the form themselves. Either way it goes in a body.
"""

from dataclasses import dataclass, replace
from functools import partial

from anyio import to_thread
from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import Response

from api.credentials import DEVICE_COOKIE
from api.dependencies import cookie_of
from api.installation import letterhead
from api.letters import ASKED, ask_for_reset, tell_of_change
from api.logins import Redemption, redeem
from api.welcome import give_device
from engine.accounts.links import LinkKind
from engine.accounts.password_rules import LONGEST, SHORTEST, SHORTEST_WITH_SECOND_FACTOR
from engine.errors import InvalidInput, LinkSpent, Refused, SecondFactorNeeded, TooManyAttempts, WrongCode
from web.doors import LOGIN, page_router
from web.visits import Anybody, Guest

FORGOTTEN = "/quen-mat-khau"
PAGES = {
    "/dat-mat-khau": (LinkKind.RESET, "Đặt lại mật khẩu"),
    "/loi-moi": (LinkKind.INVITATION, "Nhận lời mời: đặt mật khẩu đầu tiên"),
}
LONGEST_SECRET, LONGEST_LINK = 200, 1000


@dataclass(frozen=True, slots=True)
class Shown:
    """What the form shows again. is_spent: the link opens nothing any more. needs_code: of the second factor."""

    faults: dict[str, str]
    sentence: str = ""
    is_spent: bool = False
    needs_code: bool = False
    secret: str = ""


NOTHING = Shown({})


def password_pages() -> APIRouter:
    """GET and POST /quen-mat-khau, /dat-mat-khau and /loi-moi."""
    router = page_router()
    _forgotten(router)
    for path, (kind, title) in PAGES.items():
        _setting(router, path, kind, title)
    return router


def _forgotten(router: APIRouter) -> None:
    @router.get(FORGOTTEN)
    def ask(guest: Anybody) -> Response:
        return guest.page("account/forgotten.html.j2", said="")

    @router.post(FORGOTTEN)
    async def send(guest: Anybody) -> Response:
        username = str((await guest.form()).get("username", "")).strip()[:200]
        if username:
            await ask_for_reset(guest.engine, letterhead(guest.settings), username)
        return guest.page("account/forgotten.html.j2", said=guest.tr(ASKED) if username else "")


def _setting(router: APIRouter, path: str, kind: LinkKind, title: str) -> None:
    @router.get(path)
    def show(guest: Anybody) -> Response:
        return _page(guest, path, title, NOTHING)

    @router.post(path)
    async def choose(guest: Anybody) -> Response:
        form = await guest.form()
        secret = secret_of_link(str(form.get("_secret", ""))[:LONGEST_LINK])
        new, again = str(form.get("_new", "")), str(form.get("_again", ""))
        shown = Shown(_faults(guest, secret, new, again), secret=secret)
        if shown.faults:
            return _page(guest, path, title, shown)
        tell = partial(tell_of_change, letterhead(guest.settings)) if kind is LinkKind.RESET else None
        using = partial(redeem, guest.engine, _redemption(guest, form, kind, secret, new), tell)
        try:
            device = await to_thread.run_sync(using, limiter=guest.request.app.state.hashing)
        except (InvalidInput, LinkSpent, SecondFactorNeeded, WrongCode, TooManyAttempts) as refused:
            return _page(guest, path, title, _refused(guest, shown, refused))
        response = guest.go(LOGIN, guest.tr("Đã đặt mật khẩu. Bây giờ đăng nhập bằng mật khẩu mới."))
        give_device(response, guest.settings, device)
        return response


def _redemption(guest: Guest, form: FormData, kind: LinkKind, secret: str, new: str) -> Redemption:
    code = "".join(str(form.get("_code", "")).split())[:6]
    return Redemption(kind, secret, new, code, guest.address, cookie_of(guest.request, DEVICE_COOKIE))


def secret_of_link(given: str) -> str:
    """The secret that somebody pasted: alone, or with the link that it ends."""
    return given.strip().rpartition("#")[2].strip()[:LONGEST_SECRET]


def _faults(guest: Guest, secret: str, new: str, again: str) -> dict[str, str]:
    faults: dict[str, str] = {}
    if not secret:
        faults["_secret"] = guest.tr("Dán liên kết hoặc mã trong thư.")
    if not SHORTEST_WITH_SECOND_FACTOR <= len(new) <= LONGEST:
        faults["_new"] = guest.tr("Mật khẩu phải có từ {n} đến {m} ký tự.", n=SHORTEST, m=LONGEST)
    elif new != again:
        faults["_again"] = guest.tr("Hai lần nhập chưa giống nhau.")
    return faults


def _refused(guest: Guest, shown: Shown, refused: Refused) -> Shown:
    if isinstance(refused, InvalidInput):
        return replace(shown, faults={"_new": guest.tr(refused.fields.get("password", refused.sentence))})
    return replace(
        shown,
        sentence=guest.said(refused),
        is_spent=isinstance(refused, LinkSpent),
        needs_code=isinstance(refused, SecondFactorNeeded | WrongCode),
    )


def _page(guest: Guest, path: str, title: str, shown: Shown) -> Response:
    status = 422 if shown.faults or shown.sentence else 200
    return guest.page(
        "account/set_password.html.j2", status=status, path=path, title=guest.tr(title), shown=shown, shortest=SHORTEST
    )
