"""Nothing that a person types can change the shape of a letter: no header, no tag, no line, no link."""

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from notifications.facts import opened
from tests.notifications.small_office import WORDS
from tests.notifications.specimens import EXTRA, PLAIN, Shape, headers, letter, notice, parts, shape

HOSTILE = "Ánh\r\nBcc: x@y.vn\r\n\r\n</td></table><script>1</script>\" onload='1' {{ 7*7 }} =?utf-8?q?x?= BEGIN:VALARM"


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(sorted(EXTRA)),
    name=st.text(),
    typed=st.fixed_dictionaries({fact: st.text() for fact in PLAIN}),
)
@example(kind="task_opened", name=HOSTILE, typed=dict.fromkeys(PLAIN, HOSTILE))
@example(kind="granted", name=HOSTILE, typed=dict.fromkeys(PLAIN, HOSTILE))
@example(kind="incident", name="\u202e", typed=dict.fromkeys(PLAIN, "\u202e\u2028"))
def test_no_fact_can_add_a_header_a_tag_or_a_line(kind: str, name: str, typed: dict[str, str]) -> None:
    usual, told = letter(notice(1, kind)), notice(1, kind, name=name, **typed)

    odd = letter(told)

    sentences = WORDS.of("leave_request", kind, opened(kind, told.facts))
    until = re.findall(r" \(hạn ../..\)$", usual.subject)
    assert odd.fault == ""
    assert shape(odd) == shape(usual)
    assert odd.subject == "".join([f"[Thi đua] {sentences.subject}", *until])
    assert dict(headers(odd))["Subject"] == odd.subject
    assert parts(odd)["text/plain"].split("\n")[2] == sentences.happened
    assert sentences.happened in Shape(parts(odd)["text/html"]).words


@settings(max_examples=200, deadline=None)
@given(
    name=st.text(),
    typed=st.tuples(*[st.fixed_dictionaries({fact: st.text() for fact in PLAIN if fact != "todo"})] * 3),
)
@example(name=HOSTILE, typed=({fact: HOSTILE for fact in PLAIN if fact != "todo"},) * 3)
def test_no_fact_can_change_the_shape_of_a_digest(name: str, typed: tuple[dict[str, str], ...]) -> None:
    kinds = ("task_opened", "reminder", "granted")
    usual = letter(*(notice(key, kind) for key, kind in enumerate(kinds, start=1)))

    odd = letter(*(notice(key, kinds[key - 1], name=name, **facts) for key, facts in enumerate(typed, start=1)))

    assert odd.fault == ""
    assert odd.subject == usual.subject
    assert shape(odd) == shape(usual)
