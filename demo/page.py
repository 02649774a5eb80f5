"""The demo's front page: where the campaign stands, the clock, the accounts, the mail.

It needs no log-in: everything in it is invented, and it is served to this machine only.
"""

from datetime import datetime, timedelta
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Path
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.clock import DemoClock
from api.installation import Installation
from demo.organisation import ACCOUNTS, UNITS
from engine.errors import InvalidInput
from engine.instants import LOCAL, local_date
from engine.runtime.queries import count_by_state
from notifications.door import mailbox
from workflows import roles

_JINJA = Environment(
    loader=FileSystemLoader(FilePath(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)
_UNIT_NAMES = {unit.code: unit.name for unit in UNITS}
_ROLE_LABELS = {role.code: role.label for role in roles.ALL}
LAST_YEAR = 2100
MOST_MAILS = 40


def demo_pages(place: Installation, clock: DemoClock) -> APIRouter:
    """GET / and /mails/{id}; POST /clock moves the clock and goes back to /."""
    router = APIRouter(include_in_schema=False)

    @router.get("/demo")
    def front() -> HTMLResponse:
        return HTMLResponse(_front(place, clock))

    @router.post("/demo/clock")
    def move(to: Annotated[str, Form()] = "", step: Annotated[str, Form()] = "") -> Any:
        try:
            place.ticker.advance(clock, _target(place, clock, to, step))
        except InvalidInput as wrong:
            return HTMLResponse(_front(place, clock, " ".join(wrong.fields.values()), to), status_code=422)
        return RedirectResponse("/demo", status_code=303)

    @router.get("/demo/mails/{key}")
    def mail(key: Annotated[int, Path(ge=1, lt=2**62)]) -> HTMLResponse:
        with place.engine.database.read() as tx:
            found = mailbox(tx, before=key + 1, most=1)["items"]
        if not found or found[0]["id"] != str(key):
            raise HTTPException(404)
        return HTMLResponse(_JINJA.get_template("mail.html.j2").render(mail=_readable(found[0])))

    return router


def _front(place: Installation, clock: DemoClock, wrong: str = "", typed: str = "") -> str:
    with place.engine.database.read() as tx:
        mails = mailbox(tx, most=MOST_MAILS)["items"]
        counts = count_by_state(tx)
    due = place.ticker.next_instant()
    return _JINJA.get_template("front.html.j2").render(
        now=clock().astimezone(LOCAL),
        next_due=due.astimezone(LOCAL) if due else None,
        wrong=wrong,
        typed=typed or f"{clock().astimezone(LOCAL):%Y-%m-%dT%H:%M}",
        processes=_standing(place, counts),
        mails=[_readable(mail) for mail in mails],
        accounts=[(a.username, a.name, _held(a.roles)) for a in ACCOUNTS],
    )


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


def _held(held: tuple[tuple[str, str], ...]) -> str:
    """Roles with their unit: "Chuyên viên Phòng Nội vụ (Phòng Nội vụ)"."""
    by_unit: dict[str, list[str]] = {}
    for role, unit in held:
        by_unit.setdefault(_UNIT_NAMES[unit], []).append(_ROLE_LABELS[role])
    return "; ".join(f"{unit}: {', '.join(labels)}" for unit, labels in by_unit.items())


def _readable(mail: dict[str, Any]) -> dict[str, Any]:
    return {**mail, "at": datetime.fromisoformat(mail["at"]).astimezone(LOCAL)}


def _target(place: Installation, clock: DemoClock, typed: str, step: str) -> datetime:
    """Where the form wants the clock to go, aware UTC.

    Raises:
        InvalidInput: it cannot be read, or lies too far ahead.
    """
    if step == "next":
        return place.ticker.next_instant() or clock()
    if step == "day":
        tomorrow = place.engine.office.calendar.next_working(local_date(clock()) + timedelta(days=1))
        return datetime(tomorrow.year, tomorrow.month, tomorrow.day, 9, tzinfo=LOCAL)
    try:
        target = datetime.fromisoformat(typed)
    except ValueError:
        raise InvalidInput({"now": "ngày giờ phải có dạng 2024-07-24T09:00"}) from None
    if target.year >= LAST_YEAR:
        raise InvalidInput({"now": f"phải trước năm {LAST_YEAR}"})
    return target if target.tzinfo else target.replace(tzinfo=LOCAL)
