"""Settings that administrators change while the system runs."""

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from api.dependencies import EngineDep, Secret, looking
from api.documentation import Bodies
from api.errors import documented
from api.routes.administration.changes import Change, add
from api.routes.collection import answer
from engine.administration import mail
from engine.administration.desk import Desk
from engine.administration.forms import MailSettings
from engine.errors import InvalidInput, NotAuthenticated, NotPerformer


class MailSettingsCard(BaseModel):
    """How mails present the office; null: as the installation's environment says."""

    sender_name: str | None
    reply_to: str | None


def routes(bodies: Bodies) -> APIRouter:
    """The routes of settings."""
    router = APIRouter(prefix="/settings", tags=["administration"])

    @router.get(
        "/mail",
        operation_id="settings_mail",
        summary="Thông tin trên thư gửi đi",
        response_model=MailSettingsCard,
        responses=documented(NotAuthenticated, NotPerformer, InvalidInput),
    )
    def mail_settings(engine: EngineDep, secret: Secret) -> Response:
        with looking(engine, secret) as (work, actor):
            Desk(work, actor).must_administer("Xem thông tin thư gửi đi")
            return answer(mail.settings(work.tx))

    add(
        router,
        bodies,
        Change(
            operation="settings_mail_put", path="/mail", method="PUT", summary="Đặt thông tin trên thư gửi đi",
            form=MailSettings, shown=MailSettingsCard, perform=lambda desk, _, form: mail.change(desk, form),
        ),
    )  # fmt: skip
    return router
