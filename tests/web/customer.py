"""The pages over the model customer, with the real processes: a folder that is loaded once and copied for each test."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from api.credentials import SESSION_COOKIE
from api.installation import Installation
from api.settings import Settings
from demo.run import demo_app, open_demo
from engine.jobs.carrying_out import work_off
from engine.runtime import accounts
from engine.runtime.database import Transaction

_KEPT = tempfile.TemporaryDirectory(prefix="thidua-tests-")


@dataclass
class Customer:
    """The demo, and browsers of its accounts."""

    place: Installation
    app: FastAPI
    clients: dict[str, TestClient] = field(default_factory=dict)

    def browser(self, username: str) -> TestClient:
        """A browser of that account, which has just logged in."""
        if username not in self.clients:
            secret = f"session of {username}"

            def sit(tx: Transaction) -> None:
                person = accounts.find_person(tx, username)
                assert person is not None, "an account of the demo"
                accounts.open_login(tx, person["id"], secret, self.place.engine.wall(), kind="session")

            self.place.engine.writer.call(sit)
            client = TestClient(self.app)
            client.cookies.set(SESSION_COOKIE, secret)
            self.clients[username] = client
        return self.clients[username]

    def work_off(self) -> None:
        """Carry out the long work that was ordered."""
        work_off(self.place.engine)

    def submission(self, username: str = "donvi1", **dossier: Any) -> str:
        """The path of a new tờ trình of that account's unit, in the rolling round."""
        client = self.browser(username)
        campaign = client.get("/api/v1/campaigns").json()["items"][0]["id"]
        wish = {"parent": campaign, "dossier": {"round": "rolling", **dossier}}
        answer = client.post("/api/v1/submissions", json=wish)
        assert answer.status_code == 201, answer.text
        return f"/submissions/{answer.json()['id']}"


@cache
def _loaded() -> Path:
    folder = Path(_KEPT.name) / "loaded"
    with open_demo(Settings(data=folder), story=True):
        pass
    return folder


@contextmanager
def open_customer() -> Iterator[Customer]:
    """The demo in a copy of its own."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(_loaded(), Path(folder) / "demo")
        with open_demo(Settings(data=Path(folder) / "demo")) as (place, clock):
            customer = Customer(place, demo_app(place, clock))
            try:
                yield customer
            finally:
                for client in customer.clients.values():
                    client.close()
