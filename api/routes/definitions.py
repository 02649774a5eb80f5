"""The definitions: what the processes are, for clients that make forms and for people who ask why."""

from fastapi import APIRouter

from api import definitions
from api.dependencies import EngineDep, Secret, looking
from api.errors import documented
from api.schemas import Definition, DefinitionBrief, Page
from engine.errors import InvalidInput, NotAuthenticated, NotFound

router = APIRouter(prefix="/definitions", tags=["definitions"])
REFUSALS = documented(NotAuthenticated, NotFound, InvalidInput)


@router.get(
    "", operation_id="definitions_list", summary="The processes", responses=documented(NotAuthenticated, InvalidInput)
)
def list_definitions(engine: EngineDep, secret: Secret) -> Page[DefinitionBrief]:
    with looking(engine, secret):
        return Page(items=[definitions.brief(model) for model in engine.registry.models], next=None)


@router.get("/{code}", operation_id="definitions_get", summary="A process", responses=REFUSALS)
def get_definition(engine: EngineDep, secret: Secret, code: str) -> Definition:
    """States, actions, guards, rules with their citations, papers, and the schemas of dossier and forms."""
    with looking(engine, secret) as (work, _):
        model = engine.registry.by_code.get(code)
        if model is None:
            raise NotFound(what=f"quy trình «{code}»")
        return definitions.whole(model, work.office.law, work.today)
