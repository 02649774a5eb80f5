"""What browsers send, read with care: whatever it is, it is a value or nothing, never a fault of the program."""

import json
from typing import Any

MOST = 10**15 - 1
"""The largest number that is taken: every key, version and instant is smaller, and the database holds it."""


def number(text: str, most: int = MOST) -> int | None:
    """The number, from 0, that a text of plain digits is; None for anything else and beyond `most`."""
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(most)):
        return None
    found = int(text)
    return found if found <= most else None


def loaded(text: str | bytes) -> Any:
    """What a JSON text stands for; None when it is none, is nested too deep, or holds what no file can."""
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return found
