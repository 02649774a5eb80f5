"""A message as lists show it, with its attempts: addresses masked, and no text."""

from collections.abc import Iterable
from typing import Any

from engine.runtime.database import Row
from engine.runtime.present import instant
from notifications.failures import masked, without_address


def as_listed(row: Row, attempts: Iterable[Row]) -> dict[str, Any]:
    """A row of `message` with those of its `message_attempt`."""
    return {
        "id": str(row["id"]),
        "at": instant(row["created_at"]),
        "recipient": row["name"],
        "address": masked(row["address"]),
        "subject": row["subject"],
        "kind": row["kind"],
        "state": row["state"],
        "fault": row["fault"],
        "request_id": row["request_id"],
        "next_attempt_at": instant(row["next_attempt_at"]),
        "attempts": [
            {
                "n": made["n"],
                "at": instant(made["at"]),
                "outcome": made["outcome"],
                "reply": without_address(made["reply"], row["address"]),
            }
            for made in attempts
        ],
    }
