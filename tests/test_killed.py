"""Workers and servers that are killed with -9, in short; the long forms are commands of `bench`."""

from pathlib import Path

from bench import clients_drill
from bench.workers_drill import Plan, drill
from tests.databases import Home

CASES = 667


def test_workers_that_are_killed_have_fired_and_sent_everything_once(home: Home, tmp_path: Path) -> None:
    if home.server is None:
        told = drill(tmp_path / "thidua.db", tmp_path, Plan(CASES, workers=1, kill_every=60))
    else:
        with home.server.database() as address:
            told = drill(address, tmp_path, Plan(CASES, workers=3, kill_every=60))

    assert told.violations == []
    assert (told.firings, told.kills >= 3) == (3 * CASES, True)


def test_of_many_clients_on_one_case_one_wins_and_what_a_killed_server_left_open_is_done_once(
    home: Home, tmp_path: Path
) -> None:
    if home.server is None:
        with clients_drill.stage(tmp_path, "", 1) as place:
            met, (_, wrong) = clients_drill.rounds(place, 10), clients_drill.retries(place, 24, 2)
    else:
        with home.server.database() as address, clients_drill.stage(tmp_path, address, 2) as place:
            met, (_, wrong) = clients_drill.rounds(place, 10), clients_drill.retries(place, 24, 2)

    assert (met, wrong) == ([], [])
