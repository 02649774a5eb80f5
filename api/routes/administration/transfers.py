"""Cases of units that have ended: one route for every process."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from api.bodies import body_of
from api.dependencies import IDEMPOTENCY_KEY, Asked, CaseId, EngineDep, answered, change_headers, reply
from api.documentation import Bodies
from api.errors import documented
from api.routes.administration.changes import REFUSED
from api.schemas import Case
from engine.administration.desk import Desk, administer
from engine.administration.forms import Transfer
from engine.administration.succession import hand_over
from engine.definition.documents import canonical
from engine.errors import NotFound
from engine.runtime.present import brief
from engine.runtime.service import Answer


def routes(bodies: Bodies) -> APIRouter:
    """The route."""
    router = APIRouter(tags=["administration"])

    @router.post(
        "/{collection}/{id}/transfer",
        operation_id="cases_transfer",
        summary="Chuyển hồ sơ của đơn vị đã kết thúc cho đơn vị khác",
        response_model=Case,
        responses=documented(*REFUSED, NotFound),
        openapi_extra={**change_headers(IDEMPOTENCY_KEY), **bodies.body("TransferForm", Transfer)},
    )
    async def transfer(
        engine: EngineDep,
        asked: Asked,
        collection: Annotated[str, Path(pattern="^[a-z][a-z-]{0,39}$")],
        case_id: CaseId,
        filled: Annotated[Transfer, Depends(body_of(Transfer))],
    ) -> Response:
        """The state, the dossier and the due dates stay as they are."""

        def perform(desk: Desk) -> Answer:
            row = hand_over(desk, collection, int(case_id), filled)
            return Answer(200, canonical(brief(desk.work, row)), f'"{row["version"]}"')

        return reply(await answered(administer(engine, asked, perform)))

    return router
