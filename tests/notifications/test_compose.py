"""From notices to messages, on the real engine and database: each is told once, at the right time, in one letter."""

import json
from datetime import date, timedelta
from email import message_from_bytes
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from engine.instants import to_micros
from engine.runtime import schema
from engine.runtime.notices import DEADLINE_CHANGED
from engine.runtime.statements import insertion
from notifications.compose import _store, compose_due
from notifications.drafts import Press, drafted
from notifications.log import TOLD
from notifications.mime import message_id
from notifications.waiting import due_notices
from tests.notifications.small_office import HEAD, REGISTRY, WEDNESDAY, WORDS, SmallOffice, small_office

BINH = "binh@p1.example.vn"
THURSDAY, FRIDAY, MONDAY = (WEDNESDAY + timedelta(days=ahead) for ahead in (1, 2, 5))
TO_APPROVE = "[Thi đua] Cần duyệt đơn DN-2024-00001 (hạn 12/07)"


def compose(office: SmallOffice) -> int:
    return compose_due(office.engine, WORDS, HEAD, office.now)


# ── one notice, one message ────────────────────────────────────────────────────────────────────


def test_notice_becomes_exactly_one_message(office: SmallOffice) -> None:
    office.submitted()

    assert compose(office) == 1
    assert office.told() == [(BINH, TO_APPROVE)]
    message = office.messages()[0]
    assert {name: message[name] for name in message if name not in ("bytes", "text", "subject", "address")} == {
        "id": 1,
        "recipient": "person:2",
        "person_id": 2,
        "unit_id": None,
        "name": "Lê Binh",
        "message_key": "n1",
        "message_id": message_id("n1", "quan.example.vn"),
        "instance_id": 1,
        "kind": "task_opened",
        "fault": "",
        "state": "queued",
        "created_at": to_micros(office.now),
        "next_attempt_at": to_micros(office.now),
        "first_attempt_at": None,
        "settled_at": None,
        "attempts_before": 0,
        "retried_by": None,
        "request_id": "",
    }
    assert [(row["state"], row["message_id"]) for row in office.notices()] == [("composed", 1)]
    assert message_from_bytes(message["bytes"])["Message-ID"] == message["message_id"]


def test_composing_again_writes_nothing_twice(office: SmallOffice) -> None:
    office.submitted()
    compose(office)

    assert compose(office) == 0
    assert len(office.messages()) == 1


def test_who_acts_hears_nothing_of_it(office: SmallOffice) -> None:
    office.start("an")

    assert (compose(office), office.notices()) == (0, [])


def test_person_in_two_roles_gets_one_letter(office: SmallOffice) -> None:
    office.hire("em", "officer", "head")
    case = office.start("an")
    compose(office)
    office.act("an", case, "submit")
    compose(office)
    office.act("binh", case, "grant")
    compose(office)

    assert [subject for address, subject in office.told() if address == "em@p1.example.vn"] == [
        "[Thi đua] Cần viết đơn DN-2024-00001 (hạn 17/07)",
        TO_APPROVE,
        "[Thi đua] Đơn xin nghỉ được đồng ý DN-2024-00001",
    ]


def test_role_without_a_holder_goes_to_the_unit_s_mail_box_and_to_the_administrator(office: SmallOffice) -> None:
    office.change("binh", "binh@p1.example.vn", active=False)
    office.submitted()
    compose(office)

    assert office.told() == [
        ("phong1@p1.example.vn", TO_APPROVE),
        ("dung@p1.example.vn", "[Thi đua] Sự cố cần xử lý ở hồ sơ DN-2024-00001"),
    ]


# ── a digest instead of a flood ────────────────────────────────────────────────────────────────


def test_several_notices_become_one_digest(office: SmallOffice) -> None:
    for reason in ("Về quê", "Thi cử", "Đám cưới"):
        office.submitted(reason)

    assert compose(office) == 1
    assert office.told() == [(BINH, "[Thi đua] 3 việc cần làm (hạn gần nhất 12/07)")]
    message = office.messages()[0]
    assert (message["kind"], message["instance_id"], message["message_key"]) == ("digest", None, "n1")
    assert [(row["state"], row["message_id"]) for row in office.notices()] == [("composed", 1)] * 3


def test_digest_is_for_one_person_only(office: SmallOffice) -> None:
    office.hire("em", "head")
    office.submitted()
    office.submitted()

    assert compose(office) == 2
    assert office.told() == [
        (f"{name}@p1.example.vn", "[Thi đua] 2 việc cần làm (hạn gần nhất 12/07)") for name in ("binh", "em")
    ]


def test_after_a_downtime_each_person_gets_one_letter(office: SmallOffice) -> None:
    for _ in range(5):
        office.submitted()
    office.at(MONDAY, 8)

    assert compose(office) == 1
    assert office.states() == [("task_opened", "composed")] * 5 + [("reminder", "composed")] * 5
    assert office.told() == [(BINH, "[Thi đua] 5 việc cần làm (5 quá hạn)")]


# ── what no longer matters ─────────────────────────────────────────────────────────────────────


def test_notice_of_a_closed_task_is_dropped(office: SmallOffice) -> None:
    case = office.submitted()
    office.act("binh", case, "grant")

    assert compose(office) == 2
    assert office.states() == [("task_opened", "dropped"), ("granted", "composed")]
    assert office.told() == [("an@p1.example.vn", "[Thi đua] Đơn xin nghỉ được đồng ý DN-2024-00001")]


def test_task_closed_while_its_letter_is_rendered_is_not_written_about(office: SmallOffice) -> None:
    case = office.submitted()
    press = Press(REGISTRY, WORDS, HEAD, office.engine.office.calendar, office.now)
    with office.engine.database.read() as tx:
        draft = drafted(press, due_notices(tx, office.now))

    office.act("binh", case, "refuse", {"answer": "Không được"})
    office.engine.writer.call(partial(_store, office.engine, press, draft, "tick-1"))

    assert office.messages() == []
    assert office.states() == [("task_opened", "waiting"), ("refused", "waiting")]


def test_two_composers_at_once_write_one_message(office: SmallOffice) -> None:
    office.submitted()
    press = Press(REGISTRY, WORDS, HEAD, office.engine.office.calendar, office.now)
    with office.engine.database.read() as tx:
        draft = drafted(press, due_notices(tx, office.now))

    for _ in range(2):
        office.engine.writer.call(partial(_store, office.engine, press, draft, "tick-1"))

    assert office.told() == [(BINH, TO_APPROVE)]


def test_reminder_of_a_date_that_was_moved_since_is_dropped(office: SmallOffice) -> None:
    office.submitted()
    compose(office)
    office.at(THURSDAY, 8)
    office.engine.writer.call(
        lambda tx: tx.command("UPDATE user_task SET due_on = '2024-07-31' WHERE clock = 'running'")
    )

    assert compose(office) == 1
    assert office.states() == [("task_opened", "composed"), ("reminder", "dropped")]


def test_a_notice_whose_mail_is_written_keeps_what_the_log_tells(office: SmallOffice) -> None:
    office.submitted()
    before = json.loads(office.notices()[0]["facts"])
    compose(office)
    after = json.loads(office.notices()[0]["facts"])

    assert after == {name: before[name] for name in ("actor", *TOLD) if name in before}
    assert after["todo"]
    assert set(after) < set(before)


def test_moved_deadline_raises_the_sequence_of_its_calendar_entry(office: SmallOffice) -> None:
    office.submitted()
    told = office.notices()[0]
    compose(office)
    changed = {
        **{name: told[name] for name in told if name != "id"},
        "event_key": "h99",
        "kind": DEADLINE_CHANGED,
        "facts": told["facts"].replace('"due_on":"2024-07-12"', '"due_on":"2024-07-19","due_before":"2024-07-12"'),
        "state": "waiting",
        "message_id": None,
    }
    office.engine.writer.call(lambda tx: tx.insert(insertion(schema.notice), **changed))
    compose(office)

    assert office.told()[1:] == [(BINH, "[Thi đua] Thời hạn thay đổi: duyệt đơn DN-2024-00001 (hạn 19/07)")]
    assert [_calendar_facts(row["bytes"]) for row in office.messages()] == [
        ["UID:task-2@quan.example.vn", "SEQUENCE:1"],
        ["UID:task-2@quan.example.vn", "SEQUENCE:2"],
    ]


def _calendar_facts(content: bytes) -> list[str]:
    calendars = [p for p in message_from_bytes(content).walk() if p.get_content_type() == "text/calendar"]
    payload: Any = calendars[0].get_payload(decode=True)
    return [line for line in payload.decode().splitlines() if line.startswith(("UID", "SEQUENCE"))]


# ── the hours at which people are in ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("day", "hour", "opens"),
    [
        (WEDNESDAY, 22, THURSDAY),
        (FRIDAY, 19, MONDAY),
        (date(2025, 1, 24), 20, date(2025, 2, 3)),  # Tết Ất Tỵ: 25 January to 2 February
        (date(2025, 1, 29), 10, date(2025, 2, 3)),
    ],
)
def test_letter_waits_for_the_next_morning_on_which_people_work(
    office: SmallOffice, day: date, hour: int, opens: date
) -> None:
    office.at(day, hour)
    office.submitted()

    office.at(opens, 7, 59)
    early = compose(office)
    office.at(opens, 8)

    assert early == 0
    assert compose(office) == 1
    assert message_from_bytes(office.messages()[0]["bytes"])["Date"] == f"{opens:%a, %d %b %Y} 08:00:00 +0700"


# ── nobody to write to ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("mail", "active", "fault"),
    [
        ("", True, "chưa có địa chỉ thư điện tử"),
        ("binh at home", True, "địa chỉ thư điện tử không đúng dạng"),
        (BINH, False, "tài khoản đã ngừng hoạt động"),
    ],
)
def test_person_who_cannot_be_reached_becomes_work_for_the_administrator(
    office: SmallOffice, mail: str, active: bool, fault: str
) -> None:
    office.submitted()
    office.change("binh", mail, active=active)
    compose(office)
    compose(office)

    failed, reported = office.messages()
    assert (failed["state"], failed["fault"], failed["next_attempt_at"], failed["bytes"]) == (
        "failed",
        fault,
        None,
        b"",
    )
    assert office.incidents() == [("mail:n1", f"Không gửi được thư «{failed['subject']}» cho Lê Binh: {fault}")]
    assert reported["subject"] == "[Thi đua] Sự cố cần xử lý ở hồ sơ DN-2024-00001"
    assert office.states() == [("task_opened", "composed"), ("incident", "composed")]


def test_administrator_who_cannot_be_reached_causes_no_endless_incidents(office: SmallOffice) -> None:
    office.submitted()
    office.change("binh", "")
    office.change("dung", "")
    for _ in range(3):
        compose(office)

    assert [row["state"] for row in office.messages()] == ["failed", "failed"]
    assert [key for key, _ in office.incidents()] == ["mail:n1"]
    assert compose(office) == 0


def test_letter_that_breaks_keeps_back_no_other(office: SmallOffice, caplog: pytest.LogCaptureFixture) -> None:
    office.hire("em", "head")
    office.submitted()
    office.engine.writer.call(lambda tx: tx.command("UPDATE notice SET facts = '{}' WHERE person_id = 2"))

    compose(office)

    assert [(row["address"], row["state"], row["fault"]) for row in office.messages()] == [
        (BINH, "failed", "không soạn được thư (UndefinedError: 'todo' is undefined)"),
        ("em@p1.example.vn", "queued", ""),
    ]
    assert [record.getMessage() for record in caplog.records] == ["notice 1 cannot be put into words"]


# ── determinism ────────────────────────────────────────────────────────────────────────────────


def test_same_events_give_the_same_bytes(folder: Path) -> None:
    runs = []
    for name in ("first", "second"):
        (folder / name).mkdir()
        with small_office(folder / name) as office:
            office.submitted()
            compose(office)
            office.at(THURSDAY, 8)
            office.submitted("Thi cử")
            compose(office)
            runs.append([row["bytes"] for row in office.messages()])

    assert runs[0] == runs[1]
    assert len(runs[0]) == 2
