"""Closed lists to choose from in forms: a value that is stored, and the words that people read."""

from enum import StrEnum
from typing import Self


class Choice(StrEnum):
    """An enumeration with words: `LDTT = "LDTT", "Lao động tiên tiến"`. JSON and the law's keys have the value."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member
