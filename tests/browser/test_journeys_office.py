"""What Phòng Nội vụ and the chairman do from their first page, with the page's scripts and without."""

import re
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from engine.runtime.schema import instance
from tests.browser.house import NARROW, House
from tests.browser.people import JOURNEYS, Person

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
STATE = select(instance.c.state)


def state_of(house: House, key: int) -> str:
    found: str = house.one(STATE.where(instance.c.id == key))
    return found


def key_of(house: House, text: str) -> int:
    """The proposal whose headline has that name."""
    found: int = house.one(select(instance.c.id).where(instance.c.headline.contains(text)))
    return found


@SCRIPTS
def test_an_appraiser_works_through_the_queue(house: House, scripts: bool) -> None:
    xuan, uyen = key_of(house, "Lưu Thanh Xuân"), key_of(house, "Ngô Tú Uyên")
    appraiser = Person(house.person("chuyenvien", scripts=scripts)).open("/hang-doi")
    appraiser.follow(f"KT-2024-{xuan:05}").follow("Tiếp nhận").press("Tiếp nhận, rồi sang việc tiếp").done(
        "Đã tiếp nhận"
    )
    next_case = urlsplit(appraiser.page.url).path

    appraiser.open(f"/award-proposals/{uyen}/viec/appraise").check("Đạt")
    appraiser.fill(re.compile("^Nhận xét"), "Đã đối chiếu với báo cáo của phường.").press("Trình kết quả thẩm định")
    appraiser.done("Chờ ký thẩm định")

    JOURNEYS.append("appraiser's next case: 1 action")
    assert [state_of(house, key) for key in (xuan, uyen)] == ["received", "signing"]
    assert re.fullmatch(r"/[a-z-]+/\d+(/.*)?", next_case)
    assert f"/{xuan}" not in next_case


@SCRIPTS
def test_an_appraiser_sends_a_slip_back(house: House, scripts: bool) -> None:
    quarter = key_of(house, "Tổ dân phố số 2")
    appraiser = Person(house.person("chuyenvien2", scripts=scripts)).open(f"/award-proposals/{quarter}")
    appraiser.follow("Yêu cầu bổ sung")
    appraiser.choose("Phần cần bổ sung, dòng 1", "Báo cáo thành tích").choose("Vướng mắc, dòng 1", "Khác")
    appraiser.press("Yêu cầu bổ sung").reads("phải ghi rõ")
    appraiser.fill("Ghi rõ, dòng 1", "Chưa nêu số hộ tham gia.").press("Yêu cầu bổ sung").done("Yêu cầu bổ sung")
    officer = Person(house.person("phuong2", scripts=scripts)).open(f"/award-proposals/{quarter}")
    officer.reads("Chưa nêu số hộ tham gia.")

    assert state_of(house, quarter) == "supplement_requested"


@SCRIPTS
def test_the_head_signs_what_waits(house: House, scripts: bool) -> None:
    thu = key_of(house, "Phạm Anh Thư")
    head = Person(house.person("truongphong", scripts=scripts)).open(f"/award-proposals/{thu}")
    head.follow("Ký thẩm định").press("Ký thẩm định").done("Đã thẩm định: đạt")

    JOURNEYS.append(f"head signs an appraisal: {len(head.taken)} actions")
    assert state_of(house, thu) == "appraised"


@SCRIPTS
def test_the_chairman_decides_a_prepared_list_on_a_phone(house: House, scripts: bool) -> None:
    ready = STATE.where(instance.c.state.in_(("cleared", "council_reviewed")))
    waiting = len(house.rows(ready))
    chairman = Person(house.person("chutich", scripts=scripts, size=NARROW, touch=True)).open("/cho-ky")
    chairman.press(re.compile("^Xem lại và ký")).reads(f"Ký quyết định: {waiting} hồ sơ")
    chairman.fill(re.compile("^Số, ký hiệu"), "330/QĐ-UBND").fill(re.compile("^Ngày ký"), "2024-08-06")
    chairman.press(re.compile("^Ký")).settles("Đã xong")

    JOURNEYS.append(f"chairman decides {waiting}: {len(chairman.taken)} actions")
    assert len(house.rows(ready)) == 0
    assert len(chairman.taken) == 2


@SCRIPTS
def test_all_missing_wards_are_reminded(house: House, scripts: bool) -> None:
    head = Person(house.person("truongphong", scripts=scripts)).open("/campaigns/1/do-phu")
    head.press(re.compile(r"^Đôn đốc… \(Kế hoạch của phường")).reads("UBND phường Tân Thành")
    head.press(re.compile("^(Gửi|Đôn đốc)")).reads(re.compile("đã|Đã"))
    house.place.ticker.tick()

    JOURNEYS.append(f"remind all missing wards: {len(head.taken)} actions")
    assert len(head.taken) == 2


@SCRIPTS
def test_a_citizen_searches_the_register_and_looks_a_case_up(house: House, scripts: bool) -> None:
    citizen = Person(house.person(scripts=scripts)).open("/cong-khai")
    citizen.fill(re.compile("^Tên, đơn vị"), "le thi hoai an").press("Tìm").reads("Lê Thị Hoài An")
    assert "Trần Thị Kim Loan" not in citizen.main.inner_text()
    unit = Person(house.person("ct.phuong2", scripts=scripts)).open(f"/submissions/{house.one(OF_WARD_2)}/bien-nhan")
    code = re.search(r"TTR-2024-\d{5}-[A-Z2-7]{6}", unit.main.inner_text())
    assert code is not None, "the receipt has a code to look up with"
    citizen.open("/tra-cuu").fill(re.compile("^Mã trên"), code[0]).press("Tra cứu").reads("Đã")
    assert "Phạm Anh Thư" not in citizen.main.inner_text()


OF_WARD_2 = select(func.min(instance.c.parent_id)).where(instance.c.headline.contains("Lưu Thanh Xuân"))
