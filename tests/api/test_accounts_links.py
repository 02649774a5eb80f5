"""Links of mails: a forgotten password, an invitation, and what an administrator may do for a person's account."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyotp import TOTP
from starlette.testclient import TestClient

from api import logins
from api.app import create_app
from api.clock import wall_clock
from api.installation import folder_transport, found, installation, letterhead
from api.settings import Settings, SmtpSettings
from engine.accounts import second_factor
from engine.accounts.links import LinkKind
from engine.errors import LinkSpent
from engine.runtime.accounts import find_person
from engine.runtime.database import Transaction
from notifications.door import Post, prove, run_due
from notifications.transport import Attempt, Outcome
from tests.api.mailbox import letters
from tests.api.office import PASSWORD, REGISTRY, Office

RESETS, INVITATIONS, SESSION, ME = "/api/v1/password-resets", "/api/v1/invitations", "/api/v1/session", "/api/v1/me"
NEW = "tàu hỏa xanh chạy qua cầu"


def ask(office: Office, username: str = "an") -> str:
    """Ask for a reset; the secret of the newest letter, empty when there is none."""
    assert office.client().post(RESETS, json={"username": username}).status_code == 202
    written = letters(office)
    return written[-1].secret if written else ""


def redeem(office: Office, secret: str, password: str = NEW, place: str = RESETS, **more: str) -> tuple[int, str]:
    """Status and code of the answer."""
    body = {"secret": secret, "password": password, **more}
    answer = office.client().post(f"{place}/redemption", json=body)
    return answer.status_code, answer.json()["code"] if answer.content else ""


def log_in(office: Office, password: str, username: str = "an") -> int:
    return office.client().post(SESSION, json={"username": username, "password": password}).status_code


def set_person(office: Office, username: str, **values: str) -> int:
    """Change columns of a person; their key."""

    def change(tx: Transaction) -> int:
        for name, value in values.items():
            tx.command(f"UPDATE person SET {name} = '{value}' WHERE username = '{username}'")
        person = find_person(tx, username)
        assert person is not None
        return int(person["id"])

    return office.engine.writer.call(change)


# ── a forgotten password ─────────────────────────────────────────────────────────────────────────


def test_a_forgotten_password_is_set_anew_with_the_link(office: Office) -> None:
    sitting, program = office.sitting("an"), office.client("an")

    secret = ask(office)

    assert redeem(office, secret) == (204, "")
    assert (log_in(office, PASSWORD), log_in(office, NEW)) == (401, 201)
    assert [client.get(ME).status_code for client in (sitting, program)] == [401, 401]
    assert redeem(office, secret) == (404, "link_spent")
    assert letters(office)[-1].subject == "[Thi đua] Mật khẩu của tài khoản an vừa được đổi"


def test_after_a_reset_the_owner_gets_in_where_they_did_it_although_strangers_guess(office: Office) -> None:
    secret, here, elsewhere = ask(office), office.client(), office.client()
    assert here.post(f"{RESETS}/redemption", json={"secret": secret, "password": NEW}).status_code == 204
    for _ in range(10):
        log_in(office, "wrong")

    right = {"username": "an", "password": NEW}

    assert [client.post(SESSION, json=right).status_code for client in (here, elsewhere)] == [201, 429]


def test_a_reset_on_a_shared_computer_makes_it_known_as_the_owners(office: Office) -> None:
    here = office.client()
    for name in ("an", "binh"):
        assert here.post(SESSION, json={"username": name, "password": PASSWORD}).status_code == 201
    assert here.post(f"{RESETS}/redemption", json={"secret": ask(office), "password": NEW}).status_code == 204
    for _ in range(10):
        log_in(office, "wrong")

    assert here.post(SESSION, json={"username": "an", "password": NEW}).status_code == 201


def test_the_letter_says_what_to_do_and_keeps_its_secret_behind_the_hash(office: Office) -> None:
    secret = ask(office)
    (letter,) = letters(office)

    assert letter.address == "an@example.vn"
    assert letter.subject == "[Thi đua] Đặt lại mật khẩu của tài khoản an"
    assert "trong 30 phút" in letter.text
    assert "nhiều việc cùng lúc" not in letter.text
    assert f"dat-mat-khau#{secret}" in letter.text
    assert secret not in letter.subject


def test_nobody_learns_whether_there_is_such_an_account(office: Office) -> None:
    set_person(office, "chi", active="0")
    set_person(office, "binh", mail="")
    set_person(office, "dung", mail="not an address")
    set_person(office, "lan", password_hash="")

    answers = [
        office.client().post(RESETS, json={"username": name}) for name in ("an", "nobody", "chi", "binh", "dung", "lan")
    ]

    assert {(answer.status_code, answer.text) for answer in answers} == {(202, answers[0].text)}
    assert [letter.address for letter in letters(office)] == ["an@example.vn"]


def test_a_person_is_sent_three_letters_an_hour_at_most(office: Office) -> None:
    for _ in range(5):
        ask(office)

    assert len(letters(office)) == 3
    office.clocks.pass_time(timedelta(hours=1, seconds=1))
    ask(office)
    assert len(letters(office)) == 4


def test_only_the_newest_link_works(office: Office) -> None:
    old, new = ask(office), ask(office)

    assert (redeem(office, old), redeem(office, new)) == ((404, "link_spent"), (204, ""))


def test_a_link_is_over_after_half_an_hour(office: Office) -> None:
    secret = ask(office)
    office.clocks.pass_time(timedelta(minutes=30))

    assert redeem(office, secret) == (404, "link_spent")
    assert log_in(office, PASSWORD) == 201


def test_of_many_who_use_a_link_at_once_one_gets_through(office: Office) -> None:
    secret = ask(office)

    def use(n: int) -> bool:
        try:
            logins.redeem(office.engine, logins.Redemption(LinkKind.RESET, secret, f"{NEW} {n}"), None)
        except LinkSpent:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(use, range(4))) == 1


def test_a_bad_password_does_not_use_the_link_up(office: Office) -> None:
    secret = ask(office)

    assert redeem(office, secret, "matkhau12345") == (422, "invalid_input")
    assert redeem(office, secret) == (204, "")


def test_a_mail_alone_does_not_replace_the_second_factor(office: Office) -> None:
    totp = turn_on(office, "an")
    secret = ask(office)

    assert redeem(office, secret) == (401, "second_factor_needed")
    assert [redeem(office, secret, code="000000") for _ in range(11)][-2:] == [
        (401, "wrong_code"),
        (429, "too_many_attempts"),
    ]
    office.clocks.pass_time(timedelta(minutes=16))
    secret = ask(office)
    assert redeem(office, secret, code=totp.at(office.clocks.wall)) == (204, "")


def test_a_host_header_does_not_lead_the_link_astray(office: Office) -> None:
    office.client(Host="evil.example", **{"X-Forwarded-Host": "evil.example"}).post(RESETS, json={"username": "an"})

    (letter,) = letters(office)
    assert "evil" not in letter.text
    assert letter.secret


def test_account_letters_leave_at_night_and_other_mail_waits(office: Office) -> None:
    office.clocks.now = datetime(2024, 7, 10, 15, tzinfo=UTC)  # 22:00 in Vietnam
    ask(office)
    sent: list[str] = []

    class Wire:
        def send(self, envelope_from: str, recipient: str, message: bytes) -> Attempt:
            sent.append(recipient)
            return Attempt(Outcome.SENT, "250 taken")

    post = Post(prove(REGISTRY), letterhead(Settings()), Wire())

    assert run_due(office.engine, post, office.clocks.now) == 1
    assert sent == ["an@example.vn"]
    assert run_due(office.engine, post, office.clocks.now) == 0


# ── an invitation ────────────────────────────────────────────────────────────────────────────────


def invite(client: TestClient, key: int) -> tuple[int, Any]:
    answer = client.post(f"/api/v1/people/{key}/invitation")
    return answer.status_code, answer.json()["code"] if answer.content else ""


def test_an_invited_person_sets_their_first_password(office: Office) -> None:
    key = set_person(office, "chi", password_hash="")

    assert invite(office.client("quantri"), key) == (204, "")

    (letter,) = letters(office)
    assert (letter.address, letter.subject) == ("chi@example.vn", "[Thi đua] Mời đặt mật khẩu cho tài khoản chi")
    assert newest_of_log(office) == ("Quantri", "person.invite", "chi", {})
    assert "trong 24 giờ" in letter.text
    assert redeem(office, letter.secret) == (404, "link_spent")  # it is no reset
    assert redeem(office, letter.secret, place=INVITATIONS) == (204, "")
    assert log_in(office, NEW, "chi") == 201


def test_who_has_a_password_or_no_address_is_not_invited(office: Office) -> None:
    quantri = office.client("quantri")
    unreachable = set_person(office, "chi", password_hash="", mail="nowhere")
    closed = set_person(office, "dung", password_hash="", active="0")

    answers = [invite(quantri, key) for key in (set_person(office, "an"), unreachable, closed)]

    assert answers == [(409, "not_invitable")] * 3
    assert letters(office) == []


def test_only_administrators_invite_and_only_their_own_people(office: Office) -> None:
    key, stranger = set_person(office, "chi", password_hash=""), set_person(office, "khach", password_hash="")

    assert invite(office.client("an"), key) == (403, "not_performer")
    assert invite(office.client("an"), 999) == (403, "not_performer")
    assert invite(office.client("quantri"), stranger) == (204, "")  # acts nowhere: for the highest administrator
    assert invite(office.client("quantri"), 999) == (404, "not_found")
    assert [letter.address for letter in letters(office)] == ["khach@example.vn"]


def test_without_a_mail_server_an_invitation_is_refused_with_what_to_do(office: Office) -> None:
    key = set_person(office, "chi", password_hash="")
    app = create_app(office.engine, Settings(), sends_mail=False)

    with TestClient(app, headers={"Authorization": f"Bearer {office.token('quantri')}"}) as quantri:
        answer = quantri.post(f"/api/v1/people/{key}/invitation")

    assert (answer.status_code, answer.json()["code"]) == (409, "not_invitable")
    assert "THIDUA_SMTP_HOST" in answer.json()["detail"]
    assert "thidua person invite-link chi" in answer.json()["detail"]
    assert letters(office) == []


@pytest.mark.parametrize(("host", "sends"), [("", False), ("mail.example.vn", True)])
def test_an_installation_knows_whether_it_can_send(tmp_path: Path, host: str, sends: bool) -> None:
    settings = Settings(data=tmp_path, smtp=SmtpSettings(host=host))
    found(settings).close()

    with installation(settings, clock=wall_clock, wall=wall_clock) as place:
        assert place.sends_mail is sends
    with installation(settings, clock=wall_clock, wall=wall_clock, transport=folder_transport(settings)) as place:
        assert place.sends_mail


def test_an_invitation_that_is_repeated_is_sent_once(office: Office) -> None:
    key = set_person(office, "chi", password_hash="")
    quantri = office.client("quantri", **{"Idempotency-Key": "once"})

    assert [invite(quantri, key), invite(quantri, key)] == [(204, ""), (204, "")]
    assert len(letters(office)) == 1


def newest_of_log(office: Office) -> tuple[str, str, str, Any]:
    """The last entry of the administration's log."""
    entry = office.client("quantri").get("/api/v1/administration/history").json()["items"][0]
    return entry["actor"], entry["what"], entry["subject"], entry["payload"]


# ── the second factor of somebody who lost it ────────────────────────────────────────────────────


def turn_on(office: Office, username: str) -> TOTP:
    """A second factor that was confirmed a while ago."""
    engine, key = office.engine, set_person(office, username)
    secret, _ = engine.writer.call(lambda tx: second_factor.set_up(tx, engine.vault, key, username))
    totp, before = TOTP(secret), office.clocks.wall - timedelta(minutes=5)
    engine.writer.call(lambda tx: second_factor.confirm(tx, engine.vault, key, totp.at(before), before))
    return totp


def test_an_administrator_takes_a_lost_second_factor_away(office: Office) -> None:
    turn_on(office, "an")
    path = f"/api/v1/people/{set_person(office, 'an')}/second-factor"
    assert log_in(office, PASSWORD) == 401

    assert office.sitting("binh").delete(path).status_code == 403
    assert office.client("quantri").delete(path).json()["code"] == "session_needed"
    quantri = office.sitting("quantri")
    office.clocks.pass_time(timedelta(minutes=6))
    assert quantri.delete(path).json()["code"] == "confirmation_needed"
    assert office.sitting("quantri").delete(path).status_code == 204
    assert office.sitting("quantri").delete(path).status_code == 404

    assert log_in(office, PASSWORD) == 201
    assert newest_of_log(office) == ("Quantri", "person.second_factor_remove", "an", {})
    (letter,) = letters(office)
    assert (letter.address, letter.subject, letter.secret) == (
        "an@example.vn", "[Thi đua] Xác thực hai lớp của tài khoản an vừa được gỡ", "",
    )  # fmt: skip


@pytest.mark.parametrize("secret", ["x" * 43, "../../etc"])
def test_an_unknown_link_is_refused(office: Office, secret: str) -> None:
    assert redeem(office, secret) == (404, "link_spent")
