"""axe-core on a page as it is shown: WCAG 2.2 A and AA, and what axe calls best practice.

`axe.min.js` is axe-core 4.14.1 as npm distributes it (Deque Systems, MPL-2.0, unchanged); it is used by tests only.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser.house import NARROW, WIDE

SOURCE = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
RUN = """async (tags) => {
  const found = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  const told = (node) => [node.target.join(" "), node.html, node.failureSummary];
  return found.violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(told) }));
}"""
KINDS = """() => {
  const own = (e) => e ? `${e.tagName}.${e.className}[${e.getAttribute("role") || e.type || ""}]` : "";
  const kinds = new Set([...document.querySelectorAll("body *")].map((e) => own(e.parentElement) + ">" + own(e)));
  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((h) => h.tagName);
  headings.forEach((h, i) => kinds.add(headings.slice(i, i + 2).join()));
  return [...kinds];
}"""
NO_TABLES = """() => [...document.querySelectorAll("table")]
  .filter((one) => one.getClientRects().length && getComputedStyle(one).display !== "table")
  .map((one) => one.className)"""
WHOLE = "() => Math.min(document.documentElement.scrollHeight, 8000)"
LOOKS = tuple((size, theme) for size in (WIDE, NARROW) for theme in ("light", "dark"))


@dataclass
class Totals:
    """What was looked at in a run of the tests."""

    pages: int = 0
    looked_at: int = 0
    looks: int = 0
    kinds: set[str] = field(default_factory=set)


TOTALS = Totals()


def violations(page: Page) -> list[dict[str, Any]]:
    """What axe has against the page as it stands there."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(SOURCE)
    TOTALS.looks += 1
    found: list[dict[str, Any]] = page.evaluate(RUN, list(TAGS))
    return found


def faults(page: Page, whose: str) -> Iterator[str]:
    """Everything against the page in both themes, on a desk and on a phone, whether it is wider than the phone,
    and whether tables are tables on a desk.

    A page all of whose kinds of elements (in their parents, headings in their order) were looked at is passed by.
    """
    TOTALS.pages += 1
    kinds = set(page.evaluate(KINDS))
    if kinds <= TOTALS.kinds:
        return
    TOTALS.kinds |= kinds
    TOTALS.looked_at += 1
    where = f"{whose} {page.url.partition('//')[2].partition('/')[2]}"
    for name in page.evaluate(NO_TABLES):
        yield f"/{where}: a table of class {name!r} is not shown as one on a desk"
    for (width, height), theme in LOOKS:
        page.set_viewport_size({"width": width, "height": max(height, page.evaluate(WHOLE))})  # nothing sticks over it
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        for fault in violations(page):
            for target, html, why in fault["nodes"][:3]:
                yield f"/{where} {theme} {width}: {fault['id']} at {target}: {html[:160]} {why[:300]}"
    if (most := page.evaluate("() => document.documentElement.scrollWidth")) > NARROW[0]:
        yield f"/{where}: {most} px wide on a phone of {NARROW[0]}"
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
