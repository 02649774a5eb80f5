"""One's own account in the browser: sessions, password, second factor, tokens, what is held; proving who one is."""

import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
from pyotp import TOTP
from starlette.testclient import TestClient

from engine.runtime.accounts import CONFIRMED_FOR
from tests.web.site import Site

NEW = "mười hai con trâu gặm cỏ"


def later(site: Site) -> None:
    """So much later that signing asks for the password again."""
    site.office.clocks.pass_time(CONFIRMED_FOR + timedelta(seconds=1))


def seed_on(page: str) -> str:
    return re.findall(r'<span class="secret">([A-Z2-7]+)</span>', page)[0]


def code_for(site: Site, seed: str) -> str:
    return TOTP(seed).at(site.office.clocks.wall)


def set_up(site: Site, browser: TestClient) -> str:
    """Turn the second factor on; its seed."""
    page = browser.post("/tai-khoan/xac-thuc", data={"_password": site.password})
    seed = seed_on(page.text)
    assert "Đã bật" in browser.post("/tai-khoan/xac-thuc/bat", data={"_code": code_for(site, seed)}).text
    return seed


def test_the_account_says_who_one_is_and_where_one_is_logged_in(site: Site) -> None:
    browser, elsewhere = site.browser("dung"), site.browser("dung")

    page = browser.get("/tai-khoan").text

    for told in ("dung@example.vn", "Phường 1", "Phường 2", "nơi này", "chưa bật"):
        assert told in page
    ended = re.findall(r'action="(/tai-khoan/phien/[0-9]+/ket-thuc)"', page)
    assert "Đã đăng xuất ở nơi đó." in browser.post(ended[0]).text
    assert elsewhere.get("/tai-khoan").status_code == 401


def test_all_others_end_at_once_and_nobody_elses_session_can_be_ended(site: Site) -> None:
    browser, second, stranger = site.browser("an"), site.browser("an"), site.browser("binh")
    theirs = re.findall(r'action="(/tai-khoan/phien/[0-9]+/ket-thuc)"', second.get("/tai-khoan").text)[0]

    refused = stranger.post(theirs)
    answer = browser.post("/tai-khoan/phien/ket-thuc")

    assert refused.status_code == 404
    assert "Đã đăng xuất ở 1 nơi khác." in answer.text
    assert second.get("/tai-khoan").status_code == 401
    assert browser.get("/tai-khoan").status_code == 200


def test_changing_the_password_keeps_this_session_and_ends_the_others(site: Site) -> None:
    browser, second = site.browser("an"), site.browser("an")

    answer = browser.post("/tai-khoan/mat-khau", data={"_password": site.password, "_new": NEW, "_again": NEW})

    assert "Đã đổi mật khẩu." in answer.text
    assert browser.get("/tai-khoan").status_code == 200
    assert second.get("/tai-khoan").status_code == 401
    assert site.browser().post("/dang-nhap", data={"username": "an", "_password": NEW}).status_code == 200


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"_password": "sai", "_new": NEW, "_again": NEW}, "Mật khẩu hiện tại không đúng."),
        ({"_password": "", "_new": NEW, "_again": NEW}, "Nhập mật khẩu hiện tại."),
        ({"_new": NEW, "_again": "khác"}, "Hai lần nhập chưa giống nhau."),
        ({"_new": "matkhau12345", "_again": "matkhau12345"}, "Mật khẩu này dễ đoán"),
    ],
)
def test_why_a_password_is_not_taken_stands_beside_its_field(site: Site, given: dict[str, str], sentence: str) -> None:
    page = site.browser("an").post("/tai-khoan/mat-khau", data={"_password": site.password} | given)

    assert page.status_code == 422
    assert sentence in page.text
    assert NEW not in page.text


def test_a_password_typed_when_the_session_had_ended_is_kept_nowhere(site: Site) -> None:
    browser = site.browser()
    browser.cookies.set("thidua", "gone")

    page = browser.post("/tai-khoan/mat-khau", data={"_password": "alt", "_new": NEW, "_again": NEW})

    assert page.status_code == 401
    assert NEW not in page.text


def test_a_second_factor_is_set_up_by_a_picture_turned_on_by_a_code_and_off_by_another(site: Site) -> None:
    browser = site.browser("an")
    later(site)
    assert "Nhập đúng mật khẩu" in browser.post("/tai-khoan/xac-thuc").text

    page = browser.post("/tai-khoan/xac-thuc", data={"_password": site.password})
    seed = seed_on(page.text)

    picture = unquote(re.findall(r'src="data:image/svg\+xml;charset=utf-8,([^"]+)"', page.text)[0])
    assert picture.startswith("<svg")
    assert seed not in browser.get("/tai-khoan/xac-thuc").text
    wrong = browser.post("/tai-khoan/xac-thuc/bat", data={"_code": "000000"})
    assert (wrong.status_code, "Mã chưa đúng" in wrong.text) == (422, True)
    assert "Đã bật" in browser.post("/tai-khoan/xac-thuc/bat", data={"_code": code_for(site, seed)}).text
    assert "đang bật" in browser.get("/tai-khoan").text
    site.office.clocks.pass_time(timedelta(minutes=1))
    off = browser.post("/tai-khoan/xac-thuc/go", data={"_code": code_for(site, seed)})
    assert "Đã tắt" in off.text
    assert "chưa bật" in off.text


def test_a_token_is_shown_once_and_opens_what_it_is_for_until_it_is_taken_back(site: Site) -> None:
    browser = site.browser("an")

    made = browser.post("/tai-khoan/ma-truy-cap", data={"name": "Tổng hợp", "days": "30", "scopes": ["read"]})

    token = re.findall(r'<p class="secret">([^<]+)</p>', made.text)[0]
    program = site.office.client(Authorization=f"Bearer {token}")
    assert program.get("/api/v1/me").status_code == 200
    listed = browser.get("/tai-khoan/ma-truy-cap").text
    assert token not in listed
    assert "Tổng hợp" in listed
    browser.post(re.findall(r'action="(/tai-khoan/ma-truy-cap/[0-9]+/thu-hoi)"', listed)[0])
    assert program.get("/api/v1/me").status_code == 401


def test_a_token_that_signs_takes_the_password_and_what_was_typed_stays(site: Site) -> None:
    browser = site.browser("an")
    later(site)
    wish = {"name": "Ký thay", "days": "7", "scopes": ["read", "sign"]}

    refused = browser.post("/tai-khoan/ma-truy-cap", data=wish)
    made = browser.post("/tai-khoan/ma-truy-cap", data=wish | {"_password": site.password})

    assert refused.status_code == 422
    assert 'value="Ký thay"' in refused.text
    assert 'value="sign" checked' in refused.text
    assert 'class="secret"' in made.text
    empty = browser.post("/tai-khoan/ma-truy-cap", data={"name": " ", "days": "900"})
    assert all(said in empty.text for said in ("Nhập tên để nhớ", "Chọn thời hạn", "Chọn ít nhất một quyền"))


def test_what_is_held_about_me_can_be_read_and_taken_along(site: Site) -> None:
    browser = site.browser("an")

    page, file = browser.get("/tai-khoan/du-lieu"), browser.get("/tai-khoan/du-lieu.json")

    assert "an@example.vn" in page.text
    assert "attachment" in file.headers["content-disposition"]
    assert file.json()["person"]["username"] == "an"
    assert site.browser().get("/tai-khoan/du-lieu.json").status_code == 401


# ── proving again who one is ─────────────────────────────────────────────────────────────────────
def test_the_step_up_confirms_and_leads_back(site: Site) -> None:
    browser = site.browser("an", follow_redirects=False)
    later(site)

    page = browser.get("/xac-nhan", params={"tiep": "/cho-ky"})
    wrong = browser.post("/xac-nhan", data={"_password": "sai", "tiep": "/cho-ky"})
    right = browser.post("/xac-nhan", data={"_password": site.password, "tiep": "/cho-ky"})

    assert 'name="tiep" value="/cho-ky"' in page.text
    assert (wrong.status_code, 'name="tiep" value="/cho-ky"' in wrong.text) == (401, True)
    assert (right.status_code, right.headers["location"]) == (303, "/cho-ky")
    elsewhere = browser.post("/xac-nhan", data={"_password": site.password, "tiep": "//example.com"})
    assert elsewhere.headers["location"] == "/"
    assert site.browser().get("/xac-nhan").status_code == 401


def test_the_step_up_takes_a_code_of_the_second_factor_too(site: Site) -> None:
    browser = site.browser("an")
    seed = set_up(site, browser)
    later(site)
    browser.post("/xac-nhan", data={"_code": code_for(site, seed), "tiep": "/tai-khoan"})

    assert 'name="_password"' not in browser.get("/tai-khoan/ma-truy-cap").text


def test_a_form_that_needs_confirming_comes_back_with_what_was_typed_and_goes_on_with_the_password(site: Site) -> None:
    browser = site.browser("an")
    seed = seed_on(browser.post("/tai-khoan/xac-thuc").text)
    later(site)
    turn_on = "/tai-khoan/xac-thuc/bat"

    page = browser.post(turn_on, data={"_code": "123456", "note": "một\n<b>", "_place": "/tai-khoan"})
    wrong = browser.post(turn_on, data={"note": "một", "_password": "sai"})
    right = browser.post(turn_on, data={"note": "một", "_password": site.password})
    done = browser.post(turn_on, data={"_code": code_for(site, seed)})

    assert f'action="{turn_on}"' in page.text
    assert '<textarea name="note" hidden>\nmột\n&lt;b&gt;</textarea>' in page.text
    assert "123456" not in page.text
    assert "Mật khẩu hoặc mã xác thực không đúng" in wrong.text
    assert ">một</textarea>" in wrong.text.replace("\n", "")
    assert right.status_code == 422  # it is confirmed now; the code must be given again
    assert "Đã bật" in done.text
