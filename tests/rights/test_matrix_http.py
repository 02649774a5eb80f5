"""The matrix over HTTP: the same table, through routes, middleware and status codes.

Whoever does not see a case is asked for here only by looking at it; `python -m tests.rights.test_matrix_http`
asks for every cell.
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fastapi import FastAPI

from api.app import create_app
from api.settings import Settings
from engine.definition.language import ATTACH, EDIT
from engine.runtime.assignments import ASSIGN
from tests.rights.cells import EVERY, Cell, Outcome, Table, cells, some_cells, wanted
from tests.rights.forms import FORMS
from tests.rights.stage import Stage, open_stage
from tests.rights.table import SEE

REFUSED = {"not_performer", "own_case", "duty_separated", "task_assigned"}
UNMET = {"guard_unmet", "lines_refused", "invalid_input"}
JSON = "application/json"
PDF = "%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\nstartxref\n0\n%%EOF\n"


@pytest.fixture(scope="module")
def stage(module_folder: Path) -> Iterator[Stage]:
    with open_stage(module_folder) as stage:
        yield stage


class Client:
    """Asks the application directly, without a socket."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def ask(self, method: str, path: str, secret: str, body: bytes, media_type: str) -> tuple[int, str]:
        """Status and problem code ("" for a success)."""
        headers = [(b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode())]
        headers += [(b"if-match", b'"1"'), (b"host", b"test")]
        headers += [(b"authorization", f"Bearer {secret}".encode())] if secret else []
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
            "raw_path": path.encode(), "query_string": b"", "headers": headers, "scheme": "http",
            "server": ("test", 80), "client": ("127.0.0.1", 1), "root_path": "",
        }  # fmt: skip
        sent: list[dict[str, object]] = []
        asked = False

        async def receive() -> dict[str, object]:
            nonlocal asked
            if asked:
                await asyncio.Event().wait()
            asked = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: object) -> None:
            assert isinstance(message, dict)
            sent.append(message)

        await self._app(scope, receive, send)  # type: ignore[arg-type]
        status = sent[0]["status"]
        assert isinstance(status, int)
        content = b"".join(m["body"] for m in sent[1:] if isinstance(m.get("body"), bytes))
        return status, json.loads(content)["code"] if status >= 400 else ""


def request(cell: Cell) -> tuple[str, str, bytes, str]:
    """Method, path, body and media type of what the cell wants."""
    model, one = cell.place.model, f"/api/v1/{cell.place.model.collection}/{cell.place.key}"
    if cell.verb == SEE:
        return "GET", one, b"", JSON
    if cell.verb == EDIT:
        return "PATCH", one, b"{}", JSON
    if cell.verb == ASSIGN:
        return "POST", f"{one}/assignment", json.dumps({"person": wanted(cell)}).encode(), JSON
    if cell.verb == ATTACH:
        part = '--b\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n{}\r\n'
        kind = next(iter(model.papers))
        body = part.format("kind", "", kind) + part.format("file", '; filename="a.pdf"', PDF) + "--b--\r\n"
        return "POST", f"{one}/attachments", body.encode(), "multipart/form-data; boundary=b"
    form = model.actions[cell.verb].form
    body = json.dumps(FORMS[form.__name__]).encode() if form else b""
    return "POST", f"{one}/actions/{cell.verb}", body, JSON


def meant(status: int, code: str) -> Outcome | str:
    if status == 200 or (status in (409, 422) and code in UNMET):
        return Outcome.ALLOWED
    known = {
        (404, "not_found"): Outcome.HIDDEN,
        (409, "action_not_available"): Outcome.IMPOSSIBLE,
        **{(403, refused): Outcome.REFUSED for refused in REFUSED},
    }
    return known.get((status, code), f"{status} {code}")


def has_route(cell: Cell) -> bool:
    model = cell.place.model
    if cell.verb == EDIT:
        return any(state.edits for state in model.states.values())
    action = model.actions.get(cell.verb)
    return action is None or (action.at is None and not action.carried)


def asked_for(stage: Stage, table: Table, *, everything: bool = False) -> Iterator[Cell]:
    """Cells of what has a route: of what is possible in the state, all who see the case; of the rest, few."""
    for cell in cells(stage):
        model, state = cell.place.model, cell.place.state
        possible = cell.verb in (SEE, EDIT, ATTACH, ASSIGN) or (state, cell.verb) in model.table
        hidden = cell.verb != SEE and Outcome.HIDDEN in table.expected(cell)
        elsewhere = bool(cell.principal.duties) and all(process != model.code for process, _ in cell.principal.duties)
        again = cell.verb in (SEE, EDIT, ATTACH) and cell.place.assigned
        few = not (hidden or elsewhere or again) if possible else cell.principal.is_nominee
        if has_route(cell) and (everything or few):
            yield cell


def judged(stage: Stage, *, everything: bool = False) -> tuple[list[str], Counter[object]]:
    """What differs from the table, and how many cells had which outcome."""
    client, table = Client(create_app(stage.engine, Settings())), Table.of_people()

    async def ask_all() -> tuple[list[str], Counter[object]]:
        wrong, counted = list[str](), Counter[object]()
        asked = asked_for(stage, table, everything=everything)
        for cell in asked if everything else some_cells(stage, asked):
            found = meant(*await client.ask(*_with_secret(cell)))
            counted[found] += 1
            if found not in table.expected(cell):
                wrong.append(f"{cell}: {found}, the table says {' or '.join(sorted(table.expected(cell)))}")
        return wrong, counted

    return asyncio.run(ask_all())


def test_every_cell_is_as_the_table_says_over_http(stage: Stage) -> None:
    wrong, counted = judged(stage)

    assert wrong[:20] == [], f"{len(wrong)} of {sum(counted.values())} cells"
    assert set(counted) == set(Outcome)
    assert min(counted.values()) > 100 / EVERY[stage.engine.database.name], counted


def test_nobody_at_all_gets_nothing(stage: Stage) -> None:
    client = Client(create_app(stage.engine, Settings()))

    async def ask_all() -> set[tuple[int, str]]:
        first = {(cell.place.key, cell.verb): cell for cell in asked_for(stage, Table.of_people())}
        answers = set()
        for cell in first.values():
            method, path, body, media_type = request(cell)
            answers.add(await client.ask(method, path, "", body, media_type))
        return answers

    assert asyncio.run(ask_all()) == {(401, "not_authenticated")}


def _with_secret(cell: Cell) -> tuple[str, str, str, bytes, str]:
    method, path, body, media_type = request(cell)
    return method, path, cell.principal.username, body, media_type


if __name__ == "__main__":
    with TemporaryDirectory() as folder, open_stage(Path(folder)) as full:
        differing, counts = judged(full, everything=True)
    sys.stdout.write("\n".join([*differing, f"{sum(counts.values())} cells, {len(differing)} differ: {counts}", ""]))
    sys.exit(1 if differing else 0)
