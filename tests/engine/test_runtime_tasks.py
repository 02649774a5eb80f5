"""User tasks: what opens and closes, how a pause keeps working days, and what a moved deadline moves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.errands.office import RuntimeOffice, open_runtime, shown


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        yield office


# ── opening and closing ──────────────────────────────────────────────────────────────────────────


def test_a_task_says_who_must_do_what_by_when_and_why_then(office: RuntimeOffice) -> None:
    case = office.checked()

    assert office.ask(
        "SELECT user_task.kind, user_task.state, todo, role, code, clock, due_on, due_source FROM user_task "
        "JOIN unit ON unit.id = unit_id WHERE instance_id = ? AND clock = 'running'",
        case,
    ) == [("state", "checked", "Xét", "desk", "PNV", "running", "2024-07-24", "10 ngày làm việc")]


def test_a_deadline_is_over_when_its_day_is(office: RuntimeOffice) -> None:
    office.checked()

    assert shown(office.one("SELECT due_at FROM user_task WHERE clock = 'running'")) == "2024-07-25 00:00"


def test_a_move_closes_the_task_it_leaves_with_its_timers(office: RuntimeOffice) -> None:
    errand = office.errands(office.drive("W1"))[0]

    office.at("2024-07-12 10:00")
    office.act("an", errand, "hand_in")

    assert office.tasks(errand) == [
        ("drafted", "closed", "2024-07-31", None),
        ("checked", "running", "2024-07-26", None),
    ]
    assert shown(office.one("SELECT closed_at FROM user_task WHERE instance_id = ? AND clock = 'closed'", errand)) == (
        "2024-07-12 10:00"
    )
    assert office.timers(errand) == [("rung", -1, "2024-07-25 08:00")]


def test_a_move_from_a_state_to_itself_keeps_its_task(office: RuntimeOffice) -> None:
    case = office.checked()
    before = office.ask("SELECT * FROM user_task"), office.ask("SELECT * FROM timer"), office.notices()

    office.at("2024-07-11 09:00")
    office.act("lan", case, "nudge")

    assert (office.ask("SELECT * FROM user_task"), office.ask("SELECT * FROM timer"), office.notices()) == before


def test_a_state_come_back_to_gets_a_task_of_its_own(office: RuntimeOffice) -> None:
    case = office.checked()

    office.act("lan", case, "redo")
    office.act("an", case, "hand_in")

    assert [(state, clock) for state, clock, _, _ in office.tasks(case)] == [
        ("drafted", "closed"), ("checked", "closed"), ("drafted", "closed"), ("checked", "running"),
    ]  # fmt: skip


def test_an_end_opens_no_task(office: RuntimeOffice) -> None:
    case = office.checked()

    office.act("lan", case, "drop")

    assert [(state, clock) for state, clock, _, _ in office.tasks(case)] == [
        ("drafted", "closed"),
        ("checked", "closed"),
    ]
    assert office.timers(case) == []
    assert office.one("SELECT closed_at = updated_at FROM instance WHERE id = ?", case) == 1


# ── pausing ──────────────────────────────────────────────────────────────────────────────────────

TASK_OPENED = "2025-01-20 09:00"  # a Monday; ten working days end on 10/2, for 27/1 to 31/1 are Tết


@pytest.mark.parametrize(
    ("asked", "answered", "left", "due_on"),
    [
        ("2025-01-22", "2025-01-22", 8, "2025-02-10"),
        ("2025-01-22", "2025-01-23", 8, "2025-02-11"),
        ("2025-01-24", "2025-02-03", 6, "2025-02-11"),  # Tết lies in the pause
        ("2025-01-22", "2025-02-14", 8, "2025-02-26"),
        ("2025-01-25", "2025-02-02", 6, "2025-02-10"),  # on days that nobody works
        ("2025-02-10", "2025-02-12", 0, "2025-02-12"),
        ("2025-02-10", "2025-02-15", 0, "2025-02-17"),  # on a Saturday, today is Monday
        ("2025-02-12", "2025-02-14", -2, "2025-02-12"),  # two days late before, two days late after
        ("2025-02-12", "2025-02-15", -2, "2025-02-12"),
        ("2025-02-12", "2025-02-17", -2, "2025-02-13"),
    ],
)
def test_a_pause_keeps_the_working_days_that_were_left(
    office: RuntimeOffice, asked: str, answered: str, left: int, due_on: str
) -> None:
    office.at(TASK_OPENED)
    case = office.checked()
    opened = office.tasks(case)

    office.at(f"{asked} 10:00")
    office.act("lan", case, "ask")
    paused = office.tasks(case)
    office.at(f"{answered} 15:00")
    office.act("an", case, "answer")

    assert opened[1] == ("checked", "running", "2025-02-10", None)
    assert paused[1] == ("checked", "paused", None, left)
    assert office.tasks(case)[1] == ("checked", "running", due_on, None)
    assert office.one("SELECT due_source FROM user_task WHERE state = 'checked'") == "10 ngày làm việc"


def test_while_a_task_is_paused_its_reminders_rest(office: RuntimeOffice) -> None:
    office.at(TASK_OPENED)
    case = office.checked()
    office.at("2025-01-24 10:00")
    office.act("lan", case, "ask")

    assert office.timers(case) == []
    assert office.tick("2025-02-12 09:00") == 0
    office.act("an", case, "answer")
    assert office.tasks(case)[1] == ("checked", "running", "2025-02-20", None)
    assert office.timers(case) == [("rung", -1, "2025-02-19 08:00")]


def test_what_pauses_has_a_clock_of_its_own(office: RuntimeOffice) -> None:
    office.at(TASK_OPENED)
    case = office.checked()
    for asked, answered in (("2025-01-22", "2025-01-23"), ("2025-01-24", "2025-02-03")):
        office.at(f"{asked} 10:00")
        office.act("lan", case, "ask")
        office.at(f"{answered} 10:00")
        office.act("an", case, "answer")

    assert office.tasks(case) == [
        ("drafted", "closed", None, None),
        ("checked", "running", "2025-02-12", None),  # 11/2 after the first pause, with 7 days left when asked again
        ("asked", "closed", "2025-02-05", None),
        ("asked", "closed", "2025-02-07", None),
    ]


def test_a_task_without_a_deadline_pauses_and_runs_on_without_one(office: RuntimeOffice) -> None:
    case = office.checked()
    office.act("lan", case, "rest")

    office.act("lan", case, "ask")
    paused = office.tasks(case)[2]
    office.act("lan", case, "wake")

    assert paused == ("resting", "paused", None, None)
    assert office.tasks(case)[2:] == [("resting", "running", None, None), ("asked", "closed", "2024-07-17", None)]


def test_a_paused_task_waits_until_its_own_state_comes_back(office: RuntimeOffice) -> None:
    case = office.checked()

    office.act("lan", case, "ask")
    office.act("lan", case, "wake")
    waiting = [(state, clock) for state, clock, _, _ in office.tasks(case)]
    office.act("lan", case, "ask")
    office.act("an", case, "answer")

    assert waiting == [("drafted", "closed"), ("checked", "paused"), ("asked", "closed"), ("resting", "running")]
    assert [(state, clock) for state, clock, _, _ in office.tasks(case)] == [
        ("drafted", "closed"), ("checked", "running"), ("asked", "closed"), ("resting", "paused"), ("asked", "closed"),
    ]  # fmt: skip


def test_the_end_closes_paused_tasks_too(office: RuntimeOffice) -> None:
    case = office.checked()
    office.act("lan", case, "ask")

    office.act("an", case, "drop")

    assert [(state, clock) for state, clock, _, _ in office.tasks(case)] == [
        ("drafted", "closed"), ("checked", "closed"), ("asked", "closed"),
    ]  # fmt: skip
    assert office.one("SELECT count(*) FROM user_task WHERE closed_at IS NULL") == 0


def test_coming_back_tells_the_owner_again(office: RuntimeOffice) -> None:
    case = office.checked()
    office.act("lan", case, "ask")

    office.act("an", case, "answer")

    assert office.notices("task_opened") == [("task_opened", "lan"), ("task_opened", "an"), ("task_opened", "lan")]


# ── a deadline that is a date ────────────────────────────────────────────────────────────────────


def test_an_extension_moves_the_open_tasks_below_with_their_timers(office: RuntimeOffice) -> None:
    drive = office.drive("W1", "W2")
    first, second = office.errands(drive)
    office.act("chi", second, "hand_in")
    fired = office.tick("2024-07-24 08:00")

    office.at("2024-07-25 09:00")
    office.act("chu", drive, "extend", due_on="2024-08-14")

    assert fired == 2  # of the first, and the last but one day of the check of the second
    assert office.tasks(first) == [("drafted", "running", "2024-08-14", None)]
    assert office.timers(first) == [("rung", -5, "2024-08-07 08:00"), ("time_out", 0, "2024-08-15 00:00")]
    assert office.tasks(second)[1] == ("checked", "running", "2024-07-24", None)  # counted days go on
    assert office.one("SELECT due_source FROM user_task WHERE instance_id = ?", first) == "drive.due_on"


def test_an_extension_lets_the_same_rung_fire_again_under_the_new_date(office: RuntimeOffice) -> None:
    drive = office.drive("W1")
    errand = office.errands(drive)[0]
    office.tick("2024-07-24 08:00")
    office.at("2024-07-25 09:00")
    office.act("chu", drive, "extend", due_on="2024-08-14")

    office.tick("2024-08-07 08:00")

    assert office.firings(errand) == [
        ("2024-07-31:-5", "2024-07-24 08:00", "sent"),
        ("2024-08-14:-5", "2024-08-07 08:00", "sent"),
    ]
    assert office.notices("reminder") == [("reminder", "an")] * 2


def test_an_extension_is_told_and_is_in_the_history(office: RuntimeOffice) -> None:
    drive = office.drive("W1", "W2")
    first, second = office.errands(drive)
    office.act("chi", second, "hand_in")

    office.act("chu", drive, "extend", due_on="2024-08-14")

    assert office.notices("deadline_changed") == [("deadline_changed", "an")]
    moved = "SELECT instance_id, actor_id, source, target, payload FROM history WHERE action = 'deadlines_changed'"
    changes = '{"dossier":{},"due_on":{"from":"2024-07-31","to":"2024-08-14"},"warnings":[]}'
    assert office.ask(moved) == [(first, None, "drafted", "drafted", changes)]
    assert [office.version(case) for case in (first, second)] == [2, 2]


def test_an_extension_to_the_same_day_changes_nothing(office: RuntimeOffice) -> None:
    drive = office.drive("W1")
    errand = office.errands(drive)[0]
    before = office.ask("SELECT * FROM timer"), office.version(errand)

    office.act("chu", drive, "extend", due_on="2024-07-31")

    assert (office.ask("SELECT * FROM timer"), office.version(errand)) == before
    assert office.notices("deadline_changed") == []


def test_a_deadline_moved_into_the_past_only_reminds_of_what_is_ahead(office: RuntimeOffice) -> None:
    drive = office.drive("W1")
    errand = office.errands(drive)[0]
    office.at("2024-07-25 09:00")

    office.act("chu", drive, "extend", due_on="2024-07-22")

    assert office.tasks(errand) == [("drafted", "running", "2024-07-22", None)]
    assert office.timers(errand) == [("time_out", 0, "2024-07-23 00:00"), ("rung", 5, "2024-07-29 08:00")]


def test_a_move_to_itself_takes_the_date_that_its_form_brought(office: RuntimeOffice) -> None:
    drive = office.drive("W1")
    before = office.ask("SELECT id, opened_at FROM user_task WHERE state = 'running'")

    office.act("chu", drive, "extend", due_on="2024-07-31", ends_on="2025-06-13")

    assert office.tasks(drive)[1] == ("running", "running", "2025-06-13", None)
    assert office.ask("SELECT id, opened_at FROM user_task WHERE state = 'running'") == before
