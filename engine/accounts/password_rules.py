"""Which passwords a person may set: long enough, and not what others would try first. No composition, no rotation.

After NIST SP 800-63B-4 §3.1.1.2. What guessers try is zxcvbn's to say, which works offline; here it is told the
words of this office, with and without Vietnamese marks.
"""

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

from zxcvbn import zxcvbn

from engine.definition.words import fold

SHORTEST = 12
SHORTEST_WITH_SECOND_FACTOR = 8
LONGEST = 128
ENOUGH_GUESSES = 10**8
"""What a guesser who knows our words must need: with a hundred tries a day, more than lives."""

_LOOKED_AT = 32  # at either end: a crafted one of 72 takes 150 times as long as a hash, one of 32 takes 35
_LONGEST_NAME = 72
_SYSTEM = """
    thi đua khen thưởng thidua khenthuong phong trào chiến sĩ lao động tiên tiến giấy khen bằng khen danh hiệu
    ủy ban nhân dân ubnd phường quận huyện xã thành phố tỉnh phòng nội vụ văn phòng chủ tịch phó cán bộ chuyên viên
    thư ký văn thư quản trị đơn vị hệ thống tài khoản mật khẩu đăng nhập người dùng công chức cơ quan
    việt nam hà nội hải phòng sài gòn đà nẵng xin chào anh yêu em yêu anh gia đình hạnh phúc con cái bố mẹ
    của tôi mình một hai ba bốn năm sáu bảy tám chín mười nghìn demo password admin administrator quantri
    nguyễn trần phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý
"""
_WORD = re.compile(r"\w{2,}")
_NO_LETTER = re.compile(r"[\W\d_]+")
_LEAST_OWN_LETTERS = 4
"""What must remain of a password that has our words in it, without them, digits and signs."""


def normal(password: str) -> str:
    """The same password from every keyboard: Vietnamese letters can be written in two ways (NFC, NFD)."""
    return unicodedata.normalize("NFC", password)


def weakness(password: str, about: Iterable[str], *, has_second_factor: bool = False) -> str:
    """Why that password is not taken, as a sentence; empty when it is.

    about: names that a guesser would try: of the person, their units, the installation.
    """
    shortest = SHORTEST_WITH_SECOND_FACTOR if has_second_factor else SHORTEST
    given = normal(password)
    if len(given) < shortest:
        return f"Mật khẩu phải có ít nhất {shortest} ký tự; một câu ngắn dễ nhớ là tốt nhất."
    if len(given) > LONGEST:
        return f"Mật khẩu không được quá {LONGEST} ký tự."
    words = _words((*about, _SYSTEM))
    if _is_put_together(given, words) or _guesses(given, words) < ENOUGH_GUESSES:
        return (
            "Mật khẩu này dễ đoán: là mật khẩu nhiều người dùng, lặp lại, hoặc ghép từ tên người, tên đơn vị "
            "hay từ của hệ thống. Hãy chọn mấy từ không liên quan với nhau."
        )
    return ""


def _is_put_together(password: str, words: list[str]) -> bool:
    """Whether it is our words with hardly anything else."""
    whole = left = _NO_LETTER.sub("", fold(password))
    for word in sorted(words, key=len, reverse=True):
        letters = _NO_LETTER.sub("", word)
        if len(letters) >= 3:
            left = left.replace(letters, " ")
    return left != whole and len(left.replace(" ", "")) < _LEAST_OWN_LETTERS


def _guesses(password: str, words: list[str]) -> float:
    """How many a guesser needs who also leaves out marks, blanks and signs, as people do."""
    plain = fold(password)
    variants = {password.casefold(), plain, plain.replace(" ", "")}
    return min(_guesses_at(variant, words) for variant in variants)


def _guesses_at(variant: str, words: list[str]) -> float:
    """The harder of its two ends to guess; the end is not looked at when the beginning is enough."""
    most = 0.0
    for part in dict.fromkeys((variant[:_LOOKED_AT], variant[-_LOOKED_AT:])):
        if most < ENOUGH_GUESSES:
            most = max(most, float(zxcvbn(part or " ", user_inputs=words)["guesses"]))
    return most


def _words(texts: Iterable[str]) -> list[str]:
    """Each text and its words, folded, and the words run together: "Phường 1" gives phuong, phuong1."""
    found: dict[str, None] = {}
    for text in map(fold, texts):
        pieces = _WORD.findall(text)
        whole = (text, "".join(text.split())) if len(text) <= _LONGEST_NAME else ()
        pairs = (first + second for first, second in pairwise(pieces))
        found |= dict.fromkeys((*whole, *pieces, *pairs))
    return list(found)
