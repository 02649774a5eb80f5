"""One action on many cases: what the recap says, what is done, and what a case that has changed since comes to."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.web.customer import Customer, open_customer

DECISION = {"number": "45/QĐ-UBND", "signed_on": "2024-08-06"}
CASE = re.compile(r'name="case" value="([^"]+)"')


@pytest.fixture
def customer() -> Iterator[Customer]:
    with open_customer() as customer:
        yield customer


def waiting(customer: Customer) -> list[str]:
    """What waits for the chairman's signature, as the list of it names the cases."""
    return CASE.findall(customer.browser("chutich").get("/cho-ky").text)


def recap(customer: Customer, cases: list[str], action: str = "approve") -> str:
    page = customer.browser("chutich").post("/hang-loat", data={"case": cases, "action": action, "_place": "/cho-ky"})
    assert page.status_code == 200
    return page.text


def sign(customer: Customer, cases: list[str], **form: str) -> str:
    """Where signing leads, after its work is done."""
    data = {"case": cases, "action": "award_proposal.approve", "back": "/cho-ky", **DECISION, **form}
    page = customer.browser("chutich").post("/hang-loat/thuc-hien", data=data)
    customer.work_off()
    return customer.browser("chutich").get(page.url.path).text if "/tac-vu/" in page.url.path else page.text


def state(customer: Customer, case: str) -> str:
    path = case.partition("@")[0]
    found: str = customer.browser("chutich").get(f"/api/v1/{path}").json()["state"]["id"]
    return found


def test_the_chairman_signs_a_list_in_two_steps(customer: Customer) -> None:
    shown = recap(customer, waiting(customer))
    cases = CASE.findall(shown)

    assert "Ký quyết định: 6 hồ sơ" in shown
    assert "Hội đồng đã xét → Đã có quyết định" in shown
    assert "Văn thư (1)" in shown
    assert 'value="2024-08-06"' in shown  # today, to be signed
    page = sign(customer, cases)

    assert "Đã xong. 6 dòng đã thực hiện." in page
    assert {state(customer, case) for case in cases} == {"approved"}
    decisions = {
        customer.browser("chutich").get(f"/api/v1/{case.partition('@')[0]}").json()["dossier"]["decision"]["number"]
        for case in cases
    }
    assert decisions == {"45/QĐ-UBND"}


def test_a_case_that_changed_after_the_recap_is_not_signed(customer: Customer) -> None:
    cases = CASE.findall(recap(customer, waiting(customer)))
    path, _, version = cases[0].partition("@")
    decline = {"reason": "Thành tích chưa rõ ràng"}
    headers = {"If-Match": f'"{version}"'}
    customer.browser("chutich").post(f"/api/v1/{path}/actions/decline", json=decline, headers=headers)

    page = sign(customer, cases[:3])

    assert "2 dòng đã thực hiện. 1 dòng bị từ chối." in page
    assert "Hồ sơ đã được người khác thay đổi" in page
    assert state(customer, cases[0]) == "rejected"
    assert f'name="case" value="{path}"' in page  # stays chosen
    assert "Làm lại với 1 dòng chưa xong" in page


def test_what_is_not_ticked_is_left_alone(customer: Customer) -> None:
    cases = CASE.findall(recap(customer, waiting(customer)))

    sign(customer, cases[1:])

    assert state(customer, cases[0]) != "approved"
    assert state(customer, cases[1]) == "approved"


def test_signing_asks_for_the_password_again(customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = CASE.findall(recap(customer, waiting(customer)))
    wall = customer.place.engine.wall
    monkeypatch.setattr(customer.place.engine, "wall", lambda: wall() + timedelta(minutes=6))

    assert 'name="_password"' in recap(customer, waiting(customer))
    refused = sign(customer, cases)
    wrong = sign(customer, cases, _password="sai")
    assert "Hãy nhập mật khẩu để xác nhận chữ ký." in refused
    assert "Mật khẩu hoặc mã xác thực không đúng" in wrong
    assert state(customer, cases[0]) != "approved"

    assert "Đã xong. 6 dòng" in sign(customer, cases, _password="demo")


def test_a_form_that_is_not_satisfied_comes_back_with_what_was_chosen(customer: Customer) -> None:
    cases = CASE.findall(recap(customer, waiting(customer)))

    page = sign(customer, cases[:2], number="không phải số", signed_on="2024-08-07")

    assert re.search(r'name="number"[^>]*aria-invalid="true"', page)
    assert 'value="không phải số"' in page
    assert CASE.findall(page) == cases[:2]
    late = sign(customer, cases[:2], signed_on="2024-08-07")
    assert "không được sau hôm nay" in late


def test_what_does_not_go_says_why(customer: Customer) -> None:
    cases = [*waiting(customer)[:1], "submissions/68"]

    page = recap(customer, cases)

    assert "Ký quyết định: 1 hồ sơ" in page
    assert "Không thể «Ký quyết định» khi hồ sơ ở trạng thái «Đã trình»" in page


def test_without_an_action_what_could_be_done_is_offered(customer: Customer) -> None:
    page = recap(customer, waiting(customer), action="")

    assert "6 trên 6 hồ sơ" in page
    assert 'value="award_proposal.approve"' in page
    assert 'value="award_proposal.decline"' in page


def test_what_somebody_does_not_see_is_not_named(customer: Customer) -> None:
    cases = waiting(customer)

    page = customer.browser("donvi2").get("/hang-loat", params={"case": cases, "action": "approve"}).text

    assert "6 hồ sơ đã chọn không có, hoặc bạn không có quyền xem." in page
    assert "Giấy khen" not in page


def test_of_an_action_without_a_form_it_says_where_each_case_really_goes(customer: Customer) -> None:
    browser = customer.browser("truongphong")
    cases = CASE.findall(browser.get("/cho-ky").text)
    shown = browser.post("/hang-loat", data={"case": cases, "action": "sign_appraisal", "_place": "/cho-ky"}).text

    moves = shown.partition("<dt>Chuyển trạng thái</dt>")[2].partition("</dd>")[0]
    assert "→" in moves
    assert "hoặc" not in moves
    assert re.search(r"Thẩm định: <strong>[^<]+</strong>: \w+", shown)
