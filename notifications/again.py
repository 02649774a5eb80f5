"""Have a mail that did not get through tried again: the same bytes, for whom its cases are to look after."""

from typing import Any

from sqlalchemy import bindparam, func, null, select, update

from engine.definition.performing import Actor
from engine.errors import ActionNotAvailable, NotPerformer
from engine.runtime.database import Statement
from engine.runtime.work import Work
from notifications.log import Wanted, find, log
from notifications.retry import State
from notifications.schema import message, message_attempt

LABEL = "Gửi lại thư"
MOST = 200

p = bindparam
_TRIED = Statement(
    select(func.coalesce(func.max(message_attempt.c.n), 0).label("n")).where(message_attempt.c.message_id == p("which"))
)
_AGAIN = Statement(
    update(message)
    .where(message.c.id == p("which"))
    .values(
        state=State.QUEUED.value,
        next_attempt_at=p("now"),
        first_attempt_at=null(),
        settled_at=null(),
        attempts_before=p("tried"),
        retried_by=p("actor"),
    )
)


def retry(work: Work, actor: Actor, message_id: int) -> dict[str, Any]:
    """Queue a failed mail again with the bytes it has; returns it as the log shows it. It leaves with the next tick.

    Raises:
        NotFound: there is none, or it is about nothing that the actor may see.
        NotPerformer: one of its cases is not the actor's to look after.
        ActionNotAvailable: it has not failed, or could not be written at all.
    """
    item = find(work, actor, message_id)
    if not item["is_tended"]:
        raise NotPerformer(action=LABEL, who=f"{work.registry.administrator.label}, hoặc người theo dõi các hồ sơ này")
    if item["state"] != State.FAILED.value:
        raise ActionNotAvailable(action=LABEL, state="chưa phải thư lỗi", available="chờ kết quả gửi")
    if not item["can_retry"]:
        raise ActionNotAvailable(action=LABEL, state="chưa soạn được", available="sửa địa chỉ thư rồi đôn đốc lại")
    _queue(work, actor, message_id)
    return find(work, actor, message_id)


def retry_all(work: Work, actor: Actor, wanted: Wanted) -> int:
    """Queue again the failed mails that the filter lets through and the actor may have tried again; returns how many.

    At most `MOST` at once: the newest.
    """
    failed = Wanted(State.FAILED.value, wanted.kind, wanted.text, wanted.code, wanted.since, wanted.until)
    ready = [item for item in log(work, actor, failed, MOST)["items"] if item["can_retry"]]
    for item in ready:
        _queue(work, actor, int(item["id"]))
    return len(ready)


def _queue(work: Work, actor: Actor, message_id: int) -> None:
    tried = work.tx.one(_TRIED, which=message_id)
    assert tried is not None, "a maximum has a row"
    work.tx.run(_AGAIN, which=message_id, now=work.micros, tried=tried["n"], actor=actor.person_id)
