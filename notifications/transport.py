"""Handing one finished message to a server or a folder, and saying honestly what became of it.

Knows no outbox, no schedule and no clock of the office.
"""

import base64
import contextlib
import io
import os
import re
import smtplib
import socket
import ssl
import tempfile
import time
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from notifications.mime import checked_address

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

REPLY_CHARACTERS = 500

_MESSAGE_ID_HASH = re.compile(rb"^Message-ID:\s*<([0-9a-f]{64})@", re.MULTILINE | re.IGNORECASE)
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


class Outcome(StrEnum):
    """What became of one attempt."""

    SENT = "sent"  # a server took the message over
    TEMPORARY = "temporary"  # not taken; the same may succeed later
    PERMANENT = "permanent"  # refused for good
    UNKNOWN = "unknown"  # the final dot was sent and no answer came: taken or not (RFC 1047)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: its outcome, and the server's words or the fault in at most 500 printable characters."""

    outcome: Outcome
    reply: str


class Transport(Protocol):
    """A way for finished messages to leave."""

    def send(self, envelope_from: str, recipient: str, message: bytes) -> Attempt:
        """What became of handing `message` over for `recipient`. Faults of mail are outcomes, not errors."""
        ...


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait for a connection, for each reply, and for the reply to the dot, in seconds.

    RFC 5321 §4.5.3.2.6 asks for ten minutes after the dot: a shorter wait leaves messages unknown that
    the server did take, and so makes duplicates.

    talk_seconds: until the dot at the latest, on the monotonic clock; later none is sent, however the process was
    paused meanwhile.
    """

    connect_seconds: float = 60
    command_seconds: float = 60
    dot_seconds: float = 600
    talk_seconds: float = 600

    @property
    def longest_seconds(self) -> float:
        """No conversation lasts longer."""
        return self.talk_seconds + self.dot_seconds


@dataclass(frozen=True, kw_only=True)
class SmtpTransport:
    """Sends through one SMTP server, a new connection for each message.

    With `starttls` nothing but EHLO and QUIT is ever said in clear, and the server's certificate must be valid
    for `host` under `tls_context` (default: the system's authorities). `client_name` is what EHLO says;
    give the public host name when the server checks it. Log-in only when `username` is given.

    Raises:
        ValueError: `username` without `password` or the reverse, or one that is not printable ASCII.
    """

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    starttls: bool = True
    timeouts: Timeouts = Timeouts()
    tls_context: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)
    client_name: str = "[127.0.0.1]"

    def __post_init__(self) -> None:
        if (self.username is None) != (self.password is None):
            raise ValueError("A user name and a password come together or not at all.")
        for credential in (self.username or "", self.password or ""):
            # smtplib encodes credentials as ASCII, and its error would quote the offending part.
            if not (credential.isascii() and credential.isprintable()):
                raise ValueError("A user name and a password for SMTP must be printable ASCII.")

    def send(self, envelope_from: str, recipient: str, message: bytes) -> Attempt:
        """What became of sending `message` (line ends are made CRLF, dots stuffed) to one recipient.

        - SENT: a 2xx answer to the final dot.
        - PERMANENT: a 5xx answer at any step, or an address that SMTP cannot carry.
        - UNKNOWN: no intelligible answer to the dot: connection lost, timeout, or noise.
        - TEMPORARY: anything else before the dot, as refused connections, 4xx answers, timeouts,
          missing or failing STARTTLS, no way to log in.

        `envelope_from` takes the bounces; empty is the null sender. Never raises.
        """
        try:
            checked_address(recipient)
            checked_address(envelope_from or recipient)
        except ValueError as fault:
            return self._attempt(Outcome.PERMANENT, str(fault))
        with contextlib.ExitStack() as leaving:
            try:
                session = _Session(self.host, self.port, self.client_name, self.timeouts)
                leaving.callback(session.leave)
                self._introduce(session)
                _hand_over(session, envelope_from, recipient, message)
            except (OSError, ValueError) as fault:  # ValueError: smtplib on a malformed host or challenge
                return self._before_dot(fault)
            return self._after_dot(session)

    def _introduce(self, session: "_Session") -> None:
        session.ehlo_or_helo_if_needed()
        if self.starttls:
            try:
                session.starttls(context=self.tls_context)
            except smtplib.SMTPResponseException as refusal:
                # A 5xx here is about the server's set-up, not about the letter: keep it waiting.
                said = _reply_text(refusal.smtp_code, refusal.smtp_error)
                raise smtplib.SMTPNotSupportedError(f"STARTTLS refused: {said}") from refusal
            session.ehlo_or_helo_if_needed()
        if self.username is not None and self.password is not None:
            session.login(self.username, self.password)

    def _before_dot(self, fault: Exception) -> Attempt:
        if not isinstance(fault, smtplib.SMTPResponseException):
            return self._attempt(Outcome.TEMPORARY, str(fault) or type(fault).__name__)
        is_permanent = fault.smtp_code // 100 == 5
        outcome = Outcome.PERMANENT if is_permanent else Outcome.TEMPORARY
        return self._attempt(outcome, _reply_text(fault.smtp_code, fault.smtp_error))

    def _after_dot(self, session: "_Session") -> Attempt:
        session.reply_seconds = self.timeouts.dot_seconds
        try:
            code, text = session.getreply()
        except OSError as fault:
            return self._attempt(Outcome.UNKNOWN, str(fault))
        by_class = {2: Outcome.SENT, 4: Outcome.TEMPORARY, 5: Outcome.PERMANENT}
        return self._attempt(by_class.get(code // 100, Outcome.UNKNOWN), _reply_text(code, text))

    def _attempt(self, outcome: Outcome, reply: str) -> Attempt:
        return Attempt(outcome, _without(_secrets(self.username, self.password), _printable(reply)))


class _Session(smtplib.SMTP):
    """A connection on which each reply as a whole has a deadline, `reply_seconds` from its request.

    A socket timeout alone begins anew with every byte, so a trickling server could hold the sender for ever.
    """

    def __init__(self, host: str, port: int, client_name: str, timeouts: Timeouts) -> None:
        self.reply_seconds = self._command_seconds = timeouts.command_seconds
        self._give_up_at = time.monotonic() + timeouts.talk_seconds
        # The host goes to the constructor: after a bare connect() starttls would check no host name.
        super().__init__(host, port, client_name, timeouts.connect_seconds)
        # The dot is a small write after another one: Nagle would hold it until a delayed ACK, 40 ms.
        self._connected_socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            self._reads = _TimedReads(self._connected_socket())
            self.file = io.BufferedReader(self._reads)
        self._reads.deadline = time.monotonic() + self.reply_seconds
        try:
            return super().getreply()
        except smtplib.SMTPResponseException as overlong:
            # smtplib's own 500 for a line without end; the server has not refused anything.
            raise smtplib.SMTPServerDisconnected("The server's reply has no end.") from overlong
        finally:
            if self.sock is not None:
                self.sock.settimeout(self._command_seconds)

    def must_be_in_time(self) -> None:
        """Refuse to go on when the talk has lasted too long: somebody else may be trying by now.

        Raises:
            TimeoutError: it has.
        """
        if time.monotonic() > self._give_up_at:
            raise TimeoutError("The conversation took too long.")

    def leave(self) -> None:
        """Say QUIT and close without awaiting the answer: an outcome not yet stored must not wait."""
        with contextlib.suppress(OSError):
            self.putcmd("QUIT")
        self.close()

    def _connected_socket(self) -> socket.socket:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("The connection is closed.")
        return self.sock


class _TimedReads(io.RawIOBase):
    """The bytes from a socket until `deadline` on the monotonic clock."""

    def __init__(self, source: socket.socket) -> None:
        self._source = source
        self.deadline = 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("timed out")
        self._source.settimeout(remaining)
        return self._source.recv_into(buffer)


def _hand_over(session: _Session, envelope_from: str, recipient: str, message: bytes) -> None:
    """Everything up to and including the final dot, whose answer is left to be read.

    Raises:
        OSError: the dot has not been sent in full, so the server cannot have taken the message.
    """
    body = _dot_stuffed(message)
    size = [f"SIZE={len(body)}"] if session.has_extn("size") else []
    _expect(2, session.mail(envelope_from, size))
    _expect(2, session.rcpt(recipient))
    _expect(3, session.docmd("DATA"))
    # Two writes: if the first fails, the message is known not to have ended.
    session.send(body)
    session.must_be_in_time()
    session.send(b".\r\n")


def _expect(reply_class: int, reply: tuple[int, bytes]) -> None:
    if reply[0] // 100 != reply_class:
        raise smtplib.SMTPResponseException(*reply)


def _dot_stuffed(message: bytes) -> bytes:
    # Bare CR and LF too: a server that takes them for line ends could be shown a false end of the letter.
    body = _LINE_END.sub(b"\r\n", message)
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    return _LEADING_DOT.sub(b"..", body)


def _reply_text(code: int, text: bytes | str) -> str:
    words = text if isinstance(text, str) else text.decode(errors="replace")
    # smtplib's -1 stands for a line without a code, whose first four characters it has eaten.
    return f"{code} {words}" if code >= 0 else f"not an SMTP reply: …{words}"


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _secrets(username: str | None, password: str | None) -> list[str]:
    """The password in every form in which it goes over the wire, the longest first."""
    if not password:
        return []
    login = base64.b64encode(password.encode()).decode()
    plain = base64.b64encode(f"\0{username}\0{password}".encode()).decode()
    return [plain, login, password]


def _without(secrets: list[str], text: str) -> str:
    # Before cutting to length, or a secret across the cut would leave its beginning.
    for secret in secrets:
        text = text.replace(secret, "***")
    return text[:REPLY_CHARACTERS]


@dataclass(frozen=True, slots=True)
class FolderTransport:
    """Keeps each message as `<hash of its Message-ID>.eml` in `folder`, which is made when missing."""

    folder: Path

    def send(self, envelope_from: str, recipient: str, message: bytes) -> Attempt:
        """SENT once the file is safely on disk; TEMPORARY when it cannot be written.

        A message that is already there is left as it is: sending again changes nothing.
        """
        target = self.folder / f"{_file_hash(message)}.eml"
        try:
            if not target.exists():
                self.folder.mkdir(parents=True, exist_ok=True)
                _write_durably(target, message)
        except OSError as fault:
            return Attempt(Outcome.TEMPORARY, _printable(str(fault))[:REPLY_CHARACTERS])
        return Attempt(Outcome.SENT, f"250 kept as {target.name}")


def _file_hash(message: bytes) -> str:
    """The hash in the Message-ID that `notifications.mime` gave, else one of the whole message."""
    headers = message.partition(b"\r\n\r\n")[0]
    found = _MESSAGE_ID_HASH.search(headers)
    return found[1].decode() if found else sha256(message).hexdigest()


def _write_durably(target: Path, content: bytes) -> None:
    """Make `target` appear whole or not at all, also across a power cut."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, target)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    if os.name == "posix":  # Windows cannot open a folder
        _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
