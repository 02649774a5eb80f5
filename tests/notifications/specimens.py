"""Notices made by hand, and the letters they give taken apart."""

import re
from datetime import time
from email import message_from_bytes
from email.header import decode_header, make_header
from email.utils import getaddresses
from html.parser import HTMLParser
from typing import Any

from engine.definition.documents import canonical
from engine.instants import at_local
from engine.office.calendar import WorkingCalendar
from notifications.drafts import Draft, Press, drafted
from notifications.waiting import Notice
from tests.notifications.small_office import HEAD, REGISTRY, WEDNESDAY, WORDS

PRESS = Press(REGISTRY, WORDS, HEAD, WorkingCalendar(), at_local(WEDNESDAY, time(9)))
PLAIN = {
    "title": "Đơn xin nghỉ",
    "code": "DN-2024-00001",
    "headline": "Về quê",
    "unit": "Phòng Một",
    "state": "Chờ duyệt",
    "todo": "Duyệt đơn",
    "actor": "Lê An",
    "action": "Đồng ý",
    "what": "Chưa có ai giữ vai trò",
}
EXTRA: dict[str, dict[str, Any]] = {
    "task_opened": {"due_on": "2024-07-12"},
    "reminder": {"due_on": "2024-07-12", "days_late": -1, "rung": -1},
    "escalation": {"due_on": "2024-07-08", "days_late": 2, "rung": 2},
    "deadline_changed": {"due_on": "2024-07-12", "due_before": "2024-07-10"},
    "incident": {},
    "granted": {},
    "refused": {},
}


def notice(key: int, kind: str, **changed: Any) -> Notice:
    """A due notice to the head, each about a case and a task of its own."""
    told = Notice(
        id=key, recipient="person:2", person_id=2, unit_id=None, name="Lê Binh", address="binh@p1.example.vn",
        reachable=True, process="leave_request", instance_id=key, task_id=None, kind=kind, facts="", clock=None,
        task_due_on=None,
    )  # fmt: skip
    fields = {name: changed.pop(name) for name in Notice.__dataclass_fields__ if name in changed}
    facts = {**PLAIN, **EXTRA[kind], **changed}
    due_on = facts.get("due_on") or None
    task = {} if kind in ("incident", "granted", "refused") else {"task_id": key, "clock": "running"}
    values = {name: getattr(told, name) for name in Notice.__dataclass_fields__}
    return Notice(**{**values, **task, "task_due_on": due_on, "facts": canonical(facts), **fields})


def letter(*notices: Notice) -> Draft:
    return drafted(PRESS, notices)


def parts(draft: Draft) -> dict[str, str]:
    """Content type → decoded text."""
    found = {}
    for part in message_from_bytes(draft.content).walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            found[part.get_content_type()] = content.decode().replace("\r\n", "\n")
    return found


class Shape(HTMLParser):
    """What HTML is made of: everything except its text, and the text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.pieces: list[object] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value for name, value in attrs if name == "href" and value]
        self.pieces.append((tag, [(name, value) for name, value in attrs if name != "href"]))

    def handle_endtag(self, tag: str) -> None:
        self.pieces.append(tag)

    def handle_comment(self, data: str) -> None:
        self.pieces.append(("comment", data))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def headers(draft: Draft) -> list[tuple[str, str]]:
    return [(name, str(make_header(decode_header(value)))) for name, value in message_from_bytes(draft.content).items()]


def calendar_names(calendar: str) -> list[str]:
    return [re.split("[:;]", line)[0] for line in calendar.replace("\n ", "").splitlines()]


def shape(draft: Draft) -> dict[str, object]:
    """Everything about a letter except its words."""
    found = parts(draft)
    page = Shape(found["text/html"])
    fixed = [(name, value) for name, value in headers(draft) if name not in ("Subject", "To")]
    return {
        "headers": [name for name, _ in headers(draft)],
        "values": fixed,
        "addresses": [address for _, address in getaddresses([message_from_bytes(draft.content)["To"]])],
        "parts": list(found),
        "lines": found["text/plain"].count("\n"),
        "tags": page.pieces,
        "links": sorted(page.links),
        "calendar": calendar_names(found.get("text/calendar", "")),
    }
