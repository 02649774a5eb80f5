"""What becomes of a message, found out against real servers that misbehave, and on a real disk."""

import hashlib
import resource
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from notifications.mime import build
from notifications.transport import Attempt, FolderTransport, Outcome, SmtpTransport, Timeouts
from tests.notifications.certificate import self_signed
from tests.notifications.smtp_server import (
    HOST,
    POLITE_ANSWERS,
    MisbehavingServer,
    misbehaving_smtp,
    scripted_smtp,
)
from tests.notifications.test_mime import LETTER, SENDER

BOUNCES = "bounce+42@quan.example.vn"
MESSAGE = build(LETTER, SENDER)
PASSWORD = "Mat khau 2026!"
SHORT = Timeouts(connect_seconds=2, command_seconds=0.25, dot_seconds=0.25)


@pytest.fixture(scope="module")
def server() -> Iterator[MisbehavingServer]:
    with misbehaving_smtp(pause_seconds=0.002) as running:
        yield running


def through(server: MisbehavingServer, **how: Any) -> SmtpTransport:
    patient = Timeouts(connect_seconds=5, command_seconds=5, dot_seconds=5)
    return SmtpTransport(**{"host": server.host, "port": server.port, "timeouts": patient, "starttls": False, **how})


def accepted_for(server: MisbehavingServer, recipient: str) -> list[bytes]:
    return [content for _, found, content in server.accepted if found == recipient]


def test_message_is_sent_as_it_is_to_its_recipient(server: MisbehavingServer) -> None:
    attempt = through(server).send(BOUNCES, "an@phuong1.example.vn", MESSAGE)

    assert attempt == Attempt(Outcome.SENT, "250 2.0.0 taken")
    assert server.accepted[-1] == (BOUNCES, "an@phuong1.example.vn", MESSAGE)


@pytest.mark.parametrize(
    ("recipient", "outcome", "reply"),
    [
        ("tmp421@b.vn", Outcome.TEMPORARY, "421 tmp421@b.vn refused as asked"),
        ("tmp451@b.vn", Outcome.TEMPORARY, "451 tmp451@b.vn refused as asked"),
        ("perm550@b.vn", Outcome.PERMANENT, "550 perm550@b.vn refused as asked"),
        ("dot452@b.vn", Outcome.TEMPORARY, "452 refused at the dot as asked"),
        ("dot554@b.vn", Outcome.PERMANENT, "554 refused at the dot as asked"),
        ("dropbeforedot@b.vn", Outcome.TEMPORARY, "Connection unexpectedly closed"),
    ],
)
def test_message_refused_or_cut_off_before_the_dot_is_not_taken(
    server: MisbehavingServer, recipient: str, outcome: Outcome, reply: str
) -> None:
    attempt = through(server).send(BOUNCES, recipient, MESSAGE)

    assert attempt == Attempt(outcome, reply)
    assert accepted_for(server, recipient) == []


def test_connection_reset_within_the_message_is_temporary(server: MisbehavingServer) -> None:
    beyond_every_buffer = b"x" * 32_000_000

    attempt = through(server).send(BOUNCES, "dropinbody@b.vn", beyond_every_buffer)

    assert attempt.outcome == Outcome.TEMPORARY


@pytest.mark.parametrize(
    "recipient",
    ["dropafterdot@b.vn", "resetafterdot@b.vn", "babbleafterdot@b.vn", "longlineafterdot@b.vn"],
)
def test_no_intelligible_answer_to_the_dot_leaves_the_message_unknown(
    server: MisbehavingServer, recipient: str
) -> None:
    attempt = through(server).send(BOUNCES, recipient, MESSAGE)

    assert attempt.outcome == Outcome.UNKNOWN
    assert accepted_for(server, recipient) == [MESSAGE]


def test_greylisted_message_is_taken_at_the_second_attempt(server: MisbehavingServer) -> None:
    outcomes = [through(server).send(BOUNCES, "once-tmp451@b.vn", MESSAGE).outcome for _ in range(2)]

    assert outcomes == [Outcome.TEMPORARY, Outcome.SENT]


@pytest.mark.parametrize("greeting", ["554 no service here", "421 too busy"])
def test_refusal_at_the_door_is_told_by_its_code(greeting: str) -> None:
    with misbehaving_smtp(greeting=greeting) as server:
        attempt = through(server).send(BOUNCES, "an@b.vn", MESSAGE)

    outcome = Outcome.PERMANENT if greeting.startswith("5") else Outcome.TEMPORARY
    assert attempt == Attempt(outcome, greeting)


STRANGE_ANSWERS = [
    *(b"199 x\r\n", b"299 x\r\n", b"354 x\r\n", b"421 x\r\n", b"499 x\r\n", b"500 x\r\n", b"599 x\r\n", b"999 x\r\n"),
    *(b"", b"\r\n", b"25\r\n", b"2x0 x\r\n", b"-55 x\r\n", b"\xff\xfe \x00\r\n", b"nothing of SMTP\r\n", b"5" * 9000),
    *(b"250-x\r\n500 x\r\n", b"500-x\r\n250 x\r\n"),
]


@pytest.mark.parametrize("step", ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "."])
def test_any_answer_at_any_step_has_one_outcome(step: str) -> None:
    answers = dict(POLITE_ANSWERS)
    with scripted_smtp(answers) as port:
        transport = SmtpTransport(host=HOST, port=port, starttls=False, timeouts=SHORT)
        for strange in STRANGE_ANSWERS:
            answers.update({step: strange, "HELO": strange if step == "EHLO" else POLITE_ANSWERS["HELO"]})

            attempt = transport.send(BOUNCES, "an@b.vn", MESSAGE)

            assert (strange, attempt.outcome) == (strange, outcome_of(strange, step))
            assert attempt.reply.isprintable()


def outcome_of(answer: bytes, step: str) -> Outcome:
    """What RFC 5321 §4.3.2 makes of the answer's last line."""
    last = answer.split(b"\r\n")[-2] if answer.endswith(b"\r\n") else b""
    reply_class = last[:1].decode() if last[:3].isdigit() and len(last[:3]) == 3 else ""
    wanted = {"greeting": "220", "DATA": "3"}.get(step, "2")
    if last.decode(errors="replace").startswith(wanted) and reply_class:
        return Outcome.SENT
    if reply_class == "5":
        return Outcome.PERMANENT
    return Outcome.TEMPORARY if step != "." or reply_class == "4" else Outcome.UNKNOWN


def test_refused_connection_is_temporary() -> None:
    with socket.socket() as not_listening:
        not_listening.bind((HOST, 0))
        port = not_listening.getsockname()[1]

        attempt = SmtpTransport(host=HOST, port=port, starttls=False).send(BOUNCES, "an@b.vn", MESSAGE)

    assert attempt.outcome == Outcome.TEMPORARY
    assert "refused" in attempt.reply


def test_unknown_host_is_temporary() -> None:
    attempt = SmtpTransport(host="a..b", port=25, starttls=False).send(BOUNCES, "an@b.vn", MESSAGE)

    assert attempt.outcome == Outcome.TEMPORARY


def test_server_that_never_greets_is_temporary() -> None:
    with socket.create_server((HOST, 0)) as listening_only:
        port = listening_only.getsockname()[1]
        transport = SmtpTransport(host=HOST, port=port, starttls=False, timeouts=SHORT)

        attempt = transport.send(BOUNCES, "an@b.vn", MESSAGE)

    assert attempt.outcome == Outcome.TEMPORARY


@pytest.mark.parametrize(
    ("recipient", "outcome"),
    [("hang@b.vn", Outcome.TEMPORARY), ("hangafterdot@b.vn", Outcome.UNKNOWN)],
)
def test_silent_server_is_left_in_time(server: MisbehavingServer, recipient: str, outcome: Outcome) -> None:
    begun = time.monotonic()

    attempt = through(server, timeouts=SHORT).send(BOUNCES, recipient, MESSAGE)

    assert attempt.outcome == outcome
    assert "timed out" in attempt.reply
    assert time.monotonic() - begun < 10


def test_answer_to_the_dot_may_take_longer_than_other_answers() -> None:
    with misbehaving_smtp(dot_seconds=0.5) as server:
        attempt = through(server, timeouts=replace(SHORT, dot_seconds=5)).send(BOUNCES, "an@b.vn", MESSAGE)

    assert attempt.outcome == Outcome.SENT


def test_trickling_server_is_heard_out_within_the_time_for_a_reply(server: MisbehavingServer) -> None:
    attempt = through(server).send(BOUNCES, "slow@b.vn", MESSAGE)

    assert attempt.outcome == Outcome.SENT


def test_trickling_server_cannot_stretch_the_time_for_a_reply() -> None:
    with misbehaving_smtp(pause_seconds=0.1) as server:
        begun = time.monotonic()
        attempt = through(server, timeouts=SHORT).send(BOUNCES, "slow@b.vn", MESSAGE)

    assert attempt.outcome == Outcome.TEMPORARY
    assert time.monotonic() - begun < 5


def test_waits_are_a_minute_and_ten_minutes_for_the_dot_unless_told() -> None:
    assert Timeouts() == Timeouts(connect_seconds=60, command_seconds=60, dot_seconds=600, talk_seconds=600)


def test_dots_and_odd_line_ends_cannot_end_the_message_early(server: MisbehavingServer) -> None:
    smuggled = b"Subject: x\r\n\r\n.\r\n..\n.\r.dot\n.\r\nMAIL FROM:<evil@b.vn>"

    through(server).send(BOUNCES, "smuggler@b.vn", smuggled)

    assert accepted_for(server, "smuggler@b.vn") == [
        b"Subject: x\r\n\r\n.\r\n..\r\n.\r\n.dot\r\n.\r\nMAIL FROM:<evil@b.vn>\r\n"
    ]


@pytest.mark.parametrize("recipient", ["", "an", "ánh@b.vn", "a@b.vn>\r\nRCPT TO:<c@d.vn", "<a@b.vn>", "a b@c.vn"])
def test_address_that_smtp_cannot_carry_is_permanent(server: MisbehavingServer, recipient: str) -> None:
    before = len(server.commands)

    attempts = [
        through(server).send(BOUNCES, recipient, MESSAGE),
        through(server).send(recipient or "x", "an@b.vn", MESSAGE),
    ]

    assert [attempt.outcome for attempt in attempts] == [Outcome.PERMANENT] * 2
    assert len(server.commands) == before


def test_reply_is_kept_short_and_printable() -> None:
    with misbehaving_smtp(greeting="554-one\r\n554-\x07two\t\xa0\r\n554 " + "y" * 900) as server:
        attempt = through(server).send(BOUNCES, "an@b.vn", MESSAGE)

    assert attempt.reply.startswith("554 one  two  ")
    assert attempt.reply.isprintable()
    assert len(attempt.reply) == 500


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    return self_signed(tmp_path_factory.mktemp("tls"), HOST)


@pytest.fixture(scope="module")
def tls_server(certificate: tuple[Path, Path]) -> Iterator[MisbehavingServer]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    with misbehaving_smtp(tls_context=context, credentials=("thidua", PASSWORD)) as running:
        yield running


def test_message_goes_encrypted_and_logged_in_when_the_certificate_is_trusted(
    tls_server: MisbehavingServer, certificate: tuple[Path, Path]
) -> None:
    trusting = ssl.create_default_context(cafile=certificate[0])

    attempt = through(tls_server, starttls=True, tls_context=trusting, username="thidua", password=PASSWORD).send(
        BOUNCES, "an@b.vn", MESSAGE
    )

    assert attempt.outcome == Outcome.SENT
    assert accepted_for(tls_server, "an@b.vn") == [MESSAGE]


@pytest.mark.parametrize("host", [HOST, "localhost"])
def test_certificate_that_is_not_trusted_or_for_another_host_is_temporary(
    tls_server: MisbehavingServer, certificate: tuple[Path, Path], host: str
) -> None:
    context = ssl.create_default_context(cafile=certificate[0] if host == "localhost" else None)

    attempt = through(tls_server, host=host, starttls=True, tls_context=context).send(BOUNCES, "binh@b.vn", MESSAGE)

    assert attempt.outcome == Outcome.TEMPORARY
    assert "certificate verify failed" in attempt.reply
    assert accepted_for(tls_server, "binh@b.vn") == []


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (None, "STARTTLS extension not supported by server."),
        ("454 4.7.0 not today", "STARTTLS refused: 454 4.7.0 not today"),
        ("502 5.5.1 no such command", "STARTTLS refused: 502 5.5.1 no such command"),
    ],
)
def test_refused_starttls_is_temporary_and_nothing_is_said_in_clear(answer: str | None, reply: str) -> None:
    with misbehaving_smtp(starttls_answer=answer, credentials=("thidua", PASSWORD)) as server:
        attempt = through(server, starttls=True, username="thidua", password=PASSWORD).send(BOUNCES, "an@b.vn", MESSAGE)

    assert attempt == Attempt(Outcome.TEMPORARY, reply)
    assert (server.commands, server.accepted) == ([], [])


def test_log_in_is_used_without_encryption_only_when_asked() -> None:
    with misbehaving_smtp(credentials=("thidua", PASSWORD)) as server:
        attempt = through(server, username="thidua", password=PASSWORD).send(BOUNCES, "an@b.vn", MESSAGE)

    assert attempt.outcome == Outcome.SENT
    assert server.commands == ["AUTH", "MAIL"]


def test_server_without_log_in_is_temporary(server: MisbehavingServer) -> None:
    attempt = through(server, username="thidua", password=PASSWORD).send(BOUNCES, "chi@b.vn", MESSAGE)

    assert attempt.outcome == Outcome.TEMPORARY
    assert accepted_for(server, "chi@b.vn") == []


@pytest.mark.parametrize("padding", ["", "z" * 457])
def test_password_echoed_by_the_server_is_not_kept(padding: str) -> None:
    with misbehaving_smtp(credentials=("thidua", "another"), echo_padding=padding) as server:
        transport = through(server, username="thidua", password=PASSWORD)

        attempt = transport.send(BOUNCES, "an@b.vn", MESSAGE)

    assert attempt.outcome == Outcome.PERMANENT
    assert attempt.reply.startswith("535 ")
    assert not any(PASSWORD[:4] in said or "TWF0" in said for said in (attempt.reply, repr(transport)))


@pytest.mark.parametrize(
    ("username", "password"), [("thidua", None), (None, PASSWORD), ("thidua", "mật khẩu"), ("thi\ndua", PASSWORD)]
)
def test_credentials_that_cannot_be_used_are_refused_without_repeating_them(
    username: str | None, password: str | None
) -> None:
    with pytest.raises(ValueError, match="user name and a password") as refusal:
        SmtpTransport(host=HOST, port=25, username=username, password=password)

    assert str(password) not in str(refusal.value)


def test_folder_keeps_the_message_under_the_hash_of_its_id(tmp_path: Path) -> None:
    attempt = FolderTransport(tmp_path / "new" / "mails").send(BOUNCES, "an@b.vn", MESSAGE)

    name = f"{hashlib.sha256(LETTER.message_key.encode()).hexdigest()}.eml"
    assert attempt == Attempt(Outcome.SENT, f"250 kept as {name}")
    [kept] = (tmp_path / "new" / "mails").iterdir()
    assert (kept.name, kept.read_bytes()) == (name, MESSAGE)


def test_folder_keeps_a_message_once(tmp_path: Path) -> None:
    folder = FolderTransport(tmp_path)

    first = folder.send(BOUNCES, "an@b.vn", MESSAGE)
    [kept] = tmp_path.iterdir()
    inode = kept.stat().st_ino
    second = folder.send(BOUNCES, "an@b.vn", MESSAGE)

    assert first == second
    assert [found.stat().st_ino for found in tmp_path.iterdir()] == [inode]


def test_folder_names_a_foreign_message_by_its_content(tmp_path: Path) -> None:
    foreign = b"Message-ID: <../../etc@x>\r\n\r\nMessage-ID: <" + b"a" * 64 + b"@x>"

    FolderTransport(tmp_path).send(BOUNCES, "an@b.vn", foreign)

    assert [kept.name for kept in tmp_path.iterdir()] == [f"{hashlib.sha256(foreign).hexdigest()}.eml"]


def test_folder_that_cannot_be_written_is_temporary_and_leaves_nothing(tmp_path: Path) -> None:
    in_the_way = tmp_path / "mails"
    in_the_way.write_text("a file, not a folder")

    attempt = FolderTransport(in_the_way).send(BOUNCES, "an@b.vn", MESSAGE)

    assert attempt.outcome == Outcome.TEMPORARY
    assert list(tmp_path.iterdir()) == [in_the_way]


def test_disk_that_fills_up_while_writing_is_temporary_and_leaves_nothing(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(MESSAGE) - 1, hard))
    try:
        attempt = FolderTransport(tmp_path).send(BOUNCES, "an@b.vn", MESSAGE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert attempt == Attempt(Outcome.TEMPORARY, "[Errno 27] File too large")
    assert list(tmp_path.iterdir()) == []
