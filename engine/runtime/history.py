"""The history of each case: append-only rows, chained by hash, from which the state can be rebuilt.

The chain covers SHA-256(salt ‖ payload), so that a payload can lawfully be redacted without breaking it.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import bindparam, select

from engine.definition.documents import canonical, merge
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.schema import instance
from engine.runtime.statements import HISTORY, NEW_HISTORY

ORIGIN = b""
_LINKED = ("at", "actor_id", "role", "mandate_id", "action", "source", "target", "request_id")
"""The columns that the hash of an entry covers, after those that say where it stands."""
_INSTANCES = Statement(select(instance).order_by(instance.c.id))
_PART = Statement(
    select(instance).where(instance.c.id > bindparam("after")).order_by(instance.c.id).limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row to append. `at` in microseconds UTC; `payload` holds the dossier's merge patch.

    role: in which the actor acted, empty for the system; mandate_id: when for somebody else. request_id: as of `Work`.
    """

    instance_id: int
    seq: int
    at: int
    actor_id: int | None
    action: str
    source: str
    target: str
    payload: dict[str, Any]
    role: str = ""
    mandate_id: int | None = None
    request_id: str = ""


def append(tx: Transaction, entry: Entry, previous: bytes, salt: bytes) -> tuple[int, bytes]:
    """Write the entry behind the one with that hash; returns its key and its own hash, the new head of the chain."""
    payload = canonical(entry.payload)
    payload_hash = payload_hash_of(salt, payload)
    link = link_of(payload_hash, previous, entry.instance_id, entry.seq, *(getattr(entry, name) for name in _LINKED))
    key = tx.insert(
        NEW_HISTORY, instance_id=entry.instance_id, seq=entry.seq, at=entry.at, actor_id=entry.actor_id,
        role=entry.role, mandate_id=entry.mandate_id, action=entry.action, source=entry.source, target=entry.target,
        request_id=entry.request_id, payload=payload, salt=salt, payload_hash=payload_hash, hash=link,
    )  # fmt: skip
    return key, link


def verify(tx: Transaction) -> Iterator[str]:
    """Walk every chain; yields a sentence for each fault, nothing when all is well.

    Checked: the links, each payload against its hash, the head kept on the case, and that state and
    dossier rebuilt from the history equal the stored ones.
    """
    for row in tx.all(_INSTANCES):
        entries = tx.all(HISTORY, which=row["id"])
        yield from (f"case {row['id']}: {fault}" for fault in _faults(row, entries))


def verify_part(tx: Transaction, after: int, most: int) -> tuple[list[str], int, int | None]:
    """As `verify`, of the cases above that key, so many at most: the faults, how many cases were looked at, and
    the key to go on after; None when that was the last of them."""
    rows = tx.all(_PART, after=after, most=most + 1)
    faults = [
        f"case {row['id']}: {why}" for row in rows[:most] for why in _faults(row, tx.all(HISTORY, which=row["id"]))
    ]
    return faults, len(rows[:most]), rows[most - 1]["id"] if len(rows) > most else None


def rebuild(entries: list[Row]) -> tuple[str, dict[str, Any]]:
    """State and dossier as the history tells them."""
    state, dossier = "", dict[str, Any]()
    for entry in entries:
        state = entry["target"]
        dossier = merge(dossier, json.loads(entry["payload"]).get("dossier", {}))
    return state, dossier


def _faults(row: Row, entries: list[Row]) -> Iterator[str]:
    previous = ORIGIN
    for seq, entry in enumerate(entries, start=1):
        if entry["seq"] != seq:
            yield f"entry {seq} is missing"
            return
        if not is_whole(entry):
            yield f"the payload of entry {seq} was changed"
        columns = (entry[name] for name in _LINKED)
        if not is_linked(entry, previous, entry["instance_id"], seq, *columns):
            yield f"the chain is broken at entry {seq}"
        if seq > 1 and entry["at"] < entries[seq - 2]["at"]:
            yield f"entry {seq} is older than the one before it"
        previous = entry["hash"]
    if row["history_hash"] != previous or row["version"] != len(entries):
        yield "the head does not match the last entry"
    if not _tells(row, entries):
        yield "state or dossier differs from what the history tells"


def _tells(row: Row, entries: list[Row]) -> bool:
    """Whether the history gives the stored state and dossier; one that cannot be read any more does not."""
    try:
        state, dossier = rebuild(entries)
    except (ValueError, TypeError, AttributeError):  # a payload that is no JSON, or no patch
        return False
    return bool(state == row["state"] and canonical(dossier) == row["dossier"])


def is_whole(entry: Row) -> bool:
    """Whether an entry of a chain has the payload that its hash was made of."""
    with suppress(TypeError, AttributeError):  # on SQLite anything may stand in a column
        return bool(payload_hash_of(entry["salt"], entry["payload"]) == entry["payload_hash"])
    return False


def is_linked(entry: Row, previous: bytes, *columns: str | int | None) -> bool:
    """Whether an entry of a chain has the hash of these columns of its own, behind the one with the hash `previous`."""
    with suppress(TypeError, AttributeError):
        return bool(link_of(entry["payload_hash"], previous, *columns) == entry["hash"])
    return False


def payload_hash_of(salt: bytes, payload: str) -> bytes:
    """What a chain keeps of a payload, and what survives its redaction."""
    return sha256(salt + payload.encode()).digest()


def link_of(payload_hash: bytes, previous: bytes, *columns: str | int | None) -> bytes:
    """The hash of an entry: over its columns, its payload's hash and the hash before it."""
    return sha256(canonical([*columns, payload_hash.hex(), previous.hex()]).encode()).digest()


def digits(value: bytes) -> str:
    """A stored hash as people compare it: hex digits; what is none, because somebody changed it, as it stands."""
    return value.hex() if isinstance(value, bytes) else str(value)
