"""Duties, private fields and outlines that a definition gets wrong; a line that goes along and must not."""

from dataclasses import replace

import pytest

from engine.definition import EDIT, Begin, Duty, End, Outline, Process, Role, Task, action
from engine.definition.checks import problems
from engine.definition.decide import decide
from engine.definition.outline import NO_OUTLINE
from engine.definition.performing import Actor, Capacity
from engine.errors import OwnCase
from tests.engine.award_case import MODEL, act, case_of
from tests.engine.wrong import DRAFTED, OFFICER, SOON
from tests.leave_request.process import LeaveRequest

ONE, OTHER = Role("one", "Một"), Role("other", "Hai")


def found(*separate: Duty, private: tuple[str, ...] = (), outline: Outline = NO_OUTLINE) -> list[str]:
    class Fresh(Process):
        drafted = Task("Dự thảo", "Soạn", OFFICER, SOON, phase=DRAFTED)
        done = End("Xong")
        grant = action("Đồng ý", drafted.to(done))

    return problems(Fresh, LeaveRequest.model_card.dossier, Begin(), separate, private, outline=outline)


@pytest.mark.parametrize(
    ("duties", "wrong"),
    [
        ((Duty("draft", "soạn", (EDIT, "fly")),), ["duty draft: no action fly"]),
        (
            (Duty("draft", "soạn", (EDIT,)), Duty("draft", "duyệt", ("grant",))),
            ["duty draft is declared twice"],
        ),
        (
            (Duty("draft", "soạn", (EDIT, "grant")), Duty("grant", "duyệt", ("grant",))),
            ["duties draft and grant both have grant"],
        ),
        ((Duty("draft", "soạn", (EDIT,), by=(ONE,)), Duty("grant", "duyệt", (EDIT,), by=(OTHER,))), []),
    ],
)
def test_duties_are_of_actions_that_exist_and_share_none(duties: tuple[Duty, ...], wrong: list[str]) -> None:
    assert found(*duties) == wrong


@pytest.mark.parametrize("path", ["wings", "wings.left", "reason.text"])
def test_private_fields_are_fields_of_the_dossier(path: str) -> None:
    assert found(private=(path,)) == [f"private: {path}, which the dossier does not have"]


def test_an_outline_names_fields_of_the_dossier() -> None:
    wrong = Outline(gist=("reason", "wings.left"), verdict="reason.text", grounds="beak", handed_in="flown_at")

    assert found(outline=wrong) == [
        f"outline: {path}, which the dossier does not have"
        for path in ("wings.left", "reason.text", "beak", "flown_at")
    ]


def test_nobody_takes_their_own_case_along() -> None:
    model = replace(MODEL, nominees=lambda _: frozenset({"CB-1"}))
    head = Actor(15, "Thủ trưởng", staff_code="cb-1")

    with pytest.raises(OwnCase, match="Bạn là người được đề nghị"):
        decide(model, case_of("submitted"), act("register", head, carried=Capacity("head")))
