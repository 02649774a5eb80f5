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

from anyio import to_thread
from fastapi import Depends, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse

from api.clients import client_address
from api.credentials import SESSION_COOKIE
from api.dependencies import answered, cookie_of, looking
from api.logins import Proof, confirm
from api.settings import Settings
from engine.definition.performing import Actor
from engine.errors import ConfirmationNeeded, InvalidInput, NotAuthenticated
from engine.runtime import accounts
from engine.runtime.database import Transaction
from engine.runtime.service import Asking, Engine
from engine.runtime.work import Work
from web import languages
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
    def is_partial(self) -> bool:
        """Whether the page's script asks, and not the browser itself."""
        return self.request.headers.get("hx-request") == "true"

    async def form(self) -> FormData:
        """The form that was sent.

        Raises:
            InvalidInput: it has too many fields or cannot be read.
        """
        try:
            return await self.request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS)
        except Exception as wrong:
            if getattr(wrong, "status_code", None) == 400:
                raise InvalidInput({"body": "Không đọc được biểu mẫu gửi lên."}) from wrong
            raise

    @property
    def note(self) -> tuple[str, str]:
        """What the visitor is told about what they have just done: its kind (done, warn) and its text."""
        try:
            given = json.loads(base64.urlsafe_b64decode(self.request.cookies.get(NOTE_COOKIE, "")))
            return (str(given[0]), str(given[1])) if len(given) == 2 else ("", "")
        except (ValueError, TypeError, KeyError):
            return "", ""

    def page(
        self, template: str, frame: Frame | None = None, *, status: int = 200, cached: str = "no-store", **context: Any
    ) -> HTMLResponse:
        """The template as an answer. frame: of `Visit.frame`; without one it is a page for guests."""
        frame = frame or Frame(self.language, self.request.url.path)
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
            response.set_cookie(NOTE_COOKIE, packed, max_age=NOTE_SECONDS, httponly=True, samesite="lax")
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
        return frame_of(self.language, self.request.url.path, work, actor)

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
        version, key = str(form.get(VERSION_FIELD, "")), str(form.get(KEY_FIELD, ""))
        return Asking(
            self.secret,
            key[:200] if key.isascii() and key.isprintable() and " " not in key else "",
            _fingerprint(self.request.url.path, form),
            int(version) if version.isascii() and version.isdigit() and len(version) < 15 else None,
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
    """The visitor as anybody."""
    state = request.app.state
    return Guest(request, state.engine, state.settings, cookie_of(request, SESSION_COOKIE), _language(request))


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


async def in_thread(blocking: Callable[[], T]) -> T:
    """Do what blocks (a look, rendering after a refusal) beside the loop."""
    return await to_thread.run_sync(blocking)


Visiting = Annotated[Visit, Depends(_visit)]
Anybody = Annotated[Guest, Depends(_guest)]
