"""The public register of commendations, for anybody and any program: no log-in, JSON and CSV."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.dependencies import EngineDep
from api.errors import documented
from api.memory import Memory
from api.paging import Limit
from api.published import CSV, JSON, MOST_IN_FILE, kept, register_csv
from api.schemas import Labelled, Named, Page
from engine.definition.documents import canonical
from engine.errors import InvalidInput, NotFound
from engine.runtime import register
from engine.runtime.register import Wanted


class DecisionShown(BaseModel):
    number: str
    signed_on: date


class AchievementShown(BaseModel):
    title: str
    summary: str = Field(description="At most 1500 characters")


class CommendationShown(BaseModel):
    """A commendation with a decision in force. name, achievement: null where a person or household has not agreed."""

    code: str
    name: str | None
    kind: Labelled
    award: Labelled
    unit: Named
    decision: DecisionShown
    campaign: str | None
    achievement: AchievementShown | None


Text = Annotated[str, Query(max_length=200, description="Words in name, decision number or unit; marks do not count")]
Year = Annotated[int | None, Query(ge=1900, le=2999, description="Year of the decision")]
Code = Annotated[str, Query(max_length=40)]
Cursor = Annotated[str | None, Query(pattern=register.PLACE_PATTERN, description="`next` of the part before")]


def routes() -> APIRouter:
    """The three routes."""
    router = APIRouter(prefix="/commendations", tags=["register"])
    _list(router)
    _file(router)
    _one(router)
    return router


def _list(router: APIRouter) -> None:
    @router.get(
        "",
        operation_id="commendations_list",
        summary="Sổ khen thưởng công khai, quyết định mới nhất trước",
        response_model=Page[CommendationShown],
        responses=documented(InvalidInput),
    )
    def list_commendations(
        request: Request, engine: EngineDep, text: Text = "", year: Year = None, award: Code = "", kind: Code = "",
        unit: Code = "", limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response:  # fmt: skip
        """Open to everybody; may be kept for five minutes."""
        after = register.place_of(cursor) if cursor else None
        with engine.database.read() as tx:
            found = register.lines(engine.work(tx), Wanted(text, year, award, kind, unit), limit + 1, after)
        following = str(found[limit - 1].place) if len(found) > limit else None
        items = [register.line_json(line) for line in found[:limit]]
        return kept(request, canonical({"items": items, "next": following}).encode(), JSON)


def _file(router: APIRouter) -> None:
    memory: Memory[bytes] = Memory()

    @router.get(
        ".csv",
        operation_id="commendations_csv",
        summary="Sổ khen thưởng công khai dạng CSV",
        response_class=Response,
        responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **documented(InvalidInput)},
    )
    def file(
        request: Request, engine: EngineDep, text: Text = "", year: Year = None, award: Code = "", kind: Code = "",
        unit: Code = "",
    ) -> Response:  # fmt: skip
        """UTF-8 with a byte order mark, as spreadsheets like it; what looks like a formula is text."""
        wanted = Wanted(text, year, award, kind, unit)
        body = memory.recall(engine, wanted, lambda work: register_csv(register.lines(work, wanted, MOST_IN_FILE)))
        return kept(request, body, CSV)


def _one(router: APIRouter) -> None:
    @router.get(
        "/{code}",
        operation_id="commendations_read",
        summary="Một quyết định khen thưởng trong sổ công khai",
        response_model=CommendationShown,
        responses=documented(NotFound, InvalidInput),
    )
    def one(request: Request, engine: EngineDep, code: Annotated[str, Path(max_length=40)]) -> Response:
        """By the code of the case, as it stands in mails."""
        with engine.database.read() as tx:
            found = register.line(engine.work(tx), code)
        if found is None:
            raise NotFound(what=f"mã {code} trong sổ khen thưởng")
        return kept(request, canonical(register.line_json(found)).encode(), JSON)
