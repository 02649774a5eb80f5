"""Where people within reach are logged in; ending that; wrong guesses at their accounts."""

from typing import Any

from fastapi import APIRouter

from engine.administration import logins
from engine.administration.desk import Desk
from engine.errors import NotFound
from web.administration.rooms import Deed, Done, Look, Sent, add_page, by_desk, is_key
from web.doors import page_router
from web.visits import Visit

MOST = 200


def login_list_routes() -> APIRouter:
    """GET and POST /quan-tri/phien."""
    router = page_router()
    add_page(
        router, "/phien", "logins", _list,
        {"ket-thuc": Deed(by_desk(_end), _told), "ket-thuc-het": Deed(by_desk(_end_all), _told)},
    )  # fmt: skip
    return router


def _list(look: Look) -> dict[str, Any]:
    desk, wall_now = look.desk, look.visit.engine.wall()
    found = logins.open_logins(desk, wall_now)
    return {
        "title": look.visit.tr("Phiên đăng nhập"),
        "count": len(found),
        "logins": found[:MOST],
        "guesses": logins.guesses(desk, wall_now),
    }


def _end(desk: Desk, sent: Sent) -> Done:
    person, _, session = sent.about.partition("/")
    if not (is_key(person) and is_key(session)):
        raise NotFound(what="phiên đăng nhập này")
    return logins.end_login(desk, int(person), int(session))


def _end_all(desk: Desk, sent: Sent) -> Done:
    return logins.end_logins(desk, sent.key("about"))


def _told(visit: Visit, done: Done) -> str:
    return visit.tr("Đã kết thúc {n} phiên của {name}.", n=done["ended"], name=done["name"])
