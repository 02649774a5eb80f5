"""The composition: what runs beside the application, further routes, every process of the office."""

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter
from starlette.testclient import TestClient
from starlette.types import Message

import workflows
from api.app import create_app
from api.documentation import Bodies
from api.errors import Faults
from api.settings import Settings
from engine.definition.registry import Registry
from engine.runtime.blobs import BlobStore
from engine.runtime.database import Database
from engine.runtime.service import Engine
from engine.runtime.vault import Vault
from migrations.chain import upgrade
from tests.api.office import Office, open_office
from workflows import law, roles


def test_companions_run_from_start_to_stop_and_leave_in_reverse(office: Office) -> None:
    told: list[str] = []

    @contextmanager
    def companion(name: str) -> Iterator[None]:
        told.append(f"{name} on")
        yield
        told.append(f"{name} off")

    app = create_app(office.engine, Settings(), companions=(lambda: companion("one"), lambda: companion("two")))
    with TestClient(app) as client:
        assert client.get("/api/v1/me").status_code == 401
        told.append("served")

    assert told == ["one on", "two on", "served", "two off", "one off"]


def test_further_routes_keep_to_the_same_rules(office: Office) -> None:
    def more(bodies: Bodies) -> APIRouter:
        router = APIRouter()

        @router.get("/more")
        def get_more() -> dict[str, bool]:
            return {"more": True}

        return router

    client = TestClient(create_app(office.engine, Settings(), routers=(more,)))

    assert client.get("/api/v1/more").json() == {"more": True}
    assert client.get("/api/v1/more?x=1").status_code == 422


def test_two_applications_share_nothing(office: Office, folder: Path) -> None:
    (folder / "other").mkdir()
    other = open_office(folder / "other", Settings(body_limit_bytes=10))

    here = office.client("an").post("/api/v1/leave-requests", json={"dossier": {}})
    there = other.client("an").post("/api/v1/leave-requests", json={"dossier": {}})
    other.close()

    assert (here.status_code, there.status_code) == (201, 413)


@pytest.fixture
def whole_office(folder: Path, office: Office) -> Iterator[dict[str, Any]]:
    """The OpenAPI document of the office's own processes."""
    registry = Registry(workflows.ALL, administrator=roles.ADMINISTRATOR, roles=roles.ALL, law=law.ALL)
    database = Database(folder / "whole.db")
    upgrade(database)
    clocks = office.clocks
    engine = Engine(
        database,
        registry,
        BlobStore(folder / "papers"),
        clock=lambda: clocks.now,
        wall=lambda: clocks.wall,
        vault=Vault.fresh(),
        salt=lambda: b"",
    )
    yield create_app(engine, Settings()).openapi()
    engine.close()


def test_every_process_of_the_office_is_documented_without_loose_ends(whole_office: dict[str, Any]) -> None:
    text = json.dumps(whole_office)
    schemas = set(whole_office["components"]["schemas"])
    operations = [operation["operationId"] for path in whole_office["paths"].values() for operation in path.values()]

    assert set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', text)) <= schemas
    assert "#/$defs" not in text
    assert len(operations) == len(set(operations))
    assert {f"{process.model_card.code}_start" for process in workflows.ALL} <= set(operations)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in schemas)


def test_a_fault_after_the_answer_began_is_not_answered_twice() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        asyncio.run(Faults(broken)({"type": "http", "path": "/", "headers": []}, None, send))  # type: ignore[arg-type]

    assert [message["type"] for message in sent] == ["http.response.start"]


@pytest.mark.parametrize(
    ("fault", "status"), [(OSError(28, "No space left on device"), 503), (OSError(2, "No such file"), 500)]
)
def test_a_full_disk_is_no_fault_of_the_program(fault: OSError, status: int) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise fault

    asyncio.run(Faults(broken)({"type": "http", "path": "/", "headers": []}, None, send))  # type: ignore[arg-type]

    assert sent[0]["status"] == status
