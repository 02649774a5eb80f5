"""The demo put together: the model customer in a folder, on a clock that people move, with its mail in files."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, time

from fastapi import FastAPI

from api.app import create_app
from api.clock import DemoClock, store_clock, stored_clock, wall_clock
from api.installation import DATABASE, Installation, folder_transport, found, installation, open_database
from api.passwords import hash_password
from api.routes import demo as demo_routes
from api.settings import SenderSettings, Settings
from api.ticker import at_work
from demo.bar import Bar
from demo.campaign import STARTS_ON
from demo.load import PASSWORD, launch_campaign, load_organisation
from demo.organisation import MAIL_DOMAIN
from demo.page import demo_pages
from demo.story import UNREACHABLE, play
from engine.instants import at_local
from engine.runtime.database import Transaction
from migrations.chain import must_be_current
from notifications.transport import Attempt, Outcome, Transport
from web.doors import lost
from web.site import site

OPENING = time(8)


class NotADemo(Exception):
    """The folder has something else in it, which must not get a virtual clock and mail in files."""


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """Mail in files; for a mailbox in `closed` it answers as a server does that does not know it."""

    kept: Transport
    closed: set[str] = field(default_factory=set)

    def send(self, envelope_from: str, recipient: str, message: bytes) -> Attempt:
        if recipient in self.closed:
            return Attempt(Outcome.PERMANENT, "550 5.1.1 mailbox unavailable")
        return self.kept.send(envelope_from, recipient, message)


@contextmanager
def open_demo(
    settings: Settings, start: datetime | None = None, *, story: bool = False
) -> Iterator[tuple[Installation, DemoClock]]:
    """The demo in `settings.data`: loaded and launched in an empty folder, gone on with in one that has it. It is
    always on SQLite.

    start: where the clock of a new demo begins, aware; the morning of 10/7/2024 when None. It begins no
    earlier than that: the plan it carries out is of that day. story: whether a new demo first plays what
    people did in the four weeks after that morning.

    Raises:
        NotADemo: the folder was made by `init`, or a demo's loading was broken off there.
        InUse: another process has it open.
        OutOfStep: it was made by another release.
    """
    settings = replace(
        settings,
        database_url="",
        sender=SenderSettings(name="Phòng Nội vụ quận Dương Kinh", address=f"thidua@{MAIL_DOMAIN}"),
    )
    first = at_local(STARTS_ON, OPENING)
    begin = max(start or first, first)
    is_new = not (settings.data / DATABASE).exists()
    with closing(found(settings) if is_new else open_database(settings)) as database:
        must_be_current(database)
        with database.read() as tx:
            stood_at = stored_clock(tx)
    if not is_new and stood_at is None:
        raise NotADemo(f"{settings.data} holds no demo (or one whose loading was broken off): choose another folder")
    clock = DemoClock(stood_at or first)
    mails = Mailboxes(folder_transport(settings))
    with installation(settings, clock=clock, wall=wall_clock, transport=mails) as place:
        if is_new:
            campaign_id = _load(place, clock)
            if story:
                mails.closed.add(f"{UNREACHABLE}@{MAIL_DOMAIN}")
                play(place, clock, campaign_id)
                mails.closed.clear()
            place.ticker.advance(clock, max(begin, clock()))
        yield place, clock


def demo_app(place: Installation, clock: DemoClock) -> FastAPI:
    """The application of the demo: the API and all pages under its bar, its clock and mailbox, ticking."""
    app = create_app(
        place.engine,
        place.settings,
        routers=[lambda bodies: demo_routes.routes(bodies, place.ticker, clock)],
        pages=[demo_pages(place, clock), *site(place.engine.registry)],
        lost=lost,
        companions=[lambda: at_work(place.ticker, place.settings.tick_seconds)],
    )
    app.state.bar = Bar(place, clock)
    return app


def _load(place: Installation, clock: DemoClock) -> int:
    """The campaign's key. All accounts share one password, so one slow hash is enough."""
    hashed = hash_password(PASSWORD)
    place.engine.writer.call(lambda tx: load_organisation(tx, hashed, clock()))
    campaign_id = launch_campaign(place.engine)
    place.engine.writer.call(lambda tx: store_clock(tx, clock()))
    return campaign_id


def is_demo(tx: Transaction) -> bool:
    """Whether it is the database of a demo."""
    return stored_clock(tx) is not None
