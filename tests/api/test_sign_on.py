"""Single sign-on against a real provider process, and against its word when it does not hold."""

import hmac
import json
import socket
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from pyotp import TOTP
from starlette.testclient import TestClient

from api.refusals import SignOnFailed
from api.settings import Settings, SignOnSettings
from api.sign_on import Provider
from engine.accounts import second_factor
from tests.api.office import Office, open_office

BEGIN, CALLBACK, ME, TOKENS = "/api/v1/sign-on", "/api/v1/sign-on/callback", "/api/v1/me", "/api/v1/tokens"
BASE = "http://testserver"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The address of a provider in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        address = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                httpx2.get(f"{address}/jwks")
                break
            except httpx2.TransportError:
                time.sleep(0.05)
        yield address
        process.terminate()


@pytest.fixture
def office(folder: Path, issuer: str) -> Iterator[Office]:
    sign_on = SignOnSettings(issuer=issuer, client_id="thidua", client_secret="a secret")
    office = open_office(folder, Settings(base_url=BASE, sign_on=sign_on))
    office.clocks.wall = datetime.now(UTC)  # the provider lives now
    yield office
    office.close()


def agree(issuer: str, url: str, subject: str, **claims: Any) -> str:
    """What a person does at the provider: where it sends them back to."""
    httpx2.put(f"{issuer}/users/{subject}", json=claims).raise_for_status()
    answer = httpx2.post(url, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def sign_on(office: Office, issuer: str, subject: str, query: str = "", **claims: Any) -> tuple[TestClient, Any]:
    """A browser that has been to the provider and back, and the last answer."""
    client = office.client()
    begun = client.get(f"{BEGIN}{query}", follow_redirects=False)
    back = agree(issuer, begun.headers["location"], subject, **claims)
    return client, client.get(back.removeprefix(BASE), follow_redirects=False)


def why(answer: Any) -> str:
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_on_failed")
    return str(answer.json()["params"]["why"])


def test_the_browser_is_sent_away_with_state_nonce_and_challenge(office: Office, issuer: str) -> None:
    client = office.client()

    answer = client.get(BEGIN, follow_redirects=False)

    where = urlsplit(answer.headers["location"])
    asked = {name: values[0] for name, values in parse_qs(where.query).items()}
    assert (answer.status_code, f"{where.scheme}://{where.netloc}") == (303, issuer)
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["redirect_uri"] == f"{BASE}{CALLBACK}"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert asked["state"] not in answer.headers["set-cookie"]


def test_a_person_is_found_by_their_verified_address_and_then_by_the_subject(office: Office, issuer: str) -> None:
    client, answer = sign_on(office, issuer, "s-an", email="AN@example.vn", email_verified=True)

    assert (answer.status_code, answer.headers["location"]) == (303, f"{BASE}/")
    assert client.get(ME).json()["person"]["username"] == "an"
    client, _ = sign_on(office, issuer, "s-an", email="elsewhere@example.vn", email_verified=True)
    assert client.get(ME).json()["person"]["username"] == "an"


@pytest.mark.parametrize(
    ("subject", "claims"),
    [
        ("s-1", {"email": "an@example.vn"}),
        ("s-2", {"email": "an@example.vn", "email_verified": False}),
        ("s-3", {"email": "an@example.vn", "email_verified": "true"}),
        ("s-4", {"email": "nobody@example.vn", "email_verified": True}),
        ("s-5", {}),
    ],
)
def test_an_address_that_is_not_verified_opens_nothing(
    office: Office, issuer: str, subject: str, claims: dict[str, Any]
) -> None:
    client, answer = sign_on(office, issuer, subject, **claims)

    assert "hỏi quản trị" in why(answer)
    assert client.get(ME).status_code == 401


def test_an_address_that_two_people_have_opens_nothing(office: Office, issuer: str) -> None:
    change = "UPDATE person SET mail = 'an@example.vn' WHERE username = 'binh'"
    office.engine.writer.call(lambda tx: tx.command(change))

    assert "hỏi quản trị" in why(sign_on(office, issuer, "s-two", email="an@example.vn", email_verified=True)[1])


def test_who_gets_the_address_later_does_not_get_the_account(office: Office, issuer: str) -> None:
    sign_on(office, issuer, "s-first", email="an@example.vn", email_verified=True)

    assert "hỏi quản trị" in why(sign_on(office, issuer, "s-second", email="an@example.vn", email_verified=True)[1])


def test_a_closed_account_stays_closed(office: Office, issuer: str) -> None:
    claims = {"email": "an@example.vn", "email_verified": True}
    sign_on(office, issuer, "s-an", **claims)
    office.engine.writer.call(lambda tx: tx.command("UPDATE person SET active = false WHERE username = 'an'"))

    assert "hỏi quản trị" in why(sign_on(office, issuer, "s-an", **claims)[1])


SIGNING = {"json": {"name": "x", "days": 1, "scopes": ["sign"]}}


def test_who_was_asked_just_now_may_sign(office: Office, issuer: str) -> None:
    claims = {"email": "an@example.vn", "email_verified": True}

    client, _ = sign_on(office, issuer, "s-an", "?again=true", **claims)

    assert client.post(TOKENS, **SIGNING).status_code == 201


def test_what_the_provider_asked_a_while_ago_confirms_nothing(office: Office, issuer: str) -> None:
    client = office.client()
    begun = client.get(BEGIN, follow_redirects=False)
    back = agree(issuer, begun.headers["location"], "s-an", email="an@example.vn", email_verified=True)
    office.clocks.pass_time(timedelta(minutes=6))

    assert client.get(back.removeprefix(BASE), follow_redirects=False).status_code == 303

    assert client.post(TOKENS, **SIGNING).json()["code"] == "confirmation_needed"


def test_signing_on_does_not_replace_a_second_factor(office: Office, issuer: str) -> None:
    engine, wall = office.engine, office.clocks.wall
    secret, _ = engine.writer.call(lambda tx: second_factor.set_up(tx, engine.vault, 1, "an"))
    engine.writer.call(lambda tx: second_factor.confirm(tx, engine.vault, 1, TOTP(secret).at(wall), wall))

    client, _ = sign_on(office, issuer, "s-an", email="an@example.vn", email_verified=True)

    assert client.post(TOKENS, **SIGNING).json()["code"] == "confirmation_needed"
    code = TOTP(secret).at(wall + timedelta(seconds=30))
    assert client.post("/api/v1/session/confirmation", json={"code": code}).status_code == 200
    assert client.post(TOKENS, **SIGNING).status_code == 201


def test_another_browser_cannot_finish(office: Office, issuer: str) -> None:
    """A link to a finished log-in, sent to somebody else, would log them in as the sender."""
    begun = office.client().get(BEGIN, follow_redirects=False)
    back = agree(issuer, begun.headers["location"], "s-an", email="an@example.vn", email_verified=True)
    victim, started = office.client(), office.client()
    started.get(BEGIN, follow_redirects=False)

    for client in (victim, started):
        why(client.get(back.removeprefix(BASE), follow_redirects=False))
        assert client.get(ME).status_code == 401


def test_coming_back_twice_works_once(office: Office, issuer: str) -> None:
    client = office.client()
    begun = client.get(BEGIN, follow_redirects=False)
    back = agree(issuer, begun.headers["location"], "s-an", email="an@example.vn", email_verified=True)

    first, second = (client.get(back.removeprefix(BASE), follow_redirects=False) for _ in range(2))

    assert first.status_code == 303
    why(second)


def test_coming_back_too_late_or_refused(office: Office, issuer: str) -> None:
    client = office.client()
    client.get(BEGIN, follow_redirects=False)
    assert "dừng" in why(client.get(f"{CALLBACK}?error=access_denied&state=x&more=y"))

    office.clocks.pass_time(timedelta(minutes=11))
    assert "quá lâu" in why(client.get(f"{CALLBACK}?code=x&state=x"))


def test_a_provider_that_does_not_answer_is_no_fault(folder: Path) -> None:
    dead = SignOnSettings(issuer="http://127.0.0.1:9", client_id="thidua")
    office = open_office(folder, Settings(base_url=BASE, sign_on=dead))

    answer = office.client().get(BEGIN, follow_redirects=False)
    office.close()

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_without_a_provider_there_is_no_such_route(folder: Path) -> None:
    office = open_office(folder)

    assert office.client().get(BEGIN).status_code == 404
    office.close()


# ── the provider's word ──────────────────────────────────────────────────────────────────────────

KEY, OTHER_KEY = RSAKey.generate_key(2048, {"kid": "k"}), RSAKey.generate_key(2048, {"kid": "k"})
NOW = datetime(2024, 7, 10, 2, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
GOOD = {"iss": "https://p.example", "aud": "thidua", "sub": "s", "nonce": "n", "iat": SECONDS, "exp": SECONDS + 300}


def believed(claims: dict[str, Any], key: RSAKey = KEY) -> bool:
    provider = Provider(SignOnSettings(issuer="https://p.example", client_id="thidua"), BASE, lambda: NOW)
    token = jwt.encode({"alg": "RS256", "kid": "k"}, claims, key)
    try:
        return provider._claims(token, KeySet([KEY]), "n")["sub"] == "s"
    except SignOnFailed:
        return False


def test_a_good_word_is_believed() -> None:
    assert believed(GOOD)
    assert believed({**GOOD, "aud": ["thidua", "other"], "azp": "thidua"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://other.example"},
        {"aud": "other"},
        {"aud": ["other"]},
        {"azp": "other"},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"exp": SECONDS - 61},
        {"exp": None},
        {"iat": SECONDS + 61},
    ],
)
def test_a_word_for_somebody_else_or_from_another_time_is_not(wrong: dict[str, Any]) -> None:
    assert not believed({name: value for name, value in (GOOD | wrong).items() if value is not None})


def test_a_word_under_another_signature_is_not() -> None:
    assert not believed(GOOD, OTHER_KEY)


def test_a_word_without_signature_or_under_the_public_key_as_a_secret_is_not() -> None:
    provider = Provider(SignOnSettings(issuer="https://p.example", client_id="thidua"), BASE, lambda: NOW)

    def part(value: object) -> str:
        return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    symmetric = f"{part({'alg': 'HS256', 'kid': 'k'})}.{part(GOOD)}"
    mac = hmac.new(KEY.as_pem(private=False), symmetric.encode(), "sha256").digest()
    forged = f"{symmetric}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"

    for token in (f"{part({'alg': 'none'})}.{part(GOOD)}.", forged, "", "a.b.c", "x" * 10_000):
        with pytest.raises(SignOnFailed):
            provider._claims(token, KeySet([KEY]), "n")
