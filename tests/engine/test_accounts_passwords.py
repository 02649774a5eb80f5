"""Which passwords are taken: length, and what somebody would guess who knows the office."""

import unicodedata
from collections.abc import Callable
from time import perf_counter

import pytest

from api.passwords import hash_password
from engine.accounts.password_rules import normal, weakness

ABOUT = ("chuyenvien", "Nguyễn Văn An", "an@phuong1.example.vn", "P1", "Phường Hòa Nghĩa", "Quận Dương Kinh")


@pytest.mark.parametrize(
    "password",
    [
        "cá vàng bơi lội ao",
        "sông rộng đèn vàng",
        "correct horse battery",
        "kX9#mPq2$vLw8@",
        "7519 2680 4433 91",  # no kind of character is asked for
        "a" * 40 + " tàu hỏa xanh chạy qua cầu",
    ],
)
def test_a_password_that_nobody_guesses_is_taken(password: str) -> None:
    assert weakness(password, ABOUT) == ""


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "aaaaaaaaaaaaaaaa",
        "abcdefgh1234",
        "qwertyuiop123",
        "matkhau12345",
        "Mật khẩu của tôi",
        "chuyenvien2024",
        "nguyenvanan1985",
        "Nguyễn Văn An 1985",
        "Phường Hòa Nghĩa",
        "phuong hoa nghia 1",
        "ubndquanduongkinh",
        "Thi đua khen thưởng 2024",
        "thidua@2024!!",
    ],
)
def test_common_passwords_and_our_own_words_are_refused_with_and_without_marks(password: str) -> None:
    assert "dễ đoán" in weakness(password, ABOUT)


@pytest.mark.parametrize(
    ("length", "with_code", "is_taken"),
    [(11, False, False), (12, False, True), (7, True, False), (8, True, True), (128, False, True), (129, False, False)],
)
def test_how_long_a_password_is(length: int, with_code: bool, is_taken: bool) -> None:
    password = ("vLw8@kX9#mPq2$" * 10)[:length]

    assert (weakness(password, ABOUT, has_second_factor=with_code) == "") is is_taken


def test_the_sentence_names_the_length_that_is_asked_for() -> None:
    assert "ít nhất 12 ký tự" in weakness("ngắn", ABOUT)
    assert "ít nhất 8 ký tự" in weakness("ngắn", ABOUT, has_second_factor=True)


def test_a_crafted_password_takes_not_much_longer_to_look_at_than_its_hash() -> None:
    """Signs that stand for letters, in all their readings: at its full length it took 150 hashes."""
    crafted = "4@({[<3691!|0$5+7%2z" * 6

    def seconds(work: Callable[[], object]) -> float:
        begun = perf_counter()
        work()
        return perf_counter() - begun

    a_hash = min(seconds(lambda: hash_password(crafted)) for _ in range(5))
    assert min(seconds(lambda: weakness(crafted, ABOUT)) for _ in range(3)) < 80 * a_hash  # measured: 35


def test_both_ways_of_writing_vietnamese_letters_are_one_password() -> None:
    composed = "cá vàng bơi lội ao"
    decomposed = unicodedata.normalize("NFD", composed)

    assert composed != decomposed
    assert normal(composed) == normal(decomposed)
    assert len(unicodedata.normalize("NFD", "ở" * 10)) >= 12
    assert "ít nhất 12" in weakness(unicodedata.normalize("NFD", "ở" * 10), ABOUT)  # counted as people count
