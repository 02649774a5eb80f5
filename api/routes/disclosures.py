"""Who opened, copied out or searched personal data, across all cases, for those who oversee."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.dependencies import ID_PATTERN, EngineDep, Secret, looking
from api.errors import documented
from api.routes.collection import answer
from api.routes.subjects import Disclosure
from api.schemas import CaseBrief, Key, Page
from engine.errors import InvalidInput, NotAuthenticated, NotPerformer
from engine.privacy import disclosures


class LoggedDisclosure(Disclosure):
    """A disclosure with its case; null for a search, which belongs to none."""

    id: Key
    case: CaseBrief | None


router = APIRouter(tags=["subjects"])


@router.get(
    "/disclosures",
    operation_id="disclosures_list",
    summary="Ai đã xem, sao, tìm dữ liệu cá nhân, vì sao: mới nhất trước",
    response_model=Page[LoggedDisclosure],
    responses=documented(NotAuthenticated, NotPerformer, InvalidInput),
)
def list_all_disclosures(
    engine: EngineDep,
    secret: Secret,
    limit: Annotated[int, Query(ge=1, le=100, description="How many at most")] = 50,
    cursor: Annotated[str | None, Query(pattern=ID_PATTERN, description="`next` of the part before")] = None,
) -> Response:
    """For those who see all cases of an authority, of these cases; searches by number too."""
    with looking(engine, secret) as (work, actor):
        found = disclosures.overseen_page(work, actor, int(cursor) if cursor else None, limit + 1)
    return answer({"items": found[:limit], "next": found[limit - 1]["id"] if len(found) > limit else None})
