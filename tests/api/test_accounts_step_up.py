"""What lets somebody in or gives away power takes a person who surely sits there, or a token that may do both."""

from collections.abc import Iterable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from starlette.testclient import TestClient

from engine.accounts import guesses
from engine.accounts.guesses import Guesser
from engine.errors import TooManyAttempts
from engine.office.files import FileKind
from engine.runtime import accounts
from engine.runtime.accounts import Scope
from tests.api.mailbox import letters
from tests.api.office import PASSWORD, Office

API = "/api/v1"
PEOPLE, SESSION, ME, RESETS = f"{API}/people", f"{API}/session", f"{API}/me", f"{API}/password-resets"
AN, BINH, CHI, QUANTRI = "1", "2", "3", "6"
BOX, NEW = {"mail": "moi@example.vn"}, "tàu hỏa xanh chạy qua cầu"
GRANT = {"unit": "P1", "role": "head", "from": "2024-07-10"}
SEAT = {"authority": "Q", "role": "appraiser", "unit": "P1", "from": "2024-07-11"}
MANDATE = {
    "principal": BINH, "deputy": AN, "role": "head", "unit": "P1", "capacity": "TUQ.", "paper": "Giấy ủy quyền 01",
    "from": "2024-07-10", "to": "2024-07-31",
}  # fmt: skip
POWER = {
    "another mail box": ("PATCH", f"{PEOPLE}/{AN}", BOX),
    "opening an account": ("PATCH", f"{PEOPLE}/{CHI}", {"active": True}),
    "a role": ("POST", f"{PEOPLE}/{AN}/memberships", GRANT),
    "taking a seat": ("POST", f"{API}/seats", SEAT),
    "leaving a seat": ("POST", f"{API}/seats/1/closing", {"last_day": "2024-07-31"}),
    "another authority": ("PATCH", f"{API}/units/P1", {"authority": "P1"}),
    "another mail address of a unit": ("PATCH", f"{API}/units/P1", BOX),
    "whom mails come from": ("PUT", f"{API}/settings/mail", {"sender_name": "Phòng Nội vụ"}),
    "where answers go": ("PUT", f"{API}/settings/mail", {"reply_to": "khac@example.vn"}),
    "another's mandate": ("POST", f"{API}/mandates", MANDATE),
}


@pytest.fixture
def admin(office: Office) -> TestClient:
    """The administrator, who has just logged in; Chi's account is closed."""
    admin = office.sitting("quantri")
    assert admin.patch(f"{PEOPLE}/{CHI}", json={"active": False}).status_code == 200
    return admin


def program(office: Office, *scopes: Scope, username: str = "quantri") -> TestClient:
    """A client by a token with those scopes."""
    secret = f"token-of-{username}-{'-'.join(scopes)}"

    def open_token(tx: Any) -> int:
        person = accounts.find_person(tx, username)
        assert person is not None
        return accounts.open_login(
            tx, person["id"], secret, office.clocks.wall, kind=accounts.TOKEN_KIND, name="t", scopes=scopes
        )  # fmt: skip

    office.engine.writer.call(open_token)
    return office.client(Authorization=f"Bearer {secret}")


def codes(clients: Iterable[TestClient], what: str) -> list[str]:
    """What each of them is answered: the code of the refusal, or ok."""
    method, path, body = POWER[what]
    answers = [client.request(method, path, json=body) for client in clients]
    return ["ok" if answer.is_success else answer.json()["code"] for answer in answers]


@pytest.mark.parametrize("what", POWER)
def test_it_takes_a_fresh_session_or_a_token_that_may_administer_and_sign(
    office: Office, admin: TestClient, what: str
) -> None:
    tokens = [program(office, Scope.ADMINISTER), program(office, Scope.SIGN)]
    office.clocks.pass_time(timedelta(minutes=6))

    assert codes([admin, *tokens], what) == ["confirmation_needed", "scope_missing", "scope_missing"]
    assert codes([program(office, Scope.ADMINISTER, Scope.SIGN)], what) == ["ok"]


@pytest.mark.parametrize("what", POWER)
def test_just_after_logging_in_nothing_more_is_asked_for(office: Office, admin: TestClient, what: str) -> None:
    assert codes([admin], what) == ["ok"]


def test_what_gives_no_power_asks_for_nothing(office: Office, admin: TestClient) -> None:
    office.clocks.pass_time(timedelta(minutes=6))

    assert admin.patch(f"{PEOPLE}/{AN}", json={"name": "An An", "active": True}).status_code == 200
    assert (
        admin.patch(
            f"{API}/units/P1", json={"name": "Phường Một", "authority": "Q", "mail": "P1@example.vn"}
        ).status_code
        == 200
    )
    assert admin.put(f"{API}/settings/mail", json={}).status_code == 200  # as it is


def test_a_spreadsheet_gives_no_power_either(office: Office, admin: TestClient) -> None:
    sheet = admin.get(f"{API}/organisation.xlsx").content
    media = FileKind.XLSX.media_type
    assert admin.patch(f"{PEOPLE}/{AN}", json=BOX).status_code == 200  # the sheet has the old one
    office.clocks.pass_time(timedelta(minutes=6))

    answer = admin.post(f"{API}/organisation.xlsx", files={"file": ("a.xlsx", BytesIO(sheet), media)})

    assert (answer.status_code, answer.json()["code"]) == (401, "confirmation_needed")
    told = len(letters(office))
    fresh = office.sitting("quantri")
    for dry_run, more in (("true", 0), ("false", 1)):
        taken = fresh.post(
            f"{API}/organisation.xlsx", params={"dry_run": dry_run}, files={"file": ("a.xlsx", BytesIO(sheet), media)}
        )
        assert taken.status_code == 200, taken.text
        assert len(letters(office)) == told + more


# ── the mail box ─────────────────────────────────────────────────────────────────────────────────
def test_another_mail_box_voids_links_ends_sessions_and_is_told_to_the_old_one(
    office: Office, admin: TestClient
) -> None:
    sitting = office.sitting("an")
    office.client().post(RESETS, json={"username": "an"})
    secret = letters(office)[-1].secret

    assert admin.patch(f"{PEOPLE}/{AN}", json=BOX).status_code == 200

    spent = office.client().post(f"{RESETS}/redemption", json={"secret": secret, "password": NEW})
    told = letters(office)[-1]
    assert spent.json()["code"] == "link_spent"
    assert sitting.get(ME).status_code == 401
    assert (told.address, told.subject) == (
        "an@example.vn", "[Thi đua] Địa chỉ thư của tài khoản an vừa được đổi",
    )  # fmt: skip
    assert "moi@example.vn" not in told.text


def test_an_administrator_who_changes_their_own_box_stays_where_they_are(office: Office, admin: TestClient) -> None:
    other = office.sitting("quantri")

    assert admin.patch(f"{PEOPLE}/{QUANTRI}", json=BOX).status_code == 200

    assert [client.get(ME).status_code for client in (admin, other)] == [200, 401]


def test_an_old_address_that_no_letter_reaches_is_no_obstacle(office: Office, admin: TestClient) -> None:
    office.engine.writer.call(lambda tx: tx.command("UPDATE person SET mail = '' WHERE username = 'an'"))

    assert admin.patch(f"{PEOPLE}/{AN}", json=BOX).status_code == 200
    assert letters(office) == []


def test_who_comes_back_is_invited_anew(office: Office, admin: TestClient) -> None:
    """The password of before is nobody's: it may have been told to the successor."""
    opened = admin.patch(f"{PEOPLE}/{CHI}", json={"active": True})

    assert (opened.json()["active"], opened.json()["has_password"]) == (True, False)
    assert office.client().post(SESSION, json={"username": "chi", "password": PASSWORD}).status_code == 401


# ── mandates ─────────────────────────────────────────────────────────────────────────────────────
def test_an_administrator_writes_down_no_mandate_for_themself(office: Office, admin: TestClient) -> None:
    answer = admin.post(f"{API}/mandates", json={**MANDATE, "deputy": QUANTRI})

    assert (answer.status_code, answer.json()["code"]) == (409, "mandate_to_the_writer")


def test_a_token_that_may_sign_gives_and_ends_its_own_mandates_only(office: Office, admin: TestClient) -> None:
    binh = program(office, Scope.SIGN, Scope.ACT, username="binh")
    key = binh.post(f"{API}/mandates", json=MANDATE).json()["id"]
    ending = (f"{API}/mandates/{key}/closing", {"last_day": "2024-07-20"})

    refused = program(office, Scope.ACT).post(ending[0], json=ending[1])

    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert binh.post(ending[0], json=ending[1]).status_code == 200


# ── stored answers ───────────────────────────────────────────────────────────────────────────────
def test_who_administers_nothing_any_more_gets_no_stored_answer(office: Office, admin: TestClient) -> None:
    key = admin.post(f"{PEOPLE}/{BINH}/memberships", json={"unit": "Q", "role": "admin", "from": "2024-01-01"}).json()
    binh, repeat = office.sitting("binh"), {"Idempotency-Key": "k-1"}
    asked = {"url": f"{PEOPLE}/{AN}", "json": {"name": "Ông An"}, "headers": repeat}
    assert [binh.patch(**asked).status_code for _ in range(2)] == [200, 200]

    closing = {"last_day": "2024-07-09"}
    assert admin.post(f"{API}/memberships/{key['id']}/closing", json=closing).status_code == 200

    refused = binh.patch(**asked)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_performer")


# ── guesses ──────────────────────────────────────────────────────────────────────────────────────
def test_a_colleague_on_a_shared_computer_does_not_keep_the_owner_from_signing(office: Office) -> None:
    shared, own = office.client(), office.client()
    for client, name in ((own, "binh"), (shared, "binh"), (shared, "an")):
        assert client.post(SESSION, json={"username": name, "password": PASSWORD}).status_code == 201
    own_session = own.cookies["thidua_session"]
    for _ in range(3):
        for _ in range(21):
            shared.post(SESSION, json={"username": "binh", "password": "wrong"})
        office.clocks.wall += timedelta(minutes=10)

    signing = office.client(Authorization=f"Bearer {own_session}")
    assert signing.post(f"{SESSION}/confirmation", json={"password": PASSWORD}).status_code == 200
    assert own.post(SESSION, json={"username": "binh", "password": PASSWORD}).status_code == 201
    waiting = shared.post(SESSION, json={"username": "binh", "password": PASSWORD})
    assert (waiting.status_code, int(waiting.headers["Retry-After"]) <= 15 * 60) == (429, True)


def test_what_is_guessed_on_a_shared_computer_counts_for_strangers(office: Office) -> None:
    shared = office.client()
    for name in ("binh", "an"):
        shared.post(SESSION, json={"username": name, "password": PASSWORD})
    for _ in range(10):
        shared.post(SESSION, json={"username": "binh", "password": "wrong"})

    with pytest.raises(TooManyAttempts):
        office.engine.writer.call(lambda tx: guesses.note(tx, Guesser("binh", "192.0.2.7"), office.clocks.wall))


def test_a_new_password_is_looked_at_only_after_the_current_one(office: Office) -> None:
    """It takes long; and who guesses at the current one is counted."""
    seated, weak = office.sitting("an"), {"current": "wrong", "new": "matkhau12345"}

    tries = [seated.put(f"{ME}/password", json=weak).json()["code"] for _ in range(11)]

    assert tries == ["wrong_confirmation"] * 10 + ["too_many_attempts"]
    other = office.sitting("an")
    right = [other.put(f"{ME}/password", json={**weak, "current": PASSWORD}).json()["code"] for _ in range(11)]
    assert right == ["invalid_input"] * 11
