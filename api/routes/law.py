"""The law book: every legal number and rule with its citation, its dates and how sure it is."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from api.dependencies import EngineDep, Secret, looking
from api.errors import documented
from api.routes.collection import answer
from api.schemas import Page
from engine.errors import InvalidInput, NotAuthenticated
from engine.office.law import LegalRow


class LegalRowAnswer(BaseModel):
    """A dated row. `mark`: V read in its source, S seen once, U unverified, D the product's own."""

    kind: str
    key: str
    value: dict[str, Any]
    citation: str
    mark: str
    valid_from: date
    valid_to: date | None
    may_block: bool


router = APIRouter(prefix="/legal-rows", tags=["law"])


@router.get(
    "",
    operation_id="legal_rows_list",
    summary="Số liệu và quy tắc pháp lý: time_limit, rule, authority, vote_policy, movement",
    response_model=Page[LegalRowAnswer],
    responses=documented(NotAuthenticated, InvalidInput),
)
def list_legal_rows(
    engine: EngineDep,
    secret: Secret,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    on: Annotated[date | None, Query(description="Only rows in force on that date")] = None,
) -> Response:
    """All rows at once: there are a few dozen."""
    with looking(engine, secret) as (work, _):
        rows = [r for r in work.office.law.rows if kind in (None, r.kind) and (on is None or r.in_force(on))]
    return answer({"items": [_shown(row) for row in rows], "next": None})


def _shown(row: LegalRow) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "key": row.key,
        "value": dict(row.value),
        "citation": row.citation,
        "mark": row.mark,
        "valid_from": row.valid_from.isoformat(),
        "valid_to": row.valid_to.isoformat() if row.valid_to else None,
        "may_block": row.may_block,
    }
