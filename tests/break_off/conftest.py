"""The captures of the played year, by the moves that they were made for."""

import pytest

from tests.year.played import Played, played_in, shared_folder
from tests.year.recording import Capture, Triple, captures_in


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Played:
    return played_in(shared_folder(tmp_path_factory.getbasetemp(), worker_id))


@pytest.fixture(scope="session")
def captures(year: Played) -> dict[Triple, Capture]:
    return {move: capture for capture in captures_in(year.captures) for move in capture.moves}
