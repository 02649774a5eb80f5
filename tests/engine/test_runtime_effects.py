"""Effects: what an action starts and sends happens right after its commit, once, or becomes an incident."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.errands.office import RuntimeOffice, open_runtime


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        yield office


def below(office: RuntimeOffice, drive: int) -> list[tuple[str, str]]:
    """Start key and headline of what was started below a drive."""
    return office.ask("SELECT start_key, headline FROM instance WHERE parent_id = ? ORDER BY id", drive)


class Breaks:
    """A hook that breaks the n-th transaction from now on, before its first statement."""

    def __init__(self) -> None:
        self.left = 0

    def __call__(self, sql: str) -> None:
        if sql.startswith("BEGIN") and self.left:
            self.left -= 1
            if not self.left:
                raise ConnectionError("the machine stopped")


# ── starting ─────────────────────────────────────────────────────────────────────────────────────


def test_an_action_starts_what_it_says_for_each_unit(office: RuntimeOffice) -> None:
    drive = office.drive("W1", "W2")

    assert below(office, drive) == [("W1", "Vận động"), ("W2", "Vận động")]
    rows = office.ask(
        "SELECT code FROM instance JOIN unit ON unit.id = unit_id WHERE start_key <> '' ORDER BY instance.id"
    )
    assert rows == [
        ("W1",), ("W2",),
    ]  # fmt: skip
    assert office.effects() == [("start", "done"), ("start", "done")]
    assert office.ask("SELECT actor_id FROM history WHERE instance_id <> ?", drive) == [(None,), (None,)]


def test_a_key_is_started_once(office: RuntimeOffice) -> None:
    drive = office.drive("W1", "W1")

    office.force("UPDATE effect SET state = 'pending'")
    office.engine.run_effects()

    assert below(office, drive) == [("W1", "Vận động")]
    assert office.effects() == [("start", "done"), ("start", "done")]


def test_another_parent_starts_the_same_key_again(office: RuntimeOffice) -> None:
    assert [below(office, office.drive("W1")) for _ in range(2)] == [[("W1", "Vận động")]] * 2


@pytest.mark.parametrize("broken", [2, 3, 4], ids=["before the first", "between them", "when all is done"])
@pytest.mark.parametrize("restarted", [False, True], ids=["by the ticker", "after a restart"])
def test_a_crash_after_the_commit_is_made_good(
    folder: Path, caplog: pytest.LogCaptureFixture, broken: int, restarted: bool
) -> None:
    breaks = Breaks()
    with open_runtime(folder, breaks) as office:
        drive = office.start("lan", "drive", title="Vận động", wants=["W1", "W2"])
        breaks.left = broken
        office.act("chu", drive, "launch")
        assert (office.state(drive), len(below(office, drive))) == ("running", broken - 2)
        if not restarted:
            office.engine.run_effects()
    with open_runtime(folder) as office:
        office.engine.run_effects()

        assert below(office, drive) == [("W1", "Vận động"), ("W2", "Vận động")]
        assert office.effects() == [("start", "done"), ("start", "done")]
        assert office.notices("task_opened") == [("task_opened", name) for name in ("lan", "an", "chi")]
    assert [record.message for record in caplog.records] == ["follow-up failed"]


def test_the_answer_waits_for_what_the_action_starts(office: RuntimeOffice) -> None:
    drive = office.start("lan", "drive", title="Vận động", wants=["W1"])

    office.engine.act(office.asking("chu", drive), office.model(drive), drive, "launch", None).result()

    assert len(office.errands(drive)) == 1


def test_a_start_that_is_refused_is_an_incident_of_the_parent(office: RuntimeOffice) -> None:
    drive = office.drive("W1", "W9", "W2")

    assert [key for key, _ in below(office, drive)] == ["W1", "W2"]
    assert office.effects() == [("start", "done"), ("start", "refused"), ("start", "done")]
    assert office.incidents() == [("Dữ liệu chưa hợp lệ: xem từng mục.", drive)]
    assert office.notices("incident") == [("incident", "quan")]


# ── sending ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def errand(office: RuntimeOffice) -> int:
    """An errand below a drive, lying with the desk."""
    errand = office.errands(office.drive("W1"))[0]
    office.act("an", errand, "hand_in")
    return errand


def collected(office: RuntimeOffice) -> list[int]:
    """On which cases the message arrived, in order."""
    return [key for (key,) in office.ask("SELECT instance_id FROM history WHERE action = 'collect' ORDER BY id")]


def test_a_message_acts_on_the_parent_as_the_system(office: RuntimeOffice, errand: int) -> None:
    office.act("lan", errand, "approve")

    assert collected(office) == [1]
    assert office.one("SELECT actor_id FROM history WHERE action = 'collect'") is None
    assert office.dossier(1)["collected"] == "2024-07-10T02:00:00Z"
    assert office.effects()[-1] == ("send", "done")


def test_a_message_that_is_refused_is_an_incident_of_its_receiver(office: RuntimeOffice, errand: int) -> None:
    office.edit("lan", 1, is_open=False)
    version = office.version(1)

    office.act("lan", errand, "approve")

    assert (office.state(errand), office.version(1)) == ("done", version)
    assert office.incidents() == [("Chưa thể «Thu nhận»: còn điều kiện chưa đạt.", 1)]
    assert office.effects()[-1] == ("send", "refused")


def test_an_optional_message_passes_over_who_does_not_take_it(office: RuntimeOffice, errand: int) -> None:
    office.edit("lan", 1, is_open=False)
    office.act("lan", errand, "nudge")
    office.edit("lan", 1, is_open=True)
    office.act("lan", errand, "nudge")
    office.act("chu", office.drive("W2"), "finish")  # nothing to do with it
    office.force("UPDATE instance SET state = 'closed' WHERE id = 1")
    office.act("lan", errand, "nudge")

    assert (collected(office), office.incidents()) == ([1], [])
    assert [effect for effect in office.effects() if effect[0] == "send"] == [("send", "done")] * 3


def test_an_optional_message_that_carries_leaves_nothing_when_a_line_refuses(office: RuntimeOffice) -> None:
    drive = office.drive("W1", "W2")
    first, second = office.errands(drive)
    office.act("an", first, "hand_in")
    office.edit("chi", second, ready=False)

    office.act("lan", first, "plead")

    assert [office.state(case) for case in (drive, first, second)] == ["running", "checked", "drafted"]
    assert (office.incidents(), office.effects()[-1]) == ([], ("send", "done"))
    office.edit("chi", second, ready=True)
    office.act("lan", first, "plead")
    assert [office.state(case) for case in (drive, first, second)] == ["closed", "done", "done"]


def test_a_message_upwards_from_a_case_without_a_parent_reaches_nobody(office: RuntimeOffice) -> None:
    office.act("lan", office.checked(), "approve")

    assert (collected(office), office.effects(), office.incidents()) == ([], [("send", "done")], [])


def recalled(office: RuntimeOffice) -> list[int]:
    return [key for (key,) in office.ask("SELECT instance_id FROM history WHERE action = 'be_recalled' ORDER BY id")]


def test_a_message_downwards_reaches_every_open_child(office: RuntimeOffice) -> None:
    drive = office.drive("W1", "W2")
    other = office.errands(office.drive("W1"))
    first, second = office.errands(drive)
    office.act("chi", second, "drop")

    office.act("chu", drive, "recall")

    assert (recalled(office), office.incidents(), other) == ([first], [], [5])


def test_one_receiver_that_refuses_does_not_stop_the_others(office: RuntimeOffice) -> None:
    office.hire("do", ("officer", "PNV"))
    drive = office.drive("W1", "W2", "PNV")
    first, second, third = office.errands(drive)
    office.edit("chi", second, ready=False)

    office.act("chu", drive, "recall")

    assert recalled(office) == [first, third]
    assert office.incidents() == [("Chưa thể «Bị thu hồi»: còn điều kiện chưa đạt.", second)]
    assert office.effects()[-1] == ("send", "refused")


def test_an_optional_message_downwards_passes_over_those_that_do_not_take_it(office: RuntimeOffice) -> None:
    drive = office.drive("W1", "W2")
    first, second = office.errands(drive)
    office.edit("chi", second, ready=False)

    office.act("chu", drive, "invite")

    assert (recalled(office), office.incidents(), office.effects()[-1]) == ([first], [], ("send", "done"))


def test_a_receiver_that_cannot_be_worked_on_stops_nobody_else(
    office: RuntimeOffice, caplog: pytest.LogCaptureFixture
) -> None:
    """Its dossier does not fit any more: not even an incident can be written about it."""
    drive = office.drive("W1", "W2")
    first, second = office.errands(drive)
    office.force(f"""UPDATE instance SET dossier = '{{"ready":"?"}}' WHERE id = {first}""")

    office.act("chu", drive, "recall")

    assert (recalled(office), office.effects()[-1]) == ([second], ("send", "refused"))
    assert [record.message for record in caplog.records] == ["a case could not be worked on"] * 2


def test_effects_happen_in_the_order_in_which_they_were_written(office: RuntimeOffice) -> None:
    drive = office.drive("W2", "W1")

    assert [key for key, _ in below(office, drive)] == ["W2", "W1"]
