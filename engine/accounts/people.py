"""Accounts of people as others see them: whose password it is, what guessers know of them."""

from datetime import datetime

from sqlalchemy import bindparam, select, update

from engine.accounts import devices
from engine.errors import NotInvitable
from engine.runtime.accounts import revoke_all
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.schema import membership, person, unit

p = bindparam
_PERSON = Statement(select(person).where(person.c.id == p("which")))
_SET = Statement(update(person).where(person.c.id == p("which")).values(password_hash=p("password_hash")))
_UNITS = Statement(
    select(unit.c.code, unit.c.name)
    .join_from(membership, unit, membership.c.unit_id == unit.c.id)
    .where(membership.c.person_id == p("which"))
    .order_by(membership.c.id)
)


def person_of(tx: Transaction, person_id: int) -> Row:
    """The row of a person who is known to be there."""
    row = tx.one(_PERSON, which=person_id)
    assert row is not None, "people are never deleted"
    return row


def rehash(tx: Transaction, person_id: int, password_hash: str) -> None:
    """Keep the same password under a stronger hash."""
    tx.run(_SET, which=person_id, password_hash=password_hash)


def set_password(tx: Transaction, person_id: int, password_hash: str, wall_now: datetime, *, session: int) -> None:
    """The person has chosen another password in that session, the only one that stays open."""
    tx.run(_SET, which=person_id, password_hash=password_hash)
    revoke_all(tx, person_id, wall_now, but=session)


def reset_password(tx: Transaction, person_id: int, password_hash: str, wall_now: datetime) -> None:
    """The person has set a password through a link: whoever is logged in as them is out, on every device."""
    tx.run(_SET, which=person_id, password_hash=password_hash)
    revoke_all(tx, person_id, wall_now, tokens=True)
    devices.forget_all(tx, person_id)


def names_about(tx: Transaction, person_id: int) -> list[str]:
    """What a guesser would try first for that person: their names, and those of their units."""
    who = person_of(tx, person_id)
    units = tx.all(_UNITS, which=person_id)
    return [who["username"], who["name"], who["mail"], *(row[name] for row in units for name in ("code", "name"))]


def must_be_invitable(who: Row) -> None:
    """Refuse to invite whom a letter cannot reach, or who has been in already.

    Raises:
        NotInvitable: with the reason and what to do.
    """
    if not who["active"]:
        raise NotInvitable(why="tài khoản đã ngừng hoạt động; hãy mở lại trước")
    if who["password_hash"]:
        raise NotInvitable(why="người này đã có mật khẩu; nếu quên, họ tự xin đặt lại ở trang đăng nhập")
    if not who["mail"]:
        raise NotInvitable(why="chưa có địa chỉ thư điện tử; hãy điền địa chỉ trước")
