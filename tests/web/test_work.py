"""The first page and what waits for a signature, over the real processes: what is whose, and what is not."""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import update

from engine.instants import LOCAL
from engine.runtime.database import Statement
from engine.runtime.schema import person
from tests.web.busy import Busy, open_busy


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    """Three proposals before the chairman, of whom the third one is himself; one draft; on 19/7/2024."""
    with open_busy(tmp_path_factory.mktemp("busy") / "demo") as opened:
        _, first, second, own, _ = opened.propose("Đặng Ánh", "Bùi Đô", "Người ký", "Còn chờ", head="tt.donvi1")
        opened.bring_to_the_chair(first, second, own)
        opened.propose("Lê Nháp")
        opened.start("donvi1", "submissions", "1", round="rolling", decided_by="district")  # without lines
        identifier = opened.api.get(f"/api/v1/award-proposals/{own}", headers={"Authorization": "Bearer donvi1"})
        staff_code = identifier.json()["dossier"]["subject"]["identifier"]
        is_chair = update(person).where(person.c.username == "chutich").values(staff_code=staff_code)
        opened.place.engine.writer.call(lambda tx: tx.run(Statement(is_chair)))
        opened.place.ticker.advance(opened.clock, datetime(2024, 7, 19, 9, tzinfo=LOCAL))
        yield opened


def seen(busy: Busy, who: str, path: str) -> str:
    answer = busy.browser(who).get(path)
    assert answer.status_code == 200
    return answer.text


def section(page: str, heading: str) -> str:
    """The part of the page under that heading, up to the next one."""
    return re.split(r"<h[12]|<details", page.split(heading, 1)[1])[0]


def test_a_prepared_list_is_one_form_with_everything_that_waits(busy: Busy) -> None:
    page = seen(busy, "chutich", "/cho-ky")

    assert "Xem lại và ký 2 hồ sơ" in page
    assert page.count('name="case"') == 2
    assert '<input type="hidden" name="action" value="approve">' in page
    for told in ("Giấy khen: Đặng Ánh", "Dạy học ở điểm trường xa", "<strong>Đạt</strong>", "TTR-2024-"):
        assert told in page


def test_the_chairman_reads_how_many_units_have_done_it_although_he_sees_no_obligation(busy: Busy) -> None:
    chair, office = (seen(busy, who, "/") for who in ("chutich", "truongphong"))

    told = re.findall(r"(\d+) trên (\d+) đơn vị đã thực hiện", chair)

    assert told == re.findall(r"(\d+) trên (\d+) đơn vị đã thực hiện", office) != []
    assert "Xem đơn vị nào còn thiếu" in office
    assert "Xem đơn vị nào còn thiếu" not in chair


def test_nobody_is_offered_to_sign_for_themself(busy: Busy) -> None:
    assert "Người ký" not in seen(busy, "chutich", "/cho-ky")

    page = seen(busy, "chutich", "/")
    assert "2 hồ sơ chờ bạn ký" in page
    assert "Người ký" not in section(page, "Đã quá hạn")
    assert "Người ký" in page.split("phải do người khác làm")[1]


def test_a_head_signs_lists_that_have_lines(busy: Busy) -> None:
    page = seen(busy, "tt.donvi1", "/cho-ky")

    assert page.count('name="case"') == 1
    assert "Danh sách có 1 hồ sơ" in page


def test_who_signs_nothing_is_told_where_to_go(busy: Busy) -> None:
    page = seen(busy, "chuyenvien", "/cho-ky")

    assert "Không có hồ sơ nào chờ chữ ký của bạn." in page
    assert 'href="/cho-ky"' not in page  # not in the menu either


def test_tasks_stand_under_when_they_are_due_with_the_way_to_their_work(busy: Busy) -> None:
    appraiser, officer = seen(busy, "chuyenvien", "/"), seen(busy, "donvi1", "/")

    assert "Giấy khen: Còn chờ" in section(appraiser, "Đã quá hạn")
    assert "Kiểm tra thành phần hồ sơ" in section(appraiser, "Đã quá hạn")
    draft = section(officer, "Sau đó")
    assert "Giấy khen: Lê Nháp" in draft
    assert re.search(r'href="/award-proposals/\d+/sua"', draft)  # there is something to fill in
    assert "/sua" not in section(appraiser, "Đã quá hạn")


def test_a_unit_sees_how_far_its_own_have_come(busy: Busy) -> None:
    page = seen(busy, "donvi1", "/?muc=da_nop")

    assert [f"{name} ({n})" in page for name, n in (("Nháp", 3), ("Đã nộp", 5), ("Cần bổ sung", 0))] == [True] * 3
    assert "Giấy khen: Bùi Đô" in section(page, "Hồ sơ của đơn vị")
    assert "Giấy khen: Lê Nháp" not in section(page, "Hồ sơ của đơn vị")


def test_what_a_role_may_begin_is_a_button(busy: Busy) -> None:
    begins = {who: "/submissions/moi?parent=1" in seen(busy, who, "/") for who in ("donvi1", "tt.donvi1", "thanhtra")}

    assert begins == {"donvi1": True, "tt.donvi1": False, "thanhtra": False}
    assert "/campaigns/moi" in seen(busy, "chuyenvien", "/")
    assert "/campaigns/moi" not in seen(busy, "phuong1", "/")  # has the appraiser's role, and no seat of the district


def test_dates_of_the_campaign_and_of_tasks_lie_ahead(busy: Busy) -> None:
    ahead = section(seen(busy, "donvi1", "/"), "Kế hoạch và hạn")

    assert "31/07/2024" in ahead
    assert "Hạn phường gửi kế hoạch" in ahead


def test_an_authority_sees_the_coverage_and_who_is_late(busy: Busy) -> None:
    page = seen(busy, "chuyenvien", "/")

    assert "Độ phủ" not in seen(busy, "phuong1", "/")
    assert "trên 29 đơn vị đã thực hiện" in page
    assert '/campaigns/1/do-phu"' in page
    assert 'href="/ho-so?qua_han=1&amp;noi=PNV"' in section(page, "Quá hạn theo đơn vị")
    assert "Giấy khen: Còn chờ" in seen(busy, "chuyenvien", "/ho-so?qua_han=1&noi=PNV")
