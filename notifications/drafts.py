"""What becomes of the due notices of one recipient: a letter, a digest, or the reason why there is none.

Reads no table and asks no clock: the same notices give the same bytes.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from engine.definition.registry import Registry
from engine.instants import local_date
from engine.office.calendar import WorkingCalendar
from engine.runtime.notices import DEADLINE_CHANGED, ESCALATION, REMINDER, TASK_OPENED
from notifications import letters
from notifications.facts import clean, opened
from notifications.ics import deadline_event
from notifications.letters import Item, Letterhead, Written
from notifications.mime import Letter, build, checked_address
from notifications.waiting import Notice
from notifications.words import Words

DIGEST = "digest"
WITH_CALENDAR = (TASK_OPENED, REMINDER, DEADLINE_CHANGED)
_OF_ONE_TASK = (TASK_OPENED, REMINDER, ESCALATION)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Press:
    """What a letter needs beside its notices: definitions, proven words, letterhead, working days, instant."""

    registry: Registry
    words: Words
    head: Letterhead
    calendar: WorkingCalendar
    now: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to become of the due notices of one recipient. `fault` says why there is no letter."""

    said: tuple[Notice, ...]
    dropped: tuple[Notice, ...]
    subject: str = ""
    text: str = ""
    content: bytes = b""
    fault: str = ""

    @property
    def first(self) -> Notice:
        return min(self.said, key=lambda told: told.id)

    @property
    def key(self) -> str:
        """The message key: unique and stable, because each notice is said once."""
        return f"n{self.first.id}"

    @property
    def kind(self) -> str:
        kinds = _items_of(self.said)
        return kinds[0].kind if len(kinds) == 1 else DIGEST

    @property
    def request_id(self) -> str:
        """The one request that all of it follows from; empty when there are several."""
        causes = {told.request_id for told in self.said}
        return causes.pop() if len(causes) == 1 else ""

    @property
    def instance_id(self) -> int | None:
        cases = {told.instance_id for told in self.said}
        return cases.pop() if len(cases) == 1 else None


def drafted(press: Press, batch: Iterable[Notice]) -> Draft:
    """The letter for the due notices of one recipient, or why there is none. Reads and writes nothing."""
    notices = tuple(batch)
    dropped = tuple(told for told in notices if told.is_stale)
    draft = Draft(tuple(told for told in notices if not told.is_stale), dropped)
    if not draft.said or (fault := _unreachable(draft.first)):
        return draft if not draft.said else _failed(draft, fault)
    try:
        return _written(press, draft)
    except Exception as broken:  # one letter that cannot be written must not keep back all the others
        log.exception("notice %s cannot be put into words", draft.first.id)
        return _failed(draft, f"không soạn được thư ({type(broken).__name__}: {clean(str(broken))})")


def _unreachable(told: Notice) -> str:
    """Why no letter can go there; no other address is guessed."""
    if not told.reachable:
        return "tài khoản đã ngừng hoạt động"
    if not told.address:
        return "chưa có địa chỉ thư điện tử"
    try:
        checked_address(told.address)
    except ValueError:
        return "địa chỉ thư điện tử không đúng dạng"
    return ""


def _failed(draft: Draft, fault: str) -> Draft:
    subject = f"{letters.PREFIX} Thư chưa gửi được: {len(draft.said)} tin"
    return replace(draft, subject=subject, text=fault, fault=fault)


def _written(press: Press, draft: Draft) -> Draft:
    spoken = _items_of(draft.said)
    name, to_unit = clean(draft.first.name), draft.first.unit_id is not None
    items = [item_of(press, told) for told in spoken]
    if len(items) > 1:
        written = letters.digest(press.head, name, items, to_unit=to_unit)
        return _sealed(press, draft, written, name, thread=None, calendar=None)
    written = letters.single(press.head, name, items[0], to_unit=to_unit)
    calendar = _calendar(press, spoken[0], items[0])
    return _sealed(press, draft, written, name, thread=f"case{spoken[0].instance_id}", calendar=calendar)


def _items_of(said: tuple[Notice, ...]) -> list[Notice]:
    """The notices that are put into words: of several about one waiting task, the latest covers the others."""
    latest = {_matter(told): told.id for told in said}
    return [told for told in said if latest[_matter(told)] == told.id]


def _matter(told: Notice) -> tuple[int | None, bool] | int:
    """Equal for notices of which the later says all that the earlier did."""
    if told.task_id is None or told.kind not in _OF_ONE_TASK:
        return told.id
    return told.task_id, told.kind == ESCALATION


def item_of(press: Press, told: Notice) -> Item:
    """The notice in words.

    Raises:
        TemplateError, ValueError: it cannot be put into words.
    """
    facts = opened(told.kind, told.facts)
    due_on = facts.get("due_on")
    return Item(
        kind=told.kind,
        facts=facts,
        sentences=press.words.of(told.process, told.kind, facts),
        url=press.head.case_url(press.registry.by_code[told.process].collection, told.instance_id),
        days_left=press.calendar.between(local_date(press.now), due_on) if due_on else None,
    )


def _calendar(press: Press, told: Notice, item: Item) -> bytes | None:
    """The deadline as a calendar entry; each later letter about the task replaces it."""
    if told.kind not in WITH_CALENDAR or told.task_id is None or item.due_on is None:
        return None
    sender = press.head.sender
    return deadline_event(
        uid=f"task-{told.task_id}@{sender.domain}",
        due_on=item.due_on,
        summary=f"{item.facts['todo']} – {item.facts['code']}",
        description=f"{item.sentences.happened}\n{item.sentences.todo}",
        url=item.url,
        sequence=told.id,  # grows from letter to letter
        stamped_at=press.now,
        organizer=sender.reply_to,
    )


def _sealed(
    press: Press, draft: Draft, written: Written, name: str, *, thread: str | None, calendar: bytes | None
) -> Draft:
    """The draft with the bytes that will be sent; they are made here and never again."""
    letter = Letter(
        recipient_name=name,
        recipient_address=draft.first.address,
        subject=written.subject,
        text=written.text,
        html=written.html,
        message_key=draft.key,
        thread_key=thread,
        list_id=draft.kind,
        sent_at=press.now,
        calendar=calendar,
        optional=False,
    )
    content = build(letter, press.head.sender)
    return replace(draft, subject=written.subject, text=written.text, content=content)
