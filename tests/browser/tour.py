"""Pictures of the pages for docs/tour.md: `python -m tests.browser.tour` makes them anew from the demo's story."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.house import NARROW, House, find_chromium, make_story, open_house
from tests.browser.people import pasted

PICTURES = Path(__file__).parents[2] / "docs" / "tour"
DESK = (1120, 760)
MOST_BYTES = 180_000


@dataclass(frozen=True, slots=True)
class Picture:
    """What is on a picture: its file's name, whose browser, where, and what is done there first."""

    name: str
    who: str
    address: str
    size: tuple[int, int] = DESK
    theme: str = "light"
    first: Callable[[Page], object] = lambda page: None
    language: str = "vi"


def _paste(page: Page) -> None:
    page.get_by_label("Danh sách").first.fill(pasted(4).replace("GV-303", ""))
    page.get_by_role("button", name="Kiểm tra").click()
    page.get_by_role("status").first.wait_for()


PICTURES_IN_ORDER = (
    Picture("public-front", "", "/"),
    Picture("unit-work", "donvi15", "/"),
    Picture("unit-list", "donvi15", "/submissions/95/nhap-danh-sach", first=_paste),
    Picture("unit-receipt", "donvi1", "/submissions/68/bien-nhan"),
    Picture("ward-plan", "phuong4", "/ward-plans/5"),
    Picture("ward-plan-phone", "phuong4", "/ward-plans/5/sua", NARROW),
    Picture("office-queue", "chuyenvien", "/hang-doi"),
    Picture("office-case", "chuyenvien", "/award-proposals/88"),
    Picture("office-slip", "chuyenvien", "/award-proposals/87/viec/request_supplement"),
    Picture("office-coverage", "truongphong", "/campaigns/1/do-phu"),
    Picture("office-queue-dark", "chuyenvien", "/hang-doi?qua_han=1", theme="dark"),
    Picture("chairman-phone", "chutich", "/cho-ky", NARROW),
    Picture("chairman-decides", "chutich", "/cho-ky",
            first=lambda page: (page.get_by_role("button", name="Xem lại và ký").first.click(),
                                page.wait_for_url("**/hang-loat*"))),
    Picture("mails", "quantri", "/thu"),
    Picture("administration", "quantri", "/quan-tri"),
    Picture("register", "", "/cong-khai"),
    Picture("look-up-phone", "", "/tra-cuu", NARROW, "dark"),
    Picture("english", "truongphong", "/", language="en"),
)  # fmt: skip


def take(house: House, picture: Picture) -> Path:
    """Take a picture; its file."""
    page = house.person(picture.who, size=picture.size, theme=picture.theme, language=picture.language)
    page.goto(picture.address)
    picture.first(page)
    page.wait_for_load_state("networkidle")
    target = PICTURES / f"{picture.name}.png"
    page.screenshot(path=target, animations="disabled")
    page.context.close()
    house.contexts.remove(page.context)
    return target


def main() -> None:
    """Take all of them.

    Raises:
        ValueError: one is larger than a repository should carry.
    """
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        story = make_story(Path(folder) / "data")
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        with open_house(story, browser) as house:
            for picture in PICTURES_IN_ORDER:
                made = take(house, picture)
                if made.stat().st_size > MOST_BYTES:
                    raise ValueError(f"{made} has {made.stat().st_size} bytes, more than {MOST_BYTES}")
        browser.close()


if __name__ == "__main__":
    main()
