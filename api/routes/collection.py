"""What the routes of one process share: its path, its names in the OpenAPI document, its answer."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, create_model
from starlette.responses import Response

from api.dependencies import IDEMPOTENCY_KEY, IF_MATCH
from api.documentation import Bodies
from api.errors import documented
from api.schemas import Case
from api.shortcut import Shortcuts
from engine.definition.documents import canonical
from engine.definition.model import ProcessModel
from engine.errors import (
    ActionNotAvailable,
    ConfirmationNeeded,
    InvalidInput,
    KeyReused,
    NotAuthenticated,
    NotFound,
    NotPerformer,
    ScopeMissing,
    StaleVersion,
    Unavailable,
    VersionMissing,
)

READ = documented(NotAuthenticated, ScopeMissing, NotFound, InvalidInput)
CHANGE = (
    NotAuthenticated, ConfirmationNeeded, ScopeMissing, NotFound, NotPerformer, ActionNotAvailable, StaleVersion,
    VersionMissing, InvalidInput, KeyReused, Unavailable,
)  # fmt: skip
CHANGE_HEADERS = {"parameters": [IF_MATCH, IDEMPOTENCY_KEY]}
ETAG = {"ETag": {"description": "Version of the case", "schema": {"type": "string"}}}


@dataclass(frozen=True, slots=True)
class Collection:
    """One process as a collection of cases; `case` is the shape of its answer."""

    model: ProcessModel
    router: APIRouter
    bodies: Bodies
    case: type[BaseModel]
    shortcuts: Shortcuts

    @property
    def one(self) -> str:
        """The path of a case."""
        return f"/{self.model.collection}/{{id}}"

    @property
    def name(self) -> str:
        """The name of the process as the start of a type's name."""
        return type_name(self.model.code)

    def operation(self, verb: str) -> str:
        return f"{self.model.code}_{verb}"

    def answers(self, status: int = 200) -> dict[int | str, dict[str, Any]]:
        """The OpenAPI response that holds the case."""
        return {status: {"model": self.case, "description": self.model.title, "headers": ETAG}}


def collection(model: ProcessModel, bodies: Bodies, shortcuts: Shortcuts) -> Collection:
    """The collection of a process, still without routes."""
    case = create_model(f"{type_name(model.code)}Case", __base__=Case, dossier=(model.dossier, ...))
    return Collection(model, APIRouter(tags=[model.collection]), bodies, case, shortcuts)


def type_name(code: str) -> str:
    """award_proposal → AwardProposal."""
    return "".join(part.capitalize() for part in code.split("_"))


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """What the engine presents, as it is: one wording for reads and for stored answers."""
    return Response(canonical(value), status, headers, "application/json")
