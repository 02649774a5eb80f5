"""A person before a browser: what they press, follow and fill in, and how many actions that took."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Locator, Page, expect

from demo.playing import sheet

PDF = "application/pdf"
SOON = 15_000
JOURNEYS: list[str] = []
"""How many actions each journey took, for the summary of the run."""


HEADINGS = ("STT", "Họ và tên", "Đối tượng", "Mã", "Chức vụ", "Hình thức", "Tên thành tích", "Tóm tắt", "Từ ngày",
            "Đến ngày", "Phong trào", "Đồng ý công khai")  # fmt: skip


def pasted(count: int) -> str:
    """Cells as they are copied from a spreadsheet."""
    did = "Hoàn thành xuất sắc nhiệm vụ được giao trong đợt thi đua"
    rows = (
        (n, f"Người Đề Nghị {n}", "cá nhân", f"GV-{300 + n}", "Giáo viên", "Giấy khen", f"Thành tích số {n}", did,
         "10/07/2024", "31/07/2024", "GPHP70", "có")
        for n in range(1, count + 1)
    )  # fmt: skip
    return "\n".join("\t".join(map(str, row)) for row in (HEADINGS, *rows))


def paper(name: str) -> dict[str, Any]:
    """A small PDF to upload."""
    return {"name": f"{name}.pdf", "mimeType": PDF, "buffer": sheet(name)}


@dataclass
class Person:
    """`taken`: the links followed and buttons pressed so far."""

    page: Page
    taken: list[str] = field(default_factory=list)

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    def open(self, address: str) -> "Person":
        """Type an address, or use a bookmark: no action."""
        self.page.goto(address)
        return self

    def follow(self, name: str | re.Pattern[str]) -> "Person":
        """Follow the first link of that name."""
        self.taken.append(f"→ {_said(name)}")
        self.main.get_by_role("link", name=name, exact=isinstance(name, str)).first.click()
        return self

    def press(self, name: str | re.Pattern[str]) -> "Person":
        """Press the first button of that name."""
        self.taken.append(f"[{_said(name)}]")
        self.main.get_by_role("button", name=name, exact=isinstance(name, str)).first.click()
        return self

    def fill(self, label: str | re.Pattern[str], text: str) -> "Person":
        self.main.get_by_label(label).first.fill(text)
        return self

    def choose(self, label: str | re.Pattern[str], option: str) -> "Person":
        self.main.get_by_label(label).first.select_option(label=option)
        return self

    def upload(self, kind: str, *names: str) -> "Person":
        """Choose the kind and the files, and send them."""
        self.choose("Loại giấy tờ", kind)
        self.main.locator("input[type=file]").first.set_input_files([paper(name) for name in names])
        return self.press("Tải lên")

    def confirm(self, password: str) -> "Person":
        """Give the password where signing asks for it."""
        field_ = self.main.get_by_label(re.compile("Mật khẩu"))
        if field_.count():
            field_.first.fill(password)
        return self

    def reads(self, text: str | re.Pattern[str]) -> "Person":
        """That stands somewhere on the page, soon."""
        expect(self.page.locator("main")).to_contain_text(text)
        return self

    def done(self, state: str) -> "Person":
        """The page says that the action was taken and where the case stands now."""
        expect(self.main.locator(".note").first).to_contain_text(f"Trạng thái hiện nay: {state}")
        return self

    def check(self, label: str) -> "Person":
        """Choose a radio button or tick a box."""
        self.main.get_by_label(label, exact=True).first.check()
        return self

    def settles(self, text: str | re.Pattern[str]) -> "Person":
        """What was ordered is done in a while: the page says so by itself, or when it is loaded again."""
        for _ in range(SOON // 250):
            if self.main.get_by_text(text).count():
                return self
            self.page.wait_for_timeout(250)
            if not self.page.evaluate("() => 'htmx' in window"):
                self.page.reload()
        return self.reads(text)

    def until(self, is_so: Callable[[], bool]) -> "Person":
        """Wait until something has become so."""
        for _ in range(SOON // 100):
            if is_so():
                return self
            self.page.wait_for_timeout(100)
        raise AssertionError(f"not after {SOON} ms: {self.main.inner_text()[:1500]}")

    def is_at(self, address: str | re.Pattern[str]) -> "Person":
        expect(self.page).to_have_url(re.compile(address) if isinstance(address, str) else address)
        return self


def _said(name: str | re.Pattern[str]) -> str:
    return name if isinstance(name, str) else name.pattern
