"""The mail log: what people find in it, what they may read, and sending again what failed."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from engine.instants import LOCAL
from engine.runtime.database import Statement
from notifications.schema import message
from notifications.transport import Attempt, Outcome
from tests.api.office import launch_campaign, start_leave, submit_leave
from tests.notifications.small_office import Basket
from tests.web.busy import Busy, open_busy
from tests.web.mail import deliver
from tests.web.site import Site
from tests.web.statements import counted

REFUSED = Attempt(Outcome.PERMANENT, "550 <binh@example.vn> no such user")


def key_of(site: Site, address: str) -> int:
    """The newest mail to that address."""
    with site.office.engine.database.read() as tx:
        rows = tx.all(Statement(select(message.c.id).where(message.c.address == address).order_by(message.c.id.desc())))
    return int(rows[0]["id"])


def handed_in(site: Site, basket: Basket | None = None) -> None:
    """A leave request of ward 1 that waits for its two heads; to each goes a mail."""
    an = site.office.client("an")
    submit_leave(an, start_leave(an)["id"])
    deliver(site, basket)


def test_the_log_says_to_whom_why_and_what_the_server_said_without_the_address(site: Site) -> None:
    handed_in(site, Basket([REFUSED, REFUSED]))

    page = site.browser("an").get("/thu").text

    assert "Việc mới: Duyệt đơn" in page
    assert "550 &lt;b…@example.vn&gt; no such user" in page
    assert "binh@example.vn" not in page
    assert "Gửi lại" not in page  # that is for who looks after the case


def test_of_a_digest_with_others_cases_one_sees_that_it_went_and_not_what_it_says(site: Site) -> None:
    launch_campaign(site.office.client("lan"))  # dung sits in both wards: one mail about both duties
    deliver(site)
    which = key_of(site, "dung@example.vn")

    own = site.browser("dung").get(f"/thu/{which}").text
    ward = site.browser("an").get(f"/thu/{which}").text
    auditor = site.browser("quantri").get(f"/thu/{which}").text

    assert "Kính gửi Dung," in own
    assert "Kính gửi Dung," in auditor  # who sees both cases
    assert "Kính gửi Dung," not in ward
    assert "và 1 hồ sơ bạn không được xem" in ward
    assert "dung@example.vn" not in own + ward + auditor


def test_who_sees_none_of_its_cases_finds_no_mail(site: Site) -> None:
    handed_in(site)
    which = key_of(site, "binh@example.vn")
    chi = site.browser("chi")

    assert chi.get(f"/thu/{which}").status_code == 404
    assert "Chưa có thư nào" in chi.get("/thu").text
    assert chi.post(f"/thu/{which}/gui-lai", data={"_key": "k"}).status_code == 404


def test_the_administrator_sends_a_failed_mail_again(site: Site) -> None:
    handed_in(site, Basket([REFUSED, REFUSED]))
    which = key_of(site, "binh@example.vn")
    admin = site.browser("quantri")
    assert f'action="/thu/{which}/gui-lai"' in admin.get("/thu?trang_thai=failed").text

    queued = admin.post(f"/thu/{which}/gui-lai", data={"_key": "k"})
    deliver(site)
    after = admin.get(f"/thu/{which}").text

    assert "được đưa vào hàng gửi lại" in queued.text
    assert re.findall(r"máy chủ đã nhận|bị từ chối hẳn", after) == ["bị từ chối hẳn", "máy chủ đã nhận"]
    assert site.browser("an").post(f"/thu/{which}/gui-lai", data={"_key": "k"}).status_code == 403


def test_all_failed_ones_of_the_filter_go_again_at_once(site: Site) -> None:
    handed_in(site, Basket([REFUSED, REFUSED]))
    admin = site.browser("quantri")

    none = admin.post("/thu/gui-lai", data={"_key": "a", "tim": "phường 2"})
    some = admin.post("/thu/gui-lai", data={"_key": "b", "tim": "phuong 1"})

    assert "Không có thư lỗi nào" in none.text
    assert "2 thư được đưa vào hàng gửi lại." in some.text


def test_a_program_sends_a_failed_mail_again(site: Site) -> None:
    handed_in(site, Basket([REFUSED, REFUSED]))
    which = key_of(site, "binh@example.vn")

    answer = site.office.client("quantri").post(f"/api/v1/mails/{which}/retry")

    assert (answer.status_code, answer.json()["state"]) == (200, "queued")
    assert site.office.client("quantri").post(f"/api/v1/mails/{which}/retry").status_code == 409
    assert site.office.client("an").post(f"/api/v1/mails/{which}/retry").status_code == 403


def test_what_goes_out_next_is_told_with_its_rung_and_its_people(site: Site) -> None:
    launch_campaign(site.office.client("tat"))
    deliver(site)

    page = site.browser("an").get("/thu/sap-gui").text

    assert "2 ngày làm việc trước hạn" in page
    assert 'datetime="2024-07-29T08:00:00+07:00"' in page
    assert "An, Dung, Tat" in page
    assert "Chi" not in page
    assert "Không có thư nào sắp gửi" in site.browser("an").get("/thu/sap-gui?den=2024-07-28").text


def test_the_secret_of_an_account_letter_is_in_no_log(site: Site) -> None:
    site.office.client().post("/api/v1/password-resets", json={"username": "an"})
    site.office.engine.writer.call(lambda tx: None)
    with site.office.engine.database.read() as tx:
        keys = [row["id"] for row in tx.all(Statement(select(message.c.id)))]

    assert keys
    for username in ("an", "quantri"):
        browser = site.browser(username)
        assert [browser.get(f"/thu/{key}").status_code for key in keys] == [404] * len(keys)
        assert "mật khẩu" not in browser.get("/thu").text


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    """The demo after a fortnight of mails."""
    folder: Path = tmp_path_factory.mktemp("log") / "demo"
    with open_busy(folder) as opened:
        target = datetime(2024, 7, 24, 9, tzinfo=LOCAL)
        opened.place.ticker.advance(opened.clock, max(opened.clock(), target) + timedelta(hours=1))
        yield opened


@pytest.mark.parametrize("username", ["truongphong", "thanhtra", "phuong1", "quantri"])
def test_a_page_of_the_log_asks_as_much_for_one_mail_as_for_fifty(busy: Busy, username: str) -> None:
    browser = busy.browser(username)
    pages = [browser.get("/thu").text]
    one = re.findall(r'href="/thu/(\d+)"', pages[0])[-1]
    asked: list[int] = []
    for address in (f"/thu?truoc={int(one) + 1}&ma={_code(pages[0])}", "/thu"):
        with counted() as ran:
            assert browser.get(address).status_code == 200
        asked.append(len(ran))

    assert asked[0] == asked[1]


@pytest.mark.parametrize("username", ["truongphong", "phuong1"])
def test_planned_mails_are_asked_for_at_once(busy: Busy, username: str) -> None:
    browser = busy.browser(username)
    asked: list[int] = []
    for address in ("/thu/sap-gui", "/thu/sap-gui?ma=KHP-2024-00002"):
        with counted() as ran:
            assert browser.get(address).status_code == 200
        asked.append(len(ran))

    assert asked[0] == asked[1]


def _code(page: str) -> str:
    return re.findall(r">([A-Z]+-2024-\d{5})<", page)[-1]
