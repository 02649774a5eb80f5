"""A letter as the bytes that SMTP carries (RFC 5322, RFC 2045-2047). Pure: the same letter, the same bytes.

Every line is written here, none by `email`: that package loses or adds a space in many Vietnamese
subjects (3.11: one in seven), and draws its boundaries at random.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256

from engine.instants import LOCAL

LINE_CHARACTERS = 76  # RFC 2047 §2 and RFC 2045 §6.7; RFC 5322 §2.1.1 would allow 78

# 39 bytes make 52 of base64 and 64 with the markers: "Reply-To: " still fits before them on a line.
_WORD_BYTES = 39
_TOKEN_CHARACTERS = 60  # a longer run of ASCII could not be folded, so it is encoded and cut
_ADDRESS_CHARACTERS = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LOCAL_PART = re.compile(rf"(?=.{{1,64}}\Z){_ATEXT}+(?:\.{_ATEXT}+)*")
_LIST_LABELS = re.compile(rf"{_ATEXT}+(?:\.{_ATEXT}+)*")
_PLAIN_TEXT = re.compile(rf"[!-~]{{1,{_TOKEN_CHARACTERS}}}(?: [!-~]{{1,{_TOKEN_CHARACTERS}}})*")
_PLAIN_PHRASE = re.compile(rf"{_ATEXT}{{1,{_TOKEN_CHARACTERS}}}(?: {_ATEXT}{{1,{_TOKEN_CHARACTERS}}})*")
_UNSUBSCRIBE = re.compile(r"(?:https?://|mailto:)[!-;=?-~]+")
_LINE_END = re.compile(r"\r\n|\r|\n")
_CALENDAR_METHOD = re.compile(rb"^METHOD:([A-Z]+)\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sender:
    """The office that writes. All addresses are ASCII; `domain` is ours and names Message-IDs and lists."""

    name: str
    address: str
    reply_to: str  # the mail box that people read
    domain: str
    bounce_address: str  # for MAIL FROM; never a header


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one person, in words."""

    recipient_name: str  # may be empty
    recipient_address: str
    subject: str
    text: str
    html: str
    message_key: str  # the outbox key; the Message-ID is its hash
    thread_key: str | None  # the key of the case's root message
    list_id: str  # the kind of mail, one or more labels; put before the sender's domain
    sent_at: datetime  # aware
    calendar: bytes | None  # an iCalendar object with a METHOD
    optional: bool  # may be unsubscribed from
    unsubscribe_url: str | None = None  # https, http or mailto; ignored unless `optional`


def build(letter: Letter, sender: Sender) -> bytes:
    """The whole message in ASCII with CRLF line ends, ready for DATA except for dot-stuffing.

    multipart/mixed of (text, HTML) and the calendar object, all quoted-printable. `Date` is Vietnamese
    time. A threaded letter answers the root message of its case; the root itself answers nothing.
    Encoded lines have at most 76 characters; only identifiers, addresses and links may be longer.

    Raises:
        ValueError: a header value holds a line break or another control character, an address or a list
            label is malformed, `sent_at` is naive, or the calendar object names no METHOD.
    """
    mixed, alternative = (_boundary(letter.message_key, level) for level in ("mixed", "alternative"))
    readings = (_text_part("text/plain", letter.text), _text_part("text/html", letter.html))
    parts = [_multipart("alternative", alternative, *readings)]
    if letter.calendar is not None:
        parts.append(_calendar_part(letter.calendar))
    top = "\r\n".join(_headers(letter, sender))
    return f"{top}\r\n{_multipart('mixed', mixed, *parts)}".encode("ascii")


def message_id(key: str, domain: str) -> str:
    """`<sha256 of key @ domain>`: the same on every attempt, and it tells nothing about the case.

    Raises:
        ValueError: `domain` is not an ASCII domain name.
    """
    return f"<{sha256(key.encode()).hexdigest()}@{_matching(_DOMAIN, domain)}>"


def checked_address(address: str) -> str:
    """`address` itself, safe in a header and in an SMTP command (dot-atom form of RFC 5321 §4.1.2).

    Raises:
        ValueError: it is not `local@domain` in ASCII (international domains go in their xn-- form), is
            too long, has a quoted local part, or hides an encoded word.
    """
    local, _, domain = address.rpartition("@")
    has_form = _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(domain)
    # "=?" is legal in a local part, but careless readers decode it and see another address.
    if not has_form or len(address) > _ADDRESS_CHARACTERS or "=?" in address:
        raise ValueError("An address must be local@domain in plain ASCII, without quoting or encoding.")
    return address


def one_line(value: str) -> str:
    """`value` itself, which any reader takes for one line; tabs are allowed.

    Raises:
        ValueError: it holds a control character (CR, LF, NUL, NEL, …) or a Unicode line separator.
    """
    for character in value:
        if unicodedata.category(character) in {"Cc", "Zl", "Zp"} and character != "\t":
            # The value itself may name a person, and errors end up in logs.
            raise ValueError(f"A text for one line must not contain {character!r}.")
    return value


def _headers(letter: Letter, sender: Sender) -> Iterator[str]:
    own_id = message_id(letter.message_key, sender.domain)
    yield _folded("Date", _date(letter.sent_at))
    yield _folded("From", *_mailbox(sender.name, sender.address))
    yield _folded("Reply-To", *_mailbox("", sender.reply_to))
    yield _folded("To", *_mailbox(letter.recipient_name, letter.recipient_address))
    yield _folded("Subject", *_words(letter.subject, _PLAIN_TEXT))
    yield _folded("Message-ID", own_id)
    if letter.thread_key is not None and letter.thread_key != letter.message_key:
        root_id = message_id(letter.thread_key, sender.domain)
        yield _folded("In-Reply-To", root_id)
        yield _folded("References", root_id)
    yield _folded("List-Id", f"<{_matching(_LIST_LABELS, letter.list_id)}.{sender.domain}>")
    yield from _unsubscribe_headers(letter)
    yield "Auto-Submitted: auto-generated"  # RFC 3834: other robots must not answer
    yield "X-Auto-Response-Suppress: All"  # the same for Exchange, which looks only here
    yield "Content-Language: vi"
    yield "MIME-Version: 1.0"


def _unsubscribe_headers(letter: Letter) -> Iterator[str]:
    if letter.optional and letter.unsubscribe_url is not None:
        url = _matching(_UNSUBSCRIBE, letter.unsubscribe_url)
        yield _folded("List-Unsubscribe", f"<{url}>")
        if url.startswith("https://"):  # RFC 8058 §3.1 wants HTTPS for the one-click form
            yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"


def _date(instant: datetime) -> str:
    if instant.utcoffset() is None:
        raise ValueError(f"{instant!r} must carry a time zone.")
    return format_datetime(instant.astimezone(LOCAL))


def _mailbox(name: str, address: str) -> list[str]:
    """The unbreakable pieces of a From or To; a name that needs quoting is encoded instead."""
    if not name:
        return [checked_address(address)]
    return [*_words(name, _PLAIN_PHRASE), f"<{checked_address(address)}>"]


def _words(text: str, plain: re.Pattern[str]) -> list[str]:
    """`text` as pieces with one space between them: its own words if `plain`, else encoded words."""
    # Plain text that looks like an encoded word would be decoded by the reader.
    if plain.fullmatch(text) and "=?" not in text:
        return text.split(" ")
    chunks, chunk = [], b""
    for character in one_line(text):
        encoded = character.encode()
        # RFC 2047 §5: no character may be split between two words.
        if len(chunk) + len(encoded) > _WORD_BYTES:
            chunks.append(chunk)
            chunk = b""
        chunk += encoded
    return [f"=?utf-8?b?{base64.b64encode(chunk).decode()}?=" for chunk in (*chunks, chunk)]


def _folded(name: str, *pieces: str) -> str:
    """The header field, broken only between pieces; each break stands for one space."""
    lines = [f"{name}: {pieces[0]}"]
    for piece in pieces[1:]:
        if len(lines[-1]) + len(piece) < LINE_CHARACTERS:
            lines[-1] += f" {piece}"
        else:
            lines.append(f" {piece}")
    return "\r\n".join(lines)


def _matching(pattern: re.Pattern[str], value: str) -> str:
    if pattern.fullmatch(value) is None:
        raise ValueError(f"{value!r} cannot stand in a mail header or command.")
    return value


def _boundary(message_key: str, level: str) -> str:
    # "=_" occurs in no quoted-printable body, so no text can end its part early (RFC 2045 §6.7).
    return f"=_{level}_{sha256(f'{level}:{message_key}'.encode()).hexdigest()[:32]}"


def _multipart(subtype: str, boundary: str, *parts: str) -> str:
    header = _folded("Content-Type", f"multipart/{subtype};", f'boundary="{boundary}"')
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f"{header}\r\n\r\n{body}--{boundary}--\r\n"


def _text_part(content_type: str, text: str, *more_headers: str) -> str:
    headers = (f"Content-Type: {content_type}; charset=utf-8", *more_headers)
    lines = "\r\n".join((*headers, "Content-Transfer-Encoding: quoted-printable"))
    return f"{lines}\r\n\r\n{_quoted_printable(text)}"


def _calendar_part(calendar: bytes) -> str:
    # RFC 6047 §2.4: the parameter and the property must agree, or clients show no event.
    method = _CALENDAR_METHOD.search(calendar)
    if method is None:
        raise ValueError("The calendar object must name its METHOD.")
    content_type = f"text/calendar; method={method[1].decode()}"
    disposition = 'Content-Disposition: attachment; filename="thoi-han.ics"'
    return _text_part(content_type, calendar.decode(), disposition)


def _quoted_printable(text: str) -> str:
    body = _LINE_END.sub("\r\n", text)
    # b2a_qp copies the style of the first line end it meets; meeting none it would emit bare LFs.
    if not body.endswith("\r\n"):
        body += "\r\n"
    return binascii.b2a_qp(body.encode(), istext=True).decode("ascii")
