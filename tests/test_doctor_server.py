"""What `thidua doctor` says of a PostgreSQL server: each fact is judged."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api.clock import wall_clock
from cli.server import Server, judged, look_at_server
from engine.runtime.database import Database
from tests.databases import Home

SAFE = Server(
    version=150_018, encoding="UTF8", switched_off=(), connections=97, seconds_apart=0.01, is_line_private=True
)
CASES = {
    "all is well": (SAFE, []),
    "the oldest that is good": (replace(SAFE, version=140_000), []),
    "too old": (replace(SAFE, version=130_020), [("UNSAFE", "old_server")]),
    "no Vietnamese": (replace(SAFE, encoding="SQL_ASCII"), [("UNSAFE", "encoding")]),
    "loses commits": (replace(SAFE, switched_off=("fsync", "synchronous_commit")), [("UNSAFE", "not_durable")]),
    "room for three": (replace(SAFE, connections=30), [("WARNING", "few_connections")]),
    "room for none": (replace(SAFE, connections=5), [("UNSAFE", "few_connections")]),
    "a clock ahead": (replace(SAFE, seconds_apart=5), [("WARNING", "clocks")]),
    "a clock far behind": (replace(SAFE, seconds_apart=-3600), [("UNSAFE", "clocks")]),
    "in the open": (replace(SAFE, is_line_private=False), [("WARNING", "plain_database")]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_fact_is_judged(case: str) -> None:
    server, wanted = CASES[case]

    found = list(judged(server))

    assert [(finding.weight.name, finding.code) for finding in found] == wanted
    for finding in found:
        assert "\n" not in finding.sentence
        assert finding.sentence.count(".") + finding.sentence.count(":") >= 2


def test_facts_are_those_of_the_server(home: Home) -> None:
    assert home.server is not None
    with home.server.database() as address:
        database = Database(address)
        with database.read() as tx:
            server = look_at_server(tx, wall_clock)
            late = look_at_server(tx, lambda: wall_clock() - timedelta(minutes=1))
        database.close()

    assert 140_000 <= server.version < 1_000_000
    assert (server.encoding, server.is_line_private) == ("UTF8", True)
    assert abs(server.seconds_apart) < 1.5
    assert 58 < late.seconds_apart < 62
    assert server.connections > 20
