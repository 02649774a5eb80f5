"""The mail log and one mail of it; having what failed tried again."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.dependencies import answered
from engine.definition.documents import canonical
from engine.definition.performing import Actor
from engine.runtime.service import Answer
from engine.runtime.work import Work
from notifications.door import KINDS, STATES, find, headers_of, log, retry, retry_all
from web.doors import page_router
from web.mails.filters import KIND_WORDS, OUTCOME_WORDS, STATE_WORDS, Filter, filter_of
from web.visits import Visit, Visiting

PLACE = "/thu"
A_PAGE = 50
WORDS: dict[str, Any] = {"state_words": STATE_WORDS, "kind_words": KIND_WORDS, "outcome_words": OUTCOME_WORDS}

MailKey = Annotated[int, Path(ge=1, lt=2**63)]


def mail_log_routes() -> APIRouter:
    """GET /thu and /thu/{id}; POST /thu/{id}/gui-lai and /thu/gui-lai."""
    router = page_router()

    @router.get(PLACE)
    def listed(visit: Visiting) -> Response:
        return _listed(visit, filter_of(visit.request.query_params))

    @router.get(f"{PLACE}/{{mail_id:int}}")
    def one(visit: Visiting, mail_id: MailKey) -> Response:
        with visit.look() as (work, actor):
            mail = find(work, actor, mail_id)
            return visit.page(
                "mails/mail.html.j2", visit.frame(work, actor), mail=mail, headers=headers_of(work, mail_id), **WORDS
            )  # fmt: skip

    @router.post(f"{PLACE}/{{mail_id:int}}/gui-lai")
    async def again(visit: Visiting, mail_id: MailKey) -> Response:
        asking = await visit.asking(await visit.form())

        def perform(work: Work, actor: Actor) -> Answer:
            return Answer(200, canonical(retry(work, actor, mail_id)))

        mail = json.loads((await answered(visit.engine.change(asking, perform))).body)
        said = visit.tr("Thư cho {name} được đưa vào hàng gửi lại, đúng nội dung cũ.", name=mail["recipient"])
        return visit.go(f"{PLACE}/{mail_id}", said)

    @router.post(f"{PLACE}/gui-lai")
    async def all_again(visit: Visiting) -> Response:
        form = await visit.form()
        given = filter_of({name: value for name, value in form.items() if isinstance(value, str)})
        asking = await visit.asking(form)

        def perform(work: Work, actor: Actor) -> Answer:
            return Answer(200, canonical({"queued": retry_all(work, actor, given.wanted)}))

        queued = json.loads((await answered(visit.engine.change(asking, perform))).body)["queued"]
        if not queued:
            said = visit.tr("Không có thư lỗi nào trong bộ lọc này mà bạn gửi lại được.")
            return visit.go(PLACE + given.query(), said, "warn")
        return visit.go(
            PLACE + given.query(trang_thai="queued"), visit.tr("{n} thư được đưa vào hàng gửi lại.", n=queued)
        )

    return router


def _listed(visit: Visit, given: Filter) -> Response:
    with visit.look() as (work, actor):
        page = log(work, actor, given.wanted, A_PAGE)
        return visit.page(
            "mails/log.html.j2",
            visit.frame(work, actor),
            mails=page["items"],
            retriable=sum(mail["can_retry"] for mail in page["items"]),
            filter=given,
            onward=given.query(truoc=page["next"]) if page["next"] else "",
            states=STATES,
            kinds=KINDS,
            **WORDS,
        )
