"""The frozen facts of a notice as templates see them: clean strings, dates, and nothing missing.

Pure. A fact comes from what people typed; it may not bring line breaks, control characters or marks that
turn the direction of reading, so none can add a header, a line or a disguise to a letter.
"""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from engine.definition.model import ProcessModel
from engine.runtime.notices import ABOUT_TASKS, DEADLINE_CHANGED, ESCALATION, RAISED, REMINDER, TASK_OPENED

ENGINE_KINDS = (*ABOUT_TASKS, RAISED)

_ALWAYS = (
    "process", "title", "code", "collection", "instance_id", "headline", "unit", "state", "todo", "actor",
)  # fmt: skip
_OF_KIND = {
    TASK_OPENED: ("due_on",),
    REMINDER: ("due_on", "days_late", "rung"),
    ESCALATION: ("due_on", "days_late", "rung"),
    DEADLINE_CHANGED: ("due_on", "due_before"),
    RAISED: ("what",),
}
_OF_TELL = ("action",)
_DATES = ("due_on", "due_before")
_UNWANTED = {"Cc", "Cs", "Zl", "Zp"}
_DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_ON_ONE_LINE = {
    **{n: " " for n in range(0x10000) if unicodedata.category(chr(n)) in _UNWANTED},  # all of them are below
    **dict.fromkeys(map(ord, _DIRECTIONS), ""),
}


def names_of(kind: str) -> tuple[str, ...]:
    """The facts that a template of that kind may use; every one of them is always there.

    Dates may be None: there is no deadline.
    """
    return (*_ALWAYS, *_OF_KIND.get(kind, _OF_TELL))


def opened(kind: str, frozen: str) -> dict[str, Any]:
    """The facts in the JSON text of a notice, ready for its template.

    Raises:
        ValueError: it is no JSON object, or a date is none.
    """
    facts: dict[str, Any] = {name: None for name in names_of(kind) if name in _DATES}
    for name, value in json.loads(frozen).items():
        facts[name] = clean(value) if isinstance(value, str) else value
    for name in _DATES:
        if name in facts:
            facts[name] = date.fromisoformat(facts[name]) if facts[name] else None
    return facts


def clean(text: str) -> str:
    """The text on one line: runs of space, line breaks and control characters as one space."""
    return " ".join(text.translate(_ON_ONE_LINE).split())


def samples(model: ProcessModel, kind: str) -> Iterator[Mapping[str, Any]]:
    """Facts as they may come: with and without a deadline; before, on and after the day."""
    start = model.states[model.initial]
    base: dict[str, Any] = {
        "process": model.code,
        "title": model.title,
        "code": f"{model.prefix}-2024-00001",
        "collection": model.collection,
        "instance_id": "1",
        "headline": "Hồ sơ ví dụ",
        "unit": "Đơn vị ví dụ",
        "state": start.status,
        "todo": start.todo,
        "actor": "Nguyễn Văn Ví Dụ",
    }
    due, before = date(2024, 7, 31), date(2024, 7, 24)
    if kind == TASK_OPENED:
        yield from ({**base, "due_on": value} for value in (due, None))
    elif kind in (REMINDER, ESCALATION):
        yield from ({**base, "due_on": due, "days_late": late, "rung": late} for late in (-2, 0, 3))
    elif kind == DEADLINE_CHANGED:
        for now, then in ((due, before), (due, None), (None, before)):
            yield {**base, "due_on": now, "due_before": then}
    elif kind == RAISED:
        yield {**base, "actor": "", "what": "Chưa có ai giữ vai trò"}
    else:
        yield {**base, "action": "Trình"}
