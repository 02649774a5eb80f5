"""The sentences of every kind, and the proof at start-up that none can be missing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jinja2 import TemplateNotFound

from engine.definition import Role, Seat, Tell
from engine.definition.registry import Registry
from engine.errors import DefinitionError
from notifications.words import Sentences, prove
from tests.leave_request.process import HEAD, OFFICER, LeaveRequest
from tests.notifications.small_office import MODEL, WORDS

GOOD = (
    "{% block subject %}Tin {{ code }}{% endblock %}"
    "{% block happened %}{{ headline }}{% endblock %}"
    "{% block todo %}Xem.{% endblock %}"
)
FACTS = {
    "code": "DN-2024-00001",
    "headline": "Về quê",
    "unit": "Phòng Một",
    "state": "Chờ duyệt",
    "todo": "Duyệt đơn",
    "actor": "Lê Binh",
    "due_on": date(2024, 7, 12),
}


def registry_of(room: Path, **mails: str) -> Registry:
    """Leave requests with `granted` and `refused` as given, in a room of their own."""
    (room / "mails").mkdir()
    for kind, source in {"granted": GOOD, "refused": GOOD.replace("Tin", "Lời đáp"), **mails}.items():
        if source:
            (room / "mails" / f"{kind}.txt.j2").write_text(source, encoding="utf-8")
    made = Registry([LeaveRequest], administrator=Role("admin", "Quản trị", Seat.AUTHORITY, True))
    made.models = (replace(MODEL, room=room),)
    return made


def said(kind: str, **facts: Any) -> Sentences:
    return WORDS.of("leave_request", kind, {**FACTS, **facts})


# ── the engine's own sentences ─────────────────────────────────────────────────────────────────


def test_opened_task_says_what_to_do_and_until_when() -> None:
    assert said("task_opened") == Sentences(
        "Cần duyệt đơn DN-2024-00001",
        "Hồ sơ «Về quê» của Phòng Một đang chờ bạn (chờ duyệt).",
        "Duyệt đơn, chậm nhất hết ngày 12/07/2024.",
    )


def test_opened_task_without_deadline_names_none() -> None:
    assert said("task_opened", due_on=None).todo == "Duyệt đơn."


def test_phrase_that_begins_with_an_abbreviation_keeps_its_capitals() -> None:
    assert said("task_opened", todo="UBND phường xác nhận").subject == "Cần UBND phường xác nhận DN-2024-00001"


@pytest.mark.parametrize(
    ("days_late", "sentences"),
    [
        (
            -2,
            Sentences(
                "Sắp đến hạn: duyệt đơn DN-2024-00001",
                "Việc «Duyệt đơn» của hồ sơ «Về quê» còn 2 ngày làm việc nữa là hết hạn.",
                "Duyệt đơn, chậm nhất hết ngày 12/07/2024.",
            ),
        ),
        (
            0,
            Sentences(
                "Đến hạn: duyệt đơn DN-2024-00001",
                "Việc «Duyệt đơn» của hồ sơ «Về quê» đến hạn ngày 12/07/2024.",
                "Duyệt đơn, chậm nhất hết ngày 12/07/2024.",
            ),
        ),
        (
            3,
            Sentences(
                "Quá hạn 3 ngày làm việc: duyệt đơn DN-2024-00001",
                "Việc «Duyệt đơn» của hồ sơ «Về quê» đã quá hạn 3 ngày làm việc.",
                "Duyệt đơn ngay; hạn là ngày 12/07/2024.",
            ),
        ),
    ],
)
def test_reminder_speaks_differently_before_on_and_after_the_day(days_late: int, sentences: Sentences) -> None:
    assert said("reminder", days_late=days_late, rung=days_late) == sentences


def test_escalation_asks_to_urge_the_one_who_holds_the_task() -> None:
    assert said("escalation", days_late=3, rung=3) == Sentences(
        "Chậm 3 ngày làm việc, cần đôn đốc: duyệt đơn DN-2024-00001",
        "Việc «Duyệt đơn» của hồ sơ «Về quê» (Phòng Một) đã quá hạn 3 ngày làm việc.",
        "Đôn đốc người đang giữ việc; hạn là ngày 12/07/2024.",
    )


@pytest.mark.parametrize(
    ("before", "now", "happened"),
    [
        (date(2024, 7, 10), date(2024, 7, 12), "đã thay đổi: từ 10/07/2024 sang 12/07/2024."),
        (None, date(2024, 7, 12), "đã thay đổi: nay là 12/07/2024."),
        (date(2024, 7, 10), None, "đã thay đổi: trước là 10/07/2024, nay không còn."),
    ],
)
def test_changed_deadline_names_both_dates_that_there_are(before: date | None, now: date | None, happened: str) -> None:
    sentences = said("deadline_changed", due_on=now, due_before=before)

    assert sentences.happened == f"Thời hạn của việc «Duyệt đơn», hồ sơ «Về quê», {happened}"


def test_incident_tells_the_administrator_what_is_wrong() -> None:
    assert said("incident", what="Chưa có ai giữ vai trò") == Sentences(
        "Sự cố cần xử lý ở hồ sơ DN-2024-00001",
        "Hồ sơ «Về quê» của Phòng Một gặp sự cố: Chưa có ai giữ vai trò",
        "Xem hồ sơ, khắc phục rồi ghi nhận đã xử lý.",
    )


def test_kind_that_is_declared_no_more_has_no_words() -> None:
    with pytest.raises(TemplateNotFound):
        said("abolished")


# ── the proof ──────────────────────────────────────────────────────────────────────────────────


def test_template_in_the_room_goes_before_the_engine_s_own(tmp_path: Path) -> None:
    words = prove(registry_of(tmp_path, incident=GOOD))

    assert words.of("leave_request", "incident", {**FACTS, "what": "?"}).todo == "Xem."


@pytest.mark.parametrize(
    ("mails", "fault"),
    [
        ({"granted": ""}, "the template {room}/mails/granted.txt.j2 is missing"),
        ({"granted": GOOD + "{{ headlin }}"}, "no such fact: headlin"),
        ({"granted": GOOD.replace("Xem.", "Xem.{% if actor == 'x' %}{{ acter }}{% endif %}")}, "no such fact: acter"),
        ({"granted": GOOD.replace("Xem.", "{{ due_on }}")}, "no such fact: due_on"),
        ({"granted": GOOD.replace("block todo", "block tudo")}, "block missing: todo"),
        ({"granted": GOOD.replace("Xem.", " ")}, "block says nothing: todo"),
        ({"granted": GOOD.replace("{{ code }}", "mới")}, "the subject does not name the case's code"),
        ({"granted": GOOD.replace("Xem.", "{{ headline|upcase }}")}, "line 1: No filter named 'upcase'."),
        ({"granted": GOOD.replace("{% block subject %}", "")}, "line 1: Encountered unknown tag 'endblock'."),
    ],
)
def test_broken_template_stops_the_start_with_its_process_and_kind(
    tmp_path: Path, mails: Mapping[str, str], fault: str
) -> None:
    registry = registry_of(tmp_path, **mails)

    with pytest.raises(DefinitionError) as refused:
        prove(registry)

    where, _, what = str(refused.value).partition(": ")
    assert where == "leave_request, mail granted"
    assert what == fault.format(room=tmp_path)


def test_deadline_that_may_be_absent_must_not_be_printed_blindly(tmp_path: Path) -> None:
    registry = registry_of(tmp_path, task_opened=GOOD.replace("Xem.", "Xem trước {{ due_on }}."))

    with pytest.raises(DefinitionError) as refused:
        prove(registry)

    assert str(refused.value) == (
        "leave_request, mail task_opened: a fact is printed that may be empty: ask for it with if"
    )


def test_receipt_and_decision_must_not_share_a_subject(tmp_path: Path) -> None:
    registry = registry_of(tmp_path, granted=GOOD, refused=GOOD)

    with pytest.raises(DefinitionError) as refused:
        prove(registry)

    assert str(refused.value) == "leave_request, mail refused: has the subject of granted"


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("reminder", "the engine itself has a kind of that name"),
        ("../secret", "a kind is an ASCII identifier: it names a file and a List-Id"),
    ],
)
def test_process_may_not_tell_under_such_a_name(tmp_path: Path, kind: str, fault: str) -> None:
    registry = registry_of(tmp_path)
    grant = replace(MODEL.actions["grant"], tells=(Tell(kind, (OFFICER, HEAD)),))
    registry.models = (replace(MODEL, room=tmp_path, actions={**MODEL.actions, "grant": grant}),)

    with pytest.raises(DefinitionError) as refused:
        prove(registry)

    assert str(refused.value) == f"leave_request, mail {kind}: {fault}"


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    registry = registry_of(tmp_path, granted="", refused=GOOD + "{{ nothing }}")

    with pytest.raises(DefinitionError) as refused:
        prove(registry)

    assert str(refused.value).split("; ") == [
        f"leave_request, mail granted: the template {tmp_path}/mails/granted.txt.j2 is missing",
        "leave_request, mail refused: no such fact: nothing",
    ]
