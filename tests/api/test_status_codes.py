"""Each status code of the contract, by its cause, and how a problem looks."""

from typing import Any
from urllib.parse import unquote

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from engine.errors import Unavailable
from tests.api.office import LEAVE, PDF, Office, attach, launch_campaign, start_leave, submit_leave, version

LEAVES = "/api/v1/leave-requests"


def code_of(answer: Response) -> tuple[int, str]:
    """Status and code of a problem, after a look at its form."""
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["status"] == answer.status_code
    assert body["type"] == f"/problems/{body['code']}"
    assert unquote(body["instance"]) == answer.request.url.path
    assert body["title"]
    assert body["detail"]
    return answer.status_code, body["code"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/me"),
        ("GET", "/leave-requests"),
        ("GET", "/leave-requests/1"),
        ("POST", "/leave-requests"),
        ("PATCH", "/leave-requests/1"),
        ("POST", "/leave-requests/1/actions/submit"),
        ("POST", "/duties/1/attachments"),
        ("GET", "/tasks"),
        ("GET", "/tokens"),
        ("GET", "/definitions"),
        ("GET", "/campaigns/1/coverage"),
        ("DELETE", "/session"),
    ],
)
def test_401_without_a_secret(office: Office, method: str, path: str) -> None:
    answer = office.client().request(method, f"/api/v1{path}")

    assert code_of(answer) == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_401_with_an_unknown_secret_for_reads_and_changes(office: Office) -> None:
    stranger = office.client(Authorization="Bearer nobody-has-this")

    answers = [stranger.get(LEAVES), stranger.post(LEAVES, json={"dossier": LEAVE})]

    assert [code_of(answer) for answer in answers] == [(401, "not_authenticated")] * 2


def test_401_comes_before_a_look_at_the_body(office: Office) -> None:
    answer = office.client().post(LEAVES, content=b"{", headers={"Content-Type": "application/json"})

    assert code_of(answer) == (401, "not_authenticated")


def test_403_visible_but_role_missing(an: TestClient) -> None:
    key = start_leave(an)["id"]
    submit_leave(an, key)

    answer = an.post(f"{LEAVES}/{key}/actions/grant", headers=version(2))

    assert code_of(answer) == (403, "not_performer")
    assert answer.json()["params"] == {"action": "Đồng ý", "who": "Thủ trưởng, Phường 1"}


def test_404_for_the_case_of_another_unit_whatever_is_asked(office: Office, an: TestClient) -> None:
    key = start_leave(an)["id"]
    chi = office.client("chi")

    answers = [
        chi.get(f"{LEAVES}/{key}"),
        chi.get(f"{LEAVES}/{key}/history"),
        chi.get(f"{LEAVES}/{key}/tasks"),
        chi.get(f"{LEAVES}/{key}/actions"),
        chi.get(f"{LEAVES}/{key}/attachments"),
        chi.get(f"{LEAVES}/{key}/attachments/1"),
        chi.patch(f"{LEAVES}/{key}", json={"days": 1}, headers=version(1)),
        chi.post(f"{LEAVES}/{key}/actions/submit", headers=version(1)),
        chi.post(f"{LEAVES}/{key}/actions/no_such_action", headers=version(1)),
    ]

    assert [code_of(answer) for answer in answers] == [(404, "not_found")] * len(answers)


def test_404_says_the_same_for_a_case_of_another_unit_and_for_none(office: Office, an: TestClient) -> None:
    key = start_leave(an)["id"]
    chi = office.client("chi")

    hidden, missing = chi.get(f"{LEAVES}/{key}").json(), chi.get(f"{LEAVES}/999").json()

    assert hidden["detail"].replace(key, "999") == missing["detail"]


@pytest.mark.parametrize("path", ["/nothing", "/public/results", "/council-sessions", "/leave-requests/1/nothing"])
def test_404_for_what_is_not_there_yet(an: TestClient, path: str) -> None:
    assert code_of(an.get(f"/api/v1{path}")) == (404, "not_found")


@pytest.mark.parametrize("action", ["no_such_action", "settle", "lapse"])
def test_404_names_the_available_actions(office: Office, action: str) -> None:
    tat = office.client("tat")
    _, duty, _ = launch_campaign(tat)

    answer = tat.post(f"/api/v1/duties/{duty}/actions/{action}", headers=version(1))

    assert code_of(answer) == (404, "unknown_action")
    assert answer.json()["params"] == {"action": action, "available": "report, excuse"}


@pytest.mark.parametrize("key", ["0", "-1", "01", "x", "9223372036854775808", "9" * 40, "1%0A", "%FF"])
def test_422_for_a_key_that_cannot_be_one(an: TestClient, key: str) -> None:
    answer = an.get(f"{LEAVES}/{key}")

    assert code_of(answer) == (422, "invalid_input")
    assert list(answer.json()["fields"]) == ["id"]


def test_404_for_the_largest_key(an: TestClient) -> None:
    assert code_of(an.get(f"{LEAVES}/{'9' * 18}")) == (404, "not_found")


def test_405_names_every_method_of_the_path(an: TestClient) -> None:
    answer = an.put(f"{LEAVES}/1")

    assert code_of(answer) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, PATCH"


def test_409_action_not_in_this_state(an: TestClient, binh: TestClient) -> None:
    key = start_leave(an)["id"]

    answer = binh.post(f"{LEAVES}/{key}/actions/grant", headers=version(1))

    assert code_of(answer) == (409, "action_not_available")


def test_409_guard_unmet_with_its_reason(an: TestClient) -> None:
    key = start_leave(an, days=0)["id"]

    answer = an.post(f"{LEAVES}/{key}/actions/submit", headers=version(1))

    assert code_of(answer) == (409, "guard_unmet")
    assert answer.json()["reasons"] == [
        {"code": "has_days", "sentence": "Chưa ghi ngày nghỉ và số ngày", "citation": "", "mark": "", "remedy": ""}
    ]


def test_409_rule_broken_with_its_citation(office: Office) -> None:
    tat = office.client("tat")
    _, duty, _ = launch_campaign(tat)

    answer = tat.post(f"/api/v1/duties/{duty}/actions/report", headers=version(1))

    assert code_of(answer) == (409, "guard_unmet")
    assert answer.json()["reasons"] == [
        {
            "code": "result_given",
            "sentence": "Chưa có kết quả",
            "citation": "Kế hoạch, mục V.1",
            "mark": "D",
            "remedy": "",
        }
    ]


def test_409_a_group_is_refused_with_the_reasons_of_each_line(office: Office) -> None:
    tat = office.client("tat")
    campaign, *duties = launch_campaign(tat)

    answer = tat.post(f"/api/v1/campaigns/{campaign}/actions/finish", headers=version(2))

    assert code_of(answer) == (409, "lines_refused")
    lines: dict[str, Any] = answer.json()["lines"]
    assert set(lines) == {f"TN-2024-{int(duty):05d}" for duty in duties}
    assert {reason["code"] for reasons in lines.values() for reason in reasons} == {"was_accepted"}


@pytest.mark.parametrize("tag", ['"7"', '"0"', '"not-a-version"', 'W/"7"'])
def test_412_for_another_version(an: TestClient, tag: str) -> None:
    key = start_leave(an)["id"]

    answer = an.patch(f"{LEAVES}/{key}", json={"days": 3}, headers={"If-Match": tag})

    assert code_of(answer) == (412, "stale_version")
    assert answer.json()["params"]["actual"] == 1


def test_a_weak_tag_of_the_right_version_is_taken(an: TestClient) -> None:
    key = start_leave(an)["id"]

    answer = an.patch(f"{LEAVES}/{key}", json={"days": 3}, headers={"If-Match": 'W/"1"'})

    assert answer.status_code == 200


def test_422_for_a_tag_that_is_none(an: TestClient) -> None:
    key = start_leave(an)["id"]

    answer = an.patch(f"{LEAVES}/{key}", json={"days": 3}, headers={"If-Match": "1"})

    assert code_of(answer) == (422, "invalid_input")
    assert list(answer.json()["fields"]) == ["If-Match"]


@pytest.mark.parametrize("headers", [{}, {"If-Match": "*"}])
def test_428_for_no_version(office: Office, an: TestClient, headers: dict[str, str]) -> None:
    key = start_leave(an)["id"]
    tat = office.client("tat")
    _, duty, _ = launch_campaign(tat)

    answers = [
        an.patch(f"{LEAVES}/{key}", json={"days": 3}, headers=headers),
        an.post(f"{LEAVES}/{key}/actions/submit", headers=headers),
        tat.post(
            f"/api/v1/duties/{duty}/attachments",
            data={"kind": "REPORT"},
            files={"file": ("a.pdf", PDF)},
            headers=headers,
        ),
    ]

    assert [code_of(answer) for answer in answers] == [(428, "version_missing")] * 3


def test_413_for_a_body_over_the_limit(an: TestClient) -> None:
    answer = an.post(LEAVES, json={"dossier": {"reason": "x" * 1024 * 1024}})

    assert code_of(answer) == (413, "body_too_large")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_415_for_a_body_that_is_not_announced_as_json(an: TestClient, content_type: str) -> None:
    answer = an.post(LEAVES, content=b"{}", headers={"Content-Type": content_type})

    assert code_of(answer) == (415, "unsupported_media_type")


def test_422_names_each_field(an: TestClient) -> None:
    body = {"unit": 1, "dossier": {"days": 31, "first_day": "31/07/2024", "colour": "red"}}

    answer = an.post(LEAVES, json=body)

    assert code_of(answer) == (422, "invalid_input")
    assert answer.json()["fields"] == {
        "unit": "Phải là văn bản.",
        "dossier.days": "Không được quá 30.",
        "dossier.first_day": "Phải là ngày dạng NĂM-THÁNG-NGÀY, như 2024-07-31.",
        "dossier.colour": "Không có mục này.",
    }


def test_422_for_a_form_with_too_little(an: TestClient, binh: TestClient) -> None:
    key = start_leave(an)["id"]
    submit_leave(an, key)
    refuse = f"{LEAVES}/{key}/actions/refuse"

    answers = [
        binh.post(refuse, headers=version(2)),
        binh.post(refuse, json={}, headers=version(2)),
        binh.post(refuse, json={"answer": "hm"}, headers=version(2)),
        binh.post(refuse, json={"answer": "không được", "state": "granted"}, headers=version(2)),
    ]

    assert [code_of(answer) for answer in answers] == [(422, "invalid_input")] * 4
    assert [answer.json()["fields"] for answer in answers] == [
        {"body": "Thiếu nội dung."},
        {"answer": "Chưa điền mục này."},
        {"answer": "Phải có ít nhất 3 ký tự."},
        {"state": "Không có mục này."},
    ]


@pytest.mark.parametrize("query", ["colour=red", "limit=0", "limit=101", "limit=x", "state=gone", "open=1", "cursor=x"])
def test_422_for_a_filter_that_does_not_exist(an: TestClient, query: str) -> None:
    answer = an.get(f"{LEAVES}?{query}")

    assert code_of(answer) == (422, "invalid_input")
    assert list(answer.json()["fields"]) == [query.partition("=")[0]]


def test_422_for_a_filter_given_twice(an: TestClient) -> None:
    answer = an.get(f"{LEAVES}?open=true&open=false")

    assert answer.json()["fields"] == {"open": "Tham số này chỉ được nêu một lần."}


def test_500_shows_an_id_and_nothing_else(
    office: Office, an: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(office.engine.registry, "models", None)

    answer = an.get("/api/v1/definitions")

    assert code_of(answer) == (500, "internal_error")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    correlation = answer.json()["params"]["correlation"]
    assert correlation in answer.json()["detail"]
    assert correlation in caplog.text
    assert "TypeError" in caplog.text
    assert "TypeError" not in answer.text


def test_503_while_nothing_can_be_written(office: Office, an: TestClient) -> None:
    office.engine.writer.stop()

    answer = an.post(LEAVES, json={"dossier": LEAVE})

    assert code_of(answer) == (503, Unavailable.code)
    assert answer.headers["Retry-After"] == "5"


def test_503_when_the_database_is_locked(office: Office, an: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    class Locked(Exception):
        sqlite_errorname = "SQLITE_BUSY"

    def hook(_: str) -> None:
        raise Locked("database is locked")

    office.engine.database.hook = hook

    answer = an.post(LEAVES, json={"dossier": LEAVE})

    assert code_of(answer) == (503, Unavailable.code)
    assert "Locked SQLITE_BUSY" in caplog.text


def test_a_paper_is_refused_where_the_process_takes_none(an: TestClient) -> None:
    key = start_leave(an)["id"]

    answer = an.post(f"{LEAVES}/{key}/attachments", files={"file": ("a.pdf", PDF)}, headers=version(1))

    assert code_of(answer) == (405, "method_not_allowed")


def test_what_a_closed_case_had_can_still_be_read(office: Office) -> None:
    tat = office.client("tat")
    _, duty, _ = launch_campaign(tat)
    paper = attach(tat, duty, PDF)
    excused = tat.post(f"/api/v1/duties/{duty}/actions/excuse", json={"reason": "giải thể"}, headers=version(2))

    answer = tat.get(f"/api/v1/duties/{duty}/attachments/{paper}")

    assert excused.json()["task"] is None
    assert answer.content == PDF
