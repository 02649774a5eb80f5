"""The exhaustive matrix, at the service: every cell of people, cases, states and actions is as docs/rights.csv says."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rights.cells import EVERY, Cell, Outcome, Table, cells, outcome, shown, some_cells
from tests.rights.stage import PRINCIPALS, Stage, open_stage
from tests.rights.table import SEE


@pytest.fixture(scope="module")
def stage(module_folder: Path) -> Iterator[Stage]:
    with open_stage(module_folder) as stage:
        yield stage


def test_every_cell_is_as_the_table_says(stage: Stage) -> None:
    table, wrong, counted = Table.of_people(), list[str](), Counter[Outcome]()
    with stage.engine.database.write() as tx:
        work = stage.engine.work(tx)
        for cell in some_cells(stage, cells(stage)):
            found, expected = outcome(stage, work, cell), table.expected(cell)
            counted[found] += 1
            if found not in expected:
                wrong.append(f"{cell}: {found}, the table says {' or '.join(sorted(expected))}")

    assert wrong[:20] == [], f"{len(wrong)} of {sum(counted.values())} cells"
    assert min(counted.values()) > 100 / EVERY[stage.engine.database.name], counted


def test_every_private_field_is_shown_as_the_table_says(stage: Stage) -> None:
    table, wrong = Table.of_people(), list[str]()
    with stage.engine.database.read() as tx:
        work = stage.engine.work(tx)
        for place in stage.places:
            for principal in PRINCIPALS:
                cell = Cell(principal, place, SEE)
                if place.model.private and table.expected(cell) == {Outcome.ALLOWED}:
                    hidden = frozenset(place.model.private) - shown(stage, work, cell)
                    if hidden != table.without(cell):
                        wrong.append(f"{cell}: hidden {sorted(hidden)}, the table says {sorted(table.without(cell))}")

    assert wrong[:20] == []
