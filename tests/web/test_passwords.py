"""The page behind the links of account letters."""

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from notifications.account_letters import PAGES as LETTER_PAGES
from web.assets import asset_routes
from web.passwords import PAGES, password_pages


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    app.include_router(password_pages())
    app.include_router(asset_routes())
    return TestClient(app)


def test_every_link_of_a_letter_has_its_page() -> None:
    assert set(LETTER_PAGES.values()) == set(PAGES)


@pytest.mark.parametrize("path", PAGES)
def test_the_page_posts_to_the_redemption_of_its_kind_and_runs_no_script_of_its_own(
    client: TestClient, path: str
) -> None:
    page = client.get(path)

    assert page.status_code == 200
    assert f'data-redemption="{PAGES[path][1]}"' in page.text
    assert re.findall(r"<script[^>]*>", page.text) == ['<script src="/static/password.js" defer>']
    assert " on" not in "".join(re.findall(r"<form[^>]*>", page.text))
    assert client.get("/static/password.js").headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", PAGES)
def test_without_javascript_the_page_says_how_to_go_on(client: TestClient, path: str) -> None:
    assert "cần JavaScript" in re.findall(r"<noscript>(.*?)</noscript>", client.get(path).text, re.DOTALL)[0]
