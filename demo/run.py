"""The demo put together: the model customer in a folder, on a clock that people move, with its mail in files."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, time

from fastapi import FastAPI

from api.app import create_app
from api.clock import DemoClock, store_clock, stored_clock, wall_clock
from api.installation import DATABASE, Installation, folder_transport, installation
from api.passwords import hash_password
from api.routes import demo as demo_routes
from api.settings import SenderSettings, Settings
from api.ticker import keep_ticking
from demo.campaign import STARTS_ON
from demo.load import PASSWORD, launch_campaign, load_organisation
from demo.organisation import MAIL_DOMAIN
from demo.page import demo_pages
from engine.instants import at_local
from engine.runtime.database import Database
from web.site import site

OPENING = time(8)


class NotADemo(Exception):
    """The folder has something else in it, which must not get a virtual clock and mail in files."""


@contextmanager
def open_demo(settings: Settings, start: datetime | None = None) -> Iterator[tuple[Installation, DemoClock]]:
    """The demo in `settings.data`: loaded and launched in an empty folder, gone on with in one that has it.

    start: where the clock of a new demo begins, aware; the morning of 10/7/2024 when None. It begins no
    earlier than that: the plan it carries out is of that day.

    Raises:
        NotADemo: the folder was made by `init`, or a demo's loading was broken off there.
        InUse: another process has it open.
    """
    begin = max(start or at_local(STARTS_ON, OPENING), at_local(STARTS_ON, OPENING))
    is_new = not (settings.data / DATABASE).exists()
    if not is_new and _last_instant(settings) is None:
        raise NotADemo(f"{settings.data} holds no demo (or one whose loading was broken off): choose another folder")
    clock = DemoClock(at_local(STARTS_ON, OPENING) if is_new else _last_instant(settings) or begin)
    settings = replace(
        settings, sender=SenderSettings(name="Phòng Nội vụ quận Dương Kinh", address=f"thidua@{MAIL_DOMAIN}")
    )
    mails = folder_transport(settings)
    with installation(settings, clock=clock, wall=wall_clock, transport=mails) as place:
        if is_new:
            _load(place, clock)
            place.ticker.advance(clock, begin)
        yield place, clock


def demo_app(place: Installation, clock: DemoClock) -> FastAPI:
    """The application of the demo: the API, its clock and mailbox, its front page, ticking."""
    return create_app(
        place.engine,
        place.settings,
        routers=[lambda bodies: demo_routes.routes(bodies, place.ticker, clock)],
        pages=[demo_pages(place, clock), *site(place.engine.registry)],
        companions=[lambda: _ticking(place)],
    )


def _load(place: Installation, clock: DemoClock) -> None:
    """All accounts share one password, so one slow hash is enough."""
    hashed = hash_password(PASSWORD)
    place.engine.writer.call(lambda tx: load_organisation(tx, hashed, clock()))
    place.engine.reload_office()
    launch_campaign(place.engine)
    place.engine.writer.call(lambda tx: store_clock(tx, clock()))


def is_demo(settings: Settings) -> bool:
    """Whether the folder holds a demo."""
    return (settings.data / DATABASE).exists() and _last_instant(settings) is not None


def _last_instant(settings: Settings) -> datetime | None:
    database = Database(settings.data / DATABASE)
    with database.read() as tx:
        found = stored_clock(tx)
    database.close()
    return found


@contextmanager
def _ticking(place: Installation) -> Iterator[None]:
    scheduler = keep_ticking(place.ticker.tick, place.settings.tick_seconds)
    try:
        yield
    finally:
        scheduler.shutdown(wait=True)
