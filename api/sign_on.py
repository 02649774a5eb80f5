"""Single sign-on: OpenID Connect, authorization code with PKCE, state and nonce (OpenID Connect Core 1.0 §3.1).

What the provider says is believed only after its signature, issuer, audience, time and nonce were checked;
an address only when the provider says that it has verified it. Blocks for the network: for a thread.
"""

import json
import logging
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from api.refusals import SignOnFailed
from api.settings import SignOnSettings
from engine.errors import Unavailable
from engine.runtime.vault import Unsealable, Vault

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""How an ID token may be signed: by the provider's private key, never by a shared secret, never not at all."""
TIMEOUT_SECONDS = 10
LEEWAY_SECONDS = 60
KNOWN_FOR = timedelta(hours=1)
"""How long the provider's addresses and keys are taken to stay the same."""
BEGUN_FOR = timedelta(minutes=10)
"""How long somebody may take at the provider."""

_PLACE = "sign_on.cookie"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Begun:
    """What this browser set out with; it travels sealed in a cookie."""

    state: str
    nonce: str
    verifier: str
    at: int

    def sealed(self, vault: Vault) -> str:
        return vault.seal(json.dumps(asdict(self)), _PLACE)

    @classmethod
    def opened(cls, vault: Vault, sealed: str, wall_now: datetime) -> "Begun":
        """What was sealed.

        Raises:
            SignOnFailed: nothing, something else, or too long ago.
        """
        try:
            found = cls(**json.loads(vault.open(sealed, _PLACE)))
        except Unsealable as wrong:
            raise SignOnFailed(why="trình duyệt không còn nhớ lần đăng nhập này") from wrong
        if wall_now.timestamp() - found.at > BEGUN_FOR.total_seconds():
            raise SignOnFailed(why="đã quá lâu kể từ khi bắt đầu")
        return found


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is at the provider. mail: empty unless verified; authenticated_at: None when it is not said."""

    issuer: str
    subject: str
    mail: str
    authenticated_at: datetime | None


class Provider:
    """The provider of single sign-on. `redirect_uri`: where it sends people back; `wall`: the real time."""

    def __init__(self, settings: SignOnSettings, redirect_uri: str, wall: Callable[[], datetime]) -> None:
        self._settings, self._redirect_uri, self._wall = settings, redirect_uri, wall
        self._known: tuple[datetime, dict[str, Any], KeySet] | None = None

    def begin(self, *, again: bool) -> tuple[str, Begun]:
        """Where to send the browser, and what it sets out with. again: the provider must ask who it is anew.

        Raises:
            Unavailable: the provider does not answer.
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        begun = Begun(state, nonce, verifier, int(self._wall().timestamp()))
        challenge = urlsafe_b64encode(sha256(begun.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": "openid email",
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **({"prompt": "login", "max_age": "0"} if again else {}),
        }
        metadata, _ = self._provider()
        return f"{metadata['authorization_endpoint']}?{urlencode(asked)}", begun

    def finish(self, begun: Begun, state: str, code: str) -> Identity:
        """Who has come back with that code.

        Raises:
            SignOnFailed: it is not the browser that set out, or the provider's word does not hold.
            Unavailable: the provider does not answer.
        """
        if not secrets.compare_digest(state.encode(), begun.state.encode()):
            raise SignOnFailed(why="không khớp với lần đăng nhập đã bắt đầu ở trình duyệt này")
        metadata, keys = self._provider()
        tokens = self._tokens(metadata["token_endpoint"], code, begun.verifier)
        claims = self._claims(str(tokens.get("id_token", "")), keys, begun.nonce)
        if "email" not in claims and "userinfo_endpoint" in metadata:
            claims = {**self._userinfo(metadata["userinfo_endpoint"], tokens, claims["sub"]), **claims}
        is_verified = claims.get("email_verified") is True and isinstance(claims.get("email"), str)
        said_at = claims.get("auth_time")
        return Identity(
            self._settings.issuer,
            claims["sub"],
            claims["email"] if is_verified else "",
            datetime.fromtimestamp(said_at, UTC) if isinstance(said_at, int) else None,
        )

    def _provider(self) -> tuple[dict[str, Any], KeySet]:
        """Its metadata and keys, asked for anew now and then."""
        now = self._wall()
        if self._known is None or now - self._known[0] > KNOWN_FOR:
            metadata = _json(self._send("GET", f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration"))
            if metadata.get("issuer") != self._settings.issuer:
                raise SignOnFailed(why="máy chủ đăng nhập xưng tên khác với cấu hình")
            keys = _json(self._send("GET", metadata["jwks_uri"]))
            self._known = (now, metadata, KeySet.import_key_set({"keys": keys.get("keys", [])}))
        return self._known[1], self._known[2]

    def _tokens(self, endpoint: str, code: str, verifier: str) -> dict[str, Any]:
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        who, secret = self._settings.client_id, self._settings.client_secret
        if not secret:
            return _json(self._send("POST", endpoint, data={**given, "client_id": who}))
        return _json(self._send("POST", endpoint, data=given, auth=(quote(who, safe=""), quote(secret, safe=""))))

    def _claims(self, id_token: str, keys: KeySet, nonce: str) -> dict[str, Any]:
        """What the ID token says, checked (OpenID Connect Core 1.0 §3.1.3.7)."""
        wanted = JWTClaimsRegistry(
            now=int(self._wall().timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.client_id},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            claims: dict[str, Any] = jwt.decode(id_token, keys, algorithms=list(ALGORITHMS)).claims
            wanted.validate(claims)
        except (JoseError, ValueError) as wrong:
            self._known = None  # its keys may have changed
            log.warning("single sign-on: the ID token does not hold: %s", wrong)
            raise SignOnFailed(why="lời chứng của máy chủ đăng nhập không hợp lệ") from wrong
        if claims.get("azp", self._settings.client_id) != self._settings.client_id:
            raise SignOnFailed(why="lời chứng của máy chủ đăng nhập dành cho hệ thống khác")
        return claims

    def _userinfo(self, endpoint: str, tokens: dict[str, Any], subject: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
        found = _json(self._send("GET", endpoint, headers=headers))
        return found if found.get("sub") == subject else {}

    def _send(self, method: str, url: str, **more: Any) -> httpx2.Response:
        try:
            with httpx2.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client:
                return client.request(method, url, **more)
        except (httpx2.HTTPError, httpx2.InvalidURL) as wrong:
            raise Unavailable(seconds=60) from wrong


def _json(answer: httpx2.Response) -> dict[str, Any]:
    try:
        found = answer.json() if answer.is_success else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        log.warning("single sign-on: %s answered %s", answer.url.path, answer.status_code)
        raise SignOnFailed(why="máy chủ đăng nhập không chấp nhận")
    return found
