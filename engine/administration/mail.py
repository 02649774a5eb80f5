"""How mails present the office: settings that administrators change while it runs."""

from typing import Any

from sqlalchemy import bindparam, select

from engine.administration.desk import GIVES_POWER, Desk
from engine.administration.forms import MailSettings
from engine.runtime.database import Statement, Transaction
from engine.runtime.schema import setting

PREFIX = "mail."

p = bindparam
_ALL = Statement(select(setting).where(setting.c.name.startswith(PREFIX)))
_DROP = Statement(setting.delete().where(setting.c.name == p("which")))
_SET = Statement(setting.insert().values(name=p("name"), value=p("value")))


def settings(tx: Transaction) -> dict[str, str | None]:
    """What was set; None stands for what the installation's environment says."""
    found = {row["name"].removeprefix(PREFIX): row["value"] for row in tx.all(_ALL)}
    return {name: found.get(name) for name in MailSettings.model_fields}


def change(desk: Desk, wanted: MailSettings) -> dict[str, Any]:
    """Set all of it; holds from the next mail that is written.

    Raises:
        NotPerformer: not an administrator with none above.
        ConfirmationNeeded, ScopeMissing: something differs; see `GIVES_POWER`: mails are believed.
    """
    desk.must_head("Đặt thông tin thư gửi đi")
    before, after = settings(desk.tx), wanted.model_dump()
    if after == before:
        return after
    desk.must_allow(*GIVES_POWER)
    for name, value in after.items():
        desk.tx.run(_DROP, which=f"{PREFIX}{name}")
        if value is not None:
            desk.tx.run(_SET, name=f"{PREFIX}{name}", value=value)
    desk.note("settings.mail", "mail", before=before, after=after)
    return after
