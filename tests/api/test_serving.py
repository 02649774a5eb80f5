"""How the application is served, over a real socket: heads that are too large or never come to their end."""

import contextlib
import signal
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from api import serving
from api.operating import Operations
from api.settings import Settings
from tests.api.office import Office

HEAD = b"GET /nothing HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture
def address(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """Where the office answers; heads have a third of a second."""
    monkeypatch.setattr(serving, "HEAD_SECONDS", 0.3)
    settings = Settings(requests_per_minute=10)
    server = serving.Server(office.app, settings, Operations(office.engine, settings), 1)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listening.getsockname()
    server.should_exit = True
    thread.join()


def answers(address: tuple[str, int], *pieces: bytes, pause: float = 0) -> bytes:
    """All that comes back until the server closes."""
    with socket.create_connection(address, timeout=10) as line, contextlib.suppress(ConnectionError):
        for piece in pieces:
            line.sendall(piece)
            time.sleep(pause)
        found = b""
        while piece := line.recv(65_536):
            found += piece
        return found
    return b""


def test_a_head_that_is_complete_in_time_is_answered(address: tuple[str, int]) -> None:
    assert answers(address, HEAD, b"Connection: close\r\n\r\n", pause=0.1).startswith(b"HTTP/1.1 404")


@pytest.mark.parametrize("pieces", [(), (b"GE",), (HEAD,), (HEAD + b"\r\n", HEAD)])
def test_a_head_that_does_not_come_to_its_end_is_given_up(address: tuple[str, int], pieces: tuple[bytes, ...]) -> None:
    began = time.monotonic()

    found = answers(address, *pieces, pause=0.1)

    assert found.count(b"HTTP/1.1") == max(len(pieces) - 1, 0)
    assert time.monotonic() - began < 10


def test_dripping_does_not_keep_a_head_alive(address: tuple[str, int]) -> None:
    began = time.monotonic()

    answers(address, HEAD, *[b"X: y\r\n"] * 40, pause=0.1)

    assert time.monotonic() - began < 6


def test_a_head_that_is_too_large_is_refused(address: tuple[str, int]) -> None:
    assert b" 400 " in answers(address, HEAD, b"X: " + b"y" * (serving.HEAD_BYTES + 1))


def test_a_body_may_take_longer_than_a_head(address: tuple[str, int]) -> None:
    post = b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    body = b'{"username":"nobody","password":"x"}'

    found = answers(address, post + b"Content-Length: %d\r\n\r\n" % len(body), body[:9], body[9:], pause=0.4)

    assert found.startswith(b"HTTP/1.1 401")


def test_what_is_served_has_its_pace(address: tuple[str, int]) -> None:
    post = b"POST /api/v1/password-resets HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    assert [answers(address, post)[9:12] for _ in range(2)] == [b"422", b"429"]


def test_a_server_that_leaves_says_so_first_and_answers_on_for_a_while(office: Office) -> None:
    """So that who sends it requests has the time to send them elsewhere; each answer ends its connection."""
    settings = Settings(drain_seconds=1)
    server = serving.Server(office.app, settings, Operations(office.engine, settings), 1)
    listening = socket.create_server(("127.0.0.1", 0))
    place: tuple[str, int] = listening.getsockname()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    ready = b"GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    before = answers(place, ready)

    server.handle_exit(signal.SIGTERM, None)
    during = answers(place, ready), answers(place, HEAD + b"\r\n")
    thread.join(10)

    assert before.startswith(b"HTTP/1.1 200")
    assert during[0].startswith(b"HTTP/1.1 503")
    assert b"leaving" in during[0]
    assert during[1].startswith(b"HTTP/1.1 404")
    assert not thread.is_alive()


def test_a_second_signal_ends_the_waiting(office: Office) -> None:
    settings = Settings(drain_seconds=25)
    server = serving.Server(None, settings, Operations(office.engine, settings), 30)

    server.handle_exit(signal.SIGTERM, None)
    was_waiting = not server.should_exit
    server.handle_exit(signal.SIGTERM, None)

    assert was_waiting
    assert server.should_exit
