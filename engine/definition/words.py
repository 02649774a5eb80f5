"""Words as search and duplicate checks compare them, and stamps as the law dates them."""

import unicodedata
from datetime import date, datetime
from functools import lru_cache

from engine.instants import local_date


@lru_cache(maxsize=4096)  # a headline is folded each time its case moves
def fold(text: str) -> str:
    """Case-folded, without marks, đ as d, single spaces: "Đặng  Thị Ánh" → "dang thi anh"."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(plain.split())


def local_day(stamp: str) -> date:
    """The date in Asia/Ho_Chi_Minh of a stamped instant (RFC 3339 text)."""
    return local_date(datetime.fromisoformat(stamp))
