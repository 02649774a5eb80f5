"""One visit of a page: who looks, in which language, what they were just told; and how it is answered.

Every page takes a `Visit` (somebody is logged in) or a `Guest` (anybody). Reads go through `visit.look()`,
changes through `visit.change(…)`, answers through `visit.page(…)` and `visit.go(…)`.
"""

import base64
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Annotated, Any, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Match

from api.clients import client_address
from api.credentials import SESSION_COOKIE
from api.dependencies import answered, cookie_of, looking
from api.logins import Proof, confirm
from api.request_ids import request_id_of
from api.settings import Settings
from engine.definition.performing import Actor
from engine.errors import ConfirmationNeeded, InvalidInput, NotAuthenticated, Refused
from engine.runtime import accounts
from engine.runtime.database import Transaction
from engine.runtime.service import Asking, Engine
from engine.runtime.work import Work
from web import languages
from web.given import loaded, number
from web.shell import Frame, frame_of, render

T = TypeVar("T")

NOTE_COOKIE, LANGUAGE_COOKIE = "thidua_note", "thidua_language"
NOTE_SECONDS, LONGEST_NOTE = 60, 1500
MOST_FIELDS, MOST_FILES = 2000, 20
KEY_FIELD, VERSION_FIELD, PASSWORD_FIELD, PLACE_FIELD = "_key", "_version", "_password", "_place"
SECRET_FIELDS = (PASSWORD_FIELD, "_new", "_again", "_code", "_secret")
OWN_FIELDS = (KEY_FIELD, VERSION_FIELD, PLACE_FIELD, *SECRET_FIELDS)
"""What forms carry beside what people fill in: a random key, so that a double click is one change; the version of
the case they show; the password, where signing asks for it; their own address, under which drafts are kept. What
is secret is never kept."""


def local_path(wanted: str) -> str:
    """The address on this site that somebody wants to go on to; / for anything else."""
    is_local = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if is_local and len(wanted) < 2000 else "/"


def is_shown(request: Request, path: str) -> bool:
    """Whether a page can be looked at under that path."""
    asked = {**request.scope, "method": "GET", "path": path, "root_path": "", "raw_path": path.encode()}
    return any(route.matches(asked)[0] is Match.FULL for route in request.app.routes)


def version_of(form: FormData) -> int | None:
    """The version of the case that a form was filled in on."""
    return number(str(form.get(VERSION_FIELD, "")))


@dataclass(slots=True)
class Guest:
    """Anybody. `secret` is empty without a session cookie; it may open nothing any more."""

    request: Request
    engine: Engine
    settings: Settings
    secret: str
    language: str

    def tr(self, text: str, **values: object) -> str:
        """The text in the visitor's language, its {names} filled."""
        found = languages.translate(self.language, text)
        return found.format(**values) if values else found

    @property
    def address(self) -> str:
        """The network address that guesses count for."""
        return client_address(self.request.scope, self.settings.trusted_proxies)

    @property
    def here(self) -> str:
        """The address that shows this page again: with its filter; after a form was sent that of the form's page."""
        url = self.request.url
        if self.request.method in ("GET", "HEAD"):
            return f"{url.path}?{url.query}" if url.query else url.path
        form_page: str = getattr(self.request.state, "form_page", "")
        return form_page or (url.path if is_shown(self.request, url.path) else "/")

    def said(self, refused: Refused) -> str:
        """What was refused, in the visitor's language."""
        return self.tr(refused.sentence).format(**refused.params)

    async def form(self) -> FormData:
        """The form that was sent.

        Raises:
            InvalidInput: it has too many fields or cannot be read.
        """
        try:
            form = await self.request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS)
            "".join(f"{name}{value}" for name, value in form.multi_items() if isinstance(value, str)).encode()
        except Exception as wrong:
            if isinstance(wrong, UnicodeError) or getattr(wrong, "status_code", None) == 400:
                raise InvalidInput({"body": "Không đọc được biểu mẫu gửi lên."}) from wrong
            raise
        place = local_path(str(form.get(PLACE_FIELD, "")))
        if is_shown(self.request, place.partition("?")[0]):
            self.request.state.form_page = place if form.get(PLACE_FIELD) else ""
        return form

    @property
    def note(self) -> tuple[str, str]:
        """What the visitor is told about what they have just done: its kind (done, warn) and its text."""
        try:
            given = loaded(base64.urlsafe_b64decode(self.request.cookies.get(NOTE_COOKIE, "")))
        except ValueError:
            return "", ""
        is_note = isinstance(given, list) and len(given) == 2 and all(isinstance(part, str) for part in given)
        return (given[0], given[1]) if is_note else ("", "")

    def page(
        self, template: str, frame: Frame | None = None, *, status: int = 200, cached: str = "no-store", **context: Any
    ) -> HTMLResponse:
        """The template as an answer. frame: of `Visit.frame`; without one it is a page for guests."""
        frame = frame or Frame(self.language, self.request.url.path, self.here)
        body = render(self, template, frame, context)
        response = HTMLResponse(body, status, {"Cache-Control": cached, "Vary": "Cookie"})
        if NOTE_COOKIE in self.request.cookies:
            response.delete_cookie(NOTE_COOKIE)
        return response

    def go(self, address: str, note: str = "", kind: str = "done") -> RedirectResponse:
        """Send the browser on after a change, with a word on what has happened."""
        response = RedirectResponse(address, 303)
        if note:
            packed = base64.urlsafe_b64encode(json.dumps([kind, note[:LONGEST_NOTE]]).encode()).decode()
            secure = self.settings.secure_cookies
            response.set_cookie(NOTE_COOKIE, packed, max_age=NOTE_SECONDS, httponly=True, samesite="lax", secure=secure)
        return response


@dataclass(slots=True)
class Visit(Guest):
    """Somebody who has a session cookie. Whether it still opens anything, the first look or change says."""

    fresh: str = ""
    """The session's new secret, when it was renewed while this request was answered."""

    @contextmanager
    def look(self) -> Iterator[tuple[Work, Actor]]:
        """A consistent view of what this person may see; blocks: for `def` routes and `in_thread`.

        Raises:
            NotAuthenticated: the session has ended.
        """
        with looking(self.engine, self.secret) as seen:
            yield seen

    def frame(self, work: Work, actor: Actor) -> Frame:
        """What surrounds every page of this person."""
        return frame_of(self.language, self.request.url.path, self.here, work, actor)

    def is_confirmed(self, work: Work) -> bool:
        """Whether the session is good for signing now, without the password again."""
        login = accounts.login_of(work.tx, self.secret, self.engine.wall())
        try:
            accounts.check_scope(login, accounts.Scope.SIGN, self.engine.wall())
        except ConfirmationNeeded:
            return False
        return True

    async def asking(self, form: FormData) -> Asking:
        """Who asks for the change that a form stands for, on which version, and what makes a repeat the same.

        A password in the form confirms the session first: signing wants it. The session goes on
        under a new secret, which `web.doors` puts into the answer's cookie.

        Raises:
            WrongConfirmation, TooManyAttempts: as `api.logins.confirm`.
        """
        if password := str(form.get(PASSWORD_FIELD, "")):
            proving = partial(confirm, self.engine, self.secret, Proof(password), self.address)
            self.secret = self.fresh = await to_thread.run_sync(proving, limiter=self.request.app.state.hashing)
        key = str(form.get(KEY_FIELD, ""))
        return Asking(
            self.secret,
            key[:200] if key.isascii() and key.isprintable() and " " not in key else "",
            _fingerprint(self.request.url.path, form),
            version_of(form),
            request_id_of(self.request.scope),
        )

    async def write(self, change: Callable[[Transaction, int], T]) -> T:
        """A change of what is this person's own and no case's: `change(tx, person_id)`.

        Raises:
            NotAuthenticated: the session has ended.
        """

        def perform(tx: Transaction) -> T:
            login = accounts.use(tx, self.secret, accounts.Scope.ACT, self.engine.wall())
            return change(tx, login.person_id)

        future: Future[T] = self.engine.writer.submit(perform)
        return await answered(future)


def _fingerprint(path: str, form: FormData) -> str:
    """What makes two sendings of a form the same request; files count by their names and sizes."""
    parts = [path.encode()]
    for name, value in form.multi_items():
        if name not in SECRET_FIELDS:
            shown = value if isinstance(value, str) else f"{value.filename}/{value.size}"
            parts.append(f"{name}={shown}".encode())
    digest = sha256()
    for part in parts:
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()


def _language(request: Request) -> str:
    return languages.chosen(request.cookies.get(LANGUAGE_COOKIE, ""))


def guest_of(request: Request) -> Guest:
    """The visitor as anybody. Their session's secret is the newest: it may have been renewed by this request."""
    state = request.app.state
    visit: Visit | None = getattr(request.state, "visit", None)
    secret = visit.secret if visit is not None else cookie_of(request, SESSION_COOKIE)
    return Guest(request, state.engine, state.settings, secret, _language(request))


def frame_for(guest: Guest) -> Frame | None:
    """The frame of somebody who is logged in; None for anybody else. Blocks."""
    if not guest.secret:
        return None
    visit = Visit(guest.request, guest.engine, guest.settings, guest.secret, guest.language)
    try:
        with visit.look() as (work, actor):
            return visit.frame(work, actor)
    except NotAuthenticated:
        return None


async def _guest(request: Request) -> Guest:
    return guest_of(request)


async def _visit(request: Request) -> Visit:
    state = request.app.state
    secret = cookie_of(request, SESSION_COOKIE)
    if not secret:
        raise NotAuthenticated
    request.state.visit = Visit(request, state.engine, state.settings, secret, _language(request))
    visit: Visit = request.state.visit
    return visit


async def in_thread(blocking: Callable[[], T], limiter: CapacityLimiter | None = None) -> T:
    """Do what blocks (a look, rendering after a refusal) beside the loop; limiter: how many of its kind at once."""
    return await to_thread.run_sync(blocking, limiter=limiter)


Visiting = Annotated[Visit, Depends(_visit)]
Anybody = Annotated[Guest, Depends(_guest)]
