"""The English of the pages: nothing is missing, nothing is left over, and what is filled in is the same."""

import re

import pytest
from starlette.testclient import TestClient

from tests.web.site import Site
from tests.web.wording import VIETNAMESE, texts
from web.languages import catalogue, translate
from web.visits import LANGUAGE_COOKIE

PLACEHOLDER = re.compile(r"\{\w*\}")
ENGLISH = catalogue("en")
SAME_IN_BOTH = {"Tiếng Việt"}


def test_every_text_of_the_pages_has_its_english() -> None:
    found = texts()

    assert len(found) > 1500
    missing = [text for text in found if text not in ENGLISH and text not in SAME_IN_BOTH and VIETNAMESE.search(text)]
    assert [f"{found[text]}: {text}" for text in missing] == []


def test_the_catalogue_has_nothing_that_no_page_says() -> None:
    assert sorted(ENGLISH.keys() - texts().keys()) == []


def test_what_is_filled_in_is_the_same_in_both() -> None:
    differing = [
        text for text, english in ENGLISH.items() if set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(english))
    ]

    assert differing == []


def test_english_is_written_without_vietnamese_but_for_names() -> None:
    named = [english for english in ENGLISH.values() if VIETNAMESE.search(english)]

    assert [english for english in named if not re.search("Dương Kinh|Đơn vị|“có”", english)] == []


@pytest.mark.parametrize(("language", "said"), [("vi", "Việc của tôi"), ("en", "My work"), ("xx", "Việc của tôi")])
def test_a_page_speaks_the_language_that_was_chosen(site: Site, language: str, said: str) -> None:
    browser: TestClient = site.browser("an")
    browser.cookies.set(LANGUAGE_COOKIE, language)
    page = browser.get("/").text

    assert f"<h1>{said}</h1>" in page
    assert f'<html lang="{"en" if language == "en" else "vi"}">' in page


def test_a_text_without_english_stays_as_it_is() -> None:
    assert translate("en", "Chưa ai dịch câu này") == "Chưa ai dịch câu này"
