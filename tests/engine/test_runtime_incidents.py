"""Incidents: who repairs them, what trying again does, and that nothing happens twice by it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import ActionNotAvailable, NotFound
from engine.runtime import incidents
from engine.runtime.service import Answer, Asking
from tests.errands.office import RuntimeOffice, open_runtime


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        yield office


def repair(office: RuntimeOffice, verb: Callable[..., Any], incident: int, who: str = "quan") -> dict[str, Any]:
    told: list[dict[str, Any]] = []

    def perform(work: Any, actor: Any) -> Answer:
        told.append(verb(work, incident, actor))
        return Answer(200, "")

    office.engine.change(Asking(who), perform).result()
    return told[0]


def listed(office: RuntimeOffice, who: str = "quan") -> list[dict[str, Any]]:
    with office.looking(who) as (work, actor):
        return incidents.open_incidents(work, actor)


def shut(office: RuntimeOffice) -> int:
    """An errand whose approval could not be told to its drive, which is case 1."""
    errand = office.errands(office.drive("W1"))[0]
    office.act("an", errand, "hand_in")
    office.edit("lan", 1, is_open=False)
    office.act("lan", errand, "approve")
    return errand


def lapsing(office: RuntimeOffice) -> int:
    """An errand that the clock could not end on 1/8."""
    errand = office.errands(office.drive("W1"))[0]
    office.edit("an", errand, stays=True)
    office.tick("2024-08-01 00:00")
    return errand


# ── seeing and settling ──────────────────────────────────────────────────────────────────────────


def test_an_incident_says_what_happened_to_which_case(office: RuntimeOffice) -> None:
    shut(office)

    assert listed(office) == [
        {
            "id": "1",
            "at": "2024-07-10T02:00:00Z",
            "what": "Chưa thể «Thu nhận»: còn điều kiện chưa đạt.",
            "case": "1",
            "code": "DV-2024-00001",
            "collection": "drives",
            "can_retry": True,
            "resolved_at": None,
        }
    ]


def test_incidents_come_oldest_first(office: RuntimeOffice) -> None:
    drive = office.drive("W9", "W8")

    assert [(incident["id"], incident["case"]) for incident in listed(office)] == [("1", str(drive)), ("2", str(drive))]


@pytest.mark.parametrize("who", ["an", "lan", "chu", "khach"])
def test_only_the_administrator_of_the_authority_sees_and_repairs(office: RuntimeOffice, who: str) -> None:
    shut(office)
    office.hire("ward-admin", ("admin", "W1"))

    for name in (who, "ward-admin"):
        assert (name, listed(office, name)) == (name, [])
        for verb in (incidents.retry, incidents.resolve):
            with pytest.raises(NotFound) as refusal:
                repair(office, verb, 1, name)
            assert refusal.value.params == {"what": "sự cố số 1"}
    assert len(office.incidents()) == 1


@pytest.mark.parametrize("verb", [incidents.retry, incidents.resolve])
def test_an_incident_that_is_not_there_is_not_found(office: RuntimeOffice, verb: Callable[..., Any]) -> None:
    with pytest.raises(NotFound):
        repair(office, verb, 7)


def test_settling_closes_the_task_and_leaves_the_rest(office: RuntimeOffice) -> None:
    shut(office)
    office.at("2024-07-11 10:00")

    told = repair(office, incidents.resolve, 1)

    assert (told["id"], told["resolved_at"]) == ("1", "2024-07-11T03:00:00Z")
    assert office.ask(
        "SELECT clock, closed_at = resolved_at FROM user_task JOIN incident ON task_id = user_task.id"
    ) == [("closed", 1)]
    assert (listed(office), office.effects()[-1]) == ([], ("send", "refused"))


@pytest.mark.parametrize("verb", [incidents.retry, incidents.resolve])
def test_what_is_settled_stays_settled(office: RuntimeOffice, verb: Callable[..., Any]) -> None:
    shut(office)
    repair(office, incidents.resolve, 1)

    with pytest.raises(ActionNotAvailable):
        repair(office, verb, 1)


# ── trying a message again ───────────────────────────────────────────────────────────────────────


def test_trying_again_carries_the_effect_out(office: RuntimeOffice) -> None:
    shut(office)
    office.edit("lan", 1, is_open=True)

    told = repair(office, incidents.retry, 1)

    assert told["resolved_at"] == "2024-07-10T02:00:00Z"
    assert (office.incidents(), office.effects()[-1]) == ([], ("send", "done"))
    assert office.dossier(1)["collected"] == "2024-07-10T02:00:00Z"


def test_trying_again_in_vain_raises_a_new_incident(office: RuntimeOffice) -> None:
    shut(office)

    repair(office, incidents.retry, 1)

    assert [incident["id"] for incident in listed(office)] == ["2"]
    assert office.notices("incident") == [("incident", "quan")] * 2
    office.edit("lan", 1, is_open=True)
    repair(office, incidents.retry, 2)
    assert (listed(office), office.effects()[-1]) == ([], ("send", "done"))


def test_a_start_is_tried_again_when_its_unit_is_there(office: RuntimeOffice) -> None:
    drive = office.drive("W1", "W9")
    office.force("UPDATE unit SET code = 'W9' WHERE code = 'W2'")

    repair(office, incidents.retry, 1)

    assert office.ask("SELECT start_key FROM instance WHERE parent_id = ? ORDER BY id", drive) == [("W1",), ("W9",)]
    assert (office.incidents(), office.effects()) == ([], [("start", "done")] * 2)


def recalled(office: RuntimeOffice) -> list[int]:
    return [key for (key,) in office.ask("SELECT instance_id FROM history WHERE action = 'be_recalled' ORDER BY id")]


def test_trying_again_reaches_only_those_that_refused(office: RuntimeOffice) -> None:
    office.hire("do", ("officer", "PNV"))
    drive = office.drive("W1", "W2", "PNV")
    first, second, third = office.errands(drive)
    office.edit("chi", second, ready=False)
    office.edit("do", third, ready=False)
    office.act("chu", drive, "recall")
    office.edit("chi", second, ready=True)

    repair(office, incidents.retry, 1)

    assert recalled(office) == [first, second]
    assert [what[1] for what in office.incidents()] == [third]
    office.edit("do", third, ready=True)
    repair(office, incidents.retry, office.incident())
    assert recalled(office) == [first, second, third]
    assert (office.incidents(), office.effects()[-1]) == ([], ("send", "done"))


def test_a_second_incident_of_one_effect_does_not_send_again_what_has_arrived(office: RuntimeOffice) -> None:
    drive = office.drive("W1", "W2")
    first, second = office.errands(drive)
    for who, errand in (("an", first), ("chi", second)):
        office.edit(who, errand, ready=False)
    office.act("chu", drive, "recall")
    for who, errand in (("an", first), ("chi", second)):
        office.edit(who, errand, ready=True)

    for incident in listed(office):
        repair(office, incidents.retry, int(incident["id"]))

    assert (recalled(office), office.incidents()) == ([first, second], [])


# ── trying a time-out again ──────────────────────────────────────────────────────────────────────


def test_a_time_out_is_tried_again_at_once(office: RuntimeOffice) -> None:
    errand = lapsing(office)
    office.at("2024-08-02 09:00")
    office.edit("an", errand, stays=False)

    repair(office, incidents.retry, office.incident())
    fired = office.engine.fire_due()

    assert (fired, office.state(errand), office.incidents()) == (2, "dropped", [])


def test_a_time_out_refused_again_raises_a_new_incident(office: RuntimeOffice) -> None:
    errand = lapsing(office)

    repair(office, incidents.retry, office.incident())
    office.engine.fire_due()

    assert (office.state(errand), [incident["id"] for incident in listed(office)]) == ("drafted", ["2"])


def test_a_time_out_of_a_task_that_is_closed_cannot_be_tried_again(office: RuntimeOffice) -> None:
    errand = lapsing(office)
    office.act("an", errand, "hand_in")

    with pytest.raises(ActionNotAvailable):
        repair(office, incidents.retry, office.incident())

    assert [incident["can_retry"] for incident in listed(office)] == [False]


def test_a_time_out_that_still_lies_ahead_is_not_tried_before(office: RuntimeOffice) -> None:
    """After an extension the clock comes to it by itself."""
    errand = lapsing(office)
    office.act("chu", 1, "extend", due_on="2024-08-14")

    with pytest.raises(ActionNotAvailable):
        repair(office, incidents.retry, office.incident())

    assert office.timers(errand)[-1] == ("time_out", 0, "2024-08-15 00:00")
    assert [incident["can_retry"] for incident in listed(office)] == [False]


def test_a_reminder_that_failed_is_not_tried_as_a_time_out(
    office: RuntimeOffice, caplog: pytest.LogCaptureFixture
) -> None:
    errand = office.errands(office.drive("W1"))[0]
    office.force(f"UPDATE user_task SET due_on = NULL WHERE instance_id = {errand}")
    office.tick("2024-07-24 08:00")
    office.force("DELETE FROM timer")

    assert [(what["what"], what["can_retry"]) for what in listed(office)] == [
        ("Hệ thống không xử lý được hồ sơ này (TypeError)", False)
    ]
    with pytest.raises(ActionNotAvailable):
        repair(office, incidents.retry, office.incident())
    assert (office.engine.fire_due(), office.state(errand)) == (0, "drafted")
    assert [record.message for record in caplog.records] == ["a case could not be worked on"]


def test_an_incident_of_something_that_cannot_be_tried_says_so(office: RuntimeOffice) -> None:
    office.force("UPDATE person SET active = false WHERE username = 'lan'")
    office.checked()

    assert [incident["can_retry"] for incident in listed(office)] == [False]
    with pytest.raises(ActionNotAvailable) as refusal:
        repair(office, incidents.retry, office.incident())
    assert refusal.value.params["available"] == "kết thúc sự cố"
    assert len(office.incidents()) == 1
