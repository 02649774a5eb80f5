"""Writing a dossier: saving, drafts, two people at once, a session that ends, papers, and beginning a case."""

import re
from typing import Any

from starlette.testclient import TestClient

from api.settings import Settings
from engine.runtime import accounts
from tests.api.office import PDF, attach, launch_campaign, start_leave, submit_leave
from tests.web.site import Site
from tests.web.test_acting import hidden, send


def duty_of(site: Site) -> str:
    return launch_campaign(site.office.sitting("lan"))[1]


def case(site: Site, at: str, who: str = "an") -> Any:
    return site.office.sitting(who).get(f"/api/v1/{at}").json()


def value(page: str, name: str) -> str:
    """What stands in a text field of the page."""
    found = re.search(rf'name="{re.escape(name)}"[^>]* value="([^"]*)"', page)
    assert found, name
    return found[1]


# ── saving ───────────────────────────────────────────────────────────────────────────────────────
def test_saving_writes_what_was_changed_once(site: Site) -> None:
    duty, browser = duty_of(site), site.browser("an")
    address = f"/duties/{duty}/sua"
    form = hidden(browser.get(address).text, address)
    typed = {"result": "Đã làm", "lines.1.subject": "Trường học", "lines.1.count": "4"}

    answers = [browser.post(address, data=form | typed) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    saved = case(site, f"duties/{duty}")
    assert saved["dossier"]["lines"] == [{"subject": "Trường học", "count": 4}]
    assert saved["version"] == 2


def test_saving_what_is_there_already_leaves_no_trace(site: Site) -> None:
    key = start_leave(site.office.sitting("an"))["id"]
    browser = site.browser("an")
    shown = {"reason": "Về quê", "first_day": "2024-07-20", "days": "2"}

    answer = send(browser, f"/leave-requests/{key}/sua", **shown)

    assert "Không có gì thay đổi." in answer.text
    assert case(site, f"leave-requests/{key}")["version"] == 1


def test_a_button_saves_and_leads_on_to_the_action(site: Site) -> None:
    key = start_leave(site.office.sitting("an"))["id"]

    answer = send(site.browser("an"), f"/leave-requests/{key}/sua", reason="Ốm", days="3", _do="act:submit")

    assert answer.url.path == f"/leave-requests/{key}/viec/submit"
    assert case(site, f"leave-requests/{key}")["dossier"]["reason"] == "Ốm"


def test_what_cannot_be_saved_comes_back_as_it_was_typed(site: Site) -> None:
    key = start_leave(site.office.sitting("an"))["id"]

    answer = send(site.browser("an"), f"/leave-requests/{key}/sua", days="bốn", first_day="32/7/2024", reason="Ốm")

    assert answer.status_code == 422
    assert (value(answer.text, "days"), value(answer.text, "first_day")) == ("bốn", "32/7/2024")
    assert '<a href="#f-days">Số ngày: Phải là số nguyên, như 12.</a>' in answer.text
    assert case(site, f"leave-requests/{key}")["version"] == 1


def test_who_may_not_edit_reads_why(site: Site) -> None:
    key = start_leave(site.office.sitting("an"))["id"]
    submit_leave(site.office.sitting("an"), key)

    page = site.browser("an").get(f"/leave-requests/{key}/sua")

    assert page.status_code == 409
    assert "Không thể «Sửa hồ sơ» khi hồ sơ ở trạng thái «Chờ duyệt»" in page.text


# ── drafts, and two people ───────────────────────────────────────────────────────────────────────
def keep(browser: TestClient, address: str, **typed: Any) -> Any:
    form = {k: v for k, v in hidden(browser.get(address).text, address).items() if k != "_key"}
    return browser.post(f"{address}/nhap", data=form | typed)


def test_what_is_typed_is_kept_without_judging_it_until_it_is_dropped(site: Site) -> None:
    key = start_leave(site.office.sitting("an"))["id"]
    browser, address = site.browser("an"), f"/leave-requests/{key}/sua"

    kept = keep(browser, address, reason="Nửa câ", days="bốn", first_day="2024-07-20")
    page = browser.get(address).text
    dropped = browser.post(f"{address}/nhap", data={"_place": address, "_drop": "1"}).text

    assert kept.text == "Đã giữ lúc 09:00"
    assert (value(page, "reason"), value(page, "days")) == ("Nửa câ", "bốn")
    assert "bản nháp bạn gõ lúc 10/07/2024 09:00" in page
    assert value(dropped, "reason") == "Về quê"
    assert case(site, f"leave-requests/{key}")["version"] == 1


def test_a_draft_is_gone_once_it_is_saved_and_is_nobody_elses(site: Site) -> None:
    key = start_leave(site.office.sitting("an"))["id"]
    browser, address = site.browser("an"), f"/leave-requests/{key}/sua"
    keep(browser, address, reason="Ốm", days="2", first_day="2024-07-20")

    assert value(site.browser("dung").get(address).text, "reason") == "Về quê"
    send(browser, address, reason="Ốm nặng", days="2", first_day="2024-07-20")
    assert "bản nháp bạn gõ" not in browser.get(address).text


def test_two_people_see_each_others_words_and_nothing_is_overwritten(site: Site) -> None:
    key = start_leave(site.office.sitting("an"))["id"]
    address = f"/leave-requests/{key}/sua"
    an, dung = site.browser("an"), site.browser("dung")
    form = hidden(an.get(address).text, address)
    send(dung, address, reason="Lời của Dũng", days="9", first_day="2024-07-20")

    stale = an.post(address, data=form | {"reason": "Lời của An", "days": "2", "first_day": "2024-07-20"})
    now = case(site, f"leave-requests/{key}")["dossier"]
    again = {"reason": "Lời của An", "days": value(stale.text, "days"), "first_day": "2024-07-20"}
    saved = an.post(address, data=hidden(stale.text, address) | again)

    assert stale.status_code == 412
    assert now["reason"] == "Lời của Dũng"
    assert "Dung, Sửa hồ sơ (Lý do, Số ngày)" in stale.text
    assert "Lời của Dũng</td>" in stale.text
    assert value(stale.text, "reason") == "Lời của An"
    assert value(stale.text, "days") == "9"
    assert saved.status_code == 200
    assert case(site, f"leave-requests/{key}")["dossier"] | {"answer": ""} == {
        "reason": "Lời của An", "days": 9, "first_day": "2024-07-20", "answer": "",
    }  # fmt: skip


def test_what_others_did_elsewhere_in_the_case_is_in_nobodys_way(site: Site) -> None:
    duty = duty_of(site)
    an, address = site.browser("an"), f"/duties/{duty}/sua"
    form = hidden(an.get(address).text, address)
    attach(site.office.sitting("dung"), duty, PDF)

    answer = an.post(address, data=form | {"result": "Xong"})

    assert answer.status_code == 200
    assert case(site, f"duties/{duty}")["dossier"]["result"] == "Xong"


def test_an_old_draft_does_not_bring_back_what_others_have_changed(site: Site) -> None:
    key = start_leave(site.office.sitting("an"))["id"]
    address = f"/leave-requests/{key}/sua"
    an = site.browser("an")
    keep(an, address, reason="Của An", days="2", first_day="2024-07-20")
    send(site.browser("dung"), address, reason="Về quê", days="9", first_day="2024-07-20")

    page = an.get(address).text

    assert (value(page, "reason"), value(page, "days")) == ("Của An", "9")
    assert "không sửa: lấy bản hiện tại" in page


def test_who_must_log_in_first_finds_their_words_in_the_form(site: Site) -> None:
    key = start_leave(site.office.sitting("an"))["id"]
    browser, address = site.browser("an"), f"/leave-requests/{key}/sua"
    form = hidden(browser.get(address).text, address)
    end = browser.cookies.jar
    site.office.engine.writer.call(lambda tx: [
        accounts.revoke(tx, accounts.login_of(tx, cookie.value or "", site.office.clocks.wall).session_id,
                        accounts.login_of(tx, cookie.value or "", site.office.clocks.wall).person_id,
                        site.office.clocks.wall) for cookie in end
    ])  # fmt: skip

    asked = browser.post(address, data=form | {"reason": "Chưa kịp lưu", "days": "5", "first_day": ""})
    kept = browser.post(f"{address}/nhap", data=form | {"reason": "Chưa kịp lưu"})
    login = hidden(asked.text, "/dang-nhap")
    page = browser.post("/dang-nhap", data={**_unescaped(login), "username": "an", "_password": site.password})

    assert asked.status_code == kept.status_code == 401
    assert page.url.path == address
    assert value(page.text, "reason") == "Chưa kịp lưu"
    assert case(site, f"leave-requests/{key}")["version"] == 1


def _unescaped(fields: dict[str, str]) -> dict[str, str]:
    return {name: text.replace("&#34;", '"').replace("&amp;", "&") for name, text in fields.items()}


def test_a_draft_of_what_is_out_of_sight_is_not_kept(site: Site) -> None:
    key = start_leave(site.office.sitting("an"))["id"]

    assert site.browser("chi").post(f"/leave-requests/{key}/sua/nhap", data={"reason": "x"}).status_code == 404


# ── papers ───────────────────────────────────────────────────────────────────────────────────────
def upload(browser: TestClient, duty: str, *files: tuple[str, bytes], kind: str = "REPORT") -> Any:
    address = f"/duties/{duty}/giay-to"
    form = hidden(browser.get(address).text, address)
    return browser.post(address, data={**form, "kind": kind}, files=[("file", file) for file in files])


def test_papers_come_in_versions_and_go_out_as_they_came(site: Site) -> None:
    duty, browser = duty_of(site), site.browser("an")

    page = upload(browser, duty, ("Báo cáo.pdf", PDF), ("Bản hai.pdf", PDF + b"2"))
    links = re.findall(rf'href="(/duties/{duty}/giay-to/\d+)"', page.text)
    newest = browser.get(links[0])

    assert "Đã đính kèm: Báo cáo.pdf, Bản hai.pdf." in page.text
    assert re.findall(r"bản (\d)", page.text.split("<main")[1]) == ["2", "1"]
    assert newest.content == PDF + b"2"
    assert newest.headers["content-disposition"].startswith("attachment;")
    assert site.browser("chi").get(links[0]).status_code == 404


def test_a_file_that_cannot_be_taken_is_named_and_none_of_the_others_comes_in(site: Site) -> None:
    duty, browser = duty_of(site), site.browser("an")

    bad = upload(browser, duty, ("Tốt.pdf", PDF), ("vi-rút.exe", b"MZ\x90"))
    none = upload(browser, duty, kind="")

    assert bad.status_code == 422
    assert "«vi-rút.exe»: " in bad.text
    assert "Chưa có giấy tờ nào." in bad.text
    assert "Hãy chọn loại giấy tờ." in none.text


def test_files_that_are_too_large_are_refused_on_a_page_in_words(site: Site) -> None:
    duty = duty_of(site)
    too_large = b"%PDF-1.4\n" + b"0" * (Settings().upload_limit_bytes + 100_000)

    answer = upload(site.browser("an"), duty, ("To.pdf", too_large))

    assert answer.status_code == 413
    assert "Các tệp vượt quá 20,0 MB" in answer.text


# ── beginning ────────────────────────────────────────────────────────────────────────────────────
def test_a_case_is_begun_for_the_unit_that_is_chosen(site: Site) -> None:
    browser = site.browser("dung")  # of two wards
    page = browser.get("/leave-requests/moi").text

    none = send(browser, "/leave-requests/moi", reason="Ốm", days="2")
    begun = send(browser, "/leave-requests/moi", unit="P2", reason="Ốm", first_day="1/8/2024", days="2")

    assert '<option value="P2">Phường 2</option>' in page
    assert none.status_code == 422
    assert "Đơn vị: bạn thuộc nhiều đơn vị: hãy chọn một" in none.text
    assert value(none.text, "reason") == "Ốm"
    key = begun.url.path.split("/")[2]
    assert begun.url.path == f"/leave-requests/{key}/sua"
    assert case(site, f"leave-requests/{key}", "dung")["dossier"]["first_day"] == "2024-08-01"
    assert case(site, f"leave-requests/{key}", "dung")["unit"]["code"] == "P2"


def test_a_draft_of_a_new_case_waits_under_its_address(site: Site) -> None:
    browser, address = site.browser("an"), "/leave-requests/moi"

    browser.post(f"{address}/nhap", data={"_place": address, "_has": "reason", "reason": "Chưa xong"})

    assert value(browser.get(address).text, "reason") == "Chưa xong"


def test_who_may_begin_nothing_there_reads_who_may(site: Site) -> None:
    page = site.browser("binh").get("/leave-requests/moi")

    assert page.status_code == 403
    assert "Việc «Lập đơn xin nghỉ» dành cho: Cán bộ." in page.text


def test_a_case_that_lies_below_another_asks_below_which(site: Site) -> None:
    campaign = launch_campaign(site.office.sitting("lan"))[0]

    page = site.browser("lan").get("/duties/moi").text

    assert f'href="/duties/moi?parent={campaign}"' in page
