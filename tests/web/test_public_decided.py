"""The register and the receipts over the model customer: cases that people have really decided."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from starlette.testclient import TestClient

from api.settings import Settings
from demo.run import demo_app, open_demo
from engine.runtime import accounts
from engine.runtime.database import Row, Statement
from engine.runtime.receipts import receipt_code
from engine.runtime.schema import instance
from engine.runtime.service import Engine

NO_SUCH = "Không có hồ sơ nào đã nộp với mã này."


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    folder: Path = tmp_path_factory.mktemp("decided") / "demo"
    with open_demo(Settings(data=folder), story=True) as (place, clock):
        yield demo_app(place, clock)


@pytest.fixture
def browser(app: FastAPI) -> TestClient:
    return TestClient(app)


def rows(app: FastAPI, process: str, state: str) -> list[Row]:
    engine: Engine = app.state.engine
    query = select(instance).where(instance.c.process == process, instance.c.state == state)
    with engine.database.read() as tx:
        return tx.all(Statement(query))


def code_of(app: FastAPI, row: Row) -> str:
    engine: Engine = app.state.engine
    with engine.database.read() as tx:
        return receipt_code(engine.work(tx), row)


def look_up(browser: TestClient, code: str) -> Any:
    return browser.post("/tra-cuu", data={"ma": code})


def test_every_decided_proposal_stands_in_the_register_and_no_other(app: FastAPI, browser: TestClient) -> None:
    decided = [row for state in ("approved", "notified", "awarded", "archived", "city_approved")
               for row in rows(app, "award_proposal", state)]  # fmt: skip

    items = browser.get("/cong-khai.json").json()["items"]

    assert decided
    assert {int(item["code"][8:]) for item in items} == {row["id"] for row in decided}


def test_who_takes_consent_back_is_gone_from_page_search_and_files(app: FastAPI, browser: TestClient) -> None:
    engine: Engine = app.state.engine
    item = next(one for one in browser.get("/cong-khai.json").json()["items"] if one["kind"]["code"] == "individual")

    def log_in(tx: Any) -> None:
        person = accounts.find_person(tx, "chuyenvien")
        assert person is not None
        accounts.open_login(tx, person["id"], "of-chuyenvien", engine.wall(), kind="session")

    engine.writer.call(log_in)
    at = f"/api/v1/award-proposals/{int(item['code'][8:])}"
    head = {"Authorization": "Bearer of-chuyenvien"}
    version = browser.get(at, headers=head).json()["version"]
    wish = {"public_consent": False, "reason": "Người được khen rút lại sự đồng ý"}
    answer = browser.post(f"{at}/correction", json=wish, headers=head | {"If-Match": f'"{version}"'})

    assert answer.status_code == 200, answer.text
    for path in (f"/cong-khai/{item['code']}", "/cong-khai", "/cong-khai.csv", "/cong-khai.json", "/guong-dien-hinh"):
        assert item["name"] not in browser.get(path).text
    assert browser.get("/cong-khai.json", params={"tim": item["name"]}).json()["items"] == []
    assert "Một cá nhân" in browser.get(f"/cong-khai/{item['code']}").text


def test_a_receipt_tells_stage_and_date_and_no_name(app: FastAPI, browser: TestClient) -> None:
    (row,) = rows(app, "award_proposal", "signing")
    code = code_of(app, row)

    page = look_up(browser, f" {code.lower()} ")

    assert page.status_code == 200
    assert "Đã nộp: đang kiểm tra, thẩm định" in page.text
    assert "Ký kết quả thẩm định" in page.text
    assert re.search(r"Hẹn xong bước này</dt><dd><time", page.text)
    name = row["headline"].partition(": ")[2]
    assert name
    assert name not in page.text
    assert code not in browser.get("/tra-cuu").text


def test_the_receipt_of_a_decided_case_leads_into_the_register(app: FastAPI, browser: TestClient) -> None:
    (row,) = rows(app, "award_proposal", "approved")

    page = look_up(browser, code_of(app, row))

    assert "Đã có quyết định" in page.text
    path = re.findall(r'href="(/cong-khai/KT-[^"]+)"', page.text)[0]
    assert browser.get(path).status_code == 200


def test_submissions_have_receipts_too(app: FastAPI, browser: TestClient) -> None:
    row = rows(app, "submission", "submitted")[0]

    assert look_up(browser, code_of(app, row)).status_code == 200


def test_a_wrong_code_a_draft_and_an_unknown_case_are_told_apart_by_nobody(app: FastAPI, browser: TestClient) -> None:
    right = code_of(app, rows(app, "award_proposal", "signing")[0])
    last = "A" if right[-1] != "A" else "B"
    draft = code_of(app, rows(app, "award_proposal", "drafted")[0])
    plan = code_of(app, rows(app, "campaign", "running")[0])

    answers = [look_up(browser, code) for code in (right[:-1] + last, draft, plan, "KT-2024-99999-ABCDEF", "?")]

    assert {answer.status_code for answer in answers} == {404}
    assert all(NO_SUCH in answer.text for answer in answers)
