"""The harness itself: a person sees a page with the demo's bar."""

from tests.browser.house import House


def test_a_person_sees_their_work(house: House) -> None:
    page = house.person("chuyenvien")
    page.goto("/")

    assert page.locator("aside.demo-bar summary").inner_text().endswith("chuyenvien")
    assert page.locator("h1").count() == 1
