"""JSON that a hostile or a broken client sends: refused with a problem, never a fault."""

from datetime import date

import pytest
from starlette.testclient import TestClient

from tests.api.office import LEAVE, start_leave, submit_leave, version

LEAVES = "/api/v1/leave-requests"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nothing",
        b'{"dossier": {}} {}',
        b'{"dossier": {"days": ' + b"9" * 5000 + b"}}",
        b'{"dossier": {"days": 1e999}}',
        b'{"dossier": {"days": NaN}}',
        b'{"dossier": {"days": -Infinity}}',
        b'{"dossier": {"days": 1, "days": 2}}',
        b'{"dossier": {}, "dossier": {}}',
        b'{"dossier": {"reason": "\\u0000"}}',
        b'{"dossier": {"reason": "\\\\\\u0000"}}',
        b'{"dossier": {"reason": "\x00"}}',
        b'{"dossier": {"reason": "\\ud800"}}',
        b'{"dossier": {"\\udfff": 1}}',
        b'{"dossier": {"reason": "\xff"}}',
        b"\xef\xbb\xbf{}",
        '{"dossier": {}}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 900 + b"]" * 900,
        b'{"dossier":' * 300 + b"1" + b"}" * 300,
        b"{'dossier': {}}",
    ],
    ids=lambda body: repr(body[:40]),
)
def test_what_is_not_proper_json_is_malformed(an: TestClient, body: bytes) -> None:
    answer = an.post(LEAVES, content=body, headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"null", "body"),
        (b"[]", "body"),
        (b"1", "body"),
        (b'{"dossier": null}', "dossier"),
        (b'{"dossier": []}', "dossier"),
        (b'{"state": "granted"}', "state"),
        (b'{"dossier": {"answer": "ok"}}', "dossier.answer"),
        (b'{"dossier": {"days": "5"}}', "dossier.days"),
        (b'{"dossier": {"days": true}}', "dossier.days"),
        (b'{"dossier": {"days": 2.5}}', "dossier.days"),
        (b'{"dossier": {"days": 1e300}}', "dossier.days"),
        (b'{"dossier": {"days": -1}}', "dossier.days"),
        (b'{"dossier": {"reason": 5}}', "dossier.reason"),
        (b'{"dossier": {"first_day": 0}}', "dossier.first_day"),
        (b'{"dossier": {"first_day": "0"}}', "dossier.first_day"),
        (b'{"dossier": {"first_day": "1720569600"}}', "dossier.first_day"),
        (b'{"dossier": {"first_day": "2024-02-30"}}', "dossier.first_day"),
        (b'{"dossier": {"first_day": "2024-07-20T00:00:00"}}', "dossier.first_day"),
        (b'{"unit": "NOWHERE"}', "unit"),
        (b'{"parent": "1"}', "parent"),
    ],
)
def test_what_does_not_fit_the_form_is_named(an: TestClient, body: bytes, field: str) -> None:
    answer = an.post(LEAVES, content=body, headers=JSON)

    assert (answer.status_code, list(answer.json()["fields"])) == (422, [field])


def test_two_point_zero_is_a_whole_number(an: TestClient) -> None:
    answer = an.post(LEAVES, content=b'{"dossier": {"days": 2.0}}', headers=JSON)

    assert answer.json()["dossier"]["days"] == 2


def test_a_backslash_before_u0000_is_text(an: TestClient) -> None:
    answer = an.post(LEAVES, content=b'{"dossier": {"reason": "\\\\u0000"}}', headers=JSON)

    assert answer.json()["dossier"]["reason"] == "\\u0000"


def test_vietnamese_arrives_as_it_was_sent(an: TestClient) -> None:
    assert start_leave(an, reason="Nghỉ phép “năm” 🎉")["headline"] == "Nghỉ phép “năm” 🎉"


def test_a_charset_may_be_named(an: TestClient) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}

    assert an.post(LEAVES, content=b"{}", headers=headers).status_code == 201


@pytest.mark.parametrize(
    ("content", "status"), [(b"", 200), (b"{}", 200), (b'{"days": 9}', 422), (b"[]", 422), (b"{", 400)]
)
def test_an_action_without_a_form_takes_nothing(an: TestClient, content: bytes, status: int) -> None:
    key = start_leave(an)["id"]

    answer = an.post(f"{LEAVES}/{key}/actions/submit", content=content, headers={**JSON, **version(1)})

    assert answer.status_code == status


def test_null_empties_a_field_and_absence_keeps_it(an: TestClient) -> None:
    key = start_leave(an)["id"]
    headers = {**version(1), "Content-Type": "application/merge-patch+json"}

    answer = an.patch(f"{LEAVES}/{key}", content=b'{"first_day": null, "days": 7}', headers=headers)

    assert answer.json()["dossier"] == {"reason": LEAVE["reason"], "days": 7, "answer": ""}


def test_what_lies_in_a_list_is_whole(office_duty: tuple[TestClient, str]) -> None:
    tat, duty = office_duty
    lines = [{"subject": "An", "count": 1}, {"subject": "Bình"}]

    answer = tat.patch(f"/api/v1/duties/{duty}", json={"lines": lines}, headers=version(1))

    assert answer.json()["fields"] == {"lines.1.count": "Chưa điền mục này."}


def test_unknown_fields_are_refused_below_too(office_duty: tuple[TestClient, str]) -> None:
    tat, duty = office_duty
    lines = [{"subject": "An", "count": 1, "unit_id": 7}]

    answer = tat.patch(f"/api/v1/duties/{duty}", json={"lines": lines}, headers=version(1))

    assert answer.json()["fields"] == {"lines.0.unit_id": "Không có mục này."}


def test_the_field_of_another_state_is_the_engines_to_refuse(office_duty: tuple[TestClient, str]) -> None:
    tat, duty = office_duty
    for number, (action, form) in enumerate((("report", None), ("send_back", {"reason": "thiếu"})), start=2):
        if action == "report":
            tat.patch(f"/api/v1/duties/{duty}", json={"result": "đã xong"}, headers=version(1))
        moved = tat.post(f"/api/v1/duties/{duty}/actions/{action}", json=form, headers=version(number))
        assert moved.status_code == 200, moved.text

    answer = tat.patch(f"/api/v1/duties/{duty}", json={"lines": []}, headers=version(4))

    assert list(answer.json()["fields"]) == ["lines"]


def test_a_form_is_given_to_the_engine_as_it_was_filled(an: TestClient, binh: TestClient) -> None:
    key = start_leave(an)["id"]
    submit_leave(an, key)

    answer = binh.post(f"{LEAVES}/{key}/actions/refuse", json={"answer": "bận quá"}, headers=version(2))

    assert answer.json()["dossier"]["answer"] == "bận quá"
    assert date.fromisoformat(answer.json()["dossier"]["first_day"])
