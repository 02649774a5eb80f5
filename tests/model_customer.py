"""The demo as an application in this process: its people, its clock, its counts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from api.clock import DemoClock
from api.installation import Installation
from api.settings import Settings
from demo.run import demo_app, open_demo
from engine.instants import LOCAL
from engine.runtime import accounts
from engine.runtime.database import Statement
from engine.runtime.queries import count_by_state


@dataclass
class Demo:
    place: Installation
    clock: DemoClock
    client: TestClient
    logged_in: set[str] = field(default_factory=set)

    @property
    def now(self) -> str:
        return f"{self.clock().astimezone(LOCAL):%Y-%m-%d %H:%M}"

    def log_in(self, username: str) -> str:
        """The secret of that account, its own name, without the slow hash."""

        def open_login(tx: Any) -> None:
            person = accounts.find_person(tx, username)
            assert person is not None
            accounts.open_login(tx, person["id"], username, self.place.engine.wall(), kind="session", name="test")

        if username not in self.logged_in:
            self.place.engine.writer.call(open_login)
            self.logged_in.add(username)
        return username

    def bearer(self, username: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.log_in(username)}"}

    def rows(self, query: Any) -> list[Any]:
        with self.place.engine.database.read() as tx:
            return [tuple(row) for row in tx.all(Statement(query))]

    def counts(self) -> dict[tuple[str, str], int]:
        with self.place.engine.database.read() as tx:
            return count_by_state(tx)


@contextmanager
def opened(folder: Path, start: datetime | None = None, *, story: bool = False) -> Iterator[Demo]:
    """The demo in that folder, as `open_demo` makes it or goes on with it."""
    with open_demo(Settings(data=folder), start, story=story) as (place, clock):
        yield Demo(place, clock, TestClient(demo_app(place, clock), follow_redirects=False))
