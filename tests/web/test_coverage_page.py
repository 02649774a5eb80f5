"""The matrix of a campaign and the reminders sent from it, as people click through them."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from python_calamine import CalamineWorkbook

from engine.instants import LOCAL
from tests.api.office import launch_campaign
from tests.web.busy import Busy, open_busy
from tests.web.mail import deliver
from tests.web.site import Site
from tests.web.statements import counted

LATE = timedelta(days=22)


def launched(site: Site) -> tuple[str, list[str]]:
    """A campaign whose wards are a day late: its key and those of the wards' duties."""
    campaign, *duties = launch_campaign(site.office.client("tat"))
    site.office.clocks.pass_time(LATE)
    return campaign, duties


def ticked(page: str) -> list[str]:
    return re.findall(r'name="case" value="(\d+)" checked', page)


def test_all_late_wards_are_reminded_in_two_steps(site: Site) -> None:
    campaign, duties = launched(site)
    lan = site.browser("lan")
    matrix = lan.get(f"/campaigns/{campaign}/do-phu").text
    assert f'action="/campaigns/{campaign}/do-phu/don-doc/duty"' in matrix
    assert matrix.count("trễ 1 ngày làm việc") == 2

    recap = lan.get(f"/campaigns/{campaign}/do-phu/don-doc/duty").text
    done = lan.post(f"/campaigns/{campaign}/do-phu/don-doc/duty", data={"_key": "k1", "case": ticked(recap)})
    basket = deliver(site)

    assert ticked(recap) == duties
    assert "Kính gửi An," in recap
    assert "Quá hạn 1 ngày làm việc: gửi báo cáo" in recap
    assert "Đã đôn đốc 2 đơn vị: Phường 1, Phường 2." in done.text
    assert re.search(r"Lan \([^)]+\) đã đôn đốc", site.browser("an").get(f"/duties/{duties[0]}").text)
    assert {"an@example.vn", "chi@example.vn", "dung@example.vn"} <= {to for _, to, _ in basket.kept}


def test_a_double_click_sends_once_and_the_next_look_says_so(site: Site) -> None:
    campaign, duties = launched(site)
    lan = site.browser("lan")
    at = f"/campaigns/{campaign}/do-phu/don-doc/duty"
    for _ in range(2):
        lan.post(at, data={"_key": "k1", "case": duties})
    lan.post(at, data={"_key": "k2", "case": duties})

    recap = lan.get(at).text

    assert sum(to == "an@example.vn" for _, to, _ in deliver(site).kept) == 1
    assert recap.count("Hôm nay đã đôn đốc lúc 09:00 (Lan)") == 2
    assert ticked(recap) == []


def test_sending_to_nobody_is_refused_on_the_same_page(site: Site) -> None:
    campaign, _ = launched(site)

    page = site.browser("lan").post(f"/campaigns/{campaign}/do-phu/don-doc/duty", data={"_key": "k"})

    assert page.status_code == 422
    assert "Chưa đánh dấu đơn vị nào" in page.text


def test_a_ward_sees_its_own_row_without_anything_to_do_to_others(site: Site) -> None:
    campaign, _ = launched(site)
    an = site.browser("an")

    page = an.get(f"/campaigns/{campaign}/do-phu").text

    assert "Phường 1" in page
    assert "Phường 2" not in page
    assert "don-doc" not in page
    assert an.get(f"/campaigns/{campaign}/do-phu/don-doc/duty").status_code == 403
    assert site.browser("khach").get(f"/campaigns/{campaign}/do-phu").status_code == 404


def test_the_filter_stands_in_the_address_and_in_the_files(site: Site) -> None:
    campaign, duties = launched(site)
    tat = site.office.client("tat")
    tat.post(f"/api/v1/duties/{duties[1]}/actions/excuse", json={"reason": "=giải thể"}, headers={"If-Match": '"1"'})
    browser = site.browser("tat")

    whole = browser.get(f"/campaigns/{campaign}/do-phu").text
    late = browser.get(f"/campaigns/{campaign}/do-phu?tt=tre").text
    rows = list(csv.reader(io.StringIO(browser.get(f"/campaigns/{campaign}/do-phu.csv").content.decode("utf-8-sig"))))
    sheet = browser.get(f"/campaigns/{campaign}/do-phu.xlsx?tt=tre")

    assert "Lý do: =giải thể" in whole
    assert "Phường 2" not in late
    assert [(row[1], row[3]) for row in rows[1:]] == [
        ("Phường 1", "trễ 1 ngày làm việc"),
        ("Phường 2", "không phải nộp; =giải thể"),
    ]
    cells = CalamineWorkbook.from_filelike(io.BytesIO(sheet.content)).get_sheet_by_index(0).to_python()
    assert [row[1] for row in cells] == ["Đơn vị", "Phường 1"]
    assert "attachment" in sheet.headers["content-disposition"]


def test_a_unit_with_two_cases_of_one_kind_shows_both(site: Site) -> None:
    campaign, *duties = launch_campaign(site.office.client("tat"))
    codes = [f"TN-2024-{int(duty):05d}" for duty in duties]
    closing = {"last_day": "2024-07-09", "successors": ["P2"], "paper": "Nghị quyết 15"}
    assert site.office.client("quantri").post("/api/v1/units/P1/closing", json=closing).status_code == 200
    browser = site.browser("tat")

    page = browser.get(f"/campaigns/{campaign}/do-phu").text
    rows = list(csv.reader(io.StringIO(browser.get(f"/campaigns/{campaign}/do-phu.csv").content.decode("utf-8-sig"))))

    assert "Phường 1" not in page
    assert all(f">{code}</a>" in page for code in codes)
    assert [(row[1], row[4].split("\n")) for row in rows[1:]] == [("Phường 2", codes)]


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    """The demo's campaign on the day of the wards' deadline."""
    with open_busy(tmp_path_factory.mktemp("matrix") / "demo") as opened:
        opened.place.ticker.advance(opened.clock, max(opened.clock(), datetime(2024, 7, 31, 9, tzinfo=LOCAL)))
        yield opened


@pytest.mark.parametrize("what", ["do-phu", "do-phu.csv", "do-phu/don-doc/unit_obligation", "overview"])
def test_a_page_asks_as_much_for_some_cases_as_for_a_hundred_more(busy: Busy, what: str) -> None:
    address = "/phong-trao/1" if what == "overview" else f"/campaigns/1/{what}"
    browser = busy.browser("truongphong")

    def look() -> int:
        with counted() as ran:
            answer = browser.get(address)
        assert answer.status_code == 200
        return len(ran)

    look()  # what holds for a whole edition of the office is read once
    few = look()
    busy.multiply("8", 100)

    assert look() == few
