"""Deadlines as iCalendar objects (RFC 5545) that a mail can carry (RFC 5546). Pure."""

import re
from datetime import date, datetime, time

from icalendar import Alarm, Calendar, Event

from engine.instants import at_local
from notifications.mime import checked_address, one_line

ALARM_AT = time(8)  # Vietnamese time on the due day, when offices have just opened

_PRODUCT = "-//thidua//Deadlines//VI"
_URL = re.compile(r"https?://[!-~]+")


def deadline_event(
    uid: str,
    due_on: date,
    summary: str,
    description: str,
    url: str,
    sequence: int,
    stamped_at: datetime,
    organizer: str | None = None,
) -> bytes:
    """A METHOD:PUBLISH object: `due_on` as an all-day entry that blocks no time, with one alarm.

    The alarm rings at 08:00 in Vietnam on the due day. `uid` names the duty for good; each change of
    its entry raises `sequence`. `organizer` is the office's address, which RFC 5546 §3.2.1 demands.
    Any line break in `description` becomes a plain one.

    Raises:
        ValueError: a value holds a control character, `url` is not an ASCII http(s) address, `sequence`
            is negative, or `stamped_at` is naive.
    """
    event = _event(uid, due_on, summary, sequence, stamped_at, organizer)
    text = "\n".join(one_line(line) for line in description.splitlines())
    event.add("description", text, parameters={"LANGUAGE": "vi"})
    if _URL.fullmatch(url) is None:
        raise ValueError(f"{url!r} must be an http or https address in ASCII.")
    event.add("url", url)
    event.add_component(_alarm(due_on, summary))
    return _published(event)


def _event(uid: str, due_on: date, summary: str, sequence: int, stamped_at: datetime, organizer: str | None) -> Event:
    if stamped_at.utcoffset() is None:
        raise ValueError(f"{stamped_at!r} must carry a time zone.")
    if sequence < 0:
        raise ValueError(f"The sequence {sequence} must not be negative.")
    event = Event()
    event.add("uid", one_line(uid))
    event.add("dtstamp", stamped_at)
    # No DTEND: a date alone lasts its day (RFC 5545 §3.6.1).
    event.add("dtstart", due_on)
    event.add("summary", one_line(summary), parameters={"LANGUAGE": "vi"})
    event.add("sequence", sequence)
    event.add("transp", "TRANSPARENT")
    if organizer is not None:
        event.add("organizer", f"mailto:{checked_address(organizer)}")
    return event


def _alarm(due_on: date, summary: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", summary)
    # Absolute, not PT8H: Exchange drops the sign of a relative trigger and would ring at 16:00 on the
    # eve (MS-OXCICAL 2.1.3.1.1.20.62). icalendar leaves out VALUE unless told.
    alarm.add("trigger", at_local(due_on, ALARM_AT), parameters={"VALUE": "DATE-TIME"})
    return alarm


def _published(event: Event) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
