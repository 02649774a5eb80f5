"""What the clock does: ladders over holidays, a downtime, time-outs, and that nothing fires twice."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.runtime.timers import fire_rungs
from tests.errands.office import RuntimeOffice, open_runtime
from tests.errands.process import BROKEN


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        yield office


@pytest.fixture
def errand(office: RuntimeOffice) -> int:
    """An errand of ward 1, to be handed in by 31/7."""
    return office.errands(office.drive("W1"))[0]


def let_pass(office: RuntimeOffice, case: int, until: str) -> None:
    """Fire the timers of the case one after the other, each when it is due."""
    while (waiting := office.timers(case)) and waiting[0][2] <= until:
        office.tick(waiting[0][2])


# ── ladders ──────────────────────────────────────────────────────────────────────────────────────


def test_a_ladder_counts_working_days_over_holidays(office: RuntimeOffice) -> None:
    """30/4 to 2/5/2025 are free, for which Saturday 26/4 is worked."""
    office.at("2025-04-01 09:00")
    errand = office.errands(office.drive("W1", due_on="2025-05-05"))[0]
    office.edit("an", errand, stays=True)

    let_pass(office, errand, "2025-05-12 23:00")

    assert office.firings(errand) == [
        ("2025-05-05:-5", "2025-04-24 08:00", "sent"),
        ("2025-05-05:-2", "2025-04-28 08:00", "sent"),
        ("2025-05-05:0", "2025-05-05 08:00", "sent"),
        ("2025-05-05:time_out", "2025-05-06 00:00", "incident"),
        ("2025-05-05:1", "2025-05-06 08:00", "sent"),
        ("2025-05-05:3", "2025-05-08 08:00", "sent"),
        ("2025-05-05:5", "2025-05-12 08:00", "sent"),
    ]
    assert office.timers(errand) == [("rung", 7, "2025-05-14 08:00")]


def test_rungs_before_the_task_opened_never_fire(office: RuntimeOffice) -> None:
    office.at("2024-07-29 08:00")

    errand = office.errands(office.drive("W1"))[0]

    assert office.timers(errand) == [("rung", 0, "2024-07-31 08:00"), ("time_out", 0, "2024-08-01 00:00")]
    office.tick("2024-07-31 08:00")
    assert office.firings(errand) == [("2024-07-31:0", "2024-07-31 08:00", "sent")]


def test_a_finished_ladder_sets_no_more_timers(office: RuntimeOffice) -> None:
    case = office.checked()

    let_pass(office, case, "2025-01-01 00:00")

    assert office.firings(case) == [
        ("2024-07-24:-1", "2024-07-23 08:00", "sent"),
        ("2024-07-24:0", "2024-07-24 08:00", "sent"),
    ]


def test_the_owner_is_reminded_and_to_all_others_it_is_an_escalation(office: RuntimeOffice, errand: int) -> None:
    office.edit("an", errand, stays=True)

    let_pass(office, errand, "2024-08-01 08:00")

    assert office.notices("reminder") == [("reminder", "an")] * 3
    assert office.notices("escalation") == [("escalation", name) for name in ("ha", "ha", "lan")]


def test_who_holds_two_roles_of_a_rung_hears_of_it_once(office: RuntimeOffice, errand: int) -> None:
    office.hire("do", ("head", "W1"), ("officer", "W1"))

    office.tick("2024-07-31 08:00")

    heard = [name for kind, name in office.notices() if kind in ("reminder", "escalation")]
    assert heard == ["an", "do", "ha"]


def test_a_reminder_knows_how_late_it_is(office: RuntimeOffice, errand: int) -> None:
    office.edit("an", errand, stays=True)

    let_pass(office, errand, "2024-08-05 08:00")

    told = office.ask("SELECT facts FROM notice WHERE kind IN ('reminder', 'escalation') ORDER BY id")
    facts = [json.loads(text) for (text,) in told]
    assert [(fact["rung"], fact["days_late"], fact["due_on"]) for fact in facts] == [
        (rung, rung, "2024-07-31") for rung in (-5, -2, 0, 0, 1, 1, 3, 3)
    ]


# ── once, and in order ───────────────────────────────────────────────────────────────────────────


def test_after_a_downtime_only_the_latest_rung_is_sent(office: RuntimeOffice, errand: int) -> None:
    office.edit("an", errand, stays=True)

    fired = office.tick("2024-08-09 09:00")

    assert fired == 2
    assert office.firings(errand) == [
        ("2024-07-31:-5", "2024-07-24 08:00", "skipped"),
        ("2024-07-31:-2", "2024-07-29 08:00", "skipped"),
        ("2024-07-31:0", "2024-07-31 08:00", "skipped"),
        ("2024-07-31:1", "2024-08-01 08:00", "skipped"),
        ("2024-07-31:3", "2024-08-05 08:00", "skipped"),
        ("2024-07-31:5", "2024-08-07 08:00", "skipped"),
        ("2024-07-31:7", "2024-08-09 08:00", "sent"),
        ("2024-07-31:time_out", "2024-08-01 00:00", "incident"),
    ]
    assert [kind for kind, _ in office.notices() if kind != "task_opened"] == ["escalation", "escalation", "incident"]
    assert office.timers(errand) == [("rung", 9, "2024-08-13 08:00")]


def test_nothing_fires_twice(office: RuntimeOffice, errand: int) -> None:
    office.tick("2024-07-24 08:00")
    told = office.notices()

    again = [office.tick("2024-07-24 08:00"), office.tick("2024-07-24 09:00")]

    assert again == [0, 0]
    assert (office.notices(), len(office.firings(errand))) == (told, 1)


def test_a_timer_that_comes_back_from_a_backup_does_not_fire_again(office: RuntimeOffice, errand: int) -> None:
    old = office.ask("SELECT due_at FROM timer WHERE kind = 'rung'")[0][0]
    office.tick("2024-07-24 08:00")
    told = office.notices()
    office.force(f"UPDATE timer SET day_offset = -5, due_at = {old} WHERE kind = 'rung'")

    assert office.tick("2024-07-24 08:00") == 1
    assert (office.notices(), office.firings(errand)) == (told, [("2024-07-31:-5", "2024-07-24 08:00", "sent")])
    assert office.timers(errand)[0] == ("rung", -2, "2024-07-29 08:00")


def test_timers_fire_in_the_order_in_which_they_are_due(office: RuntimeOffice) -> None:
    late = office.errands(office.drive("W1", due_on="2024-08-02"))[0]
    early = office.errands(office.drive("W1", due_on="2024-07-31"))[0]

    office.tick("2024-07-26 08:00")

    assert office.ask("SELECT instance_id FROM firing ORDER BY id") == [(early,), (late,)]


def test_a_round_fires_at_most_so_many(office: RuntimeOffice) -> None:
    office.drive("W1", "W2")
    office.at("2024-07-24 08:00")

    counts = [office.engine.writer.claim(lambda tx: fire_rungs(office.engine.work(tx), most=1)) for _ in range(3)]

    assert counts == [1, 1, 0]


def test_all_that_is_due_fires_however_many_rounds_it_takes(office: RuntimeOffice) -> None:
    drive = office.drive()
    for _ in range(101):
        office.start("an", "errand", parent=drive)

    assert office.tick("2024-07-24 08:00") == 101
    assert office.one("SELECT count(*) FROM firing WHERE outcome = 'sent'") == 101


# ── time-outs ────────────────────────────────────────────────────────────────────────────────────


def test_a_time_out_makes_its_move_as_the_system(office: RuntimeOffice, errand: int) -> None:
    office.tick("2024-08-01 00:00")

    assert office.state(errand) == "dropped"
    rows = office.ask("SELECT actor_id, action, source, target FROM history WHERE instance_id = ? ORDER BY id", errand)
    assert rows[1:] == [(None, "lapse", "drafted", "dropped")]
    assert office.firings(errand)[-1] == ("2024-07-31:time_out", "2024-08-01 00:00", "moved")


def test_a_deadline_is_not_over_before_midnight(office: RuntimeOffice, errand: int) -> None:
    office.tick("2024-07-31 23:59")

    assert office.state(errand) == "drafted"


def test_a_refused_time_out_leaves_nothing_but_an_incident(office: RuntimeOffice, errand: int) -> None:
    office.edit("an", errand, stays=True)
    let_pass(office, errand, "2024-07-31 23:00")
    before = office.state(errand), office.version(errand), office.tasks(errand)

    fired = office.tick("2024-08-01 00:00")

    assert fired == 1
    assert (office.state(errand), office.version(errand), office.tasks(errand)) == before
    assert office.incidents() == [("Chưa thể «Hết hạn»: còn điều kiện chưa đạt.", errand)]
    assert office.notices("incident") == [("incident", "quan")]
    assert office.firings(errand)[-1] == ("2024-07-31:time_out", "2024-08-01 00:00", "incident")
    assert office.ask("SELECT role, todo, clock FROM user_task WHERE kind = 'incident'") == [
        ("admin", "Chưa thể «Hết hạn»: còn điều kiện chưa đạt.", "running")
    ]


def test_a_refused_time_out_does_not_keep_the_others_from_theirs(office: RuntimeOffice) -> None:
    first, second = office.errands(office.drive("W1", "W2"))
    office.edit("an", first, stays=True)

    office.tick("2024-08-01 00:00")

    assert (office.state(first), office.state(second)) == ("drafted", "dropped")


def test_a_case_over_which_the_clock_stumbles_is_an_incident_and_keeps_nobody_back(
    office: RuntimeOffice, caplog: pytest.LogCaptureFixture
) -> None:
    office.hire("kim", ("head", "W2"))
    first, second = office.errands(office.drive("W1", "W2"))
    office.edit("an", first, text=BROKEN)

    office.tick("2024-08-01 00:00")

    assert (office.state(first), office.state(second)) == ("drafted", "dropped")
    assert office.incidents() == [("Hệ thống không xử lý được hồ sơ này (LookupError)", first)]
    assert [record.message for record in caplog.records] == ["a case could not be worked on"]


def test_a_case_that_cannot_even_be_read_keeps_nobody_back(
    office: RuntimeOffice, caplog: pytest.LogCaptureFixture
) -> None:
    first = office.errands(office.drive("W1", "W2"))[0]
    office.force(f"""UPDATE instance SET dossier = '{{"ready":"?"}}' WHERE id = {first}""")

    office.tick("2024-07-24 08:00")

    assert office.notices("reminder") == [("reminder", "chi")]
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("ERROR", "a case could not be worked on")
    ] * 2


def test_a_timer_of_a_task_that_an_earlier_one_closed_does_not_fire(office: RuntimeOffice, errand: int) -> None:
    let_pass(office, errand, "2024-07-31 08:00")
    assert office.timers(errand) == [("time_out", 0, "2024-08-01 00:00"), ("rung", 1, "2024-08-01 08:00")]

    fired = office.tick("2024-08-02 09:00")

    assert fired == 1
    assert [key for key, _, _ in office.firings(errand)] == [f"2024-07-31:{n}" for n in (-5, -2, 0, "time_out")]
    assert (office.state(errand), office.timers(errand)) == ("dropped", [])
    assert office.notices("escalation") == [("escalation", "ha")]  # of the day itself


def test_timers_of_a_case_that_people_moved_on_do_not_fire(office: RuntimeOffice, errand: int) -> None:
    office.at("2024-07-12 09:00")
    office.act("an", errand, "hand_in")

    office.tick("2024-07-24 08:00")

    assert office.firings(errand) == []
