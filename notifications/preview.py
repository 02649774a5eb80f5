"""Letters as people look at them: one that would go out, and the headers of one that was written."""

from collections.abc import Mapping
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from typing import Any

from sqlalchemy import bindparam, select

from engine.definition.case import Case
from engine.definition.documents import canonical
from engine.runtime.database import Statement
from engine.runtime.notices import REMINDER
from engine.runtime.work import Work
from notifications import letters
from notifications.drafts import Press, item_of
from notifications.failures import masked
from notifications.letters import Letterhead, Written
from notifications.schema import message
from notifications.waiting import Notice
from notifications.words import Words

SHOWN = ("From", "Reply-To", "Date", "List-Id")

_STORED = Statement(
    select(message.c.bytes, message.c.name, message.c.address, message.c.message_id).where(
        message.c.id == bindparam("which")
    )
)


def reminder_letter(
    work: Work, words: Words, head: Letterhead, name: str, case: Case[Any], facts: Mapping[str, Any], *, to_unit: bool
) -> Written:
    """The reminder that would go out about a case, to a person or a unit's mail box of that name; changes nothing."""
    press = Press(work.registry, words, head, work.office.calendar, work.now)
    told = Notice(
        0, "", None, None, name, "", True, case.process, case.id, None, REMINDER, canonical(dict(facts)), None, None
    )  # fmt: skip
    return letters.single(head, name, item_of(press, told), to_unit=to_unit)


def headers_of(work: Work, which: int) -> list[tuple[str, str]]:
    """What stands above the text of a written mail, the recipient's address masked; nothing when there are no bytes."""
    row = work.tx.one(_STORED, which=which)
    if row is None or not row["bytes"]:
        return []
    found = BytesHeaderParser().parsebytes(row["bytes"])
    given = [(name, unfolded(str(found[name]))) for name in SHOWN if found[name]]
    return [("To", f"{row['name']} <{masked(row['address'])}>"), *given, ("Message-ID", row["message_id"])]


def unfolded(value: str) -> str:
    """A header as a person reads it. `email.policy.default` would double a space in some Vietnamese names."""
    return str(make_header(decode_header(value))).replace("\r\n", "")
