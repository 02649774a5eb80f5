"""Finding every kind of page that somebody can reach by links from where they begin."""

import re
from collections import deque
from collections.abc import Iterator, Sequence

from playwright.sync_api import Error, Page

NOT_PAGES = re.compile(r"^/(api|static|dang-xuat)\b|\.(xlsx|csv|ics|pdf|docx|json)\b|/giay-to/\d+$")
ALIKE = 1
"""So many pages of each kind are looked at: addresses are of one kind when they differ in numbers only."""


def kind_of(address: str) -> str:
    """ "/ward-plans/12/viec/sign?x=1" → "/ward-plans/N/viec/sign?"."""
    path, has_query, _ = address.partition("?")
    return re.sub(r"\d+", "N", path) + has_query


LINKS = "() => [...document.querySelectorAll('main a[href], header a[href]')].map((a) => a.getAttribute('href'))"


def reachable(page: Page, starts: Sequence[str], most: int = 400) -> Iterator[tuple[str, int]]:
    """Go to one page after another, `most` at the most; gives each with its status while the browser is there."""
    waiting, seen, kinds = deque(starts), set(starts), dict[str, int]()
    while waiting and sum(kinds.values()) < most:
        address = waiting.popleft()
        kind = kind_of(address)
        if kinds.get(kind, 0) >= ALIKE:
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        try:
            response = page.goto(address)
        except Error as wrong:
            if "Download is starting" in str(wrong):
                continue
            raise
        yield address, response.status if response else 0
        for link in page.evaluate(LINKS):
            target = link.partition("#")[0]
            if target.startswith("/") and not NOT_PAGES.search(target) and target not in seen:
                seen.add(target)
                waiting.append(target)
