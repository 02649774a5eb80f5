"""Two installations that should be the same one: the model customer on SQLite and on PostgreSQL.

Both get the same requests and the same ticks. Salts and ids of requests are counted, papers and keys are their own.
PostgreSQL draws a key also for what is then refused, and SQLite does not: after each step the sequences are put
behind the last key, so that the keys of both are equal too.
"""

import itertools
import json
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Table, select
from starlette.testclient import TestClient

from api import ticker as ticking
from api.app import create_app
from api.settings import Settings
from api.ticker import Ticker
from demo.load import load_organisation
from demo.organisation import ACCOUNTS
from engine.definition.registry import Registry
from engine.jobs.carrying_out import work_off
from engine.runtime import accounts
from engine.runtime.blobs import BlobStore
from engine.runtime.database import Database, Transaction
from engine.runtime.schema import metadata
from engine.runtime.service import Engine
from engine.runtime.vault import Vault
from notifications.door import Post, prove
from tests.databases import SQLITE, Home, at_home, new_database, rows
from tests.notifications.small_office import HEAD, Basket
from tests.rights.declared import REGISTRY

START = datetime(2024, 9, 4, 2, tzinfo=UTC)  # a day on which the forms of tests/rights fit
WALL = datetime(2024, 7, 10, tzinfo=UTC)  # sessions live on it; it stands still, so none ends
UNLIMITED = 1_000_000
LEFT_OUT = {
    "edition": "a trigger counts rows on SQLite and statements on PostgreSQL; only that it grows matters",
}
KEYLESS = frozenset({"access", "fact", "involvement", "timer"})
"""Tables whose keys are nobody's concern: on PostgreSQL a row that is there already, or goes again, uses a key up."""
UNORDERED = KEYLESS - {"timer"}
NUMBERED = [table for table in metadata.sorted_tables if table.name not in LEFT_OUT and "id" in table.c]
TABLES = [table for table in metadata.sorted_tables if table.name not in LEFT_OUT]
WORDS = prove(REGISTRY)


@dataclass(frozen=True, slots=True)
class Wish:
    """A request of somebody, or the instant to which time passes."""

    who: str = ""
    method: str = ""
    path: str = ""
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    version: int | None = None
    key: str = ""
    paper: tuple[str, str, bytes] | None = None  # kind, name, content
    until: datetime | None = None

    def __str__(self) -> str:
        if self.until is not None:
            return f"time passes until {self.until:%Y-%m-%d %H:%M:%S}"
        told = [self.who, self.method, self.path]
        for name, value in (("?", self.query), ("", self.body), ("v", self.version), ("key ", self.key)):
            if value not in (None, "", {}):
                told.append(f"{name}{value if isinstance(value, int) else shortened(json.dumps(value))}")
        return " ".join([*told, *([shortened(repr(self.paper[:2]))] if self.paper else [])])


def shortened(text: str, most: int = 300) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text)})"


Answer = tuple[Any, ...]
"""Status, body and headers of an answer; of time that passed, what was mailed."""


class Side:
    """One of the two."""

    def __init__(self, folder: Path, registry: Registry, vault: Vault) -> None:
        salts, self._steps = itertools.count(), itertools.count(1)
        self.clock, self.database = [START], new_database(folder, "side", _fill)
        self.engine = Engine(
            self.database, registry, BlobStore(folder / "papers"), vault=vault,
            clock=lambda: self.clock[0], wall=lambda: WALL, salt=lambda: next(salts).to_bytes(16),
        )  # fmt: skip
        self._basket = Basket()
        self._ticker = Ticker(self.engine, Post(WORDS, HEAD, self._basket))
        app = create_app(self.engine, Settings(requests_per_minute=UNLIMITED))
        self._client = TestClient(app, raise_server_exceptions=False)

    def do(self, wish: Wish) -> Answer:
        """What it answers."""
        step = next(self._steps)
        answer = self._pass_time(wish.until, step) if wish.until else self._ask(wish, step)
        if self.database.name != SQLITE:
            _close_gaps(self.database)
        return answer

    def _ask(self, wish: Wish, step: int) -> Answer:
        headers = {"Authorization": f"Bearer {wish.who}", "X-Request-ID": f"step-{step}"}
        if wish.version is not None:
            headers["If-Match"] = f'"{wish.version}"'
        if wish.key:
            headers["Idempotency-Key"] = wish.key
        sent: dict[str, Any] = {}
        if wish.paper:
            kind, name, content = wish.paper
            sent = {"data": {"kind": kind}, "files": {"file": (name, content)}}
        elif wish.body is not None:
            sent = {"content": json.dumps(wish.body).encode()}
            headers["Content-Type"] = "application/json"
        answer = self._client.request(wish.method, wish.path, params=wish.query, headers=headers, **sent)
        return answer.status_code, answer.content, *(answer.headers.get(name) for name in ("etag", "location"))

    def _pass_time(self, until: datetime, step: int) -> Answer:
        """Stop at whatever is due on the way, then there."""
        kept = len(self._basket.kept)
        with patch.object(ticking, "fresh_id", lambda kind: f"{kind}-{step}"):
            for _ in range(200):
                due = self._ticker.next_instant()
                if due is None or due > until:
                    break
                self.clock[0] = max(due, self.clock[0]) + timedelta(seconds=1)
                self._ticker.tick()
            self.clock[0] = max(until, self.clock[0])
            self._ticker.tick()
        work_off(self.engine)
        return self.clock[0], tuple(self._basket.kept[kept:])

    def table(self, table: Table) -> list[tuple[Any, ...]]:
        """Its rows by key. What is sealed cannot be compared: only whether there is something."""
        order = list(table.primary_key)
        with self.database.engine.connect() as connection:
            found = connection.execute(select(table).order_by(*order)).mappings().all()
        first = 1 if table.name in KEYLESS else 0
        shown = [tuple(_shown(name, value) for name, value in row.items())[first:] for row in found]
        return sorted(shown, key=repr) if table.name in UNORDERED else shown

    def one_of(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return rows(self.database, sql, *values)

    def close(self) -> None:
        self._client.close()
        self.engine.close()


def _shown(name: str, value: Any) -> Any:
    return bool(value) if name.startswith("sealed_") else value


@contextmanager
def two_sides(folder: Path, sqlite: Home, postgresql: Home, registry: Registry) -> Iterator[tuple[Side, Side]]:
    """The same installation on both, at its first morning."""
    vault = Vault.fresh()
    with ExitStack() as stack:
        sides = []
        for home in (sqlite, postgresql):
            own = folder / home.kind
            own.mkdir()
            stack.enter_context(at_home(home, own))
            sides.append(stack.enter_context(closing(Side(own, registry, vault))))
        yield sides[0], sides[1]


def _fill(tx: Transaction) -> None:
    load_organisation(tx, "", START)
    for account in ACCOUNTS:
        person = accounts.find_person(tx, account.username)
        assert person is not None, "just added"
        accounts.open_login(tx, person["id"], account.username, WALL, kind="session")


def _close_gaps(database: Database) -> None:
    behind = ", ".join(
        f"setval('{table.name}_id_seq', coalesce((SELECT max(id) FROM {table.name}), 0) + 1, false)"
        for table in NUMBERED
    )
    with database.engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT {behind}")
