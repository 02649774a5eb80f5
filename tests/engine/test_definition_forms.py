"""What a filled form writes to the dossier, and how one that does not fit is refused."""

from datetime import date
from typing import Any

import pytest

from engine.definition.decide import apply_patch
from engine.errors import InvalidInput
from tests.engine.award_case import Award, AwardDossier, Change, Letter, Opinion, case_of, take

MISSING = "Chưa điền mục này."


@pytest.mark.parametrize(
    ("taken", "form", "fields"),
    [
        ("submit", None, {"number": MISSING, "signed_on": MISSING}),
        (
            "submit",
            {"number": "mười hai", "signed_on": "2024-07-09", "award": {}},
            {"number": "Không đúng dạng yêu cầu.", "award.code": MISSING},
        ),
        ("rename", Award(code="GK"), {"body": "Phải là một đối tượng JSON."}),
        ("rename", {"title": "Tên", "days": 9}, {"days": "Không được quá 5."}),  # the dossier's
    ],
)
def test_a_form_that_does_not_fit_is_refused_field_by_field(taken: str, form: Any, fields: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        take(taken, case_of(), form)

    assert refusal.value.fields == fields


def test_a_form_may_come_filled() -> None:
    assert take("rename", case_of(), Change(title="Tên")).patch == {"title": "Tên"}


def test_a_form_field_by_field_leaves_what_it_does_not_give() -> None:
    decision = take("rename", case_of(title="Cũ", subtitle="Phụ", days=3), {"title": "Mới"})

    assert decision.patch == {"title": "Mới"}
    assert decision.case.dossier == AwardDossier(title="Mới", subtitle="Phụ", days=3)


def test_a_form_field_by_field_empties_what_it_gives_empty() -> None:
    case = case_of(title="Cũ", subtitle="Phụ", days=3)

    decision = take("rename", case, {"title": "Cũ", "subtitle": None, "days": None})

    assert decision.patch == {"subtitle": None, "days": None}
    assert decision.case.dossier == AwardDossier(title="Cũ")


def test_a_form_field_by_field_adds_to_a_mapping() -> None:
    case = case_of(closes={"rolling": date(2024, 7, 1), "closing": date(2025, 5, 13)})

    decision = take("rename", case, {"title": "Mới", "closes": {"rolling": "2024-08-01"}})

    assert decision.patch == {"title": "Mới", "closes": {"rolling": "2024-08-01"}}
    assert decision.case.dossier.closes == {"rolling": date(2024, 8, 1), "closing": date(2025, 5, 13)}


def test_a_form_into_a_field_replaces_what_was_there() -> None:
    """What the earlier form said and this one leaves out must not survive in the merge."""
    before = Letter(number="1/TTr", signed_on=date(2024, 7, 1), award=Award(code="GK", note="cũ"), remark="cũ")
    form = {"number": "2/TTr", "signed_on": "2024-07-09", "award": {"code": "BK"}}

    decision = take("submit", case_of(title="Tên", days=1, letter=before), form)

    assert decision.case.dossier.letter == Letter(number="2/TTr", signed_on=date(2024, 7, 9), award=Award(code="BK"))
    assert decision.patch["letter"] == {**form, "award": {"code": "BK", "note": None}, "remark": None}


def test_a_form_into_a_tuple_is_appended() -> None:
    first = Opinion(text="Tốt", score=8)

    decision = take("advise", case_of("submitted", opinions=(first,)), {"text": "Khá", "score": 6})

    assert decision.case.dossier.opinions == (first, Opinion(text="Khá", score=6))
    assert decision.patch == {"opinions": [{"text": "Tốt", "score": 8}, {"text": "Khá", "score": 6}]}


def test_a_number_that_was_drawn_is_written() -> None:
    decision = take("register", case_of("submitted"), number="5/2024")

    assert (decision.patch, decision.case.dossier.entry) == ({"entry": "5/2024"}, "5/2024")


def test_apply_patch_refuses_what_is_no_dossier() -> None:
    with pytest.raises(InvalidInput) as refusal:
        apply_patch(AwardDossier, AwardDossier(), {"opinions": [{"text": "Ừ"}], "days": "nhiều"})

    assert sorted(refusal.value.fields) == ["days", "opinions.0.score", "opinions.0.text"]


def test_a_paper_is_not_signed_on_a_day_to_come() -> None:
    with pytest.raises(InvalidInput) as refusal:
        take("submit", case_of(title="Tên", days=1), {"number": "12/TTr", "signed_on": "2034-07-09"})

    assert list(refusal.value.fields) == ["signed_on"]
    assert "không được sau hôm nay" in refusal.value.fields["signed_on"]
