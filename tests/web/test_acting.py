"""The page of one action, and whose task it is: what people read before and after, and what keeps them from it."""

import re
from typing import Any

from starlette.testclient import TestClient

from tests.api.office import launch_campaign, start_leave, submit_leave
from tests.web.site import Site


def hidden(page: str, form: str) -> dict[str, str]:
    """The hidden fields of the form that is sent to that address."""
    found = next(part for part in page.split("<form") if f'action="{form}"' in part)
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found.split("</form>")[0]))


def send(browser: TestClient, address: str, **typed: Any) -> Any:
    """Open the page of an action, fill it in and send it."""
    page = browser.get(address)
    return browser.post(address, data={**hidden(page.text, address), **typed})


def reported(site: Site, count: int = 2) -> list[str]:
    """A campaign and its duties, of which so many are reported; keys."""
    lan = site.office.sitting("lan")
    campaign, *duties = launch_campaign(lan)
    for who, duty in [("an", duties[0]), ("chi", duties[1])][:count]:
        client = site.office.sitting(who)
        client.patch(f"/api/v1/duties/{duty}", json={"result": "Kết quả tốt"}, headers={"If-Match": '"1"'})
        answer = client.post(f"/api/v1/duties/{duty}/actions/report", headers={"If-Match": '"2"'})
        assert answer.status_code == 200, answer.text
    return [campaign, *duties]


def test_before_it_acts_the_page_says_what_will_happen_and_afterwards_what_has(site: Site) -> None:
    key = start_leave(site.office.sitting("an"))["id"]
    browser = site.browser("an")

    page = browser.get(f"/leave-requests/{key}/viec/submit")
    after = send(browser, f"/leave-requests/{key}/viec/submit")

    assert "Chờ duyệt" in page.text
    assert "Thủ trưởng" in page.text
    assert after.url.path == f"/leave-requests/{key}"
    assert "đã thực hiện «Nộp đơn». Trạng thái hiện nay: Chờ duyệt. Báo qua thư cho Binh, Tat." in after.text


def test_who_may_not_reads_why_and_who_may(site: Site) -> None:
    key = start_leave(site.office.sitting("an"))["id"]
    submit_leave(site.office.sitting("an"), key)

    page = site.browser("an").get(f"/leave-requests/{key}/viec/grant").text

    assert "Việc «Đồng ý» dành cho: Thủ trưởng, Phường 1." in page
    assert "Người làm được: Binh, Tat." in page
    assert 'id="main-form"' not in page


def test_a_form_that_does_not_fit_comes_back_with_everything_typed(site: Site) -> None:
    _, duty, _ = reported(site)
    browser = site.browser("lan")

    answer = send(browser, f"/duties/{duty}/viec/send_back", reason="<b")

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert 'aria-describedby="w-reason"' in answer.text
    assert '<a href="#f-reason">Lý do: Phải có ít nhất 3 ký tự.</a>' in answer.text
    assert 'value="&lt;b"' in answer.text


def test_a_condition_that_is_not_met_is_said_with_its_citation(site: Site) -> None:
    _, duty, _ = launch_campaign(site.office.sitting("lan"))
    browser = site.browser("an")

    page = browser.get(f"/duties/{duty}/viec/report")
    answer = browser.post(f"/duties/{duty}/viec/report", data={"_version": "1"})

    assert "Chưa có kết quả" in page.text
    assert answer.status_code == 409
    assert "(Kế hoạch, mục V.1)" in answer.text


def test_lines_that_cannot_go_are_named_with_links_to_them(site: Site) -> None:
    campaign, first, second = reported(site, 1)

    answer = send(site.browser("lan"), f"/campaigns/{campaign}/viec/finish")

    assert answer.status_code == 409
    assert f'<a href="/duties/{first}">TN-2024-{int(first):05d}</a>: Chưa được tiếp nhận' in answer.text
    assert f'href="/duties/{second}"' in answer.text


def test_a_double_click_acts_once(site: Site) -> None:
    key = start_leave(site.office.sitting("an"))["id"]
    browser, address = site.browser("an"), f"/leave-requests/{key}/viec/submit"
    form = hidden(browser.get(address).text, address)

    answers = [browser.post(address, data=form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert all("đã thực hiện «Nộp đơn»" in answer.text for answer in answers)
    assert site.office.sitting("an").get(f"/api/v1/leave-requests/{key}").json()["version"] == 2


def test_who_comes_second_sees_what_was_first_and_may_go_on(site: Site) -> None:
    _, duty, _ = reported(site)
    browser, address = site.browser("lan"), f"/duties/{duty}/viec/send_back"
    form = hidden(browser.get(address).text, address) | {"reason": "Thiếu số liệu"}
    site.office.sitting("lan").post(
        f"/api/v1/duties/{duty}/assignment", json={"person": "lan"}, headers={"If-Match": '"3"'}
    )

    stale = browser.post(address, data=form)
    again = browser.post(address, data=hidden(stale.text, address) | {"reason": "Thiếu số liệu"})

    assert stale.status_code == 412
    assert "Lan, Giao việc" in stale.text
    assert "Thiếu số liệu" in stale.text
    assert "Trạng thái hiện nay: Bị trả lại" in again.text


def test_an_action_that_is_over_says_so(site: Site) -> None:
    key = start_leave(site.office.sitting("an"))["id"]
    submit_leave(site.office.sitting("an"), key)

    page = site.browser("an").get(f"/leave-requests/{key}/viec/submit")

    assert page.status_code == 409
    assert "Không thể «Nộp đơn» khi hồ sơ ở trạng thái «Chờ duyệt»" in page.text


def test_saving_and_going_on_leads_to_what_waits_next_until_nothing_does(site: Site) -> None:
    _, first, second = reported(site)
    browser = site.browser("lan")

    onward = send(browser, f"/duties/{first}/viec/accept", _next="hang-doi")
    assert onward.url.path == f"/duties/{second}"

    an, binh = site.office.sitting("an"), site.browser("binh")
    key = start_leave(an)["id"]
    submit_leave(an, key)
    done = send(binh, f"/leave-requests/{key}/viec/grant", _next="hang-doi")
    assert done.url.path == "/"
    assert "Không còn việc nào đang chờ bạn." in done.text


def test_actions_that_are_none_or_of_cases_out_of_sight_are_not_found(site: Site) -> None:
    key = start_leave(site.office.sitting("an"))["id"]

    assert site.browser("an").get(f"/leave-requests/{key}/viec/dance").status_code == 404
    assert site.browser("chi").get(f"/leave-requests/{key}/viec/submit").status_code == 404
    assert site.browser("an").get("/cakes/1/viec/submit").status_code == 404


def test_a_task_is_taken_given_away_and_given_back(site: Site) -> None:
    key = start_leave(site.office.sitting("an"))["id"]
    address = f"/leave-requests/{key}/giao-viec"
    an = site.browser("an")

    taken = send(an, address, person="an")
    page = an.get(address).text
    given = send(an, address, person="dung")

    assert "đã thực hiện «Giao việc»" in taken.text
    assert "<dd>An</dd>" in page
    assert 'value="dung"' in page
    assert 'value="chi"' not in page
    assert given.status_code == 200
    assert "đã giao cho Dung" in an.get(address).text


def test_nobody_chosen_is_said_beside_the_names(site: Site) -> None:
    key = start_leave(site.office.sitting("an"))["id"]
    address = f"/leave-requests/{key}/giao-viec"
    send(site.browser("an"), address, person="an")

    answer = send(site.browser("an"), address)

    assert answer.status_code == 422
    assert "Hãy chọn một người." in answer.text
