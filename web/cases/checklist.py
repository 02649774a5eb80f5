"""The checklist beside a case: each condition of what comes next, with how the case stands."""

from dataclasses import dataclass
from typing import Any

from engine.definition.case import Case
from engine.definition.performing import Actor
from engine.runtime.checking import checks_json
from engine.runtime.database import Row
from engine.runtime.work import Work

WORDS = {"ok": ("✓", "Đạt", "good"), "warns": ("!", "Lưu ý", "due"), "blocks": ("✗", "Chưa đạt", "late")}
HOLDS, UNSURE = "ok", ("S", "U")


@dataclass(frozen=True, slots=True)
class Check:
    """One line: its sign, the same in a word, and the class of its colour; why, on what it rests, what helps."""

    title: str
    sign: str
    word: str
    tone: str
    sentence: str
    citation: str
    is_unsure: bool
    remedy: str


@dataclass(frozen=True, slots=True)
class Checklist:
    """The lines: what is in the way or only warns, and what holds; `met` of `of` hold."""

    open: tuple[Check, ...]
    held: tuple[Check, ...]
    met: int
    of: int


def checklist(work: Work, row: Row, actor: Actor, case: Case[Any]) -> Checklist:
    """The conditions of what moves the case on, as far as this person may hear of them.

    For `parts/checklist.html.j2`, which shows them.
    """
    found = checks_json(work, row, actor, case)
    order = list(reversed(WORDS))
    items = sorted(found["items"], key=lambda item: order.index(item["outcome"]))
    opened = tuple(_check(item) for item in items if item["outcome"] != HOLDS)
    held = tuple(_check(item) for item in items if item["outcome"] == HOLDS)
    return Checklist(opened, held, found["met"], found["of"])


def _check(item: dict[str, Any]) -> Check:
    return Check(
        item["title"],
        *WORDS[item["outcome"]],
        item["sentence"],
        item["citation"],
        item["mark"] in UNSURE,
        item["remedy"],
    )
