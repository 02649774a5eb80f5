"""The administration's log: one chain, which tells of any tampering."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.administration import log
from tests.databases import tamper as past_triggers
from tests.errands.office import RuntimeOffice, open_runtime


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        for number, code in enumerate(("W1", "W2", "PNV"), start=1):
            office.at(f"2024-07-1{number} 09:00")
            office.engine.writer.call(
                lambda tx, code=code: log.append(  # type: ignore[misc]
                    office.engine.work(tx), 6, "unit.change", code, {"after": {"name": f"Tên mới của {code}"}}
                )
            )
        yield office


def faults(office: RuntimeOffice) -> list[str]:
    with office.engine.database.read() as tx:
        return list(log.verify(tx))


def tamper(office: RuntimeOffice, statement: str) -> None:
    past_triggers(office.engine.database, statement)


def test_a_log_that_nobody_touched_is_whole(office: RuntimeOffice) -> None:
    assert faults(office) == []
    assert office.ask("SELECT seq, subject FROM administration") == [(1, "W1"), (2, "W2"), (3, "PNV")]


def test_the_newest_come_first_and_say_who(office: RuntimeOffice) -> None:
    with office.engine.database.read() as tx:
        rows = log.entries(tx, 3, 5)

    assert [(row["seq"], row["subject"], row["actor_name"]) for row in rows] == [(2, "W2", "Quan"), (1, "W1", "Quan")]


@pytest.mark.parametrize("statement", ["UPDATE administration SET subject = 'X'", "DELETE FROM administration"])
def test_the_database_itself_refuses_to_change_the_log(office: RuntimeOffice, statement: str) -> None:
    with pytest.raises(Exception, match="append-only"):
        office.force(statement)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE administration SET payload = '{}' WHERE seq = 2", ["the payload of entry 2 was changed"]),
        ("UPDATE administration SET subject = 'W9' WHERE seq = 2", ["the chain is broken at entry 2"]),
        ("UPDATE administration SET what = 'unit.add' WHERE seq = 1", ["the chain is broken at entry 1"]),
        ("UPDATE administration SET actor_id = NULL WHERE seq = 3", ["the chain is broken at entry 3"]),
        ("UPDATE administration SET at = at + 1 WHERE seq = 3", ["the chain is broken at entry 3"]),
        (
            "UPDATE administration SET hash = 'ff' WHERE seq = 3",
            ["the chain is broken at entry 3", "the head does not match the last entry"],
        ),
        ("DELETE FROM administration WHERE seq = 2", ["entry 2 is missing"]),
        ("DELETE FROM administration WHERE seq = 3", ["the head does not match the last entry"]),
        ("DELETE FROM administration", ["the head does not match the last entry"]),
        ("DELETE FROM setting WHERE name = 'administration.head'", ["the head does not match the last entry"]),
    ],
)
def test_tampering_is_found(office: RuntimeOffice, statement: str, expected: list[str]) -> None:
    tamper(office, statement)

    assert faults(office) == [f"administration: {fault}" for fault in expected]
