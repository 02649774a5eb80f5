"""The demo after its story, served as people meet it: over HTTP, to a real browser."""

import contextlib
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Response

from api.clock import DemoClock
from api.credentials import SESSION_COOKIE
from api.installation import Installation
from api.operating import Operations
from api.serving import Server
from api.settings import Settings
from demo.load import PASSWORD
from demo.run import demo_app, open_demo
from engine.instants import LOCAL
from engine.runtime import accounts
from engine.runtime.database import Statement, Transaction

WIDE, NARROW, SMALLEST = (1280, 900), (360, 740), (320, 640)
UNLIMITED = 100_000
INSTALL = "Chromium is missing: apt-get install chromium"


def find_chromium() -> str:
    """The browser that Debian packages; tests fail without it rather than pass unseen.

    Raises:
        RuntimeError: it is not installed.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise RuntimeError(INSTALL)
    return found


@dataclass
class House:
    """A served demo. `contexts`: the browsers of the people who came."""

    place: Installation
    clock: DemoClock
    address: str
    browser: Browser | None = None
    contexts: list[BrowserContext] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    password: str = PASSWORD

    def now(self) -> str:
        return f"{self.clock().astimezone(LOCAL):%Y-%m-%d %H:%M}"

    def at(self, moment: str) -> None:
        """Let time pass until that local time."""
        self.place.ticker.advance(self.clock, datetime.strptime(moment, "%Y-%m-%d %H:%M").replace(tzinfo=LOCAL))

    # ── people ───────────────────────────────────────────────────────────────────────────────
    def secret_of(self, username: str) -> str:
        """A new session of that person, without the slow hash."""
        secret = f"{username}-{time.monotonic_ns()}"

        def sit_down(tx: Transaction) -> None:
            person = accounts.find_person(tx, username)
            assert person is not None, username
            accounts.open_login(tx, person["id"], secret, self.place.engine.wall(), kind=accounts.SESSION_KIND)

        self.place.engine.writer.call(sit_down)
        return secret

    def end_sessions(self, username: str) -> None:
        """As if they had ended in the meantime."""

        def end(tx: Transaction) -> None:
            person = accounts.find_person(tx, username)
            assert person is not None, username
            accounts.revoke_all(tx, person["id"], self.place.engine.wall())

        self.place.engine.writer.call(end)

    def person(
        self, username: str = "", *, scripts: bool = True, size: tuple[int, int] = WIDE, theme: str = "light",
        touch: bool = False, language: str = "vi",
    ) -> Page:  # fmt: skip
        """A page of a new browser, where that person is logged in (nobody without a name)."""
        assert self.browser is not None, "opened with a browser"
        context = self.browser.new_context(
            base_url=self.address, java_script_enabled=scripts, locale="vi-VN", has_touch=touch, is_mobile=touch,
            viewport={"width": size[0], "height": size[1]}, timezone_id="Asia/Ho_Chi_Minh",
            color_scheme="dark" if theme == "dark" else "light",
        )  # fmt: skip
        context.set_default_timeout(6_000)
        self.contexts.append(context)
        self.sit(context, username)
        if language != "vi":
            context.add_cookies([{"name": "thidua_language", "value": language, "url": self.address}])
        page = context.new_page()
        page.on("pageerror", lambda fault: self.faults.append(f"{page.url}: {fault}"))
        page.on("response", self._note_failure)
        return page

    def _note_failure(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status} {response.request.method} {response.url}")

    def sit(self, context: BrowserContext, username: str) -> None:
        """Put that person before the browser."""
        if username:
            context.add_cookies([{"name": SESSION_COOKIE, "value": self.secret_of(username), "url": self.address}])

    # ── what is there ────────────────────────────────────────────────────────────────────────
    def one(self, query: Any) -> Any:
        """The only value of the first row of a query."""
        with self.place.engine.database.read() as tx:
            return next(iter(tx.all(Statement(query))[0]))

    def rows(self, query: Any) -> list[Any]:
        with self.place.engine.database.read() as tx:
            return [tuple(row) for row in tx.all(Statement(query))]


def make_story(folder: Path) -> Path:
    """A data folder with the demo after its story."""
    with open_demo(_settings(folder), story=True):
        pass
    return folder


def _settings(folder: Path, port: int = 8000) -> Settings:
    return Settings(
        data=folder, port=port, base_url=f"http://127.0.0.1:{port}", requests_per_minute=UNLIMITED, tick_seconds=0.5
    )


@contextmanager
def open_house(folder: Path, browser: Browser | None = None) -> Iterator[House]:
    """Serve the demo in that folder until the block ends."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listening:
        settings = _settings(folder, listening.getsockname()[1])
        with open_demo(settings) as (place, clock):
            operations = Operations(place.engine, settings, place.ticker)
            server = Server(demo_app(place, clock), settings, operations, 5)
            serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
            serving.start()
            while not server.started:
                assert serving.is_alive(), "the server has stopped"
                time.sleep(0.01)
            house = House(place, clock, settings.base_url, browser)
            try:
                yield house
            finally:
                for context in house.contexts:
                    context.close()
                server.should_exit = True
                serving.join()
