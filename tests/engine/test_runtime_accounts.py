"""Sessions and tokens on the wall clock, what they are good for, and whose memberships hold on which day."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from engine.errors import ConfirmationNeeded, NotAuthenticated, NotFound, ScopeMissing, SessionNeeded
from engine.instants import to_micros
from engine.runtime import accounts
from engine.runtime.accounts import Login, Scope
from engine.runtime.database import Transaction
from tests.errands.office import RuntimeOffice, open_runtime

T = TypeVar("T")
NOW = datetime(2024, 7, 10, 2, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
AN = 1  # the key of `an`


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        yield office


def write(office: RuntimeOffice, command: Callable[[Transaction], T]) -> T:
    return office.engine.writer.call(command)


def opened(office: RuntimeOffice, kind: str = "session", lasts: timedelta = accounts.LONGEST) -> int:
    """A login of `an` with the secret "s"."""
    return write(office, lambda tx: accounts.open_login(tx, AN, "s", NOW, kind=kind, name="máy", lasts=lasts))


def login(office: RuntimeOffice, at: datetime, secret: str = "s") -> Login | None:
    """Whom the secret lets in at that instant."""
    with office.engine.database.read() as tx:
        try:
            return accounts.login_of(tx, secret, at)
        except NotAuthenticated:
            return None


# ── sessions and tokens ──────────────────────────────────────────────────────────────────────────


def test_a_login_says_who_it_is(office: RuntimeOffice) -> None:
    key = opened(office)

    assert login(office, NOW) == Login(key, AN, "an", "An", confirmed_at=to_micros(NOW), seen_at=to_micros(NOW))


def test_no_secret_is_stored(office: RuntimeOffice) -> None:
    opened(office)

    assert office.one("SELECT count(*) FROM session WHERE token_hash = 's'") == 0
    assert office.one("SELECT token_hash FROM session ORDER BY id DESC LIMIT 1") == accounts.hash_of("s")


@pytest.mark.parametrize("secret", ["", "S", "s ", "unknown"])
def test_another_secret_opens_nothing(office: RuntimeOffice, secret: str) -> None:
    opened(office)

    assert login(office, NOW, secret) is None


@pytest.mark.parametrize(
    ("after", "is_open"), [(timedelta(0), True), (accounts.IDLE - MOMENT, True), (accounts.IDLE, False)]
)
def test_a_session_ends_after_an_idle_hour(office: RuntimeOffice, after: timedelta, is_open: bool) -> None:
    opened(office)

    assert (login(office, NOW + after) is not None) is is_open


def test_a_session_in_use_does_not_idle(office: RuntimeOffice) -> None:
    opened(office)

    write(office, lambda tx: accounts.touch(tx, "s", NOW + timedelta(minutes=50)))

    assert login(office, NOW + timedelta(minutes=110) - MOMENT) is not None
    assert login(office, NOW + timedelta(minutes=110)) is None


def test_a_session_ends_after_twelve_hours_however_busy(office: RuntimeOffice) -> None:
    opened(office)

    write(office, lambda tx: accounts.touch(tx, "s", NOW + accounts.LONGEST - MOMENT))

    assert login(office, NOW + accounts.LONGEST - MOMENT) is not None
    assert login(office, NOW + accounts.LONGEST) is None


def test_a_token_does_not_idle_and_ends_on_its_day(office: RuntimeOffice) -> None:
    opened(office, "token", timedelta(days=90))

    assert login(office, NOW + timedelta(days=90) - MOMENT) is not None
    assert login(office, NOW + timedelta(days=90)) is None


@pytest.mark.parametrize(
    ("after", "is_written"),
    [(timedelta(minutes=1), False), (accounts.TOUCH_EVERY, False), (accounts.TOUCH_EVERY + MOMENT, True)],
)
def test_use_is_noted_every_few_minutes(office: RuntimeOffice, after: timedelta, is_written: bool) -> None:
    key = opened(office)

    write(office, lambda tx: accounts.touch(tx, "s", NOW + after))

    assert (office.one("SELECT seen_at > created_at FROM session WHERE id = ?", key) == 1) is is_written


def test_touching_an_unknown_secret_does_nothing(office: RuntimeOffice) -> None:
    before = office.ask("SELECT * FROM session")

    write(office, lambda tx: accounts.touch(tx, "unknown", NOW))

    assert office.ask("SELECT * FROM session") == before


def test_a_revoked_login_opens_nothing(office: RuntimeOffice) -> None:
    key = opened(office)

    write(office, lambda tx: accounts.revoke(tx, key, AN, NOW))

    assert login(office, NOW) is None


@pytest.mark.parametrize(("owner", "times"), [(2, 1), (AN, 2)], ids=["somebody else's", "revoked before"])
def test_what_cannot_be_revoked_is_not_found(office: RuntimeOffice, owner: int, times: int) -> None:
    key = opened(office)
    if times == 2:
        write(office, lambda tx: accounts.revoke(tx, key, owner, NOW))

    with pytest.raises(NotFound):
        write(office, lambda tx: accounts.revoke(tx, key, owner, NOW))

    assert (login(office, NOW) is None) is (times == 2)


def test_a_closed_account_shuts_its_logins(office: RuntimeOffice) -> None:
    opened(office)
    office.force(f"UPDATE person SET active = false WHERE id = {AN}")

    assert login(office, NOW) is None


def test_open_tokens_are_listed_without_sessions_and_revoked_ones(office: RuntimeOffice) -> None:
    opened(office)
    gone = write(office, lambda tx: accounts.open_login(tx, AN, "t", NOW, kind="token", name="cũ"))
    write(office, lambda tx: accounts.open_login(tx, AN, "u", NOW, kind="token", name="mới"))
    write(office, lambda tx: accounts.revoke(tx, gone, AN, NOW))

    with office.engine.database.read() as tx:
        assert [row["name"] for row in accounts.tokens_of(tx, AN)] == ["", "mới"]  # the office's own comes first


# ── what a login is good for ─────────────────────────────────────────────────────────────────────


def scoped(office: RuntimeOffice, kind: str, *scopes: Scope) -> Login:
    write(office, lambda tx: accounts.open_login(tx, AN, "s", NOW, kind=kind, scopes=scopes or accounts.EVERY_SCOPE))
    found = login(office, NOW)
    assert found is not None
    return found


def test_a_token_is_good_for_its_scopes_only(office: RuntimeOffice) -> None:
    token = scoped(office, "token", Scope.READ, Scope.SIGN)

    accounts.check_scope(token, Scope.READ, NOW)
    accounts.check_scope(token, Scope.SIGN, NOW + timedelta(days=1))  # a program has nobody to ask again
    with pytest.raises(ScopeMissing):
        accounts.check_scope(token, Scope.ACT, NOW)


@pytest.mark.parametrize(
    ("after", "may_sign"), [(accounts.CONFIRMED_FOR, True), (accounts.CONFIRMED_FOR + MOMENT, False)]
)
def test_a_session_signs_for_five_minutes(office: RuntimeOffice, after: timedelta, may_sign: bool) -> None:
    session = scoped(office, "session")

    accounts.check_scope(session, Scope.ADMINISTER, NOW + timedelta(hours=3))
    if may_sign:
        accounts.check_scope(session, Scope.SIGN, NOW + after)
    else:
        with pytest.raises(ConfirmationNeeded, match="5 phút"):
            accounts.check_scope(session, Scope.SIGN, NOW + after)


def test_what_concerns_the_account_is_not_for_tokens(office: RuntimeOffice) -> None:
    scoped(office, "token")

    with office.engine.database.read() as tx, pytest.raises(SessionNeeded):
        accounts.own_session(tx, "s", NOW)


def test_all_sessions_end_but_the_one_that_stays(office: RuntimeOffice) -> None:
    kept = opened(office)
    for secret, kind in (("t", "session"), ("u", "token")):
        write(office, lambda tx, s=secret, k=kind: accounts.open_login(tx, AN, s, NOW, kind=k))  # type: ignore[misc]

    ended = write(office, lambda tx: accounts.revoke_all(tx, AN, NOW, but=kept))

    assert ended == 1
    assert [login(office, NOW, secret) is not None for secret in ("s", "t", "u")] == [True, False, True]
    write(office, lambda tx: accounts.revoke_all(tx, AN, NOW, tokens=True))
    assert [login(office, NOW, secret) is not None for secret in ("s", "t", "u")] == [False, False, False]


# ── memberships ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("on", "roles"),
    [
        (date(2024, 6, 30), {"officer"}),
        (date(2024, 7, 1), {"officer", "head"}),
        (date(2024, 7, 31), {"officer", "head"}),
        (date(2024, 8, 1), {"officer"}),
    ],
)
def test_a_membership_holds_from_its_first_day_to_its_last(office: RuntimeOffice, on: date, roles: set[str]) -> None:
    office.force("INSERT INTO membership (person_id, unit_id, role, valid_from, valid_to)"
                 " VALUES (1, 3, 'head', '2024-07-01', '2024-07-31')")  # fmt: skip

    with office.engine.database.read() as tx:
        actor = accounts.actor_of(tx, Login(9, AN, "an", "An"), on)

    assert (actor.person_id, actor.name, actor.memberships) == (AN, "An", frozenset((role, 3) for role in roles))


def test_the_memberships_of_the_business_date_count(office: RuntimeOffice) -> None:
    """In the demo the two clocks are years apart."""
    office.force("UPDATE membership SET valid_to = '2024-08-31' WHERE person_id = 1")

    held = []
    for moment in ("2024-08-31 23:59", "2024-09-01 00:00"):
        office.at(moment)
        with office.looking("an") as (_, actor):
            held.append(len(actor.memberships))

    assert held == [1, 0]


@pytest.mark.parametrize(("username", "name"), [("an", "An"), ("nobody", None), ("AN", None)])
def test_a_person_is_found_by_the_exact_name(office: RuntimeOffice, username: str, name: str | None) -> None:
    with office.engine.database.read() as tx:
        person = accounts.find_person(tx, username)

    assert (person["name"] if person else None) == name
