"""A real SMTP server that misbehaves on demand, for tests of whatever sends mail.

The recipient's local part chooses what happens; a suffix after "-" or "+" keeps recipients apart, and the
prefix "once-" misbehaves only the first time that this very recipient is tried:

    tmp451@ perm550@     answers RCPT with that code (any 4xx after "tmp", any 5xx after "perm")
    dot452@ dot554@      takes the message and answers the dot with that code; keeps nothing
    hang@                never answers RCPT
    slow@                answers from RCPT on, byte after byte with pauses
    dropbeforedot@       closes instead of answering DATA
    dropinbody@          resets the connection while the message is on its way
    dropafterdot@        keeps the message, then closes without an answer
    resetafterdot@       keeps the message, then resets the connection without an answer
    hangafterdot@        keeps the message, then says nothing
    babbleafterdot@      keeps the message, then answers something that is not SMTP
    longlineafterdot@    keeps the message, then answers a line beyond every limit

Everyone else's mail is accepted. A second, smaller server answers each step with given bytes.
"""

import asyncio
import re
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST = "127.0.0.1"

POLITE_ANSWERS = {
    "greeting": b"220 mail.test\r\n",
    "EHLO": b"250 mail.test\r\n",
    "HELO": b"250 mail.test\r\n",
    "MAIL": b"250 OK\r\n",
    "RCPT": b"250 OK\r\n",
    "DATA": b"354 go on\r\n",
    ".": b"250 taken\r\n",
}

_BEHAVIOUR = re.compile(r"(?P<once>once-)?(?P<name>[a-z]+?)(?P<code>[45]\d\d)?(?:[-+].*)?")
_KEEP_AND_FAIL = {"dropafterdot", "resetafterdot", "hangafterdot"}
_ANSWERS_TO_DOT = {"babbleafterdot": "taken, I think", "longlineafterdot": f"250 {'x' * 20_000}"}


@dataclass
class MisbehavingServer:
    """Where the server listens, how it misbehaves, and what it has taken."""

    greeting: str | None = None  # instead of "220 …"
    starttls_answer: str | None = None  # offer STARTTLS, then answer this to it
    tls_context: ssl.SSLContext | None = None  # offer STARTTLS, and insist on it
    credentials: tuple[str, str] | None = None  # offer AUTH; a wrong password is echoed in the refusal
    echo_padding: str = ""  # put before the echoed password
    pause_seconds: float = 0.01  # between two bytes for slow@
    dot_seconds: float = 0  # before any answer to the dot
    host: str = HOST
    port: int = 0
    accepted: list[tuple[str, str, bytes]] = field(default_factory=list)  # envelope from, recipient, content
    commands: list[str] = field(default_factory=list)  # the MAIL and AUTH verbs as they came in
    tried: set[str] = field(default_factory=set)

    def behaviour(self, recipient: str) -> tuple[str, str | None]:
        """The name and the reply code that this recipient asks for, this time."""
        matched = _BEHAVIOUR.fullmatch(recipient.partition("@")[0])
        is_repeated = recipient in self.tried
        self.tried.add(recipient)
        if matched is None or (matched["once"] and is_repeated):
            return "accept", None
        return matched["name"], matched["code"]


class _Conversation(SMTP):
    """One connection."""

    def __init__(self, server: MisbehavingServer) -> None:
        super().__init__(
            _Hooks(server),
            hostname="mail.test",
            ident="misbehaving",
            tls_context=server.tls_context,
            require_starttls=server.tls_context is not None,
            auth_require_tls=server.credentials is None,
            authenticator=_authenticator(server) if server.credentials else None,
            loop=asyncio.get_running_loop(),
        )
        self.server = server
        self.name = "accept"
        self.code: str | None = None

    async def push(self, status: Any) -> None:
        """Send one reply line: slowly, or as a greeting of our own, or as it is."""
        if self.server.greeting and status.startswith("220 mail.test"):
            await super().push(self.server.greeting.encode())
            self.transport.close()
        elif self.name == "slow":
            for byte in f"{status}\r\n".encode():
                self.transport.write(bytes([byte]))
                await asyncio.sleep(self.server.pause_seconds)
        else:
            await super().push(status)

    async def smtp_MAIL(self, arg: str | None) -> None:
        """Note the verb, which shows that a client went on where it must not."""
        self.server.commands.append("MAIL")
        await super().smtp_MAIL(arg)

    async def smtp_AUTH(self, arg: str) -> None:
        """Note the verb."""
        self.server.commands.append("AUTH")
        await super().smtp_AUTH(arg)

    async def smtp_STARTTLS(self, arg: str) -> None:
        """Refuse with the given words, or do it."""
        if self.server.starttls_answer is None:
            await super().smtp_STARTTLS(arg)
        else:
            await self.push(self.server.starttls_answer)

    async def smtp_DATA(self, arg: str) -> None:
        """Leave at once or in the middle, or take the message."""
        if self.name == "dropbeforedot":
            await self.vanish()
        if self.name == "dropinbody":
            await self.push("354 Go on")
            await self.vanish(reset=True)
        await super().smtp_DATA(arg)

    async def vanish(self, *, reset: bool = False) -> None:
        """Close the connection without a word, with FIN or with RST, and never return."""
        if reset:
            no_linger = struct.pack("ii", 1, 0)
            raw = self.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
        self.transport.abort()
        await silence()


class _Hooks:
    """What aiosmtpd asks about at each step."""

    def __init__(self, server: MisbehavingServer) -> None:
        self.server = server

    async def handle_EHLO(
        self, _smtp: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer STARTTLS also where it will be refused."""
        session.host_name = hostname
        offer = ["250-STARTTLS"] if self.server.starttls_answer else []
        return [*responses[:-1], *offer, responses[-1]]

    async def handle_RCPT(
        self, smtp: _Conversation, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Choose the behaviour for the rest of the conversation."""
        smtp.name, smtp.code = self.server.behaviour(address)
        if smtp.name == "hang":
            await silence()
        if smtp.name in {"tmp", "perm"}:
            return f"{smtp.code} {address} refused as asked"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, smtp: _Conversation, _session: Session, envelope: Envelope) -> str:
        """Keep the message, and answer as the recipient asks."""
        if smtp.name == "dot":
            return f"{smtp.code} refused at the dot as asked"
        kept = [(envelope.mail_from, recipient, envelope.content) for recipient in envelope.rcpt_tos]
        self.server.accepted.extend(kept)
        await asyncio.sleep(self.server.dot_seconds)
        if smtp.name == "hangafterdot":
            await silence()
        if smtp.name in _KEEP_AND_FAIL:
            await smtp.vanish(reset=smtp.name == "resetafterdot")
        return _ANSWERS_TO_DOT.get(smtp.name, "250 2.0.0 taken")


async def silence() -> None:
    """Wait until the connection ends, which cancels its task."""
    await asyncio.Event().wait()


def _authenticator(server: MisbehavingServer) -> Any:
    def check(_smtp: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: LoginPassword) -> AuthResult:
        pair = (given.login.decode(), given.password.decode())
        if pair == server.credentials:
            return AuthResult(success=True, auth_data=given)
        return AuthResult(
            success=False,
            handled=False,
            message=f"535 5.7.8 {pair[0]}: no such password: {server.echo_padding}{pair[1]}",
        )

    return check


@contextmanager
def misbehaving_smtp(**how: Any) -> Iterator[MisbehavingServer]:
    """A server on a free port of 127.0.0.1, in its own thread; `how` are fields of `MisbehavingServer`."""
    server = MisbehavingServer(**how)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="misbehaving-smtp", daemon=True)
    thread.start()
    listening = asyncio.run_coroutine_threadsafe(_listen(server), loop).result()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_hang_up(listening), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _listen(server: MisbehavingServer) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: _Conversation(server), server.host, 0)
    server.port = listening.sockets[0].getsockname()[1]
    return listening


async def _hang_up(listening: asyncio.Server) -> None:
    listening.close()
    conversations = asyncio.all_tasks() - {asyncio.current_task()}
    for conversation in conversations:
        conversation.cancel()
    await asyncio.gather(*conversations, return_exceptions=True)
    await asyncio.sleep(0)  # the transports close in the next round of the loop


@contextmanager
def scripted_smtp(answers: dict[str, bytes]) -> Iterator[int]:
    """The port of a server that says `answers[step]`, whatever that is; empty hangs up.

    The steps are those of POLITE_ANSWERS, "." being the end of the message. `answers` may change
    between connections.
    """

    class Reciting(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            step = "greeting"
            while answers[step]:
                self.wfile.write(answers[step])
                if step == "DATA" and answers[step].startswith(b"3"):
                    step = self.end_of_message()
                else:
                    step = self.rfile.readline().split(b" ")[0].strip().decode().upper()
                if step in {"", "QUIT"}:
                    return

        def end_of_message(self) -> str:
            while line := self.rfile.readline():
                if line == b".\r\n":
                    return "."
            return ""

    with socketserver.ThreadingTCPServer((HOST, 0), Reciting) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
