"""Forms made from models: what stands in them, what is read from them, and two people's words in one."""

from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.definition import Choice, PastDay
from engine.definition.documents import difference, to_json
from engine.definition.sentences import field_sentences
from web.forms.fields import Kind, fields_of
from web.forms.filling import filled
from web.forms.merging import merged, words
from web.forms.typed import NO_DATE, NO_NUMBER, read, renumbered, shown
from web.forms.view import HAS_FIELD, over, placed
from workflows import ALL


class Size(Choice):
    SMALL = "s", "nhỏ"
    LARGE = "l", "lớn"


class Many(Choice):
    A = "a", "một"
    B = "b", "hai"
    C = "c", "ba"
    D = "d", "bốn"
    E = "e", "năm"


class Item(BaseModel):
    part: str = Field(title="Phần")
    count: int = Field(title="Số", ge=1)


class Letter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: str = Field(title="Số, ký hiệu", max_length=10)
    signed_on: PastDay = Field(title="Ngày ký")


class Dossier(BaseModel):
    title: str = Field("", title="Tên", max_length=100)
    story: str = Field("", title="Chuyện", max_length=5000, description="Kể ngắn gọn.")
    size: Size = Field(Size.SMALL, title="Cỡ")
    one: Many | None = Field(None, title="Một trong")
    some: tuple[Size, ...] = Field((), title="Những cỡ")
    lines: tuple[str, ...] = Field((), title="Các dòng")
    items: tuple[Item, ...] = Field((), title="Danh sách")
    closes: dict[Size, date] = Field(default_factory=dict, title="Hạn")
    letter: Letter | None = Field(None, title="Văn bản")
    is_public: bool = Field(False, title="Công khai")


FIELDS = fields_of(Dossier)
FULL: dict[str, Any] = {
    "title": "Tên", "story": "Dòng 1\nDòng 2", "size": "l", "one": "c", "some": ["s", "l"], "lines": ["a", "b"],
    "items": [{"part": "x", "count": 2}, {"part": "y", "count": 3}], "closes": {"l": "2024-07-31"},
    "letter": {"number": "1/KH", "signed_on": "2024-07-01"}, "is_public": True,
}  # fmt: skip


def tr(text: str, **values: object) -> str:
    return text.format(**values) if values else text


def test_each_type_has_its_kind_of_field() -> None:
    assert {field.name: field.kind for field in FIELDS} == {
        "title": Kind.TEXT, "story": Kind.LONG_TEXT, "size": Kind.RADIOS, "one": Kind.SELECT, "some": Kind.TICKS,
        "lines": Kind.LINES, "items": Kind.ROWS, "closes": Kind.DAYS, "letter": Kind.GROUP, "is_public": Kind.TICK,
    }  # fmt: skip
    assert dict(FIELDS[2].choices) == {"s": "nhỏ", "l": "lớn"}
    assert FIELDS[1].hint == "Kể ngắn gọn."


@pytest.mark.parametrize("process", ALL, ids=lambda process: process.model_card.code)
def test_people_can_fill_in_all_that_processes_ask_for(process: Any) -> None:
    model = process.model_card
    forms = [action.form for action in model.actions.values() if action.form]

    assert all(fields_of(form) for form in (model.dossier, *forms))


def test_what_is_shown_is_read_as_the_same() -> None:
    assert read(FIELDS, shown(FIELDS, FULL)) == (FULL, {})


def test_what_browsers_do_to_words_changes_nothing() -> None:
    """They break lines in their own way, and leave out what is not ticked."""
    typed = shown(FIELDS, FULL) | {"story": ["Dòng 1\r\nDòng 2 "], "lines": ["a\r\n\r\n b\r\n"]}

    assert difference(FULL, read(FIELDS, typed)[0]) == {}


def test_an_optional_group_is_there_when_something_is_filled_in() -> None:
    assert "letter" not in read(FIELDS, {"letter.number": [" "], "letter.signed_on": [""]})[0]
    assert read(FIELDS, {"letter.number": ["1/KH"], "letter.signed_on": [""]})[0]["letter"] == {"number": "1/KH"}


def test_empty_rows_do_not_count_and_faults_find_the_rows_that_do() -> None:
    sent = {"items.0.part": [""], "items.1.part": ["x"], "items.1.count": ["0"], "items.7.count": ["hai"]}

    typed = renumbered(FIELDS, sent)
    document, unreadable = read(FIELDS, typed)
    with pytest.raises(ValidationError) as wrong:
        Dossier.model_validate(document)
    faults = field_sentences(wrong.value.errors()) | unreadable

    assert document["items"] == [{"part": "x", "count": 0}, {}]
    at_fields, summary = placed(FIELDS, faults, tr)
    assert at_fields["items.0.count"] == "Dòng 1: Phải từ 1 trở lên."
    assert at_fields["items.1.count"] == f"Dòng 2: {NO_NUMBER}"
    assert summary["items.1.part"] == "Phần: Dòng 2: Chưa điền mục này."


@pytest.mark.parametrize(
    ("typed", "day"),
    [("2024-07-31", "2024-07-31"), ("31/7/2024", "2024-07-31"), ("31.07.2024", "2024-07-31"), ("31/02/2024", None)],
)
def test_dates_are_read_as_people_write_them(typed: str, day: str | None) -> None:
    document, faults = read(FIELDS, {"closes.s": [typed]})

    assert document["closes"].get("s") == day
    assert faults == ({} if day else {"closes.s": NO_DATE})


def test_what_cannot_be_read_stays_in_the_form() -> None:
    given = filled(FIELDS, {"items.0.part": ["x"], "items.0.count": ["mười hai"]}, {})

    assert given.unreadable == {"items.0.count": NO_NUMBER}
    assert given.typed["items.0.count"] == ["mười hai"]


def test_a_form_empties_what_it_has_and_leaves_what_it_has_not() -> None:
    seen = shown(FIELDS, FULL)

    document, _ = read(FIELDS, over(FIELDS, {HAS_FIELD: ["title,is_public"], "title": [""]}, seen))

    assert difference(FULL, document) == {"title": None, "is_public": False}


def test_a_fault_of_a_line_stands_at_its_field() -> None:
    faults, _ = placed(FIELDS, {"lines.2": "Quá dài.", "letter": "Sai thứ tự."}, tr)

    assert faults == {"lines": "Dòng 3: Quá dài.", "letter": "Sai thứ tự."}


def test_the_summary_goes_through_the_form_from_above() -> None:
    faults = dict.fromkeys(["is_public", "items.1.part", "letter.signed_on", "story", "items.0.count"], "Sai.")

    _, summary = placed(FIELDS, faults, tr)

    assert list(summary) == ["story", "items.0.count", "items.1.part", "letter.signed_on", "is_public"]


def test_two_people_in_one_form_lose_no_word() -> None:
    """Mine where only I wrote, theirs where only they did; where both did mine, and both are shown."""
    seen = shown(FIELDS, FULL)
    theirs = seen | {"title": ["Của họ"], "story": ["Chuyện của họ"], "items.0.part": ["z"]}
    mine = {name: values for name, values in seen.items() if name != "is_public"} | {"title": ["Của tôi"]}

    both = merged(FIELDS, seen, mine, theirs)
    document, _ = read(FIELDS, both.typed)

    assert (document["title"], document["story"], document["is_public"]) == ("Của tôi", "Chuyện của họ", False)
    assert document["items"][0]["part"] == "z"
    assert [(one.name, one.is_contested) for one in both.theirs] == [
        ("title", True),
        ("story", False),
        ("items", False),
    ]
    assert words(both.theirs[2].field, both.theirs[2].theirs, "items") == ("z | 2", "y | 3")


def test_emptying_what_another_has_changed_is_contested() -> None:
    seen = shown(FIELDS, FULL)

    both = merged(FIELDS, seen, seen | {"title": [""]}, seen | {"title": ["Của họ"]})

    assert [(one.name, one.is_contested, dict(one.mine)) for one in both.theirs] == [("title", True, {})]
    assert both.typed.get("title", [""]) == [""]


def test_the_same_words_twice_are_no_difference() -> None:
    seen = shown(FIELDS, FULL)
    now = seen | {"title": ["Mới"]}

    both = merged(FIELDS, seen, dict(now), now)

    assert not both.theirs
    assert not both.is_mine_different


def test_choices_are_words_for_people_and_codes_for_the_law() -> None:
    model = Dossier(one=Many.C)

    assert to_json(model)["one"] == "c"
    assert f"{Many.C}: {Many.C.label}" == "c: ba"
    assert words(FIELDS[3], {"one": ["c"]}, "one") == ("ba",)
