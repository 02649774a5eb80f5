"""The chain of a case: what tampering with the tables, past the triggers, cannot hide."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.runtime.history import verify
from tests.databases import tamper as past_triggers
from tests.errands.office import RuntimeOffice, open_runtime


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    """Case 1 has three entries, case 2 one."""
    with open_runtime(folder) as office:
        case = office.start("an", "errand", text="Quét vôi")
        office.edit("an", case, text="Quét vôi lại")
        office.act("an", case, "hand_in")
        office.start("chi", "errand", text="Cắm cờ")
        yield office


def faults(office: RuntimeOffice) -> list[str]:
    with office.engine.database.read() as tx:
        return list(verify(tx))


def tamper(office: RuntimeOffice, *statements: str) -> None:
    past_triggers(office.engine.database, *statements)


def test_an_untouched_history_has_no_faults(office: RuntimeOffice) -> None:
    assert faults(office) == []
    assert office.ask("SELECT instance_id, seq, action, source, target FROM history ORDER BY id") == [
        (1, 1, "start", "", "drafted"),
        (1, 2, "edit", "drafted", "drafted"),
        (1, 3, "hand_in", "drafted", "checked"),
        (2, 1, "start", "", "drafted"),
    ]


DIFFERS = "case 1: state or dossier differs from what the history tells"
HEAD = "case 1: the head does not match the last entry"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "UPDATE history SET payload = replace(payload, 'lại', 'mới') WHERE id = 2",
            ["case 1: the payload of entry 2 was changed", DIFFERS],
        ),
        (
            "UPDATE history SET payload = replace(payload, '[]', '[1]') WHERE id = 2",
            ["case 1: the payload of entry 2 was changed"],
        ),
        ("UPDATE history SET salt = 'ff' WHERE id = 2", ["case 1: the payload of entry 2 was changed"]),
        ("UPDATE history SET payload = 'xx' WHERE id = 2", ["case 1: the payload of entry 2 was changed", DIFFERS]),
        ("UPDATE history SET payload = '[]' WHERE id = 2", ["case 1: the payload of entry 2 was changed", DIFFERS]),
        (
            "UPDATE history SET payload_hash = 'ff' WHERE id = 2",
            ["case 1: the payload of entry 2 was changed", "case 1: the chain is broken at entry 2"],
        ),
        (
            "UPDATE history SET at = at + 1 WHERE id = 2",
            ["case 1: the chain is broken at entry 2", "case 1: entry 3 is older than the one before it"],
        ),
        ("UPDATE history SET at = at + 1 WHERE id = 3", ["case 1: the chain is broken at entry 3"]),
        ("UPDATE history SET actor_id = 2 WHERE id = 2", ["case 1: the chain is broken at entry 2"]),
        ("UPDATE history SET actor_id = NULL WHERE id = 1", ["case 1: the chain is broken at entry 1"]),
        ("UPDATE history SET action = 'edit' WHERE id = 3", ["case 1: the chain is broken at entry 3"]),
        ("UPDATE history SET source = 'asked' WHERE id = 3", ["case 1: the chain is broken at entry 3"]),
        ("UPDATE history SET target = 'asked' WHERE id = 2", ["case 1: the chain is broken at entry 2"]),
        ("UPDATE history SET request_id = 'other' WHERE id = 2", ["case 1: the chain is broken at entry 2"]),
        ("UPDATE history SET target = 'done' WHERE id = 3", ["case 1: the chain is broken at entry 3", DIFFERS]),
        (
            "UPDATE history SET hash = 'ff' WHERE id = 2",
            ["case 1: the chain is broken at entry 2", "case 1: the chain is broken at entry 3"],
        ),
        ("UPDATE history SET hash = 'ff' WHERE id = 3", ["case 1: the chain is broken at entry 3", HEAD]),
        ("DELETE FROM history WHERE id = 1", ["case 1: entry 1 is missing"]),
        ("DELETE FROM history WHERE id = 2", ["case 1: entry 2 is missing"]),
        ("DELETE FROM history WHERE id = 3", [HEAD, DIFFERS]),
        ("DELETE FROM history WHERE instance_id = 1", [HEAD, DIFFERS]),
        (
            "DELETE FROM history WHERE instance_id = 2",
            [
                "case 2: the head does not match the last entry",
                "case 2: state or dossier differs from what the history tells",
            ],
        ),
        ("UPDATE instance SET state = 'done' WHERE id = 1", [DIFFERS]),
        ("UPDATE instance SET dossier = replace(dossier, 'lại', 'mới') WHERE id = 1", [DIFFERS]),
        ("UPDATE instance SET history_hash = 'ff' WHERE id = 1", [HEAD]),
        ("UPDATE instance SET version = 4 WHERE id = 1", [HEAD]),
    ],
)
def test_tampering_is_found(office: RuntimeOffice, statement: str, expected: list[str]) -> None:
    tamper(office, statement)

    assert faults(office) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("payload = CAST(payload AS BLOB)", ["case 1: the payload of entry 2 was changed"]),
        ("request_id = CAST(request_id AS BLOB)", ["case 1: the chain is broken at entry 2"]),
        ("salt = hex(salt)", ["case 1: the payload of entry 2 was changed"]),
        (
            "hash = lower(hex(hash))",
            ["case 1: the chain is broken at entry 2", "case 1: the chain is broken at entry 3"],
        ),
    ],
)
def test_a_value_of_another_type_is_found(office: RuntimeOffice, change: str, expected: list[str]) -> None:
    tamper(office, f"UPDATE history SET {change} WHERE id = 2")

    assert faults(office) == expected


def test_an_entry_moved_to_another_case_is_found_on_both(office: RuntimeOffice) -> None:
    tamper(office, "UPDATE history SET instance_id = 2, seq = 2 WHERE id = 2")

    assert faults(office) == [
        "case 1: entry 2 is missing",
        "case 2: the chain is broken at entry 2",
        "case 2: the head does not match the last entry",
        "case 2: state or dossier differs from what the history tells",
    ]


def test_an_entry_that_somebody_added_is_found(office: RuntimeOffice) -> None:
    columns = "at, actor_id, role, action, source, target, payload, salt, payload_hash, hash"
    tamper(
        office, f"INSERT INTO history (instance_id, seq, {columns}) SELECT 1, 4, {columns} FROM history WHERE id = 3"
    )

    assert faults(office) == ["case 1: the chain is broken at entry 4", HEAD]


def test_a_redacted_payload_leaves_the_chain_whole(office: RuntimeOffice) -> None:
    """The chain covers the hash of the salted payload: the words can go, that they were there cannot."""
    tamper(office, "UPDATE history SET payload = '{}', salt = '' WHERE instance_id = 1")

    assert faults(office) == [f"case 1: the payload of entry {n} was changed" for n in (1, 2, 3)] + [DIFFERS]
    assert [fault for fault in faults(office) if "chain" in fault or "head" in fault] == []


def test_equal_payloads_do_not_show_by_their_hashes(office: RuntimeOffice) -> None:
    for _ in range(2):
        office.start("an", "errand", text="Quét vôi")

    assert office.one("SELECT count(DISTINCT payload) FROM history WHERE action = 'start'") == 2
    assert office.one("SELECT count(DISTINCT payload_hash) FROM history WHERE action = 'start'") == 4


def test_every_change_is_an_entry_with_what_it_changed(office: RuntimeOffice) -> None:
    office.act("lan", 1, "drop")

    rows = office.ask(
        "SELECT seq, actor_id, action, payload FROM history WHERE instance_id = 1 AND seq > 1 ORDER BY id"
    )
    assert rows == [
        (2, 1, "edit", '{"dossier":{"text":"Quét vôi lại"},"warnings":[]}'),
        (3, 1, "hand_in", '{"dossier":{"number":"01/2024"},"warnings":[]}'),
        (4, 4, "drop", '{"dossier":{},"warnings":[]}'),
    ]
    assert faults(office) == []
