"""One action over HTTP, beside a route of the same kind in the same server that does nothing.

The clients keep their connections and ask again as soon as they have an answer, each about a case of its own. They
are written on sockets, for any client library would cost more than the server.
"""

import asyncio
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path

from bench.filling import Waiting, fill
from bench.measuring import POSTGRESQL, SQLITE, Bench, Goal, Part, Row, Times, in_turn
from bench.raw import connect
from bench.stage import build, sit

CLIENTS = (1, 8, 64)
REQUESTS = {1: 200, 8: 800, 64: 1_920}  # a round, of all clients together
CASES = 200
ACT, IDLE = "/api/v1/ward-plans", "/api/v1/idle"
FORM = '{"reason":"Cần bổ sung phân công"}'.encode()
READY_WITHIN = 60.0  # seconds
GOALS = {
    (SQLITE, 64): (Goal("≥", 0.6),),
    (POSTGRESQL, 64): (Goal("≥", 0.33),),
    (SQLITE, 8): (Goal("≤", 4, "tail"),),
    (POSTGRESQL, 8): (Goal("≤", 4, "tail"),),
}


class Wrong(Exception):
    """An answer or a row is not what it must be; says what."""


@dataclass(slots=True)
class Case:
    """A ward plan, as one client sees it: how many actions it has taken."""

    id: int
    taken: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Servers on one database: their ports, two sessions that take the two actions in turn, and cases."""

    ports: Sequence[int]
    secrets: tuple[str, str]
    cases: Sequence[Case]
    keys: Iterator[int] = field(default_factory=count)

    def request(self, path: str, case: Case) -> bytes:
        """The next action of that case."""
        back = case.taken % 2
        body, kind = (FORM, "Content-Type: application/json\r\n") if back else (b"", "")
        head = (
            f"POST {path}/{case.id}/actions/{'redraft' if back else 'draft'} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f'Authorization: Bearer {self.secrets[back]}\r\nIf-Match: "{2 + case.taken}"\r\n'
            f"Idempotency-Key: http-{next(self.keys)}\r\n{kind}Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def measure(bench: Bench) -> Iterator[Row]:
    """Rows of each database: an action and nothing, for one client and for many; PostgreSQL also on two servers."""
    for place in bench.places:
        for servers in (1, 2) if place == POSTGRESQL else (1,):
            clients = CLIENTS if servers == 1 else CLIENTS[-1:]
            yield from _on(bench, place, servers, clients[:2] if bench.quick and servers == 1 else clients)


def _on(bench: Bench, place: str, servers: int, clients: Sequence[int]) -> Iterator[Row]:
    where, folder = bench.empty(place), bench.subfolder()
    engine = build(folder, where)
    waiting = fill(engine, where, CASES, open_of_ten=10)
    secrets = sit(engine, "phuong1"), sit(engine, "ct.phuong1")
    engine.close()
    with ExitStack() as running:
        ports = [running.enter_context(_serving(folder, where)) for _ in range(servers)]
        there = Place(ports, secrets, [Case(one.case) for one in waiting])
        for number in clients:
            yield from _compared(bench, place, there, number)
    _check(where, there, waiting)


def _compared(bench: Bench, place: str, there: Place, clients: int) -> Iterator[Row]:
    requests = REQUESTS[clients] // (5 if bench.quick else 1)
    paces: dict[str, list[float]] = {IDLE: [], ACT: []}
    for path in paces:
        _round(there, path, clients, requests, [])  # to warm up
    subjects = {path: partial(_round, there, path, clients, requests, paces[path]) for path in paces}
    spent = in_turn(subjects, bench.rounds)
    ratios = [act / idle for act, idle in zip(paces[ACT], paces[IDLE], strict=True)]
    on = f"{clients} client{'s' * (clients > 1)}" + f", {len(there.ports)} servers" * (len(there.ports) > 1)
    yield _row(f"nothing, {on}", place, spent[IDLE], paces[IDLE])
    goals = GOALS.get((place, clients), ())
    yield _row(f"an action, {on}", place, spent[ACT], paces[ACT], statistics.median(ratios), goals)


def _row(
    what: str,
    place: str,
    spent: Times,
    paces: Sequence[float],
    ratio: float | None = None,
    goals: tuple[Goal, ...] = (),
) -> Row:
    return Row(
        what=what, on=place, value=spent.p50, p99=spent.p99, ratio=ratio, to="nothing", goals=goals,
        note=f"{statistics.median(paces):,.0f} requests/s; p99/median {spent.p99 / spent.p50:.1f}",
    )  # fmt: skip


# ── clients ──────────────────────────────────────────────────────────────────────────────────────
class Client(asyncio.Protocol):
    """One connection that takes actions of one case, one after the other; `done` has their times in microseconds."""

    def __init__(self, there: Place, path: str, case: Case, requests: int) -> None:
        self._there, self._path, self._case, self._left = there, path, case, requests
        self._spent: list[float] = []
        self._received, self._begun = b"", 0
        self.done: asyncio.Future[list[float]] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "a connection"
        self._transport = transport

    def ask(self) -> None:
        """Send the next request; goes on by itself."""
        if not self._left:
            self._transport.close()
            self.done.set_result(self._spent)
            return
        self._left -= 1
        request = self._there.request(self._path, self._case)
        self._begun = time.perf_counter_ns()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        self._spent.append((time.perf_counter_ns() - self._begun) / 1000)
        self._received = b""
        if not head.startswith(b"HTTP/1.1 200 "):
            self._fail(f"{head.splitlines()[0]!r}: {body[:300]!r}")
            return
        self._case.taken += self._path == ACT
        self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"the server closed the connection: {exc}")

    def _fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(Wrong(why))


def _length(head: bytes) -> int:
    name = b"content-length:"
    return next((int(line[len(name) :]) for line in head.split(b"\r\n") if line.lower().startswith(name)), 0)


def _round(there: Place, path: str, clients: int, requests: int, paces: list[float]) -> tuple[float, ...]:
    """Let so many clients take so many actions together; the time of each, and the pace in requests a second."""
    return asyncio.run(_together(there, path, clients, requests, paces))


async def _together(there: Place, path: str, clients: int, requests: int, paces: list[float]) -> tuple[float, ...]:
    loop = asyncio.get_running_loop()
    made = []
    for n, case in enumerate(there.cases[:clients]):
        port = there.ports[n % len(there.ports)]
        make = partial(Client, there, path, case, requests // clients)
        made.append((await loop.create_connection(make, "127.0.0.1", port))[1])
    begun = time.perf_counter()
    for client in made:
        client.ask()
    spent = [one for each in await asyncio.gather(*(client.done for client in made)) for one in each]
    paces.append(len(spent) / (time.perf_counter() - begun))
    return tuple(spent)


# ── servers ──────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def _serving(folder: Path, where: Path | str) -> Iterator[int]:
    """A server in a process of its own; its port. Ended in order."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        port: int = listening.getsockname()[1]
        number = listening.fileno()
        server = subprocess.Popen(
            [sys.executable, "-m", "bench.serving", str(folder), str(where), str(number)], pass_fds=[number]
        )
    try:
        _await(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def _await(port: int) -> None:
    until = time.monotonic() + READY_WITHIN
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=READY_WITHIN) as asking:
                asking.sendall(b"GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                if asking.recv(15).startswith(b"HTTP/1.1 200"):
                    return
        except OSError as fault:
            if time.monotonic() > until:
                raise Wrong("the server does not come up") from fault
        time.sleep(0.1)


def _check(where: Path | str, there: Place, waiting: Sequence[Waiting]) -> None:
    """Every action is there once: versions and histories agree with what the clients have counted."""
    least, most = waiting[0].case, waiting[-1].case
    sql = (
        "SELECT i.id, i.version, count(h.id) AS entries, max(h.seq) AS last FROM instance i JOIN history h "
        "ON h.instance_id = i.id WHERE i.id BETWEEN :least AND :most GROUP BY i.id, i.version"
    )
    with closing(connect(where)) as raw:
        found = {row["id"]: row for row in raw.run(sql, {"least": least, "most": most})}
    for case in there.cases:
        row, version = found[case.id], 2 + case.taken
        if (row["version"], row["entries"], row["last"]) != (version, version, version):
            raise Wrong(f"case {case.id}: {dict(row)}, but the clients have seen version {version}")


PART = Part(
    "http",
    "A ward's draft to its chair and back, POST with If-Match and Idempotency-Key, on a server like `thidua serve` "
    "with its ticking and mails, and a route of the same kind with the same headers, body model and length of answer "
    "that does nothing; in turn. Clients, server and database share the machine's cores. The median is one client's "
    "wait; the ratio is that of requests a second. Every answer was a 200; versions and histories were counted.",
    measure,
)
