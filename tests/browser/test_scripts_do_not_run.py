"""Nothing that people type is ever run: in every field, in every query parameter, on every page that shows it."""

import pytest
from playwright.sync_api import Page

from tests.browser.exploring import reachable
from tests.browser.house import House

MARK = "window.__ran=(window.__ran||0)+1"
PAYLOADS = (
    f"<script>{MARK}</script>",
    f"\"><img src=x onerror='{MARK}'>",
    f"'-({MARK})-'",
    f"</textarea><svg onload={MARK}>",
    f"javascript:{MARK}",
    "{{7*7}}${7*7}",
)
EVERYTHING = " ".join(PAYLOADS)
"""All in one text."""
PARAMETERS = (
    "q", "loai", "trang_thai", "giai_doan", "don_vi", "thuoc", "khen", "cua", "vai", "sap", "muc", "sau", "tt", "nam",
    "tiep", "parent", "code", "ma",
)  # fmt: skip
LISTS = ("/", "/hang-doi", "/cho-ky", "/ho-so", "/thu", "/phong-trao", "/campaigns/1/do-phu", "/cong-khai",
         "/dang-nhap",
         "/tra-cuu", "/thong-ke", "/guong-dien-hinh", "/tac-vu", "/quan-tri", "/demo")  # fmt: skip


def ran(page: Page) -> bool:
    return bool(page.evaluate("() => window.__ran || 0"))


@pytest.fixture
def watched() -> list[str]:
    """Dialogs that opened."""
    return []


def test_what_stands_in_an_address_is_not_run(house: House, watched: list[str]) -> None:
    page = house.person("quantri")
    page.on("dialog", lambda dialog: (watched.append(dialog.message), dialog.dismiss()))
    for path in LISTS:
        for payload in (PAYLOADS[0], PAYLOADS[1]):
            response = page.request.get(path, params=dict.fromkeys(PARAMETERS, payload))
            assert response.status < 500, path
            assert payload not in response.text(), path
        page.goto(f"{path}?{'&'.join(f'{name}={EVERYTHING}' for name in PARAMETERS)}")
        assert not ran(page), path

    assert watched == []


def test_what_is_stored_is_not_run(house: House, watched: list[str]) -> None:
    """Into every text of a proposal, then wherever people may see it."""
    officer = house.person("donvi15")
    officer.on("dialog", lambda dialog: (watched.append(dialog.message), dialog.dismiss()))
    officer.goto("/award-proposals/96/sua")
    for field in officer.locator("main form input[type=text], main form textarea").all():
        if (
            field.is_visible()
            and field.is_editable()
            and not (field.get_attribute("list") or field.get_attribute("role"))
        ):
            most = int(field.get_attribute("maxlength") or 10_000)
            field.fill(EVERYTHING if most >= len(EVERYTHING) else PAYLOADS[0][:most])
    officer.locator("main").get_by_role("button", name="Lưu", exact=True).first.click()
    officer.wait_for_timeout(500)
    for who in ("donvi15", "tt.donvi15", "quantri"):
        page = house.person(who)
        page.on("dialog", lambda dialog: (watched.append(dialog.message), dialog.dismiss()))
        for address, status in reachable(
            page, ("/award-proposals/96", "/award-proposals/96/sua", "/ho-so", "/submissions/95"), 25
        ):
            assert status < 500, address
            assert not ran(page), address

    assert watched == []
    page.goto("/award-proposals/96")
    assert PAYLOADS[0] in page.locator("main").inner_text()
