"""Settings from the environment: defaults, values, and one error that names everything wrong."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from api.installation import whereabouts
from api.settings import MEGABYTE, Settings, SettingsError, SignOnSettings


def test_nothing_set_gives_the_defaults() -> None:
    assert Settings.from_environment({}) == Settings()


def test_an_empty_variable_counts_as_not_set() -> None:
    assert Settings.from_environment({"THIDUA_PORT": "", "THIDUA_DATA": "  "}) == Settings()


def test_every_variable_is_read() -> None:
    settings = Settings.from_environment(
        {
            "THIDUA_DATA": "/srv/thidua",
            "THIDUA_HOST": "0.0.0.0",
            "THIDUA_PORT": "80",
            "THIDUA_BASE_URL": "https://thidua.example.vn/",
            "THIDUA_SECURE_COOKIES": "off",
            "THIDUA_SMTP_HOST": "mail.example.vn",
            "THIDUA_SMTP_PORT": "25",
            "THIDUA_SMTP_USER": "thidua",
            "THIDUA_SMTP_PASSWORD": "a secret",
            "THIDUA_SMTP_STARTTLS": "no",
            "THIDUA_SENDER_NAME": "Phòng Nội vụ",
            "THIDUA_SENDER_ADDRESS": "thidua@example.vn",
            "THIDUA_SENDER_REPLY_TO": "noivu@example.vn",
            "THIDUA_OIDC_ISSUER": "https://dang-nhap.example.vn/",
            "THIDUA_OIDC_CLIENT_ID": "thidua",
            "THIDUA_OIDC_CLIENT_SECRET": "another secret",
            "THIDUA_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
            "THIDUA_REQUESTS_PER_MINUTE": "50",
            "THIDUA_UPLOAD_LIMIT_BYTES": str(5 * MEGABYTE),
            "THIDUA_BODY_LIMIT_BYTES": "1000",
            "THIDUA_BODY_DEADLINE_SECONDS": "2.5",
            "THIDUA_TICK_SECONDS": "60",
            "THIDUA_DRAIN_SECONDS": "5",
            "THIDUA_LOG": "JSON",
            "THIDUA_METRICS_TOKEN": "sixteen or more characters",
        }
    )

    assert (settings.data, settings.host, settings.port) == (Path("/srv/thidua"), "0.0.0.0", 80)
    assert (settings.base_url, settings.secure_cookies) == ("https://thidua.example.vn", False)
    assert (settings.smtp.host, settings.smtp.port, settings.smtp.starttls) == ("mail.example.vn", 25, False)
    assert (settings.smtp.user, settings.smtp.password) == ("thidua", "a secret")
    assert (settings.sender.name, settings.sender.address) == ("Phòng Nội vụ", "thidua@example.vn")
    assert settings.sender.reply_to == "noivu@example.vn"
    assert settings.sign_on == SignOnSettings(
        issuer="https://dang-nhap.example.vn/", client_id="thidua", client_secret="another secret"
    )
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert settings.requests_per_minute == 50
    assert (settings.upload_limit_bytes, settings.body_limit_bytes) == (5 * MEGABYTE, 1000)
    assert (settings.body_deadline_seconds, settings.tick_seconds) == (2.5, 60)
    assert (settings.drain_seconds, settings.log) == (5, "json")
    assert settings.metrics_token == "sixteen or more characters"
    assert "sixteen" not in repr(settings)


def test_the_address_follows_host_and_port() -> None:
    settings = Settings.from_environment({"THIDUA_HOST": "10.0.0.5", "THIDUA_PORT": "8080"})

    assert settings.base_url == "http://10.0.0.5:8080"


def test_cookies_are_secure_behind_https() -> None:
    assert Settings.from_environment({"THIDUA_BASE_URL": "https://thidua.example.vn"}).secure_cookies


def test_every_bad_variable_is_named_at_once() -> None:
    environ = {
        "THIDUA_PORT": "eighty",
        "THIDUA_BASE_URL": "thidua.example.vn",
        "THIDUA_SECURE_COOKIES": "maybe",
        "THIDUA_SMTP_PORT": "70000",
        "THIDUA_SMTP_PASSWORD": "a secret",
        "THIDUA_SENDER_ADDRESS": "nobody",
        "THIDUA_UPLOAD_LIMIT_BYTES": "20 MB",
        "THIDUA_TICK_SECONDS": "0",
        "THIDUA_DRAIN_SECONDS": "26",
        "THIDUA_LOG": "xml",
        "THIDUA_METRICS_TOKEN": "a secret",
        "THIDUA_BODY_DEADLINE_SECONDS": "nan",
        "THIDUA_TRUSTED_PROXIES": "10.0.0.1, everybody",
        "THIDUA_REQUESTS_PER_MINUTE": "0",
    }

    with pytest.raises(SettingsError) as wrong:
        Settings.from_environment(environ)

    lines = str(wrong.value).splitlines()
    assert {line.partition(":")[0] for line in lines} == set(environ)
    assert "a secret" not in str(wrong.value)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "٣", "1" * 5000, "8 0"])
def test_a_port_is_a_number_that_ports_have(port: str) -> None:
    with pytest.raises(SettingsError, match="THIDUA_PORT: must be a whole number from 1 to 65535"):
        Settings.from_environment({"THIDUA_PORT": port})


@pytest.mark.parametrize("url", ["http://", "ftp://x", "https://x?y", "http://[", "javascript:alert(1)"])
def test_the_address_is_one_of_the_web(url: str) -> None:
    with pytest.raises(SettingsError, match="THIDUA_BASE_URL"):
        Settings.from_environment({"THIDUA_BASE_URL": url})


@pytest.mark.parametrize(
    ("issuer", "client_id", "wrong"),
    [
        ("http://far.example", "thidua", "THIDUA_OIDC_ISSUER: must be an https address"),
        ("far.example", "thidua", "THIDUA_OIDC_ISSUER: must be a web address"),
        ("https://far.example", "", "THIDUA_OIDC_CLIENT_ID: goes together"),
        ("", "thidua", "THIDUA_OIDC_CLIENT_ID: goes together"),
    ],
)
def test_single_sign_on_is_named_whole_and_over_https(issuer: str, client_id: str, wrong: str) -> None:
    with pytest.raises(SettingsError, match=wrong):
        Settings.from_environment({"THIDUA_OIDC_ISSUER": issuer, "THIDUA_OIDC_CLIENT_ID": client_id})


def test_the_passwords_are_not_shown() -> None:
    environ = {
        "THIDUA_SMTP_USER": "thidua",
        "THIDUA_SMTP_PASSWORD": "a secret",
        "THIDUA_OIDC_ISSUER": "https://far.example",
        "THIDUA_OIDC_CLIENT_ID": "thidua",
        "THIDUA_OIDC_CLIENT_SECRET": "a secret",
    }

    assert "a secret" not in repr(Settings.from_environment(environ))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("", "data/thidua.db"),
        ("postgresql://thidua:geheim@db.example.vn:5432/thidua?sslmode=require",
         "postgresql://thidua@db.example.vn:5432/thidua"),
        ("postgresql://thidua:ge%40heim@[::1]:5432/thidua", "postgresql://thidua@[::1]:5432/thidua"),
        ("postgresql:///thidua?host=/run/postgresql", "postgresql:///thidua"),
    ],
)  # fmt: skip
def test_a_database_is_named_without_its_password(url: str, shown: str) -> None:
    settings = Settings.from_environment({"THIDUA_DATABASE_URL": url})

    assert settings.database_url == url
    assert whereabouts(settings) == shown
    assert "heim" not in repr(settings)


@pytest.mark.parametrize(
    "url",
    ["thidua.db", "postgres://a:geheim@b/c", "mysql://a:geheim@b/c", "postgresql://a:geheim@b", "postgresql://b:x/c",
     "postgresql://[/c", "postgresql+psycopg://a:geheim@b/c", "postgresql://b/c?password=geheim",
     "postgresql://a:ge@heim/geheim@b/c"],
)  # fmt: skip
def test_another_database_is_refused_without_repeating_the_password(url: str) -> None:
    with pytest.raises(SettingsError, match="THIDUA_DATABASE_URL: must look like postgresql://") as wrong:
        Settings.from_environment({"THIDUA_DATABASE_URL": url})

    assert "geheim" not in str(wrong.value)
