"""axe-core finds nothing on any page that anybody can reach, in both themes, on a desk and on a phone."""

import pytest

from tests.browser.axe import faults, violations
from tests.browser.exploring import reachable
from tests.browser.house import House

PEOPLE = (
    "", "phuong4", "phuong6", "ct.phuong3", "donvi15", "tt.donvi15", "chuyenvien", "truongphong", "thuky", "chutich",
    "vanthu", "thanhpho", "quantri", "thanhtra",
)  # fmt: skip
STARTS = ("/", "/demo", "/dang-nhap", "/quen-mat-khau", "/tra-cuu", "/guong-dien-hinh", "/thong-ke", "/reference")


@pytest.mark.parametrize("who", PEOPLE, ids=lambda who: who or "nobody")
def test_every_page_of(museum: House, who: str) -> None:
    page = museum.person(who)
    found = []
    for address, status in reachable(page, STARTS):
        found += faults(page, who) if status < 400 else [f"{status} {address}"]

    assert not found, "\n".join(found)


IN_ENGLISH = ("/", "/hang-doi", "/award-proposals/88", "/campaigns/1/do-phu", "/thu", "/cong-khai", "/tai-khoan")


def test_english_pages(museum: House) -> None:
    page = museum.person("chuyenvien", language="en")
    found = []
    for address in IN_ENGLISH:
        page.goto(address)
        found += [f"{address}: {fault['id']}" for fault in violations(page)]
        assert page.evaluate("() => document.documentElement.lang") == "en"
        assert page.locator("header").get_by_role("link", name="My work").count() == 1

    assert found == []
