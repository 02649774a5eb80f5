"""The pages that stand until the real ones do."""

from fastapi import FastAPI
from fastapi.testclient import TestClient

from web.pages import home_page, reference_pages


def test_the_address_of_an_installation_says_what_it_is_and_where_to_go() -> None:
    app = FastAPI()
    for router in (home_page(), reference_pages()):
        app.include_router(router)
    client = TestClient(app)

    home = client.get("/")

    assert home.status_code == 200
    assert "<h1>Thi đua, khen thưởng</h1>" in home.text
    assert client.get("/reference").status_code == 200
    assert client.get("/static/style.css").status_code == 200
