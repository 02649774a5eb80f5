"""Letters that people ask for at the door: an invitation, a reset of the password, that it was changed."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from api.logins import new_secret
from engine.accounts import links, people
from engine.accounts.links import LASTS, LinkKind
from engine.administration.desk import Desk
from engine.definition.documents import canonical
from engine.definition.performing import Actor
from engine.errors import NotInvitable
from engine.runtime import accounts
from engine.runtime.administering import Reach
from engine.runtime.database import Row, Transaction
from engine.runtime.service import Answer, Engine
from engine.runtime.work import Work
from notifications.door import (
    AccountLetter,
    Letterhead,
    Told,
    current_head,
    is_reachable,
    write_account_letter,
)

_LETTERS = {LinkKind.INVITATION: AccountLetter.INVITATION, LinkKind.RESET: AccountLetter.RESET}
ASKED = "Nếu có tài khoản đó, một thư có liên kết đặt lại mật khẩu vừa được gửi tới địa chỉ của tài khoản."
"""What is said whether there is such an account or not."""
ANSWERED_AFTER_SECONDS = 0.1
"""Longer than a letter takes to write, so that its trouble does not show."""
NO_MAIL_SERVER = (
    "hệ thống chưa có máy chủ thư. Hãy đặt THIDUA_SMTP_HOST rồi chạy lại máy chủ; hoặc dừng máy chủ, chạy lệnh "
    "«thidua person invite-link {username}» và đưa liên kết tận tay người đó"
)
log = logging.getLogger(__name__)


async def ask_for_reset(engine: Engine, head: Letterhead, username: str) -> None:
    """Send the person of that name a link, if there is one who may have it; takes the same time if there is none.

    Raises:
        Unavailable: nothing can be written at the moment.
    """
    loop = asyncio.get_running_loop()
    done_at = loop.time() + ANSWERED_AFTER_SECONDS
    engine.writer.submit(lambda tx: send_reset(engine, head, tx, username)).add_done_callback(_log_fault)
    await asyncio.sleep(done_at - loop.time())


def invite(
    engine: Engine, head: Letterhead, work: Work, actor: Actor, person_id: int, *, sends_mail: bool
) -> Row:  # fmt: skip
    """Send a person whom the actor administers a link to set their first password; gives that person's row.

    sends_mail: whether the installation has a way for letters to leave.

    Raises:
        NotPerformer, NotFound: as `Reach.must_reach_to_invite`.
        NotInvitable: with the reason and what to do.
    """
    who = Reach(work, actor).must_reach_to_invite(person_id, "Mời đặt mật khẩu")
    if not sends_mail:
        raise NotInvitable(why=NO_MAIL_SERVER.format(username=who["username"]))
    people.must_be_invitable(who)
    if not is_reachable(who):
        raise NotInvitable(why="địa chỉ thư điện tử không đúng dạng; hãy sửa địa chỉ trước")
    _send_link(engine, head, work, who, LinkKind.INVITATION)
    return who


def tell_of_change(
    head: Letterhead, work: Work, person_id: int, letter: AccountLetter = AccountLetter.CHANGED
) -> None:  # fmt: skip
    """Tell the person what was changed, their password if nothing is named, in case it was not they who did."""
    _tell(head, work, people.person_of(work.tx, person_id), letter)


def tell_old_boxes(head: Letterhead, desk: Desk) -> None:
    """Tell the people whose mail box was changed so, at the address they had: the new one may be somebody else's."""
    for who in desk.moved:
        _tell(head, desk.work, who, AccountLetter.MAIL_CHANGED)


def send_test(head: Letterhead, desk: Desk) -> dict[str, str]:
    """Send whoever sits at the desk a letter by which they see that mail leaves; says where it goes.

    Raises:
        NotPerformer: the actor administers nothing.
        NotInvitable: no letter can go to that address.
    """
    desk.must_administer("Gửi thư thử")
    assert desk.actor is not None, "the command line has no mail box"
    assert desk.actor.person_id is not None, "nor has the system"
    who = people.person_of(desk.tx, desk.actor.person_id)
    if not is_reachable(who):
        raise NotInvitable(why="tài khoản của bạn chưa có địa chỉ thư điện tử dùng được; hãy sửa địa chỉ trước")
    _tell(head, desk.work, who, AccountLetter.TEST)
    return {"address": who["mail"]}


def told_and_answered(
    head: Letterhead, perform: Callable[[Desk], Mapping[str, Any]], status: int = 200
) -> Callable[[Desk], Answer]:
    """A change of administration as `administer` takes it: the answer is made, and old mail boxes are told."""

    def change(desk: Desk) -> Answer:
        done = Answer(status, canonical(perform(desk)))
        tell_old_boxes(head, desk)
        return done

    return change


def send_reset(engine: Engine, head: Letterhead, tx: Transaction, username: str) -> bool:
    """Send the person of that name a link to set another password; False when no letter may or can go to them."""
    who = accounts.find_person(tx, username)
    if who is None or not is_reachable(who) or not links.may_send_reset(tx, who, engine.wall()):
        return False
    _send_link(engine, head, engine.work(tx), who, LinkKind.RESET)
    return True


def _tell(head: Letterhead, work: Work, who: Row, letter: AccountLetter) -> None:
    if is_reachable(who):
        told = Told(letter, f"changed-{new_secret()}")
        write_account_letter(work, current_head(work.tx, head), who, told)


def _send_link(engine: Engine, head: Letterhead, work: Work, who: Row, kind: LinkKind) -> None:
    secret = new_secret()
    link_id = links.issue(work.tx, kind, who["id"], secret, engine.wall())
    told = Told(_LETTERS[kind], f"link-{link_id}", secret, LASTS[kind])
    write_account_letter(work, current_head(work.tx, head), who, told)


def _log_fault(done: "Future[bool]") -> None:
    fault = done.exception()
    if fault is not None:
        log.error("a reset could not be sent", exc_info=fault)
