"""Retention: what is due by which rule, that an unconfirmed one only proposes; holds; archived is read-only."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.definition import LegalRow, Mark
from engine.errors import GuardUnmet, NotPerformer, ReadOnly
from engine.privacy import holds, person_rights, retention
from engine.privacy.retention import Rule
from engine.runtime.history import verify
from tests.privacy.office import MODEL, PrivateOffice, open_private
from workflows import ALL, law

WHY = "Có khiếu nại đang giải quyết"


@pytest.fixture
def office(folder: Path) -> Iterator[PrivateOffice]:
    with open_private(folder) as office:
        yield office


def at(office: PrivateOffice, year: int, month: int = 7, day: int = 10) -> None:
    office.clock[0] = datetime(year, month, day, 2, tzinfo=UTC)


def due(office: PrivateOffice, who: str = "tra", before: int | None = None, limit: int = 50) -> list[tuple[int, str]]:
    found = office.call(who, lambda work, actor: retention.due(work, actor, before, limit))
    return [(int(item["case"]["id"]), item["outcome"]) for item in found]


def archive(office: PrivateOffice, who: str = "quan", *, dry_run: bool = False) -> list[int]:
    found = office.call(who, lambda work, actor: retention.archive(work, actor, dry_run=dry_run))
    return [int(item["case"]["id"]) for item in found["items"]]


def hold(office: PrivateOffice, case: int, who: str = "tra") -> Any:
    return office.change(who, case, lambda work, row, actor: holds.hold(work, MODEL, row, WHY, actor))


def release(office: PrivateOffice, case: int, who: str = "tra") -> Any:
    return office.change(who, case, lambda work, row, actor: holds.release(work, MODEL, row, "Đã giải quyết", actor))


def confirm(office: PrivateOffice, key: str) -> None:
    office.force(f"UPDATE reference SET confirmed_at = 1, confirmed_by = 1 WHERE key = '{key}'")


# ── what is due ──────────────────────────────────────────────────────────────────────────────────


def test_a_case_is_due_when_its_years_are_over_and_not_a_day_before(office: PrivateOffice) -> None:
    granted, refused, _ = office.closed(), office.closed(granted=False), office.start()

    at(office, 2029, 7, 9)
    before = due(office)
    at(office, 2029)
    five = due(office)
    at(office, 2044, 7, 9)
    almost = due(office)
    at(office, 2044)

    assert (before, five, almost) == ([], [(refused, "confirm_rule")], [(refused, "confirm_rule")])
    assert due(office) == [(refused, "confirm_rule"), (granted, "archive")]


def test_each_due_case_says_when_and_by_which_rule(office: PrivateOffice) -> None:
    office.closed()
    at(office, 2044)

    (item,) = office.call("tra", lambda work, actor: retention.due(work, actor, None, 50))

    assert {name: item[name] for name in ("closed_on", "due_on", "rule")} == {
        "closed_on": "2024-07-10",
        "due_on": "2044-07-10",
        "rule": {"key": "nomination.granted", "years": 20, "citation": "Quy chế lưu trữ", "mark": "D"},
    }


@pytest.mark.parametrize(
    ("closed_on", "due_on"),
    [(date(2024, 2, 28), date(2029, 2, 28)), (date(2024, 2, 29), date(2029, 3, 1)),
     (date(2023, 2, 28), date(2028, 2, 28)), (date(2023, 12, 31), date(2028, 12, 31))],
)  # fmt: skip
def test_a_leap_day_is_kept_a_day_longer_never_shorter(closed_on: date, due_on: date) -> None:
    row = LegalRow("retention", "nomination", {"years": 5, "from": "closed"}, "Quy chế", Mark.DESIGN)
    rule = Rule(row, MODEL, ("granted",))

    assert rule.due_on(closed_on) == due_on
    assert closed_on <= rule.latest(due_on)
    assert closed_on > rule.latest(date.fromordinal(due_on.toordinal() - 1))


def test_the_list_goes_by_parts(office: PrivateOffice) -> None:
    cases = [office.closed() for _ in range(3)]
    at(office, 2044)

    first = due(office, limit=2)

    assert [case for case, _ in first] == [cases[2], cases[1]]
    assert due(office, before=cases[1]) == [(cases[0], "archive")]


@pytest.mark.parametrize("who", ["an", "lan", "thu"])
def test_the_list_is_for_those_who_oversee(office: PrivateOffice, who: str) -> None:
    with pytest.raises(NotPerformer):
        due(office, who)


def test_without_rules_nothing_is_due(office: PrivateOffice) -> None:
    office.closed()
    office.force("DELETE FROM reference WHERE kind = 'retention'")
    at(office, 2124)

    assert (due(office), archive(office)) == ([], [])


def test_every_process_of_the_office_has_its_rule_and_none_is_certain() -> None:
    rows = {row.key: row for row in law.ALL if row.kind == retention.RETENTION}

    for process in ALL:
        model = process.model_card
        ends = {
            retention.GRANTED if state.good else retention.REFUSED for state in model.states.values() if state.final
        }
        assert model.code in rows or {f"{model.code}.{end}" for end in ends} <= set(rows), model.code
    assert not any(row.may_block for row in rows.values()), "until an administrator has read its source"
    assert {row.value["from"] for row in rows.values()} == {"closed"}


# ── archiving ────────────────────────────────────────────────────────────────────────────────────


def test_a_dry_run_changes_nothing(office: PrivateOffice) -> None:
    case = office.closed()
    at(office, 2044)
    before = office.ask("SELECT * FROM instance"), office.ask("SELECT count(*) FROM history")

    assert archive(office, dry_run=True) == [case]

    assert (office.ask("SELECT * FROM instance"), office.ask("SELECT count(*) FROM history")) == before
    assert office.ask("SELECT * FROM archival") == []
    assert due(office) == [(case, "archive")]


def test_archiving_takes_what_is_due_by_a_confirmed_rule_once(office: PrivateOffice) -> None:
    granted, refused = office.closed(), office.closed(granted=False)
    at(office, 2044)

    assert (archive(office), archive(office)) == ([granted], [])

    assert due(office) == [(refused, "confirm_rule")]
    assert office.ask("SELECT instance_id, rule, citation FROM archival") == [
        (granted, "nomination.granted", "Quy chế lưu trữ")
    ]
    (entry,) = office.ask("SELECT action, role, instance_id FROM history ORDER BY id DESC LIMIT 1")
    assert entry == ("archiving", "admin", granted)
    with office.engine.database.read() as tx:
        assert list(verify(tx)) == []


def test_a_rule_archives_once_somebody_has_confirmed_it(office: PrivateOffice) -> None:
    refused = office.closed(granted=False)
    at(office, 2044)
    assert archive(office) == []

    confirm(office, "nomination.refused")

    assert archive(office) == [refused]


@pytest.mark.parametrize("who", ["tra", "an", "lan"])
def test_archiving_is_for_the_administrator(office: PrivateOffice, who: str) -> None:
    office.closed()
    at(office, 2044)

    with pytest.raises(NotPerformer):
        archive(office, who)


def test_a_hundred_at_most_in_one_transaction(office: PrivateOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [office.closed() for _ in range(3)]
    at(office, 2044)
    monkeypatch.setattr(retention, "AT_ONCE", 2)

    found = [office.call("quan", lambda work, actor: retention.archive(work, actor, dry_run=False)) for _ in range(2)]

    assert [len(part["items"]) for part in found] == [2, 1]
    assert [part["more"] for part in found] == [True, False]
    assert office.one("SELECT count(*) FROM archival") == len(cases)


def test_an_archived_case_is_read_and_never_changed(office: PrivateOffice) -> None:
    case = office.closed()
    at(office, 2044)
    archive(office)
    before = (
        office.ask("SELECT * FROM instance"),
        office.ask("SELECT * FROM history"),
        office.ask("SELECT * FROM legal_hold"),
    )

    with pytest.raises(ReadOnly) as refusal:
        office.change(
            "an", case, lambda work, row, actor: person_rights.correct(work, MODEL, row, {"name": "Khác"}, WHY, actor)
        )
    with pytest.raises(ReadOnly):
        hold(office, case)

    assert "ngày 10/07/2044 theo Quy chế lưu trữ" in str(refusal.value)
    after = (
        office.ask("SELECT * FROM instance"),
        office.ask("SELECT * FROM history"),
        office.ask("SELECT * FROM legal_hold"),
    )
    assert before == after


def test_nothing_takes_a_case_out_of_the_archive(office: PrivateOffice) -> None:
    office.closed()
    at(office, 2044)
    archive(office)

    with pytest.raises(Exception, match="append-only"):
        office.force("DELETE FROM archival")


# ── holds ────────────────────────────────────────────────────────────────────────────────────────


def test_a_held_case_is_not_archived_until_it_is_released(office: PrivateOffice) -> None:
    case = office.closed()
    hold(office, case)
    at(office, 2044)

    held = due(office), archive(office)
    release(office, case, "quan")

    assert held == ([(case, "held")], [])
    assert archive(office) == [case]
    assert office.ask("SELECT action, role FROM history WHERE instance_id = ? ORDER BY seq DESC LIMIT 3", case) == [
        ("archiving", "admin"), ("release", "admin"), ("hold", "auditor"),
    ]  # fmt: skip
    assert office.ask("SELECT reason, release_reason FROM legal_hold") == [(WHY, "Đã giải quyết")]


def test_a_hold_does_not_start_the_years_again(office: PrivateOffice) -> None:
    case = office.closed()
    at(office, 2043)
    hold(office, case), release(office, case)
    at(office, 2044)

    assert due(office) == [(case, "archive")]


def test_one_hold_at_a_time(office: PrivateOffice) -> None:
    case = office.start()

    with pytest.raises(GuardUnmet) as not_held:
        release(office, case)
    hold(office, case)
    with pytest.raises(GuardUnmet) as held:
        hold(office, case)

    assert [refusal.value.reasons[0].code for refusal in (not_held, held)] == ["not_held", "already_held"]
    release(office, case), hold(office, case)
    assert office.one("SELECT count(*) FROM legal_hold") == 2


@pytest.mark.parametrize("who", ["an", "lan", "thu"])
def test_a_hold_is_for_those_who_oversee(office: PrivateOffice, who: str) -> None:
    case = office.closed()

    with pytest.raises(NotPerformer):
        hold(office, case, who)
