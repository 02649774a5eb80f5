"""What the table marks with `confirm` wants password or code given again lately; nothing else does."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from engine.errors import ActionNotAvailable, ConfirmationNeeded, Refused
from engine.runtime.service import Asking
from tests.rights.declared import DESK, OWN_UNIT, states_of
from tests.rights.stage import NOW, Place, Stage, open_stage
from tests.rights.table import Right, read


@pytest.fixture(scope="module")
def stage(module_folder: Path) -> Iterator[Stage]:
    with open_stage(module_folder) as stage:
        yield stage


def asked(stage: Stage, right: Right) -> type[Refused] | None:
    """How the engine refuses the holder of the right at its place, if it does."""
    place = next(p for p in stage.places if (p.model.code, p.state, p.assigned) == (right.process, right.state, False))
    who = f"{right.role}@{_unit(right, place)}"
    try:
        stage.engine.act(Asking(who, expected=1), place.model, place.key, right.action, None).result()
    except Refused as refusal:
        return type(refusal)
    return None


def _unit(right: Right, place: Place) -> str:
    return place.unit if right.place == OWN_UNIT else DESK[right.role]


def actions(stage: Stage) -> list[Right]:
    names = {place.model.code: place.model.actions for place in stage.places}
    return sorted(right for right in read(states_of()) if right.action in names[right.process])


def test_what_signs_wants_a_fresh_confirmation_and_nothing_else_does(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.engine, "wall", lambda: NOW + timedelta(minutes=5, seconds=1))

    found = {right.cell for right in actions(stage) if asked(stage, right) is ConfirmationNeeded}

    assert found == {right.cell for right in actions(stage) if right.confirm}
    assert len(found) > 15


def test_a_confirmation_lasts_five_minutes(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage.engine, "wall", lambda: NOW + timedelta(minutes=5))

    refusals = {asked(stage, right) for right in actions(stage)}

    assert not refusals & {ConfirmationNeeded, ActionNotAvailable}
