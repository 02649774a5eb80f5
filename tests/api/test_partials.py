"""Partial documents: what a merge patch on a dossier may say."""

from datetime import date
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.partials import partial


class Letter(BaseModel):
    number: str = Field(title="Số", min_length=3)
    signed_on: date


class Dossier(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    title: str = Field("", title="Tên", max_length=5)
    count: Annotated[int, Field(ge=1)] = 1
    letter: Letter | None = None
    letters: tuple[Letter, ...] = ()
    by_round: dict[str, date] = Field(default_factory=dict)
    papers: dict[str, Letter] = Field(default_factory=dict)
    decided_by: str = ""


Patch = partial("Patch", Dossier, ("title", "count", "letter", "letters", "by_round", "papers"))
SIGNED = {"number": "12/QĐ", "signed_on": "2024-07-01"}


def read(patch: dict[str, Any]) -> dict[str, Any]:
    return Patch.model_validate(patch, extra="forbid").model_dump(mode="json", exclude_unset=True)


@pytest.mark.parametrize(
    "patch",
    [
        {},
        {"title": None, "count": None, "letter": None, "letters": None, "by_round": None},
        {"title": "Tên", "count": 2},
        {"letter": {"number": "13/QĐ"}},
        {"letter": {"signed_on": None}},
        {"letters": [SIGNED]},
        {"by_round": {"one": "2024-07-01", "two": None}},
        {"papers": {"plan": {"number": None}, "report": None}},
    ],
)
def test_what_is_said_is_kept_and_nothing_is_added(patch: dict[str, Any]) -> None:
    assert read(patch) == patch


@pytest.mark.parametrize(
    "patch",
    [
        {"title": "zu lang"},
        {"count": 0},
        {"letter": {"number": "1"}},
        {"letter": {"decided_by": "me"}},
        {"letters": [{"number": "12/QĐ"}]},
        {"letters": [None]},
        {"by_round": {"one": "soon"}},
        {"decided_by": "me"},
    ],
)
def test_limits_hold_and_unknown_fields_are_refused(patch: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(patch)


def test_the_settings_of_the_dossier_hold() -> None:
    assert read({"title": "  Tên "}) == {"title": "Tên"}


def test_titles_stay() -> None:
    schema = Patch.model_json_schema()

    assert schema["properties"]["title"]["title"] == "Tên"
    assert schema["$defs"]["LetterPatch"]["properties"]["number"]["title"] == "Số"
    assert "required" not in schema
