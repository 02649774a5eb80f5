"""Words as search and duplicate checks compare them."""

import unicodedata


def fold(text: str) -> str:
    """Case-folded, without marks, đ as d, single spaces: "Đặng  Thị Ánh" → "dang thi anh"."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(plain.split())
