"""Who asks: the address that counts when proxies stand between, and how people recognise a device."""

from ipaddress import ip_network
from typing import Any

import pytest

from api.clients import client_address, device_label

PROXIES = (ip_network("10.0.0.0/8"), ip_network("::1"))


def scope(peer: str | None, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return {"type": "http", "headers": headers, "client": (peer, 1) if peer else None}


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.7", (), "203.0.113.7"),
        ("203.0.113.7", ("198.51.100.1",), "203.0.113.7"),  # nobody's proxy
        ("10.0.0.2", ("198.51.100.1",), "198.51.100.1"),
        ("10.0.0.2", ("1.2.3.4, 198.51.100.1",), "198.51.100.1"),  # what stands before it, the client wrote
        ("10.0.0.2", ("1.2.3.4", "198.51.100.1, 10.9.9.9"), "198.51.100.1"),  # two proxies of ours
        ("::1", ("198.51.100.1",), "198.51.100.1"),
        ("::ffff:10.0.0.2", ("198.51.100.1",), "198.51.100.1"),
        ("10.0.0.2", ("unknown",), "10.0.0.2"),
        ("10.0.0.2", ("",), "10.0.0.2"),
        ("10.0.0.2", (), "10.0.0.2"),
        ("2001:db8:1:2:3:4:5:6", (), "2001:db8:1:2::/64"),  # a subscriber has all of them
        ("10.0.0.2", ("2001:db8:1:2::9",), "2001:db8:1:2::/64"),
        (None, (), "unknown"),
    ],
)
def test_the_address_is_the_peers_or_what_a_trusted_proxy_says(
    peer: str | None, forwarded: tuple[str, ...], address: str
) -> None:
    assert client_address(scope(peer, *forwarded), PROXIES) == address


@pytest.mark.parametrize(
    ("agent", "label"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36", "Chrome, Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/126.0 Safari/537.36 Edg/126.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit Chrome/126.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1", "Safari, iPhone"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("báo cáo", "b"),
        ("<b>x</b>\x1b[31m", ""),
        ("x" * 500, "x" * 40),
        ("", ""),
    ],
)
def test_a_device_is_known_by_browser_and_system(agent: str, label: str) -> None:
    assert device_label(agent) == label
