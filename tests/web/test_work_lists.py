"""The queue and the list of cases: an address is a view, parts follow each other, own views are one's own."""

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from tests.api.office import start_leave, submit_leave, version
from tests.web.site import Site


def codes(page: str) -> list[str]:
    """The cases of a table, in its order."""
    return re.findall(r'<th scope="row"><a href="[^"]+">([^<]+)</a>', page)


@pytest.mark.parametrize("words", ["dua con", "ĐƯA CON", "đi hoc", "DN-2024-00001", "dn-2024-00001 con", "00001"])
def test_search_minds_neither_marks_nor_case(site: Site, words: str) -> None:
    client = site.office.client("an")
    wanted, _ = start_leave(client, reason="Đưa con đi học"), start_leave(client, reason="Về quê")

    assert codes(site.browser("an").get("/ho-so", params={"q": words}).text) == [wanted["code"]]


@pytest.mark.parametrize("words", ["dua me", "100%", "_", "DN-2024-00002", "PT-2024-00001"])
def test_search_finds_nothing_else(site: Site, words: str) -> None:
    start_leave(site.office.client("an"), reason="Đưa con đi học")

    page = site.browser("an").get("/ho-so", params={"q": words}).text

    assert codes(page) == []
    assert "Không có hồ sơ nào khớp với bộ lọc này." in page


def test_a_list_shows_what_one_may_see(site: Site) -> None:
    case = start_leave(site.office.client("an"))

    assert codes(site.browser("binh").get("/ho-so").text) == [case["code"]]
    assert codes(site.browser("chi").get("/ho-so").text) == []
    assert codes(site.browser("chi").get("/ho-so", params={"q": case["code"]}).text) == []


def test_nonsense_in_an_address_is_left_out(site: Site) -> None:
    case = start_leave(site.office.client("an"))
    address = "/ho-so?loai=x,y&trang_thai=zz&giai_doan=1&muc=a&cho=-1&con=x&tu=a.b.c&sap=x&don_vi=?&thuoc=1e9&cua=z"

    assert codes(site.browser("an").get(address).text) == [case["code"]]
    for beyond in ("tu=99999999999999999999.1.1", "tu=1.2", "thuoc=999999999999999999999", "cho=9999", "q=%00%f0"):
        assert site.browser("an").get(f"/ho-so?{beyond}").status_code == 200


@pytest.mark.parametrize("order", ["han", "-han", "don_vi", "-don_vi", "nhan", "-nhan"])
def test_the_parts_of_a_list_follow_each_other_in_every_order(site: Site, order: str) -> None:
    client = site.office.client("dung")
    made = []
    for n in range(60):
        unit = "P1" if n % 3 else "P2"
        answer = client.post("/api/v1/leave-requests", json={"unit": unit, "dossier": {"reason": f"Lý do {n}"}})
        made.append(answer.json()["code"])
        if n % 20 == 0:
            site.office.clocks.pass_time(timedelta(minutes=10))
    browser = site.browser("dung")

    first = browser.get("/ho-so", params={"sap": order}).text
    onward = re.search(r'href="([^"]+)" rel="next"', first)
    assert onward is not None
    second = browser.get(onward[1].replace("&amp;", "&")).text

    assert "1–50, còn nữa" in first
    assert "51–60, hết" in second
    assert sorted(codes(first) + codes(second)) == sorted(made)
    assert 'rel="next"' not in second


def test_the_queue_is_of_ones_roles_and_narrows_to_whose_and_how_late(site: Site) -> None:
    officer, head = site.office.client("an"), site.browser("binh")
    free, taken = start_leave(officer, reason="Chưa ai"), start_leave(officer, reason="Có người")
    submit_leave(officer, free["id"])
    submit_leave(officer, taken["id"])
    given = site.office.client("binh").post(
        f"/api/v1/leave-requests/{taken['id']}/assignment", json={"person": "binh"}, headers=version(2)
    )
    assert given.status_code == 200, given.text

    def shown(query: str) -> list[str]:
        return sorted(codes(head.get(f"/hang-doi?{query}").text))

    assert shown("") == sorted((free["code"], taken["code"]))
    assert (shown("cua=toi"), shown("cua=trong")) == ([taken["code"]], [free["code"]])
    assert (shown("qua_han=1"), shown("cho=2")) == ([], [])
    site.office.clocks.now += timedelta(days=7)
    assert shown("qua_han=1") == shown("cho=2") == shown("")
    assert shown("cho=5") == []
    assert codes(site.browser("an").get("/hang-doi").text) == []
    assert "Không còn việc nào" in site.browser("an").get("/hang-doi").text


def _keep(browser: TestClient, name: str, **asked: str) -> str:
    answer = browser.post("/hang-doi/bo-loc", data={"ten": name, "danh_sach": "/ho-so", **asked})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_view_is_kept_under_a_name_and_dropped_by_its_owner_only(site: Site) -> None:
    browser, other = site.browser("an"), site.browser("binh")

    page = _keep(browser, "Đơn <của> tôi", q="don", mo="1", la="x")

    assert 'href="/ho-so?q=don&amp;mo=1">Đơn &lt;của&gt; tôi</a>' in page
    assert "của tôi" not in other.get("/ho-so").text.split("Bộ lọc của tôi")[1]
    key = page.split('name="id" value="')[1].split('"')[0]
    assert other.post("/hang-doi/bo-loc/xoa", data={"id": key}).status_code == 404
    assert "Bộ lọc của tôi (1)" in browser.get("/ho-so").text
    dropped = browser.post("/hang-doi/bo-loc/xoa", data={"id": key, "danh_sach": "/ho-so"})
    assert "Bộ lọc của tôi (0)" in dropped.text


def test_a_view_of_the_same_name_takes_the_place_of_the_old_one(site: Site) -> None:
    browser = site.browser("an")
    _keep(browser, "Một", q="cu")

    page = _keep(browser, " Một ", q="moi")

    assert "Bộ lọc của tôi (1)" in page
    assert "?q=moi" in page


def test_a_view_that_cannot_be_kept_says_why_beside_its_name(site: Site) -> None:
    browser = site.browser("an")
    for n in range(20):
        _keep(browser, f"Bộ {n}", q=str(n))

    many = browser.post("/hang-doi/bo-loc", data={"ten": "Bộ mới", "danh_sach": "/ho-so", "q": "a"})
    nameless = browser.post("/hang-doi/bo-loc", data={"ten": " ", "danh_sach": "/ho-so", "q": "a"})

    assert (many.status_code, nameless.status_code) == (422, 422)
    assert "Đã lưu 20 bộ lọc" in many.text
    assert 'value="Bộ mới"' in many.text
    assert "Đặt tên từ 1 đến 60 ký tự." in nameless.text


def test_lists_are_for_those_who_are_logged_in(site: Site) -> None:
    for path in ("/hang-doi", "/ho-so", "/cho-ky"):
        assert site.browser().get(path).status_code == 401
