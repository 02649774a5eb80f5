"""Deadlines as calendar entries, read back from the wire format and by the icalendar parser."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from notifications.ics import deadline_event

DUTY: dict[str, Any] = {
    "uid": "task-7@quan.example.vn",
    "due_on": date(2026, 8, 12),
    "summary": "Nộp hồ sơ khen thưởng, Phường 1",
    "description": "Còn thiếu biên bản; xem danh sách.\nHạn: 12/08/2026",
    "url": "https://quan.example.vn/tasks/7",
    "sequence": 3,
    "stamped_at": datetime(2026, 8, 7, 8, 30, 15, 999, tzinfo=timezone(timedelta(hours=7))),
    "organizer": "thidua@quan.example.vn",
}


def lines(content: bytes) -> list[str]:
    """The unfolded content lines (RFC 5545 §3.1)."""
    return content.replace(b"\r\n ", b"").decode().removesuffix("\r\n").split("\r\n")


def test_deadline_is_published_as_an_all_day_entry_with_one_alarm() -> None:
    assert sorted(lines(deadline_event(**DUTY))) == sorted(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//thidua//Deadlines//VI",
            "METHOD:PUBLISH",
            "BEGIN:VEVENT",
            "UID:task-7@quan.example.vn",
            "DTSTAMP:20260807T013015Z",
            "DTSTART;VALUE=DATE:20260812",
            "SUMMARY;LANGUAGE=vi:Nộp hồ sơ khen thưởng\\, Phường 1",
            "DESCRIPTION;LANGUAGE=vi:Còn thiếu biên bản\\; xem danh sách.\\nHạn: 12/08/2026",
            "URL:https://quan.example.vn/tasks/7",
            "SEQUENCE:3",
            "TRANSP:TRANSPARENT",
            "ORGANIZER:mailto:thidua@quan.example.vn",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            "DESCRIPTION:Nộp hồ sơ khen thưởng\\, Phường 1",
            "TRIGGER;VALUE=DATE-TIME:20260812T010000Z",
            "END:VALARM",
            "END:VEVENT",
            "END:VCALENDAR",
        ]
    )


def test_alarm_rings_at_eight_in_vietnam_on_the_due_day() -> None:
    [alarm] = Calendar.from_ical(deadline_event(**DUTY)).walk("VALARM")

    assert alarm["TRIGGER"].dt == datetime(2026, 8, 12, 8, tzinfo=timezone(timedelta(hours=7)))


def test_organizer_may_be_left_out() -> None:
    assert "ORGANIZER" not in Calendar.from_ical(deadline_event(**{**DUTY, "organizer": None})).events[0]


def test_same_deadline_gives_the_same_bytes() -> None:
    assert deadline_event(**DUTY) == deadline_event(**DUTY)


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200))
@example(text="BEGIN:VALARM\\nEND:VEVENT; , \\ \\n " * 8)
@example(text="Ữ" * 200)
def test_any_text_is_folded_between_characters_and_read_back(text: str) -> None:
    content = deadline_event(**{**DUTY, "summary": text, "description": text})

    [event] = Calendar.from_ical(content).events
    assert (event["SUMMARY"], event["DESCRIPTION"]) == (text, text)
    assert all(len(line) <= 75 and line.decode() is not None for line in content.split(b"\r\n"))
    assert len(lines(content)) == len(lines(deadline_event(**DUTY)))


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\x0b", "\x85", "\u2028", "\u2029"])
def test_any_line_break_in_a_description_becomes_a_plain_one(line_break: str) -> None:
    content = deadline_event(**{**DUTY, "description": f"một{line_break}hai"})

    assert "DESCRIPTION;LANGUAGE=vi:một\\nhai" in lines(content)


@pytest.mark.parametrize(
    "wrong",
    [
        {"uid": "task-7\r\nATTENDEE:mailto:evil@example.vn"},
        {"summary": "Nộp\nhồ sơ"},
        {"description": "Nộp\0hồ sơ"},
        {"url": "https://quan.example.vn/\r\nATTENDEE:mailto:evil@example.vn"},
        {"url": "https://quan.example.vn/nộp"},
        {"url": "javascript:alert(1)"},
        {"organizer": "thidua@quan.example.vn\r\nATTENDEE:x"},
        {"sequence": -1},
        {"stamped_at": DUTY["stamped_at"].replace(tzinfo=None)},
    ],
)
def test_wrong_value_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must"):
        deadline_event(**{**DUTY, **wrong})


def test_stamp_is_written_in_utc() -> None:
    in_utc = deadline_event(**{**DUTY, "stamped_at": DUTY["stamped_at"].astimezone(UTC)})

    assert in_utc == deadline_event(**DUTY)
