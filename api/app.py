"""The composition of the HTTP door: routes from the definitions, refusals as problems, limits in front."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, FastAPI
from starlette.types import Lifespan

from api import errors, limits
from api.dependencies import exact_query
from api.documentation import Bodies, DocumentedApi
from api.routes import (
    accounts,
    administration,
    campaigns,
    cases,
    definitions,
    disclosures,
    incidents,
    jobs,
    law,
    links,
    mails,
    register,
    retention,
    session,
    sign_on,
    subjects,
    tasks,
    tokens,
)
from api.settings import Settings
from api.shortcut import Shortcuts
from api.sign_on import Provider
from engine.runtime.service import Engine

PREFIX = "/api/v1"
HASHES_AT_ONCE = 2  # each takes a core for a twentieth of a second, and 19 MB
READERS_AT_ONCE = 7  # connections of the pool, less the writer's


class Companion(Protocol):
    """What runs beside the application, from its start to its end: a ticker."""

    def __call__(self) -> AbstractContextManager[object]: ...


def create_app(
    engine: Engine,
    settings: Settings,
    *,
    routers: Sequence[Callable[[Bodies], APIRouter]] = (),
    pages: Sequence[APIRouter] = (),
    lost: errors.Lost | None = None,
    companions: Sequence[Companion] = (),
    sends_mail: bool = True,
) -> FastAPI:
    """The application over an engine; it does not close the engine.

    routers: make further routes below /api/v1. pages: routes for people, at the root. lost: the page for an
    address that is none. companions: entered in
    this order when the application starts, left in reverse when it stops. sends_mail: whether letters can leave at
    all; without, nobody is invited by mail.
    """
    app = DocumentedApi(
        title="Thi đua, khen thưởng",
        version="1",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # both pages load their scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(companions),
    )
    app.state.engine, app.state.settings, app.state.sends_mail = engine, settings, sends_mail
    app.state.lost = lost
    app.state.hashing = CapacityLimiter(HASHES_AT_ONCE)
    app.state.rehearsing = CapacityLimiter(1)  # a rehearsal holds the writer
    app.bodies = Bodies()
    shortcuts = Shortcuts(PREFIX)
    app.router.routes.append(shortcuts)  # before the routes that it is the short way to
    for router in (*_routers(engine, app.bodies, shortcuts), *(make(app.bodies) for make in routers)):
        app.include_router(router, prefix=PREFIX, dependencies=[Depends(exact_query)])
    if settings.sign_on.issuer:  # without exact_query: providers send back more than they must
        callback = f"{settings.base_url}{PREFIX}{sign_on.CALLBACK}"
        app.include_router(sign_on.routes(Provider(settings.sign_on, callback, engine.wall)), prefix=PREFIX)
    for page in pages:
        app.include_router(page)
    errors.install(app)
    # The last one added is the outermost: every answer gets the headers, also a refusal of the others.
    app.add_middleware(limits.BodyLimits, settings=settings)
    app.add_middleware(limits.SameSiteOnly, settings=settings)
    app.add_middleware(errors.Faults)
    app.add_middleware(limits.SecurityHeaders, settings=settings)
    return app


def _routers(engine: Engine, bodies: Bodies, shortcuts: Shortcuts) -> list[APIRouter]:
    found = [
        session.routes(bodies),
        accounts.routes(bodies),
        links.routes(bodies),
        tokens.routes(bodies),
        definitions.router,
        tasks.router,
        incidents.router,
        mails.router,
        jobs.routes(bodies),
        law.routes(bodies),
        subjects.routes(bodies),
        disclosures.router,
        retention.routes(bodies),
        register.routes(),
        *administration.routes(bodies),
    ]
    campaign = engine.registry.by_code.get(campaigns.CAMPAIGN)
    if campaign is not None:
        found.append(campaigns.routes(campaign, bodies))
    return [*found, *(cases.routes(model, bodies, shortcuts) for model in engine.registry.models)]


def _lifespan(companions: Sequence[Companion]) -> Lifespan[FastAPI]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = READERS_AT_ONCE
        async with AsyncExitStack() as running:
            for companion in companions:
                running.enter_context(companion())
            yield

    return lifespan
