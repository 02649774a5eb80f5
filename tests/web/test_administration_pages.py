"""The pages of administration: what is done there happens as over the API; refusals stand beside the words."""

import re
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.credentials import SESSION_COOKIE
from engine.runtime.database import Transaction
from engine.runtime.offices import add_person
from tests.api.office import start_leave, submit_leave
from tests.api.test_administration_spreadsheet import workbook
from tests.databases import rows as rows_of
from tests.databases import tamper
from tests.web.site import Site
from tests.web.statements import counted

AT = "/quan-tri"
MANDATE = {
    "role": "head", "unit": "P1", "principal": "2", "deputy": "1", "capacity": "KT.", "paper": "05/GUQ ngày 01/7",
    "from": "2024-07-10", "to": "2024-07-31",
}  # fmt: skip
READ_ONLY = ("", "/don-vi", "/don-vi/P1", "/uy-quyen", "/uy-quyen/moi", "/lich", "/quy-dinh", "/quy-dinh/1")
FOR_ADMINISTRATORS = ("/nguoi-dung", "/nguoi-dung/1", "/nguoi-dung/thieu-nguoi", "/thu", "/phien", "/bang-tinh",
                      "/bang-tinh/to-chuc.xlsx", "/nhat-ky", "/nhat-ky/kiem-tra", "/du-lieu-ca-nhan",
                      "/du-lieu-ca-nhan/dang-giu", "/du-lieu-ca-nhan/nhat-ky")  # fmt: skip


@pytest.fixture
def admin(site: Site) -> TestClient:
    return site.browser("quantri")


def send(browser: TestClient, path: str, which: str, **fields: Any) -> Any:
    return browser.post(f"{AT}{path}", data={"viec": which, **fields})


def unconfirmed(site: Site) -> TestClient:
    """The administrator, who gave the password some time ago."""
    browser = site.browser("quantri")
    site.office.clocks.pass_time(timedelta(minutes=20))
    return browser


def rows(site: Site, query: str) -> list[Any]:
    return rows_of(site.office.engine.database, query)


def words(page: Any) -> str:
    """The text of a page's main part, tags taken out."""
    main = page.text.partition("<main")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


# ── who sees what ────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("path", [*READ_ONLY, *FOR_ADMINISTRATORS, "/su-co"])
def test_the_administrator_opens_every_page(admin: TestClient, path: str) -> None:
    assert admin.get(f"{AT}{path}").status_code == 200


@pytest.mark.parametrize("path", FOR_ADMINISTRATORS)
def test_who_administers_nothing_reads_who_may(site: Site, path: str) -> None:
    page = site.browser("an").get(f"{AT}{path}")

    assert page.status_code == 403
    assert "Quản trị" in words(page)


@pytest.mark.parametrize("path", READ_ONLY)
def test_others_look_at_what_holds_for_everybody_and_find_no_form_there(site: Site, path: str) -> None:
    page = site.browser("an").get(f"{AT}{path}")

    assert page.status_code == 200
    assert 'name="viec"' not in page.text
    assert f'href="{AT}/nguoi-dung"' not in page.text


# ── units and people ─────────────────────────────────────────────────────────────────────────────
def test_a_new_unit_stands_in_the_tree_and_in_its_own_history(site: Site, admin: TestClient) -> None:
    page = send(admin, "/don-vi", "them", name="Phường 3", code="P3", kind="ward", parent="Q", authority="", mail="",
                identifier="", groups="wards, x1", valid_from="10/07/2024")  # fmt: skip

    assert page.url.path == f"{AT}/don-vi/P3"
    assert "Đã thêm đơn vị Phường 3 (P3)." in words(page)
    assert "Thêm đơn vị · Quantri" in words(page)
    assert "Phường 3" in words(admin.get(f"{AT}/don-vi"))
    assert site.office.engine.office.by_code["P3"].groups == ("wards", "x1")


def test_what_is_wrong_stands_beside_its_field_and_the_rest_stays_typed(admin: TestClient) -> None:
    page = send(
        admin, "/don-vi", "them", name="Phường «3»", code="P 3", kind="ward", parent="Q", valid_from="2024-07-10"
    )

    assert page.status_code == 422
    assert 'value="Phường «3»"' in page.text
    assert re.search(r'id="f-them-code"[^>]*aria-invalid="true"[^>]*aria-describedby="f-them-code-about"', page.text)
    assert re.search(r'id="f-them-code-about"><span class="wrong">Mã chỉ gồm', page.text)
    assert '<a href="#f-them-code">' in page.text


def test_only_what_differs_is_changed(site: Site, admin: TestClient) -> None:
    shown = {"mail": "P1@example.vn", "identifier": "", "groups": "", "parent": "Q", "authority": "Q"}

    page = send(admin, "/don-vi/P1", "sua", name="Phường Một", **shown)

    assert "Đã ghi thay đổi của Phường Một." in words(page)
    assert rows(site, "SELECT payload FROM administration WHERE what = 'unit.change'")[0][0].count("Phường") == 2


def test_another_mail_address_of_a_unit_takes_the_password_again(site: Site) -> None:
    admin = unconfirmed(site)
    shown = {
        "name": "Phường 1",
        "mail": "moi@example.vn",
        "identifier": "",
        "groups": "",
        "parent": "Q",
        "authority": "Q",
    }

    refused = send(admin, "/don-vi/P1", "sua", **shown)
    before = rows(site, "SELECT mail FROM unit WHERE code = 'P1'")
    send(admin, "/don-vi/P1", "sua", **shown, _password=site.password)

    assert (refused.status_code, 'name="_password"' in refused.text) == (401, True)
    assert before == [("P1@example.vn",)]
    assert rows(site, "SELECT mail FROM unit WHERE code = 'P1'") == [("moi@example.vn",)]


def test_before_a_unit_ends_one_reads_what_ends_with_it_and_after_it_what_moved(site: Site, admin: TestClient) -> None:
    start_leave(site.office.client("an"))

    before = words(admin.get(f"{AT}/don-vi/P1"))
    page = send(admin, "/don-vi/P1", "ket-thuc", last_day="2024-07-09", successors="P2", paper="NQ 15")

    assert "1 hồ sơ đang mở" in before
    assert "hồ sơ đã chuyển: 1; hồ sơ còn chờ chuyển: 0." in words(page)


def test_a_case_of_a_unit_without_heir_waits_to_be_given_to_another(site: Site, admin: TestClient) -> None:
    case = start_leave(site.office.client("an"))
    send(admin, "/don-vi/P1", "ket-thuc", last_day="2024-07-09", paper="NQ 15")

    page = send(admin, "/don-vi/P1", f"chuyen:leave-requests/{case['id']}", unit="P2", paper="QĐ 7")

    assert f"Đã chuyển hồ sơ {case['code']} cho Phường 2." in words(page)


def test_people_are_found_without_marks_and_by_role(site: Site, admin: TestClient) -> None:
    def rename(tx: Transaction) -> None:
        tx.command("UPDATE person SET name = 'Đặng Thị Ánh' WHERE username = 'an'")

    site.office.engine.writer.call(rename)

    assert "Đặng Thị Ánh" in words(admin.get(f"{AT}/nguoi-dung", params={"q": "anh dang"}))
    assert "Đặng Thị Ánh" not in words(admin.get(f"{AT}/nguoi-dung", params={"vai": "head"})).partition("Thêm")[0]


def test_the_list_of_people_asks_as_often_for_a_hundred_as_for_one(site: Site, admin: TestClient) -> None:
    def asked() -> int:
        admin.get(f"{AT}/nguoi-dung")  # what the office is, is read again when somebody came
        with counted() as ran:
            assert admin.get(f"{AT}/nguoi-dung").status_code == 200
        return len(ran)

    few = asked()
    site.office.engine.writer.call(
        lambda tx: [add_person(tx, f"n{n}", f"Người {n}", mail="n@example.vn") for n in range(100)]
    )

    assert asked() == few


def test_a_role_asks_for_the_password_again_and_keeps_what_was_chosen(site: Site) -> None:
    admin, wish = unconfirmed(site), {"role": "officer", "unit": "P2", "from": "2024-07-10", "to": ""}

    refused = send(admin, "/nguoi-dung/1", "giao", **wish)
    wrong = send(admin, "/nguoi-dung/1", "giao", **wish, _password="sai")
    page = send(admin, "/nguoi-dung/1", "giao", **wish, _password=site.password)

    assert 'name="_password"' in refused.text
    assert re.search(r'<option value="P2" selected>', refused.text)
    assert "Mật khẩu hoặc mã xác thực không đúng." in words(wrong)
    assert "Đã giao vai trò" in words(page)
    assert len(rows(site, "SELECT 1 FROM membership WHERE person_id = 1")) == 2


def test_who_leaves_is_told_with_what_nobody_holds_any_more(admin: TestClient) -> None:
    page = send(admin, "/nguoi-dung/2", "nghi", last_day="2024-07-09", successor="")

    assert "Đã ghi Binh nghỉ. Vai trò kết thúc: 1" in words(page)
    assert "tài khoản" in words(page).lower()
    assert "đã đóng" in words(page)


def test_nobody_is_invited_twice_into_an_account_with_a_password(admin: TestClient) -> None:
    page = send(admin, "/nguoi-dung/1", "moi")

    assert page.status_code == 409
    assert "đã có mật khẩu" in words(page)


# ── mandates, calendar, law ──────────────────────────────────────────────────────────────────────
def test_a_mandate_is_limited_by_ticking_what_the_role_does(site: Site, admin: TestClient) -> None:
    second = admin.get(f"{AT}/uy-quyen/moi", params={"vai": "head@P1"})
    power = re.findall(r'name="powers" value="([^"]+)"', second.text)[0]

    page = send(admin, "/uy-quyen/moi", "lap", **MANDATE, powers=power)

    assert "An được ký KT. Binh" in words(page)
    assert rows(site, "SELECT powers, paper FROM mandate") == [(f'["{power}"]', MANDATE["paper"])]


def test_a_refused_mandate_stays_on_its_second_step_with_its_ticks(admin: TestClient) -> None:
    page = send(admin, "/uy-quyen/moi", "lap", **(MANDATE | {"to": ""}), powers="leave_request.grant")

    assert page.status_code == 422
    assert 'value="leave_request.grant" checked' in page.text
    assert 'value="05/GUQ ngày 01/7"' in page.text


def test_a_day_off_says_how_many_deadlines_come_after_it(site: Site, admin: TestClient) -> None:
    case = start_leave(site.office.client("an"))
    submit_leave(site.office.client("an"), case["id"])

    page = send(admin, "/lich", "ghi", day="2024-07-11", kind="off", name="Nghỉ bão", source="Công điện 1")

    assert "Có 1 việc đang chạy có hạn từ ngày đó trở đi" in words(page)
    assert not site.office.engine.office.calendar.is_working(site.office.clocks.now.date() + timedelta(days=1))


def test_a_confirmed_rule_says_who_read_what_and_blocks(site: Site) -> None:
    admin = unconfirmed(site)
    address = re.search(r'href="(/quan-tri/quy-dinh/\d+)">result_long<', admin.get(f"{AT}/quy-dinh").text)
    assert address is not None
    path = address[1].removeprefix(AT)

    before = words(admin.get(address[1]))
    refused = send(admin, path, "xac-nhan", source="Quy chế 12")
    page = send(admin, path, "xac-nhan", source="Quy chế 12", _password=site.password)

    assert "«Gửi báo cáo»" in before
    assert "chỉ nhắc" in before
    assert "cần xác nhận lại" in words(refused)
    assert "Quantri" in words(page)
    assert "chặn việc khi chưa đạt" in words(page)


def test_a_number_of_the_law_changes_from_a_day_on_and_the_old_one_stays(site: Site, admin: TestClient) -> None:
    new = {"kind": "time_limit", "key": "check", "value.int.working_days": "5", "citation": "QĐ 9", "mark": "V"}

    refused = send(admin, "/quy-dinh/1", "doi", **new | {"value.int.working_days": "năm"}, valid_from="2024-08-01")
    page = send(admin, "/quy-dinh/1", "doi", **new, valid_from="2024-08-01")

    assert "working_days: số nguyên" in words(refused)
    assert "Đã thêm dòng check" in words(page)
    found = rows(site, "SELECT value, valid_to FROM reference WHERE key = 'check' ORDER BY valid_from")
    assert found == [('{"working_days":3}', "2024-07-31"), ('{"working_days":5}', None)]


# ── mail, logins, spreadsheet, log, incidents ────────────────────────────────────────────────────
def test_a_test_letter_goes_to_whoever_asks_for_it(site: Site, admin: TestClient) -> None:
    page = send(admin, "/thu", "thu")

    assert "Thư thử tới quantri@example.vn đang chờ gửi" in words(page)
    assert rows(site, "SELECT address, kind FROM message") == [("quantri@example.vn", "account_test")]


def test_whom_mails_come_from_takes_the_password_again(site: Site) -> None:
    admin = unconfirmed(site)
    wish = {"sender_name": "Phòng Nội vụ", "reply_to": ""}

    shown = admin.get(f"{AT}/thu").text
    refused = send(admin, "/thu", "dat", **wish)
    done = send(admin, "/thu", "dat", **wish, _password=site.password)

    assert 'name="_password"' in shown
    assert refused.status_code == 401
    assert rows(site, "SELECT value FROM setting WHERE name = 'mail.sender_name'") == [("Phòng Nội vụ",)]
    assert "Đã ghi; thư viết từ nay mang thông tin này." in words(done)


def test_an_ended_session_opens_nothing_any_more(site: Site, admin: TestClient) -> None:
    other = site.browser("an")
    about = re.search(r"ket-thuc:(1/\d+)", admin.get(f"{AT}/phien").text)
    assert about is not None

    page = send(admin, "/phien", f"ket-thuc:{about[1]}")

    assert "Đã kết thúc 1 phiên của An." in words(page)
    assert other.get(f"{AT}/lich").status_code == 401


def test_a_workbook_is_looked_at_first_and_taken_in_on_a_second_word(site: Site, admin: TestClient) -> None:
    content = workbook(people=[("moi1", "Người Mới", "moi1@example.vn", None, "có")])

    first = admin.post(f"{AT}/bang-tinh", data={"viec": "xem-truoc"}, files={"file": ("a.xlsx", content)})
    before = rows(site, "SELECT 1 FROM person WHERE username = 'moi1'")
    second = send(admin, "/bang-tinh", "ghi")

    assert "Sẽ thêm 1, sửa 0, kết thúc 0. Chưa dòng nào được ghi." in words(first)
    assert before == []
    assert "Đã ghi bảng tính: thêm 1" in words(second)
    assert len(rows(site, "SELECT 1 FROM person WHERE username = 'moi1'")) == 1
    assert "Lần nhập bảng tính gần nhất:" in words(admin.get(AT))


def test_wrong_cells_of_a_workbook_are_named_by_sheet_row_and_column(admin: TestClient) -> None:
    content = workbook(people=[("Tên Sai", "Người Mới", "moi1@example.vn", None, "có")])

    page = admin.post(f"{AT}/bang-tinh", data={"viec": "xem-truoc"}, files={"file": ("a.xlsx", content)})

    assert page.status_code == 422
    assert "Người 2 Tên đăng nhập Tên đăng nhập chỉ gồm" in words(page)


def test_the_log_is_filtered_by_its_address(admin: TestClient) -> None:
    send(admin, "/lich", "ghi", day="2024-07-11", kind="off", name="Nghỉ bão", source="Công điện 1")
    send(admin, "/don-vi", "them-loai", name="Tổ", code="team", rank="5")

    days = words(admin.get(f"{AT}/nhat-ky", params={"loai": "calendar_day"}))

    assert "Ghi ngày vào lịch: 2024-07-11" in days
    assert "Thêm loại đơn vị: team" not in days
    assert "Không có dòng nào như vậy." in words(admin.get(f"{AT}/nhat-ky", params={"den": "2024-07-09"}))


def test_a_history_that_was_tampered_with_is_found_on_demand(site: Site, admin: TestClient) -> None:
    start_leave(site.office.client("an"))
    assert "Mọi mã băm đều khớp" in words(admin.get(f"{AT}/nhat-ky/kiem-tra"))

    tamper(site.office.engine.database, "UPDATE history SET payload = '{}'")

    assert "case 1: the payload of entry 1 was changed" in words(admin.get(f"{AT}/nhat-ky/kiem-tra"))


def test_an_incident_waits_in_the_overview_until_it_is_settled(site: Site, admin: TestClient) -> None:
    case = start_leave(site.office.client("chi"))
    submit_leave(site.office.client("chi"), case["id"])  # nobody is head of the second ward

    assert "Sự cố chưa xử lý" in words(admin.get(AT)).partition("Không có gì ở:")[0]
    which = re.search(r"ket-thuc:\d+", admin.get(f"{AT}/su-co").text)
    assert which is not None
    assert f"Đã kết thúc sự cố của {case['code']}." in words(send(admin, "/su-co", which[0]))
    assert "Không có sự cố nào chưa xử lý." in words(admin.get(f"{AT}/su-co"))


def test_what_was_typed_when_the_session_ended_waits_in_the_form(site: Site) -> None:
    browser = site.browser()
    place = f"{AT}/don-vi?bieu-mau=them"
    wish = {"viec": "them", "name": "Phường 3", "_place": place, "_key": "k"}
    kept = re.search(r'name="_kept" value="([^"]*)"', browser.post(f"{AT}/don-vi", data=wish).text)
    assert kept is not None

    page = browser.post(
        "/dang-nhap",
        data={"username": "quantri", "_password": site.password, "tiep": place, "_kept": kept[1].replace("&#34;", '"')},
    )

    assert SESSION_COOKIE in browser.cookies
    assert re.search(r'id="f-them-name"[^>]*value="Phường 3"', page.text)


def test_a_new_unit_decides_for_itself_only_where_that_is_chosen(site: Site, admin: TestClient) -> None:
    new = {"name": "Phường 3", "code": "P3", "kind": "ward", "valid_from": "10/07/2024"}

    page = admin.get(f"{AT}/don-vi").text
    assert re.search(r'id="f-them-parent".*?<option value="Q" selected>[^<]*\(Q\): [^<]* quyết định', page, re.S)
    assert send(admin, "/don-vi", "them", **new, parent="", authority="").status_code == 422
    send(admin, "/don-vi", "them", **new, parent="Q", authority="chinh-don-vi-nay")
    unit = site.office.engine.office.by_code["P3"]
    assert unit.authority_id == unit.id
