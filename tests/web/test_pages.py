"""The frame that all pages share: who gets in, and what is kept for who must log in first."""

from starlette.testclient import TestClient

from tests.web.site import Site


def test_the_address_of_an_installation_leads_guests_to_the_log_in(site: Site) -> None:
    page = site.browser().get("/")

    assert page.status_code == 200
    assert 'href="/dang-nhap"' in page.text


def test_after_logging_in_the_first_page_is_ones_work(site: Site) -> None:
    browser = site.browser()

    answer = browser.post("/dang-nhap", data={"username": "an", "_password": site.password, "tiep": "/"})

    assert answer.status_code == 200
    assert "<h1>Việc của tôi</h1>" in answer.text


def test_a_wrong_password_is_said_beside_the_name_that_was_typed(site: Site) -> None:
    page = site.browser().post("/dang-nhap", data={"username": "an", "_password": "sai"})

    assert page.status_code == 401
    assert "Tên đăng nhập hoặc mật khẩu không đúng." in page.text
    assert 'value="an"' in page.text


def test_after_the_log_in_nobody_is_sent_to_another_site(site: Site) -> None:
    browser: TestClient = site.browser(follow_redirects=False)

    for elsewhere in ("https://example.com/", "//example.com", "/\\example.com"):
        answer = browser.post("/dang-nhap", data={"username": "an", "_password": site.password, "tiep": elsewhere})
        assert answer.headers["location"] == "/"


def test_what_was_typed_when_the_session_had_ended_waits_in_the_log_in(site: Site) -> None:
    browser = site.browser()

    page = browser.post(
        "/dang-xuat", data={"_place": "/x", "_version": "3", "reason": "một <b>lời</b>", "_password": "k"}
    )

    assert page.status_code == 401
    assert "một &lt;b&gt;lời&lt;/b&gt;" in page.text
    assert "&#34;k&#34;" not in page.text


def test_an_address_that_is_none_is_a_page_too(site: Site) -> None:
    page = site.browser("an").get("/leave-requests/999999")

    assert page.headers["content-type"].startswith("text/html")


def test_files_are_kept_by_browsers_as_long_as_their_content_stays(site: Site) -> None:
    page = site.browser().get("/").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]

    assert "immutable" in site.browser().get(address).headers["cache-control"]
    assert site.browser().get("/static/style.css").headers["cache-control"] == "no-cache"
    assert site.browser().get("/static/../shell.py").status_code == 404


def test_an_unknown_address_is_a_page_for_browsers_and_a_problem_for_programs(site: Site) -> None:
    html = {"Accept": "text/html,*/*"}
    page = site.browser("an").get("/khong/co/dia/chi/nay", headers=html)

    assert page.status_code == 404
    assert "Địa chỉ này không có" in page.text
    assert site.browser("an").get("/api/v1/khong-co", headers=html).json()["code"] == "not_found"
    assert site.browser("an").get("/khong/co/dia/chi/nay").json()["code"] == "not_found"
