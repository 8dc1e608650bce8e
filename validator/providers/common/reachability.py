"""Whether Planet, which comes from the public internet, can reach a host at all: seen by its name alone, nothing is looked up."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterator
from functools import cache
from typing import Final

from validator.core import catalog
from validator.core.model import Confidence, Finding

_ENDINGS: Final = (
    ".local", ".localdomain", ".localhost", ".internal", ".intranet", ".private", ".corp", ".home", ".lan", ".home.arpa", ".svc", ".cluster",
    ".test", ".invalid", ".onion", ".consul",
)  # fmt: skip
"""Reserved by RFC 2606, 6761, 6762, 7686, 8375 and 9476, or of a cluster's or a house's own resolver."""
_CARRIER: Final = ipaddress.ip_network("100.64.0.0/10")


def unreachable(host: str, pointer: str) -> Iterator[Finding]:
    """A warning for a host that only a network of one's own reaches."""
    why = _why(host.lower().rstrip("."))
    if why:
        yield catalog.finding(
            "endpoint-unreachable-for-planet",
            detail=f"{host[:253]} {why}. Planet delivers over the public internet, and could not connect to it.",
            pointer=pointer,
            confidence=Confidence.LIKELY,
            evidence={"endpoint_host": host[:253]},
        )


def _why(host: str) -> str:
    if not host or len(host) > 253:
        return ""
    address = _address(host)
    if address is not None:
        return _why_address(address)
    if "." not in host:
        return "is a name without a domain, which only a network of its own knows"
    ending = next((each for each in _ENDINGS if host.endswith(each)), "")
    if ending or ".svc." in host:
        return f"is a name of a private network ({ending or '.svc.'})"
    return next((f"can be used only from {where}" for form, where in _vendors() if form.fullmatch(host)), "")


@cache
def _vendors() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Hosts of vendors' own networks."""
    return (
    (re.compile(r"(?:[a-z0-9.-]+\.)?(?:s3\.)?oss-[a-z0-9-]+-internal\.aliyuncs\.com"), "Alibaba Cloud's own network"),
    (re.compile(r"[a-z0-9.-]+\.vpce\.amazonaws\.com(?:\.cn)?"), "an AWS network with this endpoint in it"),
    (re.compile(r"(?:[a-z0-9.-]+\.)?s3\.(?:private|direct)\.[a-z0-9-]+\.cloud-object-storage\.appdomain\.cloud"), "IBM Cloud's own network"),
    (re.compile(r"[a-z0-9.-]*private\.(?:compat\.)?objectstorage\.[a-z0-9.-]+"), "an Oracle network with a private endpoint in it"),
    (re.compile(r"(?:[a-z0-9.-]+\.)?cos-internal\.[a-z0-9-]+\.(?:tencentcos\.cn|myqcloud\.com)"), "Tencent Cloud's own network"),
    (re.compile(r"[a-z0-9-]+\.privatelink\.blob\.[a-z0-9.]+"), "an Azure network with a private endpoint in it"),
    (re.compile(r"(?:[a-z0-9.-]+\.)?[a-z0-9-]*-internal(?:\.[a-z0-9-]+){1,6}"), "the vendor's own network, as its name says"),
)  # fmt: skip


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return _short_address(host)
    return getattr(address, "ipv4_mapped", None) or address


def _short_address(host: str) -> ipaddress.IPv4Address | None:
    """The other spellings that resolvers take for an IPv4 address: 127.1, 2130706433, 0x7f000001."""
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host)) if re.fullmatch(r"[0-9a-fx.]+", host) else None
    except OSError:
        return None


def _why_address(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    if address.is_loopback or address.is_unspecified:
        return "is this machine's own address"
    if address.is_link_local:
        return "is a link-local address"
    if address in _CARRIER:
        return "is an address of a carrier's own network"
    if address.is_multicast:
        return "is a multicast address"
    return "" if address.is_global or _documentation(address) else "is an address of a private network"


def _documentation(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Addresses that stand in for public ones in documentation."""
    blocks = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
    return any(address in network for network in map(ipaddress.ip_network, blocks))
