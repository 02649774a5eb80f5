"""Clients that meet: 32 on one case at once, and clients whose server is killed. Run: python -m bench.clients_drill

Each round 32 requests that have seen the same version of a ward's plan are sent to `thidua serve` (on PostgreSQL to
two of them in turn): one wins, 31 are told so, and no answer is a fault of the server. Then clients change plans with
an idempotency key each, and send the same request again until it is answered, while servers are killed with -9:
afterwards every change stands in the history once, and whoever asks once more gets the same bytes.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select

from api import sharing
from api.clock import wall_clock
from api.installation import BLOBS, found, installation, key_file, open_database
from api.passwords import hash_password
from api.settings import Settings
from bench.postgres import running
from demo.load import PASSWORD, launch_campaign, load_organisation
from engine.instants import LOCAL
from engine.runtime.accounts import find_person, open_login
from engine.runtime.database import Statement
from engine.runtime.history import verify
from engine.runtime.schema import history, instance
from tests.nodes import Node

DATABASES = SQLITE, POSTGRESQL = "sqlite", "postgresql"
CLIENTS, ROUNDS, KEYS, KILLS = 32, 1_000, 2_000, 100
QUICK_ROUNDS, QUICK_KEYS, QUICK_KILLS = 20, 60, 3
WARDS = ("phuong1", "phuong2", "phuong3")
LAUNCHED = datetime(2024, 7, 10, 8, tzinfo=LOCAL)
SECONDS = 60.0
REFUSALS = (409, 412)
_PLANS = Statement(select(instance.c.id).where(instance.c.process == "ward_plan").order_by(instance.c.id))
_CHANGES = Statement(select(history.c.instance_id, history.c.payload).where(history.c.action == "edit"))


@dataclass(frozen=True, slots=True)
class Answered:
    """What a client was told."""

    status: int
    etag: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Stage:
    """An installation that answers. plans: of `WARDS`, by their tokens."""

    settings: Settings
    nodes: Sequence[Node]
    plans: dict[str, int]

    def change(self, node: Node, ward: str, text: str, etag: str, key: str = "") -> Answered:
        """Write the text into the plan of the ward.

        Raises:
            OSError, HTTPException: the request was broken off.
        """
        keyed = {"Idempotency-Key": key} if key else {}
        sent = {"Content-Type": "application/merge-patch+json", "If-Match": etag, **keyed}
        return self._ask(node, "PATCH", ward, f'{{"organisation":"{text}"}}', sent)

    def look(self, node: Node, ward: str) -> Answered:
        """The plan of the ward as it is."""
        return self._ask(node, "GET", ward, None, {})

    def _ask(self, node: Node, method: str, ward: str, body: str | None, sent: dict[str, str]) -> Answered:
        with closing(HTTPConnection("127.0.0.1", node.port, timeout=SECONDS)) as line:
            path = f"/api/v1/ward-plans/{self.plans[ward]}"
            line.request(method, path, body, {**sent, "Authorization": f"Bearer {ward}"})
            answer = line.getresponse()
            return Answered(answer.status, answer.headers.get("ETag", ""), answer.read())


@contextmanager
def stage(folder: Path, address: str, nodes: int) -> Iterator[Stage]:
    """A launched campaign and that many servers on it. address: of an empty PostgreSQL database, or none: SQLite."""
    settings = Settings(data=folder / "data", database_url=address)
    with closing(found(settings)) as database, database.write() as tx:
        if address:
            sharing.begin(tx, settings.data / BLOBS, key_file(settings))
        load_organisation(tx, hash_password(PASSWORD), LAUNCHED)
    with installation(settings, clock=lambda: LAUNCHED, wall=wall_clock) as place:
        launch_campaign(place.engine)
    with closing(open_database(settings)) as database, database.write() as tx:
        for ward in WARDS:
            person = find_person(tx, ward)
            assert person is not None, "a demo account"
            open_login(tx, person["id"], ward, datetime.now(UTC), kind="token", lasts=timedelta(days=1))
        plans = dict(zip(WARDS, (row["id"] for row in tx.all(_PLANS)), strict=False))
    given = {
        "THIDUA_DATA": str(settings.data), "THIDUA_REQUESTS_PER_MINUTE": "10000000", "THIDUA_TICK_SECONDS": "1",
    }  # fmt: skip
    if address:
        given["THIDUA_DATABASE_URL"] = address
    with ExitStack() as stack:
        made = [Node("serve", given, folder / f"{n}.log") for n in range(nodes)]
        for node in made:
            stack.callback(node.kill)
            node.start()
        for node in made:
            node.await_ready()
        yield Stage(settings, made, plans)


# ── 32 on one case ───────────────────────────────────────────────────────────────────────────────
def rounds(place: Stage, many: int) -> list[str]:
    """So many rounds; what was not as it must be."""
    violations: list[str] = []
    ward, etag = WARDS[0], place.look(place.nodes[0], WARDS[0]).etag
    together = threading.Barrier(CLIENTS)

    def one(client: int, round_: int, seen: str) -> Answered:
        together.wait(SECONDS)
        return place.change(place.nodes[client % len(place.nodes)], ward, f"{round_}.{client}", seen)

    with ThreadPoolExecutor(CLIENTS) as clients:
        for round_ in range(many):
            asked = [clients.submit(one, client, round_, etag) for client in range(CLIENTS)]
            answers = [future.result() for future in asked]
            won = [answer for answer in answers if answer.status == 200]
            told = Counter(answer.status for answer in answers)
            if len(won) != 1 or any(status not in (200, *REFUSALS) for status in told):
                violations.append(f"round {round_}: {dict(told)}")
            etag = place.look(place.nodes[0], ward).etag
            if won and etag != won[0].etag:
                violations.append(f"round {round_}: the winner was told {won[0].etag}, it is {etag}")
    return violations


# ── the same key again, after the server was killed ──────────────────────────────────────────────
@dataclass
class Retrying:
    """Clients that change plans, and repeat what was not answered."""

    place: Stage
    sent: list[tuple[str, str, str, str, bytes]] = field(default_factory=list)  # ward, text, etag, key, body
    repeats: int = 0
    _door: threading.Lock = field(default_factory=threading.Lock)

    def work(self, ward: str, many: int) -> None:
        """Change the plan of the ward so often."""
        etag = self._patiently(lambda node: self.place.look(node, ward)).etag
        for turn in range(many):
            text, key, seen = f"{ward} {turn}", str(uuid4()), etag
            answer = self._patiently(lambda node: self.place.change(node, ward, text, seen, key))  # noqa: B023
            etag = answer.etag
            with self._door:
                self.sent.append((ward, text, seen, key, answer.body if answer.status == 200 else b""))

    def _patiently(self, ask: Callable[[Node], Answered]) -> Answered:
        """Ask until there is an answer that is none of a server about to end."""
        for turn in count():
            try:
                answer = ask(self.place.nodes[turn % len(self.place.nodes)])
            except (OSError, HTTPException):
                answer = None
            if answer is not None and answer.status != 503:
                return answer
            self.repeats += 1
            time.sleep(0.05)
        raise AssertionError("count() does not end")

    def kill(self, kills: int) -> None:
        """Kill a server and begin it again, so often, while the others work."""
        for _ in range(kills):
            time.sleep(random.uniform(0.05, 0.6))
            node = random.choice(self.place.nodes)
            node.kill()
            node.start()
            node.await_ready()


def retries(place: Stage, keys: int, kills: int) -> tuple[int, list[str]]:
    """Change plans so often while so many servers are killed; how often a client had to repeat, and what was not as
    it must be."""
    clients = Retrying(place)
    with ThreadPoolExecutor(len(WARDS)) as threads:
        working = [threads.submit(clients.work, ward, keys // len(WARDS)) for ward in WARDS]
        clients.kill(kills)
        for future in working:
            future.result()
    violations = []
    for ward, text, etag, key, body in clients.sent:
        again = place.change(place.nodes[0], ward, text, etag, key)
        if not body or (again.status, again.body) != (200, body):
            violations.append(f"«{text}»: {len(body)} bytes, then {again.status} with {len(again.body)}")
    with closing(open_database(place.settings)) as database, database.read() as tx:
        written = [row["payload"] for row in tx.all(_CHANGES)]
        for _, text, *_ in clients.sent:
            times = sum(f'"{text}"' in payload for payload in written)
            if times != 1:
                violations.append(f"«{text}» was written {times} times")
        violations += verify(tx)
    return clients.repeats, violations


# ── the command ──────────────────────────────────────────────────────────────────────────────────
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=DATABASES, default=POSTGRESQL)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        address = ""
        if given.database == POSTGRESQL:
            address = stack.enter_context(stack.enter_context(running(fsync=True)).database())
        place = stack.enter_context(stage(Path(name), address, 2 if address else 1))
        sys.exit(drill(place, quick=given.quick))


def drill(place: Stage, *, quick: bool) -> int:
    """Both drills, with a line each; the exit status: 1 when something was violated."""
    many, keys, kills = (QUICK_ROUNDS, QUICK_KEYS, QUICK_KILLS) if quick else (ROUNDS, KEYS, KILLS)
    begun = time.monotonic()
    met = rounds(place, many)
    print(f"{many} rounds of {CLIENTS} clients in {time.monotonic() - begun:.1f} s: {len(met)} violations", flush=True)
    begun = time.monotonic()
    repeats, wrong = retries(place, keys, kills)
    spent = time.monotonic() - begun
    print(f"{keys} keys, {kills} servers killed, {repeats} repeats in {spent:.1f} s: {len(wrong)} violations")
    for sentence in (*met, *wrong)[:20]:
        print(f"    {sentence}")
    return 1 if met or wrong else 0


if __name__ == "__main__":
    main()
