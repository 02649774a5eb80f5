"""An installation for tests: two wards and a district, a person for each role, a clock that tests move."""

import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.passwords import hash_password
from api.settings import Settings
from engine.definition.registry import Registry
from engine.office.calendar import seed_days
from engine.runtime import accounts
from engine.runtime.blobs import BlobStore
from engine.runtime.database import Transaction
from engine.runtime.offices import add_membership, add_person, add_seat, add_unit, write_calendar, write_law
from engine.runtime.service import Engine
from engine.runtime.vault import Vault
from tests.api.process import ADMINISTRATOR, LAW, Campaign, Duty
from tests.databases import new_database
from tests.leave_request.process import LeaveRequest

SINCE = date(2020, 1, 1)
PASSWORD = "mật khẩu của mọi người"
PASSWORD_HASH = hash_password(PASSWORD)
PEOPLE = {
    "an": (("officer", "P1"),),
    "binh": (("head", "P1"),),
    "chi": (("officer", "P2"),),
    "dung": (("officer", "P1"), ("officer", "P2")),
    "lan": (("appraiser", "Q"),),
    "quantri": (("admin", "Q"),),
    "khach": (),
    "tat": (("officer", "P1"), ("head", "P1"), ("appraiser", "Q"), ("admin", "Q")),
}
START = datetime(2024, 7, 10, 2, tzinfo=UTC)  # a Wednesday, 09:00 in Vietnam
PDF = b"%PDF-1.4\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"
LEAVE = {"reason": "Về quê", "first_day": "2024-07-20", "days": 2}


@dataclass
class Clocks:
    """Business and wall clock; tests move them."""

    now: datetime = START
    wall: datetime = START

    def pass_time(self, by: timedelta) -> None:
        self.now += by
        self.wall += by


@dataclass
class Office:
    """An application over a fresh database."""

    engine: Engine
    app: FastAPI
    clocks: Clocks
    folder: Path
    clients: list[TestClient] = field(default_factory=list, repr=False)

    def client(self, username: str | None = None, **headers: str) -> TestClient:
        """A client of that person, by a token; of nobody without a name."""
        if username is not None:
            headers["Authorization"] = f"Bearer {self.token(username)}"
        client = TestClient(self.app, headers=headers, raise_server_exceptions=False)
        self.clients.append(client)
        return client

    def sitting(self, username: str) -> TestClient:
        """A client of that person, who has just logged in themself."""
        return self.client(Authorization=f"Bearer {self.token(username, 'session')}")

    def token(self, username: str, kind: str = "token") -> str:
        """A new token of that person; or a session."""
        secret = f"{kind}-{username}-{next(_COUNT)}"

        def open_token(tx: Transaction) -> int:
            person = accounts.find_person(tx, username)
            assert person is not None
            return accounts.open_login(tx, person["id"], secret, self.clocks.wall, kind=kind, name="t")

        self.engine.writer.call(open_token)
        return secret

    def close(self) -> None:
        for client in self.clients:
            client.close()
        self.engine.close()


_COUNT = itertools.count(1)
_SHARED: dict[str, FastAPI] = {}
REGISTRY = Registry([LeaveRequest, Campaign, Duty], administrator=ADMINISTRATOR, law=LAW)


def open_office(folder: Path, settings: Settings | None = None) -> Office:
    """Everything, in that folder; the application is shared where its settings are the usual ones."""
    clocks, salts = Clocks(), itertools.count()
    engine = Engine(
        new_database(folder, "office", _fill),
        REGISTRY,
        BlobStore(folder / "blobs"),
        clock=lambda: clocks.now,
        wall=lambda: clocks.wall,
        vault=Vault.fresh(),
        salt=lambda: next(salts).to_bytes(16),
    )
    if settings is not None:
        return Office(engine, create_app(engine, settings), clocks, folder)
    if "app" not in _SHARED:  # making fifty routes takes longer than most tests
        _SHARED["app"] = create_app(engine, Settings())
    _SHARED["app"].state.engine = engine
    return Office(engine, _SHARED["app"], clocks, folder)


def _fill(tx: Transaction) -> None:
    units: dict[str, int] = {}
    for code, name, kind in (("Q", "Quận", "district"), ("P1", "Phường 1", "ward"), ("P2", "Phường 2", "ward")):
        units[code] = add_unit(
            tx, code, name, kind, mail=f"{code}@example.vn", since=SINCE, parent_id=units.get("Q"),
            authority_id=units.get("Q"),
        )  # fmt: skip
    for role in ("appraiser", "admin"):
        add_seat(tx, units["Q"], role, units["Q"], since=SINCE)
    for username, roles in PEOPLE.items():
        _add(tx, username, roles, units)
    write_calendar(tx, seed_days(2024, 2026), 0)
    write_law(tx, LAW)


def _add(tx: Transaction, username: str, roles: tuple[tuple[str, str], ...], units: dict[str, int]) -> None:
    mail = f"{username}@example.vn"
    key = add_person(tx, username, username.title(), mail=mail, password_hash=PASSWORD_HASH)
    for role, code in roles:
        add_membership(tx, key, units[code], role, since=SINCE)


def start_leave(client: TestClient, **dossier: Any) -> dict[str, Any]:
    """A leave request of the client's person."""
    answer = client.post("/api/v1/leave-requests", json={"dossier": LEAVE | dossier})
    assert answer.status_code == 201, answer.text
    started: dict[str, Any] = json.loads(answer.text)
    return started


def version(number: int) -> dict[str, str]:
    return {"If-Match": f'"{number}"'}


def submit_leave(client: TestClient, key: str) -> None:
    answer = client.post(f"/api/v1/leave-requests/{key}/actions/submit", headers=version(1))
    assert answer.status_code == 200, answer.text


def launch_campaign(client: TestClient, due_on: str = "2024-07-31") -> list[str]:
    """A campaign of the client's person, launched; its key, and those of its duties by ward."""
    plan = {"title": "Thi đua", "due_on": due_on}
    key = client.post("/api/v1/campaigns", json={"dossier": plan}).json()["id"]
    launched = client.post(f"/api/v1/campaigns/{key}/actions/launch", headers=version(1))
    assert launched.status_code == 200, launched.text
    duties = client.get("/api/v1/duties", params={"parent": key}).json()["items"]
    return [key, *(duty["id"] for duty in sorted(duties, key=lambda duty: duty["unit"]["code"]))]


def attach(client: TestClient, duty: str, content: bytes, name: str = "Báo cáo.pdf") -> str:
    """Attach a report to a duty; the key of the attachment."""
    at = f"/api/v1/duties/{duty}"
    now = client.get(at).json()["version"]
    answer = client.post(
        f"{at}/attachments", data={"kind": "REPORT"}, files={"file": (name, content)}, headers=version(now)
    )
    assert answer.status_code == 200, answer.text
    newest: str = client.get(f"{at}/attachments").json()["items"][-1]["id"]
    return newest
