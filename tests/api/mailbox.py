"""The letters that an office has written so far, and the links in them."""

import re
from dataclasses import dataclass

from sqlalchemy import select

from engine.runtime.database import Statement
from notifications.schema import message
from tests.api.office import Office

_WRITTEN = Statement(select(message).order_by(message.c.id))
_LINK = re.compile(r"http://127\.0\.0\.1:8000/(?:dat-mat-khau|loi-moi)#([\w-]{43})$", re.MULTILINE)


@dataclass(frozen=True)
class Written:
    """A letter; `secret`: of its link, empty when it has none."""

    address: str
    subject: str
    text: str
    content: bytes

    @property
    def secret(self) -> str:
        found = _LINK.search(self.text)
        return found[1] if found else ""


def letters(office: Office) -> list[Written]:
    """All of them, the oldest first; what has queued up in the writer is waited for."""
    office.engine.writer.call(lambda tx: None)
    with office.engine.database.read() as tx:
        return [Written(row["address"], row["subject"], row["text"], row["bytes"]) for row in tx.all(_WRITTEN)]
