"""What people typed, as templates get it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definition.documents import canonical
from notifications.facts import clean, names_of, opened, samples
from tests.notifications.small_office import MODEL


def test_absent_deadline_is_none_and_a_date_is_a_date() -> None:
    assert opened("task_opened", '{"todo":"Duyệt đơn"}') == {"todo": "Duyệt đơn", "due_on": None}
    assert opened("deadline_changed", '{"due_before":"","due_on":"2024-07-12"}') == {
        "due_on": date(2024, 7, 12),
        "due_before": None,
    }


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Về quê\r\nBcc: x@y.vn", "Về quê Bcc: x@y.vn"),
        ("a\0b\u2028c\u2029d\x85e\tf", "a b c d e f"),
        ("  nhiều   chỗ trống ", "nhiều chỗ trống"),
        ("giấy\u202epdf.exe", "giấypdf.exe"),
        ("👩\u200d🏫 Đặng Thị Ánh", "👩\u200d🏫 Đặng Thị Ánh"),
        ("\ud800", ""),
    ],
)
def test_text_is_brought_on_one_visible_line(typed: str, shown: str) -> None:
    assert clean(typed) == shown


@given(st.text())
def test_cleaning_twice_changes_nothing(typed: str) -> None:
    assert clean(clean(typed)) == clean(typed)
    assert opened("granted", canonical({"headline": typed})) == {"headline": clean(typed)}


@pytest.mark.parametrize("kind", ["task_opened", "reminder", "escalation", "deadline_changed", "incident", "granted"])
def test_samples_have_exactly_the_facts_of_their_kind(kind: str) -> None:
    assert {frozenset(sample) for sample in samples(MODEL, kind)} == {frozenset(names_of(kind))}
