"""An action taken to see what it would bring, and undone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from engine.errors import GuardUnmet, NotFound, NotPerformer
from engine.runtime.database import Statement, Transaction
from engine.runtime.rehearsing import rehearse
from engine.runtime.schema import effect, notice
from tests.errands.office import DRIVE, ERRAND, RuntimeOffice, open_runtime

NOTICES = Statement(select(func.count().label("n")).select_from(notice))
EFFECTS = Statement(select(func.count().label("n")).select_from(effect))


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        yield office


def counting(statement: Statement) -> Any:
    """How many rows the action writes."""

    def count(tx: Transaction) -> int:
        row = tx.one(statement)
        assert row is not None
        return int(row["n"])

    def before(tx: Transaction) -> Any:
        there = count(tx)
        return lambda after: count(after) - there

    return before


def test_what_it_would_bring_is_seen_and_nothing_is_kept(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")
    there = office.notices()

    assert rehearse(office.engine, "an", ERRAND, case, "hand_in", None, counting(NOTICES)) == 2  # the desk, the head
    assert (office.state(case), office.version(case), office.notices()) == ("drafted", 1, there)
    office.act("an", case, "hand_in")
    assert office.dossier(case)["number"] == "01/2024"  # none was used up


def test_effects_are_not_carried_out(office: RuntimeOffice) -> None:
    drive = office.start("lan", "drive", title="Vận động", ends_on="2025-05-13", due_on="2024-07-31", wants=["W1"])

    assert rehearse(office.engine, "chu", DRIVE, drive, "launch", None, counting(EFFECTS)) == 1
    assert (office.effects(), office.errands(drive)) == ([], [])


def test_it_is_refused_as_the_action_would_be(office: RuntimeOffice) -> None:
    case = office.start("an", "errand")

    def take(who: str) -> None:
        rehearse(office.engine, who, ERRAND, case, "hand_in", None, counting(NOTICES))

    with pytest.raises(GuardUnmet):
        take("an")
    with pytest.raises(NotPerformer):
        take("chu")
    with pytest.raises(NotFound):
        take("chi")
