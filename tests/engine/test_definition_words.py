"""Words are compared without case, marks and spacing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definition.words import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đặng  Thị Ánh", "dang thi anh"),
        ("  PHƯỜNG HƯNG ĐẠO\n", "phuong hung dao"),
        ("Nguyễn Văn Ước", "nguyen van uoc"),
        ("Số 12/TTr", "so 12/ttr"),
        ("", ""),
    ],
)
def test_fold_drops_case_marks_and_spacing(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_fold_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)
