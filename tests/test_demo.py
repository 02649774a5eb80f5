"""The model customer: what is loaded, its clock over pages and API, its mail, and who sees what in it."""

import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from api.installation import DATABASE, found, open_database
from api.settings import Settings
from demo.load import PASSWORD
from demo.organisation import ACCOUNTS, UNITS
from demo.run import NotADemo, is_demo, open_demo
from engine.instants import LOCAL
from engine.runtime.beginning import NewCase
from engine.runtime.database import Statement
from engine.runtime.history import verify
from engine.runtime.queries import count_by_state
from engine.runtime.rights import visible, visible_rows
from engine.runtime.schema import incident, instance, session
from engine.runtime.service import Asking
from tests.model_customer import Demo, opened

LAUNCHED = {
    ("campaign", "running"): 1,
    ("ward_plan", "to_start"): 6,
    ("unit_obligation", "assigned"): 23,
    ("plan_receipt", "sent"): 37,  # 36 in the district, and the city's board
}
CLOCK, MAILS = "/api/v1/demo/clock", "/api/v1/demo/mails"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a demo as it was just loaded."""
    folder = tmp_path_factory.mktemp("demo") / "loaded"
    with open_demo(Settings(data=folder), datetime(2020, 1, 1, tzinfo=LOCAL)):  # it cannot begin before its plan
        pass
    return folder


@pytest.fixture
def demo(loaded: Path, tmp_path: Path) -> Iterator[Demo]:
    """That demo, gone on with in a copy."""
    shutil.copytree(loaded, tmp_path / "demo")
    with opened(tmp_path / "demo") as demo:
        yield demo


@pytest.fixture(scope="module")
def fresh(loaded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """That demo on its first morning; for tests that move nothing."""
    folder = tmp_path_factory.mktemp("demo") / "fresh"
    shutil.copytree(loaded, folder)
    with opened(folder) as demo:
        yield demo


@pytest.fixture(scope="module")
def in_july(loaded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """That demo after the first reminders; for tests that only look."""
    folder = tmp_path_factory.mktemp("demo") / "july"
    shutil.copytree(loaded, folder)
    with opened(folder) as demo:
        demo.place.ticker.advance(demo.clock, datetime(2024, 7, 17, 9, tzinfo=LOCAL))
        yield demo


# ── loading and going on ─────────────────────────────────────────────────────────────────────────


def test_the_campaign_is_launched_for_every_addressee(fresh: Demo) -> None:
    assert fresh.counts() == LAUNCHED
    assert fresh.now == "2024-07-10 08:00"
    assert fresh.rows(select(incident.c.what)) == []
    with fresh.place.engine.database.read() as tx:
        assert list(verify(tx)) == []


def test_the_rolling_round_is_open_and_nobody_is_left_logged_in(fresh: Demo) -> None:
    assert fresh.rows(select(session.c.id).where(session.c.revoked_at.is_(None), session.c.name == "")) == []
    dossier = fresh.client.get("/api/v1/campaigns/1", headers=fresh.bearer("chuyenvien")).json()["dossier"]

    assert (dossier["plan"], dossier["open_rounds"]) == (
        {"number": "01/KH-UBND", "signed_on": "2024-07-10"}, ["rolling"],
    )  # fmt: skip


def test_a_demo_is_gone_on_with_where_it_was_left(loaded: Path, tmp_path: Path) -> None:
    shutil.copytree(loaded, tmp_path / "demo")
    left_at = datetime(2024, 7, 11, 9, 30, tzinfo=LOCAL)
    with open_demo(Settings(data=tmp_path / "demo")) as (place, clock):
        place.ticker.advance(clock, left_at)

    with open_demo(Settings(data=tmp_path / "demo"), datetime(2024, 9, 1, tzinfo=LOCAL)) as (place, clock):
        assert clock() == left_at
        with place.engine.database.read() as tx:
            assert count_by_state(tx) == LAUNCHED


def test_a_new_demo_begins_where_it_is_told(tmp_path: Path) -> None:
    with open_demo(Settings(data=tmp_path), datetime(2024, 7, 11, 9, tzinfo=LOCAL)) as (place, clock):
        assert f"{clock().astimezone(LOCAL):%Y-%m-%d %H:%M}" == "2024-07-11 09:00"
        with place.engine.database.read() as tx:
            assert count_by_state(tx) == LAUNCHED


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    found(Settings(data=tmp_path)).close()

    with pytest.raises(NotADemo), open_demo(Settings(data=tmp_path)):
        pass

    assert [path.name for path in tmp_path.iterdir()] == [DATABASE]


def test_what_is_a_demo_is_known(loaded: Path, tmp_path: Path) -> None:
    found(Settings(data=tmp_path)).close()

    assert [is_demo_in(folder) for folder in (loaded, tmp_path)] == [True, False]


def is_demo_in(folder: Path) -> bool:
    with closing(open_database(Settings(data=folder))) as database, database.read() as tx:
        return is_demo(tx)


def test_everybody_can_log_in_with_the_one_password(fresh: Demo) -> None:
    client = TestClient(fresh.client.app)

    answers = [
        client.post("/api/v1/session", json={"username": name, "password": password}).status_code
        for name, password in (("phuong1", PASSWORD), ("phuong1", "Demo"), ("nobody", PASSWORD))
    ]

    assert answers == [201, 401, 401]


def test_codes_and_accounts_are_unique_and_every_seat_is_held() -> None:
    codes, names = [unit.code for unit in UNITS], [account.username for account in ACCOUNTS]

    assert (len(set(codes)), len(set(names))) == (len(codes), len(names))
    assert {code for account in ACCOUNTS for _, code in account.roles} <= set(codes)


# ── pages ────────────────────────────────────────────────────────────────────────────────────────


def test_the_overview_shows_the_clock_the_cases_the_mail_and_the_accounts(in_july: Demo) -> None:
    page = in_july.client.get("/demo")

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "09:00 17/07/2024" in page.text
    assert "Chưa lập: 6" in page.text
    assert "Đang triển khai: 23" in page.text
    assert "<td>phuong1</td>" in in_july.client.get("/demo/mails").text  # as the recipient of a mail
    assert [f"<code>{account.username}</code>" in page.text for account in ACCOUNTS] == [True] * len(ACCOUNTS)
    assert page.text.count('<a href="/demo/mails/') == 10


def test_all_mail_is_read_page_by_page(in_july: Demo) -> None:
    found, onward = [], "/demo/mails"
    while onward:
        page = in_july.client.get(onward).text
        found += re.findall(r'href="/demo/mails/(\d+)"', page)
        onward = "".join(re.findall(r'href="(/demo/mails\?before=\d+)"', page))

    assert found == [mail["id"] for mail in _every_mail(in_july)]
    assert len(found) > 40


def test_a_mail_can_be_read_as_it_was_received(in_july: Demo) -> None:
    mail = in_july.client.get(MAILS, headers=in_july.bearer("quantri")).json()["items"][0]

    page = in_july.client.get(f"/demo/mails/{mail['id']}")

    assert page.status_code == 200
    assert f"<h1>{mail['subject']}</h1>" in page.text
    assert mail["headers"]["Message-ID"].strip("<>") in page.text


@pytest.mark.parametrize("key", ["99999", "0", "x", str(10**30)])
def test_a_mail_that_is_not_there_is_not_shown(in_july: Demo, key: str) -> None:
    assert in_july.client.get(f"/demo/mails/{key}").status_code == 404


def test_the_clock_goes_to_what_is_due_next(demo: Demo) -> None:
    stops = []
    for _ in range(2):
        answer = demo.client.post("/demo/clock", data={"step": "next"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/demo")
        stops.append(demo.now)

    # Receipts are due on 17/7 and chased two days later; ward plans, due on 31/7, are ten working days away on 17/7.
    assert stops == ["2024-07-17 08:00", "2024-07-19 08:00"]


def test_the_clock_goes_to_the_morning_of_the_next_working_day(demo: Demo) -> None:
    stops = []
    for _ in range(3):
        demo.client.post("/demo/clock", data={"step": "day"})
        stops.append(demo.now)

    assert stops == ["2024-07-11 09:00", "2024-07-12 09:00", "2024-07-15 09:00"]


def test_the_clock_goes_to_the_local_time_that_was_typed(demo: Demo) -> None:
    answer = demo.client.post("/demo/clock", data={"to": "2024-07-12T08:30"})

    assert (answer.status_code, demo.now) == (303, "2024-07-12 08:30")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("tomorrow", "ngày giờ phải có dạng 2024-07-24T09:00"),
        ("", "ngày giờ phải có dạng 2024-07-24T09:00"),
        ("2024-07-01T09:00", "đồng hồ chỉ đi tới"),
        ("0001-01-01T00:00", "đồng hồ chỉ đi tới"),
        ("2100-01-01T00:00", "phải trước năm 2100"),
        ("9999-12-31T23:59", "phải trước năm 2100"),
    ],
)
def test_a_time_that_cannot_be_gone_to_is_said_and_stays_in_the_field(fresh: Demo, typed: str, told: str) -> None:
    answer = fresh.client.post("/demo/clock", data={"to": typed})

    assert (answer.status_code, fresh.now) == (422, "2024-07-10 08:00")
    assert f'role="alert">{told}' in answer.text
    assert f'value="{typed or "2024-07-10T08:00"}"' in answer.text


def test_what_was_typed_comes_back_harmless(fresh: Demo) -> None:
    answer = fresh.client.post("/demo/clock", data={"to": '"><script>alert(1)</script>'})

    assert (answer.status_code, "<script>" in answer.text) == (422, False)


# ── the bar ──────────────────────────────────────────────────────────────────────────────────────


def test_the_bar_is_on_every_page_and_says_who_looks(fresh: Demo) -> None:
    fresh.client.cookies.set("thidua_session", fresh.log_in("phuong1"))
    pages = [fresh.client.get(path).text for path in ("/", "/demo", "/dang-nhap")]
    fresh.client.cookies.clear()

    assert ["08:00 10/07/2024" in page and "· phuong1</summary>" in page for page in pages] == [True] * 3


def test_a_step_leads_back_to_the_page_it_was_pressed_on(demo: Demo) -> None:
    answer = demo.client.post("/demo/clock", data={"step": "day", "tiep": "/ho-so?mo=1"})

    assert (answer.status_code, answer.headers["location"], demo.now) == (303, "/ho-so?mo=1", "2024-07-11 09:00")


@pytest.mark.parametrize("onward", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"])
def test_the_bar_leads_nowhere_else(fresh: Demo, onward: str) -> None:
    answer = fresh.client.post("/demo/account", data={"username": "phuong1", "tiep": onward})
    fresh.client.cookies.clear()

    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_one_changes_places_without_a_password_and_the_seat_left_is_closed(fresh: Demo) -> None:
    client, who = fresh.client, []
    for username in ("chuyenvien", "chutich"):
        answer = client.post("/demo/account", data={"username": username, "tiep": "/"})
        who.append(
            (answer.status_code, answer.headers["location"], client.get("/api/v1/me").json()["person"]["username"])
        )
        before = client.cookies["thidua_session"]
    client.post("/demo/account", data={"username": "nobody"})
    still = client.get("/api/v1/me").status_code
    client.post("/demo/account", data={"username": "thuky"})
    left = client.get("/api/v1/me", headers={"Authorization": f"Bearer {before}"}).status_code
    client.cookies.clear()

    assert who == [(303, "/", "chuyenvien"), (303, "/", "chutich")]
    assert (still, left) == (200, 401)


def test_an_account_that_is_none_cannot_be_taken(fresh: Demo) -> None:
    assert fresh.client.post("/demo/account", data={"username": "nobody"}).status_code == 404


# ── the API of the demo ──────────────────────────────────────────────────────────────────────────


def _every_mail(demo: Demo) -> list[dict[str, Any]]:
    found, cursor = [], {}
    while True:
        part = demo.client.get(MAILS, params={"limit": 100, **cursor}, headers=demo.bearer("quantri")).json()
        found += part["items"]
        if part["next"] is None:
            return found
        cursor = {"cursor": part["next"]}


def _mails(demo: Demo, **query: str | int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = demo.client.get(MAILS, params=query, headers=demo.bearer("quantri")).json()["items"]
    return found


def test_the_administrator_moves_the_clock(demo: Demo) -> None:
    answer = demo.client.post(CLOCK, json={"now": "2024-07-19T08:00:00+07:00"}, headers=demo.bearer("quantri"))

    assert (answer.status_code, answer.json()) == (200, {"now": "2024-07-19T01:00:00Z"})
    assert demo.now == "2024-07-19 08:00"


@pytest.mark.parametrize("who", ["phuong1", "ct.phuong1", "chutich", "thanhtra"])
def test_nobody_else_moves_it(fresh: Demo, who: str) -> None:
    answer = fresh.client.post(CLOCK, json={"now": "2024-07-19T08:00:00+07:00"}, headers=fresh.bearer(who))

    assert (answer.status_code, answer.json()["code"], fresh.now) == (403, "not_performer", "2024-07-10 08:00")


@pytest.mark.parametrize(
    "now", ["2024-07-01T08:00:00+07:00", "2024-07-19T08:00:00", "2100-01-01T00:00:00Z", "soon", 1721350800]
)
def test_a_wrong_instant_does_not_move_it(fresh: Demo, now: str | int) -> None:
    answer = fresh.client.post(CLOCK, json={"now": now}, headers=fresh.bearer("quantri"))

    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["now"])
    assert fresh.now == "2024-07-10 08:00"


def test_clock_and_mail_want_to_know_who_asks(fresh: Demo) -> None:
    answers = fresh.client.post(CLOCK, json={"now": "2024-07-19T08:00:00+07:00"}), fresh.client.get(MAILS)

    assert [answer.status_code for answer in answers] == [401, 401]


def test_the_mails_are_read_newest_first_and_in_parts(in_july: Demo) -> None:
    whole = _mails(in_july, limit=100)

    part = in_july.client.get(MAILS, params={"limit": 3}, headers=in_july.bearer("phuong1")).json()
    rest = _mails(in_july, limit=3, cursor=part["next"])

    assert [mail["id"] for mail in (*part["items"], *rest)] == [mail["id"] for mail in whole[:6]]
    assert [mail["at"] for mail in whole] == sorted((mail["at"] for mail in whole), reverse=True)


def test_a_mail_says_to_whom_about_what_and_when(in_july: Demo) -> None:
    """The first reminder of ward 1: its plan in ten working days, and the receipt today."""
    by_ward = [mail for mail in _mails(in_july, limit=100) if mail["recipients"] == ["phuong1"]]

    assert (by_ward[0]["at"], by_ward[0]["address"]) == ("2024-07-17T01:00:00Z", "phuong1@duongkinh.example")
    assert by_ward[0]["headers"]["From"].startswith("Phòng Nội vụ quận Dương Kinh")
    assert len(by_ward[0]["instances"]) == 2


# ── who sees what ────────────────────────────────────────────────────────────────────────────────


def test_lists_and_single_cases_agree_on_who_sees_them(demo: Demo) -> None:
    """Every person against every case, a ward's own tờ trình with its proposal among them."""
    engine = demo.place.engine
    for who, decided_by in (("phuong1", "ward"), ("phuong1", "district"), ("donvi1", "district")):
        below = NewCase(None, 1, {"decided_by": decided_by})
        submission = engine.start(Asking(demo.log_in(who)), engine.registry.by_code["submission"], below).result()
        proposal = NewCase(None, int(submission.location.rpartition("/")[2]), {})
        engine.start(Asking(who), engine.registry.by_code["award_proposal"], proposal).result()
    engine.start(
        Asking(demo.log_in("chuyenvien")), engine.registry.by_code["campaign"], NewCase(None, None, {})
    ).result()

    disagreements, seen = [], {}
    for account in ACCOUNTS:
        demo.log_in(account.username)
        with engine.look(account.username) as (work, actor):
            rows = work.tx.all(Statement(select(instance)))
            one_by_one = {row["id"] for row in rows if visible(work, actor, row)}
            listed = {row["id"] for row in work.tx.all(Statement(select(instance).where(visible_rows(work, actor))))}
        seen[account.username] = len(listed)
        if one_by_one != listed:
            disagreements.append((account.username, one_by_one ^ listed))

    assert disagreements == []
    assert (len(rows), seen["quantri"], seen["thanhtra"]) == (74, 74, 74)
    assert (seen["phuong1"], seen["phuong2"], seen["donvi1"], seen["donvi2"]) == (7, 3, 5, 3)
