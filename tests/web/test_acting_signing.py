"""Signing from a page, and the real processes' words in forms."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from api.credentials import SESSION_COOKIE
from demo.load import PASSWORD
from engine.runtime import accounts
from engine.runtime.database import Transaction
from tests.web.busy import Busy, open_busy
from tests.web.test_acting import hidden, send


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    with open_busy(tmp_path_factory.mktemp("signing") / "demo") as opened:
        yield opened


def long_logged_in(busy: Busy, username: str, secret: str) -> TestClient:
    """A browser of somebody who gave their password twenty minutes ago."""

    def open_login(tx: Transaction) -> None:
        person = accounts.find_person(tx, username)
        assert person is not None
        then = busy.place.engine.wall() - timedelta(minutes=20)
        accounts.open_login(tx, person["id"], secret, then, kind="session", name="test")

    busy.place.engine.writer.call(open_login)
    client = TestClient(busy.app)
    client.cookies.set(SESSION_COOKIE, secret)
    return client


def test_signing_asks_for_the_password_and_keeps_what_was_typed_when_it_is_wrong(busy: Busy) -> None:
    above, line = busy.propose("Đặng Ký", head="")
    browser = long_logged_in(busy, "tt.donvi1", "long-logged-in")
    address = f"/submissions/{above}/viec/submit"
    letter = {"number": "15/TTr-PGDDT", "signed_on": "10/7/2024"}

    page = browser.get(address)
    wrong = send(browser, address, **letter, _password="sai")
    signed = browser.post(address, data={**hidden(wrong.text, address), **letter, "_password": PASSWORD})

    assert 'name="_password"' in page.text
    assert wrong.status_code == 401
    assert "Mật khẩu hoặc mã xác thực không đúng. Hãy nhập lại." in wrong.text
    assert 'value="15/TTr-PGDDT"' in wrong.text
    assert "sai" not in wrong.text.split("<form")[-1]
    assert signed.url.path == f"/submissions/{above}/bien-nhan"
    assert busy.api.get(f"/api/v1/award-proposals/{line}", headers=busy._headers("thanhtra")).json()["phase"] == (
        "submitted"
    )
    assert browser.get("/").status_code == 200  # the session goes on under its new secret


def test_forms_speak_vietnamese_and_send_the_laws_codes(busy: Busy) -> None:
    _, key = busy.propose("Lê Thẩm", head="tt.donvi1")
    busy.act("chuyenvien", f"award-proposals/{key}", "receive")
    address = f"/award-proposals/{key}/viec/appraise"

    page = busy.browser("chuyenvien2").get(address).text
    after = send(busy.browser("chuyenvien2"), address, result="fail", reasons="Chưa đủ căn cứ để khen.")

    assert 'value="pass"> Đạt' in page
    assert 'value="fail"> Không đạt' in page
    assert "Trạng thái hiện nay: Chờ ký thẩm định" in after.text


def test_a_slip_is_written_as_a_table_and_opens_only_what_it_asks_for(busy: Busy) -> None:
    _, key = busy.propose("Vũ Bổ Sung", head="tt.donvi1")
    address = f"/award-proposals/{key}/viec/request_supplement"
    officer, unit = busy.browser("chuyenvien"), busy.browser("donvi1")

    more = send(officer, address, _more="items", **{"items.2.note": "Số liệu quý 2"})
    sent = send(officer, address, **{"items.1.part": "achievement", "items.1.fault": "wrong_figures"})
    page = unit.get(f"/award-proposals/{key}/sua").text

    assert more.status_code == 200
    assert 'name="items.3.part"' in more.text
    assert "Số liệu quý 2" in more.text
    assert sent.url.path == f"/award-proposals/{key}", sent.text
    assert "Cần bổ sung:" in page
    assert 'name="achievement.title"' in page
    assert 'name="subject.name"' not in page
