"""The order of checks of a change: standing, replay, version, performer, guard; and what a repeat gets."""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import (
    ActionNotAvailable,
    GuardUnmet,
    KeyReused,
    NotAuthenticated,
    NotFound,
    NotPerformer,
    StaleVersion,
    Unavailable,
    VersionMissing,
)
from engine.runtime.beginning import NewCase
from engine.runtime.service import Answer, Asking
from tests.errands.office import ERRAND, RuntimeOffice, open_runtime

NEW = NewCase(None, None, {"text": "Quét vôi"})


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        yield office


def hand_in(office: RuntimeOffice, asking: Asking, case: int = 1) -> "Future[Answer]":
    return office.engine.act(asking, ERRAND, case, "hand_in", None)


def test_a_repeat_gets_the_stored_answer_and_happens_once(office: RuntimeOffice) -> None:
    office.start("an", "errand", text="Quét vôi")
    asking = Asking("an", "key", "print", expected=1)

    first = hand_in(office, asking).result()
    office.act("lan", 1, "redo")
    again = hand_in(office, asking).result()

    assert again == first
    assert (office.version(1), office.state(1)) == (3, "drafted")


def test_repeats_that_are_queued_together_happen_once(office: RuntimeOffice) -> None:
    asking = Asking("an", "key", "print")

    answers = [future.result() for future in [office.engine.start(asking, ERRAND, NEW) for _ in range(5)]]

    assert answers == [answers[0]] * 5
    assert office.one("SELECT count(*) FROM instance") == 1


def test_without_a_key_every_sending_counts(office: RuntimeOffice) -> None:
    for _ in range(2):
        office.engine.start(Asking("an"), ERRAND, NEW).result()

    assert office.one("SELECT count(*) FROM instance") == 2
    assert office.ask("SELECT * FROM idempotency") == []


def test_a_key_stands_for_one_request(office: RuntimeOffice) -> None:
    asking = Asking("an", "key", "print")
    office.engine.start(asking, ERRAND, NEW).result()

    with pytest.raises(KeyReused):
        office.engine.start(replace(asking, fingerprint="other"), ERRAND, NEW).result()

    assert office.one("SELECT count(*) FROM instance") == 1


def test_keys_belong_to_people(office: RuntimeOffice) -> None:
    for who in ("an", "chi"):
        office.engine.start(Asking(who, "key", f"print of {who}"), ERRAND, NEW).result()

    assert office.ask("SELECT principal, key, status FROM idempotency") == [("1", "key", 201), ("3", "key", 201)]


def test_a_refusal_is_not_remembered(office: RuntimeOffice) -> None:
    office.start("an", "errand", text="Quét vôi")
    asking = Asking("an", "key", "print", expected=7)
    with pytest.raises(StaleVersion):
        hand_in(office, asking).result()

    hand_in(office, replace(asking, expected=1)).result()

    assert office.state(1) == "checked"


# ── the order ────────────────────────────────────────────────────────────────────────────────────


def test_whoever_may_not_see_it_any_more_gets_no_stored_answer(office: RuntimeOffice) -> None:
    office.start("an", "errand", text="Quét vôi")
    asking = Asking("an", "key", "print", expected=1)
    hand_in(office, asking).result()
    for statement, refusal in (
        ("UPDATE membership SET role = 'head' WHERE person_id = 1", NotPerformer),
        ("UPDATE membership SET unit_id = 4 WHERE person_id = 1", NotFound),
        ("UPDATE session SET revoked_at = 1 WHERE person_id = 1", NotAuthenticated),
    ):
        office.force(statement)

        with pytest.raises(refusal):
            hand_in(office, asking).result()


@pytest.mark.parametrize(
    ("who", "expected", "action", "refusal"),
    [
        ("nobody", None, "hand_in", NotAuthenticated),
        ("chi", None, "hand_in", NotFound),  # she is an officer, but of another ward
        ("ha", None, "hand_in", VersionMissing),
        ("ha", 9, "hand_in", StaleVersion),
        ("ha", 1, "hand_in", NotPerformer),  # may see it, and is no officer
        ("an", 1, "approve", ActionNotAvailable),
        ("an", 1, "hand_in", GuardUnmet),
    ],
)
def test_what_is_checked_first(
    office: RuntimeOffice, who: str, expected: int | None, action: str, refusal: type[Exception]
) -> None:
    case = office.start("an", "errand", text="")  # not even the rule holds

    with pytest.raises(refusal):
        office.engine.act(Asking(who, expected=expected), ERRAND, case, action, None).result()

    assert office.version(case) == 1


def test_of_two_changes_decided_on_one_version_the_first_wins(office: RuntimeOffice) -> None:
    office.start("an", "errand", text="Quét vôi")
    asking = Asking("an", expected=1)

    first, second = (office.engine.edit(asking, ERRAND, 1, {"text": text}) for text in ("a", "b"))

    first.result()
    with pytest.raises(StaleVersion) as refusal:
        second.result()
    assert refusal.value.params == {"expected": 1, "actual": 2}
    assert office.dossier(1)["text"] == "a"


def test_a_closed_engine_takes_no_more_changes(office: RuntimeOffice) -> None:
    office.engine.close()

    with pytest.raises(Unavailable):
        office.engine.start(Asking("an"), ERRAND, NEW)


def test_a_look_is_for_people_who_are_logged_in(office: RuntimeOffice) -> None:
    with pytest.raises(NotAuthenticated), office.looking("nobody"):
        pass
