"""The desks of the office: what a person does over HTTP, each change followed by a minute's pause.

A person looks at the case first and acts on the version seen; every change has an idempotency key.
"""

import itertools
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.runtime.accounts import find_person, open_login
from engine.runtime.database import Transaction
from tests.year.stage import WALL, Stage

PDF = b"%PDF-1.4\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"
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

    def __init__(self, stage: Stage, username: str) -> None:
        self._stage, self.username = stage, username
        self.secret = secrets.token_hex(32)
        stage.engine.writer.call(self._sit_down)

    def _sit_down(self, tx: Transaction) -> None:
        row = find_person(tx, self.username)
        assert row is not None, f"{self.username} has no account"
        open_login(tx, row["id"], self.username, self.secret, WALL, kind="session")

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
    def start(
        self, collection: str, parent: Case | None = None, *, unit: str | None = None, **dossier: Any
    ) -> Case:
        """Begin a case."""
        body = {"parent": parent.id if parent else None, "unit": unit, "dossier": dossier}
        answer = self._send("POST", f"/{collection}", json=body)
        assert answer.status_code == 201, answer.text
        return Case(collection, answer.json()["id"])

    def act(self, case: Case, action: str, **form: Any) -> Any:
        """Take an action; the case after it."""
        return self._changed("POST", case, f"/actions/{action}", json=form or None)

    def edit(self, case: Case, **patch: Any) -> Any:
        """Change fields of the dossier; the case after it."""
        return self._changed("PATCH", case, "", json=patch)

    def attach(self, case: Case, *kinds: str) -> None:
        """Attach a small paper of each kind."""
        for kind in kinds:
            paper = {"file": (f"{kind.lower()}.pdf", PDF, "application/pdf")}
            self._changed("POST", case, "/attachments", data={"kind": kind}, files=paper)

    # ── refusals ─────────────────────────────────────────────────────────────────────────────
    def refused(self, case: Case, action: str, status: int, code: str, **form: Any) -> Any:
        """Try an action that must be refused that way; the problem."""
        answer = self._send("POST", f"{case.path}/actions/{action}", self._version(case), json=form or None)
        return self._problem(answer, status, code)

    def not_started(self, collection: str, parent: Case, status: int, code: str, **dossier: Any) -> Any:
        """Try to begin a case, which must be refused that way; the problem."""
        answer = self._send("POST", f"/{collection}", json={"parent": parent.id, "dossier": dossier})
        return self._problem(answer, status, code)

    # ── the requests ─────────────────────────────────────────────────────────────────────────
    def _changed(self, method: str, case: Case, below: str, **body: Any) -> Any:
        answer = self._send(method, f"{case.path}{below}", self._version(case), **body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _version(self, case: Case) -> dict[str, str]:
        return {"If-Match": f'"{self.look(case)["version"]}"'}

    def _send(self, method: str, path: str, more: Mapping[str, str] | None = None, **body: Any) -> Any:
        headers = self._headers() | dict(more or {}) | {"Idempotency-Key": f"k{next(_KEYS)}"}
        answer = self._stage.client.request(method, f"/api/v1{path}", headers=headers, **body)
        self._stage.minute()
        return answer

    @staticmethod
    def _problem(answer: Any, status: int, code: str) -> Any:
        problem = answer.json()
        assert (answer.status_code, problem.get("code")) == (status, code), answer.text
        return problem

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}
