"""The proxies that the environment names."""

from __future__ import annotations

import os
from contextlib import suppress
from urllib.parse import urlsplit


def proxies_for(url: str) -> dict[str, str]:
    """By scheme of the address asked, the proxy as the environment writes it; empty without one, or where NO_PROXY leaves the host out.

    ``all`` is ALL_PROXY's, which requests heeds and botocore does not; not where it names a SOCKS proxy, which is not for HTTP alone.
    """
    if "_proxy" not in " ".join(os.environ).lower():  # asked before each request
        return {}
    from urllib.request import getproxies, proxy_bypass

    named = getproxies()
    host, port = _place(url)
    if proxy_bypass(f"{host}:{port}") or _in_a_network(host, named.get("no", "")):
        return {}
    if named.get("all", "").lower().startswith("socks"):
        del named["all"]
    return {scheme: proxy for scheme, proxy in named.items() if scheme in ("http", "https", "all")}


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    usual = 80 if parts.scheme == "http" else 443
    try:
        return parts.hostname or "", parts.port or usual
    except ValueError:  # of what is no address, the request tells
        return parts.hostname or "", usual


def _in_a_network(host: str, left_out: str) -> bool:
    """Whether NO_PROXY names a network, such as 10.0.0.0/8, that this address is in."""
    from ipaddress import ip_address, ip_network

    try:
        address = ip_address(host)
    except ValueError:
        return False
    for each in left_out.split(","):
        with suppress(ValueError):
            if "/" in each and address in ip_network(each.strip(), strict=False):
                return True
    return False
