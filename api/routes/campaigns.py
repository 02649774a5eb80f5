"""What campaigns have beside what every process has: the coverage of their units' obligations."""

from fastapi import APIRouter
from starlette.responses import Response

from api import coverage
from api.dependencies import CaseId, EngineDep, Secret, looking
from api.routes.collection import READ, answer
from api.schemas import Coverage
from engine.definition.model import ProcessModel
from engine.runtime import commands

CAMPAIGN = "campaign"


def routes(model: ProcessModel) -> APIRouter:
    """The routes, below the collection of the process that campaigns are."""
    router = APIRouter(prefix=f"/{model.collection}", tags=[model.collection])

    @router.get(
        "/{id}/coverage",
        operation_id=f"{model.code}_coverage",
        summary="Độ phủ: đơn vị × trách nhiệm",
        response_model=Coverage,
        responses=READ,
    )
    def get_coverage(engine: EngineDep, secret: Secret, case_id: CaseId) -> Response:
        """Units × obligations below the campaign, as far as you may see them."""
        with looking(engine, secret) as (work, actor):
            commands.load(work, model, int(case_id), actor)
            return answer(coverage.coverage(work, actor, int(case_id)))

    return router
