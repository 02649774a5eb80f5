"""What nobody should send: texts and numbers on which two databases could differ."""

import copy
import random
from typing import Any

TEXTS = (
    "", " ", "\t\r\n", "🎖️👨‍👩‍👧‍👦", "e\u0323\u0302 a\u0301 Ðặng", "Đặng Ánh", "đặng ánh", "O'Brien \"x\" \\ \\'",
    "100%_\\%", "%", "_", "a\x00b", "\x00", "\ud800", "x\udfffy", "\U0010ffff", "\ufffe", "\u202eđảo", "İıßẞﬀ",
    "'; DROP TABLE person; --", "{{7*7}}", "NULL", "\x1b[31m", "x" * 5_000, "ệ" * 3_000, "-0", "1e5", "١٢", "01",
)  # fmt: skip
NUMBERS = (
    0, -1, 1, 2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 1.5, 1e308, True, None, [], {},
)  # fmt: skip
KEYS = (
    "0",
    "-1",
    "01",
    "2147483648",
    str(2**63 - 1),
    str(2**63),
    str(10**30),
    "abc",
    "١٢",
    "1%00",
    "%F0%9F%8E%96",
    "1.0",
)
CURSORS = (
    "",
    "x",
    "0",
    "-1",
    str(2**63),
    "eyJhIjoxfQ",
    "bnVsbA",
    "W10",
    "\x00",
    "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw",
)


def spoilt(rng: random.Random, body: Any) -> Any:
    """A copy in which one value, somewhere, is another."""
    body = copy.deepcopy(body)
    places = list(_places(body))
    if not places:
        return rng.choice(NUMBERS)
    container, key = rng.choice(places)
    container[key] = rng.choice(TEXTS if rng.random() < 0.7 else NUMBERS)
    return body


def _places(value: Any) -> Any:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield value, key
        yield from _places(below)
