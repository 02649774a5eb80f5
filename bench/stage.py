"""A stage for measuring: the model customer in a database of its own, with its campaign launched."""

import itertools
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import workflows
from bench.four_steps.process import FourSteps
from demo.load import launch_campaign, load_organisation
from engine.definition import Process
from engine.definition.registry import Registry
from engine.runtime.accounts import find_person, open_login
from engine.runtime.blobs import BlobStore
from engine.runtime.database import Database, Transaction
from engine.runtime.service import Engine
from engine.runtime.vault import Vault
from migrations.chain import upgrade
from workflows import law, roles

NOW = datetime(2024, 7, 10, 1, tzinfo=UTC)
PROCESSES: Sequence[type[Process]] = (*workflows.ALL, FourSteps)
REGISTRY = Registry(PROCESSES, administrator=roles.ADMINISTRATOR, roles=roles.ALL, law=law.ALL)


def build(folder: Path, where: Path | str | None = None) -> Engine:
    """An engine on the launched seed campaign; its clock stands at 10/7/2024 08:00 local.

    folder: for papers, and for the SQLite file unless `where` names an empty database.
    """
    database = Database(where or folder / "thidua.db")
    upgrade(database)
    with database.write() as tx:
        load_organisation(tx, "", NOW)
    engine = opened(folder, database)
    launch_campaign(engine)
    return engine


def opened(folder: Path, database: Database) -> Engine:
    """An engine on a database that was built before, its clock at the same instant."""
    salts = itertools.count()
    return Engine(
        database, REGISTRY, BlobStore(folder / "blobs"),
        clock=lambda: NOW, wall=lambda: datetime.now(UTC), vault=Vault.fresh(), salt=lambda: next(salts).to_bytes(16),
    )  # fmt: skip


def sit(engine: Engine, username: str) -> str:
    """Log an account in; returns the session's secret."""
    secret = secrets.token_hex(32)

    def enter(tx: Transaction) -> int:
        row = find_person(tx, username)
        assert row is not None, "a demo account"
        return open_login(tx, row["id"], secret, engine.wall(), kind="session", lasts=timedelta(days=1))

    engine.writer.call(enter)
    return secret
