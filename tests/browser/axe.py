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
SHAPE = """() => {
  const kinds = new Set();
  for (const one of document.querySelectorAll("body *")) {
    const own = (e) => e ? e.tagName + "." + e.className + "[" + (e.getAttribute("role") || e.type || "") + "]" : "";
    kinds.add(own(one.parentElement) + ">" + own(one));
  }
  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((h) => h.tagName);
  return [...kinds].sort().join("\\n") + [...new Set(headings.map((h, i) => headings.slice(i, i + 2).join()))].sort();
}"""
LOOKS = tuple((size, theme) for size in (WIDE, NARROW) for theme in ("light", "dark"))


@dataclass
class Totals:
    """What was looked at in a run of the tests."""

    pages: int = 0
    shapes: set[str] = field(default_factory=set)
    looks: int = 0
    violations: list[str] = field(default_factory=list)


TOTALS = Totals()


def violations(page: Page) -> list[dict[str, Any]]:
    """What axe has against the page as it stands there."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(SOURCE)
    TOTALS.looks += 1
    found: list[dict[str, Any]] = page.evaluate(RUN, list(TAGS))
    return found


def faults(page: Page, whose: str) -> Iterator[str]:
    """Everything against the page in both themes, on a desk and on a phone, and whether it is wider than the phone.

    A page that has only kinds of elements that others had before is not looked at again.
    """
    TOTALS.pages += 1
    shape = page.evaluate(SHAPE)
    if shape in TOTALS.shapes:
        return
    TOTALS.shapes.add(shape)
    where = f"{whose} {page.url.partition('//')[2].partition('/')[2]}"
    for (width, height), theme in LOOKS:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        for fault in violations(page):
            for target, html, why in fault["nodes"][:3]:
                yield f"/{where} {theme} {width}: {fault['id']} at {target}: {html[:160]} {why[:300]}"
    if (most := page.evaluate("() => document.documentElement.scrollWidth")) > NARROW[0]:
        yield f"/{where}: {most} px wide on a phone of {NARROW[0]}"
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
