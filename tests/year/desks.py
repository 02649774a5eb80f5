"""The desks of the office: what a person does over HTTP, each change followed by a minute's pause.

A person looks at the case first and acts on the version seen; every change has an idempotency key.
"""

import itertools
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from engine.instants import LOCAL, to_micros
from engine.runtime.accounts import find_person, open_login
from engine.runtime.database import Transaction
from tests.year.ledger import MODELS
from tests.year.recording import Command
from tests.year.stage import WALL, Stage

PDF_TYPE = "application/pdf"
PDF = b"%PDF-1.4\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"
PDF_SHA256 = sha256(PDF).hexdigest()
_KEYS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Case:
    """A case by its address."""

    collection: str
    id: str

    @property
    def path(self) -> str:
        return f"/{self.collection}/{self.id}"


class Desk:
    """One person's place of work."""

    def __init__(self, stage: Stage, username: str, secret: str = "") -> None:
        self._stage, self.username = stage, username
        self.secret = secret or secrets.token_hex(32)
        if not secret:
            stage.place.engine.writer.call(self._sit_down)

    def _sit_down(self, tx: Transaction) -> None:
        row = find_person(tx, self.username)
        assert row is not None, f"{self.username} has no account"
        open_login(tx, row["id"], self.secret, WALL, kind="session")

    def move_clock(self, to: datetime) -> None:
        """As the administrator: let time pass until then."""
        self._stage.recorder.before_time(to)
        answer = self._stage.client.post("/api/v1/demo/clock", json={"now": to.isoformat()}, headers=self._headers())
        assert answer.status_code == 200, answer.text

    def local_now(self) -> str:
        """The business instant as the API gives it, as local ISO text."""
        return datetime.fromisoformat(self.get("/me")["now"]).astimezone(LOCAL).isoformat()

    # ── looking ──────────────────────────────────────────────────────────────────────────────
    def get(self, path: str, **query: str) -> Any:
        """What the API answers there."""
        answer = self._stage.client.get(f"/api/v1{path}", params=query, headers=self._headers())
        assert answer.status_code == 200, answer.text
        return answer.json()

    def look(self, case: Case) -> Any:
        """The case as it stands."""
        return self.get(case.path)

    def tasks(self) -> list[Any]:
        """What waits for this person, the most urgent first."""
        found: list[Any] = self.get("/tasks", limit="100", **{"for": "me"})["items"]
        return found

    def list(self, collection: str, **filters: str) -> list[Any]:
        """The cases that this person sees."""
        found: list[Any] = self.get(f"/{collection}", limit="100", **filters)["items"]
        return found

    # ── changing ─────────────────────────────────────────────────────────────────────────────
    def start(self, collection: str, parent: Case | None = None, *, unit: str | None = None, **dossier: Any) -> Case:
        """Begin a case."""
        body = {"parent": parent.id if parent else None, "unit": unit, "dossier": dossier}
        with self._recorded("start", collection, None, body=dossier, unit=unit, parent=parent):
            answer = self._send("POST", f"/{collection}", json=body)
            assert answer.status_code == 201, answer.text
        self._stage.minute()
        return Case(collection, answer.json()["id"])

    def act(self, case: Case, action: str, **form: Any) -> Any:
        """Take an action; the case after it."""
        return self._change(case, "act", form or None, "POST", f"/actions/{action}", action=action, json=form or None)

    def edit(self, case: Case, **patch: Any) -> Any:
        """Change fields of the dossier; the case after it."""
        return self._change(case, "edit", patch, "PATCH", "", json=patch)

    def attach(self, case: Case, *kinds: str) -> None:
        """Attach a small paper of each kind."""
        for kind in kinds:
            name = f"{kind.lower()}.pdf"
            paper = {"kind": kind, "name": name, "media_type": PDF_TYPE, "size": len(PDF), "sha256": PDF_SHA256}
            sent: dict[str, Any] = {"data": {"kind": kind}, "files": {"file": (name, PDF, PDF_TYPE)}}
            self._change(case, "attach", paper, "POST", "/attachments", **sent)

    # ── refusals ─────────────────────────────────────────────────────────────────────────────
    def refused(self, case: Case, action: str, status: int, code: str, **form: Any) -> Any:
        """Try an action that must be refused that way; the problem."""
        version = self.look(case)["version"]
        return self._problem(
            self._send("POST", f"{case.path}/actions/{action}", version, json=form or None), status, code
        )

    def not_started(self, collection: str, parent: Case, status: int, code: str, **dossier: Any) -> Any:
        """Try to begin a case, which must be refused that way; the problem."""
        answer = self._send("POST", f"/{collection}", json={"parent": parent.id, "dossier": dossier})
        return self._problem(answer, status, code)

    # ── the requests ─────────────────────────────────────────────────────────────────────────
    def _change(
        self, case: Case, kind: str, body: Any, method: str, below: str, *, action: str = "", **sent: Any
    ) -> Any:
        """Change the case as it is seen now; `body` is what the engine will be asked."""
        version = self.look(case)["version"]
        with self._recorded(kind, case.collection, case, body=body, action=action, version=version):
            answer = self._send(method, f"{case.path}{below}", version, **sent)
            assert answer.status_code == 200, answer.text
        self._stage.minute()
        return answer.json()

    @contextmanager
    def _recorded(
        self, kind: str, collection: str, case: Case | None, *, body: Any, action: str = "", version: int | None = None,
        unit: str | None = None, parent: Case | None = None,
    ) -> Iterator[None]:  # fmt: skip
        process = next(model.code for model in MODELS.values() if model.collection == collection)
        command = Command(
            kind, to_micros(self._stage.clock()), self.secret, process, int(case.id) if case else 0, version, action,
            body, int(parent.id) if parent else None, unit,
        )  # fmt: skip
        self._stage.recorder.before(command)
        yield
        self._stage.recorder.after()

    def _send(self, method: str, path: str, version: int | None = None, **body: Any) -> Any:
        headers = self._headers() | {"Idempotency-Key": f"k{next(_KEYS)}"}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return self._stage.client.request(method, f"/api/v1{path}", headers=headers, **body)

    def _problem(self, answer: Any, status: int, code: str) -> Any:
        self._stage.minute()
        problem = answer.json()
        assert (answer.status_code, problem.get("code")) == (status, code), answer.text
        return problem

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}
