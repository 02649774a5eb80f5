"""With the keyboard alone: a ward sends its plan again, an appraiser appraises, the chairman decides."""

import re

from playwright.sync_api import Page
from sqlalchemy import select

from engine.runtime.schema import instance
from tests.browser.house import House
from tests.browser.people import Person

MOST_STOPS = 150
FOCUSED = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  const named = at.labels?.length ? at.labels[0].innerText : (at.getAttribute("aria-label") || at.innerText || "");
  return [at.tagName, at.type || "", named.trim(), style.outlineStyle !== "none" && style.outlineWidth !== "0px"];
}"""


def reach(page: Page, tag: str, name: str) -> None:
    """Press Tab until the focus is on that element; wherever it stops, it must be seen."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        where, _, found, is_seen = page.evaluate(FOCUSED)
        assert is_seen or where == "BODY", f"the focus on {where} {found!r} is not to be seen"
        if where == tag and re.match(name, found):
            return
    raise AssertionError(f"{tag} {name} is not reached by {MOST_STOPS} tabs")


def state_of(house: House, key: int) -> str:
    found: str = house.one(select(instance.c.state).where(instance.c.id == key))
    return found


def test_the_first_stop_leads_past_the_menu(house: House) -> None:
    page = house.person("chuyenvien")
    page.goto("/hang-doi")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("() => document.activeElement.id") == "main"


def test_a_ward_sends_its_plan_again(house: House) -> None:
    page = house.person("phuong4")
    Person(page).open("/ward-plans/5/giay-to").upload("Kế hoạch", "ke-hoach").reads("Đã đính kèm: ke-hoach.pdf")
    page.goto("/ward-plans/5")
    reach(page, "A", "^Gửi lại$")
    page.keyboard.press("Enter")
    page.wait_for_url("**/viec/resubmit")
    reach(page, "BUTTON", "^Gửi lại$")
    page.keyboard.press("Enter")
    Person(page).done("Đã gửi quận")

    assert state_of(house, 5) == "submitted"


def test_an_appraiser_appraises(house: House) -> None:
    key = house.one(select(instance.c.id).where(instance.c.headline.contains("Ngô Tú Uyên")))
    page = house.person("chuyenvien")
    page.goto(f"/award-proposals/{key}/viec/appraise")
    reach(page, "INPUT", "^Đạt$")
    page.keyboard.press("Space")
    reach(page, "TEXTAREA", "^Nhận xét")
    page.keyboard.type("Đã đối chiếu với báo cáo của phường.")
    reach(page, "BUTTON", "^Trình kết quả thẩm định$")
    page.keyboard.press("Enter")
    Person(page).done("Chờ ký thẩm định")

    assert state_of(house, key) == "signing"


def test_the_chairman_decides(house: House) -> None:
    ready = select(instance.c.id).where(instance.c.state.in_(("cleared", "council_reviewed")))
    page = house.person("chutich")
    page.goto("/cho-ky")
    reach(page, "BUTTON", "^Xem lại và ký")
    page.keyboard.press("Enter")
    page.wait_for_url("**/hang-loat*")
    reach(page, "INPUT", "^Số, ký hiệu")
    page.keyboard.type("340/QĐ-UBND")
    reach(page, "INPUT", "^Ngày ký")
    page.keyboard.type("08062024" if page.evaluate("() => document.activeElement.type") == "date" else "06/08/2024")
    reach(page, "BUTTON", "^Ký")
    page.keyboard.press("Enter")

    Person(page).until(lambda: not house.rows(ready))
