"""Long work on pages and over the API: its owner follows it, stops it, takes its file; nobody else sees it."""

import json
import re

from engine.jobs.carrying_out import work_off
from engine.jobs.orders import OrderedRow, begin_cases, order
from engine.runtime.service import Asking
from tests.api.office import LEAVE, launch_campaign
from tests.web.site import Site


def ordered(site: Site, username: str = "an", count: int = 3, days: int = 2) -> str:
    """A job of that person that begins so many leave requests; its key."""
    rows = [OrderedRow(f"Đơn <b>{n}</b>", {"dossier": LEAVE | {"days": days}}) for n in range(1, count + 1)]
    wanted = begin_cases("leave_request", None, "Lập đơn nghỉ", rows, back="/ho-so")
    answer = order(site.office.engine, Asking(site.office.token(username, "session")), wanted).result()
    key: str = json.loads(answer.body)["id"]
    return key


def test_progress_is_polled_until_the_job_has_ended(site: Site) -> None:
    job, browser = ordered(site), site.browser("an")

    before = browser.get(f"/tac-vu/{job}").text
    work_off(site.office.engine)
    polled = re.findall(r'hx-get="([^"]*)"', before)
    after = browser.get(polled[0]).text

    assert polled == [f"/tac-vu/{job}/tien-do"]
    assert 'http-equiv="refresh"' in before
    assert "hx-get" not in after
    assert "Đã xong. 3 dòng đã thực hiện." in after
    begun = [case["id"] for case in browser.get("/api/v1/leave-requests").json()["items"]]
    assert sorted(re.findall(r'href="/leave-requests/([^"]*)"', after)) == sorted(begun)
    assert len(begun) == 3
    assert "<b>1</b>" not in after


def test_nobody_sees_the_work_of_somebody_else(site: Site) -> None:
    job = ordered(site)
    work_off(site.office.engine)
    stranger = site.browser("tat")

    pages = [f"/tac-vu/{job}", f"/tac-vu/{job}/tien-do", f"/tac-vu/{job}/tep"]
    doors = [f"/api/v1/jobs/{job}", f"/api/v1/jobs/{job}/rows", f"/api/v1/jobs/{job}/file"]
    assert [stranger.get(path).status_code for path in (*pages, *doors)] == [404] * 6
    assert stranger.post(f"/tac-vu/{job}/dung").status_code == 404
    assert stranger.post(f"/api/v1/jobs/{job}/cancel").status_code == 404
    assert "Lập đơn nghỉ" not in stranger.get("/tac-vu").text
    assert "Lập đơn nghỉ" in site.browser("an").get("/tac-vu").text


def test_what_is_stopped_in_time_is_not_done(site: Site) -> None:
    job, browser = ordered(site), site.browser("an")

    page = browser.post(f"/tac-vu/{job}/dung")
    work_off(site.office.engine)

    assert "Đã dừng. 3 dòng chưa thực hiện." in page.text
    assert browser.get("/api/v1/leave-requests").json()["items"] == []


def test_results_are_taken_away_as_a_table(site: Site) -> None:
    job = ordered(site, "khach", 1)  # who may begin nothing
    work_off(site.office.engine)

    answer = site.browser("khach").get(f"/tac-vu/{job}/tep")

    assert answer.headers["content-disposition"].startswith("attachment")
    assert "1,Đơn <b>1</b>,bị từ chối,Việc «Lập đơn xin nghỉ» dành cho" in answer.content.decode("utf-8-sig")


def test_jobs_are_followed_over_the_api_too(site: Site) -> None:
    job, client = ordered(site), site.office.client("an")
    work_off(site.office.engine)

    found = client.get(f"/api/v1/jobs/{job}").json()
    rows = client.get(f"/api/v1/jobs/{job}/rows", params={"limit": 2}).json()

    assert (found["state"], found["done"], found["total"]) == ("ready", 3, 3)
    assert [row["outcome"] for row in rows["items"]] == ["done", "done"]
    assert rows["items"][0]["case"] == {"id": "1", "collection": "leave-requests", "code": "DN-2024-00001"}
    assert "dossier" not in json.dumps(rows)
    rest = client.get(f"/api/v1/jobs/{job}/rows", params={"limit": 2, "cursor": rows["next"]}).json()
    assert [row["position"] for row in rest["items"]] == [3]
    assert [one["id"] for one in client.get("/api/v1/jobs").json()["items"]] == [job]


def test_a_list_is_exported_as_its_filter_shows_it_to_that_person(site: Site) -> None:
    launch_campaign(site.office.client("tat"))
    browser = site.browser("an")

    page = browser.post("/xuat", data={"loai": "duties", "kieu": "csv"})
    work_off(site.office.engine)
    file = browser.get(f"{page.url.path}/tep").content.decode("utf-8-sig")

    assert "Xuất danh sách hồ sơ" in page.text
    assert [line.split(",")[3] for line in file.splitlines()[1:]] == ["Phường 1"]


def test_no_cell_of_an_export_is_a_formula(site: Site) -> None:
    officer = site.office.client("an")
    officer.post("/api/v1/leave-requests", json={"dossier": LEAVE | {"reason": '=HYPERLINK("http://x","y")'}})
    browser = site.browser("an")

    page = browser.post("/xuat", data={"loai": "leave-requests", "kieu": "csv"})
    work_off(site.office.engine)

    file = browser.get(f"{page.url.path}/tep").content.decode("utf-8-sig")
    assert "'=HYPERLINK" in file
