"""A process added from one folder gets everything: API, forms, tasks, reminders, mails, history.

The folder is tests/leave_request: a class, its words, nothing else. This is the walking skeleton of the
whole product: a person asks over HTTP, a head is reminded by a mail that a real server receives, decides,
and the history tells it.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.ticker import Ticker
from engine.runtime.history import verify
from notifications.door import Letterhead, Post, prove
from notifications.mime import Sender
from notifications.transport import SmtpTransport
from tests.api.office import LEAVE, Office, open_office
from tests.notifications.smtp_server import MisbehavingServer, misbehaving_smtp

REMINDER_DAY = datetime(2024, 7, 11, 1, tzinfo=UTC)  # 08:00 on the working day before the deadline of 12/7


@pytest.fixture
def mail() -> Iterator[MisbehavingServer]:
    with misbehaving_smtp() as server:
        yield server


@pytest.fixture
def office(folder: Path) -> Iterator[Office]:
    office = open_office(folder)
    yield office
    office.close()


def ticker(office: Office, mail: MisbehavingServer) -> Ticker:
    sender = Sender("Thi đua", "thidua@example.vn", "thidua@example.vn", "example.vn", "thidua@example.vn")
    head = Letterhead(sender, "http://127.0.0.1:8000", "Phòng Nội vụ")
    transport = SmtpTransport(host=mail.host, port=mail.port, starttls=False)
    return Ticker(office.engine, Post(prove(office.engine.registry), head, transport))


def received(mail: MisbehavingServer) -> list[tuple[str, str]]:
    """Recipient and subject of every mail that reached the server, in order."""
    parsed = [(recipient, message_from_bytes(message)) for _, recipient, message in mail.accepted]
    return [(to, str(make_header(decode_header(message["Subject"])))) for to, message in parsed]


def start_and_submit(client: TestClient) -> str:
    started = client.post("/api/v1/leave-requests", json={"dossier": LEAVE})
    assert started.status_code == 201
    path = started.headers["location"]
    submitted = client.post(f"{path}/actions/submit", headers={"If-Match": started.headers["etag"]})
    assert submitted.status_code == 200
    return path


def test_a_new_process_gets_api_tasks_reminders_mails_and_history(office: Office, mail: MisbehavingServer) -> None:
    an, binh = office.client("an"), office.client("binh")
    tick = ticker(office, mail)

    path = start_and_submit(an)
    tick.tick()
    waiting = binh.get("/api/v1/tasks?for=me").json()["items"]
    office.clocks.now = REMINDER_DAY
    tick.tick()
    case = binh.get(path)
    granted = binh.post(f"{path}/actions/grant", headers={"If-Match": case.headers["etag"]})
    tick.tick()

    assert [(task["todo"], task["due_on"], task["days_left"]) for task in waiting] == [("Duyệt đơn", "2024-07-12", 2)]
    assert granted.json()["state"] == {"id": "granted", "label": "Đồng ý"}
    code = case.json()["code"]
    assert sorted(received(mail)) == sorted(
        (f"{who}@example.vn", f"[Thi đua] {subject}")
        for who, subject in (
            *((head, f"Cần duyệt đơn {code} (hạn 12/07)") for head in ("binh", "tat")),
            *((head, f"Sắp đến hạn: duyệt đơn {code} (hạn 12/07)") for head in ("binh", "tat")),
            *((officer, f"Đơn xin nghỉ được đồng ý {code}") for officer in ("an", "dung", "tat")),
        )
    )
    history = an.get(f"{path}/history").json()["items"]
    assert [(entry["actor"], entry["label"]) for entry in history] == [
        ("An", "Lập hồ sơ"),
        ("An", "Nộp đơn"),
        ("Binh", "Đồng ý"),
    ]
    with office.engine.database.read() as tx:
        assert list(verify(tx)) == []


def test_its_actions_say_why_they_are_blocked(office: Office) -> None:
    an = office.client("an")
    started = an.post("/api/v1/leave-requests", json={"dossier": {"reason": "Về quê"}})

    offered = an.get(f"{started.headers['location']}/actions").json()["items"]

    assert [(o["action"], o["allowed"], [r["sentence"] for r in o["reasons"]]) for o in offered] == [
        ("submit", False, ["Chưa ghi ngày nghỉ và số ngày"])
    ]


def test_its_form_is_in_the_api_description(office: Office) -> None:
    document = json.loads(office.client().get("/api/v1/openapi.json").content)

    operation = document["paths"]["/api/v1/leave-requests/{id}/actions/refuse"]["post"]

    name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert document["components"]["schemas"][name]["required"] == ["answer"]
