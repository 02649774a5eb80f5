"""The second factor: codes of an authenticator app (TOTP, RFC 6238). Its secret is sealed, and a code works once."""

from datetime import datetime

from pyotp import TOTP, random_base32
from sqlalchemy import bindparam, delete, select, update

from engine.errors import NotFound, SecondFactorStands, WrongCode
from engine.instants import to_micros
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.schema import second_factor
from engine.runtime.statements import insertion
from engine.runtime.vault import Vault

STEP_SECONDS = 30
STEPS_AROUND = 1
"""How many steps a clock may be off, to either side."""
ISSUER = "Thi đua"

_row, p = second_factor.c, bindparam
_OF = Statement(select(second_factor).where(_row.person_id == p("owner")))
_NEW = insertion(second_factor)
_DROP = Statement(delete(second_factor).where(_row.person_id == p("owner")))
_CONFIRM = Statement(
    update(second_factor)
    .where(_row.person_id == p("owner"), _row.confirmed_at.is_(None))
    .values(confirmed_at=p("confirmed_at"))
)
_USE = Statement(
    update(second_factor)
    .where(_row.person_id == p("owner"), _row.last_step < p("step"))
    .values(last_step=p("step"))
)  # fmt: skip


def has_second_factor(tx: Transaction, person_id: int) -> bool:
    """Whether that person logs in with a code too."""
    row = tx.one(_OF, owner=person_id)
    return row is not None and row["confirmed_at"] is not None


def set_up(tx: Transaction, vault: Vault, person_id: int, username: str) -> tuple[str, str]:
    """A new secret, which counts from `confirm` on, and its otpauth URI for the app; shown this once.

    Raises:
        SecondFactorStands: a confirmed one is there.
    """
    if has_second_factor(tx, person_id):
        raise SecondFactorStands
    secret = random_base32()
    tx.run(_DROP, owner=person_id)
    tx.insert(
        _NEW, person_id=person_id, sealed_secret=vault.seal(secret, _place(person_id)), last_step=0, confirmed_at=None
    )
    return secret, TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def confirm(tx: Transaction, vault: Vault, person_id: int, code: str, wall_now: datetime) -> None:
    """The app shows the right codes: from now on one is asked for.

    Raises:
        NotFound: nothing was set up.
        SecondFactorStands: it is confirmed already.
        WrongCode: that is not its code now.
    """
    row = tx.one(_OF, owner=person_id)
    if row is None:
        raise NotFound(what="xác thực hai lớp đang chờ xác nhận")
    if row["confirmed_at"] is not None:
        raise SecondFactorStands
    _use(tx, vault, row, code, wall_now)
    tx.run(_CONFIRM, owner=person_id, confirmed_at=to_micros(wall_now))


def use_code(tx: Transaction, vault: Vault, person_id: int, code: str, wall_now: datetime) -> None:
    """Take a code of a confirmed second factor; it works no second time.

    Raises:
        WrongCode: it is not, or there is no second factor.
    """
    row = tx.one(_OF, owner=person_id)
    if row is None or row["confirmed_at"] is None:
        raise WrongCode
    _use(tx, vault, row, code, wall_now)


def remove(tx: Transaction, person_id: int) -> None:
    """No code is asked for any more.

    Raises:
        NotFound: there is none.
    """
    if not tx.change(_DROP, owner=person_id):
        raise NotFound(what="xác thực hai lớp")


def _use(tx: Transaction, vault: Vault, row: Row, code: str, wall_now: datetime) -> None:
    totp = TOTP(vault.open(row["sealed_secret"], _place(row["person_id"])))
    step = int(wall_now.timestamp()) // STEP_SECONDS
    around = range(step - STEPS_AROUND, step + STEPS_AROUND + 1)
    fitting = [at for at in around if totp.verify(code, for_time=at * STEP_SECONDS)]
    if not fitting or not tx.change(_USE, owner=row["person_id"], step=fitting[-1]):
        raise WrongCode


def _place(person_id: int) -> str:
    return f"second_factor.{person_id}"
