"""The pages behind the links of account letters, and the one that asks for such a letter; without scripts."""

import pytest

from api.logins import new_secret
from engine.accounts import links
from engine.accounts.links import LinkKind
from engine.runtime import accounts
from engine.runtime.database import Transaction
from notifications.account_letters import PAGES as LETTER_PAGES
from tests.web.site import Site
from web.passwords import PAGES

NEW = "mười hai con trâu gặm cỏ"


def link_for(site: Site, username: str, kind: LinkKind = LinkKind.RESET) -> str:
    secret = new_secret()

    def issue(tx: Transaction) -> None:
        who = accounts.find_person(tx, username)
        assert who is not None
        links.issue(tx, kind, who["id"], secret, site.office.clocks.wall)

    site.office.engine.writer.call(issue)
    return secret


def test_every_link_of_a_letter_has_its_page() -> None:
    assert set(LETTER_PAGES.values()) == set(PAGES)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("pasted", ["{secret}", " https://thidua.example{path}#{secret} "])
def test_without_a_script_the_link_is_pasted_and_sets_the_password_once(site: Site, path: str, pasted: str) -> None:
    secret, browser = link_for(site, "an", PAGES[path][0]), site.browser()
    given = {"_secret": pasted.format(secret=secret, path=path), "_new": NEW, "_again": NEW}

    done = browser.post(path, data=given)
    again = browser.post(path, data=given)

    assert done.url.path == "/dang-nhap"
    assert "Đã đặt mật khẩu." in done.text
    assert browser.post("/dang-nhap", data={"username": "an", "_password": NEW}).status_code == 200
    assert again.status_code == 422
    assert '<form method="post" action="' + path not in again.text


def test_the_secret_is_never_in_an_address(site: Site) -> None:
    secret, browser = link_for(site, "an"), site.browser(follow_redirects=False)

    page = browser.get("/dat-mat-khau")
    done = browser.post("/dat-mat-khau", data={"_secret": secret, "_new": NEW, "_again": NEW})

    assert 'method="post" action="/dat-mat-khau"' in page.text
    assert done.headers["location"] == "/dang-nhap"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"_secret": ""}, "Dán liên kết hoặc mã trong thư."),
        ({"_new": "ngắn", "_again": "ngắn"}, "từ 12 đến 128 ký tự"),
        ({"_again": "khác"}, "Hai lần nhập chưa giống nhau."),
        ({"_new": "matkhau12345", "_again": "matkhau12345"}, "Mật khẩu này dễ đoán"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_the_link_is_still_good(
    site: Site, given: dict[str, str], sentence: str
) -> None:
    secret, browser = link_for(site, "an"), site.browser()
    right = {"_secret": secret, "_new": NEW, "_again": NEW}

    refused = browser.post("/dat-mat-khau", data=right | given)

    assert refused.status_code == 422
    assert sentence in refused.text
    assert browser.post("/dat-mat-khau", data=right).url.path == "/dang-nhap"


def test_asking_for_a_letter_says_the_same_for_every_name(site: Site) -> None:
    browser = site.browser()

    known, unknown = (browser.post("/quen-mat-khau", data={"username": name}).text for name in ("an", "không ai"))

    assert "Nếu có tài khoản đó" in known
    assert known == unknown
