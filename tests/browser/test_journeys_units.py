"""What agencies and wards do from their first page to a receipt, with the page's scripts and without."""

import re

import pytest
from sqlalchemy import select

from engine.runtime.schema import instance
from tests.browser.house import NARROW, WIDE, House
from tests.browser.people import JOURNEYS, Person, pasted

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
NEWEST = select(instance.c.id).where(instance.c.process == "submission").order_by(instance.c.id.desc())
STATE = select(instance.c.state)
LINES = 30


@SCRIPTS
def test_an_agency_sends_a_list_of_thirty(house: House, scripts: bool) -> None:
    officer = Person(house.person("donvi13", scripts=scripts)).open("/")
    officer.follow(re.compile("^Lập: Tờ trình")).press("Lập hồ sơ").is_at(r"/submissions/\d+")
    key = house.one(NEWEST)
    officer.open(f"/submissions/{key}/giay-to")
    for kind in ("Tờ trình kèm danh sách", "Biên bản xét khen thưởng của đơn vị", "Báo cáo thành tích"):
        officer.upload(kind, "giay").reads("Đã đính kèm: giay.pdf")
    officer.open(f"/submissions/{key}/nhap-danh-sach").fill("Danh sách", pasted(LINES))

    before = len(officer.taken)
    officer.press("Kiểm tra").reads(f"Cả {LINES} dòng đều đúng").press(f"Lấy cả {LINES} dòng")
    officer.settles("Đã xong")
    head = Person(house.person("tt.donvi13", scripts=scripts)).open("/").reads("chờ bạn ký")
    head.follow("Xem và ký").press(re.compile(r"^(Ký và trình|Xem lại và ký)")).reads("Số, ký hiệu")
    head.fill(re.compile("^Số, ký hiệu"), "21/TTr-MN").fill(re.compile("^Ngày ký"), "2024-08-06")
    head.press(re.compile("^Ký"))
    head.until(lambda: house.one(STATE.where(instance.c.id == key)) == "submitted")
    officer.open(f"/submissions/{key}/bien-nhan").reads("Biên nhận").reads("21/TTr-MN").reads(str(LINES))

    actions = len(officer.taken) - before + len(head.taken)
    JOURNEYS.append(f"list of {LINES}, after the paste: {actions} actions ({'scripts' if scripts else 'plain'})")
    assert house.one(STATE.where(instance.c.id == key)) == "submitted"
    assert (
        len(house.rows(select(instance.c.id).where(instance.c.parent_id == key, instance.c.state == "submitted")))
        == LINES
    )
    assert actions <= 6


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["desk", "phone"])
def test_a_ward_makes_and_sends_its_plan(house: House, scripts: bool, size: tuple[int, int]) -> None:
    if size == NARROW and not scripts:
        size = (320, 640)
    officer = Person(house.person("phuong6", scripts=scripts, size=size)).open("/")
    officer.follow("Lập kế hoạch của phường").fill("Tổ chức thực hiện", "Các tổ dân phố thực hiện, họp hằng tháng.")
    officer.press("Lưu và đóng").follow("Trình dự thảo để ký").press("Trình dự thảo để ký").done("Dự thảo")
    chair = Person(house.person("ct.phuong6", scripts=scripts, size=size)).open("/ward-plans/7/giay-to")
    chair.upload("Kế hoạch", "ke-hoach").reads("Đã đính kèm: ke-hoach.pdf")
    chair.open("/").follow("Xem và ký").press(re.compile("^(Ký ban hành|Xem lại và ký)"))
    chair.fill(re.compile("^Số, ký hiệu"), "77/KH-UBND").fill(re.compile("^Ngày ký"), "2024-08-06").press(
        re.compile("^Ký")
    )
    chair.until(lambda: house.one(STATE.where(instance.c.id == 7)) == "signed")
    officer.open("/").follow("Gửi kế hoạch về quận").follow("Gửi về quận").press("Gửi về quận").done("Đã gửi quận")

    JOURNEYS.append(f"ward plan: {len(officer.taken) + len(chair.taken)} actions")
    assert house.one(STATE.where(instance.c.id == 7)) == "submitted"


@SCRIPTS
def test_a_ward_completes_what_came_back(house: House, scripts: bool) -> None:
    officer = Person(house.person("phuong4", scripts=scripts)).open("/")
    officer.follow("Hoàn thiện kế hoạch và gửi lại").fill("Nội dung thi đua", "Nội dung kèm chỉ tiêu từng quý.")
    officer.press(re.compile("^Lưu$")).open("/ward-plans/5/giay-to")  # what was signed is signed again
    officer.upload("Kế hoạch", "ke-hoach").reads("Đã đính kèm: ke-hoach.pdf")
    officer.open("/ward-plans/5").follow("Gửi lại").press("Gửi lại").done("Đã gửi quận")

    JOURNEYS.append(f"completion: {len(officer.taken)} actions")
    assert house.one(STATE.where(instance.c.id == 5)) == "submitted"
