"""How far a unit has come with what it owes, in words and a tone; for the matrix, its recap and its files."""

from typing import Any

from web.visits import Guest

LATE, DUE, GOOD, PLAIN = "late", "due", "good", ""


def standing(guest: Guest, cell: dict[str, Any]) -> list[tuple[str, str]]:
    """What is said of a cell, each with its tone: how it stands, and what is still to come."""
    status, left = cell["status"], cell["days_left"]
    if status == "late":
        return [(LATE, guest.tr("trễ {n} ngày làm việc", n=-left))]
    if status == "due":
        return [(DUE, _until(guest, left))]
    if status == "not_due":
        return [(PLAIN, guest.tr("chưa đến hạn")), *([(PLAIN, _until(guest, left))] if left is not None else [])]
    if status == "returned":
        return [(DUE, guest.tr("bị trả lại, đang hoàn thiện")), *_clock(guest, left)]
    if status == "submitted":
        return [(PLAIN, guest.tr("đã nộp, chờ xử lý")), *_handed_in(guest, cell)]
    if status == "received":
        return [(GOOD, guest.tr("đã tiếp nhận")), *_handed_in(guest, cell), *_next(guest, cell)]
    if status == "excused":
        return [(PLAIN, guest.tr("không phải nộp"))]
    return [(GOOD, guest.tr("đã xong")), *_handed_in(guest, cell)]


def line(guest: Guest, cell: dict[str, Any]) -> str:
    """The same as one line, for files."""
    words = [said for _, said in standing(guest, cell)]
    return "; ".join([*words, cell["why"]] if cell["why"] else words)


def _until(guest: Guest, left: int) -> str:
    return guest.tr("hạn hôm nay") if left == 0 else guest.tr("còn {n} ngày làm việc", n=left)


def _clock(guest: Guest, left: int | None) -> list[tuple[str, str]]:
    if left is None:
        return []
    return [(LATE, guest.tr("trễ {n} ngày làm việc", n=-left))] if left < 0 else [(PLAIN, _until(guest, left))]


def _handed_in(guest: Guest, cell: dict[str, Any]) -> list[tuple[str, str]]:
    late = cell["days_late"]
    return [(DUE, guest.tr("nộp trễ {n} ngày làm việc", n=late))] if late is not None and late > 0 else []


def _next(guest: Guest, cell: dict[str, Any]) -> list[tuple[str, str]]:
    """What the unit has to do after its first part was accepted, with its own deadline."""
    if not cell["holds"] or cell["task"] is None or cell["days_left"] is None:
        return []
    ((tone, clock),) = _clock(guest, cell["days_left"])
    return [(tone, guest.tr("{todo}: {clock}", todo=guest.tr(cell["task"]["todo"]), clock=clock))]
