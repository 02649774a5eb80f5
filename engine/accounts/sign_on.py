"""Who somebody is at the provider of single sign-on: linked once by a mail address, from then on by the subject."""

from sqlalchemy import bindparam, func, select

from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.schema import person, sign_on
from engine.runtime.statements import insertion

p = bindparam
_LINKED = Statement(
    select(person)
    .join_from(sign_on, person)
    .where(sign_on.c.issuer == p("issuer"), sign_on.c.subject == p("subject"))
)  # fmt: skip
_BY_MAIL = Statement(
    select(person).where(func.lower(person.c.mail) == p("mail"), person.c.active).order_by(person.c.id).limit(2)
)
_HAS_LINK = Statement(select(sign_on.c.id).where(sign_on.c.issuer == p("issuer"), sign_on.c.person_id == p("who")))
_NEW = insertion(sign_on)


def person_signed_on(tx: Transaction, issuer: str, subject: str, verified_mail: str) -> Row | None:
    """The active person who that is; None when it is nobody's.

    The first time they are found by the address that the provider has verified (empty: it has not), if exactly
    one active person has it who is not linked yet. For good: an address may later be given to somebody else.
    """
    linked = tx.one(_LINKED, issuer=issuer, subject=subject)
    if linked is not None:
        return linked if linked["active"] else None
    found = tx.all(_BY_MAIL, mail=verified_mail.lower()) if verified_mail else []
    if len(found) != 1 or tx.one(_HAS_LINK, issuer=issuer, who=found[0]["id"]) is not None:
        return None
    tx.insert(_NEW, person_id=found[0]["id"], issuer=issuer, subject=subject)
    return found[0]
