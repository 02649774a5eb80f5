"""The conditions of what moves a case on, as far as somebody may hear of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.runtime import checking
from engine.runtime.statements import INSTANCE
from tests.errands.office import RuntimeOffice, open_runtime


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        yield office


def checks(office: RuntimeOffice, case: int, who: str = "an") -> dict[str, Any]:
    with office.looking(who) as (work, actor):
        row = work.tx.one(INSTANCE, which=case)
        assert row is not None
        return checking.checks_json(work, row, actor)


def test_a_condition_says_what_it_asks_for_how_the_case_stands_and_for_which_action(office: RuntimeOffice) -> None:
    empty, written = office.start("an", "errand"), office.start("an", "errand", text="Quét vôi")

    assert checks(office, empty) == {
        "met": 0, "of": 1,
        "items": [{
            "code": "R-TEXT", "title": "R-TEXT", "outcome": "blocks", "sentence": "Chưa ghi nội dung",
            "citation": "Quy định của hệ thống", "mark": "D", "remedy": "", "actions": ["Nộp"],
        }],
    }  # fmt: skip
    assert (checks(office, written)["met"], checks(office, written)["items"][0]["outcome"]) == (1, "ok")


def test_where_no_way_out_has_a_condition_those_of_the_way_in_are_looked_at(office: RuntimeOffice) -> None:
    case = office.checked()

    (item,) = checks(office, case, "lan")["items"]

    assert (item["code"], item["outcome"], item["actions"]) == ("R-TEXT", "ok", [""])


def test_a_case_that_is_over_has_none(office: RuntimeOffice) -> None:
    case = office.checked()
    office.act("lan", case, "approve")

    assert checks(office, case) == {"items": [], "met": 0, "of": 0}


def test_who_does_not_hear_of_a_rule_only_hears_that_something_is_in_the_way(
    office: RuntimeOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "unheard", lambda *_: frozenset({"R-TEXT"}))

    (item,) = checks(office, office.start("an", "errand"))["items"]

    assert (item["code"], item["title"], item["citation"]) == ("veiled", "Điều kiện khác", "")
    assert checks(office, office.start("an", "errand", text="Quét vôi"))["items"] == []
