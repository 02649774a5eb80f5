"""One action: what it asks is asked at once and does not grow; what is remembered of people is never too old."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from unittest.mock import patch

import pytest

from engine.errors import NotAuthenticated, NotFound
from engine.runtime import known
from engine.runtime.editions import Editions
from engine.runtime.known import Known, Unknown
from engine.runtime.offices import add_mandate, add_membership
from tests.errands.office import SINCE, RuntimeOffice, open_runtime


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        yield office


def statements(office: RuntimeOffice, who: str, case: int, action: str) -> list[str]:
    """The first words of the statements of an action, without those of its transaction."""
    asking, model, said = office.asking(who, case, action), office.model(case), list[str]()
    office.engine.database.hook = said.append
    office.engine.act(asking, model, case, action, None).result()
    office.engine.database.hook = None
    return [text.split()[0] for text in said if text.split()[0] not in ("BEGIN", "COMMIT")]


def end(office: RuntimeOffice, who: str, last_day: str) -> None:
    office.force(f"UPDATE membership SET valid_to = '{last_day}' WHERE person_id = "
                 f"(SELECT id FROM person WHERE username = '{who}')")  # fmt: skip


# ── What is asked ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("who", "action"), [("lan", "ask"), ("an", "answer")])
def test_everything_is_read_before_anything_is_written(office: RuntimeOffice, who: str, action: str) -> None:
    case = office.checked()
    for asker, move in (("lan", "ask"), ("an", "answer"), ("lan", "ask"), ("an", "answer"))[: 2 if who == "lan" else 3]:
        office.act(asker, case, move)  # who holds which role is known after that

    said = statements(office, who, case, action)

    reads = [word in ("SELECT", "WITH") for word in said]
    assert reads == sorted(reads, reverse=True)
    assert 0 < sum(reads) <= 8
    assert {"INSERT", "UPDATE"} <= set(said)


def test_an_action_asks_no_more_the_longer_a_case_lasts(office: RuntimeOffice) -> None:
    case, counts = office.checked(), list[int]()

    for turn in range(6):
        counts.append(len(statements(office, "lan", case, "ask")))
        office.act("an", case, "answer")
        if turn == 0:
            counts.clear()  # the first time it is asked who holds which role
        office.force("DELETE FROM idempotency")

    assert len(set(counts)) == 1


# ── What is remembered ───────────────────────────────────────────────────────────────────────────


def test_a_session_that_ends_ends_at_once(office: RuntimeOffice) -> None:
    case = office.checked()
    office.act("lan", case, "ask")
    office.force("UPDATE session SET revoked_at = 1 WHERE person_id = (SELECT id FROM person WHERE username = 'an')")

    with pytest.raises(NotAuthenticated):
        office.act("an", case, "answer")


def test_an_account_that_is_closed_is_closed_at_once(office: RuntimeOffice) -> None:
    case = office.checked()
    office.act("lan", case, "ask")
    office.force("UPDATE person SET active = false WHERE username = 'an'")

    with pytest.raises(NotAuthenticated):
        office.act("an", case, "answer")


def test_who_has_lost_a_role_sees_nothing_more_in_it(office: RuntimeOffice) -> None:
    case = office.checked()
    office.act("lan", case, "ask")
    end(office, "an", "2024-07-09")

    with pytest.raises(NotFound):
        office.act("an", case, "answer")


def test_a_role_ends_with_its_last_day(office: RuntimeOffice) -> None:
    case = office.checked()
    end(office, "an", "2024-07-10")
    office.act("lan", case, "ask")
    office.act("an", case, "answer")
    office.act("lan", case, "ask")

    office.at("2024-07-11 09:00")
    with pytest.raises(NotFound):
        office.act("an", case, "answer")


def test_a_deputy_acts_from_the_first_day_of_the_mandate(office: RuntimeOffice) -> None:
    case = office.checked()
    office.act("lan", case, "ask")
    with pytest.raises(NotFound):
        office.act("chi", case, "answer")
    an, chi = (office.one("SELECT id FROM person WHERE username = ?", who) for who in ("an", "chi"))
    ward, day = office.unit_id("W1"), SINCE.replace(year=2024)
    office.engine.writer.call(
        lambda tx: add_mandate(tx, an, chi, "officer", ward, capacity="KT.", paper="Giấy 1", since=day,
                               until=day.replace(year=2025))
    )  # fmt: skip

    office.act("chi", case, "answer")

    assert office.state(case) == "checked"


def test_who_has_just_been_given_a_role_hears_of_its_tasks(office: RuntimeOffice) -> None:
    case = office.checked()
    office.act("lan", case, "ask")
    office.act("an", case, "answer")
    ha, ward = office.one("SELECT id FROM person WHERE username = 'ha'"), office.unit_id("W1")
    office.engine.writer.call(lambda tx: add_membership(tx, ha, ward, "officer", since=SINCE))

    office.act("lan", case, "ask")

    assert office.notices("task_opened")[-2:] == [("task_opened", "an"), ("task_opened", "ha")]


def test_nobody_is_given_a_later_edition_that_another_thread_has_just_read(office: RuntimeOffice) -> None:
    editions = office.engine.editions
    seen = editions.current
    looks = chain([seen, seen], repeat(replace(seen, number=seen.number + 1)))  # after two looks it has been read

    with (
        office.engine.database.read() as tx,
        patch.object(Editions, "current", property(lambda _: next(looks)), create=True),
    ):
        assert editions.of(tx).number == seen.number


def test_what_is_known_is_found_once_and_forgotten_when_it_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "MOST", 2)
    found, memory = list[int](), Known()

    def ask(number: int) -> int:
        return memory.of(("double", number), lambda: found.append(number) or 2 * number)  # type: ignore[func-returns-value]

    assert [ask(n) for n in (1, 2, 1, 2, 3, 1)] == [2, 4, 2, 4, 6, 2]
    assert found == [1, 2, 3, 1]


def test_who_changes_what_people_hold_remembers_nothing() -> None:
    answers, memory = iter((1, 2)), Unknown()

    assert [memory.of(("who",), lambda: next(answers)) for _ in range(2)] == [1, 2]
