"""Many nodes on one PostgreSQL: none is special, and each can be restarted while people work."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from api import sharing
from api.clock import wall_clock
from api.installation import BLOBS, found, installation, key_file, open_database
from api.passwords import hash_password
from api.settings import Settings
from demo.load import PASSWORD, launch_campaign, load_organisation
from engine.administration import log
from engine.instants import LOCAL, to_micros
from engine.runtime.history import verify
from tests.databases import Home, rows
from tests.nodes import Node, Proxy, Reply, send
from tests.notifications.smtp_server import MisbehavingServer, misbehaving_smtp

LAUNCHED = datetime(2024, 7, 10, 8, tzinfo=LOCAL)
WARDS = ("phuong1", "phuong2", "phuong3")


@pytest.fixture(scope="module")
def settings(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The model customer on PostgreSQL, its campaign launched two years ago: every reminder is due."""
    assert home.server is not None
    with home.server.database() as address:
        made = Settings(data=tmp_path_factory.mktemp("nodes") / "data", database_url=address)
        with closing(found(made)) as database, database.write() as tx:
            sharing.begin(tx, made.data / BLOBS, key_file(made))
            load_organisation(tx, hash_password(PASSWORD), LAUNCHED)
        with installation(made, clock=lambda: LAUNCHED, wall=wall_clock) as place:
            launch_campaign(place.engine)
        yield made


@pytest.fixture(scope="module")
def mail() -> Iterator[MisbehavingServer]:
    with misbehaving_smtp() as server:
        yield server


@pytest.fixture(scope="module")
def nodes(settings: Settings, mail: MisbehavingServer) -> Iterator[list[Node]]:
    """Two that answer, then two that work."""
    given = {
        "THIDUA_DATA": str(settings.data), "THIDUA_DATABASE_URL": settings.database_url, "THIDUA_TICK_SECONDS": "0.5",
        "THIDUA_DRAIN_SECONDS": "2", "THIDUA_SMTP_HOST": mail.host, "THIDUA_SMTP_PORT": str(mail.port),
        "THIDUA_SMTP_STARTTLS": "off", "THIDUA_REQUESTS_PER_MINUTE": "100000",
    }  # fmt: skip
    commands = ("serve", "serve", "worker", "worker")
    made = [Node(command, given, settings.data / f"{n}.log") for n, command in enumerate(commands)]
    with ExitStack() as stack:
        for node in made:
            stack.callback(node.kill)
            node.start()
        for node in made:
            node.await_ready()
        yield made


class Person:
    """Somebody who is logged in, and asks whichever node."""

    def __init__(self, username: str, node: Node) -> None:
        opened = send(node.port, "POST", "/api/v1/session", {"username": username, "password": PASSWORD})
        assert opened.status == 201, opened
        cookies = opened.headers.get_all("Set-Cookie")  # type: ignore[attr-defined]
        self.headers = {"Cookie": "; ".join(cookie.partition(";")[0] for cookie in cookies)}

    def ask(self, node: Node, method: str, path: str, body: Any = None) -> Reply:
        return send(node.port, method, f"/api/v1{path}", body, **self.headers)


def own_plan(person: Person, node: Node) -> tuple[str, str]:
    """The path and the ETag of the plan of that ward."""
    cases = person.ask(node, "GET", "/ward-plans").body["items"]
    path = f"/ward-plans/{cases[0]['id']}"
    return path, person.ask(node, "GET", path).headers["ETag"]


def test_a_session_holds_on_every_node_and_ends_on_every_node(nodes: list[Node]) -> None:
    one, other = nodes[:2]
    person = Person("chuyenvien", one)

    before = [person.ask(node, "GET", "/me").status for node in (one, other)]
    ended = person.ask(other, "DELETE", "/session").status

    assert (before, ended) == ([200, 200], 204)
    assert [person.ask(node, "GET", "/me").status for node in (one, other)] == [401, 401]


def test_a_change_of_the_office_on_one_node_is_seen_by_the_next_request_on_the_other(nodes: list[Node]) -> None:
    one, other = nodes[:2]
    quantri, ward = Person("quantri", one), Person("phuong1", other)
    path, _ = own_plan(ward, other)
    names = []

    for round_ in range(5):
        changed = quantri.ask(one, "PATCH", "/units/P1", {"name": f"UBND phường Mới {round_}"})
        assert changed.status == 200, changed
        names.append(ward.ask(other, "GET", path).body["unit"]["name"])

    assert names == [f"UBND phường Mới {round_}" for round_ in range(5)]


class Busy(threading.Thread, ABC):
    """Works without a long pause until `ended`. `done`: what it was told was done; `strange`: other answers."""

    def __init__(self, username: str, proxy: Proxy, node: Node) -> None:
        super().__init__(name=username)
        self.person, self.proxy, self.node = Person(username, node), proxy, node
        self.done, self.strange, self.ended = 0, list[Reply](), threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.1):
            if not self.work():
                return
            self.done += 1

    @abstractmethod
    def work(self) -> bool:
        """One piece; False when it was lost or refused."""

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply | None:
        reply = self.proxy.send(method, f"/api/v1{path}", body, **self.person.headers, **headers)
        if reply is not None and reply.status >= 300:
            self.strange.append(reply)
            return None
        return reply


class Ward(Busy):
    """Writes at its plan."""

    def __init__(self, username: str, proxy: Proxy, node: Node) -> None:
        super().__init__(username, proxy, node)
        self.path, self.etag = own_plan(self.person, node)
        self.first = int(self.etag.strip('"'))

    def work(self) -> bool:
        reply = self.ask("PATCH", self.path, {"organisation": f"Lần thứ {self.done + 1}"}, If_Match=self.etag)
        self.etag = reply.headers["ETag"] if reply else ""
        return reply is not None


class Administration(Busy):
    """Adds people, each of whom is sent one letter, at any hour."""

    def work(self) -> bool:
        name = f"moi{self.done}"
        added = self.ask("POST", "/people", {"username": name, "name": "Người Mới", "mail": f"{name}@example.vn"})
        return added is not None and self.ask("POST", f"/people/{added.body['id']}/invitation") is not None


def message_id(content: bytes) -> str:
    return str(message_from_bytes(content)["Message-ID"])


def restart(pair: list[Node]) -> list[int]:
    """Exit codes of those that were asked to end; others have begun in their place."""
    for node in pair:
        node.stop()
    left = [node.exit_code() for node in pair]
    for node in pair:
        node.start()
    for node in pair:
        node.await_ready()
    return left


def await_mail(settings: Settings) -> None:
    """Wait until no letter is due any more; what is then still due is found by the counting."""
    due = "SELECT count(*) FROM message WHERE state = 'queued' AND next_attempt_at <= ?"
    with closing(open_database(settings)) as database:
        for _ in range(200):
            if rows(database, due, to_micros(wall_clock())) == [(0,)]:
                return
            time.sleep(0.1)


def test_nodes_are_restarted_under_load_and_nothing_is_lost_or_done_twice(
    nodes: list[Node], settings: Settings, mail: MisbehavingServer
) -> None:
    proxy = Proxy(nodes[:2])
    wards = [Ward(username, proxy, nodes[n % 2]) for n, username in enumerate(WARDS)]
    office = Administration("quantri", proxy, nodes[0])
    busy, left, done = [*wards, office], [], [0]
    with proxy.looking():
        for one in busy:
            one.start()
        for pair in (nodes[0::2], nodes[1::2]):
            left.extend(restart(pair))
            done.append(sum(one.done for one in busy))
        for one in busy:
            one.ended.set()
            one.join()
    await_mail(settings)

    assert left == [0, 0, 0, 0]
    assert done == sorted(set(done)), "others answer meanwhile"
    assert (proxy.faults, [one.strange for one in busy]) == ([], [[]] * len(busy))
    with closing(open_database(settings)) as database:
        versions = dict(rows(database, "SELECT id, version FROM instance"))
        keys = [int(ward.path.rpartition("/")[2]) for ward in wards]
        assert [versions[key] for key in keys] == [ward.first + ward.done for ward in wards]
        with database.read() as tx:
            assert [*verify(tx), *log.verify(tx)] == []
        assert rows(database, "SELECT count(*) FROM message WHERE kind = 'account_invitation'") == [(office.done,)]
        sent = rows(database, "SELECT count(*) FROM message WHERE state = 'sent'")
        late = rows(database, "SELECT count(*) FROM timer WHERE due_at <= ?", to_micros(wall_clock()) - 10_000_000)
        fired = dict(rows(database, "SELECT outcome, count(*) FROM firing GROUP BY outcome"))
    letters = [message_id(content) for _, _, content in mail.accepted]
    assert sent == [(len(letters),)]
    assert len(letters) == len(set(letters)) >= office.done > 0
    assert (late, fired["sent"] > 60) == ([(0,)], True)


def test_no_node_wrote_of_a_fault(nodes: list[Node], settings: Settings) -> None:
    said = "".join(path.read_text("utf-8") for path in sorted(Path(settings.data).glob("*.log")))

    assert [line for line in said.splitlines() if '"level": "error"' in line or "Traceback" in line] == []
