"""Letters about an account itself: an invitation, a link to reset the password, that something was changed.

They are asked for by a person or tell of a danger, so they wait for no office hours. The secret of a link is in
the letter and nowhere else: behind the # of an address, which browsers send to nobody.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.runtime.database import Row
from engine.runtime.statements import insertion
from engine.runtime.work import Work
from notifications.facts import clean
from notifications.letters import PREFIX, Letterhead, Written, about_account
from notifications.mime import Letter, build, checked_address, message_id
from notifications.retry import State
from notifications.schema import FOR_RETRIES, message
from notifications.words import ENGINE_ROOM

LIST = "account"
_CLOSING = "Đây là thư về tài khoản nên không thể tắt. Chúng tôi không bao giờ hỏi mật khẩu qua thư hay điện thoại."

_NEW_MESSAGE = insertion(message, without=FOR_RETRIES)
_JINJA = Environment(loader=FileSystemLoader(ENGINE_ROOM), autoescape=False, undefined=StrictUndefined)


class AccountLetter(StrEnum):
    """What an account letter says; each has a template of that name."""

    INVITATION = "account_invitation"
    RESET = "account_reset"
    CHANGED = "account_changed"
    FACTOR_REMOVED = "account_factor_removed"
    MAIL_CHANGED = "account_mail_changed"
    TEST = "account_test"


PAGES = {AccountLetter.INVITATION: "/loi-moi", AccountLetter.RESET: "/dat-mat-khau"}
"""Where the link of a letter leads."""
_TEMPLATES = {kind: _JINJA.get_template(f"{kind}.txt.j2") for kind in AccountLetter}


@dataclass(frozen=True, slots=True)
class Told:
    """A letter to write. `key` makes its Message-ID and must be its own; `secret` and `lasts` are those of a link."""

    kind: AccountLetter
    key: str
    secret: str = ""
    lasts: timedelta = timedelta(0)


def is_reachable(to: Row) -> bool:
    """Whether a letter can go to that person at all."""
    try:
        checked_address(to["mail"])
    except ValueError:
        return False
    return True


def write_account_letter(work: Work, head: Letterhead, to: Row, told: Told) -> None:
    """Write the letter to that person in this transaction; it leaves with the next tick.

    Raises:
        ValueError: the person's address cannot stand on a letter.
    """
    work.tx.insert(_NEW_MESSAGE, **_message(work, head, to, told))


def _message(work: Work, head: Letterhead, to: Row, told: Told) -> dict[str, Any]:
    written, name = _written(head, to, told), clean(to["name"])
    letter = Letter(
        recipient_name=name, recipient_address=to["mail"], subject=written.subject, text=written.text,
        html=written.html, message_key=told.key, thread_key=None, list_id=LIST, sent_at=work.now, calendar=None,
        optional=False,
    )  # fmt: skip
    return {
        "recipient": f"person:{to['id']}",
        "person_id": to["id"],
        "unit_id": None,
        "name": name,
        "address": to["mail"],
        "subject": written.subject,
        "message_key": told.key,
        "message_id": message_id(told.key, head.sender.domain),
        "instance_id": None,
        "kind": told.kind.value,
        "bytes": build(letter, head.sender),
        "text": written.text,
        "fault": "",
        "state": State.QUEUED.value,
        "created_at": work.micros,
        "next_attempt_at": work.micros,
        "first_attempt_at": None,
        "settled_at": None,
        "request_id": work.request_id,
    }


def _written(head: Letterhead, to: Row, told: Told) -> Written:
    template = _TEMPLATES[told.kind]
    context = template.new_context({"username": to["username"], "sender": head.sender.name, "lasts": _span(told.lasts)})
    said = {name: " ".join("".join(block(context)).split()) for name, block in template.blocks.items()}
    url = f"{head.base_url}{PAGES[told.kind]}#{told.secret}" if told.secret else f"{head.base_url}/"
    content = {
        "opening": said["happened"],
        "todo": said["todo"],
        "url": url,
        "button": said["button"],
        "why": said["why"],
        "closing": _CLOSING,
    }
    return about_account(head, clean(to["name"]), f"{PREFIX} {said['subject']}", content)


def _span(lasts: timedelta) -> str:
    minutes = lasts // timedelta(minutes=1)
    return f"{minutes // 60} giờ" if minutes and minutes % 60 == 0 else f"{minutes} phút"
