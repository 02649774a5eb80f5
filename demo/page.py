"""The demo's own pages: where the campaign stands, the mail, the accounts; and what its bar does."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Path, Query
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from api.clock import DemoClock
from api.credentials import SESSION_COOKIE, set_cookie
from api.installation import Installation
from api.logins import new_secret
from demo.bar import JINJA, OVERVIEW, Bar, back_to, held, sit_down, target
from demo.organisation import ACCOUNTS
from engine.errors import InvalidInput
from engine.instants import LOCAL
from engine.runtime import accounts
from engine.runtime.queries import count_by_state
from notifications.door import mailbox
from web.doors import page_router
from web.visits import Anybody, Guest

NEWEST, MOST_MAILS = 10, 40
MailKey = Annotated[int, Path(ge=1, lt=2**62)]


def demo_pages(place: Installation, clock: DemoClock) -> APIRouter:
    """GET /demo, /demo/mails and /demo/mails/{key}; POST /demo/clock and /demo/account lead back to where one was."""
    router, bar = page_router(), Bar(place, clock)

    @router.get(OVERVIEW)
    def front(guest: Anybody) -> HTMLResponse:
        return _front(place, guest, bar(guest))

    @router.post("/demo/clock")
    def move(
        guest: Anybody,
        to: Annotated[str, Form()] = "",
        step: Annotated[str, Form()] = "",
        tiep: Annotated[str, Form()] = OVERVIEW,
    ) -> Response:
        try:
            place.ticker.advance(clock, target(place, clock, to, step))
        except InvalidInput as wrong:
            return _front(place, guest, bar(guest, " ".join(wrong.fields.values()), to, tiep), status=422)
        return back_to(tiep)

    @router.post("/demo/account")
    def change(guest: Anybody, username: Annotated[str, Form()], tiep: Annotated[str, Form()] = "/") -> Response:
        secret = new_secret()
        place.engine.writer.call(partial(sit_down, guest, username, secret))
        response = back_to(tiep)
        set_cookie(response, SESSION_COOKIE, secret, accounts.LONGEST, secure=guest.settings.secure_cookies)
        return response

    _mail_pages(router, place, bar)
    return router


def _mail_pages(router: APIRouter, place: Installation, bar: Bar) -> None:
    @router.get("/demo/mails")
    def mails(guest: Anybody, before: Annotated[int | None, Query(ge=1, lt=2**62)] = None) -> HTMLResponse:
        with place.engine.database.read() as tx:
            found = mailbox(tx, before=before, most=MOST_MAILS)
        shown = [_readable(mail) for mail in found["items"]]
        return _page(guest, bar(guest), "mails.html.j2", mails=shown, older=found["next"])

    @router.get("/demo/mails/{key}")
    def mail(guest: Anybody, key: MailKey) -> HTMLResponse:
        with place.engine.database.read() as tx:
            found = mailbox(tx, before=key + 1, most=1)["items"]
        if not found or found[0]["id"] != str(key):
            raise HTTPException(404)
        return _page(guest, bar(guest), "mail.html.j2", mail=_readable(found[0]))


def _front(place: Installation, guest: Guest, bar: str, status: int = 200) -> HTMLResponse:
    with place.engine.database.read() as tx:
        mails = mailbox(tx, most=NEWEST)["items"]
        counts = count_by_state(tx)
    return _page(
        guest,
        bar,
        "front.html.j2",
        status,
        processes=_standing(place, counts),
        mails=[_readable(mail) for mail in mails],
        accounts=[(account.username, account.name, held(account)) for account in ACCOUNTS],
    )


def _page(guest: Guest, bar: str, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    text = JINJA.get_template(template).render(_=guest.tr, language=guest.language, bar=Markup(bar), **context)
    return HTMLResponse(text, status, {"Cache-Control": "no-store"})


def _standing(place: Installation, counts: dict[tuple[str, str], int]) -> list[dict[str, Any]]:
    """Each process with how many cases are in which state, in the definition's order."""
    return [
        {
            "title": model.title,
            "collection": model.collection,
            "states": [
                (s.status, counts[model.code, s.id]) for s in model.states.values() if (model.code, s.id) in counts
            ],
        }
        for model in place.engine.registry.models
    ]


def _readable(mail: dict[str, Any]) -> dict[str, Any]:
    return {**mail, "at": datetime.fromisoformat(mail["at"]).astimezone(LOCAL)}
