"""A district whose wards propose people: an engine with a vault, a person for each role, set clocks."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from engine.definition.performing import Actor
from engine.definition.registry import Registry
from engine.office.calendar import seed_days
from engine.runtime import accounts, commands
from engine.runtime.accounts import EVERY_SCOPE, Scope
from engine.runtime.beginning import NewCase
from engine.runtime.blobs import BlobStore
from engine.runtime.database import Row, Transaction
from engine.runtime.offices import add_membership, add_person, add_seat, add_unit, write_calendar, write_law
from engine.runtime.service import Answer, Asking, Engine
from engine.runtime.vault import Vault
from engine.runtime.work import Work
from tests.databases import everything, new_database, rows
from tests.privacy.process import ADMINISTRATOR, ALL, LAW, ROLES

SINCE = date(2020, 1, 1)
START = datetime(2024, 7, 10, 2, tzinfo=UTC)  # a Wednesday, 09:00 in Vietnam
UNITS = (("Q", "Quận"), ("PNV", "Phòng Nội vụ"), ("VP", "Văn phòng"), ("W1", "Phường 1"), ("W2", "Phường 2"))
SEATS = (("appraiser", "PNV"), ("appraisal_head", "PNV"), ("clerk", "VP"), ("admin", "Q"), ("auditor", "Q"))
PEOPLE = {
    "an": ("proposer", "W1"),
    "ha": ("proposer_head", "W1"),
    "nga": ("proposer", "W1"),
    "chi": ("proposer", "W2"),
    "lan": ("appraiser", "PNV"),
    "linh": ("appraiser", "PNV"),
    "truong": ("appraisal_head", "PNV"),
    "thu": ("clerk", "VP"),
    "quan": ("admin", "Q"),
    "tra": ("auditor", "Q"),
}
"""nga is the nominee of most tests: her staff code is CB-1."""
NUMBER, DAY = "031090001234", date(1990, 2, 28)
SUBJECT = {"name": "Vũ Thị Nga", "identifier": "CB-1", "birth_year": 1990}
REASON = "Đối chiếu với giấy tờ gốc"
REGISTRY = Registry(ALL, administrator=ADMINISTRATOR, roles=ROLES, law=LAW)
MODEL, MEMO = REGISTRY.by_code["nomination"], REGISTRY.by_code["memo"]


@dataclass
class PrivateOffice:
    """An engine whose clock stands where a test puts it. People ask with their own name as the secret."""

    engine: Engine
    clock: list[datetime]
    clients: list[TestClient] = field(default_factory=list)

    def start(self, who: str = "an", model: Any = MODEL, **dossier: Any) -> int:
        wish = NewCase(None, None, {"subject": SUBJECT} | dossier if model is MODEL else dossier)
        answer = self.engine.start(Asking(who), model, wish).result()
        return int(answer.location.rpartition("/")[2])

    def act(self, who: str, case: int, action: str) -> None:
        asking = Asking(who, expected=self.version(case))
        self.engine.act(asking, self.model(case), case, action, None).result()

    def change(self, who: str, case: int, change: Callable[[Work, Row, Actor], Any]) -> Any:
        """What a function of engine.privacy gives for a case, called as a route calls it."""
        return self.call(
            who, lambda work, actor: change(work, commands.load(work, self.model(case), case, actor), actor)
        )

    def call(self, who: str, change: Callable[[Work, Actor], Any]) -> Any:
        """What a function of engine.privacy gives across cases."""
        found: list[Any] = []

        def perform(work: Work, actor: Actor) -> Answer:
            found.append(change(work, actor))
            return Answer(200, "")

        self.engine.change(Asking(who), perform).result()
        return found[0]

    def closed(self, *, granted: bool = True, **dossier: Any) -> int:
        """A case that came to its end now."""
        case = self.start(**dossier)
        self.act("an", case, "submit")
        for who, action in (("lan", "appraise"), ("thu", "grant")) if granted else (("lan", "refuse"),):
            self.act(who, case, action)
        return case

    def model(self, case: int) -> Any:
        return REGISTRY.by_code[self.one("SELECT process FROM instance WHERE id = ?", case)]

    def version(self, case: int) -> int:
        return int(self.one("SELECT version FROM instance WHERE id = ?", case))

    def ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of any query."""
        return rows(self.engine.database, sql, *values)

    def one(self, sql: str, *values: Any) -> Any:
        """The only value of the only row."""
        ((value,),) = self.ask(sql, *values)
        return value

    def force(self, sql: str) -> None:
        """Change the tables past the engine."""
        self.engine.writer.call(lambda tx: tx.command(sql))

    def everything(self) -> bytes:
        """Every byte that the database keeps."""
        return everything(self.engine.database)

    def opens(self, who: str, secret: str, *, kind: str = "token", scopes: frozenset[Scope] = EVERY_SCOPE) -> str:
        """One more login of that person, at the start of the test."""

        def open_login(tx: Transaction) -> None:
            found = accounts.find_person(tx, who)
            assert found is not None
            accounts.open_login(tx, found["id"], secret, START, kind=kind, scopes=scopes)

        self.engine.writer.call(open_login)
        return secret

    def client(self, app: FastAPI, secret: str) -> TestClient:
        client = TestClient(app, headers={"Authorization": f"Bearer {secret}"}, raise_server_exceptions=False)
        self.clients.append(client)
        return client

    def close(self) -> None:
        for client in self.clients:
            client.close()
        self.engine.close()


@contextmanager
def open_private(folder: Path, vault: Vault | None = None) -> Iterator[PrivateOffice]:
    """The office on Wednesday, 10 July 2024, 09:00."""
    database, clock, salts = new_database(folder, "private", _fill), [START], itertools.count()
    engine = Engine(
        database, REGISTRY, BlobStore(folder / "blobs"), vault=vault or Vault.fresh(), clock=lambda: clock[0],
        wall=lambda: START, salt=lambda: next(salts).to_bytes(16),
    )  # fmt: skip
    office = PrivateOffice(engine, clock)
    try:
        yield office
    finally:
        office.close()


def _fill(tx: Transaction) -> None:
    units: dict[str, int] = {}
    for code, name in UNITS:
        units[code] = add_unit(
            tx, code, name, "unit", mail="", since=SINCE, parent_id=units.get("Q"), authority_id=units.get("Q")
        )
    for role, code in SEATS:
        add_seat(tx, units["Q"], role, units[code], since=SINCE)
    for username, (role, code) in PEOPLE.items():
        staff_code = "CB-1" if username == "nga" else None
        key = add_person(tx, username, username.title(), mail=f"{username}@example.vn", staff_code=staff_code)
        add_membership(tx, key, units[code], role, since=SINCE)
        accounts.open_login(tx, key, username, START, kind="token", lasts=timedelta(days=36_500))
    write_calendar(tx, seed_days(2024, 2026), 0)
    write_law(tx, LAW)


__all__ = ["DAY", "MEMO", "MODEL", "NUMBER", "REASON", "SUBJECT", "PrivateOffice", "open_private"]
