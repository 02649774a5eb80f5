"""The year, played once; its files, read with plain SQL."""

from collections.abc import Iterator

import pytest

from tests.year.ledger import Ledger
from tests.year.played import Played, played_in, shared_folder


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Played:
    return played_in(shared_folder(tmp_path_factory.getbasetemp(), worker_id))


@pytest.fixture(scope="session")
def ledger(year: Played) -> Iterator[Ledger]:
    ledger = Ledger(year.database)
    yield ledger
    ledger.close()
