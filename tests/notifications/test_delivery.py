"""Attempts: each a row before it is made, retried on schedule, and given to a person when nothing helps."""

import threading
from collections.abc import Iterator
from datetime import time, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header

import pytest

from engine.instants import at_local, from_micros
from notifications.compose import compose_due
from notifications.delivery import BROKEN_OFF, deliver_due
from notifications.transport import Attempt, Outcome, SmtpTransport, Timeouts
from tests.notifications.small_office import HEAD, SENDER, TAKEN, WEDNESDAY, WORDS, SmallOffice
from tests.notifications.smtp_server import MisbehavingServer, misbehaving_smtp

BINH = "binh@p1.example.vn"
START = at_local(WEDNESDAY, time(9))
MINUTE = timedelta(minutes=1)
GREYLISTED = Attempt(Outcome.TEMPORARY, "451 try later")
REFUSED = Attempt(Outcome.PERMANENT, f"550 <{BINH}> no such user")
NO_ANSWER = Attempt(Outcome.UNKNOWN, "timed out")


class Crash(BaseException):
    """The process dies here."""


@pytest.fixture
def queued(office: SmallOffice) -> SmallOffice:
    """An office with one message to send."""
    office.submitted()
    compose_due(office.engine, WORDS, HEAD, office.now)
    return office


def deliver(office: SmallOffice, most: int = 100) -> int:
    return deliver_due(office.engine, office.basket, SENDER, office.now, most)


def wait(office: SmallOffice, minutes: int) -> None:
    office.clock[0] += minutes * MINUTE


def standing(office: SmallOffice) -> tuple[str, object, object]:
    """Of the first message: its state, minutes from the start to its next attempt, whether it is settled."""
    row = office.messages()[0]
    planned = row["next_attempt_at"]
    minutes = None if planned is None else (from_micros(planned) - START) // MINUTE
    return row["state"], minutes, row["settled_at"] is not None


# ── the ways it can end ────────────────────────────────────────────────────────────────────────


def test_message_is_sent_once_with_its_stored_bytes(queued: SmallOffice) -> None:
    assert deliver(queued) == 1
    assert deliver(queued) == 0
    assert queued.basket.kept == [("bounce@quan.example.vn", BINH, queued.messages()[0]["bytes"])]
    assert queued.attempts() == [(1, 1, "sent", "250 taken")]
    assert standing(queued) == ("sent", None, True)


def test_attempt_is_a_row_before_the_connection_is_made(queued: SmallOffice) -> None:
    seen: list[object] = []

    class Looking:
        def send(self, envelope_from: str, recipient: str, message: bytes) -> Attempt:
            seen.append((queued.attempts(), threading.current_thread().name))
            queued.engine.writer.call(lambda tx: None)  # no transaction is open: the writer is free
            return TAKEN

    deliver_due(queued.engine, Looking(), SENDER, queued.now)

    assert seen == [([(1, 1, None, "")], "MainThread")]


def test_greylisted_message_is_taken_the_second_time(queued: SmallOffice) -> None:
    queued.basket.answers = [GREYLISTED]
    deliver(queued)
    after_first = standing(queued), deliver(queued)
    wait(queued, 1)
    deliver(queued)

    assert after_first == (("queued", 1, False), 0)
    assert queued.attempts() == [(1, 1, "temporary", "451 try later"), (1, 2, "sent", "250 taken")]
    assert queued.basket.kept[0] == queued.basket.kept[1]
    assert standing(queued) == ("sent", None, True)


def test_message_is_given_up_after_five_days_of_temporary_failures(queued: SmallOffice) -> None:
    queued.basket.answers = [GREYLISTED] * 200
    while standing(queued)[0] == "queued":
        assert deliver(queued) <= 1
        wait(queued, 30)

    assert timedelta(days=4, hours=22) < queued.now - START < timedelta(days=5, hours=2)
    assert [key for key, _ in queued.incidents()] == ["mail:n1"]


def test_refused_message_becomes_work_for_a_person(queued: SmallOffice) -> None:
    queued.basket.answers = [REFUSED]
    deliver(queued)
    wait(queued, 60 * 24 * 6)

    assert deliver(queued) == 0
    assert standing(queued) == ("failed", None, True)
    assert queued.incidents() == [
        (
            "mail:n1",
            "Không gửi được thư «[Thi đua] Cần duyệt đơn DN-2024-00001 (hạn 12/07)» cho Lê Binh: "
            "550 <b…@p1.example.vn> no such user",
        )
    ]
    assert queued.states() == [("task_opened", "composed"), ("incident", "waiting")]


def test_failed_digest_raises_one_incident_on_the_first_case_it_was_about(office: SmallOffice) -> None:
    office.submitted()
    office.submitted()
    compose_due(office.engine, WORDS, HEAD, office.now)
    office.basket.answers = [REFUSED]
    deliver(office)

    assert [key for key, _ in office.incidents()] == ["mail:n1"]
    assert [row["instance_id"] for row in office.notices() if row["kind"] == "incident"] == [1]


def test_failed_letter_about_an_incident_raises_none(office: SmallOffice) -> None:
    office.submitted()
    compose_due(office.engine, WORDS, HEAD, office.now)
    office.basket.answers = [REFUSED, REFUSED]
    deliver(office)
    compose_due(office.engine, WORDS, HEAD, office.now)
    deliver(office)

    assert [row["state"] for row in office.messages()] == ["failed", "failed"]
    assert [key for key, _ in office.incidents()] == ["mail:n1"]


# ── taken or not ───────────────────────────────────────────────────────────────────────────────


def test_unanswered_message_is_sent_once_more_after_half_an_hour_then_left_to_a_person(queued: SmallOffice) -> None:
    queued.basket.answers = [NO_ANSWER, NO_ANSWER]
    deliver(queued)
    after_first = standing(queued)
    wait(queued, 29)
    too_early = deliver(queued)
    wait(queued, 1)
    deliver(queued)

    assert (after_first, too_early) == (("queued", 30, False), 0)
    assert standing(queued) == ("failed", None, True)
    assert queued.basket.kept[0] == queued.basket.kept[1]
    assert [key for key, _ in queued.incidents()] == ["mail:n1"]


def test_crash_after_the_claim_counts_as_unknown_and_the_same_bytes_go_once_more(queued: SmallOffice) -> None:
    queued.basket.answers = [Crash()]
    with pytest.raises(Crash):
        deliver(queued)
    after_crash = queued.attempts(), standing(queued)
    wait(queued, 29)
    too_early = deliver(queued)
    wait(queued, 1)
    deliver(queued)

    assert after_crash == ([(1, 1, None, "")], ("queued", 30, False))
    assert too_early == 0
    assert queued.attempts() == [(1, 1, "unknown", BROKEN_OFF.reply), (1, 2, "sent", "250 taken")]
    assert queued.basket.kept[0] == queued.basket.kept[1]
    assert standing(queued) == ("sent", None, True)


def test_second_crash_leaves_the_message_to_a_person(queued: SmallOffice) -> None:
    queued.basket.answers = [Crash(), Crash()]
    for _ in range(2):
        with pytest.raises(Crash):
            deliver(queued)
        wait(queued, 30)

    assert deliver(queued) == 0
    assert [outcome for _, _, outcome, _ in queued.attempts()] == ["unknown", "unknown"]
    assert len(queued.basket.kept) == 2
    assert standing(queued) == ("failed", None, True)
    assert [key for key, _ in queued.incidents()] == ["mail:n1"]


def test_crash_late_in_the_schedule_waits_as_long_as_the_schedule_says(queued: SmallOffice) -> None:
    queued.basket.answers = [*[GREYLISTED] * 4, Crash()]
    for minutes in (1, 5, 15, 30):
        deliver(queued)
        wait(queued, minutes)
    with pytest.raises(Crash):
        deliver(queued)
    wait(queued, 30)

    assert deliver(queued) == 0
    assert standing(queued) == ("queued", 51 + 60, False)


def test_faulty_transport_keeps_back_no_other_message(office: SmallOffice) -> None:
    office.hire("em", "head")
    office.submitted()
    compose_due(office.engine, WORDS, HEAD, office.now)
    office.basket.answers = [Crash()]
    with pytest.raises(Crash):
        deliver(office)

    assert deliver(office) == 1
    assert [row["state"] for row in office.messages()] == ["queued", "sent"]


def test_no_more_than_the_configured_number_goes_out_at_once(office: SmallOffice) -> None:
    for name in ("em", "giang"):
        office.hire(name, "head")
    office.submitted()
    compose_due(office.engine, WORDS, HEAD, office.now)

    assert [deliver(office, most=2), deliver(office, most=2), deliver(office, most=2)] == [2, 1, 0]


# ── over a real connection ─────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def server() -> Iterator[MisbehavingServer]:
    with misbehaving_smtp(pause_seconds=0.002) as running:
        yield running


def by_smtp(office: SmallOffice, server: MisbehavingServer, local_part: str) -> Iterator[int]:
    """Send a letter to that mail box until nothing is due any more; yields the attempts of each half hour."""
    transport = SmtpTransport(
        host=server.host, port=server.port, starttls=False,
        timeouts=Timeouts(connect_seconds=5, command_seconds=5, dot_seconds=0.25),
    )  # fmt: skip
    office.change("binh", f"{local_part}@p1.example.vn")
    office.submitted()
    compose_due(office.engine, WORDS, HEAD, office.now)
    for _ in range(3):
        yield deliver_due(office.engine, transport, SENDER, office.now)
        wait(office, 30)


@pytest.mark.parametrize(
    ("local_part", "outcomes", "state", "copies"),
    [
        ("once-tmp451", ["temporary", "sent"], "sent", 1),
        ("perm550", ["permanent"], "failed", 0),
        ("dropafterdot", ["unknown", "unknown"], "failed", 2),
        ("hangafterdot", ["unknown", "unknown"], "failed", 2),
    ],
)
def test_message_over_smtp_ends_as_the_server_decides(
    office: SmallOffice, server: MisbehavingServer, local_part: str, outcomes: list[str], state: str, copies: int
) -> None:
    attempts = list(by_smtp(office, server, f"{local_part}+{state}"))

    assert attempts == [1] * len(outcomes) + [0] * (3 - len(outcomes))
    assert [outcome for _, _, outcome, _ in office.attempts()] == outcomes
    assert office.messages()[0]["state"] == state
    assert [key for key, _ in office.incidents()] == (["mail:n1"] if state == "failed" else [])
    taken = [content for _, recipient, content in server.accepted if recipient.startswith(f"{local_part}+{state}@")]
    assert taken == [office.messages()[0]["bytes"]] * copies


def test_headers_on_the_wire_are_those_of_an_official_notice(office: SmallOffice, server: MisbehavingServer) -> None:
    list(by_smtp(office, server, "ngay.mot"))

    envelope_from, recipient, content = server.accepted[-1]
    headers = [
        (name, str(make_header(decode_header(value))).replace("\r\n", ""))
        for name, value in message_from_bytes(content).items()
    ]
    row = office.messages()[0]
    assert (envelope_from, recipient) == ("bounce@quan.example.vn", "ngay.mot@p1.example.vn")
    assert headers[:-1] == [
        ("Date", "Wed, 10 Jul 2024 09:00:00 +0700"),
        ("From", "Phòng Nội vụ (qua Hệ thống thi đua) <thidua@quan.example.vn>"),
        ("Reply-To", "noivu@quan.example.vn"),
        ("To", "Lê Binh <ngay.mot@p1.example.vn>"),
        ("Subject", "[Thi đua] Cần duyệt đơn DN-2024-00001 (hạn 12/07)"),
        ("Message-ID", row["message_id"]),
        ("In-Reply-To", headers[6][1]),
        ("References", headers[6][1]),
        ("List-Id", "<task_opened.quan.example.vn>"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("Content-Language", "vi"),
        ("MIME-Version", "1.0"),
    ]
    assert headers[-1][0] == "Content-Type"
