"""Links of mails: once, not for long, and the newest only."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.accounts import links
from engine.accounts.links import LinkKind
from engine.errors import LinkSpent
from tests.errands.office import RuntimeOffice, open_runtime

NOW = datetime(2024, 7, 10, 2, tzinfo=UTC)
AN = 1


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        yield office


def issue(office: RuntimeOffice, secret: str, kind: LinkKind = LinkKind.RESET, at: datetime = NOW) -> None:
    office.engine.writer.call(lambda tx: links.issue(tx, kind, AN, secret, at))


def opens(office: RuntimeOffice, secret: str, kind: LinkKind = LinkKind.RESET, at: datetime = NOW) -> bool:
    try:
        with office.engine.database.read() as tx:
            return links.find(tx, kind, secret, at).person_id == AN
    except LinkSpent:
        return False


def works(office: RuntimeOffice, secret: str, kind: LinkKind = LinkKind.RESET, at: datetime = NOW) -> bool:
    try:
        office.engine.writer.call(lambda tx: links.use(tx, kind, secret, at))
    except LinkSpent:
        return False
    return True


def test_a_link_works_once(office: RuntimeOffice) -> None:
    issue(office, "s")

    assert [opens(office, "s"), works(office, "s"), works(office, "s"), opens(office, "s")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("kind", "lasts"), [(LinkKind.RESET, timedelta(minutes=30)), (LinkKind.INVITATION, timedelta(hours=24))]
)
def test_a_link_works_for_a_while(office: RuntimeOffice, kind: LinkKind, lasts: timedelta) -> None:
    issue(office, "s", kind)

    assert opens(office, "s", kind, NOW + lasts - timedelta(seconds=1))
    assert not opens(office, "s", kind, NOW + lasts)
    assert not works(office, "s", kind, NOW + lasts)


def test_a_new_link_voids_the_old_ones(office: RuntimeOffice) -> None:
    issue(office, "old")
    issue(office, "new")

    assert (works(office, "old"), works(office, "new")) == (False, True)


def test_a_link_is_for_its_own_purpose(office: RuntimeOffice) -> None:
    issue(office, "s", LinkKind.INVITATION)

    assert not opens(office, "s", LinkKind.RESET)
    assert not works(office, "s", LinkKind.RESET)


def test_the_link_of_a_closed_account_opens_nothing(office: RuntimeOffice) -> None:
    issue(office, "s")
    office.force(f"UPDATE person SET active = false WHERE id = {AN}")

    assert not opens(office, "s")


def test_the_secret_is_not_stored(office: RuntimeOffice) -> None:
    issue(office, "a secret")

    assert "a secret" not in str(office.ask("SELECT * FROM account_link"))
