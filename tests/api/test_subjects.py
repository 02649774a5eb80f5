"""Personal data over HTTP: masks, fresh confirmation, scopes, versions, and nothing kept or shown that need not be."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from engine.runtime.accounts import Scope
from engine.runtime.database import Transaction
from engine.runtime.offices import add_membership, add_person, add_unit
from engine.runtime.vault import Vault
from tests.privacy.office import NUMBER, REASON, SINCE, START, SUBJECT, PrivateOffice, open_private

AT = "/api/v1/nominations"
GIVEN = {"identity_number": NUMBER, "birth_date": "1990-02-28"}
MASKED = {"identity_number": "•••• •••• 1234", "birth_date": "••/••/••••"}
WHY = {"reason": REASON}


class Door:
    """The application over a private office, and a client for each person."""

    def __init__(self, office: PrivateOffice) -> None:
        self.office, self.app = office, create_app(office.engine, Settings())

    def __call__(self, secret: str) -> TestClient:
        return self.office.client(self.app, secret)


@pytest.fixture
def door(folder: Path) -> Iterator[Door]:
    with open_private(folder) as office:
        yield Door(office)


@pytest.fixture
def an(door: Door) -> TestClient:
    return door("an")


def seen(number: int) -> dict[str, str]:
    return {"If-Match": f'"{number}"'}


def known(door: Door, who: str = "an") -> int:
    case = door.office.start(who)
    answer = door(who).put(f"{AT}/{case}/subject", json=GIVEN, headers=seen(1))
    assert answer.status_code == 200, answer.text
    return case


# ── the subject ──────────────────────────────────────────────────────────────────────────────────


def test_what_is_set_comes_back_masked_with_the_next_version(door: Door, an: TestClient) -> None:
    case = door.office.start()

    answer = an.put(f"{AT}/{case}/subject", json=GIVEN, headers=seen(1))

    assert (answer.status_code, answer.json(), answer.headers["ETag"]) == (200, MASKED, '"2"')
    assert an.get(f"{AT}/{case}/subject").json() == MASKED
    assert an.get(f"{AT}/{case}").json()["version"] == 2
    assert an.get(f"{AT}/{case}/subject").headers["Cache-Control"] == "no-store"


def test_no_other_answer_holds_it(door: Door) -> None:
    case = known(door)
    door.office.act("an", case, "submit")
    paths = [f"{AT}/{case}", AT, f"{AT}/{case}/history", f"{AT}/{case}/actions", f"{AT}/{case}/tasks", "/api/v1/tasks",
             f"{AT}/{case}/mails", f"{AT}/{case}/subject", f"{AT}/{case}/disclosures"]  # fmt: skip

    for who in ("an", "lan", "quan"):
        texts = [door(who).get(path).text for path in paths]
        assert not [text for text in texts if NUMBER in text or "1990-02-28" in text]


def test_the_history_names_the_change_in_words(door: Door, an: TestClient) -> None:
    case = known(door)

    entry = an.get(f"{AT}/{case}/history").json()["items"][-1]

    assert (entry["action"], entry["label"], entry["changes"]) == ("set_subject", "Cập nhật dữ liệu cá nhân", {})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"identity_number": "03109000123"}, "identity_number"),
        ({"identity_number": "0310900012345"}, "identity_number"),
        ({"identity_number": "03109000123x"}, "identity_number"),
        ({"identity_number": "٠٣١٠٩٠٠٠١٢٣٤"}, "identity_number"),
        ({"identity_number": f"{NUMBER}\n"}, "identity_number"),
        ({"identity_number": 31090001234}, "identity_number"),
        ({"birth_date": "28/02/1990"}, "birth_date"),
        ({"birth_date": "1990-02-30"}, "birth_date"),
        ({"birth_date": "2990-02-28"}, "birth_date"),
        ({"birth_date": "1991-02-28"}, "birth_date"),
        ({"name": "Ai đó"}, "name"),
        ({}, "body"),
    ],
)
def test_a_subject_is_checked_and_a_refusal_repeats_nothing(
    door: Door, an: TestClient, body: dict[str, Any], field: str
) -> None:
    case = door.office.start()

    answer = an.put(f"{AT}/{case}/subject", json=body, headers=seen(1))

    assert (answer.status_code, list(answer.json()["fields"])) == (422, [field])
    assert not [value for value in body.values() if str(value) in answer.text]
    assert an.get(f"{AT}/{case}/subject").json() == {"identity_number": None, "birth_date": None}


@pytest.mark.parametrize(("headers", "status"), [({}, 428), (seen(7), 412)])
def test_a_subject_is_set_on_the_version_that_was_seen(
    door: Door, an: TestClient, headers: dict[str, str], status: int
) -> None:
    case = door.office.start()

    assert an.put(f"{AT}/{case}/subject", json=GIVEN, headers=headers).status_code == status


@pytest.mark.parametrize("who", ["chi", "thu", "quan", "tra"])
def test_outside_the_circle_there_is_no_subject(door: Door, who: str) -> None:
    case = known(door)

    answers = [
        door(who).get(f"{AT}/{case}/subject"),
        door(who).put(f"{AT}/{case}/subject", json=GIVEN, headers=seen(2)),
        door(who).post(f"{AT}/{case}/subject/disclosure", json=WHY),
        door(who).post(f"{AT}/{case}/correction", json={"name": "Ai Đó", **WHY}, headers=seen(2)),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4


def test_processes_without_nominees_have_no_such_routes(door: Door) -> None:
    paths = door.app.openapi()["paths"]

    assert {path for path in paths if "/subject" in path or path.endswith(("/disclosures", "/correction"))} == {
        "/api/v1/disclosures",
        "/api/v1/nominations/{id}/subject", "/api/v1/nominations/{id}/subject/disclosure",
        "/api/v1/nominations/{id}/disclosures", "/api/v1/nominations/{id}/correction",
        "/api/v1/subjects/search", "/api/v1/subjects/export",
    }  # fmt: skip


# ── opening it ───────────────────────────────────────────────────────────────────────────────────


def test_it_opens_with_a_reason_that_is_recorded(door: Door, an: TestClient) -> None:
    case = known(door)

    answer = an.post(f"{AT}/{case}/subject/disclosure", json=WHY)

    assert (answer.status_code, answer.json()) == (200, GIVEN)
    record = door("tra").get(f"{AT}/{case}/disclosures").json()["items"]
    assert record == [{"at": "2024-07-10T02:00:00Z", "by": "An", "what": "unmask", "reason": REASON}]


@pytest.mark.parametrize("reason", ["", "ngắn", " " * 20, "." * 20, f"số {NUMBER} đúng không", None])
def test_it_does_not_open_without_a_reason(door: Door, an: TestClient, reason: str | None) -> None:
    case = known(door)

    answer = an.post(f"{AT}/{case}/subject/disclosure", json={} if reason is None else {"reason": reason})

    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["reason"])


@pytest.mark.parametrize("path", ["{case}/subject/disclosure", "export"])
def test_a_session_must_have_been_confirmed_lately(door: Door, path: str) -> None:
    case = known(door)
    client = door(door.office.opens("an", "phien", kind="session"))
    at, body = f"{AT}/{path.format(case=case)}", dict(WHY)
    if path == "export":
        at, body = "/api/v1/subjects/export", {**WHY, "staff_code": "CB-1"}
    fresh = client.post(at, json=body)
    door.office.engine.wall = lambda: START + timedelta(minutes=5, seconds=1)

    stale = client.post(at, json=body)

    assert (fresh.status_code, stale.status_code, stale.json()["code"]) == (200, 401, "confirmation_needed")


def test_a_token_needs_its_scope(door: Door) -> None:
    case = known(door)
    small = frozenset({Scope.READ, Scope.ACT})
    client = door(door.office.opens("an", "small", scopes=small))

    answers = [
        client.post(f"{AT}/{case}/subject/disclosure", json=WHY),
        client.post("/api/v1/subjects/export", json={**WHY, "staff_code": "CB-1"}),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "scope_missing")] * 2


def test_nothing_personal_is_kept_for_a_repeat(door: Door, an: TestClient) -> None:
    case = known(door)
    once = {"Idempotency-Key": "once"}

    for _ in range(2):
        an.post(f"{AT}/{case}/subject/disclosure", json=WHY, headers=once)
        an.put(f"{AT}/{case}/subject", json=GIVEN, headers=once | seen(2))

    assert door.office.ask("SELECT * FROM idempotency") == []
    assert NUMBER.encode() not in door.office.everything()
    assert len(an.get(f"{AT}/{case}/disclosures").json()["items"]) == 2, "each look is a look"


def test_no_log_holds_it_even_when_something_breaks(
    door: Door, an: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    case = known(door)
    caplog.set_level(logging.DEBUG)
    door.office.engine.vault = Vault.fresh()

    answer = an.post(f"{AT}/{case}/subject/disclosure", json=WHY)

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "Unsealable" in caplog.text
    assert NUMBER not in caplog.text + answer.text


# ── across cases ─────────────────────────────────────────────────────────────────────────────────


def test_duplicates_are_found_by_number_for_the_appraising_office(door: Door, an: TestClient) -> None:
    first, second = known(door), known(door, "chi")
    for who, case in (("an", first), ("chi", second)):
        door.office.act(who, case, "submit")
    body = {"identity_number": NUMBER, **WHY}

    answer = door("lan").post("/api/v1/subjects/search", json=body)

    assert [item["id"] for item in answer.json()["items"]] == [str(second), str(first)]
    assert NUMBER not in answer.text
    refused = an.post("/api/v1/subjects/search", json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_performer")


def test_those_who_oversee_see_every_look_and_every_search(door: Door, an: TestClient) -> None:
    case = known(door)
    an.post(f"{AT}/{case}/subject/disclosure", json=WHY)
    door("lan").post("/api/v1/subjects/search", json={"identity_number": NUMBER, **WHY})

    first = door("tra").get("/api/v1/disclosures", params={"limit": 1}).json()
    second = door("quan").get("/api/v1/disclosures", params={"cursor": first["next"]}).json()

    (search,), (look,) = first["items"], second["items"]
    assert (search["by"], search["what"], search["reason"], search["case"]) == ("Lan", "search", REASON, None)
    assert (look["by"], look["what"], look["case"]["id"], second["next"]) == ("An", "unmask", str(case), None)
    assert NUMBER not in str(first)


@pytest.mark.parametrize("who", ["an", "ha", "lan", "truong", "thu"])
def test_who_oversees_nothing_sees_no_disclosures(door: Door, who: str) -> None:
    assert door(who).get("/api/v1/disclosures").status_code == 403


def test_what_another_district_does_is_its_own(door: Door) -> None:
    case = known(door)
    door("an").post(f"{AT}/{case}/subject/disclosure", json=WHY)
    door("lan").post("/api/v1/subjects/search", json={"identity_number": NUMBER, **WHY})
    found_auditor(door, "khac")

    assert door("khac").get("/api/v1/disclosures").json() == {"items": [], "next": None}


def found_auditor(door: Door, name: str) -> None:
    """An auditor of a district of their own."""

    def found(tx: Transaction) -> None:
        unit = add_unit(tx, "Q2", "Quận 2", "unit", mail="", since=SINCE)
        key = add_person(tx, name, name.title(), mail=f"{name}@example.vn")
        add_membership(tx, key, unit, "auditor", since=SINCE)

    door.office.engine.writer.call(found)
    door.office.opens(name, name)


def test_a_number_is_never_asked_for_in_a_url(door: Door) -> None:
    parameters = [
        parameter["name"]
        for item in door.app.openapi()["paths"].values()
        for operation in item.values()
        for parameter in operation.get("parameters", ())
    ]

    assert parameters
    assert not [name for name in parameters if "identity" in name or "birth" in name]


@pytest.mark.parametrize("whom", [{"staff_code": "CB-1"}, {"identity_number": NUMBER}])
def test_a_copy_is_given_out_and_recorded(door: Door, an: TestClient, whom: dict[str, str]) -> None:
    case = known(door)

    (found,) = an.post("/api/v1/subjects/export", json={**WHY, **whom}).json()["cases"]

    assert (found["case"]["id"], found["subject"], found["dossier"]["subject"]["name"]) == (
        str(case), GIVEN, SUBJECT["name"],
    )  # fmt: skip
    assert [entry["what"] for entry in an.get(f"{AT}/{case}/disclosures").json()["items"]] == ["export"]


@pytest.mark.parametrize("whom", [{}, {"staff_code": "CB-1", "identity_number": NUMBER}, {"staff_code": ""}])
def test_a_copy_is_of_one_person(door: Door, an: TestClient, whom: dict[str, str]) -> None:
    known(door)

    assert an.post("/api/v1/subjects/export", json={**WHY, **whom}).status_code == 422


def test_a_correction_stands_in_the_history_with_its_reason(door: Door, an: TestClient) -> None:
    case = door.office.closed()
    version = door.office.version(case)

    answer = an.post(f"{AT}/{case}/correction", json={"name": "Vũ Thúy Nga", **WHY}, headers=seen(version))

    assert (answer.status_code, answer.json()["headline"], answer.json()["state"]["id"]) == (
        200, "Vũ Thúy Nga", "granted",
    )  # fmt: skip
    entry = an.get(f"{AT}/{case}/history").json()["items"][-1]
    assert (entry["label"], entry["reason"]) == ("Cải chính thông tin", REASON)
    assert entry["changes"] == {"subject": {"name": "Vũ Thúy Nga"}}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"award": "BK"}, 422),
        ({"identifier": "CB-2"}, 422),
        ({"name": "x"}, 422),
        ({"birth_year": 1990}, 200),
    ],
)
def test_a_correction_corrects_name_position_and_birth_year_alone(
    door: Door, an: TestClient, body: dict[str, Any], status: int
) -> None:
    case = door.office.start()

    assert an.post(f"{AT}/{case}/correction", json={**WHY, **body}, headers=seen(1)).status_code == status


def test_my_data_is_about_me(door: Door, an: TestClient) -> None:
    found = an.get("/api/v1/me/data").json()

    assert (found["person"]["username"], found["person"]["mail"]) == ("an", "an@example.vn")
    assert found["memberships"][0]["unit"] == {"code": "W1", "name": "Phường 1"}
    assert found["counts"]["tokens"] == 1
    assert "password" not in str(found)
    assert "hash" not in str(found)
