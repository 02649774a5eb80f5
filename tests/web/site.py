"""The pages over the tests' office, and browsers without scripts that look at them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.credentials import SESSION_COOKIE
from api.settings import Settings
from tests.api.office import PASSWORD, REGISTRY, Office, open_office
from web.doors import lost
from web.site import site as all_pages

_SHARED: dict[str, FastAPI] = {}


@dataclass
class Site:
    """An office whose application has the pages."""

    office: Office
    password: str = PASSWORD

    def browser(self, username: str | None = None, *, follow_redirects: bool = True) -> TestClient:
        """A browser of that person, who has just logged in; of nobody without a name."""
        client = TestClient(self.office.app, follow_redirects=follow_redirects)
        if username is not None:
            client.cookies.set(SESSION_COOKIE, self.office.token(username, "session"))
        self.office.clients.append(client)
        return client


@contextmanager
def open_site(folder: Path) -> Iterator[Site]:
    """Everything, in that folder."""
    office = open_office(folder)
    if "app" not in _SHARED:
        _SHARED["app"] = create_app(office.engine, Settings(), pages=all_pages(REGISTRY), lost=lost)
    office.app = _SHARED["app"]
    office.app.state.engine = office.engine
    try:
        yield Site(office)
    finally:
        office.close()
