"""A server to be measured: what `thidua serve` answers with, on a database of the stage, and actions that do nothing.

Run by the bench as a process of its own: python -m bench.serving <folder> <database> <listening socket's number>
"""

import logging
import socket
import sys
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api.app import create_app
from api.bodies import body_of, no_body
from api.dependencies import Asked, CaseId, EngineDep, reply
from api.documentation import Bodies
from api.installation import letterhead
from api.operating import Operations
from api.serving import Server
from api.settings import Settings
from api.ticker import Ticker, at_work
from bench.stage import opened
from engine.runtime.database import Database
from engine.runtime.service import Answer, Engine
from notifications.door import Post, prove
from notifications.transport import Attempt, Outcome
from web.doors import lost
from web.site import site
from workflows.forms import Reason

GRACE_SECONDS = 30
UNLIMITED = 10_000_000  # requests a minute
NOTHING = Answer(200, f'{{"nothing":"{"." * 1_850}"}}', '"1"')
"""As long as the answer to an action."""


class Gone:
    """A mail server that takes everything at once."""

    def send(self, envelope_from: str, recipient: str, message: bytes) -> Attempt:
        return Attempt(Outcome.SENT, "250 taken")


def posted(engine: Engine) -> Post:
    """The mails of that engine, handed to `Gone`."""
    return Post(prove(engine.registry), letterhead(Settings()), Gone())


def idle(_bodies: Bodies) -> APIRouter:
    """Routes like those of two actions, one without a form and one with; they answer without having done anything."""
    router = APIRouter(prefix="/idle")

    @router.post("/{id}/actions/draft", dependencies=[Depends(no_body)])
    async def draft(engine: EngineDep, asked: Asked, case_id: CaseId) -> Response:
        return reply(NOTHING)

    @router.post("/{id}/actions/redraft")
    async def redraft(
        engine: EngineDep, asked: Asked, case_id: CaseId, form: Annotated[Reason, Depends(body_of(Reason))]
    ) -> Response:
        return reply(NOTHING)

    return router


def serve(folder: Path, where: Path | str, listening: socket.socket) -> None:
    """Answer until SIGTERM."""
    settings = Settings(data=folder, requests_per_minute=UNLIMITED)
    engine = opened(folder, Database(where))
    ticker = Ticker(engine, posted(engine))
    app = create_app(
        engine, settings, routers=[idle], companions=[lambda: at_work(ticker, settings.tick_seconds)],
        pages=site(engine.registry), lost=lost,
    )  # fmt: skip
    operations = Operations(engine, settings, ticker)
    Server(app, settings, operations, GRACE_SECONDS, leaving=lambda: None).run(sockets=[listening])
    engine.close()


def main() -> None:
    folder, database, number = sys.argv[1:]
    logging.disable(logging.WARNING)
    where = database if database.startswith("postgresql://") else Path(database)
    serve(Path(folder), where, socket.socket(fileno=int(number)))


if __name__ == "__main__":
    main()
