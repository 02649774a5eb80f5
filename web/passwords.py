"""Where the links of account letters lead: a page that takes the secret from behind the # and sets a password.

The secret never reaches the server in an address. Without JavaScript the page says how to go on.
"""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

ROOM = Path(__file__).parent
_JINJA = Environment(loader=FileSystemLoader(ROOM / "templates"), autoescape=True, undefined=StrictUndefined)
PAGES = {
    "/dat-mat-khau": ("Đặt lại mật khẩu", "/api/v1/password-resets/redemption"),
    "/loi-moi": ("Nhận lời mời: đặt mật khẩu đầu tiên", "/api/v1/invitations/redemption"),
}


def password_pages() -> APIRouter:
    """GET /dat-mat-khau and /loi-moi."""
    router = APIRouter(include_in_schema=False)
    for path, (title, redemption) in PAGES.items():
        _page(router, path, title, redemption)

    return router


def _page(router: APIRouter, path: str, title: str, redemption: str) -> None:
    page = _JINJA.get_template("password.html.j2").render(title=title, redemption=redemption)

    @router.get(path)
    def password_page() -> HTMLResponse:
        return HTMLResponse(page, headers={"Cache-Control": "no-store"})
