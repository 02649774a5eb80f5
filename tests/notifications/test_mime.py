"""Letters as bytes: Vietnamese survives exactly, nothing can add a header, same letter same bytes."""

import random
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notifications.ics import deadline_event
from notifications.mime import Letter, Sender, build, checked_address, message_id, one_line

SENDER = Sender(
    name="Phòng Nội vụ (qua Hệ thống thi đua)",
    address="thidua@quan.example.vn",
    reply_to="noivu@quan.example.vn",
    domain="quan.example.vn",
    bounce_address="bounce@quan.example.vn",
)
LETTER = Letter(
    recipient_name="Nguyễn Thị Ánh",
    recipient_address="anh.nt@phuong1.example.vn",
    subject="[Khen thưởng] Cần bổ sung hồ sơ KT-2026-0142 (hạn 12/08)",
    text="Kính gửi bà Nguyễn Thị Ánh,\n\nHồ sơ còn thiếu biên bản họp xét.\n",
    html='<html lang="vi"><p>Hồ sơ còn thiếu biên bản họp xét.</p></html>\n',
    message_key="outbox:42",
    thread_key="case:KT-2026-0142",
    list_id="reminder",
    sent_at=datetime(2026, 8, 7, 1, 30, tzinfo=UTC),
    calendar=None,
    optional=False,
)
CALENDAR = deadline_event(
    "task-7@quan.example.vn", LETTER.sent_at.date(), "Nộp hồ sơ", "Hồ sơ còn thiếu.", "https://quan.example.vn/7", 2,
    LETTER.sent_at,
)  # fmt: skip
HEADER_NAMES = [
    "Date",
    "From",
    "Reply-To",
    "To",
    "Subject",
    "Message-ID",
    "In-Reply-To",
    "References",
    "List-Id",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
]
BREAKS = ["\r", "\n", "\r\n", "\0", "\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"]
VOCABULARY = (
    "Nguyễn Trần Thị Hồng Ánh Đặng Hoàn Kiếm Ủy ban nhân dân phường khen thưởng thi đua hồ sơ đề nghị "
    "quyết định số 31/2024/NĐ-CP (hạn 12/08) KT-2026-0142 – “tập thể” & cá nhân, Q.1 ở ữ ỵ Ẩ 🏅 a"
)


def parsed(letter: Letter = LETTER, sender: Sender = SENDER) -> Message:
    return message_from_bytes(build(letter, sender))


def decoded(raw: str) -> str:
    return str(make_header(decode_header(raw)))


def raw_headers(message: bytes) -> list[tuple[str, str]]:
    """The header fields as RFC 5322 §2.2 defines them, read without the `email` package."""
    block = message.split(b"\r\n\r\n", 1)[0].decode("ascii")
    fields = re.sub(r"\r\n(?=[ \t])", "", block).split("\r\n")
    return [(name, value.strip(" ")) for name, _, value in (field.partition(":") for field in fields)]


def raw_header(message: bytes, name: str) -> str:
    return dict(raw_headers(message))[name]


def vietnamese(draw: random.Random) -> str:
    """Syllables between one or two spaces, in composed or decomposed letters, sometimes very long."""
    words = draw.choices(VOCABULARY.split(), k=draw.choice([1, 2, 3, 5, 8, 13, 40]))
    text = "".join(word + draw.choice([" "] * 9 + ["  "]) for word in words)
    return unicodedata.normalize(draw.choice(["NFC", "NFC", "NFD"]), text[: draw.randint(1, len(text))])


def test_subject_and_names_of_3000_random_vietnamese_letters_decode_exactly() -> None:
    draw = random.Random(31)
    for _ in range(3000):
        subject, name = vietnamese(draw), vietnamese(draw)

        message = build(replace(LETTER, subject=subject, recipient_name=name), SENDER)

        to_name = raw_header(message, "To").removesuffix("<anh.nt@phuong1.example.vn>").removesuffix(" ")
        assert decoded(raw_header(message, "Subject")) == subject
        assert decoded(to_name) == name
        assert max(map(len, re.findall(rb"=\?.*?\?=", message))) <= 75
        # Only the Message-ID, the References and the like, which cannot be folded, may be longer.
        assert all(len(line) <= 76 for line in message.split(b"\r\n") if b"=?" in line or b"<" not in line)
        assert max(map(len, message.split(b"\r\n"))) <= 998


@settings(max_examples=500, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200))
@example(text="=?utf-8?q?lookalike?=")
@example(text=" space at both ends ")
@example(text="x" * 2000)
@example(text="tab\tinside")
def test_subject_of_any_printable_text_decodes_exactly(text: str) -> None:
    message = build(replace(LETTER, subject=text), SENDER)

    assert decoded(raw_header(message, "Subject")) == text
    assert max(map(len, message.split(b"\r\n"))) <= 998


def test_subject_in_ascii_stays_readable_and_is_folded_at_spaces() -> None:
    subject = "KT-2026-0142 returned: " + "see the list of missing papers, " * 4 + "end"

    message = build(replace(LETTER, subject=subject), SENDER)

    assert raw_header(message, "Subject") == subject
    assert max(len(line) for line in message.split(b"\r\n") if b"papers" in line) <= 76


def test_encoded_words_never_split_a_character() -> None:
    message = build(replace(LETTER, subject="ữ🏅" * 60), SENDER)

    words = raw_header(message, "Subject").split(" ")
    assert len(words) > 1
    assert "".join(decoded(word) for word in words) == "ữ🏅" * 60


@pytest.mark.parametrize("name", ["Nguyen, Van A", 'a" <evil@example.vn>', "Dr. No", "=?utf-8?q?x?="])
def test_name_with_special_characters_is_one_mailbox(name: str) -> None:
    raw = parsed(replace(LETTER, recipient_name=name))["To"]

    [(phrase, address)] = getaddresses([raw])
    assert (decoded(phrase), address) == (name, "anh.nt@phuong1.example.vn")


def test_build_writes_exactly_the_headers_of_an_automatic_letter() -> None:
    message = build(LETTER, SENDER)

    root = message_id("case:KT-2026-0142", "quan.example.vn")
    headers = dict(raw_headers(message))
    assert [name for name, _ in raw_headers(message)] == HEADER_NAMES
    assert headers["Date"] == "Fri, 07 Aug 2026 08:30:00 +0700"
    assert decoded(headers["From"]) == f"{SENDER.name} <thidua@quan.example.vn>"
    assert headers["Reply-To"] == "noivu@quan.example.vn"
    assert headers["Message-ID"] == message_id("outbox:42", "quan.example.vn")
    assert (headers["In-Reply-To"], headers["References"]) == (root, root)
    assert headers["List-Id"] == "<reminder.quan.example.vn>"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["X-Auto-Response-Suppress"] == "All"
    assert headers["Content-Language"] == "vi"
    assert headers["MIME-Version"] == "1.0"
    assert b"bounce@" not in message


def test_message_id_is_the_hash_of_the_key() -> None:
    assert message_id("outbox:42", "quan.example.vn") == (
        "<f0e36a6a2711eb40aa904ef1bbdac5f60e830d0835c64fda19e1ec064d4cda16@quan.example.vn>"
    )


def test_date_tells_the_instant_in_vietnamese_time() -> None:
    date = parsed()["Date"]

    assert parsedate_to_datetime(date) == LETTER.sent_at
    assert parsedate_to_datetime(date).utcoffset() == timedelta(hours=7)


@pytest.mark.parametrize("thread_key", [None, "outbox:42"])
def test_root_of_a_thread_answers_nothing(thread_key: str | None) -> None:
    message = parsed(replace(LETTER, thread_key=thread_key))

    assert (message["In-Reply-To"], message["References"]) == (None, None)


@pytest.mark.parametrize(
    ("optional", "url", "unsubscribe", "post"),
    [
        (False, "https://quan.example.vn/u/1", None, None),
        (True, None, None, None),
        (True, "https://quan.example.vn/u/1", "<https://quan.example.vn/u/1>", "List-Unsubscribe=One-Click"),
        (True, "mailto:u+1@quan.example.vn", "<mailto:u+1@quan.example.vn>", None),
        (True, "http://127.0.0.1:8000/u/1", "<http://127.0.0.1:8000/u/1>", None),
    ],
)
def test_unsubscribe_is_offered_for_optional_letters_only(
    optional: bool, url: str | None, unsubscribe: str | None, post: str | None
) -> None:
    message = parsed(replace(LETTER, optional=optional, unsubscribe_url=url))

    assert (message["List-Unsubscribe"], message["List-Unsubscribe-Post"]) == (unsubscribe, post)


def test_letter_without_a_name_is_addressed_plainly() -> None:
    assert parsed(replace(LETTER, recipient_name=""))["To"] == "anh.nt@phuong1.example.vn"


def test_body_holds_text_then_html_in_quoted_printable() -> None:
    message = parsed()

    parts = [part for part in message.walk() if not part.is_multipart()]
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert [part["Content-Transfer-Encoding"] for part in parts] == ["quoted-printable"] * 2
    bodies = [part.get_payload(decode=True).decode() for part in parts]
    assert bodies == [LETTER.text.replace("\n", "\r\n"), LETTER.html.replace("\n", "\r\n")]


@settings(max_examples=500, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
@example(text="không xuống dòng " * 20)
@example(text=".\n..\nFrom dấu chấm\n \n\t\n")
def test_body_of_any_text_arrives_with_crlf_line_ends(text: str) -> None:
    message = build(replace(LETTER, text=text), SENDER)

    plain = message_from_bytes(message).get_payload(0).get_payload(0)
    wanted = re.sub(r"\r\n|\r|\n", "\r\n", text)
    arrived = plain.get_payload(decode=True).decode()
    assert arrived in {wanted, f"{wanted}\r\n"}
    assert arrived.endswith("\r\n")
    assert message.isascii()
    assert re.search(rb"\r(?!\n)|(?<!\r)\n", message) is None
    assert max(map(len, message.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 76


def test_text_that_quotes_its_own_boundaries_stays_one_text() -> None:
    boundaries = [part.get_boundary() for part in parsed().walk() if part.is_multipart()]
    text = "".join(f"--{boundary}\r\n--{boundary}--\r\n" for boundary in boundaries)

    message = parsed(replace(LETTER, text=text))

    plain, html = message.get_payload(0).get_payload()
    assert plain.get_payload(decode=True).decode() == text
    assert html.get_content_type() == "text/html"


def test_calendar_travels_beside_the_texts_under_its_own_method() -> None:
    message = parsed(replace(LETTER, calendar=CALENDAR))

    texts, calendar = message.get_payload()
    assert texts.get_content_type() == "multipart/alternative"
    assert calendar.get_content_type() == "text/calendar"
    assert calendar.get_param("method") == "PUBLISH"
    assert calendar.get_filename() == "thoi-han.ics"
    assert calendar.get_payload(decode=True) == CALENDAR


def test_calendar_without_a_method_is_refused() -> None:
    with pytest.raises(ValueError, match="METHOD"):
        build(replace(LETTER, calendar=b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"), SENDER)


def test_same_letter_gives_the_same_bytes_and_another_key_other_boundaries() -> None:
    letter = replace(LETTER, calendar=CALENDAR)

    again, other = build(letter, SENDER), build(replace(letter, message_key="outbox:43"), SENDER)
    boundaries = set(re.findall(rb'boundary="(.*?)"', again))
    assert again == build(letter, SENDER)
    assert len(boundaries) == 2
    assert boundaries.isdisjoint(re.findall(rb'boundary="(.*?)"', other))


TRICKS = [
    "\\r\\nBcc:",
    "=?utf-8?q?=0D=0ABcc:_x@example.vn?=",
    '"',
    "<x@example.vn>",
    ",",
    ";",
    ":",
    "\\",
    "(",
    "ữ",
]
visible = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])
tricky_texts = st.lists(st.sampled_from(TRICKS) | st.text(visible, max_size=10), max_size=8).map("".join)
any_texts = st.lists(st.sampled_from([*TRICKS, *BREAKS]) | st.text(max_size=10), max_size=3).map("".join)


@settings(max_examples=500, deadline=None)
@given(subject=tricky_texts, name=tricky_texts, sender_name=tricky_texts)
def test_tricky_texts_change_nothing_but_their_own_header(subject: str, name: str, sender_name: str) -> None:
    letter = replace(LETTER, subject=subject, recipient_name=name)

    message = build(letter, replace(SENDER, name=sender_name))

    assert_only_the_wanted_headers(message)
    assert decoded(raw_header(message, "Subject")) == subject


@settings(max_examples=500, deadline=None)
@given(subject=any_texts, name=any_texts)
def test_texts_are_refused_exactly_for_control_characters(subject: str, name: str) -> None:
    letter = replace(LETTER, subject=subject, recipient_name=name)
    categories = {unicodedata.category(character) for character in f"{subject}{name}" if character != "\t"}

    if categories & {"Cc", "Cs", "Zl", "Zp"}:
        with pytest.raises(ValueError, match=r"must not contain|surrogates"):
            build(letter, SENDER)
    else:
        assert_only_the_wanted_headers(build(letter, SENDER))


@settings(max_examples=500, deadline=None)
@given(
    address=any_texts
    | st.tuples(any_texts, st.just("@b.vn")).map("".join)
    | st.tuples(st.just("a@b.vn"), any_texts).map("".join)
)
def test_hostile_address_is_refused_or_is_the_only_recipient(address: str) -> None:
    try:
        message = build(replace(LETTER, recipient_address=address), SENDER)
    except ValueError:
        return

    assert_only_the_wanted_headers(message, recipient=address)


def assert_only_the_wanted_headers(message: bytes, *, recipient: str = "anh.nt@phuong1.example.vn") -> None:
    """Two parsers find the usual headers, and any idea of a line break finds the same lines."""
    block = message.split(b"\r\n\r\n", 1)[0].decode("ascii")
    assert [name for name, _ in raw_headers(message)] == HEADER_NAMES
    assert message_from_bytes(message).keys() == HEADER_NAMES
    assert block.splitlines() == block.split("\r\n")
    assert [address for _, address in getaddresses([raw_header(message, "To")])] == [recipient]


@pytest.mark.parametrize("line_break", BREAKS)
@pytest.mark.parametrize(
    "field",
    ["recipient_name", "recipient_address", "subject", "list_id", "unsubscribe_url"],
)
def test_line_break_in_a_letter_is_refused(field: str, line_break: str) -> None:
    letter = replace(LETTER, optional=True, unsubscribe_url="https://quan.example.vn/u")
    broken = f"{getattr(letter, field)}{line_break}Bcc: evil@example.vn"

    with pytest.raises(ValueError, match=r"must|cannot"):
        build(replace(letter, **{field: broken}), SENDER)


@pytest.mark.parametrize("line_break", BREAKS)
@pytest.mark.parametrize("field", ["name", "address", "reply_to", "domain"])
def test_line_break_in_a_sender_is_refused(field: str, line_break: str) -> None:
    broken = f"{getattr(SENDER, field)}{line_break}"

    with pytest.raises(ValueError, match=r"must|cannot"):
        build(LETTER, replace(SENDER, **{field: broken}))


def test_refusal_does_not_repeat_the_text_which_may_name_a_person() -> None:
    with pytest.raises(ValueError, match="one line") as refusal:
        one_line("Nguyễn Thị Ánh\r\n")

    assert "Ánh" not in str(refusal.value)


@pytest.mark.parametrize(
    "address",
    [
        *("", "a", "@b.vn", "a@", "a b@c.vn", "a@b@c.vn", '"a"@b.vn', "a..b@c.vn", "ánh@b.vn", "a@sở.vn"),
        *("a@-b.vn", "a@b.vn>", "<a@b.vn", "a@b.vn,c@d.vn", "=?utf-8?q?x?=@b.vn", "a@b.vn.", "a@b.vn\n"),
        *("a" * 65 + "@b.vn", "a@" + "b." * 130 + "vn"),
    ],
)
def test_malformed_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="plain ASCII"):
        checked_address(address)


@pytest.mark.parametrize("address", ["a@b.vn", "o'neil+tag@sub-1.b.vn", "bounce=42@xn--s-0oa.vn", "x@localhost"])
def test_well_formed_address_is_kept(address: str) -> None:
    assert checked_address(address) == address


def test_naive_date_is_refused() -> None:
    naive = LETTER.sent_at.replace(tzinfo=None)

    with pytest.raises(ValueError, match="time zone"):
        build(replace(LETTER, sent_at=naive), SENDER)
