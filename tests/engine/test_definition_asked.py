"""Tasks that ask for something in particular: what is open in them, and what a definition gets wrong."""

from typing import Any

import pytest
from pydantic import BaseModel

from engine.definition import Asked, End, Process, action
from engine.definition.checks import problems
from engine.definition.language import Begin
from tests.engine.wrong import Dossier, task
from tests.errands.office import ERRAND
from tests.errands.process import ErrandDossier

PAPERS = frozenset({"REPORT"})


class Demanding(BaseModel):
    reason: str


def found(asked: Any, *, edits: tuple[str, ...] = ("reason",), dossier: type[BaseModel] = Dossier) -> list[str]:
    class Fresh(Process):
        drafted = task(initial=True, edits=edits, asked=asked)
        done = End("Xong")
        finish = action("Xong", drafted.to(done))

    return [wrong.partition(", ")[2] for wrong in problems(Fresh, dossier, Begin(), papers=PAPERS)]


def fails(_: Any) -> None:
    raise IndexError("tuple index out of range")


@pytest.mark.parametrize(
    "asked", [lambda _: None, lambda _: (), lambda _: (Asked("reason", "sai"), Asked("REPORT", ""))]
)
def test_a_task_asks_for_what_it_edits_and_for_papers_or_for_nothing(asked: Any) -> None:
    assert found(asked) == []


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        (lambda _: (Asked("number", "sai"),), "drafted: asks for number, which it neither edits nor takes as a paper"),
        (lambda _: (Asked("PLAN", "thiếu"),), "drafted: asks for PLAN, which it neither edits nor takes as a paper"),
        (fails, "drafted: asked= fails on an empty dossier (IndexError: tuple index out of range)"),
    ],
)
def test_what_a_task_asks_for_can_be_answered_there(asked: Any, wrong: str) -> None:
    assert found(asked) == [wrong]


def test_a_task_that_asks_edits_something() -> None:
    assert found(lambda _: None, edits=()) == [
        "drafted: asked= chooses among the fields that it edits and the papers, and it edits nothing"
    ]


def test_a_dossier_is_empty_before_anything_is_asked() -> None:
    (wrong,) = found(lambda _: None, dossier=Demanding)

    assert wrong.startswith("drafted: asked= fails on an empty dossier (ValidationError: ")


def test_one_name_does_not_mean_a_field_and_a_paper() -> None:
    class Fresh(Process):
        drafted = task(initial=True, edits=("reason",), asked=lambda _: None)
        done = End("Xong")
        finish = action("Xong", drafted.to(done))

    (wrong,) = problems(Fresh, Dossier, Begin(), papers=frozenset({"reason"}))

    assert wrong.endswith("drafted: asks by name, and reason is a field and a paper")


@pytest.mark.parametrize(
    ("state", "wants", "fields", "papers"),
    [
        ("asked", (), {"text", "ready"}, {"REPORT"}),
        ("asked", ("text",), {"text"}, set()),
        ("asked", ("REPORT",), set(), {"REPORT"}),
        ("asked", ("text", "stays"), {"text"}, set()),  # what the task does not edit stays shut
        ("drafted", ("text",), {"text", "stays", "ready", "wants"}, {"REPORT"}),
    ],
)
def test_what_is_asked_for_is_all_that_is_open(
    state: str, wants: tuple[str, ...], fields: set[str], papers: set[str]
) -> None:
    dossier = ErrandDossier(wants=wants)

    assert (ERRAND.open_fields(state, dossier), ERRAND.open_papers(state, dossier)) == (fields, papers)
