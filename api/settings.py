"""Settings, read once from the environment; the only module of the door that knows variable names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

Network = IPv4Network | IPv6Network

MEGABYTE = 1024 * 1024
ON = ("on", "1", "true", "yes")
OFF = ("off", "0", "false", "no")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
MOST_DRAIN_SECONDS = 25
"""What is under way then has the rest of half a minute."""
_DATABASE_NAME = re.compile(r"/[^/@:]+")  # anything more is a password that was not percent-encoded
SHORTEST_TOKEN = 16


class SettingsError(Exception):
    """The environment is not usable; the message has one line for every bad variable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """The mail server; without a host nothing is sent."""

    host: str = ""
    """Name or address; empty: no server."""
    port: int = 587
    """TCP port."""
    user: str = ""
    """Log-in name; empty: without log-in."""
    password: str = field(default="", repr=False)
    """Goes with `user`."""
    starttls: bool = True
    """Whether the connection must be encrypted before anything is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderSettings:
    """Whom mails come from."""

    name: str = "Thi đua, khen thưởng"
    """What recipients read."""
    address: str = "thidua@localhost"
    """Takes bounces too."""
    reply_to: str = ""
    """Where answers go; empty: to `address`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOnSettings:
    """Single sign-on (OpenID Connect); without an issuer there is none."""

    issuer: str = ""
    """Address of the provider, as it names itself."""
    client_id: str = ""
    """What the provider knows this installation by."""
    client_secret: str = field(default="", repr=False)
    """Goes with `client_id`; empty for a provider that wants none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One installation's settings; the defaults serve one machine without a proxy."""

    data: Path = Path("data")
    """Folder of the papers, and of the database unless it is elsewhere (THIDUA_DATA)."""
    database_url: str = field(default="", repr=False)
    """PostgreSQL, as postgresql://user:password@host:5432/name; empty: SQLite in the folder (THIDUA_DATABASE_URL)."""
    key_file: Path | None = None
    """Keys of what is sealed in the database; None: in the data folder (THIDUA_KEY_FILE)."""
    host: str = "127.0.0.1"
    """Address to listen on (THIDUA_HOST)."""
    port: int = 8000
    """TCP port to listen on (THIDUA_PORT)."""
    base_url: str = "http://127.0.0.1:8000"
    """How people reach it, for links in mails; no slash at the end (THIDUA_BASE_URL; from host and port)."""
    secure_cookies: bool = False
    """Cookies over HTTPS only (THIDUA_SECURE_COOKIES; on when the base URL is HTTPS)."""
    smtp: SmtpSettings = SmtpSettings()
    """THIDUA_SMTP_HOST, _PORT, _USER, _PASSWORD, _STARTTLS."""
    sender: SenderSettings = SenderSettings()
    """THIDUA_SENDER_NAME, _ADDRESS, _REPLY_TO."""
    sign_on: SignOnSettings = SignOnSettings()
    """THIDUA_OIDC_ISSUER, _CLIENT_ID, _CLIENT_SECRET."""
    trusted_proxies: tuple[Network, ...] = ()
    """Whose X-Forwarded-For is believed: addresses or networks, with commas between (THIDUA_TRUSTED_PROXIES)."""
    requests_per_minute: int = 600
    """What one session or token may ask (THIDUA_REQUESTS_PER_MINUTE); one address ten times that."""
    upload_limit_bytes: int = 20 * MEGABYTE
    """The largest paper, in bytes (THIDUA_UPLOAD_LIMIT_BYTES)."""
    body_limit_bytes: int = MEGABYTE
    """The largest body of any other request, in bytes (THIDUA_BODY_LIMIT_BYTES)."""
    body_deadline_seconds: float = 30
    """How long a body may take to arrive, in seconds (THIDUA_BODY_DEADLINE_SECONDS)."""
    tick_seconds: float = 5
    """How often timers and mails are looked at, in seconds (THIDUA_TICK_SECONDS)."""
    drain_seconds: float = 0
    """How long requests are still taken after SIGTERM, while it says that it is leaving (THIDUA_DRAIN_SECONDS)."""
    log: str = ""
    """Form of the log: json, text, or empty: text on a terminal, else json (THIDUA_LOG)."""
    metrics_token: str = field(default="", repr=False)
    """Who has it may read /metrics; empty: programs of this machine may (THIDUA_METRICS_TOKEN)."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings that the variables give; an empty variable counts as not set.

        Raises:
            SettingsError: one or more variables are bad; all of them are named.
        """
        read = _Reader(environ)
        host, port = read.text("HOST", cls().host), read.whole("PORT", cls().port, most=65_535)
        base_url = read.url("BASE_URL", f"http://{host}:{port}")
        settings = cls(
            data=Path(read.text("DATA", str(cls().data))),
            database_url=read.database("DATABASE_URL"),
            key_file=read.path("KEY_FILE"),
            host=host,
            port=port,
            base_url=base_url,
            secure_cookies=read.switch("SECURE_COOKIES", base_url.startswith("https:")),
            smtp=_smtp(read),
            sender=_sender(read),
            sign_on=_sign_on(read),
            trusted_proxies=read.networks("TRUSTED_PROXIES"),
            requests_per_minute=read.whole("REQUESTS_PER_MINUTE", cls().requests_per_minute),
            upload_limit_bytes=read.whole("UPLOAD_LIMIT_BYTES", cls().upload_limit_bytes),
            body_limit_bytes=read.whole("BODY_LIMIT_BYTES", cls().body_limit_bytes),
            body_deadline_seconds=read.seconds("BODY_DEADLINE_SECONDS", cls().body_deadline_seconds),
            tick_seconds=read.seconds("TICK_SECONDS", cls().tick_seconds),
            drain_seconds=read.seconds("DRAIN_SECONDS", cls().drain_seconds, least=0, most=MOST_DRAIN_SECONDS),
            log=read.one_of("LOG", ("", "json", "text")),
            metrics_token=read.token("METRICS_TOKEN"),
        )
        read.finish()
        return settings


def _smtp(read: "_Reader") -> SmtpSettings:
    smtp = SmtpSettings(
        host=read.text("SMTP_HOST", ""),
        port=read.whole("SMTP_PORT", SmtpSettings().port, most=65_535),
        user=read.text("SMTP_USER", ""),
        password=read.text("SMTP_PASSWORD", ""),
        starttls=read.switch("SMTP_STARTTLS", True),
    )
    if bool(smtp.user) != bool(smtp.password):
        read.wrong("SMTP_PASSWORD", "goes together with THIDUA_SMTP_USER: set both or neither")
    return smtp


def _sender(read: "_Reader") -> SenderSettings:
    return SenderSettings(
        name=read.text("SENDER_NAME", SenderSettings().name),
        address=read.address("SENDER_ADDRESS", SenderSettings().address),
        reply_to=read.address("SENDER_REPLY_TO", ""),
    )


def _sign_on(read: "_Reader") -> SignOnSettings:
    issuer, client_id = read.text("OIDC_ISSUER", ""), read.text("OIDC_CLIENT_ID", "")
    if issuer:
        read.url("OIDC_ISSUER", "")
        if urlsplit(issuer).scheme != "https" and urlsplit(issuer).hostname not in LOOPBACK:
            read.wrong("OIDC_ISSUER", "must be an https address: what it says opens sessions")
    if bool(issuer) != bool(client_id):
        read.wrong("OIDC_CLIENT_ID", "goes together with THIDUA_OIDC_ISSUER: set both or neither")
    return SignOnSettings(issuer=issuer, client_id=client_id, client_secret=read.text("OIDC_CLIENT_SECRET", ""))


class _Reader:
    """Reads variables and collects what is wrong with them, so that all of it can be said at once."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._wrong: list[str] = []

    def wrong(self, name: str, why: str) -> None:
        """Note a bad variable. Its value is not repeated: it may be a secret."""
        self._wrong.append(f"THIDUA_{name}: {why}")

    def finish(self) -> None:
        if self._wrong:
            raise SettingsError("\n".join(self._wrong))

    def text(self, name: str, default: str) -> str:
        return self._environ.get(f"THIDUA_{name}", "").strip() or default

    def path(self, name: str) -> Path | None:
        given = self.text(name, "")
        return Path(given) if given else None

    def whole(self, name: str, default: int, *, most: int = 10**10) -> int:
        given = self.text(name, str(default))
        if given.isascii() and given.isdigit() and len(given) <= 12 and 1 <= int(given) <= most:
            return int(given)
        self.wrong(name, f"must be a whole number from 1 to {most}")
        return default

    def seconds(self, name: str, default: float, *, least: float = 0.1, most: float = 86_400) -> float:
        try:
            given = float(self.text(name, str(default)))
        except ValueError:
            given = -1
        if least <= given <= most:
            return given
        self.wrong(name, f"must be a number of seconds from {least:g} to {most:g}")
        return default

    def one_of(self, name: str, choices: tuple[str, ...]) -> str:
        given = self.text(name, choices[0]).lower()
        if given not in choices:
            self.wrong(name, f"must be {' or '.join(filter(None, choices))}")
        return given

    def token(self, name: str) -> str:
        given = self.text(name, "")
        if given and not (len(given) >= SHORTEST_TOKEN and given.isascii() and given.isprintable()):
            self.wrong(name, f"must be {SHORTEST_TOKEN} or more printable ASCII characters")
        return given

    def switch(self, name: str, default: bool) -> bool:
        given = self.text(name, "on" if default else "off").lower()
        if given not in (*ON, *OFF):
            self.wrong(name, "must be on or off")
        return given in ON

    def url(self, name: str, default: str) -> str:
        given = self.text(name, default).rstrip("/")
        try:
            parts = urlsplit(given)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            self.wrong(name, "must be a web address such as https://thidua.example.vn")
        return given

    def database(self, name: str) -> str:
        given = self.text(name, "")
        try:
            parts = urlsplit(given)
            is_good = parts.scheme == "postgresql" and parts.port != 0 and bool(_DATABASE_NAME.fullmatch(parts.path))
        except ValueError:
            is_good = False
        if given and not (is_good and "password" not in parse_qs(parts.query)):
            shape = "postgresql://user:password@host:5432/name"
            self.wrong(name, f"must look like {shape} (in the password @ is %40, / is %2F, : is %3A); empty for SQLite")
        return given

    def networks(self, name: str) -> tuple[Network, ...]:
        given = [part.strip() for part in self.text(name, "").split(",") if part.strip()]
        try:
            return tuple(ip_network(part) for part in given)
        except ValueError:
            self.wrong(name, "must be IP addresses or networks such as 10.0.0.0/8, with commas between")
            return ()

    def address(self, name: str, default: str) -> str:
        given = self.text(name, default)
        local, at, domain = given.rpartition("@")
        if given and not (local and at and domain and given.isprintable() and " " not in given):
            self.wrong(name, "must be a mail address")
        return given
