"""Whatever a browser sends, it is answered with a page, inside the frame of who is logged in."""

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from engine.runtime import accounts, drafts
from tests.api.office import start_leave
from tests.web.site import Site

DEEP = "[" * 12_000


def test_who_is_logged_in_keeps_their_menu_where_nothing_is(site: Site) -> None:
    page = site.browser("an").get("/leave-requests/999999")

    assert page.status_code == 404
    assert '<a href="/tai-khoan">' in page.text
    assert '<a href="/dang-nhap">' in site.browser().get("/leave-requests/999999").text


@pytest.mark.parametrize(
    "kept",
    [
        json.dumps(["/leave-requests/moi", 10**30, {"reason": ["Ốm"]}]),
        '["/leave-requests/moi", 1, {"reason": ["\\ud800"]}]',
        '["/leave-requests/moi", 1e999, {"reason": ["Ốm"]}]',
        DEEP,
    ],
    ids=["version", "surrogate", "infinite", "deep"],
)
def test_whatever_was_kept_the_log_in_opens(site: Site, kept: str) -> None:
    browser = site.browser(follow_redirects=False)

    answer = browser.post("/dang-nhap", data={"username": "an", "_password": site.password, "_kept": kept})

    assert answer.status_code == 303
    assert browser.get("/tai-khoan").status_code == 200


def test_a_note_that_is_none_is_not_shown(site: Site) -> None:
    browser = site.browser("an")
    browser.cookies.set("thidua_note", base64.urlsafe_b64encode(DEEP.encode()).decode())

    assert browser.get("/tai-khoan").status_code == 200


def test_a_form_that_cannot_be_read_is_answered_with_a_page_to_guests_too(site: Site) -> None:
    headers = {"Content-Type": "multipart/form-data"}

    page = site.browser().post("/dang-xuat", content=b"--x\r\nbroken", headers=headers)

    assert page.status_code == 422
    assert page.headers["content-type"].startswith("text/html")


def test_after_the_language_has_changed_the_filter_is_still_there(site: Site) -> None:
    page = site.browser("an").get("/ho-so?q=ngh%E1%BB%89&mo=1").text

    assert 'name="tiep" value="/ho-so?q=ngh%E1%BB%89&amp;mo=1"' in page


def test_from_a_form_that_came_back_another_language_leads_to_the_form(site: Site) -> None:
    form = site.browser("an").post("/leave-requests/moi?parent=7", data={"_place": "/leave-requests/moi?parent=7"})
    elsewhere = site.browser("an").post("/tai-khoan/phien/999999/ket-thuc", data={"_place": "/khong/co/o/dau"})

    assert 'name="tiep" value="/leave-requests/moi?parent=7"' in form.text
    assert 'name="tiep" value="/"' in elsewhere.text


def test_a_session_that_was_renewed_goes_on_whatever_happens_then(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    case = start_leave(site.office.sitting("an"))["id"]
    browser = site.browser("an")
    monkeypatch.setattr(site.office.engine, "act", broken)

    answer = browser.post(f"/leave-requests/{case}/viec/submit", data={"_password": site.password})

    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("text/html")
    assert '<a href="/tai-khoan">' in answer.text
    assert browser.get("/tai-khoan").status_code == 200


def test_the_cookies_of_a_page_go_over_https_only_where_the_site_does(site: Site) -> None:
    browser, state = site.browser("an", follow_redirects=False), site.office.app.state
    usual = state.settings
    state.settings = replace(usual, secure_cookies=True)
    browser.cookies.set("__Host-thidua", site.office.token("an", "session"))
    try:
        spoken = browser.post("/ngon-ngu", data={"ngon_ngu": "en"}).headers["set-cookie"]
        left = browser.post("/dang-xuat").headers.get_list("set-cookie")
    finally:
        state.settings = usual

    assert "Secure" in spoken
    assert [("Secure" in cookie) for cookie in left if cookie.startswith("thidua_note=")] == [True]


# ── drafts ───────────────────────────────────────────────────────────────────────────────────────
def test_drafts_are_few_short_and_go_by_themselves(site: Site) -> None:
    engine, wall = site.office.engine, site.office.clocks.wall
    browser = site.browser("an")
    key = start_leave(site.office.sitting("an"))["id"]
    for parent in range(1, 60):
        browser.post("/leave-requests/moi/nhap", data={"_place": f"/leave-requests/moi?parent={parent}", "reason": "x"})
    browser.post("/leave-requests/moi/nhap", data={"_place": "/leave-requests/moi?x=1", "reason": "kept"})
    long = browser.post(f"/leave-requests/{key}/sua/nhap", data={"reason": "\x01" * 200_000})

    held = browser.get("/tai-khoan/du-lieu.json").json()["counts"]["drafts"]
    with engine.database.read() as tx:
        person = accounts.find_person(tx, "an")
        assert person is not None
        now = drafts.find(tx, person["id"], "/leave-requests/moi", wall)
        later = drafts.find(tx, person["id"], "/leave-requests/moi", wall + timedelta(days=31))

    assert held == drafts.MOST
    assert (long.status_code, long.text) == (413, "Nội dung quá dài nên chưa giữ được bản nháp: hãy bấm Lưu.")
    assert now is not None
    assert later is None


def test_a_new_day_deletes_old_drafts(site: Site) -> None:
    site.browser("an").post("/leave-requests/moi/nhap", data={"reason": "x"})
    site.office.clocks.wall += timedelta(days=31)

    site.office.engine.writer.call(lambda tx: drafts.drop_old(tx, site.office.clocks.wall))

    site.office.clocks.wall -= timedelta(days=31)
    assert site.browser("an").get("/tai-khoan/du-lieu.json").json()["counts"]["drafts"] == 0
