"""A letter that did not get through becomes work for a person: an incident on the case it was about."""

import re

from sqlalchemy import bindparam, select

from engine.runtime.database import Row, Statement
from engine.runtime.notices import RAISED, raise_incident
from engine.runtime.schema import instance, notice
from engine.runtime.snapshots import load_case
from engine.runtime.work import Work

_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+")
_FIRST_CASE = Statement(
    select(instance)
    .join_from(notice, instance)
    .where(notice.c.message_id == bindparam("message"), notice.c.kind != RAISED)
    .order_by(notice.c.id)
    .limit(1)
)


def report_failure(work: Work, letter: Row, why: str) -> None:
    """Raise an incident for a failed message, once; a digest's goes to the first case it was about.

    A letter that tells of incidents only raises none: their tasks already wait for the administrator,
    and each failure would cause the next letter.
    """
    row = work.tx.one(_FIRST_CASE, message=letter["id"])
    if row is None:
        return
    model = work.registry.by_code[row["process"]]
    reason = without_address(why, letter["address"])
    what = f"Không gửi được thư «{letter['subject']}» cho {letter['name']}: {reason}"
    raise_incident(work, model, load_case(work, row), f"mail:{letter['message_key']}", what)


def masked(address: str) -> str:
    """Enough of an address to recognise it: a…@phuong1.example.vn."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}…{at}{domain}" if at else ""


def without_address(text: str, address: str) -> str:
    """A server's words, which often repeat the address or name another one, with every address masked."""
    known = text.replace(address, masked(address)) if address else text
    return _ADDRESS.sub(lambda found: masked(found[0]), known)
