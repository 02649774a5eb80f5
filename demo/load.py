"""Load the model customer into an empty installation, through the same commands that people use."""

from datetime import date, datetime

from demo.campaign import LAUNCH, PLAN, STARTS_ON
from demo.organisation import ACCOUNTS, MAIL_DOMAIN, MANDATES, SEATS, UNITS, Account
from demo.playing import Desk
from engine.instants import to_micros
from engine.office.calendar import seed_days
from engine.runtime.beginning import NewCase
from engine.runtime.database import Transaction
from engine.runtime.offices import (
    add_mandate,
    add_membership,
    add_person,
    add_seat,
    add_unit,
    write_calendar,
    write_law,
)
from engine.runtime.service import Answer, Asking, Engine
from workflows import law

PASSWORD = "demo"
FIRST_YEAR, LAST_YEAR = 2024, 2026
SINCE = date(2020, 1, 1)
MANDATES_END = date(2025, 6, 30)  # the last day of the district


def load_organisation(tx: Transaction, password_hash: str, now: datetime) -> None:
    """Units, seats, accounts, the working calendar and the law; all accounts share one password."""
    keys: dict[str, int] = {}
    for u in UNITS:
        keys[u.code] = add_unit(
            tx, u.code, u.name, u.kind, mail=f"{u.code.lower()}@{MAIL_DOMAIN}", since=SINCE, groups=u.groups,
            parent_id=keys.get(u.parent), authority_id=keys.get(u.authority),
        )  # fmt: skip
    for role, code in SEATS:
        add_seat(tx, keys["QDK"], role.code, keys[code], since=SINCE)
    people = {account.username: _add(tx, account, keys, password_hash) for account in ACCOUNTS}
    for given in MANDATES:
        add_mandate(
            tx, people[given.principal], people[given.deputy], given.role, keys[given.unit], capacity=given.capacity,
            paper=given.paper, since=STARTS_ON, until=MANDATES_END,
        )  # fmt: skip
    write_calendar(tx, seed_days(FIRST_YEAR, LAST_YEAR), to_micros(now))
    write_law(tx, law.ALL)


def _add(tx: Transaction, account: Account, keys: dict[str, int], password_hash: str) -> int:
    mail = f"{account.username}@{MAIL_DOMAIN}"
    key = add_person(tx, account.username, account.name, mail=mail, password_hash=password_hash)
    for role, code in account.roles:
        add_membership(tx, key, keys[code], role, since=SINCE)
    return key


def launch_campaign(engine: Engine) -> int:
    """Draft the plan, launch it and open the rolling round, each as the person whose task it is."""
    campaign = engine.registry.by_code["campaign"]
    with Desk(engine, "chuyenvien") as desk:
        drafted = engine.start(Asking(desk.secret), campaign, NewCase(None, None, PLAN)).result()
    key = int(drafted.location.rpartition("/")[2])
    with Desk(engine, "chutich") as desk:
        launched = engine.act(_on(desk, drafted), campaign, key, "launch", LAUNCH).result()
    engine.fire_due()
    with Desk(engine, "truongphong") as desk:
        version = int(launched.etag.strip('"')) + 1
        asking = Asking(desk.secret, expected=version)
        engine.act(asking, campaign, key, "set_rounds", {"open_rounds": ["rolling"]}).result()
    return key


def _on(desk: Desk, answer: Answer) -> Asking:
    return Asking(desk.secret, expected=int(answer.etag.strip('"')))
