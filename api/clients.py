"""Who asks, as far as the connection tells: the network address, and a label by which a person knows a device."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

from api.settings import Network

_IPV6_SUBSCRIBER = 64  # a subscriber has that whole network to choose addresses from
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)  # fmt: skip
_BROWSERS = (
    ("coc_coc_browser", "Cốc Cốc"), ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)  # fmt: skip
_HARMLESS = re.compile(r"[A-Za-z0-9 ._/-]{1,40}")


def client_address(scope: Scope, trusted: Sequence[Network]) -> str:
    """The address that limits count for: the peer's, or what a trusted proxy says.

    Of X-Forwarded-For the last entry counts that is not itself a trusted proxy: what stands before it, the
    client may have written. IPv6 addresses count as their /64.
    """
    peer = (scope.get("client") or ("unknown", 0))[0]
    address = _address(peer)
    if address is None:
        return str(peer)[:64]
    forwarded = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
    while forwarded and _is_among(address, trusted) and (before := _address(forwarded.pop().strip())) is not None:
        address = before
    return _counted(address)


def device_label(user_agent: str) -> str:
    """ "Firefox, Windows"; of programs the first harmless characters of their name; empty when there is none."""
    known = [next((name for mark, name in marks if mark in user_agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    if any(known):
        return ", ".join(filter(None, known))
    first = _HARMLESS.match(user_agent)
    return first[0].strip() if first else ""


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _is_among(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _counted(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((address, _IPV6_SUBSCRIBER), strict=False))
