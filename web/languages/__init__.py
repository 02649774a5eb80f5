"""The two languages of the pages. Vietnamese is what the templates are written in; English is a catalogue.

`en.po` holds, for each Vietnamese text of the pages, the definitions and the refusals, its English. A text without
one stays Vietnamese: people read a right sentence in the other language rather than none.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

LANGUAGES: Mapping[str, str] = {"vi": "Tiếng Việt", "en": "English"}
FIRST = "vi"


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Vietnamese text → text of that language; empty for Vietnamese."""
    if language == FIRST:
        return {}
    with (Path(__file__).parent / f"{language}.po").open("rb") as opened:
        found = read_po(opened, locale=language)
    return {str(entry.id): str(entry.string) for entry in found if entry.id and entry.string}


def translate(language: str, text: str) -> str:
    """The text in that language; as it is when the catalogue does not have it."""
    return catalogue(language).get(text, text)


def chosen(cookie: str) -> str:
    """The language that a cookie asks for; the first one when it names none of ours."""
    return cookie if cookie in LANGUAGES else FIRST
