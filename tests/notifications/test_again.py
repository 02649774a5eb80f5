"""A failed mail tried again: the same bytes, and new attempts that count from then on."""

from datetime import timedelta
from typing import Any

import pytest

from engine.definition.performing import Actor
from engine.errors import ActionNotAvailable, NotFound, NotPerformer
from engine.runtime.work import Work
from notifications.door import Wanted, failed_count, find, log, retry, retry_all
from notifications.transport import Attempt, Outcome
from tests.notifications.small_office import SmallOffice

REFUSED = Attempt(Outcome.PERMANENT, "550 <binh@p1.example.vn> no such user")
GREYLISTED = Attempt(Outcome.TEMPORARY, "451 try later")


def failed(office: SmallOffice) -> int:
    """A request of `an` whose mail to `binh` was refused; the key of the mail."""
    office.basket.answers = [REFUSED]
    office.submitted()
    office.run()
    assert office.messages()[0]["state"] == "failed"
    return 1


def tries(office: SmallOffice, which: int) -> list[tuple[int, str | None]]:
    return [(n, outcome) for message, n, outcome, _ in office.attempts() if message == which]


def asked(office: SmallOffice, who: str, what: Any) -> Any:
    """What that person is answered in the writer's transaction."""

    def perform(tx: Any) -> Any:
        work: Work = office.engine.work(tx)
        actor: Actor = office.engine.standing(work, who)
        return what(work, actor)

    return office.engine.writer.call(perform)


def test_the_same_bytes_go_out_again_and_both_attempts_stand_in_the_log(office: SmallOffice) -> None:
    which = failed(office)
    first = office.basket.kept[0]

    queued = asked(office, "dung", lambda work, actor: retry(work, actor, which))
    office.run()

    assert (queued["state"], queued["attempts"][0]["reply"]) == ("queued", "550 <b…@p1.example.vn> no such user")
    assert office.basket.kept[-1] == first
    assert tries(office, which) == [(1, "permanent"), (2, "sent")]
    assert office.messages()[0]["state"] == "sent"


def test_a_server_that_is_busy_then_gets_all_the_usual_attempts(office: SmallOffice) -> None:
    which = failed(office)
    asked(office, "dung", lambda work, actor: retry(work, actor, which))
    office.basket.answers = [GREYLISTED]
    office.run()
    waits = office.messages()[0]
    office.clock[0] += timedelta(minutes=1)
    office.run()

    assert (waits["state"], waits["attempts_before"]) == ("queued", 1)
    assert tries(office, which) == [(1, "permanent"), (2, "temporary"), (3, "sent")]


def test_who_only_works_on_the_case_cannot_have_it_tried_again(office: SmallOffice) -> None:
    which = failed(office)

    with pytest.raises(NotPerformer, match="Quản trị"):
        asked(office, "an", lambda work, actor: retry(work, actor, which))
    with pytest.raises(NotFound):
        asked(office, "dung", lambda work, actor: retry(work, actor, 99))


def test_what_was_sent_and_what_was_never_written_is_not_tried_again(office: SmallOffice) -> None:
    office.change("binh", "")
    office.submitted()
    office.run()
    assert office.messages()[0]["fault"]

    with pytest.raises(ActionNotAvailable, match="chưa soạn được"):
        asked(office, "dung", lambda work, actor: retry(work, actor, 1))
    sent = next(row["id"] for row in office.messages() if row["state"] == "sent")
    with pytest.raises(ActionNotAvailable, match="chưa phải thư lỗi"):
        asked(office, "dung", lambda work, actor: retry(work, actor, sent))


def test_all_failed_ones_of_a_filter_are_queued_at_once_and_no_others(office: SmallOffice) -> None:
    office.basket.answers = [REFUSED]
    office.submitted()
    office.run()
    code = asked(office, "dung", lambda work, actor: find(work, actor, 1))["reasons"][0]["case"]["code"]

    assert asked(office, "dung", failed_count) == 1
    assert asked(office, "an", failed_count) == 0  # who cannot help is not told to
    assert asked(office, "dung", lambda work, actor: retry_all(work, actor, Wanted(code="DN-2024-09999"))) == 0
    assert asked(office, "an", lambda work, actor: retry_all(work, actor, Wanted())) == 0
    assert asked(office, "dung", lambda work, actor: retry_all(work, actor, Wanted(code=code))) == 1
    assert asked(office, "dung", failed_count) == 0


def test_the_log_shows_mails_of_visible_cases_and_why_each_was_written(office: SmallOffice) -> None:
    office.submitted()
    office.run()

    (mail,) = asked(office, "binh", lambda work, actor: log(work, actor, Wanted(), 10))["items"]

    assert (mail["recipient"], mail["address"], mail["state"]) == ("Lê Binh", "b…@p1.example.vn", "sent")
    assert [(reason["kind"], reason["by"]) for reason in mail["reasons"]] == [("task_opened", "Lê An")]
    assert "binh@" not in str(mail)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(), 2),
        (Wanted(state="sent"), 2),
        (Wanted(state="failed"), 0),
        (Wanted(kind="task_opened"), 1),
        (Wanted(kind="news"), 1),
        (Wanted(kind="nudge"), 0),
        (Wanted(text="BINH"), 1),
        (Wanted(text="phòng mot"), 2),
        (Wanted(text="phòng hai"), 0),
        (Wanted(code="1"), 2),
        (Wanted(code="không phải mã"), 0),
        (Wanted(before=2), 1),
    ],
)
def test_the_log_is_narrowed_by_result_kind_recipient_unit_and_case(
    office: SmallOffice, wanted: Wanted, expected: int
) -> None:
    case = office.submitted()
    office.run()
    office.act("binh", case, "grant")
    office.run()

    assert len(asked(office, "dung", lambda work, actor: log(work, actor, wanted, 10))["items"]) == expected


def test_what_was_dropped_before_it_became_a_mail_can_be_asked_for(office: SmallOffice) -> None:
    case = office.submitted()
    office.act("binh", case, "grant")  # before the first run: the notice of the task says nothing any more
    office.run()

    dropped = asked(office, "dung", lambda work, actor: log(work, actor, Wanted(state="dropped"), 10))["items"]

    assert [(item["recipient"], item["kind"], item["state"]) for item in dropped] == [
        ("Lê Binh", "task_opened", "dropped")
    ]  # fmt: skip
