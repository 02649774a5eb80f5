"""A stage for measuring: the model customer in a folder of its own, with its campaign launched."""

import itertools
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import workflows
from demo.load import launch_campaign, load_organisation
from engine.definition.registry import Registry
from engine.runtime.accounts import find_person, open_login
from engine.runtime.blobs import BlobStore
from engine.runtime.database import Database, Transaction
from engine.runtime.service import Engine
from engine.runtime.vault import Vault
from workflows import law, roles

NOW = datetime(2024, 7, 10, 1, tzinfo=UTC)


def build(folder: Path) -> Engine:
    """An engine on the launched seed campaign; its clock stands at 10/7/2024 08:00 local."""
    database = Database(folder / "thidua.db")
    database.create_tables()
    with database.write() as tx:
        load_organisation(tx, "", NOW)
    salts = itertools.count()
    registry = Registry(workflows.ALL, administrator=roles.ADMINISTRATOR, roles=roles.ALL, law=law.ALL)
    engine = Engine(
        database, registry, BlobStore(folder / "blobs"),
        clock=lambda: NOW, wall=lambda: datetime.now(UTC), vault=Vault.fresh(), salt=lambda: f"{next(salts):032x}",
    )  # fmt: skip
    launch_campaign(engine)
    return engine


def sit(engine: Engine, username: str) -> str:
    """Log an account in; returns the session's secret."""
    secret = secrets.token_hex(32)

    def enter(tx: Transaction) -> int:
        row = find_person(tx, username)
        assert row is not None, "a demo account"
        return open_login(tx, row["id"], secret, engine.wall(), kind="session", lasts=timedelta(days=1))

    engine.writer.call(enter)
    return secret
