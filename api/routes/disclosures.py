"""Who opened, copied out or searched personal data, across all cases, for those who oversee."""

from fastapi import APIRouter
from starlette.responses import Response

from api.dependencies import EngineDep, Secret, looking
from api.errors import documented
from api.paging import Cursor, Limit, before, part
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
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """For those who see all cases of an authority, of these cases; searches by number too."""
    with looking(engine, secret) as (work, actor):
        found = disclosures.overseen_page(work, actor, before(cursor), limit + 1)
    return answer(part(found, limit))
