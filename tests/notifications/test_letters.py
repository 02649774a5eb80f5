"""The letter around the sentences: one notice, several, or none that can be written."""

import pytest

from notifications.drafts import Draft
from notifications.waiting import Notice
from tests.notifications.specimens import Shape, headers, letter, notice, parts

# ── one notice ─────────────────────────────────────────────────────────────────────────────────


def test_letter_says_what_happened_what_to_do_where_and_why() -> None:
    draft = letter(notice(7, "task_opened"))

    assert draft.subject == "[Thi đua] Cần duyệt đơn DN-2024-00001 (hạn 12/07)"
    assert draft.text.split("\n") == [
        "Kính gửi Lê Binh,",
        "",
        "Hồ sơ «Về quê» của Phòng Một đang chờ bạn (chờ duyệt).",
        "",
        "Việc cần làm: Duyệt đơn, chậm nhất hết ngày 12/07/2024.",
        "",
        "Mở hồ sơ: https://thidua.example.vn/leave-requests/7",
        "",
        "Mã hồ sơ: DN-2024-00001",
        "Hồ sơ: Về quê",
        "Loại: Đơn xin nghỉ",
        "Đơn vị: Phòng Một",
        "Trạng thái: Chờ duyệt",
        "Thời hạn: 12/07/2024 (còn 2 ngày làm việc)",
        "",
        "Liên hệ: Phòng Nội vụ, (0225) 3 000 000 (noivu@quan.example.vn)",
        "Vì sao bạn nhận thư này: việc này thuộc vai trò bạn đang giữ.",
        "Đây là thư nhiệm vụ nên không thể tắt; nhiều việc cùng lúc được gộp vào một thư.",
    ]


def test_both_readings_of_a_letter_have_the_same_words_and_the_same_links() -> None:
    found = parts(letter(notice(7, "task_opened")))
    page = Shape(found["text/html"])

    words = " ".join(" ".join(page.words).split())
    for line in found["text/plain"].splitlines()[:6]:
        assert line in words
    assert page.links == [*["https://thidua.example.vn/leave-requests/7"] * 2, "mailto:noivu@quan.example.vn"]


def test_page_is_vietnamese_narrow_fit_for_the_dark_and_loads_nothing() -> None:
    source = parts(letter(notice(7, "task_opened")))["text/html"]
    opened_tags = [piece for piece in Shape(source).pieces if isinstance(piece, tuple)]

    assert opened_tags[0] == ("html", [("lang", "vi")])
    assert {tag for tag, _ in opened_tags} & {"img", "link", "script", "iframe", "object"} == set()
    assert ("max-width: 600px" in source, "prefers-color-scheme: dark" in source, "url(" in source) == (
        True,
        True,
        False,
    )


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("reminder", "việc này thuộc vai trò bạn đang giữ."),
        ("escalation", "bạn phụ trách người đang giữ việc."),
        ("granted", "bạn có vai trò trong hồ sơ."),
        ("incident", "việc này thuộc vai trò bạn đang giữ."),
    ],
)
def test_letter_says_why_it_came(kind: str, why: str) -> None:
    assert f"Vì sao bạn nhận thư này: {why}" in letter(notice(7, kind)).text.split("\n")


def test_letter_to_a_unit_says_that_nobody_holds_the_role() -> None:
    draft = letter(notice(7, "task_opened", recipient="unit:1", person_id=None, unit_id=1, name="Phòng Một"))

    assert draft.text.split("\n")[-2] == (
        "Vì sao bạn nhận thư này: thư gửi hộp thư chung của đơn vị, vì chưa có ai giữ vai trò phải nhận."
    )


def test_news_shows_no_state_because_that_is_what_the_link_is_for() -> None:
    assert "Trạng thái: Chờ duyệt" not in letter(notice(7, "refused")).text.split("\n")


def test_letter_answers_the_thread_of_its_case_and_a_digest_answers_none() -> None:
    one, other, elsewhere = (
        dict(headers(letter(notice(key, "granted", instance_id=case)))) for key, case in ((1, 5), (2, 5), (3, 6))
    )
    several = dict(headers(letter(notice(4, "granted"), notice(5, "refused"))))

    assert one["In-Reply-To"] == one["References"] == other["References"]
    assert one["Message-ID"] != other["Message-ID"]
    assert one["References"] != elsewhere["References"]
    assert "References" not in several
    assert (one["List-Id"], several["List-Id"]) == ("<granted.quan.example.vn>", "<digest.quan.example.vn>")


# ── the deadline as a calendar entry ───────────────────────────────────────────────────────────


def test_deadline_comes_along_as_a_calendar_entry_that_later_letters_replace() -> None:
    first = parts(letter(notice(7, "task_opened")))["text/calendar"].splitlines()
    later = parts(letter(notice(9, "deadline_changed", task_id=7, due_on="2024-07-19")))["text/calendar"]

    assert [line for line in first if line.startswith(("METHOD", "UID", "SEQ", "DTSTART", "URL"))] == [
        "METHOD:PUBLISH",
        "DTSTART;VALUE=DATE:20240712",
        "UID:task-7@quan.example.vn",
        "SEQUENCE:7",
        "URL:https://thidua.example.vn/leave-requests/7",
    ]
    assert [line for line in later.splitlines() if line.startswith(("UID", "SEQ", "DTSTART"))] == [
        "DTSTART;VALUE=DATE:20240719",
        "UID:task-7@quan.example.vn",
        "SEQUENCE:9",
    ]


@pytest.mark.parametrize(
    "notices",
    [
        [notice(7, "escalation")],
        [notice(7, "granted")],
        [notice(7, "task_opened", due_on=None)],
        [notice(7, "deadline_changed", task_id=None)],
        [notice(7, "task_opened"), notice(8, "task_opened")],
    ],
)
def test_other_letters_carry_no_calendar_entry(notices: list[Notice]) -> None:
    assert sorted(parts(letter(*notices))) == ["text/html", "text/plain"]


# ── several notices ────────────────────────────────────────────────────────────────────────────


def test_digest_is_ordered_by_what_must_be_done_earliest_first_news_last() -> None:
    draft = letter(
        notice(1, "granted", code="C-1"),
        notice(2, "task_opened", code="C-2", due_on="2024-07-15"),
        notice(3, "task_opened", code="C-3", todo="Bổ sung hồ sơ", due_on="2024-07-11"),
        notice(4, "incident", code="C-4"),
        notice(5, "reminder", code="C-5", due_on="2024-07-12"),
        notice(6, "escalation", code="C-6"),
        notice(7, "task_opened", code="C-7", todo="Bổ sung hồ sơ", due_on=None),
    )

    lines = draft.text.split("\n")
    assert draft.subject == "[Thi đua] 5 việc cần làm, 1 việc cần đôn đốc, 1 tin về hồ sơ (hạn gần nhất 11/07)"
    assert lines[2] == "Bạn có 5 việc cần làm, 1 việc cần đôn đốc, 1 tin về hồ sơ (hạn gần nhất 11/07)."
    assert [line[:6].rstrip(":") if line.startswith("-") else line for line in lines if line[:2] in ("==", "- ")] == [
        "== Đôn đốc ==",
        "- C-6",
        "== Bổ sung hồ sơ ==",
        "- C-3",
        "- C-7",
        "== Duyệt đơn ==",
        "- C-5",
        "- C-2",
        "== Xử lý sự cố ==",
        "- C-4",
        "== Tin về hồ sơ ==",
        "- C-1",
    ]
    assert [line for line in lines if "://" in line] == [
        *(f"  https://thidua.example.vn/leave-requests/{key}" for key in (6, 3, 7, 5, 2, 4, 1)),
        "Mở danh sách việc: https://thidua.example.vn/",
    ]
    assert (draft.key, draft.kind, draft.instance_id) == ("n1", "digest", None)


def test_digest_of_news_only_speaks_of_no_duties() -> None:
    draft = letter(notice(1, "granted"), notice(2, "refused"))

    assert draft.subject == "[Thi đua] 2 tin về hồ sơ"
    assert draft.text.split("\n")[-2] == "Vì sao bạn nhận thư này: bạn có vai trò trong hồ sơ."


def test_digest_of_one_case_belongs_to_that_case() -> None:
    draft = letter(notice(1, "granted", instance_id=5), notice(2, "refused", instance_id=5))

    assert (draft.kind, draft.instance_id) == ("digest", 5)


def test_latest_notice_about_a_task_covers_the_earlier_ones() -> None:
    opened, reminded = notice(1, "task_opened", task_id=3), notice(2, "reminder", task_id=3)

    draft = letter(opened, reminded)

    assert draft.subject == "[Thi đua] Sắp đến hạn: duyệt đơn DN-2024-00001 (hạn 12/07)"
    assert (draft.said, draft.key, draft.kind) == ((opened, reminded), "n1", "reminder")


def test_notices_without_a_task_cover_nothing() -> None:
    draft = letter(notice(1, "task_opened", task_id=None), notice(2, "task_opened", task_id=None))

    assert draft.subject == "[Thi đua] 2 việc cần làm (hạn gần nhất 12/07)"


def test_escalation_does_not_cover_what_the_person_must_do_themselves() -> None:
    draft = letter(notice(1, "reminder", task_id=3), notice(2, "escalation", task_id=3))

    assert draft.subject == "[Thi đua] 1 việc cần làm, 1 việc cần đôn đốc (hạn gần nhất 12/07)"


# ── what is not written ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "stale",
    [
        notice(1, "task_opened", clock="closed"),
        notice(1, "reminder", clock="paused"),
        notice(1, "escalation", clock="closed"),
        notice(1, "deadline_changed", clock="closed"),
        notice(1, "incident", task_id=4, clock="closed"),
        notice(1, "reminder", task_due_on="2024-07-31"),
        notice(1, "escalation", task_due_on=None),
    ],
)
def test_notice_about_what_no_longer_waits_is_dropped(stale: Notice) -> None:
    news = notice(2, "granted")

    assert letter(stale) == Draft(said=(), dropped=(stale,))
    assert (letter(stale, news).said, letter(stale, news).dropped) == ((news,), (stale,))


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (notice(1, "granted", reachable=False), "tài khoản đã ngừng hoạt động"),
        (notice(1, "granted", address=""), "chưa có địa chỉ thư điện tử"),
        (notice(1, "granted", address="an@p1\nBcc: x@y.vn"), "địa chỉ thư điện tử không đúng dạng"),
        (notice(1, "granted", address="ánh@p1.vn"), "địa chỉ thư điện tử không đúng dạng"),
    ],
)
def test_letter_that_cannot_reach_anybody_says_why(told: Notice, fault: str) -> None:
    draft = letter(told)

    assert (draft.fault, draft.text, draft.content) == (fault, fault, b"")
    assert draft.subject == "[Thi đua] Thư chưa gửi được: 1 tin"


def test_letter_that_cannot_be_put_into_words_says_why(caplog: pytest.LogCaptureFixture) -> None:
    draft = letter(notice(1, "granted", facts="{}"))

    assert draft.fault == "không soạn được thư (UndefinedError: 'code' is undefined)"
    assert [record.getMessage() for record in caplog.records] == ["notice 1 cannot be put into words"]
