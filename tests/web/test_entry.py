"""A whole list entered at once: recognised, checked, put right in its cells, taken; what is wrong stays."""

import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from engine.administration.workbook import Sheet, write
from engine.jobs.rehearsing import rehearse_list
from tests.web.customer import Customer, open_customer
from web.entry import checking
from web.entry.cells import cells_of_text
from web.entry.columns import arranged, columns_of
from workflows.award_proposal.process import AwardProposal

HEAD = "STT\tHo va ten\tDoi tuong\tMã\tNăm sinh\tHình thức\tThành tích\tTóm tắt\tTừ ngày\tĐến ngày\tPhong trào"
MODEL = AwardProposal.model_card


@pytest.fixture
def customer() -> Iterator[Customer]:
    with open_customer() as customer:
        yield customer


def line(n: int, *, award: str = "Giấy khen", to_day: str = "30/7/2024", code: str = "") -> str:
    """A row of a list as Excel puts it on the clipboard."""
    cells = (
        str(n), f"Nguyễn Văn {n:02d}", "Cá nhân", code or f"CB{n:03d}", "1980", award, f"Thành tích số {n} của quận",
        "Hoàn thành xuất sắc nhiệm vụ được giao trong đợt thi đua", "10/07/2024", to_day, "GPHP70",
    )  # fmt: skip
    return "\t".join(cells)


def pasted(*lines: str) -> dict[str, str]:
    return {"list": "\r\n".join((HEAD, *lines)), "do": "check"}


def stamp(page: str) -> str:
    found = re.search(r'name="_stamp" value="(\w+)"', page)
    assert found is not None
    return found[1]


def names_below(customer: Customer, path: str) -> list[str]:
    key = path.rpartition("/")[2]
    items = customer.browser("donvi1").get("/api/v1/award-proposals", params={"parent": key}).json()["items"]
    return sorted(item["headline"] for item in items)


def test_the_good_rows_are_taken_and_the_others_stay_with_what_is_wrong_in_their_cells(customer: Customer) -> None:
    path, browser = customer.submission(), customer.browser("donvi1")

    page = browser.post(f"{path}/nhap-danh-sach", data=pasted(line(1), line(2, award="Bằng"), line(3)))
    assert "Lấy 2 dòng đúng, giữ 1 dòng lỗi" in page.text
    assert re.search(r'name="c-2-5"[^>]*aria-invalid="true" aria-describedby="w-c-2-5"', page.text)
    job = browser.post(f"{path}/nhap-danh-sach", data={"do": "take", "_stamp": stamp(page.text)})
    customer.work_off()

    assert names_below(customer, path) == ["Giấy khen: Nguyễn Văn 01", "Giấy khen: Nguyễn Văn 03"]
    assert "2 dòng đã thực hiện" in browser.get(job.url.path).text
    left = browser.get(f"{path}/nhap-danh-sach").text
    assert "0 dòng đúng, 1 dòng cần sửa." in left
    assert 'value="Nguyễn Văn 02"' in left


def test_a_cell_is_put_right_in_place(customer: Customer) -> None:
    path, browser = customer.submission(), customer.browser("donvi1")
    page = browser.post(f"{path}/nhap-danh-sach", data=pasted(line(1, to_day="32/7/2024")))
    assert "Ngày không đúng" in page.text

    fixed = {"do": "check", "_stamp": stamp(page.text), "c-1-9": "30.07.2024"}
    page = browser.post(f"{path}/nhap-danh-sach", data=fixed)

    assert "Cả 1 dòng đều đúng." in page.text


def test_cells_typed_into_other_rows_than_those_shown_change_nothing(customer: Customer) -> None:
    path, browser = customer.submission(), customer.browser("donvi1")
    page = browser.post(f"{path}/nhap-danh-sach", data=pasted(line(1, award="?"), line(2)))
    browser.post(f"{path}/nhap-danh-sach", data={"do": "out:1", "_stamp": stamp(page.text)})

    late = {"do": "check", "_stamp": stamp(page.text), "c-1-0": "Ai đó khác"}
    page = browser.post(f"{path}/nhap-danh-sach", data=late)

    assert "Ai đó khác" not in page.text


def test_a_stale_tab_removes_no_other_row(customer: Customer) -> None:
    path, browser = customer.submission(), customer.browser("donvi1")
    page = browser.post(f"{path}/nhap-danh-sach", data=pasted(line(1), line(2), line(3)))
    gone = {"do": "out:1", "_stamp": stamp(page.text)}
    browser.post(f"{path}/nhap-danh-sach", data=gone)

    again = browser.post(f"{path}/nhap-danh-sach", data=gone)

    assert again.status_code == 422
    assert "Danh sách đã thay đổi ở nơi khác" in again.text
    assert "Nguyễn Văn 02" in again.text


def test_a_row_is_removed_by_the_number_it_was_shown_with_though_one_before_it_was_emptied(customer: Customer) -> None:
    path, browser = customer.submission(), customer.browser("donvi1")
    page = browser.post(f"{path}/nhap-danh-sach", data=pasted(line(1, award="?"), line(2), line(3)))
    emptied = {f"c-1-{n}": "" for n in range(len(columns_of(MODEL)))}

    page = browser.post(f"{path}/nhap-danh-sach", data={**emptied, "do": "out:2", "_stamp": stamp(page.text)})

    assert "Cả 1 dòng đều đúng." in page.text
    assert "Nguyễn Văn 03" in page.text


def test_what_is_too_long_is_said_and_not_taken(customer: Customer) -> None:
    path, browser = customer.submission(), customer.browser("donvi1")

    page = browser.post(f"{path}/nhap-danh-sach", data=pasted(line(1, award="x" * 5_001)))
    assert "Ô dài quá 5.000 ký tự" in page.text
    page = browser.post(f"{path}/nhap-danh-sach", data=pasted("x" * 1_000_001))
    assert page.status_code == 422
    assert "dài quá 1 MB" in page.text


def test_a_list_that_has_not_changed_is_looked_at_once(customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    path, browser, looks = customer.submission(), customer.browser("donvi1"), []
    monkeypatch.setattr(checking, "rehearse_list", lambda *given: looks.append(1) or rehearse_list(*given))

    browser.post(f"{path}/nhap-danh-sach", data=pasted(line(1)))
    browser.get(f"{path}/nhap-danh-sach")
    browser.get(f"{path}/nhap-danh-sach/dong-loi.csv")
    assert len(looks) == 1
    customer.submission()
    browser.get(f"{path}/nhap-danh-sach")
    assert len(looks) == 2


def test_a_list_tells_nothing_of_cases_that_its_author_does_not_see(customer: Customer) -> None:
    other, path = customer.submission("donvi2"), customer.submission()
    theirs = customer.browser("donvi2")
    page = theirs.post(f"{other}/nhap-danh-sach", data=pasted(line(1)))
    theirs.post(f"{other}/nhap-danh-sach", data={"do": "take", "_stamp": stamp(page.text)})
    customer.work_off()
    assert re.search(r"KT-2024-\d+", theirs.post(f"{other}/nhap-danh-sach", data=pasted(line(1))).text)

    mine = customer.browser("donvi1").post(f"{path}/nhap-danh-sach", data=pasted(line(1)))

    assert "Cả 1 dòng đều đúng." in mine.text
    assert not re.search(r"KT-2024-\d+", mine.text)


def test_a_job_that_entered_no_list_gives_no_rows(customer: Customer) -> None:
    path, browser = customer.submission(), customer.browser("donvi1")
    job = browser.post("/xuat", data={"loai": "award-proposals", "kieu": "csv"}).url.path.rpartition("/")[2]

    page = browser.post(f"{path}/nhap-danh-sach", data={"do": f"job:{job}"})

    assert page.status_code == 422
    assert "không nhập danh sách" in page.text


def test_twins_in_the_list_and_beside_it_are_marked(customer: Customer) -> None:
    path, browser = customer.submission(), customer.browser("donvi1")
    twin = line(1).replace("1\t", "9\t", 1)

    page = browser.post(f"{path}/nhap-danh-sach", data=pasted(line(1), twin))
    assert "dòng 2 của danh sách" in page.text
    assert "dòng 1 của danh sách" in page.text
    page = browser.post(f"{path}/nhap-danh-sach", data={"do": "out:2", "_stamp": stamp(page.text)})
    browser.post(f"{path}/nhap-danh-sach", data={"do": "take", "_stamp": stamp(page.text)})
    customer.work_off()

    again = browser.post(f"{path}/nhap-danh-sach", data=pasted(line(1)))
    assert "0 dòng đúng, 1 dòng cần sửa." in again.text
    assert re.search(r"Đối tượng đã được đề nghị trong cùng đợt: KT-2024-\d+", again.text)


def test_papers_are_asked_for_once_for_the_whole_list(customer: Customer) -> None:
    path, browser = customer.submission(), customer.browser("donvi1")

    page = browser.post(f"{path}/nhap-danh-sach", data=pasted(line(1), line(2))).text

    assert page.count("Thiếu giấy tờ: Tờ trình kèm danh sách, Báo cáo thành tích") == 1
    assert "(2 dòng)" in page
    assert f'href="{path}/giay-to"' in page


def test_too_long_a_list_is_refused_with_what_was_pasted_kept(customer: Customer) -> None:
    path, browser = customer.submission(), customer.browser("donvi1")

    page = browser.post(f"{path}/nhap-danh-sach", data=pasted(*(line(n) for n in range(1, 502))))

    assert page.status_code == 422
    assert "Danh sách có 501 dòng; mỗi lần nhập nhiều nhất 500 dòng" in page.text
    assert "Nguyễn Văn 501" in page.text


def test_a_list_typed_when_the_session_had_ended_is_there_after_the_log_in(customer: Customer) -> None:
    path, browser = customer.submission(), customer.browser("donvi1")
    place = f"{path}/nhap-danh-sach"
    browser.post("/dang-xuat")

    login = browser.post(place, data={**pasted(line(1)), "_place": place}).text
    kept = re.search(r'name="_kept" value="([^"]*)"', login)
    assert kept is not None
    typed = kept[1].replace("&#34;", '"')
    page = browser.post(
        "/dang-nhap", data={"username": "donvi1", "_password": "demo", "tiep": place, "_kept": typed}
    )  # fmt: skip

    assert page.url.path == place
    assert "Nguyễn Văn 01" in page.text


def test_uploaded_as_a_spreadsheet_dates_and_formulas_are_seen(customer: Customer) -> None:
    path, browser = customer.submission(), customer.browser("donvi1")
    template = browser.get(f"{path}/nhap-danh-sach/mau.xlsx").content
    headings = CalamineWorkbook.from_filelike(BytesIO(template)).get_sheet_by_index(0).to_python()[0]
    said = ("Tổ may số 3", "tập thể", "TM3", "", "", "GK", "Vượt kế hoạch năm", "Vượt kế hoạch 20% cả mười năm")
    cells = [*said, *("" for _ in headings[len(said) :])]
    file = write([Sheet("Bất kỳ", tuple(headings), [cells])])

    page = browser.post(f"{path}/nhap-danh-sach", data={"do": "check"}, files={"file": ("ds.xlsx", file)}).text

    assert 'value="Tổ may số 3"' in page
    assert "Chưa điền mục này." in page  # the days


def test_bad_rows_are_taken_away_with_their_reasons_and_read_in_again(customer: Customer) -> None:
    path, browser = customer.submission(), customer.browser("donvi1")
    browser.post(f"{path}/nhap-danh-sach", data=pasted(line(1), line(2, award="?")))

    csv = browser.get(f"{path}/nhap-danh-sach/dong-loi.csv").content.decode("utf-8-sig")
    table = arranged(columns_of(MODEL), cells_of_text(csv))

    assert "Hãy chọn trong danh sách." in csv
    assert [row[0] for row in table.rows] == ["Nguyễn Văn 02"]
    assert table.unknown == ("Lý do",)


def test_only_who_may_begin_proposals_there_enters_a_list(customer: Customer) -> None:
    path = customer.submission()

    assert customer.browser("tt.donvi1").get(f"{path}/nhap-danh-sach").status_code == 403
    assert customer.browser("donvi2").get(f"{path}/nhap-danh-sach").status_code == 404


def test_without_headings_the_columns_stand_in_their_order() -> None:
    columns = columns_of(MODEL)

    table = arranged(columns, cells_of_text("1\tLê A\tcá nhân\tCB1\n2\tLê B\thộ gia đình\tH2\n"))

    assert [row[:3] for row in table.rows] == [["Lê A", "cá nhân", "CB1"], ["Lê B", "hộ gia đình", "H2"]]
    assert {len(row) for row in table.rows} == {len(columns)}


def test_the_receipt_is_there_when_the_head_has_signed(customer: Customer) -> None:
    path, browser = customer.submission(), customer.browser("donvi1")
    assert "chưa được trình" in browser.get(f"{path}/bien-nhan").text
    for version, kind in enumerate(("TO_TRINH", "BAO_CAO_THANH_TICH", "BIEN_BAN"), start=1):
        browser.post(
            f"/api/v1{path}/attachments",
            data={"kind": kind},
            files={"file": ("a.pdf", b"%PDF-1.4\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n")},
            headers={"If-Match": f'"{version}"'},
        )
    page = browser.post(f"{path}/nhap-danh-sach", data=pasted(line(1), line(2)))
    browser.post(f"{path}/nhap-danh-sach", data={"do": "take", "_stamp": stamp(page.text)})
    customer.work_off()

    letter = {"number": "12/TTr-PGD", "signed_on": "2024-08-05"}
    signed = customer.browser("tt.donvi1").post(
        f"/api/v1{path}/actions/submit", json=letter, headers={"If-Match": '"4"'}
    )
    assert signed.status_code == 200, signed.text
    receipt = browser.get(f"{path}/bien-nhan").text

    assert "12/TTr-PGD ngày 05/08/2024" in receipt
    assert "Kiểm tra thành phần hồ sơ" in receipt
    assert re.search(r"Thời hạn: 3 ngày làm việc .*; chậm nhất ngày 09/08/2024\.", receipt)
