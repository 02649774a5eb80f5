"""Broken off at any statement, an action leaves all or nothing; repeated, it happens once and answers the same."""

from pathlib import Path

import pytest

from tests.break_off.walk import walk
from tests.year.played import Played
from tests.year.recording import KEYS, Capture, Triple

CARRIED = ("award_proposal", "drafted", "submit")  # only ever goes with its tờ trình, and breaks with it
BESIDE_THE_TABLES = {
    "start": ("campaign", "submission", "award_proposal"),
    "edit": ("campaign", "ward_plan", "unit_obligation", "award_proposal"),
    "attach": ("campaign", "ward_plan", "unit_obligation", "submission", "award_proposal"),
}
MOVES = [
    *sorted(KEYS - {CARRIED}),
    *((process, "", action) for action, processes in BESIDE_THE_TABLES.items() for process in processes),
]


@pytest.mark.parametrize("move", MOVES, ids="-".join)
def test_move_broken_off_at_any_statement_leaves_all_or_nothing(
    move: Triple, year: Played, captures: dict[Triple, Capture], tmp_path: Path
) -> None:
    capture = captures[move]

    points = walk(year.captures / capture.file, capture.command, tmp_path)

    assert points > 10


def test_what_is_carried_along_breaks_with_what_carries_it(captures: dict[Triple, Capture]) -> None:
    assert captures[CARRIED] == captures["submission", "drafted", "submit"]
