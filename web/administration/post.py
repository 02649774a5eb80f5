"""The mail: how it presents the office, whether it leaves, what failed, and what the letters say."""

from functools import cache
from typing import Any

from fastapi import APIRouter

from api.installation import letterhead
from api.letters import send_test
from engine.administration import mail
from engine.administration.desk import Desk
from engine.administration.forms import MailSettings
from engine.definition.registry import Registry
from notifications.door import current_head, examples, failed_mails, traffic
from web.administration.rooms import Deed, Done, Look, Sent, add_page, by_desk
from web.doors import page_router
from web.visits import Visit

A_PAGE = 20


def post_routes() -> APIRouter:
    """GET and POST /quan-tri/thu."""
    router = page_router()
    add_page(
        router, "/thu", "mail", _mail,
        {
            "dat": Deed(by_desk(lambda desk, sent: mail.change(desk, sent.form)), _told_set, MailSettings),
            "thu": Deed(by_desk(_test), _told_test),
        },
    )  # fmt: skip
    return router


def _mail(look: Look) -> dict[str, Any]:
    desk, settings = look.desk, look.visit.settings
    desk.must_administer("Xem thông tin thư gửi đi")
    failed = failed_mails(look.work.tx, look.before, A_PAGE + 1) if desk.is_head else []
    head = current_head(look.work.tx, letterhead(settings))
    return {
        "title": look.visit.tr("Thư"),
        "set": mail.settings(look.work.tx),
        "installed": settings.sender,
        "sender": head.sender,
        "server": f"{settings.smtp.host}:{settings.smtp.port}" if settings.smtp.host else "",
        "sends_mail": look.visit.request.app.state.sends_mail,
        "traffic": traffic(look.work.tx),
        "failed": failed[:A_PAGE],
        "next": failed[A_PAGE - 1]["id"] if len(failed) > A_PAGE else None,
        "is_head": desk.is_head,
        "letters": _letters(look.work.registry),
    }


@cache
def _letters(registry: Registry) -> dict[str, list[dict[str, str]]]:
    """The sample letters by process: they follow from the definitions, which stay as long as the program runs."""
    found: dict[str, list[dict[str, str]]] = {}
    for one in examples(registry):
        found.setdefault(one["process"], []).append(one)
    return found


def _test(desk: Desk, sent: Sent) -> Done:
    return send_test(letterhead(sent.visit.settings), desk)


def _told_set(visit: Visit, done: Done) -> str:
    return visit.tr("Đã ghi; thư viết từ nay mang thông tin này.")


def _told_test(visit: Visit, done: Done) -> str:
    return visit.tr("Thư thử tới {address} đang chờ gửi; xem lại hộp thư sau ít phút.", address=done["address"])
