"""Letters around the sentences: one for a single notice, one digest for several. Pure.

The order of a letter: what happened, what to do and until when, one button that is a plain link, the facts,
whom to ask, why it came. What is secret stays behind the link.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.instants import vn_date
from engine.runtime.notices import ABOUT_TASKS, ESCALATION, RAISED
from notifications.mime import Sender
from notifications.words import ENGINE_ROOM, Sentences

PREFIX = "[Thi đua]"
NEWS = "Tin về hồ sơ"
CLOSING = "Đây là thư nhiệm vụ nên không thể tắt; nhiều việc cùng lúc được gộp vào một thư."

_JINJA = Environment(
    loader=FileSystemLoader(ENGINE_ROOM),
    autoescape=lambda name: name is not None and name.endswith(".html.j2"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEXT, _HTML = _JINJA.get_template("letter.txt.j2"), _JINJA.get_template("letter.html.j2")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands on every letter of the installation."""

    sender: Sender
    base_url: str  # of the pages, without a final slash: https://thidua.example.vn
    contact: str  # whom to ask: an office and its telephone

    def case_url(self, collection: str, instance_id: int) -> str:
        """Where the pages show a case."""
        return f"{self.base_url}/{collection}/{instance_id}"


@dataclass(frozen=True, slots=True)
class Item:
    """One notice in words. `days_left`: working days until `facts["due_on"]`, negative when it has passed."""

    kind: str
    facts: Mapping[str, Any]
    sentences: Sentences
    url: str
    days_left: int | None

    @property
    def due_on(self) -> date | None:
        found: date | None = self.facts.get("due_on")
        return found

    @property
    def duty(self) -> str:
        """What must be done, as a heading; news needs nothing."""
        if self.kind == ESCALATION:
            return "Đôn đốc"
        if self.kind == RAISED:
            return "Xử lý sự cố"
        return str(self.facts["todo"]) if self.kind in ABOUT_TASKS else NEWS


@dataclass(frozen=True, slots=True)
class Written:
    """A letter in words."""

    subject: str
    text: str
    html: str


def single(head: Letterhead, name: str, item: Item, *, to_unit: bool) -> Written:
    """The letter for one notice. `to_unit`: it goes to a unit's mail box, because nobody holds the role."""
    until = f" (hạn {item.due_on:%d/%m})" if item.due_on else ""
    content = {
        "opening": item.sentences.happened,
        "todo": item.sentences.todo,
        "url": item.url,
        "button": "Mở hồ sơ",
        "rows": list(_rows(item)),
        "groups": [],
        "why": _why([item], to_unit),
    }
    return _written(head, name, f"{PREFIX} {item.sentences.subject}{until}", content)


def digest(head: Letterhead, name: str, items: Iterable[Item], *, to_unit: bool) -> Written:
    """One letter for several notices: by what must be done, the earliest due first, news last."""
    ordered = sorted(items, key=_urgency)
    earliest: dict[str, tuple[bool, bool, date]] = {}
    for item in ordered:
        earliest.setdefault(item.duty, _urgency(item)[:3])
    ordered.sort(key=lambda item: (earliest[item.duty], item.duty))
    groups = [
        (duty, [(item.facts["code"], item.sentences, item.url) for item in alike])
        for duty, alike in groupby(ordered, key=lambda item: item.duty)
    ]
    summary = _summary(ordered)
    content = {
        "opening": f"Bạn có {summary}.",
        "todo": "",
        "url": f"{head.base_url}/",
        "button": "Mở danh sách việc",
        "rows": [],
        "groups": groups,
        "why": _why(ordered, to_unit),
    }
    return _written(head, name, f"{PREFIX} {summary}", content)


def about_account(head: Letterhead, name: str, subject: str, content: Mapping[str, str]) -> Written:
    """The letter about an account: opening, todo, url, button, why and closing."""
    return _written(head, name, subject, {"rows": [], "groups": [], **content})


def _written(head: Letterhead, name: str, subject: str, content: Mapping[str, Any]) -> Written:
    around = {"name": name, "subject": subject, "contact": head.contact, "office": head.sender}
    whole = {"closing": CLOSING, **content, **around}
    return Written(subject, _TEXT.render(whole), _HTML.render(whole))


def _urgency(item: Item) -> tuple[bool, bool, date, str]:
    return item.duty == NEWS, item.due_on is None, item.due_on or date.max, str(item.facts["code"])


def _summary(ordered: Sequence[Item]) -> str:
    """What a digest holds: own tasks and how many are late, those of others to chase, news; the next deadline."""
    duties = [item for item in ordered if item.duty != NEWS]
    chased = sum(item.kind == ESCALATION for item in duties)
    late = sum(item.kind != ESCALATION and _is_late(item) for item in duties)
    counted = (
        (len(duties) - chased, f"việc cần làm ({late} quá hạn)" if late else "việc cần làm"),
        (chased, "việc cần đôn đốc"),
        (len(ordered) - len(duties), "tin về hồ sơ"),
    )
    coming = [item.due_on for item in duties if item.due_on and not _is_late(item)]
    until = f" (hạn gần nhất {min(coming):%d/%m})" if coming else ""
    return ", ".join(f"{count} {what}" for count, what in counted if count) + until


def _is_late(item: Item) -> bool:
    return item.days_left is not None and item.days_left < 0


def _rows(item: Item) -> Iterator[tuple[str, str]]:
    for label, name in (("Mã hồ sơ", "code"), ("Hồ sơ", "headline"), ("Loại", "title"), ("Đơn vị", "unit")):
        yield label, str(item.facts[name])
    if item.kind in ABOUT_TASKS:  # of news, the new state is what the link is for
        yield "Trạng thái", str(item.facts["state"])
    if item.due_on:
        yield "Thời hạn", _until(item.due_on, item.days_left)


def _until(due_on: date, days_left: int | None) -> str:
    day, left = vn_date(due_on), days_left or 0
    if left == 0:
        return day
    return f"{day} (còn {left} ngày làm việc)" if left > 0 else f"{day} (quá {-left} ngày làm việc)"


def _why(items: Sequence[Item], to_unit: bool) -> str:
    if to_unit:
        return "thư gửi hộp thư chung của đơn vị, vì chưa có ai giữ vai trò phải nhận."
    duties = {item.duty for item in items}
    if duties == {NEWS}:
        return "bạn có vai trò trong hồ sơ."
    if duties == {"Đôn đốc"}:
        return "bạn phụ trách người đang giữ việc."
    return "việc này thuộc vai trò bạn đang giữ." if len(items) == 1 else "các việc này thuộc vai trò bạn đang giữ."
