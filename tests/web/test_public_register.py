"""The public register: what it shows and hides, how it is searched, and what may keep it."""

import json
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from engine.definition.publishing import LONGEST_SUMMARY
from tests.web.commended import COLLECTIVE, PERSON, UNNAMED, commend
from tests.web.site import Site
from tests.web.statements import counted

MOST_BYTES = 100_000


def names(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/cong-khai/[^"]+">([^<]+)</a>', page)


def test_the_newest_decision_stands_first_with_all_that_is_public_of_it(site: Site) -> None:
    commend(site.office.engine, COLLECTIVE)
    code = commend(site.office.engine, replace(PERSON, signed_on=date(2024, 7, 9), campaign="Phong trào 70 năm"))

    page = site.browser().get("/cong-khai").text

    assert names(page) == ["Đặng Thị Ánh", "Trường Tiểu học Đồng Hòa"]
    for told in (f"/cong-khai/{code}", "Giấy khen", "Phường 1", "317/QĐ-UBND", "09/07/2024", "Phong trào 70 năm"):
        assert told in page
    assert '<html lang="vi">' in page


def test_search_forgets_marks_case_and_the_letter_d_with_a_stroke(site: Site) -> None:
    commend(site.office.engine, PERSON)
    commend(site.office.engine, COLLECTIVE, "P2")
    browser = site.browser()

    found = {text: names(browser.get("/cong-khai", params={"tim": text}).text)
             for text in ("dang thi anh", "ĐẶNG", "dong hoa", "phuong 2", "317/qd", "không ai")}  # fmt: skip

    assert found == {
        "dang thi anh": ["Đặng Thị Ánh"],
        "ĐẶNG": ["Đặng Thị Ánh"],
        "dong hoa": ["Trường Tiểu học Đồng Hòa"],
        "phuong 2": ["Trường Tiểu học Đồng Hòa"],
        "317/qd": ["Trường Tiểu học Đồng Hòa", "Đặng Thị Ánh"],
        "không ai": [],
    }


def test_filters_go_into_the_address_and_into_the_files(site: Site) -> None:
    commend(site.office.engine, replace(COLLECTIVE, signed_on=date(2023, 3, 1)))
    commend(site.office.engine, PERSON, "P2")
    browser = site.browser()

    def found(query: str) -> list[str]:
        items = browser.get(f"/cong-khai.json?{query}").json()["items"]
        assert [item["name"] for item in items] == names(browser.get(f"/cong-khai?{query}").text)
        return [item["name"] for item in items]

    assert found("nam=2023") == found("doi-tuong=collective") == found("don-vi=P1") == ["Trường Tiểu học Đồng Hòa"]
    assert found("nam=2024&hinh-thuc=GK") == ["Đặng Thị Ánh"]
    assert found("hinh-thuc=BK") == []
    assert 'href="/cong-khai.csv?nam=2023"' in browser.get("/cong-khai?nam=2023").text


def test_who_stays_unnamed_has_a_page_that_says_so_and_no_engine_may_index_a_person(site: Site) -> None:
    engine = site.office.engine
    unnamed, person, school = (commend(engine, about) for about in (UNNAMED, PERSON, COLLECTIVE))
    browser = site.browser()

    page = browser.get(f"/cong-khai/{unnamed}")

    assert "Một cá nhân" in page.text
    assert "đã rút lại sự đồng ý" in page.text
    assert "Đặng Thị Ánh" in browser.get(f"/cong-khai/{person}").text
    robots = [browser.get(f"/cong-khai/{code}").headers.get("x-robots-tag") for code in (unnamed, person, school)]
    assert robots == ["noindex", "noindex", None]
    assert browser.get("/cong-khai").headers["x-robots-tag"] == "noindex"


def test_a_code_of_no_published_case_is_not_found_whatever_it_looks_like(site: Site) -> None:
    code = commend(site.office.engine, PERSON)

    for other in ("TN-2023" + code[7:], "PT" + code[2:], "TN-2024-99999", "1", "%2e%2e"):
        assert site.browser().get(f"/cong-khai/{other}").status_code == 404


def test_the_file_opens_in_spreadsheets_and_carries_out_nothing(site: Site) -> None:
    commend(site.office.engine, replace(COLLECTIVE, name="=HYPERLINK(1)"))

    answer = site.browser().get("/cong-khai.csv")

    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert ",'=HYPERLINK(1)," in answer.text


def test_anybody_may_keep_the_list_and_ask_whether_it_is_still_the_same(site: Site) -> None:
    browser = site.browser()
    first = browser.get("/cong-khai")
    again = browser.get("/cong-khai", headers={"If-None-Match": first.headers["etag"]})
    commend(site.office.engine, PERSON)
    changed = browser.get("/cong-khai", headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "public, max-age=300"
    assert (again.status_code, changed.status_code) == (304, 200)


def test_nobody_may_keep_the_list_with_somebodys_name_on_it(site: Site) -> None:
    page = site.browser("an").get("/cong-khai")

    assert "/dang-xuat" in page.text
    assert page.headers["cache-control"] == "no-store"


def test_a_hundred_lines_are_light_and_asked_for_at_once(site: Site) -> None:
    engine, browser = site.office.engine, site.browser()
    commend(engine, PERSON)
    with counted() as few:
        browser.get("/cong-khai")
    for _ in range(104):
        commend(engine, replace(PERSON, campaign="Phong trào thi đua đặc biệt chào mừng 70 năm ngày giải phóng"))

    with counted() as many:
        first = browser.get("/cong-khai")

    following = re.findall(r'href="([^"]+)" rel="next"', first.text)[0].replace("&amp;", "&")
    assert len(names(first.text)) == 100
    assert len(names(browser.get(following).text)) == 5
    assert len(first.content) < MOST_BYTES
    assert len(many) == len(few)


def test_exemplars_are_those_who_agreed_with_a_summary_of_bearable_length(site: Site) -> None:
    commend(site.office.engine, COLLECTIVE)
    commend(site.office.engine, replace(PERSON, title="Cứu người đuối nước", summary="Lời kể " * 1000))

    page = site.browser().get("/guong-dien-hinh").text

    assert "Cứu người đuối nước" in page
    assert "Trường Tiểu học Đồng Hòa" not in page
    assert len(re.findall(r'<p class="lines">([^<]+)', page)[0]) <= LONGEST_SUMMARY + 2


def test_statistics_count_and_take_the_median_of_working_days(site: Site) -> None:
    for handed_in, is_direct in ((date(2024, 7, 4), True), (date(2024, 7, 1), False), (date(2024, 6, 28), True)):
        commend(site.office.engine, replace(UNNAMED, handed_in_on=handed_in, is_direct_worker=is_direct))
    commend(site.office.engine, replace(COLLECTIVE, signed_on=date(2023, 7, 5)))

    page = site.browser().get("/thong-ke?nam=2024").text

    assert "trung vị 4 ngày làm việc, trên 3 hồ sơ" in page
    assert "2 trên 3 cá nhân (67%)" in page
    assert '<th scope="row">Giấy khen</th><td class="number">3</td>' in page


@pytest.mark.parametrize(
    "address", ["/thong-ke?nam=2024", "/cong-khai.csv", "/cong-khai.json", "/api/v1/commendations.csv"]
)
def test_the_whole_register_is_read_once_a_minute_until_it_changes(site: Site, address: str) -> None:
    engine, browser = site.office.engine, site.browser()
    commend(engine, COLLECTIVE)

    def asked() -> tuple[int, str]:
        with counted() as ran:
            text = browser.get(address).text
        return len(ran), text

    first, again = asked(), asked()
    commend(engine, PERSON)
    changed = asked()
    site.office.clocks.pass_time(timedelta(minutes=2))
    later = asked()

    assert first[1] == again[1] != changed[1] == later[1]
    assert again[0] < first[0] == changed[0] == later[0]


def test_programs_read_the_same_in_parts_without_logging_in(site: Site) -> None:
    engine, client = site.office.engine, site.browser()
    codes = [commend(engine, about) for about in (COLLECTIVE, PERSON, UNNAMED)]

    first = client.get("/api/v1/commendations", params={"limit": 2}).json()
    rest = client.get("/api/v1/commendations", params={"limit": 2, "cursor": first["next"]}).json()

    assert [item["code"] for item in first["items"] + rest["items"]] == codes[::-1]
    assert rest["next"] is None
    assert first["items"][0]["name"] is first["items"][0]["achievement"] is None
    one = client.get(f"/api/v1/commendations/{codes[1]}").json()
    assert one["name"] == "Đặng Thị Ánh"
    assert json.dumps(one).find("birth") == -1
    assert client.get("/api/v1/commendations/KT-2024-99999").status_code == 404
    assert client.get("/api/v1/commendations.csv", params={"text": "anh"}).text.count("\r\n") == 2
