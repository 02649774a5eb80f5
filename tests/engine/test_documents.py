"""Documents as JSON: one canonical text, merge patches after RFC 7396, and differences that undo them."""

import copy
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from engine.definition.documents import canonical, difference, merge, to_json

leaves = st.integers() | st.text(max_size=4)
keys = st.sampled_from("abcđ")  # few, so that documents and patches meet
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=3), max_leaves=6
)
documents = st.dictionaries(keys, values, max_size=4)
patches = st.dictionaries(
    keys,
    st.recursive(
        st.none() | leaves,
        lambda inner: st.lists(leaves, max_size=2) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)
ABSENT = object()


# ── Canonical text ───────────────────────────────────────────────────────────────────────────────


def test_canonical_text_is_sorted_tight_and_in_vietnamese() -> None:
    document = {"tên": "Phường Hưng Đạo", "b": [True, None, 1], "a": {"z": "\n", "y": '"'}}

    assert canonical(document) == '{"a":{"y":"\\"","z":"\\n"},"b":[true,null,1],"tên":"Phường Hưng Đạo"}'


def shuffled(value: Any, order: Any) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        order.shuffle(keys)
        return {key: shuffled(value[key], order) for key in keys}
    return [shuffled(item, order) for item in value] if isinstance(value, list) else value


@given(documents, st.randoms(use_true_random=False))
def test_canonical_text_does_not_depend_on_the_order_of_keys(document: dict[str, Any], order: Any) -> None:
    assert canonical(shuffled(document, order)) == canonical(document)


@given(documents)
def test_canonical_text_reads_back(document: dict[str, Any]) -> None:
    assert json.loads(canonical(document)) == document


PLAIN = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
any_text = st.text(st.characters(), max_size=6)  # surrogates, controls, beyond the first plane
any_leaf = st.none() | st.booleans() | st.integers() | st.integers(2**62, 2**66) | any_text
anything = st.recursive(
    any_leaf,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3) | st.tuples(inner, inner),
    max_leaves=12,
)


@given(anything)
def test_canonical_text_is_what_the_standard_library_writes(value: Any) -> None:
    assert canonical(value) == PLAIN.encode(value)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
@pytest.mark.parametrize("place", [lambda n: n, lambda n: {"n": n}, lambda n: {"a": [None, ({"b": n},)]}])
def test_canonical_text_refuses_what_json_cannot_say(number: float, place: Any) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical(place(number))


def test_canonical_text_takes_what_is_no_whole_number() -> None:
    assert canonical([None, {"share": 0.5}]) == '[null,{"share":0.5}]'


@pytest.mark.parametrize("value", [date(2024, 7, 10), datetime(2024, 7, 10, tzinfo=UTC), {1, 2}, {(1, 2): 3}, object()])
def test_canonical_text_takes_only_json_values(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical({"value": value})


# ── Models ───────────────────────────────────────────────────────────────────────────────────────


class Line(BaseModel):
    name: str
    note: str | None = None


class Paper(BaseModel):
    day: date
    at: datetime
    lines: tuple[Line, ...] = ()
    remark: str | None = None


def test_to_json_writes_iso_dates_lists_and_nothing_that_is_not_given() -> None:
    paper = Paper(day=date(2024, 7, 10), at=datetime(2024, 7, 10, 2, tzinfo=UTC), lines=(Line(name="An"),))

    assert to_json(paper) == {"day": "2024-07-10", "at": "2024-07-10T02:00:00Z", "lines": [{"name": "An"}]}
    assert Paper.model_validate(to_json(paper)) == paper


# ── Merge patches ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("original", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, ABSENT),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_follows_the_examples_of_rfc_7396(original: Any, patch: Any, result: Any) -> None:
    """Appendix A. Our documents are objects, so each example is one of their fields; a whole object also itself."""
    assert merge({"field": original}, {"field": patch}) == ({} if result is ABSENT else {"field": result})
    if isinstance(original, dict) and isinstance(patch, dict):
        assert merge(original, patch) == result


@given(documents, patches)
def test_merge_twice_is_merge_once(document: dict[str, Any], patch: dict[str, Any]) -> None:
    assert merge(merge(document, patch), patch) == merge(document, patch)


@given(documents, patches)
def test_merge_and_difference_leave_their_arguments_alone(document: dict[str, Any], patch: dict[str, Any]) -> None:
    before = copy.deepcopy((document, patch))

    merge(document, patch)
    difference(document, patch)

    assert (document, patch) == before


@pytest.mark.parametrize(
    ("old", "new", "patch"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}, {}),
        ({"a": 1, "b": 2}, {"a": 1}, {"b": None}),
        ({"a": 1}, {"a": 1, "b": {}}, {"b": {}}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, {"a": {"c": 3}}),
        ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": None}}),
        ({"a": {"b": 1}}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": [1, 2]}, {"a": [1]}, {"a": [1]}),
        ({"a": 1}, {"a": None}, {"a": None}),
        ({}, {"a": None}, {"a": None}),
    ],
)
def test_difference_says_only_what_changes(old: Mapping[str, Any], new: Mapping[str, Any], patch: Any) -> None:
    assert difference(old, new) == patch


@given(documents, documents)
def test_difference_leads_from_one_document_to_the_other(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert merge(old, difference(old, new)) == new


@given(documents)
def test_difference_from_itself_is_nothing(document: dict[str, Any]) -> None:
    assert difference(document, copy.deepcopy(document)) == {}


@given(documents, patches)
def test_difference_is_no_larger_than_the_patch_that_made_it(document: dict[str, Any], patch: dict[str, Any]) -> None:
    after = merge(document, patch)

    assert difference(document, after).keys() <= patch.keys()
