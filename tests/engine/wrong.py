"""What the tests of wrong definitions share: small parts of a process, and the sentence that refuses it."""

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import BaseModel

import workflows
from engine.definition import NO_DEADLINE, Begin, Case, Phase, Process, Role, Task, Unit, process, working_days
from engine.definition.language import Guard
from engine.errors import DefinitionError
from engine.office.calendar import WorkingCalendar
from engine.office.law import LawBook
from tests.leave_request.process import LeaveRequest

ALL: tuple[type[Process], ...] = (LeaveRequest, *getattr(workflows, "ALL", ()))
every_process = pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)

OFFICER = Role("officer", "Cán bộ")
DRAFTED = Phase.DRAFTED
SOON = working_days(3)
NO_CALLBACKS = "validators and callbacks have no place in a definition"


class Answer(BaseModel):
    reason: str


class Paper(BaseModel):
    number: str


class Dossier(BaseModel):
    """One field of each kind that a definition may refer to."""

    reason: str = ""
    number: str = ""
    kind: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    stamped_at: datetime | None = None
    rounds: Mapping[str, date] = {}
    refusal: Answer | None = None
    either: Answer | Paper | None = None
    refusals: tuple[Answer, ...] = ()
    listed: list[Answer] = []
    pair: tuple[Answer, Paper] = (Answer(reason=""), Paper(number=""))
    perhaps: tuple[Answer, ...] | None = None


def define_with(begin: Begin) -> Callable[[type[Process]], type[Process]]:
    return process(
        code="wrong", collection="wrongs", title="Sai", prefix="S", dossier=Dossier, headline=str, begin=begin
    )


define = define_with(Begin())


def task(**more: Any) -> Task:
    """A task whose line does not matter."""
    return Task("Đang làm", "Làm", OFFICER, NO_DEADLINE, phase=DRAFTED, **more)


def refused(sentence: str) -> AbstractContextManager[None]:
    """What is defined inside is refused with that sentence; {here} is the line of the test marked so."""
    lines, first = inspect.getsourcelines(sys._getframe(1))
    marked = (first + n for n, text in enumerate(lines) if text.rstrip().endswith("# here"))
    return _refused(sentence.format(here=next(marked, None)))


@contextmanager
def _refused(sentence: str) -> Iterator[None]:
    with pytest.raises(DefinitionError) as caught:
        yield
    assert str(caught.value) == sentence


class Witness:
    """Stands for a case before the library's machine: in a state, every guard answering the same."""

    def __init__(self, state: str, holds: bool = True) -> None:
        self.state, self.holds = state, holds

    def answer(self, guard: Guard) -> bool:
        return self.holds


def plain_case(cls: type[Process], state: str, dossier: BaseModel) -> Case[Any]:
    """A case of any process, in any state, without relatives or law."""
    ward = Unit(1, "P1", "Phường 1", "ward", "p1@example.vn", 1, (), date(2024, 1, 1), None)
    now = datetime(2024, 7, 10, 2, tzinfo=UTC)
    return Case(
        7, "X-2024-00007", cls.model_card.code, state, 1, dossier, ward, ward, now, WorkingCalendar(), LawBook(())
    )
