"""Incidents over HTTP: the administrator's list, trying again, settling; for others they do not exist."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from tests.errands.office import RuntimeOffice, open_runtime

INCIDENTS = "/api/v1/incidents"
TOLD = {
    "id": "1",
    "at": "2024-07-10T02:00:00Z",
    "what": "Chưa thể «Thu nhận»: còn điều kiện chưa đạt.",
    "case": "1",
    "code": "DV-2024-00001",
    "collection": "drives",
    "can_retry": True,
    "resolved_at": None,
}


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    """An office with one incident: an approval that could not be told to the drive, which is shut."""
    with open_runtime(folder) as office:
        errand = office.errands(office.drive("W1"))[0]
        office.act("an", errand, "hand_in")
        office.edit("lan", 1, is_open=False)
        office.act("lan", errand, "approve")
        yield office


def client(office: RuntimeOffice, who: str = "quan") -> TestClient:
    if "app" not in _SHARED:  # making fifty routes takes longer than all of these tests
        _SHARED["app"] = create_app(office.engine, Settings())
    _SHARED["app"].state.engine = office.engine
    return TestClient(_SHARED["app"], headers={"Authorization": f"Bearer {who}"}, raise_server_exceptions=False)


_SHARED: dict[str, FastAPI] = {}


def test_the_administrator_lists_what_is_to_be_repaired(office: RuntimeOffice) -> None:
    answer = client(office).get(INCIDENTS)

    assert (answer.status_code, answer.json()) == (200, {"items": [TOLD], "next": None})


@pytest.mark.parametrize("who", ["an", "lan", "chu", "khach"])
@pytest.mark.parametrize("verb", ["retry", "resolve"])
def test_for_others_incidents_do_not_exist(office: RuntimeOffice, who: str, verb: str) -> None:
    other = client(office, who)

    refused = other.post(f"{INCIDENTS}/1/{verb}")

    assert other.get(INCIDENTS).json()["items"] == []
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert len(office.incidents()) == 1


def test_nobody_is_asked_to_log_in(office: RuntimeOffice) -> None:
    nobody = client(office, "nobody")

    assert [nobody.get(INCIDENTS).status_code, nobody.post(f"{INCIDENTS}/1/retry").status_code] == [401, 401]


def test_trying_again_answers_when_it_has_happened(office: RuntimeOffice) -> None:
    office.edit("lan", 1, is_open=True)

    answer = client(office).post(f"{INCIDENTS}/1/retry")

    assert (answer.status_code, answer.json()) == (200, TOLD | {"resolved_at": "2024-07-10T02:00:00Z"})
    assert office.dossier(1)["collected"] == "2024-07-10T02:00:00Z"
    assert client(office).get(INCIDENTS).json()["items"] == []


def test_trying_again_in_vain_lists_a_new_incident(office: RuntimeOffice) -> None:
    quan = client(office)

    answer = quan.post(f"{INCIDENTS}/1/retry")

    assert answer.status_code == 200
    assert quan.get(INCIDENTS).json()["items"] == [TOLD | {"id": "2"}]
    assert (quan.post(f"{INCIDENTS}/2/retry").status_code, len(office.incidents())) == (200, 1)


def test_settling_changes_nothing_else(office: RuntimeOffice) -> None:
    answer = client(office).post(f"{INCIDENTS}/1/resolve")

    assert (answer.status_code, answer.json()["resolved_at"]) == (200, "2024-07-10T02:00:00Z")
    assert (office.incidents(), office.effects()[-1]) == ([], ("send", "refused"))


@pytest.mark.parametrize("verb", ["retry", "resolve"])
def test_what_is_settled_cannot_be_repaired_again(office: RuntimeOffice, verb: str) -> None:
    quan = client(office)
    quan.post(f"{INCIDENTS}/1/resolve")

    answer = quan.post(f"{INCIDENTS}/1/{verb}")

    assert (answer.status_code, answer.json()["code"]) == (409, "action_not_available")


def test_a_repeated_retry_happens_once(office: RuntimeOffice) -> None:
    quan, key = client(office), {"Idempotency-Key": "once"}

    first, again = (quan.post(f"{INCIDENTS}/1/retry", headers=key) for _ in range(2))
    other = quan.post(f"{INCIDENTS}/2/retry", headers=key)

    assert (again.status_code, again.text) == (200, first.text)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert [what["id"] for what in quan.get(INCIDENTS).json()["items"]] == ["2"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/2/retry", 404),
        ("POST", "/0/retry", 422),
        ("POST", "/x/resolve", 422),
        ("POST", "/1/forget", 404),
        ("POST", "/1/retry?force=1", 422),
        ("GET", "?limit=1", 422),
        ("GET", "/1/retry", 405),
    ],
)
def test_what_is_not_there_is_refused(office: RuntimeOffice, method: str, path: str, status: int) -> None:
    assert client(office).request(method, INCIDENTS + path).status_code == status
    assert len(office.incidents()) == 1


def test_a_body_is_not_taken(office: RuntimeOffice) -> None:
    answer = client(office).post(f"{INCIDENTS}/1/resolve", json={"why": "so"})

    assert (answer.status_code, len(office.incidents())) == (422, 1)


def test_the_time_out_of_a_deadline_that_was_moved_waits_for_it(office: RuntimeOffice) -> None:
    office.edit("lan", 1, is_open=True)
    drive = office.drive("W1")
    errand = office.errands(drive)[0]
    office.edit("an", errand, stays=True)
    office.tick("2024-08-01 00:00")
    office.act("chu", drive, "extend", due_on="2024-08-14")

    listed = client(office).get(INCIDENTS).json()["items"][-1]
    answer = client(office).post(f"{INCIDENTS}/{listed['id']}/retry")

    assert (listed["can_retry"], answer.status_code) == (False, 409)
    assert office.state(errand) == "drafted"
